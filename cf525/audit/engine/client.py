"""A cluster's client in a process of its own: the side that speaks with Dask.

Reads what to do from standard input (a line of JSON, then the names of the hosts that are done),
and writes a line for each result and one for how it ended. It has no token, asks no API and writes
no file; whoever controls the cluster may run code in it, which is Dask's design.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from cf525.audit.engine.dask import Dask
from cf525.audit.folder import open_plan
from cf525.audit.looking import EyesLost
from cf525.errors import UsageError
from cf525.model import HostRow

HOST: Final = b"host "
END: Final = b"end "


class _Out:
    """In the place of a checkpoint: what is done already, and a line out for each result."""

    def __init__(self, done: frozenset[str]) -> None:
        self.progress = SimpleNamespace(rows=done)

    def host(self, row: HostRow, line: bytes) -> None:
        del row
        _write(HOST + line.rstrip(b"\n") + b"\n")


class _Nobody:
    """Nobody watches here."""

    def host_done(self, row: HostRow, line: bytes) -> None:
        """The parent tells of it."""


def main() -> None:
    """Do what is asked, and say how it ended."""
    asked: Mapping[str, Any] = json.loads(sys.stdin.readline())
    done = frozenset(sys.stdin.readline().rstrip("\n") for _ in range(asked["done"]))
    dask = Dask(asked["address"], tuple(asked["places"]))
    kind, message, hint = "done", "", ""
    try:
        plan = replace(
            open_plan([Path(asked["folder"])]),
            numbers=tuple(asked["numbers"]),
            redirected=asked["redirected"],
        )
        out: Any = _Out(done)
        nobody: Any = _Nobody()
        asyncio.run(dask.run(plan, out, nobody))
    except UsageError as error:
        kind, message, hint = "usage", error.message, error.hint
    except EyesLost as error:
        kind, message, hint = "lost", error.message, error.hint
    told = {"kind": kind, "message": message, "hint": hint, "connections": dask.connections}
    _write(END + json.dumps(told).encode() + b"\n")


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
