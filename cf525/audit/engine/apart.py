"""A cluster's client in a process of its own, without tokens: the parent's side.

Dask's protocol lets every peer run code in whoever speaks it. So the process that holds the token
and writes the checkpoint does not: it starts ``cf525.audit.engine.client``, which is given no
credentials, and takes lines of JSON from it, each checked like a line of a file. Against a program
that goes to look for what its user has (``/proc``, files) only another user protects.
"""

import asyncio
import json
import os
from array import array
from bisect import bisect_left
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

from cf525 import child
from cf525.audit.checkpoint import Checkpoint
from cf525.audit.crew import KEPT_VARIABLES
from cf525.audit.engine import task
from cf525.audit.folder import Plan, name_of
from cf525.audit.looking import EyesLost
from cf525.audit.observer import Observer
from cf525.errors import UsageError
from cf525.model.decoding import decode
from cf525.net import cache
from cf525.report.plain import from_plain

OF_DASK: Final = "DASK_"
"""How Dask's own variables begin: where its certificates are, and how it is tuned."""
MOST_LINE: Final = 16 << 20
"""Bytes of one host's line, its whole report in it."""
ENDED: Final = "the process that speaks with the Dask scheduler ended"
_CONTINUE: Final = "continue with --resume"


class Apart:
    """Looks through a scheduler at ``address`` (``tcp://HOST:PORT``), from ``places`` if any."""

    def __init__(self, address: str, places: tuple[str, ...] = ()) -> None:
        self.connections = 0
        self.places = places
        self.address = address

    async def run(self, plan: Plan, checkpoint: Checkpoint, observer: Observer) -> None:
        """Raises EyesLost where the cluster is gone, UsageError where it does not fit."""
        process = await asyncio.create_subprocess_exec(
            *child.words("cf525.audit.engine.client"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(),
            limit=MOST_LINE,
            start_new_session=True,  # a Ctrl-C is the parent's to heed
        )
        try:
            await asyncio.gather(
                self._ask(process, plan, checkpoint),
                self._hear(process, plan, checkpoint, observer),
            )
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _ask(
        self, process: asyncio.subprocess.Process, plan: Plan, checkpoint: Checkpoint
    ) -> None:
        assert process.stdin is not None
        done = tuple(checkpoint.progress.rows)
        asked = {
            "address": self.address,
            "places": self.places,
            "folder": str(plan.folder),
            "numbers": plan.numbers,
            "redirected": plan.redirected,
            "done": len(done),
        }
        with suppress(ConnectionError):  # it ended, which the other pipe tells
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            for name in done:
                process.stdin.write(name.encode() + b"\n")
                await process.stdin.drain()
            process.stdin.close()

    async def _hear(
        self,
        process: asyncio.subprocess.Process,
        plan: Plan,
        checkpoint: Checkpoint,
        observer: Observer,
    ) -> None:
        assert process.stdout is not None
        meant, rows = _Asked(plan), checkpoint.progress.rows
        try:
            while (line := await process.stdout.readline()).endswith(b"\n"):
                if line.startswith(b"host "):
                    looked = task.looked(line.removeprefix(b"host "))
                    if looked.row.host not in meant or looked.row.host in rows:
                        raise task.NotOursError("a result of another host")
                    checkpoint.host(looked.row, looked.line)
                    observer.host_done(looked.row, looked.line)
                else:
                    self._end(decode(line.removeprefix(b"end ")))
                    return
        except (task.NotOursError, ValueError, TypeError, AttributeError, KeyError):
            raise EyesLost("what came from the cluster is no result", hint=_CONTINUE) from None
        raise EyesLost(ENDED, hint=_CONTINUE)

    def _end(self, told: Any) -> None:
        self.connections = from_plain(int, told["connections"])
        message, hint = from_plain(str, told["message"]), from_plain(str, told["hint"])
        if told["kind"] == "usage":
            raise UsageError(message, hint=hint)
        if told["kind"] != "done":
            raise EyesLost(message, hint=hint)


class _Asked:
    """Which hosts a plan asks about, in eight bytes a host; of others no result is taken."""

    def __init__(self, plan: Plan) -> None:
        names = (name_of(line) for number in plan.numbers for line in plan.lines(number))
        self._sorted = array("Q", sorted(map(_short, names)))

    def __contains__(self, name: str) -> bool:
        short = _short(name)
        at = bisect_left(self._sorted, short)
        return at < len(self._sorted) and self._sorted[at] == short


def _short(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8])


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith(OF_DASK)}
    kept[child.PATH_VARIABLE] = child.import_path()
    kept[cache.DIRECTORY_VARIABLE] = str(cache.cache_dir())
    return kept
