"""The same host asked from several places: one result, and where they differ, that. Pure.

What fails from one place alone is no fault of the origin's configuration as such, which no single
place can tell: a filter, a wrong route, one of several servers behind an address.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cf525.audit.checkpoint import host_line
from cf525.audit.looking import Looked
from cf525.model import Confidence, HostRow, Report, Unknown
from cf525.model.decoding import decode
from cf525.report.plain import from_plain, to_plain

DIFFERS: Final = "differs-by-place"


def together(found: Mapping[str, Looked]) -> Looked:
    """One result of those by place: the worst, no surer than likely where they differ."""
    worst = min(found.values(), key=lambda each: each.row.severity.rank)
    connections = sum(each.row.connections for each in found.values())
    if len({_state(each.row) for each in found.values()}) == 1:
        return worst
    report = from_plain(Report, decode(worst.line)["report"])
    told = differing({place: each.row for place, each in found.items()})
    sure = _at_most_likely(worst.row.confidence)
    row = replace(
        worst.row,
        confidence=sure,
        summary=f"{told} {worst.row.summary}".strip(),
        connections=connections,
    )
    doubt = Unknown(
        id=DIFFERS,
        text=f"{told} What lies between these places and the origin differs, or several servers "
        "answer behind its address.",
        next="Look at the firewall and the routes of the places where it fails, and at every "
        "server behind the address.",
    )
    report = replace(
        report,
        confidence=_at_most_likely(report.confidence),
        summary=row.summary,
        unknowns=(doubt, *report.unknowns),
        connections=connections,
    )
    return Looked(row, host_line(row, to_plain(report)))


def differing(rows: Mapping[str, HostRow]) -> str:
    """'From eu alone it answers 525 (sni-reset); from us, ap: ok.'"""
    by_state: dict[str, list[str]] = {}
    for place, row in sorted(rows.items(), key=lambda each: each[1].severity.rank):
        cause = f" ({row.headline})" if row.headline else ""
        by_state.setdefault(f"{row.edge_status}{cause}", []).append(place)
    (first, places), *others = by_state.items()
    alone = " alone" if len(places) == 1 else ""
    rest = "".join(f"; from {', '.join(there)}: {state}" for state, there in others)
    return f"From {', '.join(places)}{alone} it answers {first}{rest}."


def _state(row: HostRow) -> tuple[object, ...]:
    return (row.severity, row.edge_status, row.headline)


def _at_most_likely(confidence: Confidence) -> Confidence:
    return Confidence.MEDIUM if confidence is Confidence.HIGH else confidence
