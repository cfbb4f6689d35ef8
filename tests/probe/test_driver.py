"""The driver on real sockets: what a peer may make it keep."""

import asyncio
from collections.abc import Generator
from contextlib import suppress

import pytest

from cf525.model import Ending
from cf525.probe import driver
from cf525.probe.commands import Closed, Open, Opened, Pause, Received, Wait

FLOOD = 24 << 20


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        for _ in range(FLOOD // 65_536):
            writer.write(b"x" * 65_536)
            await writer.drain()
        writer.write_eof()
        await reader.read()
    writer.close()


def test_what_arrives_in_a_pause_is_bounded_and_comes_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: list[int] = []

    class Watched(driver._Link):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            kept.append(self._kept)

    monkeypatch.setattr(driver, "_Link", Watched)

    def script(port: int) -> Generator[object, object, tuple[int, Ending]]:
        assert isinstance((yield Open("127.0.0.1", port, 60_000)), Opened)
        yield Pause(400)
        total = 0
        while True:
            event = yield Wait(60_000)
            if isinstance(event, Closed):
                return total, event.how
            assert isinstance(event, Received)
            total += len(event.data)

    async def run() -> object:
        server = await asyncio.start_server(flood, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await driver.drive(script(port))  # type: ignore[arg-type]

    assert asyncio.run(run()) == (FLOOD, Ending.EOF)
    assert 0 < max(kept) <= driver.MOST_KEPT + (1 << 20)
