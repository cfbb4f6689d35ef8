"""Which of several workers may connect to which addresses: to each address one worker at a time.

A worker keeps few connections to an address and paces them; as nobody else connects there
meanwhile, that holds over all workers. A host whose addresses two workers hold waits until it can
have all of them from one, and whoever comes later for one of them waits behind it.
"""

import asyncio
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

SLACK = 4
"""Hosts that a worker may have more than the least busy one, before an address that nobody holds
goes to that one in its place."""


@dataclass(slots=True)
class _Claim:
    worker: int
    hosts: int


@dataclass(slots=True, eq=False)
class _Waiting:
    addresses: Sequence[str]
    granted: "asyncio.Future[int]"


class Claims:
    """The claims of ``workers`` workers, which are numbers from 0."""

    def __init__(self, workers: int) -> None:
        self._claims: dict[str, _Claim] = {}
        self._busy = [0] * workers
        self._waiting: list[_Waiting] = []
        self._wanted: Counter[str] = Counter()

    @asynccontextmanager
    async def hold(self, addresses: Sequence[str]) -> AsyncIterator[int]:
        """The worker for a host with these addresses, which are its own until the block ends."""
        worker = None if any(each in self._wanted for each in addresses) else self._take(addresses)
        if worker is None:
            worker = await self._queue(addresses)
        try:
            yield worker
        finally:
            self._release(addresses, worker)

    async def _queue(self, addresses: Sequence[str]) -> int:
        waiting = _Waiting(addresses, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._wanted.update(addresses)
        try:
            return await waiting.granted
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._remove(waiting)
                self._grant()
            elif not waiting.granted.cancelled():
                self._release(addresses, waiting.granted.result())
            raise

    def _take(self, addresses: Sequence[str]) -> int | None:
        """Claim them for one worker, unless two hold some of them."""
        owners = {self._claims[each].worker for each in addresses if each in self._claims}
        if len(owners) > 1:
            return None
        worker = owners.pop() if owners else self._choose(addresses)
        for each in addresses:
            claim = self._claims.setdefault(each, _Claim(worker, 0))
            claim.hosts += 1
        self._busy[worker] += 1
        return worker

    def _choose(self, addresses: Sequence[str]) -> int:
        """The same worker for the same address, unless that would leave others idle."""
        least = min(range(len(self._busy)), key=self._busy.__getitem__)
        if not addresses:
            return least
        usual = zlib.crc32(addresses[0].encode()) % len(self._busy)
        return least if self._busy[usual] > self._busy[least] + SLACK else usual

    def _release(self, addresses: Sequence[str], worker: int) -> None:
        self._busy[worker] -= 1
        freed = False
        for each in addresses:
            claim = self._claims[each]
            claim.hosts -= 1
            if not claim.hosts:
                del self._claims[each]
                freed = True
        if freed:
            self._grant()

    def _grant(self) -> None:
        """Let those go who can, in the order in which they came to each address."""
        before: set[str] = set()
        for waiting in tuple(self._waiting):
            free = before.isdisjoint(waiting.addresses)
            worker = self._take(waiting.addresses) if free else None
            if worker is None:
                before.update(waiting.addresses)
            else:
                self._remove(waiting)
                waiting.granted.set_result(worker)

    def _remove(self, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        self._wanted.subtract(waiting.addresses)
        for each in waiting.addresses:
            if not self._wanted[each]:
                del self._wanted[each]
