"""Dask's workers as the eyes of an audit (``--engine dask://HOST:PORT``, the extra cf525[dask]).

A part of the plan is worked on by one worker at a time, a hundred hosts a task, so that the
bounds of its addresses hold without a word between workers. A few parts are on their way at once:
the client's memory does not grow with the plan. What Dask does about lost workers is its own; a
lost scheduler ends the run, which continues from its checkpoint.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from distributed import Client, KilledWorker
from distributed.client import FutureCancelledError

from cf525.audit.checkpoint import Checkpoint
from cf525.audit.crew import WORKER_ENDED
from cf525.audit.engine import task
from cf525.audit.engine.vantage import together
from cf525.audit.folder import Plan, host_of, name_of
from cf525.audit.looking import EyesLost, Here, Looked, here
from cf525.audit.observer import Observer
from cf525.errors import UsageError
from cf525.version import __version__

RESOURCE: Final = "vantage-"
PARTS_A_WORKER: Final = 2
"""Parts on their way for each worker: one that it works on, and one that waits for it."""
MOST_PARTS: Final = 64
RETRIES: Final = 2
CONNECTING: Final = 20.0
"""Seconds to wait for the scheduler, and for its first worker."""
_CONTINUE: Final = "when the cluster is back, continue with --resume"


class Dask:
    """Looks through a scheduler at ``address`` (``tcp://HOST:PORT``), from ``places`` if any."""

    def __init__(self, address: str, places: tuple[str, ...] = ()) -> None:
        self.connections = 0
        self.places = places
        self.address = address

    async def run(self, plan: Plan, checkpoint: Checkpoint, observer: Observer) -> None:
        """Raises EyesLost where the cluster is gone, UsageError where it does not fit."""
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it is said in a sentence
        try:
            client: Any = await Client(self.address, asynchronous=True, timeout=CONNECTING)
        except (OSError, ValueError) as error:
            raise EyesLost(
                f"no Dask scheduler answers at {self.address}: {type(error).__name__}",
                hint=_CONTINUE,
            ) from None
        try:
            workers = await self._checked(client)
            lanes = min(PARTS_A_WORKER * workers, MOST_PARTS, max(len(plan.numbers), 1))
            work = _Work(client, plan, checkpoint, observer, self)
            await _all([work.lane() for _ in range(lanes)])
        finally:
            await client.close(timeout=1)

    async def _checked(self, client: Any) -> int:
        """How many workers there are, all of our version and every place among them."""
        try:
            await client.wait_for_workers(1, timeout=CONNECTING)
        except TimeoutError:
            raise EyesLost(
                f"the Dask scheduler at {self.address} has no worker", hint=_CONTINUE
            ) from None
        versions: Mapping[str, object] = await client.run(task.version, on_error="return")
        for worker, found in sorted(versions.items()):
            if found != __version__:
                has = f"cf525 {found}" if isinstance(found, str) else "no cf525 that can be run"
                raise UsageError(
                    f"the worker {worker} has {has}; this is {__version__}",
                    hint="install the same version on all workers, and restart them",
                )
        told = await client.scheduler.identity(n_workers=-1)
        there = {name for each in told["workers"].values() for name in each.get("resources", {})}
        for place in self.places:
            if RESOURCE + place not in there:
                raise UsageError(
                    f"no worker is in {place!r}",
                    hint=f"start one with: dask worker {self.address} "
                    f'--resources "{RESOURCE}{place}=1"',
                )
        return len(versions)


class _Work:
    """The parts still to do, and how they are done."""

    def __init__(
        self, client: Any, plan: Plan, checkpoint: Checkpoint, observer: Observer, engine: Dask
    ) -> None:
        self._client = client
        self._plan = plan
        self._checkpoint = checkpoint
        self._observer = observer
        self._engine = engine
        self._parts = deque(plan.numbers)
        self._here: Here | None = None

    async def lane(self) -> None:
        """One part after the other, the hosts of each a few at a time."""
        while self._parts:
            number = self._parts.popleft()
            await asyncio.to_thread(self._plan.check, number)
            for lines in _chunks(self._left(number)):
                for each in await self._looked(lines):
                    self._checkpoint.host(each.row, each.line)
                    self._observer.host_done(each.row, each.line)
                    await asyncio.sleep(0)

    def _left(self, number: int) -> Iterator[bytes]:
        done = self._checkpoint.progress.rows
        for line in self._plan.lines(number):
            if name_of(line) not in done:
                yield line

    async def _looked(self, lines: Sequence[bytes]) -> Sequence[Looked]:
        """What came of these hosts, from every place."""
        places = self._engine.places
        if not places:
            return await self._from("", lines)
        found = await _all([self._from(place, lines) for place in places])
        return [together(dict(zip(places, each, strict=True))) for each in zip(*found, strict=True)]

    async def _from(self, place: str, lines: Sequence[bytes]) -> Sequence[Looked]:
        asked = task.question(self._plan.manifest.judging, lines)
        future = self._client.submit(
            task.look_at,
            asked,
            pure=False,
            retries=RETRIES,
            resources={RESOURCE + place: 1} if place else None,
        )
        try:
            content = await future
        except KilledWorker:
            return await self._by_halves(place, lines)
        except FutureCancelledError:
            raise EyesLost(
                f"the Dask scheduler at {self._engine.address} is gone", hint=_CONTINUE
            ) from None
        except Exception as error:
            raise EyesLost(
                f"the task failed on a worker: {type(error).__name__}", hint=_CONTINUE
            ) from error
        finally:
            future.release()
        return self._taken(content, lines)

    async def _by_halves(self, place: str, lines: Sequence[bytes]) -> Sequence[Looked]:
        """One of these hosts may be what ends the workers: the others are looked at without it."""
        if len(lines) > 1:
            half = len(lines) // 2
            first = await self._from(place, lines[:half])
            return [*first, *await self._from(place, lines[half:])]
        if self._here is None:
            self._here = await here(self._plan.manifest.judging)
        return [await self._here.look(host_of(lines[0]).without_routes(WORKER_ENDED))]

    def _taken(self, content: object, lines: Sequence[bytes]) -> Sequence[Looked]:
        """The results, which must be those of the hosts that were asked about."""
        try:
            told = task.answer(content if isinstance(content, bytes) else b"")
            found = [task.looked(line) for line in told.lines]
        except task.NotOursError:
            raise EyesLost("what a worker gave back is no result", hint=_CONTINUE) from None
        if told.refused:
            raise UsageError(
                f"{told.refused}; this is {__version__}",
                hint="install the same version on all workers, and restart them",
            )
        if [each.row.host for each in found] != [name_of(each) for each in lines]:
            raise EyesLost("a worker gave back results of other hosts", hint=_CONTINUE)
        self._engine.connections += told.connections
        return found


async def _all(work: Sequence[Any]) -> Sequence[Any]:
    """The results of all, side by side; the first error ends the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [each.result() for each in tasks]


def _chunks(lines: Iterator[bytes]) -> Iterator[Sequence[bytes]]:
    while chunk := tuple(islice(lines, task.HOSTS)):
        yield chunk
