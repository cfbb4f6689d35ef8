"""Carries out a probe's script on a TCP connection under asyncio.

A bare ``asyncio.Protocol``: every callback advances the script by one event, so a probe costs
one transport and one timer, no task and no stream buffer, and bytes that arrive before a reset
are seen before it. TCP outcomes are told apart by errno, never by a message's text.
"""

import asyncio
import errno
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from cf525.model import Ending, Observation
from cf525.probe.commands import (
    Close,
    Closed,
    Command,
    Event,
    Expired,
    Failed,
    Open,
    Opened,
    Pause,
    Received,
    Send,
    Wait,
)
from cf525.probe.plan import ProbePlan
from cf525.probe.script import Script, probe_script
from cf525.probe.transports import DIRECT, Refused, Transport

_CONNECT_ENDINGS = {
    errno.ECONNREFUSED: Ending.REFUSED,
    errno.ETIMEDOUT: Ending.CONNECT_TIMEOUT,
    errno.EHOSTUNREACH: Ending.UNREACHABLE,
    errno.ENETUNREACH: Ending.UNREACHABLE,
    errno.EHOSTDOWN: Ending.UNREACHABLE,
    errno.ECONNRESET: Ending.RESET,
    errno.ECONNABORTED: Ending.RESET,
}


MOST_KEPT: Final = 256 * 1024
"""Bytes that are kept while a script pauses; no handshake sends so many unasked."""


async def run_probe(
    plan: ProbePlan,
    *,
    random: Callable[[int], bytes] = os.urandom,
    transport: Transport = DIRECT,
) -> Observation:
    """Carry out one probe; returns what was seen and never raises for what a peer does."""
    started_at = datetime.now(UTC)
    script = probe_script(plan, random=random, started_at=started_at)
    return await drive(script, transport)


async def drive(script: Script, transport: Transport = DIRECT) -> Observation:
    """Run a probe's script to its observation on a real connection."""
    loop = asyncio.get_running_loop()
    link = _Link(script, loop)
    opening = next(script)
    assert isinstance(opening, Open)
    try:
        async with asyncio.timeout(opening.deadline / 1000):
            await transport.connect(loop, lambda: link, opening.host, opening.port)
    except Refused as refused:
        link.advance(Failed(refused.ending, refused.detail, link.elapsed()))
    except TimeoutError as fault:
        # ETIMEDOUT raises TimeoutError too; both mean that the SYN was not answered.
        link.advance(Failed(Ending.CONNECT_TIMEOUT, _errno_name(fault), link.elapsed()))
    except OSError as fault:
        link.advance(_failed(fault, opening.host, link.elapsed()))
    try:
        return await link.done
    finally:
        link.abort()


def _errno_name(fault: OSError) -> str:
    return errno.errorcode.get(fault.errno or 0, "")


def _failed(fault: OSError, host: str, at: float) -> Failed:
    if isinstance(fault, socket.gaierror):
        return Failed(Ending.LOCAL_ERROR, "name_not_resolved", at)
    number = fault.errno or 0
    ending = _CONNECT_ENDINGS.get(number, Ending.LOCAL_ERROR)
    if number == errno.ENETUNREACH and ":" in host:
        # Linux says so at once when the machine itself has no IPv6 route.
        ending = Ending.LOCAL_ERROR
    return Failed(ending, _errno_name(fault), at)


class _Link(asyncio.Protocol):
    """Joins one script to one transport."""

    def __init__(self, script: Script, loop: asyncio.AbstractEventLoop) -> None:
        self.done: asyncio.Future[Observation] = loop.create_future()
        self._script = script
        self._loop = loop
        self._began = time.perf_counter()
        self._transport: asyncio.Transport | None = None
        self._inbox: deque[Event] = deque()
        self._kept = 0
        self._waiting = False
        self._timer: asyncio.TimerHandle | None = None

    def elapsed(self) -> float:
        return (time.perf_counter() - self._began) * 1000

    # -- asyncio's side -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.advance(Opened(self.elapsed()))

    def data_received(self, data: bytes) -> None:
        self._arrived(Received(data, self.elapsed()))

    def eof_received(self) -> bool:
        self._arrived(Closed(Ending.EOF, self.elapsed()))
        return True  # the script decides when to close

    def connection_lost(self, exc: Exception | None) -> None:
        how = Ending.EOF if exc is None else Ending.RESET
        if isinstance(exc, Refused):
            how = exc.ending
        self._arrived(Closed(how, self.elapsed()))

    # -- the script's side ----------------------------------------------------------------

    def _arrived(self, event: Event) -> None:
        if self.done.done():
            return
        if self._waiting:
            self._stop_timer()
            self.advance(event)
        else:
            self._inbox.append(event)
            if isinstance(event, Received):
                self._kept += len(event.data)
                if self._kept > MOST_KEPT and self._transport is not None:
                    self._transport.pause_reading()  # the rest waits in the peer's own buffers

    def advance(self, event: Event | None) -> None:
        """Give the script an event and carry out what it asks for until it waits again."""
        self._waiting = False
        while not self.done.done():
            try:
                command = self._script.send(event)
            except StopIteration as end:
                self.done.set_result(end.value)
                return
            event = self._carry_out(command)
            if event is None and isinstance(command, Wait | Pause):
                return

    def _carry_out(self, command: Command) -> Event | None:
        match command:
            case Send(data=data):
                if self._transport is not None and not self._transport.is_closing():
                    self._transport.write(data)
            case Wait(deadline=deadline):
                if self._inbox:
                    return self._taken()
                self._waiting = True
                self._start_timer(max(0.0, deadline - self.elapsed()), self._expired)
            case Pause(duration=duration):
                self._start_timer(duration, lambda: self.advance(None))
            case Close():
                self.abort()
            case Open():
                raise TypeError("a probe opens one connection only")
        return None

    def _taken(self) -> Event:
        event = self._inbox.popleft()
        if isinstance(event, Received):
            before, self._kept = self._kept, self._kept - len(event.data)
            if self._kept <= MOST_KEPT < before and self._transport is not None:
                self._transport.resume_reading()
        return event

    def _start_timer(self, milliseconds: float, then: Callable[[], None]) -> None:
        self._timer = self._loop.call_later(milliseconds / 1000, then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expired(self) -> None:
        self.advance(Expired(self.elapsed()))

    def abort(self) -> None:
        self._stop_timer()
        if self._transport is not None:
            self._transport.close()
