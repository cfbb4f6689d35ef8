"""Several hosts that a person named: each diagnosed as alone, and one report over all.

What an audit does over zones, without triage and checkpoint. An interruption keeps the hosts that
were done.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from cf525.audit.severity import row_of
from cf525.audit.tally import summed
from cf525.diagnosis.options import Options
from cf525.errors import Cf525Error
from cf525.jobs.diagnose import diagnose
from cf525.model import AuditReport, Report, Target, ZoneGap
from cf525.report.audit.result import AuditResult
from cf525.report.plain import to_plain
from cf525.version import __version__

AT_ONCE: Final = 4


async def diagnose_named(targets: Sequence[Target], options: Options) -> AuditResult:
    """The hosts in the order of what is wrong with them.

    A host whose diagnosis cannot be begun is a gap with its reason; where that is so of all, the
    first reason is raised.
    """
    begun = datetime.now(UTC)
    gate = asyncio.Semaphore(AT_ONCE)
    reports: dict[str, Report] = {}
    refused: dict[str, Cf525Error] = {}

    async def one(target: Target) -> None:
        async with gate:
            try:
                reports[target.url] = await diagnose(target, options)
            except Cf525Error as error:
                refused[target.url] = error

    stopped = ""
    try:
        async with asyncio.TaskGroup() as group:
            for target in targets:
                group.create_task(one(target))
    except asyncio.CancelledError:
        stopped = "interrupted"
    if refused and not reports and not stopped:
        raise next(iter(refused.values()))
    report = _summed(targets, reports, refused, begun)
    if stopped:
        report = replace(report, complete=False, stopped=stopped)
    return AuditResult(report=report, full=lambda hosts: _full(hosts, reports))


def _summed(
    targets: Sequence[Target],
    reports: Mapping[str, Report],
    refused: Mapping[str, Cf525Error],
    begun: datetime,
) -> AuditReport:
    now = datetime.now(UTC)
    zones = {each.zone.name for each in reports.values() if each.zone is not None}
    whole = AuditReport(
        tool_version=__version__,
        started_at=begun,
        ended_at=now,
        zones=len(zones),
        gaps=tuple(ZoneGap(zone=url, reason=error.message) for url, error in refused.items()),
        api_calls=sum(each.api_calls for each in reports.values()),
        connections=sum(each.connections for each in reports.values()),
    )
    rows = (
        row_of(
            reports[target.url],
            zone=zone.name if (zone := reports[target.url].zone) is not None else "",
            now=now,
        )
        for target in targets
        if target.url in reports
    )
    return summed(whole, rows)


def _full(hosts: Sequence[str], reports: Mapping[str, Report]) -> Iterator[Mapping[str, Any]]:
    by_host = {each.target.host: each for each in reports.values()}
    return (to_plain(by_host[host]) for host in hosts if host in by_host)
