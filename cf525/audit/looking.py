"""Looks at one planned host and makes its row and its line of the checkpoint.

The same wherever it is done: in the process of the audit, in one beside it, or on another machine.
Which hosts there are and in which order they are looked at is not decided here.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from cf525.audit.checkpoint import host_line
from cf525.audit.planned import Judging, PlannedHost
from cf525.audit.severity import row_of, weighed
from cf525.audit.sharing import SharedFetch, SharedJudge, SharedRunner
from cf525.conclusion.unknowns import INTERRUPTED, TIMED_OUT
from cf525.diagnosis.outside import load_trust
from cf525.errors import Cf525Error
from cf525.jobs.diagnose import examine
from cf525.model import HostRow, Report, Severity
from cf525.net.dns import Resolver
from cf525.net.fetch import through
from cf525.pki import TrustStore
from cf525.probe.driver import run_probe
from cf525.probe.plan import Runner
from cf525.report.plain import to_plain
from cf525.values import dataclass


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a host: its row, and its whole line of the checkpoint, the report in it."""

    row: HostRow
    line: bytes


class EyesLost(Cf525Error):
    """No host can be looked at any more; what was learned until then is kept."""


class Eyes(Protocol):
    """Looks at hosts, many at once."""

    @property
    def connections(self) -> int:
        """Connections opened until now."""

    async def look(self, host: PlannedHost) -> Looked:
        """What came of a host. Raises EyesLost, and CancelledError for one cut short."""


class Here:
    """Looks from this process."""

    def __init__(
        self,
        judging: Judging,
        *,
        trust: TrustStore,
        resolver: Resolver,
        runner: Runner = run_probe,
    ) -> None:
        self._judging = judging
        self._options = judging.options(resolver.server)
        self._runner = SharedRunner(per_address=judging.per_address, gap=judging.gap, runner=runner)
        self._examining = asyncio.Semaphore(judging.at_once)
        fetch = SharedFetch(through(resolver)) if judging.fetch else None
        self._judge = SharedJudge(trust=trust, at=judging.at, fetch=fetch)

    @property
    def connections(self) -> int:
        return self._runner.connections

    async def look(self, host: PlannedHost) -> Looked:
        """Raises CancelledError for a host that was cut short."""
        async with self._runner.turn(host.plan.routes), self._examining:
            report = await examine(
                host.target,
                host.plan,
                options=self._options,
                judge=self._judge,
                runner=self._runner,
            )
        if any(each.id == INTERRUPTED.id for each in report.unknowns):
            raise asyncio.CancelledError
        if any(each.id == TIMED_OUT.id for each in report.unknowns):
            await self._runner.settled(host.addresses)
        return looked(host, report, self._judging)


async def here(judging: Judging, resolver: tuple[str, int] | None = None) -> Here:
    """Eyes of their own: with a resolver and a trust list that nobody else uses."""
    trust = await asyncio.to_thread(load_trust, judging.options(resolver))
    return Here(judging, trust=trust, resolver=Resolver(resolver))


def looked(host: PlannedHost, report: Report, judging: Judging) -> Looked:
    """The row and the line of a report. Of hosts with nothing wrong the exchanges are left out."""
    now = judging.at or datetime.now(UTC)
    row = row_of(
        report,
        zone=host.zone,
        expiring=judging.expiring,
        now=now,
        traffic=host.traffic,
        in_force=host.in_force,
    )
    row = weighed(row, judging.accepted, now)
    if row.severity in (Severity.OK, Severity.NOT_APPLICABLE):
        report = replace(
            report, observations=tuple(replace(o, trace=()) for o in report.observations)
        )
    return Looked(row, host_line(row, to_plain(report)))
