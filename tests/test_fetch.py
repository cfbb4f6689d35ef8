"""The fetcher against a server that does everything to mislead it."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cf525.edge.ranges import is_public
from cf525.net.fetch import CERTIFICATE, Bounds, Fetcher, FetchRefused

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
SMALL = Bounds(size=1000, seconds=10.0, redirects=3)
QUICK = replace(SMALL, seconds=0.4)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fixed(response: bytes) -> Handler:
    async def handle(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(response)

    return handle


@dataclass
class Names:
    """A resolver with one fixed answer after the other for every name."""

    answers: Sequence[Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@dataclass
class Run:
    """What one fetch from the hostile server gave."""

    body: bytes | None
    reason: str
    requests: list[bytes]


def fetch_from(
    handle: Handler,
    tmp_path: Path,
    *,
    url: str = "http://ca.example:{port}/x.crt",
    answers: Sequence[Sequence[str]] = (("127.0.0.1",),),
    bounds: Bounds = SMALL,
    allow: bool = True,
) -> Run:
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            requests.append(request)
            await handle(request, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def go() -> Run:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        fetcher = Fetcher(
            Names(answers),
            bounds=bounds,
            allowed=frozenset({("127.0.0.1", port)}) if allow else frozenset(),
            directory=tmp_path / "cache",
        )
        full = url.replace("{port}", str(port))
        try:
            body = await fetcher.get(full)
        finally:
            server.close()
        return Run(body, fetcher.refusals.get(full, ""), requests)

    return asyncio.run(go())


def test_a_small_body_is_fetched_with_the_name_as_host(tmp_path: Path) -> None:
    run = fetch_from(fixed(answer(b"body")), tmp_path)
    assert run.body == b"body"
    assert b"GET /x.crt HTTP/1.1\r\n" in run.requests[0]
    assert b"host: ca.example:" in run.requests[0].lower()
    assert b"accept-encoding: identity" in run.requests[0].lower()


def test_a_query_and_an_empty_path_are_kept(tmp_path: Path) -> None:
    run = fetch_from(fixed(answer(b"x")), tmp_path, url="http://ca.example:{port}?id=1")
    assert b"GET /?id=1 HTTP/1.1" in run.requests[0]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (answer(b"x" * 1001), "too-large"),
        (answer(b"", status="404 Not Found"), "status"),
        (answer(b"x", "Content-Encoding: gzip"), "encoding"),
        (b"SSH-2.0-OpenSSH\r\n", "connection"),
        (b"", "connection"),
        (answer(b"short").replace(b"Length: 5", b"Length: 50"), "connection"),
        (answer(b"", "Location: https://ca.example/", status="302 Found"), "scheme"),
        (answer(b"", "Location: http://10.0.0.1/", status="302 Found"), "address"),
        (answer(b"", "Location: http://127.0.0.1/", status="301 M"), "address"),
        (answer(b"", "Location: http://[::1]/", status="307 T"), "address"),
        (answer(b"", "Location: http://169.254.169.254/latest/", status="308 P"), "address"),
        (answer(b"", "Location: http://a@ca.example/", status="302 F"), "userinfo"),
        (answer(b"", "Location: http://[oops/", status="302 F"), "malformed"),
        (answer(b"", "Location: /x.crt", status="302 F"), "redirects"),
        (answer(b"", status="302 F"), "redirects"),
    ],
)
def test_bad_answers_are_refused(response: bytes, reason: str, tmp_path: Path) -> None:
    run = fetch_from(fixed(response), tmp_path)
    assert (run.body, run.reason) == (None, reason)
    assert len(run.requests) <= SMALL.redirects + 1


def test_a_redirect_to_an_allowed_place_is_followed(tmp_path: Path) -> None:
    async def handle(request: bytes, writer: asyncio.StreamWriter) -> None:
        moved = answer(b"", "Location: /there", status="302 Found")
        writer.write(answer(b"found") if b"GET /there" in request else moved)

    run = fetch_from(handle, tmp_path)
    assert run.body == b"found"
    assert len(run.requests) == 2


def test_the_test_switch_does_not_leak_over_a_redirect(tmp_path: Path) -> None:
    moved = answer(b"", "Location: http://127.0.0.1:1/", status="302 Found")
    assert fetch_from(fixed(moved), tmp_path).reason == "port"


@pytest.mark.parametrize("in_headers", [True, False])
def test_a_dripping_server_is_cut_off(in_headers: bool, tmp_path: Path) -> None:
    async def drip(_request: bytes, writer: asyncio.StreamWriter) -> None:
        if not in_headers:
            writer.write(answer(b"").replace(b"Length: 0", b"Length: 500"))
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:  # a patience that began anew with every octet would never end
            writer.write(b"y")
            await writer.drain()
            await asyncio.sleep(0.05)

    run = fetch_from(drip, tmp_path, bounds=QUICK)
    assert (run.body, run.reason) == (None, "timeout")


def test_an_endless_chunked_body_is_cut_off(tmp_path: Path) -> None:
    async def flood(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(50):
            writer.write(b"400\r\n" + b"z" * 1024 + b"\r\n")
            await writer.drain()

    assert fetch_from(flood, tmp_path).reason == "too-large"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (((),), "unresolved"),
        ((("10.1.2.3",),), "port"),
        ((("127.0.0.1", "10.1.2.3"),), "port"),
        ((("not an address",),), "port"),
    ],
)
def test_every_address_of_a_name_must_be_good(
    answers: Sequence[Sequence[str]], reason: str, tmp_path: Path
) -> None:
    run = fetch_from(fixed(answer(b"x")), tmp_path, answers=answers)
    assert run.reason == reason
    assert run.requests == []


def refused(url: str, *addresses: str) -> str:
    names = Names([addresses])
    with pytest.raises(FetchRefused) as caught:
        asyncio.run(Fetcher(names, bounds=SMALL).fetch(url))
    return caught.value.reason


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
    ],
)
def test_no_address_of_a_private_network_is_contacted(address: str) -> None:
    assert not is_public(address)
    assert refused("http://ca.example/", address) == "address"
    assert refused("http://ca.example/", "8.8.8.8", address) == "address"


def test_public_addresses_are_public() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2606:4700::1111")
    assert not is_public("nonsense")


def test_a_name_that_is_rebound_is_not_resolved_again(tmp_path: Path) -> None:
    names = Names([["127.0.0.1"], ["10.0.0.1"]])
    run = fetch_from(fixed(answer(b"x")), tmp_path, answers=names.answers)
    assert run.body == b"x"
    moved = fixed(answer(b"", "Location: /again", status="302 F"))
    assert fetch_from(moved, tmp_path / "b", answers=names.answers).reason == "port"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://ca.example/", "scheme"),
        ("ldap://ca.example/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("", "scheme"),
        ("http://user:pass@ca.example/", "userinfo"),
        ("http://:80/", "malformed"),
        ("http://ca.example:99999/", "malformed"),
        ("http://ca.example/\r\nX: y", "malformed"),
        ("http://ca.example/é", "malformed"),
        ("http://ca.example/" + "a" * 3000, "malformed"),
        ("http://ca.example:8080/", "port"),
        ("http://2130706433/", "address"),
        ("http://0x7f000001/", "address"),
        ("http://127.1/", "address"),
        ("http://0177.0.0.1/", "address"),
        ("http://127.0.0.1./", "address"),
        ("http://[::ffff:127.0.0.1]/", "address"),
    ],
)
def test_bad_addresses_are_refused_before_anything_is_sent(url: str, reason: str) -> None:
    assert refused(url, "8.8.8.8") == reason


def test_no_proxy_of_the_environment_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch_from(fixed(answer(b"direct")), tmp_path).body == b"direct"


def test_only_what_is_kept_is_answered_from_the_cache(tmp_path: Path) -> None:
    names = Names([["10.0.0.1"]])
    fetcher = Fetcher(names, bounds=CERTIFICATE, directory=tmp_path)
    url = "http://ca.example/x"
    assert asyncio.run(fetcher.get(url)) is None
    fetcher.keep(url, b"proved")
    assert asyncio.run(fetcher.get(url)) == b"proved"
    (path,) = tmp_path.iterdir()
    old = time.time() - 8 * 86_400
    os.utime(path, (old, old))
    assert asyncio.run(fetcher.get(url)) is None
    assert fetcher.refusals == {url: "address"}


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    fetcher = Fetcher(Names([[]]), directory=blocked / "below")
    fetcher.keep("http://ca.example/", b"x")
    assert asyncio.run(fetcher.get("http://ca.example/")) is None
