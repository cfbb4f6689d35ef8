"""Puts distance between a client and servers on loopback: a relay that delays every byte.

A new connection's first bytes wait one round trip more, as its SYN would have; after that each
direction takes half a round trip.
"""

import asyncio
import contextlib
import multiprocessing
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection


def _relay(pipe: Connection, targets: Sequence[int], seconds: float) -> None:
    async def main() -> None:
        servers = [
            await asyncio.start_server(_joiner(target, seconds), "127.0.0.1", 0, backlog=1024)
            for target in targets
        ]
        pipe.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.Event().wait()

    asyncio.run(main())


Joined = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _joiner(target: int, seconds: float) -> Joined:
    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, onward = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(
            _copy(reader, onward, seconds / 2, seconds), _copy(there, writer, seconds / 2, 0.0)
        )

    return join


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, first: float
) -> None:
    loop = asyncio.get_running_loop()
    wait = delay + first
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            loop.call_later(wait, _write, writer, data)
            await asyncio.sleep(first)
            wait, first = delay, 0.0
    loop.call_later(delay, writer.close)


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.transport.is_closing():
        writer.write(data)


@contextmanager
def far_away(targets: Sequence[int], *, milliseconds: float) -> Iterator[list[int]]:
    """Ports that lead to the targets' ports over a round trip of so long."""
    near, far = multiprocessing.Pipe()
    process = multiprocessing.Process(
        target=_relay, args=(far, targets, milliseconds / 1000), daemon=True
    )
    process.start()
    try:
        yield near.recv()
    finally:
        process.terminate()
        process.join(5)
