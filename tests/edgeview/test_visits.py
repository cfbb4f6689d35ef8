"""What the edge says beside what the origin shows, from a whole run against the lab's edge."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cf525.cli import exit_status
from cf525.edgeview.visit import VISIT_ID
from cf525.errors import CredentialsError
from cf525.jobs.diagnose import diagnose
from cf525.lab import api, api_server
from cf525.lab.api import Reply
from cf525.lab.running import Lab, start
from cf525.lab.world import EdgeAnswer, Name, Origin, Record, World, Zone
from cf525.model import Agreement, Maker, Observation, Report, VisitOutcome
from cf525.probe.driver import run_probe
from cf525.probe.plan import ProbePlan
from cf525.report.plain import from_plain, to_json
from cf525.report.schemas import json_schema
from cf525.report.screen import render as first_screen
from cf525.report.text import render

GOOD = Origin(kind="tls", options={"names": ("*.example.com", "example.com")})
BROKEN = Origin(kind="tls", options={"known_names": ("nobody.example.com",)})
SILENT = Origin(kind="refused")

OK = EdgeAnswer(status=200, cache="DYNAMIC")

CASES: dict[str, tuple[Origin, EdgeAnswer, str, str, str | None]] = {
    # host: origin, edge's answer, status to report, agreement, headline
    "confirmed": (BROKEN, EdgeAnswer(status=525), "525", "confirmed", "sni-rejected-112"),
    "html": (BROKEN, EdgeAnswer(status=525, form="html"), "525", "confirmed", "sni-rejected-112"),
    "custom": (
        *(BROKEN, EdgeAnswer(status=525, form="custom", error_type="525")),
        *("525", "confirmed", "sni-rejected-112"),
    ),
    "plain": (BROKEN, EdgeAnswer(status=525, form="text"), "525", "confirmed", "sni-rejected-112"),
    "hostile": (
        *(BROKEN, EdgeAnswer(status=525, form="hostile")),
        *("525", "confirmed", "sni-rejected-112"),
    ),
    "fine": (GOOD, OK, "ok", "agrees", None),
    "edge-only": (GOOD, EdgeAnswer(status=525), "525", "edge-only", "cf-ips-firewalled"),
    "edge-522": (GOOD, EdgeAnswer(status=522), "522", "edge-only", "cf-ips-firewalled"),
    "raised": (GOOD, EdgeAnswer(status=526), "526", "edge-only", "edge-validates"),
    "healed": (BROKEN, OK, "unknown", "not-reproduced", "sni-rejected-112"),
    "closed": (SILENT, OK, "ok", "allow-listed", None),
    "closed-525": (SILENT, EdgeAnswer(status=525), "525", "differs", "unseen-from-here"),
    "strict-healed": (
        *(Origin(kind="tls", options={"certificate": "self-signed"}), OK),
        *("ok", "agrees", None),
    ),
    "own-503": (
        *(GOOD, EdgeAnswer(status=503, form="html", cache="DYNAMIC")),
        *("origin-503", "edge-tells", None),
    ),
    "cached": (
        *(BROKEN, EdgeAnswer(status=200, cache="HIT")),
        *("525", "not-compared", "sni-rejected-112"),
    ),
    "worker": (BROKEN, EdgeAnswer(status=200), "525", "not-compared", "sni-rejected-112"),
    "challenged": (
        *(BROKEN, EdgeAnswer(status=403, headers={"cf-mitigated": "challenge"})),
        *("525", "not-compared", "sni-rejected-112"),
    ),
    "not-the-edge": (
        *(BROKEN, EdgeAnswer(status=200, ray=False)),
        *("525", "not-compared", "sni-rejected-112"),
    ),
    "deep.name": (
        GOOD,
        EdgeAnswer(refuses_handshake=True),
        "edge-tls",
        "edge-only",
        "edge-certificate",
    ),
    "dns": (
        *(GOOD, EdgeAnswer(status=530, code="1016"), "1016"),
        *("edge-only", "origin-name-at-the-edge"),
    ),
    "tunnel": (
        *(GOOD, EdgeAnswer(status=530, code="1033"), "1033"),
        *("edge-only", "tunnel-not-connected"),
    ),
    "slow": (GOOD, EdgeAnswer(status=524), "524", "edge-only", "slow-application"),
    "empty": (GOOD, EdgeAnswer(status=520), "520", "edge-only", "bad-http-answer"),
}


def edge_world(answers: dict[str, EdgeAnswer] | None = None) -> World:
    records, origins, edge = [], {}, {}
    for number, (label, (origin, answer, *_)) in enumerate(CASES.items(), 1):
        host, address = f"{label}.example.com", f"203.0.113.{number}"
        records.append(Record(type="A", name=host, content=address))
        origins[f"{address}:443"] = origin
        edge[host] = answer
    zone = Zone(name="example.com", settings={"ssl": "full"}, records=tuple(records))
    return World(zones=(zone,), origins=origins, edge_answers=edge if answers is None else answers)


@pytest.fixture(scope="module")
def world() -> Iterator[Lab]:
    with start(edge_world()) as lab:
        yield lab


def _report(lab: Lab, label: str, **changes: object) -> Report:
    options = replace(lab.options(), **{"edge": True, **changes})  # type: ignore[arg-type]
    return asyncio.run(diagnose(f"{label}.example.com", options))


@pytest.mark.parametrize("label", CASES)
def test_the_edges_answer_and_the_direct_test_are_reconciled(world: Lab, label: str) -> None:
    _, answer, status, agreement, headline = CASES[label]
    report = _report(world, label)
    assert report.comparison is not None
    assert (report.edge_status, report.comparison.agreement) == (status, agreement)
    assert report.headline == headline
    plain = json.loads(to_json(report))
    Draft202012Validator(json_schema()).validate(plain)
    assert from_plain(Report, plain).visit == report.visit
    shown = "\n".join(line.text for line in render(report))
    if answer.ray and not answer.refuses_handshake:
        assert "-FRA" in shown


def test_a_visit_names_place_ray_and_maker(world: Lab) -> None:
    visit = _report(world, "confirmed").visit
    assert visit is not None
    assert (visit.status, visit.colo, visit.form) == (525, "FRA", "json")
    assert visit.maker is Maker.CLOUDFLARE
    assert len(visit.ray) == 16


def test_no_edge_sends_nothing_through_the_edge(world: Lab) -> None:
    accepted = world.origins["104.16.0.25:443"].connections
    report = _report(world, "confirmed", edge=False)
    assert report.visit is None
    assert world.origins["104.16.0.25:443"].connections == accepted


def test_the_visit_costs_one_connection(world: Lab) -> None:
    before = world.origins["104.16.0.25:443"].connections
    _report(world, "fine")
    assert world.origins["104.16.0.25:443"].connections == before + 1


def test_a_slow_answer_is_waited_for_as_long_as_asked() -> None:
    slow = EdgeAnswer(status=522, delay=1.0)
    with start(edge_world({"closed.example.com": slow})) as lab:
        short = _report(lab, "closed", edge_wait=0.3)
        long = _report(lab, "closed", edge_wait=60.0)
    assert short.visit is not None
    assert short.visit.outcome is VisitOutcome.NO_ANSWER
    doubt = next(each for each in short.unknowns if each.id == "edge-not-reached")
    assert "--edge-wait 25" in doubt.next
    assert long.comparison is not None
    assert (long.edge_status, long.comparison.agreement) == ("522", Agreement.DIFFERS)


def test_an_edge_out_of_reach_changes_no_verdict() -> None:
    with start(edge_world({})) as lab:
        report = _report(lab, "confirmed")
    assert (report.edge_status, report.headline) == ("525", "sni-rejected-112")
    assert report.visit is not None
    assert report.visit.outcome is VisitOutcome.UNREACHABLE
    assert "edge-not-reached" in {each.id for each in report.unknowns}


def test_a_clock_that_is_off_is_told() -> None:
    answers = {"fine.example.com": replace(OK, clock=-3600)}
    with start(edge_world(answers)) as lab:
        report = _report(lab, "fine")
    assert report.visit is not None
    assert report.visit.skew == pytest.approx(3600, abs=60)
    assert "clock-skew" in {each.id for each in report.unknowns}


def test_one_issuer_for_edge_and_origin_stops_the_blame() -> None:
    hidden = Origin(
        kind="tls", options={"certificate": "private-ca", "names": ("fine.example.com",)}
    )
    base = edge_world({"fine.example.com": EdgeAnswer(intercepted=True)})
    zone = replace(base.zones[0], settings={"ssl": "strict"})
    origins = dict.fromkeys(base.origins, hidden)
    with start(replace(base, zones=(zone,), origins=origins)) as lab:
        report = _report(lab, "fine")
    assert report.edge_status == "unknown"
    assert report.headline is None
    assert "path-intercepted" in {each.id for each in report.unknowns}
    assert exit_status.of_report(report) == exit_status.UNKNOWN


def test_where_tls_is_opened_on_the_way_no_failure_is_sure() -> None:
    base = edge_world({"fine.example.com": EdgeAnswer(intercepted=True)})
    origins = dict.fromkeys(base.origins, BROKEN)
    with start(replace(base, origins=origins)) as lab:
        report = _report(lab, "fine")
        direct = _report(lab, "fine", edge=False)
    assert (direct.edge_status, direct.confidence) == ("525", "high")
    assert (report.edge_status, report.confidence) == ("525", "low")
    assert "path-intercepted" in {each.id for each in report.unknowns}


def test_a_name_that_leads_elsewhere_is_not_visited() -> None:
    base = edge_world()
    names = {"fine.example.com": Name(addresses=("198.51.100.9",))}
    with start(replace(base, names=names)) as lab:
        report = _report(lab, "fine")
    assert report.edge_status == "ok"
    assert report.visit is not None
    assert report.visit.outcome is VisitOutcome.NOT_CLOUDFLARE
    assert report.comparison is not None
    assert report.comparison.agreement is Agreement.NOT_COMPARED
    assert "split-dns" in {each.id for each in report.unknowns}


def test_only_what_the_edge_bears_out_is_called_the_cause(world: Lab) -> None:
    report = _report(world, "closed-525")
    assert [each.id for each in report.findings if not each.contributing] == ["unseen-from-here"]


def test_an_edge_that_refuses_the_handshake_fails_the_run(world: Lab) -> None:
    report = _report(world, "deep.name")
    assert exit_status.of_report(report) == exit_status.FAILS


def test_the_visit_runs_beside_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API does not answer before the edge was visited."""
    visited = threading.Event()

    def held(*arguments: Any) -> Reply:
        assert visited.wait(60)
        return api.handle(*arguments)

    async def runner(plan: ProbePlan) -> Observation:
        seen = await run_probe(plan)
        if plan.id == VISIT_ID:
            visited.set()
        return seen

    monkeypatch.setattr(api_server, "handle", held)
    with start(edge_world()) as lab:
        options = replace(lab.options(), edge=True)
        report = asyncio.run(diagnose("fine.example.com", options, runner=runner))
    assert (report.edge_status, len(report.routes)) == ("ok", 1)
    assert report.visit is not None
    assert report.visit.told
    direct = next(each for each in report.observations if each.route == "r1")
    assert report.visit.at < direct.started_at


def test_an_answer_of_the_origin_through_the_edge_settles_what_was_open(world: Lab) -> None:
    settled = {each.id for each in _report(world, "fine").unknowns}
    open_still = {each.id for each in _report(world, "fine", edge=False).unknowns}
    assert open_still - settled == {"filters-on-cloudflare-addresses"}


def test_a_broken_certificate_that_the_edge_takes_is_not_reproduced() -> None:
    base = edge_world()
    zone = replace(base.zones[0], settings={"ssl": "strict"})
    with start(replace(base, zones=(zone,))) as lab:
        report = _report(lab, "strict-healed")
    assert report.comparison is not None
    assert report.comparison.agreement is Agreement.NOT_REPRODUCED
    assert (report.edge_status, report.confidence) == ("unknown", "low")
    assert report.summary.startswith("Cannot tell")


def test_one_broken_address_of_two_stays_an_error_that_the_edge_hides() -> None:
    records = tuple(
        Record(type="A", name="fine.example.com", content=f"203.0.113.{number}")
        for number in (1, 2)
    )
    zone = Zone(name="example.com", settings={"ssl": "full"}, records=records)
    origins = {"203.0.113.1:443": GOOD, "203.0.113.2:443": BROKEN}
    answers = {"fine.example.com": OK}
    with start(World(zones=(zone,), origins=origins, edge_answers=answers)) as lab:
        report = _report(lab, "fine")
    assert (report.edge_status, report.comparison and report.comparison.agreement) == (
        "525",
        "not-reproduced",
    )
    assert report.headline is not None


def test_a_redirect_loop_is_confirmed_by_a_redirect() -> None:
    zone = Zone(
        name="example.com",
        settings={"ssl": "flexible"},
        records=(Record(type="A", name="fine.example.com", content="203.0.113.1"),),
    )
    origins = {"203.0.113.1:80": Origin(kind="http", options={"redirect": True})}
    answers = {"fine.example.com": replace(OK, status=301)}
    with start(World(zones=(zone,), origins=origins, edge_answers=answers)) as lab:
        report = _report(lab, "fine")
    assert (report.edge_status, report.headline) == ("redirect-loop", "flexible-redirect-loop")
    assert report.comparison is not None
    assert report.comparison.agreement is Agreement.CONFIRMED


# --- something for nothing ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "status", "headline", "code"),
    [
        ("edge-only", "525", "origin-not-asked", exit_status.FAILS),
        ("edge-522", "522", "origin-not-asked", exit_status.FAILS),
        ("fine", "unknown", None, exit_status.UNKNOWN),
    ],
)
def test_without_token_and_origin_the_edge_tells_what_visitors_get(
    world: Lab, label: str, status: str, headline: str | None, code: int
) -> None:
    report = _report(world, label, credentials=None)
    assert report.edge_status == status
    assert report.headline == headline
    assert exit_status.of_report(report) == code
    assert report.api_calls == 0
    assert [each.route for each in report.observations] == [VISIT_ID]
    unknown = next(each for each in report.unknowns if each.id == "origin-not-named")
    assert unknown.could_change_verdict
    assert "--origin ADDRESS" in unknown.next
    assert "permissionGroupKeys=%5B%7B%22key%22%3A%22zone%22" in unknown.next
    screen = "\n".join(f"{line.label}{line.text}" for line in first_screen(report))
    assert "--origin ADDRESS" in screen
    assert "dash.cloudflare.com/profile/api-tokens?permissionGroupKeys=" in screen


def test_without_token_origin_and_edge_there_is_nothing_to_ask(world: Lab) -> None:
    with pytest.raises(CredentialsError):
        _report(world, "fine", credentials=None, edge=False)
