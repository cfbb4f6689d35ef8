"""One small world, declared once: accounts, zones, rules, names and origins.

The fake API, the fake DNS and the lab's origins are all started from the same frozen ``World``,
so that what the API says and what the wire does agree. Nothing here starts anything.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from cf525.account.rights import Right
from cf525.values import dataclass

ALL: Final = frozenset[str](Right)
"""The permissions of the lab's tokens, by the names the dashboard gives them."""

SETTINGS: Final[Mapping[str, Any]] = {
    "ssl": "full",
    "ssl_automatic_mode": "custom",
    "tls_client_auth": "off",
    "always_use_https": "off",
    "origin_max_http_version": "2",
    "origin_tls_compliance_modes": (),
    "auto_origin_tls_kex": False,
    "origin_pqe": "supported",
}
"""A new zone's settings, as far as they decide how the edge reaches an origin."""


def ident(*parts: str) -> str:
    """A stable id in Cloudflare's form: 32 hexadecimal digits."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token. ``zones`` limits it to those names; None means all of them."""

    value: str
    permissions: frozenset[str] = ALL
    zones: frozenset[str] | None = None
    status: str = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A DNS record of a zone, as the API lists it."""

    type: str
    name: str
    content: str
    proxied: bool = True
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of a ruleset or of Cloud Connector; ``parameters`` are its action's. ``ref`` is the
    mark its author gave it, ``id`` the API's, which follows from its place until it is written."""

    expression: str
    parameters: Mapping[str, Any]
    description: str = ""
    enabled: bool = True
    action: str = ""
    ref: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRule:
    """A Page Rule: a URL pattern and its settings."""

    pattern: str
    actions: Mapping[str, Any]
    priority: int = 1
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOrigin:
    """An endpoint of a pool; port 0 means the default one."""

    address: str
    port: int = 0
    host: str = ""
    enabled: bool = True
    weight: float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    name: str
    origins: tuple[PoolOrigin, ...]
    enabled: bool = True
    monitor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """What looks at the endpoints of pools; ``insecure`` takes any certificate."""

    name: str
    type: str = "https"
    insecure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """A load balancer of a hostname; its pools are named, ids are derived."""

    name: str
    pools: tuple[str, ...]
    fallback: str = ""
    proxied: bool = True
    enabled: bool = True
    rules: tuple[Mapping[str, Any], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomHostname:
    hostname: str
    origin: str = ""
    sni: str = ""
    status: str = "active"
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """A tunnel; ``ingress`` is None when its configuration lives on the connector's machine,
    ``options`` hold for all its rules."""

    name: str
    id: str
    ingress: tuple[Mapping[str, Any], ...] | None = ()
    status: str = "healthy"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account; ``dns_only`` is its switch that lets DNS give visitors the origins."""

    name: str
    dns_only: bool = False
    pools: tuple[Pool, ...] = ()
    monitors: tuple[Monitor, ...] = ()
    tunnels: tuple[Tunnel, ...] = ()
    worker_domains: Mapping[str, str] = field(default_factory=dict)  # hostname -> service

    @property
    def id(self) -> str:
        return ident("account", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A zone. Settings that are not given are a new zone's; ``aop_hosts`` maps hostnames to
    their association (None: there is none); ``empty_rulesets`` are phases whose ruleset has no
    rule, ``versions`` how often the ruleset of a phase was written. ``fixed`` settings cannot be
    edited."""

    name: str
    account: str = "lab"
    status: str = "active"
    paused: bool = False
    type: str = "full"
    plan: str = "free"
    settings: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[Record, ...] = ()
    config_rules: tuple[Rule, ...] = ()
    origin_rules: tuple[Rule, ...] = ()
    empty_rulesets: frozenset[str] = frozenset()
    versions: Mapping[str, int] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    page_rules: tuple[PageRule, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()
    cloud_connector: tuple[Rule, ...] = ()
    custom_hostnames: tuple[CustomHostname, ...] = ()
    fallback_origin: str = ""
    worker_routes: tuple[tuple[str, str | None], ...] = ()
    snippets: tuple[Rule, ...] = ()
    spectrum: tuple[Mapping[str, Any], ...] = ()
    aop_zone: bool = False
    aop_hosts: Mapping[str, bool | None] = field(default_factory=dict)
    trust_store: tuple[Mapping[str, str], ...] = ()  # certificate, status, expires_on
    traces: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)  # URL -> steps
    origin_ca: tuple[str, ...] = ()  # PEM certificates of Cloudflare's Origin CA

    @property
    def id(self) -> str:
        return ident("zone", self.account, self.name)

    def setting(self, name: str) -> Any:
        return self.settings.get(name, SETTINGS.get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What DNS says about a name. ``rcode`` overrides the answer ("SERVFAIL", "REFUSED" ...);
    a silent name is never answered; ``caa`` are CAA records in the zone file's form."""

    addresses: tuple[str, ...] = ()
    caa: tuple[str, ...] = ()
    cname: str = ""
    rcode: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """An origin to start, of a ``kind`` that ``cf525.lab.origins`` knows, with its options."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """What visitors of a host met lately: requests by the status they got. ``first_seen`` is the
    minute of the first failing one."""

    host: str
    zone: str
    statuses: Mapping[int, int]
    places: tuple[str, ...] = ("FRA", "AMS")
    first_seen: str = "2026-01-02T03:04:00Z"
    origins: tuple[str, ...] = ("203.0.113.10",)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeAnswer:
    """What the edge answers a visitor of one host.

    ``form`` of the body: json (where it was asked for), html, custom, text or hostile; ``code``
    a 1xxx code inside. ``clock`` is how far the edge's Date is off this machine's, and ``delay``
    how long an answer takes, in seconds; ``http`` is what plain HTTP gets, if anything else. An
    edge that ``refuses_handshake`` has no certificate for the name; an ``intercepted`` one is
    somebody else's box.
    """

    status: int = 200
    form: str = "json"
    code: str = ""
    error_type: str = ""
    cache: str = ""
    colo: str = "FRA"
    clock: float = 0.0
    ray: bool = True
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    http: "EdgeAnswer | None" = None
    refuses_handshake: bool = False
    intercepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything there is. ``edge`` are the addresses DNS gives for proxied names;
    ``edge_answers`` what visitors get there, by host; without any the edge is out of reach;
    ``refused_fields`` those of the analytics that the plan does not have; ``answers`` the results
    of endpoints that few worlds need, by path. An edge that ``edge_fetches`` asks the origins for
    what no answer is declared for. An ``untimed`` API takes no rule that asks for the time."""

    accounts: tuple[Account, ...] = (Account(name="lab"),)
    tokens: tuple[Token, ...] = (Token(value="demo"),)
    zones: tuple[Zone, ...] = ()
    names: Mapping[str, Name] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    edge: tuple[str, ...] = ("104.16.0.25", "2606:4700::6810:19")
    edge_answers: Mapping[str, EdgeAnswer] = field(default_factory=dict)
    visits: tuple[Visits, ...] = ()
    refused_fields: frozenset[str] = frozenset()
    answers: Mapping[str, Any] = field(default_factory=dict)
    edge_fetches: bool = False
    untimed: bool = False

    def account(self, name: str) -> Account:
        return next(account for account in self.accounts if account.name == name)
