"""An origin on loopback that takes each connection as it is told: by number, load or source."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from OpenSSL import SSL

from cf525.lab.ca import Issued
from tests.causes.scenarios import OK
from tests.servers.inprocess import OpenSSLPeer, openssl_context


@dataclass(frozen=True)
class Caller:
    """One connection as it begins: its number from 1, how many are open, and from where."""

    number: int
    open: int
    source: str


Choice = Callable[[Caller], int | None]
"""Which of the certificates to serve; None resets the connection once it has spoken."""


@dataclass
class Fickle:
    port: int = 0
    callers: list[Caller] = field(default_factory=list)
    open: int = 0


class _Connection(asyncio.Protocol):
    def __init__(self, state: Fickle, contexts: Sequence[SSL.Context], choose: Choice) -> None:
        self._state, self._contexts, self._choose = state, contexts, choose
        self._peer: OpenSSLPeer | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._state.open += 1
        number = len(self._state.callers) + 1
        caller = Caller(number, self._state.open, transport.get_extra_info("peername")[0])
        self._state.callers.append(caller)
        chosen = self._choose(caller)
        if chosen is not None:
            self._peer = OpenSSLPeer(self._contexts[chosen], answer=OK)

    def data_received(self, data: bytes) -> None:
        if self._peer is None:
            self._transport.abort()
        else:
            self._transport.write(self._peer.exchange(data))

    def connection_lost(self, _: Exception | None) -> None:
        self._state.open -= 1


@contextmanager
def fickle(choose: Choice, *issued: Issued) -> Iterator[Fickle]:
    """Serve until the block ends."""
    contexts = [openssl_context(each) for each in issued]
    state = Fickle()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> asyncio.Server:
        return await loop.create_server(
            lambda: _Connection(state, contexts, choose), "127.0.0.1", 0, backlog=128
        )

    async def end(server: asyncio.Server) -> None:
        server.close()

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(5)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
