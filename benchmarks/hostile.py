"""What answers without end, or none, cost: seconds beyond ``--timeout``, and memory.

Each peer is the API, the resolver or the origin of one ``cf525 diagnose`` in a process of its own.
The start of the program is measured beside it and taken off: the time of a target begins after it.
"""

import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from benchmarks.measure import Figure, figure
from cf525.lab.ca import Authority

HOST: Final = "www.example.com"
TIMEOUT: Final = 3.0
_OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_PIECE: Final = b"x" * 65_536

Peer = Callable[[socket.socket], None]


def _silent(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def _dripping(start: bytes) -> Peer:
    def peer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(start)
        while True:
            connection.sendall(b" ")
            time.sleep(0.2)

    return peer


def _flooding(start: bytes, piece: bytes = _PIECE) -> Peer:
    def peer(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return peer


def _once(answer: bytes, after: float = 0) -> Peer:
    def peer(connection: socket.socket) -> None:
        while connection.recv(65_536):
            time.sleep(after)
            connection.sendall(answer)

    return peer


def _body(content: bytes) -> bytes:
    return _OK + b"Content-Length: %d\r\n\r\n" % len(content) + content


_EMPTY: Final = b'{"success":true,"errors":[],"messages":[],"result":{"id":"a","status":"active"}}'
_WIDE: Final = json.dumps({"success": True, "result": [{}] * 2_000_000, "errors": []}).encode()
_DEEP: Final = b'{"success":true,"result":' + b"[" * 4_000_000

API: Final[dict[str, Peer]] = {
    "says nothing": _silent,
    "drips its headers": _dripping(b"HTTP/1.1 200 OK\r\nX: "),
    "drips its body": _dripping(_OK + b"Content-Length: 100000\r\n\r\n{"),
    "floods its headers": _flooding(b"HTTP/1.1 200 OK\r\nX: "),
    "floods its body": _flooding(_OK + b"Content-Length: 4000000000\r\n\r\n"),
    "sends two million objects": _once(_body(_WIDE)),
    "nests four million deep": _once(_body(_DEEP)),
    "refuses for 19 s": _once(
        b"HTTP/1.1 429 Too Many\r\nRetry-After: 19\r\nContent-Length: 0\r\n\r\n"
    ),
    "answers each question late": _once(_body(_EMPTY), after=TIMEOUT * 0.4),
    "fails each time": _once(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
}
ORIGINS: Final[dict[str, Peer]] = {
    "says nothing": _silent,
    "drips a record": _dripping(b"\x16\x03\x03\x40\x00"),
    "floods records": _flooding(b"", (b"\x16\x03\x03\x40\x00" + b"\x02\x00\xff\xff" * 4096)),
    "floods warnings": _flooding(b"", b"\x15\x03\x03\x00\x02\x01\x70" * 9_000),
    "floods text": _flooding(b"HTTP/1.1 400 Bad\r\n"),
}


@contextmanager
def _listening(peer: Peer, context: ssl.SSLContext | None = None) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:

        def one(raw: socket.socket) -> None:
            with raw, suppress(OSError, ValueError):
                talk = raw if context is None else context.wrap_socket(raw, server_side=True)
                with talk:
                    peer(talk)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@contextmanager
def _resolving(answer: Callable[[bytes], bytes]) -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            with suppress(OSError):
                while True:
                    query, who = server.recvfrom(4096)
                    told = answer(query)
                    for _ in range(50 if told else 0):
                        server.sendto(told, who)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def _peak(process: "subprocess.Popen[bytes]") -> float:
    with suppress(OSError, StopIteration, IndexError):
        status = Path(f"/proc/{process.pid}/status").read_text()
        line = next(each for each in status.splitlines() if "VmHWM" in each)
        return int(line.split()[1]) / 1024
    return 0


def _run(*arguments: str) -> tuple[float, float]:
    """Wall seconds and peak megabytes of one command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CF", "CLO"))}
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "cf525", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**kept, "HOME": home, "CLOUDFLARE_API_TOKEN": "0123456789abcdef0123456789abcdef"},
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _peak(process))
            time.sleep(0.02)
        return time.perf_counter() - began, peak


def _diagnose(*arguments: str) -> tuple[float, float]:
    quiet = ("--timeout", f"{TIMEOUT:g}", "--no-fetch", "--no-edge")
    return _run("diagnose", HOST, *quiet, *arguments)


def _cases() -> Iterator[tuple[str, tuple[float, float]]]:
    for name, peer in API.items():
        with _listening(peer) as port, _resolving(lambda _: b"") as dns:
            base = f"http://127.0.0.1:{port}/client/v4"
            yield (
                f"an API that {name}",
                _diagnose("--api-base", base, "--resolver", f"127.0.0.1:{dns}"),
            )
    told: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
        ("nothing", lambda _: b""),
        ("noise", lambda query: query[:2] + b"\xff" * 4000),
    )
    for name, answer in told:
        with _resolving(answer) as dns:
            yield f"a resolver that says {name}", _diagnose("--resolver", f"127.0.0.1:{dns}")
    for name, peer in ORIGINS.items():
        with _listening(peer) as port:
            yield f"an origin that {name}", _diagnose(*_origin(port))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = Authority("bench").issue(HOST)
    with tempfile.TemporaryDirectory() as folder:
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        chain.write_bytes(issued.chain_pem)
        key.write_bytes(issued.key_pem)
        context.load_cert_chain(chain, key)
    for name, peer in (
        ("floods its answer", _flooding(b"HTTP/1.1 200 OK\r\nX: ")),
        ("drips its answer", _dripping(b"HTTP/1.1 200 OK\r\nX: ")),
    ):
        with _listening(peer, context) as port:
            yield f"a TLS origin that {name}", _diagnose(*_origin(port))


def _origin(port: int) -> tuple[str, ...]:
    return ("--origin", f"127.0.0.1:{port}", "--mode", "full")


def figures() -> Iterator[Figure]:
    start = statistics.median(_run("--version")[0] for _ in range(5))
    found = [(name, took - TIMEOUT - start, peak) for name, (took, peak) in _cases()]
    for name, beyond, peak in found:
        print(f"     {name}: {beyond:+.1f} s, {peak:.0f} MB")
    worst = max(found, key=lambda each: each[1])
    largest = max(found, key=lambda each: each[2])
    yield figure("hostile answers: seconds beyond --timeout", worst[1], worst[0])
    yield figure("hostile answers: peak memory", largest[2], largest[0])
