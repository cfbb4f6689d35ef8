"""Runs one asynchronous job for a command, so that Ctrl-C keeps what was gathered."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import typer

from cf525.cli import exit_status
from cf525.cli.output import say
from cf525.errors import Cf525Error

T = TypeVar("T")


class OutOfTime(Cf525Error):
    """The time of --timeout ran out in a job that has nothing to show before its end."""


def run(job: Coroutine[Any, Any, T], *, within: float | None = None) -> T:
    """The job's result. Ctrl-C, SIGTERM and SIGHUP cancel it; it may still return what it has.

    ``within`` so many seconds, where the job keeps no time itself; else raises OutOfTime.
    """
    try:
        return asyncio.run(heeding(job if within is None else _bounded(job, within)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("interrupted before anything was learned")
        raise typer.Exit(exit_status.INTERRUPTED) from None


async def heeding(job: Coroutine[Any, Any, T]) -> T:
    """The job, which a termination signal ends as Ctrl-C does, where the system has signals."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for name in ("SIGTERM", "SIGHUP"):
        with suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(getattr(signal, name), task.cancel)
    return await job


async def _bounded(job: Coroutine[Any, Any, T], seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await job
    except TimeoutError:
        raise OutOfTime(
            f"nothing was learned within {seconds:g} s", hint="give more time with --timeout"
        ) from None
