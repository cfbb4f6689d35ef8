"""A small, patient and suspicious client of Cloudflare's API.

Reads only: one GET a question (one POST to the analytics), each asked once a run, within a rate
budget and a bound on size and time. Answers are plain dicts, because the SDK's typed unions take
unknown values for the wrong class. What an answer means is not decided here.
"""

import asyncio
import json
import math
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from hashlib import sha256
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cf525.account.budget import RATE, Budget, retry_after
from cf525.account.credentials import Credentials
from cf525.account.patience import Patience
from cf525.account.refusals import rate_limited, refusal
from cf525.errors import ApiError, NotFound
from cf525.model.decoding import decode, weight
from cf525.values import dataclass

if TYPE_CHECKING:
    import httpx
    from cloudflare import AsyncCloudflare

API_BASE: Final = "https://api.cloudflare.com/client/v4"
MAX_PAGES: Final = 200
FURTHER_PAGES: Final = 1_000
"""Pages after the first, of all lists of a run."""
ROW_BYTES: Final = 500
"""What a row weighs of which only the little that matters is kept."""

Params = Mapping[str, str | int]
Pretended: TypeAlias = Mapping[str, Callable[[Any], Any]]
_Key = tuple[str, tuple[tuple[str, str | int], ...]]


@dataclass(frozen=True, slots=True)
class Limits:
    """``timeout`` bounds one request as a whole, ``patience`` the waiting for one answer that
    the server's rate limit or its faults may cause, ``whole`` all requests together, from the first
    on; all in seconds. ``rate`` is in requests a second. ``max_bytes`` bounds one answer,
    ``max_held`` the memory of all that are kept."""

    timeout: float = 20.0
    patience: float = 30.0
    whole: float = math.inf
    concurrency: int = 10
    retries: int = 2
    backoff: float = 0.5
    rate: float = RATE
    max_bytes: int = 8 * 1024 * 1024
    max_held: int = 100 * 1024 * 1024

    @classmethod
    def within(cls, seconds: float) -> "Limits":
        """Limits for a job that may last so long: one question must not take it all, so that one
        answer which never ends leaves the others."""
        most = cls()
        return cls(
            timeout=min(most.timeout, max(seconds / 2, 1.0)),
            patience=min(most.patience, max(seconds / 2, 1.0)),
            whole=seconds,
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a list. ``complete`` is false when the server would not page through it."""

    rows: tuple[Mapping[str, Any], ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Envelope:
    result: Any
    info: Mapping[str, Any] = field(default_factory=dict)
    weight: int = 0


class Client:
    """Asks the API. Use as ``async with Client(credentials) as client``.

    ``calls`` counts the requests sent, retries included; ``given_up`` the questions that stayed
    without an answer although the fault may pass, ``gave_up_on`` the last of those faults.
    ``derived`` holds what callers made of answers below a path, and is forgotten with them.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str = API_BASE,
        limits: Limits | None = None,
    ) -> None:
        self.credentials = credentials
        self.base_url = base_url
        self.limits = limits or Limits()
        self.calls = 0
        self.given_up = 0
        self.gave_up_on: ApiError | None = None
        self.derived: dict[str, asyncio.Future[Any]] = {}
        self._held: Counter[str] = Counter()
        self._further = 0
        self._pretended: Pretended = {}
        self._budget = Budget(rate=self.limits.rate)
        self._slots = asyncio.Semaphore(self.limits.concurrency)
        self._answers: dict[_Key, _Envelope | ApiError] = {}
        self._locks: defaultdict[_Key, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._sdk: AsyncCloudflare | None = None
        self._patience = Patience(self.limits.whole)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connection; nothing is asked afterwards."""
        if self._sdk is not None:
            await self._sdk.close()

    async def get(self, path: str, params: Params | None = None, *, needs: str = "") -> Any:
        """The ``result`` of one GET; ``needs`` is the permission to name when it is refused.

        Raises CredentialsError, PermissionRefused, NotFound or another ApiError.
        """
        return (await self._once(path, params or {}, needs)).result

    async def query(self, text: str, variables: Mapping[str, Any], *, needs: str = "") -> Any:
        """The ``data`` and ``errors`` of one GraphQL query, as the server sent them.

        Raises CredentialsError, PermissionRefused or another ApiError.
        """
        body = {"query": text, "variables": dict(variables)}
        return (await self._patiently("/graphql", {}, needs, body)).result

    async def post(self, path: str, body: Mapping[str, Any], *, needs: str = "") -> Any:
        """The ``result`` of a POST that asks and changes nothing, as Trace does.

        Raises CredentialsError, PermissionRefused or another ApiError.
        """
        return (await self._patiently(path, {}, needs, body)).result

    def forget(self, prefix: str) -> None:
        """Drop what was learned below a path: a run over many zones needs each only once."""
        for key in [key for key in self._answers if key[0].startswith(prefix)]:
            del self._answers[key]
            self._locks.pop(key, None)
        for kept in (self.derived, self._held):
            for path in [path for path in kept if path.startswith(prefix)]:
                del kept[path]

    async def paged(
        self, path: str, params: Params | None = None, *, per_page: int, needs: str = ""
    ) -> Listing:
        """All rows of a paged list.

        Ends at the last page the server announces, at a short page, or at a page that begins
        with a row already seen: some lists ignore ``page`` and would go on for ever. A run reads
        a bounded number of pages in all.
        """
        rows: list[Mapping[str, Any]] = []
        async for page in self.pages(path, params, per_page=per_page, needs=needs):
            rows += page.rows
            if not page.complete:
                return Listing(tuple(rows), complete=False)
        return Listing(tuple(rows))

    async def pages(
        self,
        path: str,
        params: Params | None = None,
        *,
        per_page: int,
        needs: str = "",
        keep: bool = True,
    ) -> AsyncIterator[Listing]:
        """The same, page by page, the last of a list that was cut short marked so. Without
        ``keep`` nothing is remembered but that so many rows were given out below this path."""
        seen: set[str] = set()
        for page in range(1, MAX_PAGES + 1):
            self._further += page > 1
            if self._further > FURTHER_PAGES:
                break
            envelope = await self._once(
                path, {**(params or {}), "page": page, "per_page": per_page}, needs, keep=keep
            )
            fresh = _rows(envelope.result, path)
            if not keep:
                self._hold(path, ROW_BYTES * len(fresh))
            first = _mark(fresh[0]) if fresh else ""
            if first in seen:
                break
            seen.add(first)
            total = envelope.info.get("total_pages")
            yield Listing(tuple(fresh))
            if len(fresh) < per_page or (isinstance(total, int) and page >= total):
                return
        yield Listing((), complete=False)

    async def rows(
        self, path: str, params: Params | None = None, *, needs: str = ""
    ) -> tuple[Mapping[str, Any], ...]:
        """All rows of a list that the API gives in one piece."""
        return tuple(_rows(await self.get(path, params, needs=needs), path))

    def _hold(self, path: str, weight: int) -> None:
        """Account for what is kept. Raises ApiError when it is too much."""
        if self._held.total() + weight > self.limits.max_held:
            raise ApiError(
                "the API's answers are more than a run may hold in memory",
                hint="check --api-base and any proxy between",
            )
        self._held[path] += weight

    async def _kept(self, path: str, params: Params, needs: str) -> _Envelope | ApiError:
        try:
            found = await self._patiently(path, params, needs)
            self._hold(path, found.weight)
        except ApiError as error:
            return _bare(error)
        return found

    async def _once(self, path: str, params: Params, needs: str, *, keep: bool = True) -> _Envelope:
        key = (path, tuple(sorted(params.items())))
        answer: _Envelope | ApiError
        if keep:
            async with self._locks[key]:
                if key not in self._answers:
                    self._answers[key] = await self._kept(path, params, needs)
                answer = self._answers[key]
        else:
            answer = await self._patiently(path, params, needs)
        pretend = self._pretended.get(path)
        if pretend is not None and isinstance(answer, _Envelope):
            return _Envelope(pretend(answer.result), answer.info)
        if pretend is not None and isinstance(answer, NotFound):
            return _Envelope(pretend(None))
        if isinstance(answer, ApiError):
            raise answer
        return answer

    @contextmanager
    def pretending(self, changes: "Pretended") -> Iterator[None]:
        """Within it, what is read at each of these paths is what its function makes of it (of
        None, where there is none): the account as it would be after a change."""
        before, derived = self._pretended, self.derived
        self._pretended, self.derived = changes, {}
        try:
            yield
        finally:
            self._pretended, self.derived = before, derived

    async def _patiently(
        self, path: str, params: Params, needs: str, body: Mapping[str, Any] | None = None
    ) -> _Envelope:
        """One question with its retries, as long as its patience lasts."""
        try:
            return await self._retrying(path, params, needs, body)
        except _PassingError as passing:
            self.given_up += 1
            self.gave_up_on = passing.error
            raise passing.error from None

    async def _retrying(
        self, path: str, params: Params, needs: str, body: Mapping[str, Any] | None
    ) -> _Envelope:
        waited = 0.0
        for attempt in range(self.limits.retries + 1):
            try:
                return await self._request(path, params, needs, body)
            except _PassingError as passing:
                wait = passing.wait or self.limits.backoff * 2**attempt
                if waited + wait > self.limits.patience or wait > self._patience.left():
                    error = rate_limited(wait) if passing.wait else passing.error
                    raise _PassingError(error) from None
                if attempt == self.limits.retries or passing.last:
                    raise
                if passing.wait:
                    self._budget.close(_now(), wait)
                waited += wait
                await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def _request(
        self, path: str, params: Params, needs: str, body: Mapping[str, Any] | None
    ) -> _Envelope:
        from cf525.account import transport

        async with self._slots:
            wait = self._budget.take(_now())
            if wait > self.limits.patience or wait > self._patience.left():
                raise _PassingError(rate_limited(wait), wait)
            await asyncio.sleep(wait)
            self.calls += 1
            try:
                async with asyncio.timeout(min(self.limits.timeout, self._patience.left())):
                    response = await self._send(path, params, body)
            except transport.APIStatusError as error:
                self._budget.learn(_now(), error.response.headers.get("Ratelimit"))
                raise self._status_error(error.response, path, needs) from None
            except (transport.APITimeoutError, TimeoutError):
                late = self._unreachable("did not answer in time")
                raise _PassingError(late, last=True) from None
            except transport.APIConnectionError as error:
                raise self._connection_error(error, path) from None
        self._budget.learn(_now(), response.headers.get("Ratelimit"))
        return self._envelope(response, path, needs, analytics=body is not None)

    async def _send(
        self, path: str, params: Params, body: Mapping[str, Any] | None
    ) -> "httpx.Response":
        from cf525.account import transport

        if body is not None:
            return await self._open().post(path, cast_to=transport.Response, body=dict(body))
        return await self._open().get(
            path, cast_to=transport.Response, options={"params": dict(params)}
        )

    def _open(self) -> "AsyncCloudflare":
        from cf525.account.transport import open_sdk

        if self._sdk is None:
            self._sdk = open_sdk(
                self.credentials,
                self.base_url,
                timeout=self.limits.timeout,
                max_bytes=self.limits.max_bytes,
            )
        return self._sdk

    def _status_error(self, response: "httpx.Response", path: str, needs: str) -> Exception:
        body = json_of(response)
        wait = retry_after(response.headers.get("Retry-After"))
        plain = None if body is NOT_JSON else body
        error = refusal(response.status_code, plain, path, needs, wait=wait)
        if response.status_code == 429 or response.status_code >= 500:
            return _PassingError(error, wait)
        if body is NOT_JSON and response.status_code >= 400:
            return self._not_the_api(response, path)
        return error

    def _connection_error(self, error: Exception, path: str) -> Exception:
        from cf525.account import transport

        if isinstance(error.__cause__, transport.Oversized):
            return ApiError(
                f"the API's answer to {path} is larger than {self.limits.max_bytes} bytes",
                hint="check --api-base and any proxy between",
            )
        if isinstance(error.__cause__, transport.Undecodable):
            return ApiError(
                f"the API's answer to {path} is damaged or in a coding nobody asked for",
                hint="check --api-base and any proxy between",
            )
        return _PassingError(self._unreachable("cannot be reached"))

    def _unreachable(self, what: str) -> ApiError:
        return ApiError(
            f"Cloudflare's API at {self.base_url} {what}",
            hint="check the network, HTTPS_PROXY and --api-base",
        )

    def _not_the_api(self, response: "httpx.Response", path: str) -> ApiError:
        kind = response.headers.get("Content-Type", "no content type")[:80]
        return ApiError(
            f"something that is not Cloudflare's API answered {path}: "
            f"status {response.status_code}, {kind!r}",
            hint="a captive portal or a proxy may stand between; check --api-base",
            status=response.status_code,
        )

    def _envelope(
        self, response: "httpx.Response", path: str, needs: str, *, analytics: bool = False
    ) -> _Envelope:
        body = json_of(response)
        if analytics and isinstance(body, Mapping) and "data" in body:
            return _Envelope(body)
        if not isinstance(body, Mapping) or not isinstance(body.get("success"), bool):
            raise self._not_the_api(response, path)
        if not body["success"]:
            raise refusal(response.status_code, body, path, needs)
        info = body.get("result_info")
        return _Envelope(
            body.get("result"),
            info if isinstance(info, Mapping) else {},
            weight(response.content),
        )


class _PassingError(Exception):
    """A failure that may be gone on the next attempt; ``wait`` is what the server asked for. After
    the ``last`` one nobody asks again: it took all the time that one answer may take."""

    def __init__(self, error: ApiError, wait: float | None = None, *, last: bool = False) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait
        self.last = last


def _bare(error: ApiError) -> ApiError:
    """Without the frames in which it arose: with them it would keep the answer it complains of."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


NOT_JSON: Final = object()


def json_of(response: "httpx.Response") -> Any:
    """The body, or ``NOT_JSON``; a hostile one may be nested beyond what the parser follows."""
    if "json" not in response.headers.get("Content-Type", ""):
        return NOT_JSON
    try:
        return decode(response.content)
    except (ValueError, RecursionError):
        return NOT_JSON


def _mark(row: Mapping[str, Any]) -> str:
    """By what a row is known again; nothing where it is nested beyond reading."""
    try:
        return sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()
    except (RecursionError, ValueError):
        return ""


def _rows(result: Any, path: str) -> list[Mapping[str, Any]]:
    if result is None:
        raise nothing(path)
    if not isinstance(result, list) or not all(isinstance(row, Mapping) for row in result):
        raise ApiError(f"the API answered {path} with something that is not a list")
    return result


def nothing(path: str) -> ApiError:
    """The error for a success without a result: neither something nor the absence of it."""
    return ApiError(f"the API answered {path} with an empty result")


def _now() -> float:
    return asyncio.get_running_loop().time()
