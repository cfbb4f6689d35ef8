"""Writes to Cloudflare's API, each sent once, and reads that come from there and not from memory.

A write is never repeated here: whoever asked looks what came of it. What an answer leaves open is
kept apart from a refusal, because after a refusal nothing was written.
"""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from cf525.account.budget import retry_after
from cf525.account.client import API_BASE, MAX_PAGES, NOT_JSON, json_of
from cf525.account.credentials import Credentials
from cf525.account.patience import Patience
from cf525.account.refusals import refusal
from cf525.errors import ApiError, NotFound
from cf525.model.decoding import weight
from cf525.values import dataclass

if TYPE_CHECKING:
    import httpx
    from cloudflare import AsyncCloudflare

MAX_BYTES: Final = 8 * 1024 * 1024
MOST_HELD: Final = 64 * 1024 * 1024
NO_SUCH_PATH: Final = frozenset({7000, 7003})
"""Codes under HTTP 404 for a path, or an identifier in it, that the API cannot follow."""

MOST_WAITED: Final = 20.0
"""Seconds a Retry-After is obeyed before a read; longer ones are told and not waited out."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A write that was confirmed, with the ``result`` of its answer; or a read. ``pages`` is how
    many the list has of which this is one, ``weight`` about its bytes in memory."""

    status: int
    result: Any
    pages: int = 1
    weight: int = 0


class UnclearError(Exception):
    """Nobody can say from the answer, or its absence, whether a write was made."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


class _PassingError(Exception):
    def __init__(self, error: ApiError, wait: float | None) -> None:
        super().__init__(error.message)
        self.error, self.wait = error, wait


class Writer:
    """Use as ``async with Writer(credentials) as writer``. ``timeout`` is of one request, in
    seconds; ``backoff`` before a read is repeated, of which there are ``retries`` as far as
    ``patience`` goes."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str = API_BASE,
        timeout: float = 20.0,
        retries: int = 3,
        backoff: float = 0.5,
        patience: Patience | None = None,
    ) -> None:
        self.credentials = credentials
        self.base_url = base_url
        self.calls = 0
        self._timeout = timeout
        self._retries = retries
        self._backoff = backoff
        self._patience = patience or Patience(timeout)
        self._sdk: AsyncCloudflare | None = None

    async def __aenter__(self) -> "Writer":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._sdk is not None:
            await self._sdk.close()

    async def read(self, path: str) -> Any:
        """The ``result`` of a GET, of a list all its pages; None for a 404 of the API's own. Raises
        ApiError."""
        first = await self._read(path)
        if first is not None and first.result is None:
            raise ApiError(f"the API answered {path.partition('?')[0]} without a result")
        if first is None or not isinstance(first.result, list) or first.pages < 2:
            return None if first is None else first.result
        rows = list(first.result)
        joint = "&" if "?" in path else "?"
        held = first.weight
        for page in range(2, first.pages + 1):
            more = await self._read(f"{path}{joint}page={page}")
            held += 0 if more is None else more.weight
            if page > MAX_PAGES or held > MOST_HELD:
                raise ApiError(f"the list {path.partition('?')[0]} is longer than can be held")
            rows += more.result if more is not None and isinstance(more.result, list) else []
        return rows

    async def _read(self, path: str) -> Answered | None:
        for attempt in range(self._retries + 1):
            try:
                return await self._ask("GET", path, None)
            except NotFound:
                return None
            except _PassingError as passing:
                wait = passing.wait or self._backoff * 2**attempt
                if attempt == self._retries or wait > min(MOST_WAITED, self._patience.left()):
                    raise passing.error from None
                await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def write(self, method: str, path: str, body: Any, *, dry: bool = False) -> Answered:
        """One write, sent once. Raises ApiError where it was refused, UnclearError where the answer
        does not tell."""
        try:
            return await self._ask(method, f"{path}?dry_run=true" if dry else path, body)
        except _PassingError as passing:
            if passing.error.status == 429:
                raise _to_wait(passing) from None
            raise UnclearError(passing.error) from None
        finally:
            self._patience.anew()

    async def _ask(self, method: str, path: str, body: Any) -> Answered:
        from cf525.account import transport

        self.calls += 1
        bare, _, query = path.partition("?")
        options: Any = {"params": dict(parse_qsl(query))} if query else {}
        patience = self._patience.left() if method == "GET" else self._timeout
        try:
            async with asyncio.timeout(min(self._timeout, patience)):
                response = await self._send(method, f"/{bare}", body, options)
        except transport.APIStatusError as error:
            raise self._refused(error.response, method, path) from None
        except (transport.APITimeoutError, TimeoutError):
            raise _PassingError(self._silent("did not answer in time"), None) from None
        except transport.APIConnectionError:
            raise _PassingError(self._silent("broke the connection off"), None) from None
        return self._answered(response, path)

    async def _send(self, method: str, path: str, body: Any, options: Any) -> "httpx.Response":
        from cf525.account import transport

        if self._sdk is None:
            self._sdk = transport.open_sdk(
                self.credentials, self.base_url, timeout=self._timeout, max_bytes=MAX_BYTES
            )
        sdk, kind = self._sdk, transport.Response
        match method:
            case "GET":
                return await sdk.get(path, cast_to=kind, options=options)
            case "POST":
                return await sdk.post(path, cast_to=kind, body=body, options=options)
            case "PATCH":
                return await sdk.patch(path, cast_to=kind, body=body, options=options)
            case "PUT":
                return await sdk.put(path, cast_to=kind, body=body, options=options)
            case _:
                return await sdk.delete(path, cast_to=kind, body=body, options=options)

    def _silent(self, what: str) -> ApiError:
        return ApiError(
            f"Cloudflare's API at {self.base_url} {what}",
            hint="check the network, HTTPS_PROXY and --api-base",
        )

    def _refused(self, response: "httpx.Response", method: str, path: str) -> Exception:
        body = json_of(response)
        plain = None if body is NOT_JSON else body
        doing = "read" if method == "GET" else "write"
        where, wait = path.partition("?")[0], retry_after(response.headers.get("Retry-After"))
        error = refusal(response.status_code, plain, where, "", doing=doing, wait=wait)
        passing = response.status_code == 429 or response.status_code >= 500
        if passing or plain is None or response.status_code < 400:
            return _PassingError(error, wait)
        if isinstance(error, NotFound) and not proves_absence(plain, error.codes):
            return ApiError(error.message, status=404, codes=error.codes)
        return error

    def _answered(self, response: "httpx.Response", path: str) -> Answered:
        if response.status_code == 204:
            return Answered(204, None)
        body = json_of(response)
        if not isinstance(body, Mapping) or not isinstance(body.get("success"), bool):
            raise _PassingError(
                ApiError(
                    f"something that is not Cloudflare's API answered {path.partition('?')[0]}",
                    hint="a captive portal or a proxy may stand between; check --api-base",
                ),
                None,
            )
        if not body["success"]:
            raise _PassingError(refusal(response.status_code, body, path, ""), None)
        info = body.get("result_info")
        pages = info.get("total_pages") if isinstance(info, Mapping) else 1
        pages = pages if isinstance(pages, int) else 1
        held = weight(response.content)
        return Answered(response.status_code, body.get("result"), pages, held)


def proves_absence(body: Any, codes: tuple[int, ...]) -> bool:
    """Whether a 404 is the API's word that there is no such thing: in its envelope, with a code,
    and not about the path itself."""
    envelope = isinstance(body, Mapping) and body.get("success") is False
    return envelope and bool(codes) and not NO_SUCH_PATH.intersection(codes)


def _to_wait(passing: _PassingError) -> ApiError:
    wait = f"; it asks to wait {passing.wait:.0f} s" if passing.wait else ""
    return ApiError(
        f"{passing.error.message}{wait}",
        hint=passing.error.hint,
        status=429,
        codes=passing.error.codes,
    )
