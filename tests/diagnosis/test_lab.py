"""Every scenario of the lab through the code a user runs, by library and by command."""

import asyncio
import json
import time
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import TypeVar

import pytest
from jsonschema import Draft202012Validator

from cf525.account.client import Client
from cf525.cli import exit_status
from cf525.diagnosis.gather import AT_LEAST, Clock, gather
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.diagnosis.routes import plan_routes
from cf525.errors import ApiError, CredentialsError, UsageError
from cf525.jobs.diagnose import diagnose
from cf525.lab.demo import DemoResult, environment, run_stories
from cf525.lab.running import Lab, start
from cf525.lab.scenarios import SCENARIOS, WORLD, Scenario
from cf525.model import Observation, Report, Status
from cf525.model.parsing import parse_target
from cf525.probe.driver import run_probe
from cf525.probe.plan import ProbePlan
from cf525.report.plain import from_plain, to_json, to_plain
from cf525.report.schemas import json_schema
from cf525.report.text import render

T = TypeVar("T")


@pytest.mark.xdist_group("demo")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.host)
def test_a_scenario_comes_out_as_the_world_was_made(
    demo: Mapping[str, DemoResult], scenario: Scenario
) -> None:
    report = demo[scenario.host].report
    assert (report.edge_status, report.headline) == (scenario.status, scenario.headline)
    plain = json.loads(to_json(report))
    Draft202012Validator(json_schema()).validate(plain)
    assert from_plain(Report, plain) == from_plain(Report, to_plain(report))
    for width in (50, 80, 100):
        whole = (" " * 14, " visitor")  # commands to copy, and the picture of a route
        prose = [line for line in render(report, width=width) if not line.text.startswith(whole)]
        wrapped = [line.label + line.text for line in prose if " " in line.text.strip()]
        assert max(map(len, wrapped)) <= width


@pytest.mark.xdist_group("demo")
def test_the_demo_finds_everything_as_expected(demo: Mapping[str, DemoResult]) -> None:
    assert len(demo) >= 10
    assert [host for host, each in demo.items() if not each.as_expected] == []


@pytest.mark.xdist_group("demo")
def test_the_demo_tells_of_a_stop_gap_and_of_a_configuration(lab: Lab) -> None:
    assert [(each.outcome, each.as_expected) for each in run_stories(lab)] == [
        ("526 would become ok", True),
        ("525 sni-rejected-112, line 5, 4, 9", True),
    ]


def test_the_printed_environment_names_every_origin(lab: Lab) -> None:
    text = environment(lab)
    for endpoint in lab.origins:
        assert endpoint in text
    assert "CLOUDFLARE_BASE_URL" in text


class Imagined:
    """A clock for what is done one after another and side by side: each takes what is said."""

    def __init__(self) -> None:
        self.now = 0.0

    async def during(self, takes: float, done: Awaitable[T]) -> T:
        over = self.now + takes
        try:
            return await done
        finally:
            self.now = max(self.now, over)


def test_a_healthy_host_costs_one_connection_an_address_and_three_rounds_of_the_api(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, asking = Imagined(), Client._retrying
    monkeypatch.setattr(Client, "_retrying", lambda *given: clock.during(1, asking(*given)))
    with start(WORLD, api_latency=0.1) as lab:
        accepted = lab.origins["203.0.113.10:443"]
        report = asyncio.run(diagnose("healthy.example.com", lab.options()))
    assert report.edge_status == "ok"
    assert accepted.connections == report.connections == 1
    assert report.api_calls > 2
    assert clock.now == 3


def test_a_silent_origin_is_asked_for_no_longer_than_six_seconds(lab: Lab) -> None:
    clock = Imagined()

    async def hurried(plan: ProbePlan) -> Observation:
        quick = replace(plan, deadline=plan.deadline / 10)
        return await clock.during(plan.deadline, run_probe(quick))

    report = asyncio.run(diagnose("silent.example.com", lab.options(), runner=hurried))
    assert (report.edge_status, report.headline) == ("525", "silent-after-hello")
    assert report.confidence == "low"
    assert 3_000 < clock.now < 5_500


def test_what_reading_the_account_took_is_taken_from_the_probes(lab: Lab) -> None:
    """The time is for the whole target, and never so little that no origin could answer."""
    options = replace(lab.options(), timeout=20.0)
    given: list[float] = []

    async def noted(plan: ProbePlan) -> Observation:
        given.append(plan.deadline)
        return await run_probe(plan)

    async def seen(spent: float) -> None:
        target = parse_target("healthy.example.com")
        async with Outside(options) as outside:
            plan = await plan_routes(target, outside)
            clock = Clock(began=time.perf_counter() - spent)
            judge = await outside.judge()
            await gather(target, plan, options=options, judge=judge, runner=noted, clock=clock)

    asyncio.run(seen(0))
    asyncio.run(seen(3600))
    assert given[0] > given[-1] == AT_LEAST * 700


def test_the_deadline_of_the_whole_target_keeps_what_was_gathered(lab: Lab) -> None:
    options = replace(lab.options(), timeout=0.8)
    report = asyncio.run(diagnose("silent.example.com", options))
    assert "timeout" in {each.id for each in report.unknowns}
    assert exit_status.of_report(report) in (exit_status.FAILS, exit_status.UNKNOWN)


def test_without_account_origin_and_edge_there_is_nothing_to_do() -> None:
    with pytest.raises(CredentialsError):
        asyncio.run(diagnose("www.example.com", Options(edge=False)))


@pytest.mark.parametrize(
    ("status", "headline", "expected"),
    [
        ("ok", None, 0),
        ("525", "x", 1),
        ("521", "x", 1),
        ("redirect-loop", "x", 1),
        ("unknown", None, 3),
        ("not-applicable", "not-proxied", 0),
        ("origin-404", None, 0),
        ("origin-400", "client-cert-required", 1),
    ],
)
def test_one_place_computes_the_exit_status(
    lab: Lab, status: str, headline: str | None, expected: int
) -> None:
    report = asyncio.run(diagnose("grey.example.com", lab.options()))
    report = replace(report, edge_status=Status(status), headline=headline)
    assert exit_status.of_report(report) == expected


def test_errors_have_their_own_statuses() -> None:
    assert exit_status.of_error(UsageError("x")) == 2
    assert exit_status.of_error(ApiError("x")) == 4
    assert exit_status.of_error(CredentialsError("x")) == 4
    assert exit_status.of_error(KeyboardInterrupt()) == 130
    assert exit_status.of_error(RuntimeError()) == 3
