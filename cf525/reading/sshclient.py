"""A script of the shell run on another host by the system's ssh, and what it printed.

What comes is as hostile as the network: read piece by piece up to a bound, within a time. The
client never outlives who asked: it is ended on a timeout, on a cancellation and beyond the bound.
"""

import asyncio
import os
import signal
from contextlib import suppress
from typing import Any, Final

from cf525.environment import for_ssh
from cf525.errors import UsageError

PATIENCE: Final = 60.0
"""Seconds for all that is fetched from a host."""
MAX_SAID: Final = 8_192
"""Bytes of what it complains of."""
_OWN: Final = "if [ $(id -u) != 0 ] && sudo -n true 2>/dev/null; then sudo -n sh -s; else sh -s; fi"
_OWN_GROUP: Final[dict[str, Any]] = {"process_group": 0} if os.name == "posix" else {}
_ENDED: Final[set[asyncio.Task[int]]] = set()
"""Waits for clients that were killed: the loop holds them weakly."""


class _TooMuch(Exception):
    pass


async def output_of(
    login: str, options: tuple[str, ...], script: bytes, most: int, until: float
) -> bytes:
    """What the script printed. Raises UsageError where the host cannot be reached, does not answer
    until a time of the loop, or sends more than ``most`` bytes."""
    try:
        process = await asyncio.create_subprocess_exec(
            *("ssh", "-T", "-o", "BatchMode=yes", *options, "--", login, _OWN),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=for_ssh(),
            **_OWN_GROUP,
        )
    except FileNotFoundError:
        raise UsageError(
            "there is no ssh on this machine", hint="install it, or copy the files"
        ) from None
    try:
        async with asyncio.timeout_at(until):
            output, said = await _talked(process, script, most)
    except TimeoutError:
        raise UsageError(f"ssh {login} did not answer within {PATIENCE:.0f} s") from None
    except _TooMuch:
        raise UsageError(
            f"ssh {login} sends more than any configuration has", hint="name the main file"
        ) from None
    finally:
        await _end(process)
    if process.returncode not in (0, 1):
        raise UsageError(
            f"ssh {login} failed: {_clean(said)}", hint="try it by hand: ssh HOST true"
        )
    return output


async def _talked(
    process: asyncio.subprocess.Process, script: bytes, most: int
) -> tuple[bytes, bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    writing = asyncio.ensure_future(_written(process.stdin, script))
    complaining = asyncio.ensure_future(_last(process.stderr))
    try:
        output = await _read(process.stdout, most)
        said = await complaining
        await process.wait()
    finally:
        writing.cancel()
        complaining.cancel()
    return output, said


async def _written(stream: asyncio.StreamWriter, script: bytes) -> None:
    with suppress(ConnectionError):
        stream.write(script)
        await stream.drain()
        stream.close()


async def _read(stream: asyncio.StreamReader, most: int) -> bytes:
    pieces: list[bytes] = []
    left = most
    while piece := await stream.read(1 << 16):
        left -= len(piece)
        if left < 0:
            raise _TooMuch
        pieces.append(piece)
    return b"".join(pieces)


async def _last(stream: asyncio.StreamReader) -> bytes:
    """The end of a stream; all before it is read and forgotten."""
    kept = b""
    while piece := await stream.read(1 << 12):
        kept = (kept + piece)[-MAX_SAID:]
    return kept


async def _end(process: asyncio.subprocess.Process) -> None:
    """No client is left behind, though who waits be cancelled again."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)  # what it started holds the streams
        else:
            process.kill()
    _closed(process)
    waiting = asyncio.ensure_future(process.wait())
    _ENDED.add(waiting)
    waiting.add_done_callback(_ENDED.discard)
    with suppress(TimeoutError):
        async with asyncio.timeout(2):
            await asyncio.shield(waiting)


def _closed(process: asyncio.subprocess.Process) -> None:
    """Lets go of the streams, which a process in a group of its own may hold: asyncio would close
    them only after the loop is gone."""
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()


def _clean(said: bytes) -> str:
    last = (said.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[-1]
    return "".join(each if each.isprintable() else "?" for each in last)[:200]
