"""Runs one asynchronous job for a command, so that Ctrl-C keeps what was gathered."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

from cf525.cli import exit_status
from cf525.cli.output import say

T = TypeVar("T")


def run(job: Coroutine[Any, Any, T]) -> T:
    """The job's result. Ctrl-C cancels the job, which may still return what it has."""
    try:
        return asyncio.run(job)
    except KeyboardInterrupt:
        say("interrupted before anything was learned")
        raise typer.Exit(exit_status.INTERRUPTED) from None
