"""An audit as Markdown, for a ticket, a wiki or a pull request.

Names come from other people's DNS: every character that Markdown or HTML would act on is escaped.
"""

from collections.abc import Iterator, Sequence

from cf525.edge.modes import mode_name
from cf525.model import AuditReport, HostRow, Severity
from cf525.report.audit.words import SEVERITIES, cause, changes, met, totals, unfinished
from cf525.report.escape import markdown as escape
from cf525.report.line import counted

_SHOWN = (Severity.BROKEN, Severity.AT_RISK, Severity.UNKNOWN, Severity.ACCEPTED)


def render(report: AuditReport) -> str:
    """The whole report; hosts without anything wrong are counted only."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: AuditReport) -> Iterator[str]:
    breaking = sum(map(changes, report.hosts))
    if report.what_if:
        yield f"# {mode_name(report.what_if)} would break: {counted(breaking, 'host')}"
    else:
        yield f"# Audit: {counted(report.counts.get('broken', 0), 'host')} broken"
    yield ""
    yield f"{escape(totals(report))}. {report.started_at:%Y-%m-%d %H:%M} UTC."
    if unfinished(report):
        yield ""
        yield f"**{escape(unfinished(report))}**"
    for severity in _SHOWN:
        rows = [
            row
            for row in report.hosts
            if row.severity is severity
            and (not report.what_if or changes(row) or severity is Severity.UNKNOWN)
        ]
        if rows:
            yield from _table(SEVERITIES[severity], rows)
    strict = [row for row in report.hosts if row.severity is Severity.OK and row.upgrade is False]
    if strict and not report.what_if:
        yield from _table(f"{mode_name('strict')} would refuse", strict)
    if report.safe_upgrades:
        yield from ("", "## Zones that Full (strict) would not break", "")
        yield from (f"- {escape(zone)}" for zone in report.safe_upgrades)
    if report.gaps or report.unknowns:
        yield from ("", "## Cannot tell", "")
        yield from (f"- {escape(gap.zone)}: {escape(gap.reason)}" for gap in report.gaps)
        yield from (f"- {escape(each.text)}" for each in report.unknowns)


def _table(title: str, rows: Sequence[HostRow]) -> Iterator[str]:
    yield from ("", f"## {title.capitalize()} ({len(rows)})", "")
    yield "| host | visitors get | mode | cause | met by visitors |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        cells = (row.host, row.edge_status, mode_name(row.mode), cause(row), met(row))
        yield f"| {' | '.join(escape(cell) for cell in cells)} |"
