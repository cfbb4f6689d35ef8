"""Workers in processes of their own, so that an audit uses every core of the machine.

The audit reads the API, keeps the results and decides which worker may connect where (``claims``);
a worker that ends is replaced, and its hosts are looked at again. What a worker does with a host is
``looking``; it gets neither token nor environment.
"""

import asyncio
import math
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import count
from typing import Final

from cf525 import child
from cf525.audit.claims import Claims
from cf525.audit.looking import Eyes, EyesLost, Here, Looked
from cf525.audit.planned import Judging, PlannedHost
from cf525.audit.worker import LENGTH, Answered, Asked, Setup, frame, message
from cf525.model import Unknown
from cf525.net import cache

FEWEST: Final = 64
"""Hosts below which starting workers takes longer than looking at all of them."""
LOOKS: Final = 3
"""How often a host is looked at, where its worker ends every time; the last time by itself."""
STARTS: Final = 3
KEPT_VARIABLES: Final = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP"),
    *("SYSTEMROOT", "LOCALAPPDATA", "USERPROFILE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE"),
)
"""All of the environment that a worker gets: tokens, and what leads to them, have any name."""
WORKER_ENDED: Final = Unknown(
    id="worker-ended",
    text=f"What this host answers: the process that looked at it ended, {LOOKS} times in a row.",
    next="Diagnose the host by itself, and look at the system's log for what ended the process.",
)


class _EndedError(Exception):
    """The worker ended before it answered."""


def cores() -> int:
    """How many processes can run at once on this machine."""
    with suppress(AttributeError):  # only where a process may be bound to some cores
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@asynccontextmanager
async def eyes_for(
    here: Here,
    judging: Judging,
    *,
    processes: int,
    resolver: tuple[str, int] | None,
    expected: int,
) -> AsyncIterator[Eyes]:
    """Eyes for about so many hosts: ``here`` alone where that is as fast as workers."""
    if processes < 2 or expected < FEWEST:
        yield here
        return
    async with Crew(here, judging, processes=processes, resolver=resolver) as crew:
        yield crew


class Crew:
    """Use as a context manager: no worker is left at its end. ``here`` tells of hosts at which no
    worker could look."""

    def __init__(
        self,
        here: Here,
        judging: Judging,
        *,
        processes: int,
        resolver: tuple[str, int] | None = None,
    ) -> None:
        each = replace(judging, at_once=math.ceil(judging.at_once / processes))
        setup = frame(Setup(each, resolver))
        self._here = here
        self._workers = tuple(_Worker(setup) for _ in range(processes))
        self._claims = Claims(processes)
        self._alone = asyncio.Lock()

    async def __aenter__(self) -> "Crew":
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(each.end() for each in self._workers))

    @property
    def connections(self) -> int:
        return self._here.connections + sum(each.connections for each in self._workers)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run."""
        return tuple(each.pid for each in self._workers if each.pid)

    async def look(self, host: PlannedHost) -> Looked:
        """Raises EyesLost where no worker can be had."""
        addresses = host.addresses
        for attempt in range(LOOKS):
            with suppress(_EndedError):
                if attempt < LOOKS - 1:
                    return await self._asked(host, addresses)
                # Many hosts were on their way when it ended, twice: one of them may be why.
                async with self._alone:
                    return await self._asked(host, addresses)
        return await self._here.look(host.without_routes(WORKER_ENDED))

    async def _asked(self, host: PlannedHost, addresses: tuple[str, ...]) -> Looked:
        async with self._claims.hold(addresses) as number:
            return await self._workers[number].ask(host)


class _Worker:
    """One process, started when it is first asked, and again after it has ended."""

    def __init__(self, setup: bytes) -> None:
        self._setup = setup
        self._process: asyncio.subprocess.Process | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._asked: dict[int, asyncio.Future[Looked]] = {}
        self._numbers = count()
        self._starts_in_vain = 0
        self._before = self._now = 0

    @property
    def connections(self) -> int:
        """Those of all its processes, as far as they told."""
        return self._before + self._now

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    async def ask(self, host: PlannedHost) -> Looked:
        """Raises _EndedError where the process ends first, EyesLost where none can be started."""
        process = await self._running()
        assert process.stdin is not None
        number = next(self._numbers)
        answer: asyncio.Future[Looked] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            with suppress(ConnectionError):  # it ended, which the other pipe tells
                process.stdin.write(frame(Asked(number, host)))
                await process.stdin.drain()
            return await answer
        finally:
            self._asked.pop(number, None)

    async def end(self) -> None:
        """Leave no process."""
        process, self._process = self._process, None
        if self._hearing is not None:
            self._hearing.cancel()
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None:
                if self._starts_in_vain >= STARTS:
                    raise EyesLost(
                        f"a process to look at hosts ended {STARTS} times before it began",
                        hint="look from this process alone, with --processes 1",
                    )
                self._starts_in_vain += 1
                self._process = await _start(self._setup)
                self._hearing = asyncio.create_task(self._hear(self._process))
            return self._process

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        """Hand on every answer until the process ends."""
        assert process.stdout is not None
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await process.stdout.readexactly(LENGTH)
                answered = message(await process.stdout.readexactly(int.from_bytes(head)))
                assert isinstance(answered, Answered)
                self._starts_in_vain = 0
                self._now = answered.connections
                self._tell(answered)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        self._before, self._now = self.connections, 0
        self._process = None
        for each in self._asked.values():
            if not each.done():
                each.set_exception(_EndedError())

    def _tell(self, answered: Answered) -> None:
        future = self._asked.get(answered.number)
        if future is None or future.done():
            return
        if answered.looked is not None:
            future.set_result(answered.looked)
        else:
            future.set_exception(RuntimeError(f"in a worker: {answered.fault}"))


async def _start(setup: bytes) -> asyncio.subprocess.Process:
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment[child.PATH_VARIABLE] = child.import_path()
    environment[cache.DIRECTORY_VARIABLE] = str(cache.cache_dir())
    try:
        process = await asyncio.create_subprocess_exec(
            *child.words("cf525.audit.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )
    except OSError as error:
        raise EyesLost(
            f"no process to look at hosts can be started: {error.strerror}",
            hint="look from this process alone, with --processes 1",
        ) from None
    assert process.stdin is not None
    with suppress(ConnectionError):
        process.stdin.write(setup)
        await process.stdin.drain()
    return process
