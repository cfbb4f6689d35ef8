"""Work that only computes, done aside, so that --timeout and Ctrl-C are heeded while it lasts.

It runs in a thread that dies with the program. Who is cancelled does not wait for it: it ends by
itself, as everything that reads hostile text is bounded.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T]) -> T:
    """What the work returns; what it raises is raised here."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None only beside an error

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            told: tuple[T | None, BaseException | None] = (None, error)
        else:
            told = (result, None)
        with suppress(RuntimeError):  # the loop may be gone
            loop.call_soon_threadsafe(deliver, *told)

    threading.Thread(target=run, name="aside", daemon=True).start()
    return await future
