"""Reads many zones side by side and hands on their hosts, each with its routes.

A few workers read zones; what is done with a host goes on beside them, as a task of its own. Which
zones there are and what is done with a host is not decided here.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Container, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Final, Protocol

from cf525.audit.options import AuditOptions
from cf525.audit.planned import PlannedHost
from cf525.audit.zones import NotYet, ZoneJob, ZoneReader
from cf525.diagnosis.routes import RoutePlan, by_hand, plan_of
from cf525.errors import ApiError, UsageError
from cf525.model import Traffic, Unknown
from cf525.model.parsing import parse_target

ZONES_AT_ONCE: Final = 6
MOST_WAITING: Final = 800
"""Hosts that may wait for a slow address while others go on."""
RESOLVED_AT_ONCE: Final = 16
MOST_RESOLVED: Final = 2_000
"""Hosts of the zones that are read at once; one zone may have more by itself."""
RETRY_AFTER: Final = 0.5


class Taker(Protocol):
    """What is done with the hosts of an audit, and when all of a zone are done."""

    @property
    def done(self) -> Container[str]:
        """Names that need nothing more: they are not even resolved."""

    async def take(self, host: PlannedHost) -> None:
        """Do what is to be done with a host. What it raises ends the run."""

    def close(self, zone: str, gap: str, api_calls: int) -> None:
        """All hosts of this zone were taken; ``gap`` says why nothing of it, or not all, can be."""


class Scheduler:
    """Works through zone jobs. An error that ends the run cancels everything else first."""

    def __init__(
        self,
        options: AuditOptions,
        *,
        reader: ZoneReader,
        hosts: Taker,
        traffic: Mapping[str, Traffic],
    ) -> None:
        self._options = options
        self._base = replace(options.base, mode=options.what_if or options.base.mode)
        self._reader = reader
        self._hosts = hosts
        self._traffic = traffic
        self._waiting = asyncio.Semaphore(MOST_WAITING)
        self._resolving = asyncio.Condition()
        self._resolved = 0

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
        names = [name for name in await self._reader.names(job) if name not in self._hosts.done]
        async with self._room(len(names)):
            await self._resolve(job, names, group)

    async def _resolve(self, job: ZoneJob, names: Sequence[str], group: asyncio.TaskGroup) -> None:
        planned: list[PlannedHost] = []
        for chunk in batched(names, RESOLVED_AT_ONCE):
            found = await asyncio.gather(*(self._planned(job, name) for name in chunk))
            planned += [each for each in found if each is not None]
        self._reader.forget(job.zone)
        left = count(len(planned) - 1, -1)

        def finished() -> None:
            if next(left) == 0:
                self._close(job)

        for host in planned:
            await self._waiting.acquire()
            group.create_task(self._take(host, finished))
        if not planned:
            self._close(job)

    @asynccontextmanager
    async def _room(self, hosts: int) -> AsyncIterator[None]:
        """Wait until so many more hosts may be resolved before they are handed on."""
        async with self._resolving:
            await self._resolving.wait_for(
                lambda: not self._resolved or self._resolved + hosts <= MOST_RESOLVED
            )
            self._resolved += hosts
        try:
            yield
        finally:
            async with self._resolving:
                self._resolved -= hosts
                self._resolving.notify_all()

    def _close(self, job: ZoneJob) -> None:
        self._hosts.close(job.zone.name, job.gap, self._reader.calls)

    async def _planned(self, job: ZoneJob, name: str) -> PlannedHost | None:
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
        return PlannedHost(
            zone=job.zone.name,
            target=target,
            plan=by_hand(target, self._base, plan),
            in_force=plan.routes if self._options.what_if else (),
            traffic=self._traffic.get(target.host),
        )

    async def _take(self, host: PlannedHost, finished: Callable[[], None]) -> None:
        try:
            await self._hosts.take(host)
        finally:
            self._waiting.release()
        finished()


def _unresolved(error: ApiError) -> Unknown:
    return Unknown(
        id="account-not-read",
        text=f"The account could not be read for this host: {error.message}.",
        next=f"Run again; {error.hint}." if error.hint else "Run again.",
    )


def batched(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The values in runs of at most ``size``."""
    return (values[at : at + size] for at in range(0, len(values), size))
