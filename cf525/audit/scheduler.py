"""Looks at the hosts of many zones side by side, within the bounds a polite audit keeps.

A few workers read zones; each host is a task of its own that first resolves, then waits for its
turn at its addresses, then is examined. Which zones and what a result means is not decided here.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Final

from cf525.audit.checkpoint import Checkpoint
from cf525.audit.observer import Observer
from cf525.audit.options import AuditOptions
from cf525.audit.severity import row_of, weighed
from cf525.audit.sharing import SharedJudge, SharedRunner
from cf525.audit.zones import NotYet, ZoneJob, ZoneReader
from cf525.conclusion.unknowns import INTERRUPTED
from cf525.diagnosis.routes import RoutePlan, by_hand, plan_of
from cf525.errors import ApiError, UsageError
from cf525.jobs.diagnose import examine
from cf525.model import Report, Route, Severity, Target, Traffic, Unknown
from cf525.model.parsing import parse_target
from cf525.report.plain import to_plain

ZONES_AT_ONCE: Final = 6
MOST_WAITING: Final = 800
"""Hosts that may wait for a slow address while others go on."""
RESOLVED_AT_ONCE: Final = 16
RETRY_AFTER: Final = 0.5


class Scheduler:
    """Works through zone jobs. An error that ends the run cancels everything else first."""

    def __init__(
        self,
        options: AuditOptions,
        *,
        reader: ZoneReader,
        runner: SharedRunner,
        judge: SharedJudge,
        checkpoint: Checkpoint,
        observer: Observer,
        traffic: Mapping[str, Traffic],
    ) -> None:
        self._options = options
        self._base = replace(options.base, mode=options.what_if or options.base.mode)
        self._reader = reader
        self._runner = runner
        self._judge = judge
        self._checkpoint = checkpoint
        self._observer = observer
        self._traffic = traffic
        self._waiting = asyncio.Semaphore(MOST_WAITING)
        self._examining = asyncio.Semaphore(options.at_once)

    async def run(self, jobs: Sequence[ZoneJob]) -> None:
        """All jobs to their end. Raises ApiDown, CheckpointError, or CancelledError."""
        queue = deque(jobs)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(ZONES_AT_ONCE):
                    group.create_task(self._work(queue, group))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _work(self, queue: deque[ZoneJob], group: asyncio.TaskGroup) -> None:
        while queue:
            job = queue.popleft()
            try:
                await self._zone(job, group)
            except NotYet:
                job.attempts += 1
                self._reader.forget(job.zone)
                await asyncio.sleep(RETRY_AFTER * job.attempts)
                queue.append(job)

    async def _zone(self, job: ZoneJob, group: asyncio.TaskGroup) -> None:
        """Resolve the zone's hosts; they are examined while the next zone is read.

        Nothing is examined before every host is resolved: until then the zone may have to be
        asked again.
        """
        done = self._checkpoint.progress.rows
        names = [name for name in await self._reader.names(job) if name not in done]
        plans: list[tuple[Target, RoutePlan, RoutePlan]] = []
        for chunk in batched(names, RESOLVED_AT_ONCE):
            found = await asyncio.gather(*(self._resolved(job, name) for name in chunk))
            plans += [each for each in found if each is not None]
        self._reader.forget(job.zone)
        left = count(len(plans) - 1, -1)

        def finished() -> None:
            if next(left) == 0:
                self._close(job)

        for target, plan, own in plans:
            await self._waiting.acquire()
            group.create_task(self._host(job, target, plan, own.routes, finished))
        if not plans:
            self._close(job)

    def _close(self, job: ZoneJob) -> None:
        self._checkpoint.zone(job.zone.name, job.gap)
        self._observer.zone_done(self._reader.calls)

    async def _resolved(
        self, job: ZoneJob, name: str
    ) -> tuple[Target, RoutePlan, RoutePlan] | None:
        """The target, the plan to look at, and the plan by the account alone."""
        try:
            target = parse_target(name)
        except UsageError:
            return None  # a record's name that is no hostname, such as one with an underscore
        try:
            resolution = await self._reader.resolve(job, target)
        except ApiError as error:
            plan = RoutePlan(routes=(), unknowns=(_unresolved(error),), errors=(error.message,))
        else:
            plan = plan_of(resolution)
        return target, by_hand(target, self._base, plan), plan

    async def _host(
        self,
        job: ZoneJob,
        target: Target,
        plan: RoutePlan,
        in_force: Sequence[Route],
        finished: Callable[[], None],
    ) -> None:
        try:
            async with self._runner.turn(plan.routes), self._examining:
                report = await examine(
                    target, plan, options=self._base, judge=self._judge, runner=self._runner
                )
        finally:
            self._waiting.release()
        if any(each.id == INTERRUPTED.id for each in report.unknowns):
            raise asyncio.CancelledError
        self._keep(job, report, in_force if self._options.what_if else ())
        finished()

    def _keep(self, job: ZoneJob, report: Report, in_force: Sequence[Route]) -> None:
        now = self._options.base.at or datetime.now(UTC)
        row = row_of(
            report,
            zone=job.zone.name,
            expiring=self._options.expiring,
            now=now,
            traffic=self._traffic.get(report.target.host),
            in_force=in_force,
        )
        row = weighed(row, self._options.accepted, now)
        if row.severity in (Severity.OK, Severity.NOT_APPLICABLE):
            report = replace(
                report, observations=tuple(replace(o, trace=()) for o in report.observations)
            )
        plain = to_plain(report)
        self._checkpoint.host(row, plain)
        self._observer.host_done(row, plain)


def _unresolved(error: ApiError) -> Unknown:
    return Unknown(
        id="account-not-read",
        text=f"The account could not be read for this host: {error.message}.",
        next=f"Run again; {error.hint}." if error.hint else "Run again.",
    )


def batched(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The values in runs of at most ``size``."""
    return (values[at : at + size] for at in range(0, len(values), size))
