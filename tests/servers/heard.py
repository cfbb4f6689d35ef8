"""Silence without waiting: a probe's deadline passes when nothing more can come, and not before.

Where the origin is a thread of this process it is known when both sides listen and nothing is on
its way between them. Then the deadline counts as passed at once; until then it does not pass at
all, so that a busy machine makes no origin look silent. What is under test is the probe's own
driver, with its clock put forward.
"""

import asyncio
import select
import socket
from dataclasses import replace

from cf525.model import Observation
from cf525.probe.driver import _Link, run_probe
from cf525.probe.plan import ProbePlan
from cf525.probe.transports import DIRECT, Factory, Loop

LONG = 60_000.0
"""Milliseconds that stand for no deadline."""
PATIENT = 5.0
"""A side that listens for less than these seconds has something to do when they are over."""

_heard: dict[tuple[str, int], "Heard"] = {}


class Heard(socket.socket):
    """The origin's side of a connection, of which it is known whether it only listens."""

    def __init__(self, accepted: socket.socket) -> None:
        self._who: tuple[str, int] = accepted.getpeername()[:2]
        timeout = accepted.gettimeout()
        super().__init__(fileno=accepted.detach())
        self.settimeout(timeout)
        # What was sent must be on its way: nothing waits for an acknowledgement.
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._listens = False
        self._turn = 0
        _heard[self._who] = self

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        timeout = self.gettimeout()
        self._turn += 1
        self._listens = timeout is None or timeout >= PATIENT
        try:
            if not _readable(self.fileno(), timeout):
                raise TimeoutError
        finally:
            self._listens = False
        return super().recv(bufsize, flags)

    def quiet(self) -> bool:
        """Whether it listens and all it was sent is read."""
        turn, descriptor = self._turn, self.fileno()
        if not self._listens or descriptor < 0 or _readable(descriptor, 0):
            return False
        return self._listens and self._turn == turn

    def close(self) -> None:
        if _heard.get(self._who) is self:
            del _heard[self._who]
        super().close()


def _readable(descriptor: int, timeout: float | None) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))


class _Attentive:
    """A plain connection whose probe is told when nothing more can come."""

    def __init__(self) -> None:
        self._watching: asyncio.Task[None] | None = None

    async def connect(self, loop: Loop, factory: Factory, host: str, port: int) -> None:
        link = factory()
        assert isinstance(link, _Link)
        await DIRECT.connect(loop, lambda: link, host, port)
        self._watching = loop.create_task(_watch(link))


async def _watch(link: _Link) -> None:
    assert link._transport is not None
    near = link._transport.get_extra_info("socket")
    name = link._transport.get_extra_info("sockname")[:2]
    while not link.done.done() and near.fileno() >= 0:
        far = _heard.get(name)
        if far is not None and far.quiet() and link._waiting and not _readable(near.fileno(), 0):
            link._stop_timer()
            link._expired()
        await asyncio.sleep(0.005)


async def attentive_probe(plan: ProbePlan) -> Observation:
    """Carry out one probe; silence is seen at once, and everything else is waited for."""
    return await run_probe(replace(plan, deadline=LONG), transport=_Attentive())
