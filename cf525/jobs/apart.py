"""A job on a text that a stranger wrote, in a process of its own: its memory has a bound, and who
stops waiting ends it.

The job goes in over standard input, and the report comes back as JSON. The process gets no
credentials. Where the system knows no bound of memory (Windows) there is none.
"""

import asyncio
import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from cf525 import child
from cf525.errors import Cf525Error, UsageError
from cf525.jobs.lint import Lint, lint
from cf525.jobs.verify import Verification, verify
from cf525.model.decoding import decode
from cf525.report.plain import from_plain, to_json

if TYPE_CHECKING:
    from cf525.model import Report

MOST_MEMORY: Final = 256 << 20
"""Bytes of data; with the program itself a process stays below 300 MB."""
MOST_ANSWER: Final = 64 << 20
_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "TEMP")

_ENDED: Final[set[asyncio.Task[int]]] = set()
"""Waits for processes that were killed: who is cancelled twice holds them no longer, and the loop
holds them weakly."""


async def apart(job: Lint | Verification) -> "Report":
    """The report of the job. Raises UsageError as the job does, and Cf525Error where it took more
    memory than there is for it. Who is cancelled ends it."""
    from cf525.model import Report

    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    kept[child.PATH_VARIABLE] = child.import_path()
    process = await asyncio.create_subprocess_exec(
        *child.words("cf525.jobs.apart"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=kept,
        limit=MOST_ANSWER,
    )
    try:
        out, _ = await process.communicate(pickle.dumps(job))
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            waiting = asyncio.ensure_future(process.wait())
            _ENDED.add(waiting)
            waiting.add_done_callback(_ENDED.discard)
            await asyncio.shield(waiting)
    answer = _answer(out)
    if "report" in answer:
        return from_plain(Report, answer["report"])
    if "usage" in answer:
        message, hint = answer["usage"]
        raise UsageError(str(message), hint=str(hint))
    raise Cf525Error(
        "what was handed over is too much to judge: it takes more memory than there is for it "
        f"({MOST_MEMORY >> 20} MB)",
        hint="hand over the part that concerns the host, or use the command line",
    )


def _answer(out: bytes) -> dict[str, Any]:
    try:
        found = decode(out) if out else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _bounded(seconds: float) -> None:
    """It ends by itself too, where nobody is left to end it; a thread without memory ends all."""
    threading.excepthook = lambda _: os._exit(1)
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 2, int(seconds) + 3))
        signal.setitimer(signal.ITIMER_REAL, seconds + 2)


def _written(job: Any) -> bytes:
    import json

    async def judged() -> bytes:
        try:
            report = await (verify(job) if isinstance(job, Verification) else lint(job))
            return b'{"report":' + to_json(report).encode() + b"}"
        except MemoryError:
            os._exit(1)  # an orderly end may want a thread, for which there is no memory

    try:
        return asyncio.run(judged())
    except Cf525Error as error:
        return json.dumps({"usage": [error.message, error.hint]}).encode()


def main() -> None:
    """The other end: one job in, one answer out."""
    job = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the process that started this one
    _bounded(job.timeout)
    sys.stdout.buffer.write(_written(job))


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        sys.exit(1)
