"""The demo's summary table."""

import textwrap
from collections.abc import Sequence
from typing import Protocol

from cf525.model import Report
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


class StoryRow(Protocol):
    """What a row needs of another command's outcome."""

    @property
    def command(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def as_expected(self) -> bool: ...


def stories(results: Sequence[StoryRow]) -> list[Line]:
    """Two rows for each: the command, and what came of it."""
    lines = [Line("")]
    for each in results:
        flag = "" if each.as_expected else "   NOT AS EXPECTED"
        lines += [Line(f" {each.command}", "cyan"), Line(f"   {each.outcome}{flag}")]
    return lines


def closing(results: Sequence[DemoRow], others: Sequence[StoryRow] = ()) -> list[Line]:
    """How many came out as the world was made."""
    right = sum(result.as_expected for result in results)
    right += sum(each.as_expected for each in others)
    connections = sum(result.report.connections for result in results)
    return [
        Line(""),
        Line(
            f" {right} of {len(results) + len(others)} scenarios as expected, "
            f"{connections} connections; "
            "cf525 demo --keep stays up for any command",
            "bold",
        ),
    ]
