"""Which unknowns could change a verdict: every id has its condition, and the conditions hold."""

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import cf525
from cf525.account.readings import READINGS
from cf525.causes.case import Case, Context
from cf525.conclusion.bearing import BEARING, Verdict, bearing_of, weighed
from cf525.model import (
    Confidence,
    EdgeStatus,
    Ending,
    Observation,
    ServerHello,
    Stage,
    Status,
    Unknown,
)
from cf525.model.registry import P256, TLS13, X25519, X25519MLKEM768
from cf525.model.status import OK
from tests.causes.scenarios import TARGET, route
from tests.sources import parsed

PACKAGE = Path(cf525.__file__).parent
OF_AN_AUDIT = ("no-triage", "triage-incomplete", "triage-cut-short")
"""What an audit as a whole does not know; no host's verdict rests on it."""


def ids_in_code() -> set[str]:
    """The id of every ``Unknown`` that any module makes, where it is written out."""
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(parsed(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Unknown":
                given = next((each.value for each in node.keywords if each.arg == "id"), None)
                if isinstance(given, ast.Constant):
                    found.add(str(given.value))
    return found


def test_every_unknown_has_its_condition() -> None:
    written = ids_in_code() - set(OF_AN_AUDIT)
    read = {f"unread-{each.id.replace('_', '-')}" for each in READINGS}
    assert len(written) > 40
    assert written | read <= set(BEARING)


def case(status: str, *, ending: Ending = Ending.DONE, stage: Stage = Stage.ESTABLISHED) -> Case:
    seen = Observation(
        id="o1", route="r1", profile="", variation=None, address="203.0.113.7", port=443,
        sni=TARGET.host, started_at=datetime.now(UTC), stage=stage, ending=ending,
        server_hello=ServerHello(version=TLS13, suite=0x1301) if ending is Ending.DONE else None,
    )  # fmt: skip
    edge = EdgeStatus(status=Status(status), confidence=Confidence.HIGH, reason="test")
    return Case(
        context=Context(target=TARGET), route=route(("203.0.113.7", 443)), status=edge, edge=seen
    )


def verdict(one: Case, confidence: Confidence = Confidence.HIGH) -> Verdict:
    return Verdict(status=one.status.status, confidence=confidence, cases=(one,))


REFUSED = case("525", ending=Ending.ALERT, stage=Stage.HELLO_SENT)
HEALTHY = case("ok")


@pytest.mark.parametrize(
    ("id", "healthy", "refused"),
    [
        ("idle-connections", False, False),
        ("past-failures", False, False),
        ("timeout", True, True),
        ("address-not-tried", True, False),
        ("split-dns", True, False),
        ("unread-origin-pqe", False, True),
        ("origin-pull-certificate", False, False),
        ("unread-origin-rules", True, True),
        ("incomplete-page-rules", True, True),
        ("edge-completes-chains", False, False),
        ("something-new", True, True),
    ],
)
def test_an_unknown_bears_on_the_verdicts_it_could_change(
    id: str, healthy: bool, refused: bool
) -> None:
    assert bearing_of(id)(verdict(HEALTHY)) is healthy
    assert bearing_of(id)(verdict(REFUSED)) is refused


def test_what_the_edge_told_leaves_its_filters_no_question() -> None:
    told = replace(verdict(HEALTHY), seen_by_edge=True)
    assert bearing_of("filters-on-cloudflare-addresses")(verdict(HEALTHY))
    assert not bearing_of("filters-on-cloudflare-addresses")(told)
    assert not bearing_of("worker-route")(told)


def test_what_could_change_the_verdict_comes_first_and_each_comes_once() -> None:
    def unknown(id: str) -> Unknown:
        return Unknown(id=id, text="x.", next="y.")

    given = [unknown("past-failures"), unknown("timeout"), unknown("timeout")]
    found = weighed(given, verdict(case(OK)))
    assert [(each.id, each.could_change_verdict) for each in found] == [
        ("timeout", True),
        ("past-failures", False),
    ]


def test_what_may_lead_the_edge_elsewhere_comes_before_the_rest() -> None:
    ids = ("filters-on-cloudflare-addresses", "past-failures", "timeout", "unread-origin-rules")
    given = [Unknown(id=id, text=f"{id}.", next="y.") for id in ids]
    found = [each.id for each in weighed(given, verdict(case(OK)))]
    assert found == ["unread-origin-rules", ids[0], "timeout", "past-failures"]


def test_an_open_mode_comes_before_all_else() -> None:
    ids = ("timeout", "unread-page-rules", "unread-ssl")
    given = [Unknown(id=id, text=f"{id}.", next="y.") for id in ids]
    open_mode = replace(case(OK), route=replace(case(OK).route, mode="unknown"))
    found = [each.id for each in weighed(given, verdict(open_mode))]
    assert found == ["unread-ssl", "unread-page-rules", "timeout"]


def agreed_on(group: int | None) -> Case:
    edge = HEALTHY.edge
    assert edge is not None
    hello = ServerHello(version=TLS13, suite=0x1301, group=group)
    return replace(HEALTHY, edge=replace(edge, server_hello=hello))


@pytest.mark.parametrize(
    ("group", "open_still"), [(X25519, True), (P256, True), (None, True), (X25519MLKEM768, False)]
)
def test_a_compliance_mode_that_was_not_read_could_refuse_what_was_agreed_on(
    group: int | None, open_still: bool
) -> None:
    bearing = bearing_of("unread-origin-tls-compliance-modes")
    healthy = verdict(agreed_on(group))
    assert bearing(healthy) is open_still
    assert not bearing(replace(healthy, seen_by_edge=True))
    assert bearing(verdict(REFUSED))
    refused_later = replace(agreed_on(group), status=case("526").status)
    assert not bearing(verdict(refused_later))
