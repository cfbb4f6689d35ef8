"""An audit for a terminal: what is broken first, then what will break, then the counts."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from cf525.edge.modes import mode_name
from cf525.model import AuditReport, HostRow, Report, Risk, Severity
from cf525.report import screen, text
from cf525.report.audit.result import AuditResult
from cf525.report.audit.words import (
    RISKS,
    SEVERITIES,
    cause,
    changes,
    met,
    totals,
    unfinished,
)
from cf525.report.escape import for_terminal
from cf525.report.line import Line, counted
from cf525.report.next_command import NOTHING_TYPED, Invocation
from cf525.report.plain import from_plain

SHOWN = 40
_STYLES = {Severity.BROKEN: "red", Severity.AT_RISK: "yellow", Severity.UNKNOWN: "magenta"}


def render(
    report: AuditReport,
    *,
    width: int = 80,
    verbose: bool = False,
    run: Invocation = NOTHING_TYPED,
) -> list[Line]:
    """The audit as lines. Without ``verbose`` at most 40 hosts of each severity are named."""
    lines: list[Line] = []
    for title, style, rows in _groups(report):
        lines += _section(title, style, rows, width, len(rows) if verbose else SHOWN)
    if report.causes and not report.what_if:
        lines += [Line(""), *_by_cause(report, width, run)]
    if report.risks and not report.what_if:
        named = {RISKS[Risk(id)]: count for id, count in report.risks.items()}
        lines += [Line(""), *_counted(" BY RISK", named)]
    if report.safe_upgrades:
        names = ", ".join(report.safe_upgrades)
        text = f"These zones are in {mode_name('full')} and pass {mode_name('strict')}: {names}"
        lines += [Line(""), Line(" SAFE UPGRADES", "bold"), *_wrapped(text, width)]
    gaps = [f"{gap.zone}: {gap.reason}" for gap in report.gaps]
    gaps += [unknown.text for unknown in report.unknowns]
    if gaps:
        lines += [Line(""), Line(" CANNOT TELL", "bold")]
        for gap in gaps if verbose else gaps[:SHOWN]:
            lines += _wrapped(f"· {gap}", width)
    lines += [Line(""), *(Line(f" {each}", "bold") for each in _split(totals(report), width))]
    if unfinished(report):
        lines += [Line(f" {each}", "bold red") for each in _split(unfinished(report), width)]
    seconds = (report.ended_at - report.started_at).total_seconds() if report.ended_at else 0
    lines.append(
        Line(
            f" {counted(report.connections, 'connection')}, "
            f"{counted(report.api_calls, 'API call')}, {seconds:.0f} s",
            "dim",
        )
    )
    return lines


SCREENS = 3
"""First screens that follow the table of several hosts, the worst first."""


def with_screens(
    result: AuditResult, *, width: int, verbose: bool, run: Invocation = NOTHING_TYPED
) -> Iterator[Line]:
    """The table of several hosts, then what their diagnoses say; with ``verbose`` of them all."""
    yield from render(result.report, width=width, verbose=verbose, run=run)
    rows = [row for row in result.report.hosts if verbose or row.severity is not Severity.OK]
    shown = rows if verbose else rows[:SCREENS]
    for plain in result.full([row.host for row in shown]):
        report = from_plain(Report, plain)
        yield from (Line(""), Line("─" * width, "dim"))
        yield from (
            text.render(report, width=width, run=run)
            if verbose
            else screen.render(report, width=width, run=run)
        )
    if len(rows) > len(shown):
        yield from (Line(""), Line(f" … and {len(rows) - len(shown)} more hosts (-v)", "dim"))


def _groups(report: AuditReport) -> Iterator[tuple[str, str, Sequence[HostRow]]]:
    """What is listed under which heading: of another mode only what it would change."""
    if report.what_if:
        rows = [row for row in report.hosts if changes(row)]
        title = f"{mode_name(report.what_if)} WOULD BREAK"
        yield from [(title.upper(), "red", rows)] if rows else []
    for severity, style in _STYLES.items():
        if report.what_if and severity is not Severity.UNKNOWN:
            continue
        rows = [row for row in report.hosts if row.severity is severity]
        if rows:
            yield SEVERITIES[severity].upper(), style, rows
    rows = [row for row in report.hosts if row.severity is Severity.ACCEPTED]
    if rows:
        yield SEVERITIES[Severity.ACCEPTED].upper(), "dim", rows
    rows = [row for row in report.hosts if row.severity is Severity.OK and row.upgrade is False]
    if rows and not report.what_if:
        yield f"{mode_name('strict').upper()} WOULD REFUSE", "yellow", rows


def _by_cause(report: AuditReport, width: int, run: Invocation) -> Iterator[Line]:
    """Each cause with its hosts, the one fix, and where to look next."""
    yield Line(" BY CAUSE", "bold")
    for name, count in report.causes.items():
        first = next(row for row in report.hosts if row.headline == name)
        yield Line(f" {count:>6}  {for_terminal(name)}")
        if first.fix:
            for line in _split(f"fix: {first.fix}", width - 8)[:2]:
                yield Line(f"         {line}", "dim")
        yield Line(f"         next: {run.then('diagnose', first.host)}", "dim")


def _section(
    title: str, style: str, rows: Sequence[HostRow], width: int, shown: int
) -> Iterator[Line]:
    yield Line("")
    yield Line(f" {title} ({len(rows)})", "bold")
    longest = min(max(len(row.host) for row in rows[:shown]), 40)
    for row in rows[:shown]:
        head = f" {for_terminal(row.host):<{longest}}  {for_terminal(row.edge_status):<13} "
        text = "; ".join(filter(None, (cause(row), met(row))))
        room = max(width - len(head), 24)
        pieces = textwrap.wrap(for_terminal(text), room, break_on_hyphens=False) or [""]
        yield Line(head + pieces[0], style)
        for piece in pieces[1:]:
            yield Line(" " * min(len(head), width - 24) + piece, style)
    if len(rows) > shown:
        yield Line(f" … and {len(rows) - shown} more (--verbose)")


def _counted(title: str, counts: Mapping[str, int]) -> Iterator[Line]:
    yield Line(title, "bold")
    for name, count in counts.items():
        yield Line(f" {count:>6}  {for_terminal(name)}")


def _wrapped(text: str, width: int) -> Iterator[Line]:
    return (Line(f"  {each}") for each in _split(text, width))


def _split(text: str, width: int) -> list[str]:
    return textwrap.wrap(for_terminal(text), max(width - 3, 20), break_on_hyphens=False)
