"""Runs one asynchronous job for a command, so that Ctrl-C keeps what was gathered."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

from cf525.cli import exit_status, signals
from cf525.cli.output import say
from cf525.errors import Cf525Error

T = TypeVar("T")


class OutOfTime(Cf525Error):
    """The time of --timeout ran out in a job that has nothing to show before its end."""


def run(job: Coroutine[Any, Any, T], *, within: float | None = None, through: bool = False) -> T:
    """The job's result. Ctrl-C, SIGTERM and SIGHUP cancel it; it may still return what it has.

    ``within`` so many seconds, where the job keeps no time itself; else raises OutOfTime. With
    ``through`` the job's own result says what came of the signal, and the exit status with it.
    """
    try:
        return signals.run_job(job if within is None else _bounded(job, within), through=through)
    except asyncio.CancelledError:
        say("interrupted")
        raise typer.Exit(exit_status.INTERRUPTED) from None


async def _bounded(job: Coroutine[Any, Any, T], seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await job
    except TimeoutError:
        raise OutOfTime(
            f"nothing was learned within {seconds:g} s", hint="give more time with --timeout"
        ) from None
