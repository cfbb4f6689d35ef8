"""Runs one asynchronous job for a command, so that Ctrl-C keeps what was gathered."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(job: Coroutine[Any, Any, T]) -> T:
    """The job's result. Ctrl-C cancels the job, which may still return what it has."""
    return asyncio.run(job)
