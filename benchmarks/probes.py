"""Probes against handshakes of pyOpenSSL to the same server: CPU of one, wall time of 500."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from OpenSSL import SSL

from benchmarks.measure import Figure, cpu_seconds, figure, side_by_side
from benchmarks.server import HOST, tls_server
from cf525.edge.profile import ALPN_H1
from cf525.model import Route, Stage, Target
from cf525.probe.driver import run_probe
from cf525.probe.plan import ProbePlan, edge_plan

ONE = 100
MANY = 500


def plan(port: int, id: str = "o1") -> ProbePlan:
    route = Route(
        id="r1", mode="full", scheme="https", address="127.0.0.1", port=port, sni=HOST,
        host_header=HOST, alpn=ALPN_H1,
    )  # fmt: skip
    target = Target(scheme="https", host=HOST, port=443)
    whole = edge_plan(route, target, id=id, deadline=30_000)
    return replace(whole, request=False, stop_at=Stage.ESTABLISHED)


async def probes(port: int, count: int, at_once: int) -> None:
    gate = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        async with gate:
            seen = await run_probe(plan(port, f"o{number}"))
        assert seen.established, seen

    await asyncio.gather(*(one(number) for number in range(count)))


class OpenSSLHandshake(asyncio.Protocol):
    """A pyOpenSSL client on memory buffers, driven as the probe is."""

    def __init__(self, context: SSL.Context, done: asyncio.Future[None]) -> None:
        self._connection = SSL.Connection(context, None)
        self._connection.set_connect_state()
        self._connection.set_tlsext_host_name(HOST.encode())
        self._done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._advance()

    def data_received(self, data: bytes) -> None:
        self._connection.bio_write(data)
        self._advance()

    def _advance(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._flush()
            return
        self._flush()
        self._connection.get_peer_cert_chain(as_cryptography=True)
        self._transport.close()
        if not self._done.done():
            self._done.set_result(None)

    def _flush(self) -> None:
        with contextlib.suppress(SSL.WantReadError):
            self._transport.write(self._connection.bio_read(65536))

    def connection_lost(self, _: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError("closed"))


def openssl_context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
    return context


async def openssl_handshakes(port: int, count: int, at_once: int) -> None:
    gate = asyncio.Semaphore(at_once)
    loop = asyncio.get_running_loop()
    context = openssl_context()  # one for all: the cheaper way, and so the harder comparison

    async def one() -> None:
        async with gate:
            done: asyncio.Future[None] = loop.create_future()
            await loop.create_connection(lambda: OpenSSLHandshake(context, done), "127.0.0.1", port)
            await done

    await asyncio.gather(*(one() for _ in range(count)))


def figures() -> Iterator[Figure]:
    with tls_server() as port:

        def cpu_of_ours() -> float:
            began = cpu_seconds()
            asyncio.run(probes(port, ONE, 1))
            return cpu_seconds() - began

        def cpu_of_openssl() -> float:
            began = cpu_seconds()
            asyncio.run(openssl_handshakes(port, ONE, 1))
            return cpu_seconds() - began

        ours, openssl = side_by_side(cpu_of_ours, cpu_of_openssl, rounds=7)
        yield figure(
            "CPU of one TLS 1.3 probe against a pyOpenSSL handshake",
            ours / openssl,
            f"{ours / ONE * 1000:.2f} ms / {openssl / ONE * 1000:.2f} ms",
        )

        def wall_of_ours() -> float:
            began = time.perf_counter()
            asyncio.run(probes(port, MANY, MANY))
            return time.perf_counter() - began

        def wall_of_openssl() -> float:
            began = time.perf_counter()
            asyncio.run(openssl_handshakes(port, MANY, MANY))
            return time.perf_counter() - began

        ours, openssl = side_by_side(wall_of_ours, wall_of_openssl, rounds=5)
        yield figure(
            f"wall time of {MANY} concurrent probes against pyOpenSSL's",
            ours / openssl,
            f"{ours:.2f} s / {openssl:.2f} s",
        )
        yield figure(f"peak memory of {MANY} concurrent probes", _memory(port))


def _memory(port: int) -> float:
    """Measured in a process that does nothing else."""
    code = (
        "import asyncio\n"
        "from benchmarks.probes import MANY, probes\n"
        "from benchmarks.measure import peak_megabytes\n"
        f"asyncio.run(probes({port}, MANY, MANY))\n"
        "print(peak_megabytes())\n"
    )
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return float(result.stdout)
