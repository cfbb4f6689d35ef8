"""The stop-gap that is named is the one that the proof itself names, and none that is in force.

Hand-made observations: a server that refuses an offer as a whole and takes it with one thing less.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.filling import render
from cf525.causes.matching import findings
from cf525.edge.status import edge_status
from cf525.model import (
    Alert,
    Change,
    Confidence,
    Ending,
    Finding,
    Observation,
    PostQuantum,
    ServerHello,
    Stage,
    Variable,
    Variation,
)
from cf525.model.parsing import parse_target
from cf525.model.registry import TLS13, X25519
from tests.causes.scenarios import TARGET, route

NOW = datetime(2027, 3, 1, tzinfo=UTC)
OFF = ("pq-off-automatic", "pq-off")


def observation(variation: Variation | None = None, **changes: Any) -> Observation:
    base: dict[str, Any] = {
        "id": str(variation), "route": "r1", "profile": "", "variation": variation,
        "address": "203.0.113.7", "port": 443, "sni": TARGET.host, "started_at": NOW,
        "stage": Stage.HELLO_SENT, "ending": Ending.RESET,
    }  # fmt: skip
    return Observation(**{**base, **changes})


def answered(variable: Variable, value: str, group: int = X25519) -> Observation:
    hello = ServerHello(version=TLS13, suite=0x1301, group=group)
    return observation(
        Variation(variable=variable, value=value),
        stage=Stage.SERVER_HELLO, ending=Ending.DONE, server_hello=hello, bytes_received=100,
    )  # fmt: skip


def dropped(variable: Variable, value: str) -> Observation:
    return observation(Variation(variable=variable, value=value))


def first(
    probes: Iterable[Observation], edge: Observation | None = None, **changes: Any
) -> Finding:
    """The headline where these probes were made beside the edge's."""
    one = replace(route(("203.0.113.7", 443)), mode="full", **changes)
    seen = edge or observation()
    case = Case(
        context=Context(target=TARGET),
        route=one,
        status=edge_status(one, seen, None),
        edge=seen,
        probes=tuple(probes),
    )
    return findings([case])[0]


def stop_gaps(finding: Finding) -> list[str]:
    return [
        part.id
        for remedy in finding.remedies
        if remedy.stop_gap
        for part in remedy.parts
        if isinstance(part, Change)
    ]


WITHOUT_ALPN = answered(Variable.ALPN, "")


@pytest.mark.parametrize(
    ("older", "alpn", "expected"),
    [
        (answered(Variable.ALPN, "http/1.1"), ("h2", "http/1.1"), ["http1-to-origin"]),
        (dropped(Variable.ALPN, "http/1.1"), ("h2", "http/1.1"), []),
        (answered(Variable.ALPN, "http/1.1"), ("http/1.1",), []),
    ],
)
def test_http1_is_offered_where_it_alone_is_taken(
    older: Observation, alpn: tuple[str, ...], expected: list[str]
) -> None:
    found = first((WITHOUT_ALPN, older), alpn=alpn)
    assert (found.id, stop_gaps(found)) == ("alpn-no-overlap", expected)
    assert ("HTTP/2" in found.title) is bool(expected)


def test_an_alert_is_what_the_proof_of_alpn_shows() -> None:
    alert = Alert(
        description=120, level=2, direction="received", encrypted=False, stage=Stage.SERVER_HELLO
    )
    hello = ServerHello(version=TLS13, suite=0x1301, group=X25519)
    seen = observation(
        stage=Stage.SERVER_HELLO, ending=Ending.ALERT, server_hello=hello, alerts=(alert,)
    )
    refused = replace(
        seen, id="again", variation=Variation(variable=Variable.ALPN, value="http/1.1")
    )
    found = first((refused,), seen)
    assert (found.id, stop_gaps(found)) == ("alpn-no-overlap", [])
    assert "alert 120 no_application_protocol" in found.evidence[0].text


@pytest.mark.parametrize(
    ("probe", "setting", "compliance", "expected"),
    [
        (answered(Variable.POST_QUANTUM, "off"), PostQuantum.PREFERRED, (), list(OFF)),
        (answered(Variable.VERSION, "TLS 1.2"), PostQuantum.PREFERRED, (), []),
        (answered(Variable.VERSION, "TLS 1.2"), PostQuantum.SUPPORTED, (), []),
    ],
)
def test_post_quantum_off_is_offered_where_it_was_the_proof(
    probe: Observation, setting: PostQuantum, compliance: tuple[str, ...], expected: list[str]
) -> None:
    split = answered(Variable.SPLIT, "300")
    found = first((probe, split), post_quantum=setting, compliance=compliance)
    assert (found.id, stop_gaps(found)) == ("hello-intolerance", expected)
    fix = next(each.text for each in found.remedies if not each.stop_gap)
    assert ("X25519MLKEM768" in fix) is bool(expected)
    assert ("extension tolerance" in fix) is not bool(expected)


def refused40() -> Observation:
    alert = Alert(
        description=40, level=2, direction="received", encrypted=False, stage=Stage.HELLO_SENT
    )
    return observation(ending=Ending.ALERT, alerts=(alert,), bytes_received=7)


@pytest.mark.parametrize(
    ("compliance", "expected"), [(("pqh",), "compliance-modes"), ((), "handshake-refused")]
)
def test_a_compliance_mode_that_leaves_out_what_is_taken_is_the_cause(
    compliance: tuple[str, ...], expected: str
) -> None:
    found = first((answered(Variable.GROUPS, "all"),), refused40(), compliance=compliance)
    assert found.id == expected
    if expected == "compliance-modes":
        fix = next(
            each.text for each in found.remedies if each.platform == "any" and not each.stop_gap
        )
        assert "X25519MLKEM768" in fix
        assert "X25519 or P-256" not in fix
        gap = next(each for each in found.remedies if each.stop_gap)
        assert "compliance modes" in gap.text
        assert gap.cost
        assert found.confidence is Confidence.MEDIUM


def test_a_group_that_the_edge_never_offers_is_no_matter_of_compliance() -> None:
    found = first((answered(Variable.GROUPS, "all", 30),), refused40(), compliance=("pqh",))
    assert found.id == "no-common-group"


@pytest.mark.parametrize(("url", "offered"), [("https://{}/", True), ("https://{}:8443/", False)])
def test_flexible_is_offered_only_where_it_would_hold(url: str, offered: bool) -> None:
    target = parse_target(url.format(TARGET.host))
    one = replace(route(("203.0.113.7", target.port)), mode="full")
    case = Case(context=Context(target=target), route=one, status=edge_status(one, None, None))
    page = render("no-tls-on-443", case, {"line": "HTTP/1.1 400"}, ())
    assert page.unfilled == ()
    assert any(each.stop_gap for each in page.remedies) is offered
