"""Worlds and the routes that follow from them: every way a hostname gets its route.

One row a world: what is set in the zone, what is asked, and the one route expected, with the
reason given for the value that the row is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from cf525.lab.world import (
    Account,
    CustomHostname,
    LoadBalancer,
    Name,
    PageRule,
    Pool,
    PoolOrigin,
    Record,
    Rule,
    Tunnel,
    World,
    Zone,
)
from tests.account.labs import lab

HOST = "www.example.com"
ADDRESS = "203.0.113.7"
TUNNEL = "6ff42ae2-765d-4adf-8112-31c55c1551ef"
HERE = f'http.host eq "{HOST}"'


def a(content: str = ADDRESS, name: str = HOST, *, proxied: bool = True) -> Record:
    kind = "AAAA" if ":" in content else "A"
    return Record(type=kind, name=name, content=content, proxied=proxied)


def cname(content: str, name: str = HOST) -> Record:
    return Record(type="CNAME", name=name, content=content)


def rule(expression: str = HERE, **parameters: Any) -> Rule:
    return Rule(expression=expression, parameters=parameters, description="the rule")


def connector(host: str, provider: str = "aws_s3") -> Rule:
    return Rule(expression=HERE, parameters={"host": host}, description="bucket", action=provider)


def balancer(*origins: PoolOrigin, **changes: Any) -> dict[str, Any]:
    """A world's changes for a load balancer of the host over one pool."""
    given = {"name": HOST, "pools": ("pool",), **changes}
    pool = Pool(name="pool", origins=origins)
    return {
        "zone": {"load_balancers": (LoadBalancer(**given),)},
        "world": {"accounts": (Account(name="lab", pools=(pool,)),)},
    }


@dataclass(frozen=True, kw_only=True)
class Row:
    """``zone`` and ``world`` are changes to the usual ones; ``expect`` names values of the
    route, ``because`` part of the reason for one of them."""

    id: str
    expect: Mapping[str, Any]
    zone: Mapping[str, Any] = field(default_factory=dict)
    world: Mapping[str, Any] = field(default_factory=dict)
    target: str = HOST
    because: tuple[str, str] | None = None


MODES = [
    Row(
        id=f"mode {mode} for {target}",
        zone={"settings": {"ssl": mode}},
        target=target,
        expect={"mode": effective, "scheme": scheme, "port": port},
    )
    for mode, target, effective, scheme, port in [
        ("off", f"https://{HOST}/", "off", "http", 80),
        ("off", f"http://{HOST}/", "off", "http", 80),
        ("flexible", f"https://{HOST}/", "flexible", "http", 80),
        ("flexible", f"http://{HOST}/", "flexible", "http", 80),
        ("flexible", f"https://{HOST}:8443/", "full", "https", 8443),
        ("flexible", f"https://{HOST}:2053/", "full", "https", 2053),
        ("flexible", f"https://{HOST}:2083/", "full", "https", 2083),
        ("flexible", f"https://{HOST}:2087/", "full", "https", 2087),
        ("flexible", f"https://{HOST}:2096/", "full", "https", 2096),
        ("full", f"https://{HOST}/", "full", "https", 443),
        ("full", f"http://{HOST}/", "full", "http", 80),
        ("full", f"http://{HOST}:8080/", "full", "http", 8080),
        ("full", f"https://{HOST}:8443/", "full", "https", 8443),
        ("strict", f"https://{HOST}/", "strict", "https", 443),
        ("strict", f"http://{HOST}/", "strict", "http", 80),
        ("strict", f"https://{HOST}:2096/", "strict", "https", 2096),
        ("origin_pull", f"https://{HOST}/", "origin_pull", "https", 443),
        ("origin_pull", f"http://{HOST}/", "origin_pull", "https", 443),
        ("a-mode-to-come", f"https://{HOST}/", "a-mode-to-come", "https", 443),
    ]
]

ZONE_SSL = {"ssl": "strict"}
PAGE = {"page_rules": (PageRule(pattern=f"{HOST}/*", actions={"ssl": "full"}),)}
CONFIG = {"config_rules": (rule(ssl="flexible"),)}
S3_SITE = "bucket.s3-website.eu-central-1.amazonaws.com"

PRECEDENCE = [
    Row(id="zone alone", zone={}, expect={"mode": "strict"}, because=("mode", "zone setting")),
    Row(
        id="page rule over zone", zone=PAGE, expect={"mode": "full"}, because=("mode", "Page Rule")
    ),
    Row(
        id="configuration rule over zone",
        zone=CONFIG,
        expect={"mode": "flexible", "scheme": "http"},
        because=("mode", "Configuration Rule"),
    ),
    Row(
        id="configuration rule over page rule",
        zone={**PAGE, **CONFIG},
        expect={"mode": "flexible"},
        because=("mode", "Configuration Rule"),
    ),
    Row(
        id="the later configuration rule",
        zone={"config_rules": (rule(ssl="full"), rule(ssl="origin_pull"))},
        expect={"mode": "origin_pull"},
    ),
    Row(
        id="the page rule with the highest priority alone",
        zone={
            "page_rules": (
                PageRule(pattern=f"{HOST}/*", actions={"ssl": "full"}, priority=1),
                PageRule(pattern="*example.com/*", actions={"ssl": "off"}, priority=9),
            )
        },
        expect={"mode": "off"},
    ),
    Row(
        id="an inactive page rule",
        zone={"page_rules": (PageRule(pattern=f"{HOST}/*", actions={"ssl": "off"}, active=False),)},
        expect={"mode": "strict"},
    ),
    Row(
        id="a page rule for another path",
        zone={"page_rules": (PageRule(pattern=f"{HOST}/shop/*", actions={"ssl": "off"}),)},
        expect={"mode": "strict"},
    ),
    Row(
        id="a page rule for this path",
        zone={"page_rules": (PageRule(pattern=f"{HOST}/shop/*", actions={"ssl": "full"}),)},
        target=f"https://{HOST}/shop/cart",
        expect={"mode": "full"},
    ),
    Row(
        id="a disabled configuration rule",
        zone={"config_rules": (Rule(expression=HERE, parameters={"ssl": "off"}, enabled=False),)},
        expect={"mode": "strict"},
    ),
    Row(
        id="an s3 website makes it flexible over all",
        zone={**CONFIG, "cloud_connector": (connector(S3_SITE),)},
        world={"names": {S3_SITE: Name(addresses=("203.0.113.80",))}},
        expect={"mode": "flexible", "scheme": "http", "port": 80, "host_header": S3_SITE},
    ),
]

ORIGIN_RULES = [
    Row(
        id="host header, and the sni follows",
        zone={"origin_rules": (rule(host_header="app.example.net"),)},
        expect={"host_header": "app.example.net", "sni": "app.example.net", "address": ADDRESS},
        because=("host", "Origin Rule"),
    ),
    Row(
        id="sni alone",
        zone={"origin_rules": (rule(sni={"value": "sni.example.com"}),)},
        expect={"host_header": HOST, "sni": "sni.example.com"},
        because=("sni", "Origin Rule"),
    ),
    Row(
        id="sni beats the host header's",
        zone={"origin_rules": (rule(host_header="b.example", sni={"value": "s.example.com"}),)},
        expect={"host_header": "b.example", "sni": "s.example.com"},
    ),
    Row(
        id="sni beats an earlier rule's host header",
        zone={
            "origin_rules": (
                rule(host_header="b.example"),
                rule(sni={"value": "s.example.com"}),
            )
        },
        expect={"host_header": "b.example", "sni": "s.example.com"},
    ),
    Row(
        id="port",
        zone={"origin_rules": (rule(origin={"port": 8443}),)},
        expect={"port": 8443, "scheme": "https"},
        because=("port", "Origin Rule"),
    ),
    Row(
        id="another origin keeps host and sni",
        zone={
            "records": (a(), a("203.0.113.99", "origin.example.com", proxied=False)),
            "origin_rules": (rule(origin={"host": "origin.example.com"}),),
        },
        expect={"address": "203.0.113.99", "host_header": HOST, "sni": HOST},
        because=("address", "origin.example.com"),
    ),
    Row(
        id="later rules override property by property",
        zone={
            "origin_rules": (
                rule(host_header="first.example", origin={"port": 9000}),
                rule(host_header="second.example"),
            )
        },
        expect={"host_header": "second.example", "port": 9000},
    ),
    Row(
        id="origin rule over page rule's host header",
        zone={
            "page_rules": (
                PageRule(pattern=f"{HOST}/*", actions={"host_header_override": "page.example"}),
            ),
            "origin_rules": (rule(host_header="rule.example"),),
        },
        expect={"host_header": "rule.example", "sni": "rule.example"},
    ),
    Row(
        id="page rule's host header",
        zone={
            "page_rules": (
                PageRule(pattern=f"{HOST}/*", actions={"host_header_override": "page.example"}),
            )
        },
        expect={"host_header": "page.example", "sni": "page.example"},
        because=("host", "Page Rule"),
    ),
    Row(
        id="page rule's resolve override",
        zone={
            "records": (a(), a("203.0.113.98", "other.example.com", proxied=False)),
            "page_rules": (
                PageRule(pattern=f"{HOST}/*", actions={"resolve_override": "other.example.com"}),
            ),
        },
        expect={"address": "203.0.113.98", "sni": HOST},
        because=("address", "other.example.com"),
    ),
    Row(
        id="origin rule over page rule's resolve override",
        zone={
            "records": (
                a(),
                a("203.0.113.98", "page.example.com", proxied=False),
                a("203.0.113.97", "rule.example.com", proxied=False),
            ),
            "page_rules": (
                PageRule(pattern=f"{HOST}/*", actions={"resolve_override": "page.example.com"}),
            ),
            "origin_rules": (rule(origin={"host": "rule.example.com"}),),
        },
        expect={"address": "203.0.113.97"},
    ),
    Row(
        id="a rule for another host",
        zone={"origin_rules": (rule('http.host eq "x.example.com"', host_header="x"),)},
        expect={"host_header": HOST},
    ),
    Row(
        id="a rule by path",
        zone={
            "origin_rules": (
                rule('starts_with(http.request.uri.path, "/api")', origin={"port": 9443}),
            )
        },
        target=f"https://{HOST}/api/v1",
        expect={"port": 9443},
    ),
]

BALANCERS = [
    Row(
        id="the balancer beats the record",
        **balancer(PoolOrigin(address="203.0.113.20")),
        expect={"address": "203.0.113.20", "port": 443, "host_header": HOST},
        because=("address", "pool"),
    ),
    Row(
        id="an endpoint's port",
        **balancer(PoolOrigin(address="203.0.113.20", port=8443)),
        expect={"port": 8443},
    ),
    Row(
        id="an endpoint's host header, and the sni with it",
        **balancer(PoolOrigin(address="203.0.113.20", host="lb.example")),
        expect={"host_header": "lb.example", "sni": "lb.example"},
    ),
    Row(
        id="an endpoint by name",
        zone=balancer(PoolOrigin(address="lb-origin.example.net"))["zone"],
        world={
            **balancer(PoolOrigin(address="lb-origin.example.net"))["world"],
            "names": {"lb-origin.example.net": Name(addresses=("203.0.113.21",))},
        },
        expect={"address": "203.0.113.21"},
    ),
    Row(
        id="a disabled endpoint is none",
        **balancer(
            PoolOrigin(address="203.0.113.20", enabled=False), PoolOrigin(address="203.0.113.22")
        ),
        expect={"address": "203.0.113.22"},
    ),
    Row(
        id="a balancer that is not proxied",
        **balancer(PoolOrigin(address="203.0.113.20"), proxied=False),
        expect={"not_probeable": "not-proxied"},
    ),
    Row(
        id="a disabled balancer leaves the record",
        **balancer(PoolOrigin(address="203.0.113.20"), enabled=False),
        expect={"address": ADDRESS},
    ),
]

PROVIDER = Zone(
    name="provider.example",
    settings={"ssl": "strict"},
    records=(
        a("203.0.113.30", "fallback.provider.example"),
        a("203.0.113.31", "own.provider.example"),
    ),
    fallback_origin="fallback.provider.example",
)


def saas(hostname: CustomHostname) -> dict[str, Any]:
    provider = Zone(
        name=PROVIDER.name,
        settings=PROVIDER.settings,
        records=PROVIDER.records,
        fallback_origin=PROVIDER.fallback_origin,
        custom_hostnames=(hostname,),
    )
    return {"world": {"zones": (provider,)}, "target": "shop.customer.example"}


CUSTOM = [
    Row(
        id="a custom hostname at the fallback origin",
        **saas(CustomHostname(hostname="shop.customer.example")),
        expect={
            "address": "203.0.113.30",
            "sni": "shop.customer.example",
            "host_header": "shop.customer.example",
        },
    ),
    Row(
        id="a custom origin takes the sni",
        **saas(CustomHostname(hostname="shop.customer.example", origin="own.provider.example")),
        expect={
            "address": "203.0.113.31",
            "sni": "own.provider.example",
            "host_header": "shop.customer.example",
        },
    ),
    Row(
        id="a custom origin with an sni of its own",
        **saas(
            CustomHostname(
                hostname="shop.customer.example",
                origin="own.provider.example",
                sni="sni.provider.example",
            )
        ),
        expect={"sni": "sni.provider.example"},
    ),
    Row(
        id="a custom origin with the request's host as sni",
        **saas(
            CustomHostname(
                hostname="shop.customer.example",
                origin="own.provider.example",
                sni=":request_host_header:",
            )
        ),
        expect={"sni": "shop.customer.example"},
    ),
]

BUCKET = "bucket.s3.eu-central-1.amazonaws.com"
CONNECTORS = [
    Row(
        id=f"cloud connector to {provider}",
        zone={"cloud_connector": (connector(host, provider),)},
        world={"names": {host: Name(addresses=("203.0.113.81",))}},
        expect={"host_header": host, "sni": host, "address": "203.0.113.81", "mode": "strict"},
        because=("host", "Cloud Connector"),
    )
    for provider, host in [
        ("aws_s3", BUCKET),
        ("gcp_storage", "bucket.storage.googleapis.com"),
        ("azure_storage", "account.blob.core.windows.net"),
    ]
]

PULLS = [
    Row(
        id=f"origin pulls: global {shared}, zone {own}, host {host}",
        zone={
            "settings": {**ZONE_SSL, "tls_client_auth": shared},
            "aop_zone": own,
            "aop_hosts": {} if host == "-" else {HOST: host},
        },
        expect={"client_certificate": expected},
    )
    for shared, own, host, expected in [
        ("off", False, "-", "none"),
        ("on", False, "-", "global"),
        ("off", True, "-", "zone"),
        ("on", True, "-", "zone"),
        ("off", False, True, "host"),
        ("on", True, True, "host"),
        ("on", True, False, "none"),
        ("on", False, False, "none"),
        ("off", True, None, "zone"),
    ]
]

RECORDS = [
    Row(id="an A record", expect={"address": ADDRESS}, because=("address", "A record")),
    Row(
        id="an AAAA record",
        zone={"records": (a("2001:db8::7"),)},
        expect={"address": "2001:db8::7"},
        because=("address", "AAAA record"),
    ),
    Row(
        id="a CNAME to elsewhere",
        zone={"records": (cname("app.paas.example"),)},
        world={"names": {"app.paas.example": Name(addresses=("203.0.113.40",))}},
        expect={
            "address": "203.0.113.40",
            "sni": HOST,
            "host_header": HOST,
            "accepted_names": (HOST, "app.paas.example"),
        },
        because=("address", "app.paas.example"),
    ),
    Row(
        id="a CNAME within the zone",
        zone={"records": (cname("example.com"), a("203.0.113.41", "example.com"))},
        expect={"address": "203.0.113.41", "sni": HOST},
    ),
    Row(
        id="a wildcard record",
        zone={"records": (a("203.0.113.42", "*.example.com"),)},
        expect={"address": "203.0.113.42", "sni": HOST},
        because=("address", "*.example.com"),
    ),
    Row(
        id="the name hides the wildcard",
        zone={"records": (a("203.0.113.42", "*.example.com"), a())},
        expect={"address": ADDRESS},
    ),
    Row(
        id="DNS only",
        zone={"records": (a(proxied=False),)},
        expect={"not_probeable": "not-proxied"},
    ),
    Row(
        id="a placeholder for a Worker",
        zone={"records": (a("100::"),)},
        expect={"not_probeable": "placeholder"},
    ),
    Row(
        id="a placeholder in IPv4",
        zone={"records": (a("192.0.2.1"),)},
        expect={"not_probeable": "placeholder"},
    ),
    Row(
        id="a private address",
        zone={"records": (a("10.1.2.3"),)},
        expect={"not_probeable": "private"},
    ),
    Row(
        id="an address of Cloudflare's",
        zone={"records": (a("104.16.1.2"),)},
        expect={"not_probeable": "prohibited-address"},
    ),
    Row(
        id="an IPv6 address of Cloudflare's",
        zone={"records": (a("2606:4700::1"),)},
        expect={"not_probeable": "prohibited-address"},
    ),
    Row(
        id="a CNAME into Cloudflare",
        zone={"records": (cname("shops.example.net"),)},
        world={"names": {"shops.example.net": Name(addresses=("104.16.9.9",))}},
        expect={"not_probeable": "cloudflare-address"},
    ),
    Row(
        id="a CNAME to nothing",
        zone={"records": (cname("gone.example.net"),)},
        expect={"not_probeable": "no-address", "address": None},
    ),
    Row(
        id="a tunnel",
        zone={"records": (cname(f"{TUNNEL}.cfargotunnel.com"),)},
        world={"accounts": (Account(name="lab", tunnels=(Tunnel(name="office", id=TUNNEL),)),)},
        expect={"not_probeable": "tunnel"},
    ),
]

ZONES = [
    Row(id="paused", zone={"paused": True}, expect={"not_probeable": "not-proxied"}),
    Row(id="pending", zone={"status": "pending"}, expect={"not_probeable": "not-proxied"}),
    Row(id="moved", zone={"status": "moved"}, expect={"not_probeable": "not-proxied"}),
    Row(id="partial", zone={"type": "partial"}, expect={"address": ADDRESS}),
]

HANDSHAKES: list[tuple[str, Any, dict[str, Any]]] = [
    ("origin_max_http_version", "2", {"alpn": ("h2", "http/1.1")}),
    ("origin_max_http_version", "1", {"alpn": ("http/1.1",)}),
    ("origin_pqe", "supported", {"post_quantum": "supported"}),
    ("origin_pqe", "preferred", {"post_quantum": "preferred"}),
    ("origin_pqe", "off", {"post_quantum": "off"}),
    ("origin_tls_compliance_modes", ("pqh",), {"compliance": ("pqh",)}),
    ("origin_tls_compliance_modes", (), {"compliance": ()}),
    ("min_tls_version", "1.3", {"mode": "strict", "port": 443}),
]
SETTINGS = [
    Row(id=f"{name} {value}", zone={"settings": {**ZONE_SSL, name: value}}, expect=expect)
    for name, value, expect in HANDSHAKES
]

ROWS = [
    *MODES, *PRECEDENCE, *ORIGIN_RULES, *BALANCERS, *CUSTOM, *CONNECTORS, *PULLS, *RECORDS,
    *ZONES, *SETTINGS,
]  # fmt: skip


def test_the_table_is_as_long_as_the_ways_are_many() -> None:
    assert len(ROWS) >= 80
    assert len({row.id for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_world_has_its_route(row: Row) -> None:
    given = {"name": "example.com", "settings": ZONE_SSL, "records": (a(),), **row.zone}
    world = World(**{"zones": (Zone(**given),), **row.world})
    with lab(world) as running:
        (route,) = running.resolve(row.target).routes
    assert {name: getattr(route, name) for name in row.expect} == dict(row.expect)
    if row.because is not None:
        value, text = row.because
        assert text in route.provenance[value].detail
    for name in ("mode", "address", "port", "sni", "host", "alpn", "client_certificate"):
        assert route.provenance[name].detail
