"""From rows to the audit's report: sorted, counted, with what may be upgraded. Pure.

Also joins the reports of shards into one, and tells what changed against an older one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from cf525.errors import UsageError
from cf525.model import AuditReport, HostRow, PlanShare, Severity

_MOST_NAMED: Final = 10
_DONE: Final = (Severity.OK, Severity.ACCEPTED, Severity.NOT_APPLICABLE)


def summed(report: AuditReport, rows: Iterable[HostRow]) -> AuditReport:
    """The report with its rows in order and everything counted from them."""
    hosts = tuple(sorted(rows, key=_order))
    return replace(
        report,
        hosts=hosts,
        gaps=tuple(sorted(report.gaps, key=lambda gap: gap.zone)),
        counts={each.value: 0 for each in Severity} | _count(row.severity.value for row in hosts),
        causes=_count(
            row.headline for row in hosts if row.headline is not None and row.severity not in _DONE
        ),
        risks=_count(
            risk.value for row in hosts if row.severity is Severity.AT_RISK for risk in row.risks
        ),
        safe_upgrades=() if _in_part(report) else _safe_upgrades(hosts),
    )


def _in_part(report: AuditReport) -> bool:
    """Whether hosts of a zone may stand in another result."""
    return report.plan is not None and not report.plan.whole


def _order(row: HostRow) -> tuple[object, ...]:
    met = row.traffic.requests if row.traffic is not None else 0
    return (row.severity.rank, -met, row.zone, row.host)


def _count(values: Iterable[str]) -> dict[str, int]:
    counted = Counter(values)
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def _safe_upgrades(rows: Sequence[HostRow]) -> tuple[str, ...]:
    by_zone: defaultdict[str, list[bool | None]] = defaultdict(list)
    for row in rows:
        if row.severity is not Severity.NOT_APPLICABLE:
            by_zone[row.zone].append(row.upgrade)
    return tuple(sorted(zone for zone, each in by_zone.items() if all(each)))


def merge(parts: Sequence[AuditReport]) -> AuditReport:
    """The parts of one audit as a whole. The newest result of a host wins.

    Raises UsageError for parts that were judged differently, or do not belong together.
    """
    if len({part.what_if for part in parts}) > 1:
        raise UsageError(
            "the parts were judged in different modes",
            hint="merge results with the same --what-if only",
        )
    share = _share(parts)
    rows: dict[str, HostRow] = {}
    for part in sorted(parts, key=lambda part: part.started_at):
        rows.update((row.host, row) for row in part.hosts)
    ends = [part.ended_at for part in parts if part.ended_at is not None]
    whole = AuditReport(
        tool_version=parts[0].tool_version,
        started_at=min(part.started_at for part in parts),
        ended_at=max(ends, default=None),
        what_if=parts[0].what_if,
        zones=sum(part.zones for part in parts),
        gaps=tuple(dict.fromkeys(gap for part in parts for gap in part.gaps)),
        unknowns=tuple(dict.fromkeys(each for part in parts for each in part.unknowns)),
        complete=all(part.complete for part in parts),
        stopped="; ".join(dict.fromkeys(part.stopped for part in parts if part.stopped)),
        api_calls=sum(part.api_calls for part in parts),
        connections=sum(part.connections for part in parts),
    )
    if share is not None:
        whole = _of_plan(whole, share, parts)
    return summed(whole, rows.values())


def _share(parts: Sequence[AuditReport]) -> PlanShare | None:
    """What all of them together are about, where they are results of a plan.

    Raises UsageError for results of different plans, or of other accounts than one plan's.
    """
    shares = [part.plan for part in parts if part.plan is not None]
    if not shares:
        return None
    if len(shares) < len(parts) or len({share.id for share in shares}) > 1:
        raise UsageError(
            "these are not results of one plan",
            hint="merge results of the same cf525 audit read, all of one account and version",
        )
    if len({share.places for share in shares}) > 1:
        raise UsageError(
            "the parts were looked at from different vantage points",
            hint="merge results with the same --from only",
        )
    numbers = sorted({number for share in shares for number in share.numbers})
    return replace(shares[0], numbers=tuple(numbers))


def _of_plan(whole: AuditReport, share: PlanShare, parts: Sequence[AuditReport]) -> AuditReport:
    """The account was read once for all parts, and a part that is missing is said."""
    missing = share.missing(_MOST_NAMED + 1)
    stopped = whole.stopped
    if missing:
        named = ", ".join(map(str, missing[:_MOST_NAMED]))
        named += " ..." if missing[_MOST_NAMED:] else ""
        stopped = f"part {named} of {share.parts} is missing; {stopped}".removesuffix("; ")
    return replace(
        whole,
        plan=share,
        zones=share.zones,
        api_calls=share.api_calls,
        looked_at=parts[0].looked_at,
        complete=whole.complete and not missing,
        stopped=stopped,
    )


def changed(report: AuditReport, before: AuditReport) -> AuditReport:
    """Only the hosts whose state is not what it was; hosts that are gone do not appear."""
    known = {row.host: _state(row) for row in before.hosts}
    return summed(report, (row for row in report.hosts if known.get(row.host) != _state(row)))


def _state(row: HostRow) -> tuple[object, ...]:
    return (row.severity, row.edge_status, row.headline, frozenset(row.risks))
