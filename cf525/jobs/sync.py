"""The jobs for callers that have no event loop, or are in the middle of one.

Each call runs a loop of its own in a thread of its own, so that it may be made from a notebook or a
web framework's handler too; it returns, or raises, what the coroutine does.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from cf525.diagnosis.options import Options
from cf525.jobs.diagnose import diagnose
from cf525.jobs.probe import SingleProbe, probe_once
from cf525.jobs.verify import Verification, verify
from cf525.model import Report, Target

T = TypeVar("T")


def diagnose_sync(target: str | Target, options: Options | None = None) -> Report:
    """As ``diagnose``, which see."""
    return _done(lambda: diagnose(target, options))


def verify_sync(job: Verification) -> Report:
    """As ``verify``, which see."""
    return _done(lambda: verify(job))


def probe_once_sync(job: SingleProbe) -> tuple[Report, tuple[str, ...]]:
    """As ``probe_once``, which see."""
    return _done(lambda: probe_once(job))


def _done(job: Callable[[], Coroutine[Any, Any, T]]) -> T:
    with ThreadPoolExecutor(1, thread_name_prefix="cf525") as worker:
        return worker.submit(lambda: asyncio.run(job())).result()
