"""Whole diagnoses: a healthy host with latency injected, and a silent origin."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from benchmarks.measure import Figure, figure
from cf525.jobs.diagnose import diagnose
from cf525.lab.running import start
from cf525.lab.scenarios import WORLD
from cf525.model.parsing import ConnectTo

API = 0.100
RTT = 0.050
HEALTHY = "healthy.example.com"
ADDRESS = "203.0.113.10"


class Delay(asyncio.Protocol):
    """Passes bytes on half a round trip later, as a distant origin would receive them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._early: list[bytes] = []
        self._onward: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # The round trip of the TCP handshake, which loopback does not have.
        asyncio.get_running_loop().call_later(RTT, self._connect)

    def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(
            loop.create_connection(lambda: Back(self), "127.0.0.1", self._port)
        )

    def reached(self, onward: asyncio.Transport) -> None:
        self._onward = onward
        for data in self._early:
            onward.write(data)

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(RTT / 2, self._pass, data)

    def _pass(self, data: bytes) -> None:
        if self._onward is None:
            self._early.append(data)
        else:
            self._onward.write(data)

    def back(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(RTT / 2, self._transport.write, data)

    def connection_lost(self, _: Exception | None) -> None:
        if self._onward is not None:
            self._onward.close()


class Back(asyncio.Protocol):
    """The origin's side of a delayed connection."""

    def __init__(self, front: Delay) -> None:
        self._front = front

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._front.reached(transport)

    def data_received(self, data: bytes) -> None:
        self._front.back(data)


@contextmanager
def _timer() -> Iterator[list[float]]:
    took: list[float] = []
    began = time.perf_counter()
    yield took
    took.append(time.perf_counter() - began)


async def _distant(port: int) -> tuple[asyncio.Server, int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Delay(port), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def figures() -> Iterator[Figure]:
    yield from _healthy()
    yield from _silent()


def _healthy() -> Iterator[Figure]:
    """Budget: three API rounds, four round trips to the origin, and half a second."""
    with start(WORLD, api_latency=API) as lab:
        listening = lab.origins[f"{ADDRESS}:443"]

        async def run() -> tuple[float, int]:
            server, port = await _distant(listening.port)
            rule = ConnectTo(host=ADDRESS, port=443, to_host="127.0.0.1", to_port=port)
            options = replace(lab.options(), connect_to=(rule,))
            await diagnose(HEALTHY, options)  # imports and the trust list, once a process
            before = listening.connections
            with _timer() as took:
                report = await diagnose(HEALTHY, options)
            assert report.edge_status == "ok"
            server.close()
            return took[0], listening.connections - before

        seconds, connections = asyncio.run(run())
    place = f"API {API * 1000:.0f} ms and origin {RTT * 1000:.0f} ms away"
    yield figure(f"healthy host, {place}", seconds, "3 API rounds + 4 RTT + 0.5 s")
    yield figure("connections to a healthy address, counted there", connections)


def _silent() -> Iterator[Figure]:
    with start(WORLD) as lab, _timer() as took:
        report = asyncio.run(diagnose("silent.example.com", lab.options()))
        assert report.edge_status == "525"
    yield figure("verdict on an origin that never answers", took[0])
