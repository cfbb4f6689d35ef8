"""The demo's summary table."""

import textwrap
from collections.abc import Sequence
from typing import Protocol

from cf525.model import Report, Status
from cf525.model.fix import FixPlan
from cf525.report.line import Line


class _Scenario(Protocol):
    @property
    def host(self) -> str: ...
    @property
    def story(self) -> str: ...


class DemoRow(Protocol):
    """What a row needs of a diagnosed scenario."""

    @property
    def scenario(self) -> _Scenario: ...
    @property
    def report(self) -> Report: ...
    @property
    def as_expected(self) -> bool: ...


def table(results: Sequence[DemoRow], *, width: int) -> list[Line]:
    """One row a scenario: host, status, cause; below it what is wrong there."""
    lines = [Line(""), Line(f" {'HOST':<24} {'VISITORS GET':<15} CAUSE", "bold")]
    for result in results:
        report = result.report
        status = "ok" if report.edge_status == "ok" else report.edge_status
        style = {"ok": "green", "unknown": "yellow"}.get(status, "red")
        flag = "" if result.as_expected else "   NOT AS EXPECTED"
        text = f" {result.scenario.host:<24} {status:<15} {report.headline or '-'}{flag}"
        lines.append(Line(text, style))
        lines += [Line(f"   {each}", "dim") for each in textwrap.wrap(result.scenario.story, width)]
    return lines


class DemoStopGap(Protocol):
    """What the lines of a stop-gap need."""

    @property
    def plan(self) -> FixPlan: ...
    @property
    def before(self) -> Status | None: ...
    @property
    def made(self) -> Status | None: ...
    @property
    def after(self) -> Status | None: ...
    @property
    def as_expected(self) -> bool: ...


def stop_gap(done: DemoStopGap) -> list[Line]:
    """A stop-gap in three lines: as a person types it, and what visitors got then."""
    flag = "" if done.as_expected else "   NOT AS EXPECTED"
    command, plan = "cf525 fix", done.plan
    return [
        Line(""),
        Line(f" A STOP-GAP AT CLOUDFLARE{flag}", "bold"),
        Line(f" visitors of {plan.host} get {done.before}", "red"),
        Line(f" {command} {plan.host} {plan.remedy} --apply: {done.made}", "green"),
        Line(f" {command} --undo {plan.id}: {done.after}", "red"),
    ]


def closing(results: Sequence[DemoRow]) -> list[Line]:
    """How many came out as the world was made."""
    right = sum(result.as_expected for result in results)
    connections = sum(result.report.connections for result in results)
    return [
        Line(""),
        Line(
            f" {right} of {len(results)} scenarios as expected, {connections} connections; "
            "cf525 demo --keep stays up for any command",
            "bold",
        ),
    ]
