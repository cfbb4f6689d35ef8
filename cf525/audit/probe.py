"""``audit probe``: looks at the hosts of a plan. It has no token and asks no API.

Parts are read a few at a time and never whole, so that a plan of any size takes the same memory.
Where the looking is done (here, in processes, on a cluster) is a ``Looker``'s to know.
"""

import asyncio
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Protocol

from cf525.audit.checkpoint import Checkpoint, CheckpointError, Head, Progress
from cf525.audit.crew import eyes_for
from cf525.audit.folder import Plan, host_of
from cf525.audit.keeping import Keeper, Keeping
from cf525.audit.looking import EyesLost, here
from cf525.audit.observer import Observer
from cf525.audit.options import Shard
from cf525.audit.planned import PlannedHost
from cf525.audit.run import Audited
from cf525.audit.tally import summed
from cf525.diagnosis.endured import end_cancellation
from cf525.errors import UsageError
from cf525.model import AuditReport
from cf525.version import __version__

PARTS_AT_ONCE: Final = 8
WAITING: Final = 100
"""Hosts of one part on their way at once: one slow address holds up no other part."""


class Looker(Protocol):
    """Looks at all hosts of parts of a plan, but for those that are done."""

    @property
    def connections(self) -> int:
        """Connections opened until now."""

    @property
    def places(self) -> tuple[str, ...]:
        """The vantage points that are asked; empty for one that has no name."""

    async def run(self, plan: Plan, checkpoint: Checkpoint, observer: Observer) -> None:
        """Raises EyesLost where it cannot go on, and UsageError for a part that does not fit."""


def shard_of(plan: Plan, shard: Shard) -> Plan:
    """The parts that one of several machines takes: every ``of``-th, beginning with its own."""
    return replace(plan, numbers=plan.numbers[shard.number - 1 :: shard.of])


async def probe(plan: Plan, keeping: Keeping, observer: Observer, looker: Looker) -> Audited:
    """Look at the hosts of these parts, as far as it comes.

    Raises UsageError for a part or a checkpoint that does not fit.
    """
    earlier = keeping.earlier()
    head = _head(plan, looker.places)
    if earlier is not None:
        _check_same(earlier.head, head, keeping)
    progress = earlier or Progress(head=head)
    stopped = ""
    with Checkpoint(keeping.path, progress, fresh=earlier is None) as checkpoint:
        if earlier is None:
            checkpoint.triage((), plan.manifest.unknowns)
            for gap in plan.manifest.gaps:
                checkpoint.zone(gap.zone, gap.reason)
        try:
            await looker.run(plan, checkpoint, observer)
            checkpoint.end(0, looker.connections)
        except asyncio.CancelledError:
            end_cancellation()
            stopped = "interrupted"
        except (CheckpointError, EyesLost) as error:
            stopped = error.message
    report = replace(
        nothing(progress.head),
        ended_at=datetime.now(UTC),
        what_if=plan.manifest.judging.what_if,
        looked_at=plan.manifest.looked_at,
        gaps=plan.manifest.gaps,
        unknowns=plan.manifest.unknowns,
        complete=not stopped,
        stopped=stopped,
        connections=looker.connections,
    )
    report = summed(report, progress.rows.values())
    return Audited(report=report, plan=None, path=keeping.path, places=progress.places)


def nothing(head: Head) -> AuditReport:
    """A report before anything was looked at."""
    share = head.plan
    return AuditReport(
        tool_version=head.tool_version,
        started_at=datetime.fromisoformat(head.started_at),
        plan=share,
        zones=share.zones if share is not None else 0,
        api_calls=share.api_calls if share is not None else 0,
    )


def _head(plan: Plan, places: tuple[str, ...]) -> Head:
    share = replace(plan.share, places=places)
    return Head(
        tool_version=__version__,
        started_at=datetime.now(UTC).isoformat(),
        accounts=plan.manifest.accounts,
        scope={"what_if": plan.manifest.judging.what_if},
        plan=share,
    )


def _check_same(before: Head, now: Head, keeping: Keeping) -> None:
    if before.plan == now.plan:
        return
    what = "other parts of the plan"
    if before.plan is None or now.plan is None or before.plan.id != now.plan.id:
        what = "another plan"
    elif before.plan.places != now.plan.places:
        what = "other vantage points"
    raise UsageError(
        f"the checkpoint {keeping.path} is about {what}",
        hint="continue with what it was begun with, or start anew",
    )


class Local:
    """Looks from this machine, from so many processes."""

    def __init__(self, *, processes: int, resolver: tuple[str, int] | None = None) -> None:
        self.connections = 0
        self.places: tuple[str, ...] = ()
        self._processes = processes
        self._resolver = resolver

    async def run(self, plan: Plan, checkpoint: Checkpoint, observer: Observer) -> None:
        judging = plan.manifest.judging
        async with eyes_for(
            await here(judging, self._resolver),
            judging,
            processes=self._processes,
            resolver=self._resolver,
            expected=plan.hosts - len(checkpoint.progress.rows),
        ) as eyes:
            keeper = Keeper(eyes, checkpoint, observer)
            parts = deque(plan.numbers)
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(PARTS_AT_ONCE):
                        group.create_task(_work(plan, parts, keeper, group))
            except BaseExceptionGroup as errors:
                raise errors.exceptions[0] from None
            finally:
                self.connections = eyes.connections


async def _work(plan: Plan, parts: deque[int], keeper: Keeper, group: asyncio.TaskGroup) -> None:
    while parts:
        number = parts.popleft()
        await asyncio.to_thread(plan.check, number)
        waiting = asyncio.Semaphore(WAITING)
        for line in plan.lines(number):
            host = host_of(line)
            plan.allow(host)
            if host.target.host in keeper.done:
                continue
            await waiting.acquire()
            group.create_task(_take(host, keeper, waiting))
            await asyncio.sleep(0)  # what has come in meanwhile is not left waiting


async def _take(host: PlannedHost, keeper: Keeper, waiting: asyncio.Semaphore) -> None:
    try:
        await keeper.take(host)
    finally:
        waiting.release()
