"""Cloudflare's API over one world, as a pure function from request to reply.

As strict as the real one about paths, query keys, page sizes and credentials, so that a wrong
request fails here as it would there. Faults are switches in the state; those of the wire
(resets, slow bodies) are only named in the reply and played by ``cf525.lab.api_server``.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, Final, TypeAlias

from cf525.account.rights import Right
from cf525.lab import graphql
from cf525.lab.ca import Authority
from cf525.lab.endpoints import ENDPOINTS, Endpoint, RefusedError, Request
from cf525.lab.world import Token, World, Zone
from cf525.lab.writes import write
from cf525.values import dataclass

Query: TypeAlias = Sequence[tuple[str, str]]

BASE: Final = "/client/v4"
NO_RIGHT: Final = 10000
PERMISSIONS: Final = "https://developers.cloudflare.com/fundamentals/api/reference/permissions/"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply. ``body`` is JSON, or raw bytes; ``wire`` names what the wire does to it:
    ``reset``, ``drip``, ``huge``, ``bomb`` (small until decompressed) or ``garbled`` (in a coding
    nobody asked for); nothing when empty."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    wire: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong for requests whose path matches ``path`` (a regular expression).

    ``kind``: ``status`` (with ``status`` and ``code``), ``unsuccessful`` (200 with success
    false), ``null`` (success without a result), ``html``, ``redirect``, ``ignore-page``, or what
    the wire does (see ``Reply``). ``times`` limits it to the first so many such requests,
    ``methods`` to those (of a dry run ``DRY``). With ``after`` the request is carried out all the
    same, and only its answer lost.
    """

    path: str
    kind: str
    status: int = 500
    code: int = 1000
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None
    methods: tuple[str, ...] = ()
    after: bool = False


@dataclass(slots=True)
class State:
    """A world with its faults, and what was asked of it so far. A write puts another world in
    the place of the first, and ``changed`` is told. ``issuer`` stands for the Origin CA."""

    world: World
    faults: tuple[Fault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    hits: Counter[int] = field(default_factory=Counter)
    issuer: Authority | None = None
    changed: Callable[[World], None] | None = None
    zones: Mapping[str, Zone] = field(init=False)

    def __post_init__(self) -> None:
        self.zones = {zone.id: zone for zone in self.world.zones}


def handle(
    state: State, method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes
) -> Reply:
    """The reply to one request; ``headers`` have lower-case names."""
    state.asked[path] += 1
    dry = method != "GET" and dict(query).get("dry_run") == "true"
    fault = _fault(state, "DRY" if dry else method, path)
    if fault is not None and fault.kind != "ignore-page":
        if fault.after:
            _answered(state, method, path, query, headers, body, None)
        return _faulty(fault, state)
    return _answered(state, method, path, query, headers, body, fault)


def _answered(
    state: State,
    method: str,
    path: str,
    query: Query,
    headers: Mapping[str, str],
    body: bytes,
    fault: Fault | None,
) -> Reply:
    """The reply of an API that works; of one ``fault`` alone, that a list ignores its page."""
    try:
        token = _authenticate(state.world, headers)
        if (method, path) == ("POST", "/graphql"):
            return Reply(*graphql.answer(state.world, token, body), state.headers)
        if method == "POST" and path.endswith("/request-tracer/trace"):
            return Reply(200, _success(_trace(state, token, path, body)), state.headers)
        if method == "GET" and path in state.world.answers:
            return Reply(200, _success(state.world.answers[path]), state.headers)
        if method != "GET":
            changed = write(state, token, method, path, dict(query), headers, body)
            return Reply(200, _success(changed), state.headers)
        endpoint, parts = _find(path)
        _check_query(endpoint, query)
        if endpoint.needs and not token.permissions.intersection(endpoint.needs):
            raise RefusedError(403, 10000, "Authentication error")
        asked = dict(query)
        result = endpoint.answer(Request(state.world, token, parts, asked, state.zones))
    except RefusedError as refused:
        told = _failure(refused.code, refused.message, refused.page)
        return Reply(refused.status, told, state.headers)
    if endpoint.per_page is None:
        return Reply(200, _success(result), state.headers)
    if fault is not None:
        asked.pop("page", None)
    return Reply(200, _page(result, asked, endpoint.per_page, fault is None), state.headers)


def _trace(state: State, token: Token, path: str, body: bytes) -> Any:
    """Trace's answer as the world declares it for the URL."""
    if Right.TRACER not in token.permissions:
        raise RefusedError(403, 10000, "Authentication error")
    try:
        asked = json.loads(body)
        url = str(asked["url"])
    except (ValueError, KeyError, TypeError):
        raise RefusedError(400, 1004, "url and method are required") from None
    account = path.split("/")[2]
    for zone in state.world.zones:
        if state.world.account(zone.account).id == account and url in zone.traces:
            return {"status_code": 200, "trace": list(zone.traces[url])}
    raise RefusedError(404, 1001, "No trace for this URL")


def _fault(state: State, method: str, path: str) -> Fault | None:
    for index, fault in enumerate(state.faults):
        spent = fault.times is not None and state.hits[index] >= fault.times
        meant = not fault.methods or method in fault.methods
        if meant and re.search(fault.path, path) and not spent:
            state.hits[index] += 1
            return fault
    return None


def _faulty(fault: Fault, state: State) -> Reply:
    headers = {**state.headers, **fault.headers}
    if fault.kind == "status":
        return Reply(fault.status, _failure(fault.code, "the lab says no"), headers)
    if fault.kind == "unsuccessful":
        return Reply(200, _failure(fault.code, "the lab says no"), headers)
    if fault.kind == "null":
        return Reply(200, _success(None), headers)
    if fault.kind == "html":
        page = b"<!doctype html><title>Sign in to this network</title>"
        return Reply(200, page, {**headers, "Content-Type": "text/html"})
    if fault.kind == "redirect":
        return Reply(302, b"", {**headers, "Location": "https://login.example.net/"})
    return Reply(200, _success([]), headers, wire=fault.kind)


def _authenticate(world: World, headers: Mapping[str, str]) -> Token:
    if any(name.startswith("x-auth-") for name in headers):
        raise RefusedError(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if not scheme:
        raise RefusedError(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
    if scheme != "Bearer" or not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise RefusedError(400, 6003, "Invalid request headers")
    for token in world.tokens:
        if token.value == value and token.status == "active":
            return token
    raise RefusedError(403, 9109, "Invalid access token")


def _find(path: str) -> tuple[Endpoint, Mapping[str, str]]:
    for endpoint in ENDPOINTS:
        match = endpoint.pattern.fullmatch(path)
        if match:
            return endpoint, match.groupdict()
    raise RefusedError(
        404, 7003, "Could not route to the path, perhaps your object identifier is invalid"
    )


def _check_query(endpoint: Endpoint, query: Query) -> None:
    keys = [key for key, _ in query]
    allowed = {*endpoint.keys, *(("page", "per_page") if endpoint.per_page else ())}
    if len(set(keys)) != len(keys) or not allowed.issuperset(keys):
        raise RefusedError(400, 1004, f"Unknown or repeated query parameter in {sorted(keys)}")
    for key, value in query:
        if key in ("page", "per_page"):
            least, _, most = endpoint.per_page or (0, 0, 0)
            bounds = (1, 1_000_000) if key == "page" else (least, most)
            if not value.isdigit() or not bounds[0] <= int(value) <= bounds[1]:
                raise RefusedError(400, 1004, f"{key} must be between {bounds[0]} and {bounds[1]}")


def _page(
    rows: Sequence[Any], query: Mapping[str, str], sizes: tuple[int, int, int], info: bool
) -> dict[str, Any]:
    page, size = int(query.get("page", 1)), int(query.get("per_page", sizes[1]))
    part = rows[(page - 1) * size : page * size]
    counts = {
        "page": page,
        "per_page": size,
        "count": len(part),
        "total_count": len(rows),
        "total_pages": -(-len(rows) // size),
    }
    return {**_success(list(part)), **({"result_info": counts} if info else {})}


def _success(result: Any) -> dict[str, Any]:
    return {"success": True, "errors": [], "messages": [], "result": result}


def _failure(code: int, message: str, page: str = "") -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    page = page or (PERMISSIONS if code == NO_RIGHT else "")
    if page:
        error["documentation_url"] = page
    return {"success": False, "errors": [error], "messages": [], "result": None}
