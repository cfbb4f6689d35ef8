"""Cloudflare's API over one world, as a pure function from request to reply.

As strict as the real one about paths, query keys, page sizes and credentials, so that a wrong
request fails here as it would there. Faults are switches in the state; those of the wire
(resets, slow bodies) are only named in the reply and played by ``cf525.lab.api_server``.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from cf525.lab import graphql, payloads
from cf525.lab.world import Account, Token, World, Zone

Query: TypeAlias = Sequence[tuple[str, str]]
Answer: TypeAlias = Callable[["Request"], Any]

BASE: Final = "/client/v4"


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
    false), ``html``, ``redirect``, ``ignore-page``, or what the wire does (see ``Reply``).
    ``times`` limits it to the first so many such requests.
    """

    path: str
    kind: str
    status: int = 500
    code: int = 1000
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None


@dataclass(slots=True)
class State:
    """A world with its faults, and what was asked of it so far."""

    world: World
    faults: tuple[Fault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    hits: Counter[int] = field(default_factory=Counter)
    zones: Mapping[str, Zone] = field(init=False)

    def __post_init__(self) -> None:
        self.zones = {zone.id: zone for zone in self.world.zones}


@dataclass(frozen=True, slots=True)
class Request:
    """A request that passed every check, with the things its path names."""

    world: World
    token: Token
    parts: Mapping[str, str]
    query: Mapping[str, str]
    zones: Mapping[str, Zone]

    @property
    def zone(self) -> Zone:
        zone = self.zones.get(self.parts["zone"])
        if zone is not None and _visible(zone, self.token):
            return zone
        raise _RefusedError(403, 9109, "Unauthorized to access requested resource")

    @property
    def account(self) -> Account:
        for account in self.world.accounts:
            if account.id == self.parts["account"]:
                return account
        raise _RefusedError(403, 9109, "Unauthorized to access requested resource")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One GET endpoint: who may ask (any of ``needs``), with which query keys, and the range
    of ``per_page`` when the list has pages."""

    path: str
    answer: Answer
    needs: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    per_page: tuple[int, int, int] | None = None  # least, default, most

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


class _RefusedError(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def handle(
    state: State, method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes
) -> Reply:
    """The reply to one request; ``headers`` have lower-case names."""
    state.asked[path] += 1
    fault = _fault(state, path)
    if fault is not None and fault.kind != "ignore-page":
        return _faulty(fault, state)
    try:
        token = _authenticate(state.world, headers)
        if (method, path) == ("POST", "/graphql"):
            return Reply(*graphql.answer(state.world, token, body), state.headers)
        if method == "POST" and path.endswith("/request-tracer/trace"):
            return Reply(200, _success(_trace(state, token, path, body)), state.headers)
        if method == "GET" and path in state.world.answers:
            return Reply(200, _success(state.world.answers[path]), state.headers)
        endpoint, parts = _find(method, path)
        _check_query(endpoint, query)
        if endpoint.needs and not token.permissions.intersection(endpoint.needs):
            raise _RefusedError(403, 10000, "Authentication error")
        asked = dict(query)
        result = endpoint.answer(Request(state.world, token, parts, asked, state.zones))
    except _RefusedError as refused:
        return Reply(refused.status, _failure(refused.code, refused.message), state.headers)
    if endpoint.per_page is None:
        return Reply(200, _success(result), state.headers)
    if fault is not None:
        asked.pop("page", None)
    return Reply(200, _page(result, asked, endpoint.per_page, fault is None), state.headers)


def _trace(state: State, token: Token, path: str, body: bytes) -> Any:
    """Trace's answer as the world declares it for the URL."""
    if "Allow Request Tracer Read" not in token.permissions:
        raise _RefusedError(403, 10000, "Authentication error")
    try:
        asked = json.loads(body)
        url = str(asked["url"])
    except (ValueError, KeyError, TypeError):
        raise _RefusedError(400, 1004, "url and method are required") from None
    account = path.split("/")[2]
    for zone in state.world.zones:
        if state.world.account(zone.account).id == account and url in zone.traces:
            return {"status_code": 200, "trace": list(zone.traces[url])}
    raise _RefusedError(404, 1001, "No trace for this URL")


def _fault(state: State, path: str) -> Fault | None:
    for index, fault in enumerate(state.faults):
        spent = fault.times is not None and state.hits[index] >= fault.times
        if re.search(fault.path, path) and not spent:
            state.hits[index] += 1
            return fault
    return None


def _faulty(fault: Fault, state: State) -> Reply:
    headers = {**state.headers, **fault.headers}
    if fault.kind == "status":
        return Reply(fault.status, _failure(fault.code, "the lab says no"), headers)
    if fault.kind == "unsuccessful":
        return Reply(200, _failure(fault.code, "the lab says no"), headers)
    if fault.kind == "html":
        page = b"<!doctype html><title>Sign in to this network</title>"
        return Reply(200, page, {**headers, "Content-Type": "text/html"})
    if fault.kind == "redirect":
        return Reply(302, b"", {**headers, "Location": "https://login.example.net/"})
    return Reply(200, _success([]), headers, wire=fault.kind)


def _authenticate(world: World, headers: Mapping[str, str]) -> Token:
    if any(name.startswith("x-auth-") for name in headers):
        raise _RefusedError(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if not scheme:
        raise _RefusedError(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
    if scheme != "Bearer" or not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise _RefusedError(400, 6003, "Invalid request headers")
    for token in world.tokens:
        if token.value == value and token.status == "active":
            return token
    raise _RefusedError(403, 9109, "Invalid access token")


def _find(method: str, path: str) -> tuple[Endpoint, Mapping[str, str]]:
    for endpoint in ENDPOINTS:
        match = endpoint.pattern.fullmatch(path)
        if match:
            if method != "GET":
                raise _RefusedError(405, 10405, "Method not allowed for this authentication scheme")
            return endpoint, match.groupdict()
    raise _RefusedError(
        404, 7003, "Could not route to the path, perhaps your object identifier is invalid"
    )


def _check_query(endpoint: Endpoint, query: Query) -> None:
    keys = [key for key, _ in query]
    allowed = {*endpoint.keys, *(("page", "per_page") if endpoint.per_page else ())}
    if len(set(keys)) != len(keys) or not allowed.issuperset(keys):
        raise _RefusedError(400, 1004, f"Unknown or repeated query parameter in {sorted(keys)}")
    for key, value in query:
        if key in ("page", "per_page"):
            least, _, most = endpoint.per_page or (0, 0, 0)
            bounds = (1, 1_000_000) if key == "page" else (least, most)
            if not value.isdigit() or not bounds[0] <= int(value) <= bounds[1]:
                raise _RefusedError(400, 1004, f"{key} must be between {bounds[0]} and {bounds[1]}")


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


def _failure(code: int, message: str) -> dict[str, Any]:
    error = {"code": code, "message": message}
    return {"success": False, "errors": [error], "messages": [], "result": None}


def _visible(zone: Zone, token: Token) -> bool:
    return token.zones is None or zone.name in token.zones


def _zones(asked: Request) -> list[Any]:
    return [
        payloads.zone(asked.world, zone)
        for zone in asked.world.zones
        if _visible(zone, asked.token)
        and asked.query.get("name", zone.name) == zone.name
        and asked.query.get("status", zone.status) == zone.status
        and asked.query.get("account.id", asked.world.account(zone.account).id)
        == asked.world.account(zone.account).id
    ]


def _verify(asked: Request) -> Any:
    if asked.token.value.startswith("cfat_") and "account" not in asked.parts:
        raise _RefusedError(401, 1000, "Invalid API Token")
    return {"id": "0" * 32, "status": asked.token.status}


def _setting(asked: Request) -> Any:
    value = payloads.setting(asked.zone, asked.parts["setting"])
    if value is None or asked.parts["setting"] == "origin_pqe":
        raise _RefusedError(400, 1006, f"Unrecognized zone setting name {asked.parts['setting']}")
    return value


def _records(asked: Request) -> list[Any]:
    wanted = {"name": "name.exact", "type": "type"}
    return [
        payloads.record(record)
        for record in asked.zone.records
        if all(
            asked.query.get(key, getattr(record, part)).lower() == getattr(record, part).lower()
            for part, key in wanted.items()
        )
    ]


def _entrypoint(asked: Request) -> Any:
    phases = {
        "http_config_settings": ("set_config", "Config Rules Read", asked.zone.config_rules),
        "http_request_origin": ("route", "Origin Rules Read", asked.zone.origin_rules),
    }
    phase = asked.parts["phase"]
    if phase not in phases:
        raise _RefusedError(404, 10003, "could not find entrypoint ruleset")
    action, needs, rules = phases[phase]
    if needs not in asked.token.permissions:
        raise _RefusedError(403, 10000, "Authentication error")
    if not rules:
        raise _RefusedError(404, 10003, f"could not find entrypoint ruleset in the {phase} phase")
    return payloads.ruleset(asked.zone, phase, action, rules)


def _rulesets(asked: Request) -> list[Any]:
    phases = {
        "http_config_settings": asked.zone.config_rules,
        "http_request_origin": asked.zone.origin_rules,
        "http_request_snippets": asked.zone.snippets,
        "http_request_cloud_connector": asked.zone.cloud_connector,
    }
    return [payloads.ruleset(asked.zone, phase, "", ()) for phase, rules in phases.items() if rules]


def _page_rules(asked: Request) -> list[Any]:
    wanted = asked.query.get("status", "disabled")
    rules = [payloads.page_rule(rule) for rule in asked.zone.page_rules]
    return [rule for rule in rules if rule["status"] == wanted]


def _load_balancers(asked: Request) -> list[Any]:
    account = asked.world.account(asked.zone.account)
    return [payloads.load_balancer(account, one) for one in asked.zone.load_balancers]


def _custom_hostnames(asked: Request) -> list[Any]:
    wanted = asked.query.get("hostname.exact")
    return [
        payloads.custom_hostname(one)
        for one in asked.zone.custom_hostnames
        if wanted in (None, one.hostname)
    ]


def _fallback_origin(asked: Request) -> Any:
    if not asked.zone.fallback_origin:
        raise _RefusedError(404, 1551, "Resource not found")
    return payloads.fallback_origin(asked.zone)


def _worker_domains(asked: Request) -> list[Any]:
    zones = {zone.id: zone for zone in asked.world.zones}
    zone = zones[asked.query["zone_id"]] if "zone_id" in asked.query else asked.world.zones[0]
    return [
        payloads.worker_domain(zone, hostname, service)
        for hostname, service in asked.account.worker_domains.items()
        if asked.query.get("hostname", hostname) == hostname
    ]


def _tunnel_configuration(asked: Request) -> Any:
    for tunnel in asked.account.tunnels:
        if tunnel.id == asked.parts["tunnel"]:
            return payloads.tunnel_configuration(asked.account, tunnel)
    raise _RefusedError(404, 1002, "Tunnel not found")


def _tunnel(asked: Request) -> Any:
    for tunnel in asked.account.tunnels:
        if tunnel.id == asked.parts["tunnel"]:
            return payloads.tunnel(asked.account, tunnel)
    raise _RefusedError(404, 1002, "Tunnel not found")


def _origin_pull(asked: Request) -> Any:
    hostname = asked.parts["hostname"]
    if hostname not in asked.zone.aop_hosts:
        raise _RefusedError(404, 1437, "No certificate association for this hostname")
    return payloads.origin_pull(asked.zone.aop_hosts[hostname], hostname)


def _origin_certificates(asked: Request) -> list[Any]:
    zones = {zone.id: zone for zone in asked.world.zones}
    zone = zones.get(asked.query.get("zone_id", ""))
    if zone is None:
        raise _RefusedError(400, 1004, "zone_id is required")
    return [payloads.origin_certificate(pem) for pem in zone.origin_ca]


_ZONE: Final = "/zones/{zone}"
_SETTINGS: Final = ("Zone Settings Read",)
_TLS: Final = ("SSL and Certificates Read",)

ENDPOINTS: Final = (
    Endpoint("/user/tokens/verify", _verify),
    Endpoint("/accounts/{account}/tokens/verify", _verify),
    Endpoint("/zones", _zones, ("Zone Read",), ("name", "status", "account.id"), (5, 20, 50)),
    Endpoint(
        _ZONE + "/settings/ssl_automatic_mode",
        lambda asked: payloads.setting(asked.zone, "ssl_automatic_mode"),
        (*_SETTINGS, *_TLS),
    ),
    Endpoint(_ZONE + "/settings/{setting}", _setting, _SETTINGS),
    Endpoint("/certificates", _origin_certificates, _TLS, ("zone_id",)),
    Endpoint(
        _ZONE + "/cache/origin_post_quantum_encryption",
        lambda asked: payloads.setting(asked.zone, "origin_pqe"),
        _SETTINGS,
    ),
    Endpoint(
        _ZONE + "/origin_tls_client_auth/settings",
        lambda asked: {"enabled": asked.zone.aop_zone},
        _TLS,
    ),
    Endpoint(
        _ZONE + "/origin_tls_client_auth/hostnames/certificates",
        lambda asked: [payloads.client_certificate(host) for host in asked.zone.aop_hosts],
        _TLS,
    ),
    Endpoint(_ZONE + "/origin_tls_client_auth/hostnames/{hostname}", _origin_pull, _TLS),
    Endpoint(
        _ZONE + "/acm/custom_trust_store",
        lambda asked: [payloads.trust_anchor(one) for one in asked.zone.trust_store],
        _TLS,
        (),
        (1, 20, 50),
    ),
    Endpoint(
        _ZONE + "/dns_records",
        _records,
        ("DNS Read",),
        ("name.exact", "type"),
        (1, 100, 5_000_000),
    ),
    Endpoint(_ZONE + "/rulesets", _rulesets, ("Config Rules Read", "Origin Rules Read")),
    Endpoint(_ZONE + "/rulesets/phases/{phase}/entrypoint", _entrypoint),
    Endpoint(
        _ZONE + "/pagerules", _page_rules, ("Page Rules Read", *_SETTINGS, *_TLS), ("status",)
    ),
    Endpoint(_ZONE + "/load_balancers", _load_balancers, ("Load Balancers Read",)),
    Endpoint(
        _ZONE + "/cloud_connector/rules",
        lambda asked: payloads.cloud_connector(asked.zone, asked.zone.cloud_connector),
        ("Cloud Connector Read",),
    ),
    Endpoint(
        _ZONE + "/custom_hostnames", _custom_hostnames, _TLS, ("hostname.exact",), (5, 20, 50)
    ),
    Endpoint(_ZONE + "/custom_hostnames/fallback_origin", _fallback_origin, _TLS),
    Endpoint(
        _ZONE + "/workers/routes",
        lambda asked: [payloads.worker_route(*route) for route in asked.zone.worker_routes],
        ("Workers Routes Read",),
    ),
    Endpoint(
        _ZONE + "/snippets/snippet_rules",
        lambda asked: [payloads.snippet(asked.zone, rule) for rule in asked.zone.snippets],
        ("Snippets Read",),
    ),
    Endpoint(
        _ZONE + "/spectrum/apps",
        lambda asked: [payloads.spectrum_app(one) for one in asked.zone.spectrum],
        _SETTINGS,
        (),
        (1, 20, 100),
    ),
    Endpoint(
        "/accounts/{account}/load_balancers/pools",
        lambda asked: [payloads.pool(asked.account, pool) for pool in asked.account.pools],
        ("Load Balancing: Monitors and Pools Read",),
    ),
    Endpoint(
        "/accounts/{account}/workers/domains",
        _worker_domains,
        ("Workers Scripts Read",),
        ("zone_id", "hostname"),
    ),
    Endpoint("/accounts/{account}/cfd_tunnel/{tunnel}", _tunnel, ("Cloudflare Tunnel Read",)),
    Endpoint(
        "/accounts/{account}/cfd_tunnel/{tunnel}/configurations",
        _tunnel_configuration,
        ("Cloudflare Tunnel Read",),
    ),
)
