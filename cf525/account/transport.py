"""The official SDK, opened so that none of its traps can bite.

Only the SDK's transport, authentication and errors are used. Importing this module imports
``cloudflare`` and ``httpx``; callers do so inside functions. Retries and paging are not its
business.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import httpx
from cloudflare import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncCloudflare,
    DefaultAsyncHttpxClient,
)
from httpx import Response

from cf525.account.credentials import Credentials
from cf525.model.parsing import is_loopback_host
from cf525.version import __version__

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncCloudflare",
    "Oversized",
    "Response",
    "Undecodable",
    "open_sdk",
]

_OTHER_CREDENTIALS: Final = ("X-Auth-Email", "X-Auth-Key", "X-Auth-User-Service-Key")
_GZIP: Final = 16 + zlib.MAX_WBITS


class Oversized(Exception):
    """An answer grew past the bound."""


class Undecodable(Exception):
    """An answer came in a content coding that was not asked for, or damaged."""


class _Bounded(httpx.AsyncByteStream):
    """A response body that may not exceed ``limit`` bytes, compressed or not. Of large ones only
    one is read at a time, so that not all of them stand in memory at once."""

    def __init__(
        self, inner: httpx.AsyncByteStream, coding: str, limit: int, turn: asyncio.Semaphore
    ) -> None:
        self._inner = inner
        self._limit = limit
        self._turn = turn
        self._mine = False
        self._inflate = zlib.decompressobj(_GZIP) if coding == "gzip" else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._limit
        async for chunk in self._inner:
            piece = self._decode(chunk, left + 1)
            left -= len(piece)
            if left < 0:
                raise Oversized
            if not self._mine and self._limit - left > LARGE:
                await self._turn.acquire()
                self._mine = True
            yield piece
        self._done()

    async def aclose(self) -> None:
        self._done()
        await self._inner.aclose()

    def _done(self) -> None:
        if self._mine:
            self._mine = False
            self._turn.release()

    def _decode(self, chunk: bytes, most: int) -> bytes:
        if self._inflate is None:
            return chunk
        try:
            return self._inflate.decompress(chunk, most)
        except zlib.error as error:
            raise Undecodable from error


CONNECT_SECONDS = 5.0
LARGE: Final = 512 * 1024
"""Beyond so many bytes an answer waits its turn."""
MOST_OF_A_REFUSAL: Final = 256 * 1024
"""The SDK itself reads what comes with an error status, before anybody counts its values."""


def open_sdk(
    credentials: Credentials, base_url: str, *, timeout: float, max_bytes: int
) -> AsyncCloudflare:
    """A client that sends the token and nothing else, once, to ``base_url`` and nowhere else.

    The SDK reads further credentials from the environment and then leaves the token out, so the
    headers of every request are set right just before it leaves. Proxies of the environment are
    honoured, but not for this machine's own addresses.
    """
    turn = asyncio.Semaphore(1)

    async def authenticate(request: httpx.Request) -> None:
        for name in _OTHER_CREDENTIALS:
            request.headers.pop(name, None)
        request.headers["Authorization"] = f"Bearer {credentials.token}"

    async def bound(response: httpx.Response) -> None:
        coding = response.headers.pop("Content-Encoding", "identity").lower()
        if coding not in ("identity", "gzip"):
            raise Undecodable
        assert isinstance(response.stream, httpx.AsyncByteStream)
        most = max_bytes if response.status_code < 400 else min(max_bytes, MOST_OF_A_REFUSAL)
        response.stream = _Bounded(response.stream, coding, most, turn)

    http = DefaultAsyncHttpxClient(
        headers={"Accept-Encoding": "gzip"},
        http2=True,  # one connection carries a whole run
        timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
        follow_redirects=False,
        trust_env=not is_loopback_host(urlsplit(base_url).hostname or ""),
        event_hooks={"request": [authenticate], "response": [bound]},
    )
    return AsyncCloudflare(
        api_token=credentials.token,
        base_url=base_url,
        http_client=http,
        timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
        max_retries=0,
        default_headers={"User-Agent": f"cf525/{__version__}", "Accept-Encoding": "gzip"},
    )
