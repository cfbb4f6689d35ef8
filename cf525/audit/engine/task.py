"""What a cluster's worker does: looks at a few hosts of one part, and gives back their lines.

Bytes in and bytes out, compressed JSON both ways. Dask's own protocol trusts its peers all the
same, which is why ``apart`` keeps its client away from the token. A worker needs cf525 of the
client's version, and neither token nor file.
"""

import asyncio
import json
import zlib
from collections.abc import Sequence
from typing import Any, Final

from cf525.audit.looking import Looked, here
from cf525.audit.planned import Judging, PlannedHost
from cf525.model import HostRow
from cf525.model.decoding import decode
from cf525.report.plain import from_plain, to_plain
from cf525.values import dataclass
from cf525.version import __version__

HOSTS: Final = 100
"""Hosts of one task: a second of work, and a megabyte for the client before it goes into the
checkpoint."""
MOST_BYTES: Final = 1 << 30


class NotOursError(ValueError):
    """What came back is no answer of this task."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a task. ``refused`` says why nothing did."""

    lines: tuple[bytes, ...] = ()
    connections: int = 0
    refused: str = ""


def version() -> str:
    """The version that runs where this is called."""
    return __version__


def question(judging: Judging, lines: Sequence[bytes]) -> bytes:
    """A task for these hosts, each as its line in the plan."""
    head = {"tool_version": __version__, "judging": to_plain(judging)}
    return zlib.compress(json.dumps(head).encode() + b"\n" + b"".join(lines), 1)


def look_at(asked: bytes) -> bytes:
    """Carry a task out, in this process."""
    head, *lines = _unpacked(asked).splitlines()
    told = decode(head)
    if told["tool_version"] != __version__:
        return _packed({"refused": f"a worker has cf525 {__version__}"}, ())
    judging = from_plain(Judging, told["judging"])
    hosts = [from_plain(PlannedHost, decode(line)) for line in lines]
    found, connections = asyncio.run(_look(judging, hosts))
    return _packed({"connections": connections}, [each.line for each in found])


async def _look(judging: Judging, hosts: Sequence[PlannedHost]) -> tuple[list[Looked], int]:
    eyes = await here(judging)
    found = await asyncio.gather(*(eyes.look(each) for each in hosts))
    return found, eyes.connections


def answer(content: bytes) -> Answer:
    """What a worker gave back. Raises NotOursError."""
    try:
        head, *lines = _unpacked(content).splitlines(keepends=True)
        told = decode(head)
        return Answer(
            lines=tuple(lines),
            connections=from_plain(int, told.get("connections", 0)),
            refused=from_plain(str, told.get("refused", "")),
        )
    except (zlib.error, ValueError, TypeError, AttributeError) as error:
        raise NotOursError(str(error)) from None


def looked(line: bytes) -> Looked:
    """The result of one host. Raises NotOursError."""
    try:
        return Looked(from_plain(HostRow, decode(line)["row"]), line)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotOursError(str(error)) from None


def _packed(head: dict[str, Any], lines: Sequence[bytes]) -> bytes:
    return zlib.compress(json.dumps(head).encode() + b"\n" + b"".join(lines), 1)


def _unpacked(content: bytes) -> bytes:
    opened = zlib.decompressobj()
    whole = opened.decompress(content, MOST_BYTES)
    if not opened.eof:
        raise NotOursError("it is too large, or cut off")
    return whole
