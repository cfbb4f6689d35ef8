"""Fetches the small files certificates point to (AIA, CRL), over http, from public addresses only.

The address comes from a server nobody trusts, so it must not become a way into this machine's
network: a name is resolved once and the connection goes to the checked address, every redirect is
checked again, no proxy is asked, and size and time are bounded. What is fetched proves itself
elsewhere, by its signature.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from cf525.edge.ranges import is_public
from cf525.net import cache
from cf525.net.dns import Resolver
from cf525.values import dataclass
from cf525.version import __version__

if TYPE_CHECKING:
    import httpx

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All addresses of a host name; empty when it has none or cannot be resolved."""

_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_MAX_URL: Final = 2048
_WEEK: Final = 7 * 86_400.0


class FetchRefused(Exception):
    """Nothing was fetched; ``reason`` is a stable code (``scheme``, ``address`` ...)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of one fetch: bytes of the body, seconds in total, redirects, seconds in the cache."""

    size: int
    seconds: float
    redirects: int
    max_age: float = _WEEK


CERTIFICATE: Final = Bounds(size=64 << 10, seconds=8.0, redirects=3)
CRL: Final = Bounds(size=10 << 20, seconds=10.0, redirects=1, max_age=86_400.0)


@dataclass
class Fetcher:
    """Fetches under one set of bounds and keeps what proved right in the user's cache.

    ``allowed`` are exact (address, port) pairs that need not be public: the tests' own servers.
    """

    resolve: Resolve
    bounds: Bounds = CERTIFICATE
    allowed: frozenset[tuple[str, int]] = frozenset()
    directory: Path | None = None
    refusals: dict[str, str] = field(default_factory=dict)

    async def get(self, url: str) -> bytes | None:
        """The body behind ``url``, or None; ``refusals`` then holds the reason."""
        path = self._path(url)
        kept = cache.read_young(path, time.time(), self.bounds.max_age)
        if kept is not None:
            return kept
        try:
            return await self.fetch(url)
        except FetchRefused as refusal:
            self.refusals[url] = refusal.reason
            return None

    def keep(self, url: str, content: bytes) -> None:
        """Remember a body that its signature has proved right."""
        with suppress(OSError):
            cache.replace_file(self._path(url), content)

    async def fetch(self, url: str) -> bytes:
        """As ``get``, past the cache, raising FetchRefused."""
        try:
            async with asyncio.timeout(self.bounds.seconds):
                for _ in range(self.bounds.redirects + 1):
                    found = await self._once(url)
                    if isinstance(found, bytes):
                        return found
                    url = found
        except TimeoutError:
            raise FetchRefused("timeout") from None
        raise FetchRefused("redirects")

    def _path(self, url: str) -> Path:
        name = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()
        return (self.directory or cache.cache_dir() / "fetched") / name

    async def _once(self, url: str) -> bytes | str:
        """One request: the body, or the address a redirect points to."""
        import httpx

        parts, port = _split(url)
        address = await self._address(parts.hostname or "", port)
        target = httpx.URL(
            scheme="http",
            host=address,
            port=port,
            raw_path=(parts.path or "/").encode()
            + (b"?" + parts.query.encode() if parts.query else b""),
        )
        headers = {
            "Host": parts.netloc,
            "Accept-Encoding": "identity",
            "User-Agent": f"cf525/{__version__}",
            "Connection": "close",
        }
        timeout = self.bounds.seconds  # of one read; the whole is bounded in ``fetch``
        try:
            async with (
                httpx.AsyncClient(
                    trust_env=False, follow_redirects=False, timeout=timeout
                ) as client,
                client.stream("GET", target, headers=headers) as response,
            ):
                if response.status_code in _REDIRECTS:
                    location: str = response.headers.get("location", "")
                    return _joined(url, location)
                if response.status_code != 200:
                    raise FetchRefused("status")
                return await self._body(response)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise FetchRefused("connection") from None

    async def _body(self, response: "httpx.Response") -> bytes:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise FetchRefused("encoding")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self.bounds.size:
                raise FetchRefused("too-large")
        return bytes(body)

    async def _address(self, host: str, port: int) -> str:
        """The one address to connect to, checked; the name is not resolved again."""
        try:
            addresses: Sequence[str] = (str(ip_address(host)),)
        except ValueError:
            if _is_numeric(host):
                raise FetchRefused("address") from None
            addresses = await self.resolve(host)
        if not addresses:
            raise FetchRefused("unresolved")
        for address in addresses:
            if (address, port) in self.allowed:
                continue
            if port != 80:
                raise FetchRefused("port")
            if not is_public(address):
                raise FetchRefused("address")
        return addresses[0]


def through(resolver: Resolver, bounds: Bounds = CERTIFICATE) -> Fetcher:
    """A fetcher that resolves names as the rest of the run does."""

    async def resolve(host: str) -> Sequence[str]:
        return (await resolver.lookup(host)).addresses

    return Fetcher(resolve, bounds)


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:
        raise FetchRefused("malformed") from None
    if parts.scheme.lower() != "http":
        raise FetchRefused("scheme")
    if parts.username is not None or parts.password is not None:
        raise FetchRefused("userinfo")
    if not parts.hostname or len(url) > _MAX_URL or not url.isascii() or not url.isprintable():
        raise FetchRefused("malformed")
    return parts, port


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchRefused("malformed") from None


def _is_numeric(host: str) -> bool:
    """Hosts that a libc would read as an address: 2130706433, 0x7f000001, 127.1."""
    last = host.removesuffix(".").rpartition(".")[2].lower()
    return last.isdigit() or last.startswith("0x")
