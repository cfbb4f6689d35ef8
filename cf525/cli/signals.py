"""Ctrl-C, SIGTERM and SIGHUP, in every command and at any moment.

The first of them ends the job that runs, which may still give what it has; outside of a job it ends
the command. A result that is being written is written to its end, within a bound. A second one ends
everything at once. What the system or a parent has set to be ignored stays ignored.
"""

import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cf525.cli import exit_status

if TYPE_CHECKING:
    import asyncio
    from sys import UnraisableHookArgs

T = TypeVar("T")

ENDING: Final = ("SIGINT", "SIGTERM", "SIGHUP")
GRACE_SECONDS: Final = 2.0
"""How long a piece of the result may still take: whoever reads it may have stopped reading."""


class _Heeding:
    """What is being done, and whether somebody asked for its end."""

    def __init__(self) -> None:
        self.asked = False
        self.in_job = False
        self.late = False
        self.writing = False
        self.task: asyncio.Task[Any] | None = None

    def heed(self, _: int, __: FrameType | None) -> None:
        """The handler. Raises KeyboardInterrupt where nothing else ends what is done."""
        first, self.asked = not self.asked, True
        if first and self.in_job:
            if self.task is None or self.task.done():
                self.late = True
            else:
                self.task.get_loop().call_soon_threadsafe(self.task.cancel)
            return
        if first and self.writing:
            self.late = True
            self.wait()
            return
        raise KeyboardInterrupt

    def wait(self) -> None:
        """From now on, so long and no longer."""
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)

    def after(self) -> None:
        """Heed now what came too late to be heeded then."""
        late, self.late = self.late, False
        if late:
            raise KeyboardInterrupt


_OWN: Final = _Heeding()


def arm() -> None:
    """Heed the signals from here on; nothing where this is not the main thread."""
    _OWN.__init__()  # type: ignore[misc]  # one process may run several commands, in tests
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with suppress(ValueError):
                signal.signal(number, _OWN.heed)
    if hasattr(signal, "SIGALRM"):
        with suppress(ValueError):
            signal.signal(signal.SIGALRM, _overdue)
    sys.unraisablehook = _unraisable


def end_at_once() -> None:
    """From here on the first signal ends the process: it serves a stream that its client may keep
    open for ever, and holds nothing that has to be told."""
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == _OWN.heed:
            with suppress(ValueError):
                signal.signal(number, lambda *_: os._exit(exit_status.INTERRUPTED))


def disarm() -> None:
    """Nothing is left to be ended: whatever comes now ends the process without a word."""
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == _OWN.heed:
            with suppress(ValueError):
                signal.signal(number, signal.SIG_DFL)


def asked() -> bool:
    """Whether somebody asked for the end: then that is what the exit status says."""
    return _OWN.asked


def heard() -> None:
    """The end was what was waited for: the exit status says nothing of it."""
    _OWN.asked = False


def run_job(job: Coroutine[Any, Any, T], *, through: bool = False) -> T:
    """The job's result. Raises CancelledError where a signal ended it before it had one, and
    KeyboardInterrupt where one came when it had. One that is seen ``through`` tells itself what
    came of an interruption."""
    import asyncio

    _OWN.in_job = True
    try:
        return asyncio.run(_heeded(job))
    finally:
        _OWN.in_job, _OWN.task = False, None
        _OWN.asked = _OWN.asked and not through
        _OWN.after()


async def _heeded(job: Coroutine[Any, Any, T]) -> T:
    from asyncio import current_task

    _OWN.task = current_task()
    assert _OWN.task is not None
    if _OWN.late:
        _OWN.late = False
        _OWN.task.cancel()
    return await job


@contextmanager
def writing() -> Iterator[None]:
    """A result is being written: one signal waits for its end."""
    _OWN.writing = True
    try:
        yield
    finally:
        _OWN.writing = False
        if _OWN.late and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
    _OWN.after()


def written() -> None:
    """A piece of the result went out: whoever reads it still reads."""
    if _OWN.writing and _OWN.late:
        _OWN.wait()


def _overdue(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _unraisable(unraisable: "UnraisableHookArgs") -> None:
    """An interruption that came while a thing was being let go of would be printed and lost."""
    if unraisable.exc_type is KeyboardInterrupt:
        os._exit(exit_status.INTERRUPTED)
    sys.__unraisablehook__(unraisable)
