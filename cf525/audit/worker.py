"""A process that looks at hosts for an audit: ``python -m cf525.audit.worker``.

It is started with a bare environment, has no token and asks no API: all it knows comes over its
standard input, from the process that started it and with which it ends. Frames are pickles with
their length before them; nobody else can write to that pipe.
"""

import asyncio
import gc
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import IO, Any, Final

from cf525.audit.looking import Here, Looked, here
from cf525.audit.planned import Judging, PlannedHost
from cf525.values import dataclass

LENGTH: Final = 4


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker is told first."""

    judging: Judging
    resolver: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Look at a host, and answer with its number."""

    number: int
    host: PlannedHost


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a host. ``fault`` is a traceback in place of a result; number -1 says that the
    worker is ready. ``connections`` were opened until now."""

    number: int
    looked: Looked | None = None
    fault: str = ""
    connections: int = 0


def frame(message: object) -> bytes:
    """A message with its length before it."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(body).to_bytes(LENGTH) + body


def message(body: bytes) -> Any:
    """The message of a frame's body."""
    return pickle.loads(body)  # noqa: S301  between a process and its own child


def main() -> None:
    """Look at hosts until the standard input ends."""
    for name in ("SIGINT", "SIGHUP"):  # meant for the audit, which ends its workers itself
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library may print is no frame
    setup = _read(sys.stdin.buffer)
    assert isinstance(setup, Setup)
    asyncio.run(_serve(setup, sys.stdin.buffer, out))


async def _serve(setup: Setup, source: IO[bytes], out: IO[bytes]) -> None:
    loop = asyncio.get_running_loop()
    asked: asyncio.Queue[Asked] = asyncio.Queue()
    answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def take(each: Asked) -> None:
        loop.call_soon_threadsafe(asked.put_nowait, each)

    # Threads, so that no full or empty pipe ever holds up the probes and spoils their times.
    threading.Thread(target=_listen, args=(source, take), daemon=True).start()
    threading.Thread(target=_tell, args=(answers, out), daemon=True).start()
    eyes = await here(setup.judging, setup.resolver)
    answers.put(frame(Answered(-1)))
    running: set[asyncio.Task[None]] = set()
    while True:
        task = loop.create_task(_look(eyes, await asked.get(), answers))
        running.add(task)
        task.add_done_callback(running.discard)


async def _look(eyes: Here, asked: Asked, answers: "queue.SimpleQueue[bytes]") -> None:
    looked, fault = None, ""
    try:
        looked = await eyes.look(asked.host)
    except Exception:  # noqa: BLE001  raised again where the host was asked for
        fault = traceback.format_exc()
    answers.put(frame(Answered(asked.number, looked, fault, eyes.connections)))


def _listen(source: IO[bytes], take: Callable[[Asked], None]) -> None:
    """Hand on what is asked; the end of the input is the end of the process."""
    while (each := _read(source)) is not None:
        take(each)
    os._exit(0)


def _tell(answers: "queue.SimpleQueue[bytes]", out: IO[bytes]) -> None:
    try:
        while True:
            out.write(answers.get())
            if answers.empty():
                out.flush()
    except OSError:  # nobody listens any more
        os._exit(0)


def _read(source: IO[bytes]) -> Any:
    """The next message, None at the end."""
    head = source.read(LENGTH)
    if len(head) < LENGTH:
        return None
    body = source.read(int.from_bytes(head))
    return message(body)


if __name__ == "__main__":
    # Under its own name, so that messages are of the classes that the other side knows.
    from cf525.audit import worker

    worker.main()
