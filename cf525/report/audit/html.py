"""An audit as one HTML file that needs nothing else: no network, no server, no framework.

Everything is readable without script; the script sorts, filters and copies. The policy in the
file allows its own style and script by their hashes and nothing more, and every name from the
network is escaped by the template engine and stripped of what changes the text's direction.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cf525.edge.modes import mode_name
from cf525.model import AuditReport, HostRow, Report, Severity
from cf525.report.audit.host_page import BAR, host_page
from cf525.report.audit.words import (
    RISKS,
    SEVERITIES,
    cause,
    changes,
    met,
    state_label,
    totals,
    unfinished,
)
from cf525.report.escape import for_terminal
from cf525.report.line import counted
from cf525.report.next_command import NOTHING_TYPED, Invocation
from cf525.report.plain import to_plain

DETAILED: Final = 500
"""Hosts that get a page of their own, the worst first; all others are in the table."""


def detailed(report: AuditReport) -> list[str]:
    """The hosts whose full reports :func:`render` wants."""
    wanted = (Severity.BROKEN, Severity.AT_RISK, Severity.UNKNOWN)
    chosen = [row.host for row in report.hosts if row.severity in wanted][:DETAILED]
    if len(report.hosts) <= DETAILED:
        chosen = [row.host for row in report.hosts]
    return chosen


def render(
    report: AuditReport, full: Iterable[Mapping[str, Any]], run: Invocation = NOTHING_TYPED
) -> str:
    """The page; ``full`` are the reports of some hosts as plain data. Commands take the options of
    the ``run``."""
    numbers = {row.host: number for number, row in enumerate(report.hosts)}
    rows = {row.host: row for row in report.hosts}
    pages = [
        host_page(each, rows[each["target"]["host"]], numbers[each["target"]["host"]], run)
        for each in full
        if each["target"]["host"] in rows
    ]
    with_page = {page.number for page in pages}
    style, script = _file("style.css"), _file("script.js") + _file("copy.js")
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            title=_title(report),
            totals=totals(report),
            unfinished=unfinished(report),
            tiles=list(_tiles(report)),
            causes=report.causes,
            risks={
                RISKS[risk]: report.risks[risk.value]
                for risk in RISKS
                if risk.value in report.risks
            },
            rows=[
                _row(number, row, number in with_page)
                for number, row in enumerate(report.hosts)
                if not report.what_if or changes(row) or row.severity is Severity.UNKNOWN
            ],
            pages=pages,
            bar=BAR,
            met=any(row.traffic is not None for row in report.hosts),
            strict=mode_name("strict"),
            style=Markup(style),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own file
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def render_host(report: Report, run: Invocation = NOTHING_TYPED) -> str:
    """One diagnosis as a page of its own, in the same form and under the same policy."""
    style = _file("style.css")
    script = _file("copy.js")
    return (
        _environment()
        .get_template("alone.html")
        .render(
            report=report,
            page=host_page(to_plain(report), row_alone(report), 0, run),
            bar=BAR,
            style=Markup(style),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own file
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def row_alone(report: Report) -> HostRow:
    """What the page needs to know of a host that no audit has weighed."""
    status = report.edge_status
    if report.fails:
        severity = Severity.BROKEN
    elif status == "not-applicable":
        severity = Severity.NOT_APPLICABLE
    else:
        severity = Severity.UNKNOWN if status.unknown else Severity.OK
    return HostRow(
        host=report.target.display or report.target.host,
        zone=report.zone.name if report.zone is not None else "",
        severity=severity,
        edge_status=status,
        confidence=report.confidence,
        summary=report.summary,
    )


def _title(report: AuditReport) -> str:
    if report.what_if:
        breaking = sum(map(changes, report.hosts))
        return f"{mode_name(report.what_if)} would break: {counted(breaking, 'host')}"
    broken = report.counts.get(Severity.BROKEN.value, 0)
    return f"{broken} hosts broken" if broken else "No host broken"


def _tiles(report: AuditReport) -> Iterator[tuple[str, int, str]]:
    for severity in Severity:
        count = report.counts.get(severity.value, 0)
        if count or severity in (Severity.BROKEN, Severity.AT_RISK, Severity.OK):
            yield severity.value, count, SEVERITIES[severity]


def _row(number: int, row: HostRow, page: bool) -> dict[str, Any]:
    traffic = row.traffic
    return {
        "number": number,
        "page": page,
        "host": row.host,
        "zone": row.zone,
        "severity": row.severity.value,
        "rank": row.severity.rank,
        "label": state_label(row),
        "status": row.edge_status,
        "mode": mode_name(row.mode),
        "cause": cause(row),
        "met": met(row),
        "requests": traffic.requests if traffic is not None else 0,
        "expires": f"{row.expires:%Y-%m-%d}" if row.expires is not None else "",
    }


def _shown(value: Any) -> Any:
    """Text with its control characters and direction marks made visible."""
    return (
        for_terminal(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("cf525.report.audit"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )


@cache
def _file(name: str) -> str:
    return (resources.files("cf525.report.audit") / "templates" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
