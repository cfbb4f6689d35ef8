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
