"""The lab's API is as strict as the real one, and what it serves passes the SDK's models."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cf525.lab.api import Fault, State, handle
from cf525.lab.world import (
    Account,
    CustomHostname,
    LoadBalancer,
    Monitor,
    PageRule,
    Pool,
    PoolOrigin,
    Record,
    Rule,
    Token,
    Tunnel,
    World,
    Zone,
)
from tests.account.labs import Lab, lab

TUNNEL = Tunnel(
    name="t",
    id="11111111-2222-3333-4444-555555555555",
    ingress=(
        {"hostname": "t.example.com", "service": "https://localhost:8443"},
        {"service": "http_status:404"},
    ),
)
ZONE = Zone(
    name="example.com",
    settings={"ssl": "strict"},
    records=(
        Record(type="A", name="www.example.com", content="203.0.113.7"),
        Record(
            type="AAAA", name="www.example.com", content="2001:db8::7", meta={"shadowed_by": ["0a"]}
        ),
        Record(type="CNAME", name="shop.example.com", content="shop.example.net"),
    ),
    config_rules=(Rule(expression="true", parameters={"ssl": "full"}),),
    origin_rules=(
        Rule(
            expression='http.host eq "www.example.com"',
            parameters={
                "host_header": "a.example.com",
                "sni": {"value": "b.example.com"},
                "origin": {"host": "c.example.com", "port": 8443},
            },
        ),
    ),
    page_rules=(PageRule(pattern="*example.com/*", actions={"ssl": "full"}),),
    load_balancers=(LoadBalancer(name="lb.example.com", pools=("p",)),),
    cloud_connector=(
        Rule(expression="true", parameters={"host": "b.s3.amazonaws.com"}, action="aws_s3"),
    ),
    custom_hostnames=(CustomHostname(hostname="app.example.org", origin="o.example.com"),),
    fallback_origin="fallback.example.com",
    worker_routes=(("example.com/x/*", "script"), ("example.com/y/*", None)),
    spectrum=(
        {"dns": {"type": "CNAME", "name": "ssh.example.com"}, "protocol": "tcp/22", "tls": "off"},
    ),
    snippets=(Rule(expression="true", parameters={}, action="name"),),
    aop_hosts={"www.example.com": True},
    trust_store=({"certificate": "-----BEGIN CERTIFICATE-----"},),
)
WORLD = World(
    accounts=(
        Account(
            name="lab",
            pools=(Pool(name="p", origins=(PoolOrigin(address="203.0.113.9", host="h.example"),)),),
            monitors=(Monitor(name="m", insecure=True),),
            tunnels=(TUNNEL,),
            worker_domains={"w.example.com": "script"},
        ),
    ),
    zones=(ZONE,),
)
ACCOUNT = WORLD.accounts[0].id
AUTHORIZED = {"authorization": "Bearer demo"}


def ask(path: str, *query: tuple[str, str], world: World = WORLD, method: str = "GET") -> Any:
    reply = handle(State(world), method, path, query, AUTHORIZED, b"")
    return reply.status, reply.body


Call = Callable[[Any], Awaitable[Any]]

CALLS: dict[str, Call] = {
    "token": lambda c: c.user.tokens.verify(),
    "zones": lambda c: c.zones.list(name="example.com", per_page=50),
    "http version": lambda c: c.zones.settings.get("origin_max_http_version", zone_id=ZONE.id),
    "mode": lambda c: c.zones.settings.get("ssl", zone_id=ZONE.id),
    "client auth": lambda c: c.zones.settings.get("tls_client_auth", zone_id=ZONE.id),
    "key exchange": lambda c: c.ssl.auto_origin_tls_kex.get(zone_id=ZONE.id),
    "compliance": lambda c: c.origin_tls_compliance_modes.get(zone_id=ZONE.id),
    "post-quantum": lambda c: c.origin_post_quantum_encryption.get(zone_id=ZONE.id),
    "zone pulls": lambda c: c.origin_tls_client_auth.settings.get(zone_id=ZONE.id),
    "host pulls": lambda c: c.origin_tls_client_auth.hostnames.get(
        "www.example.com", zone_id=ZONE.id
    ),
    "host certificates": lambda c: c.origin_tls_client_auth.hostname_certificates.list(
        zone_id=ZONE.id
    ),
    "snippets": lambda c: c.snippets.rules.list(zone_id=ZONE.id),
    "tunnel": lambda c: c.zero_trust.tunnels.cloudflared.get(TUNNEL.id, account_id=ACCOUNT),
    "trust store": lambda c: c.acm.custom_trust_store.list(zone_id=ZONE.id, page=1, per_page=50),
    "records": lambda c: c.dns.records.list(zone_id=ZONE.id, name={"exact": "www.example.com"}),
    "configuration rules": lambda c: c.rulesets.phases.get("http_config_settings", zone_id=ZONE.id),
    "origin rules": lambda c: c.rulesets.phases.get("http_request_origin", zone_id=ZONE.id),
    "page rules": lambda c: c.page_rules.list(zone_id=ZONE.id, status="active"),
    "load balancers": lambda c: c.load_balancers.list(zone_id=ZONE.id),
    "pools": lambda c: c.load_balancers.pools.list(account_id=ACCOUNT),
    "monitors": lambda c: c.load_balancers.monitors.list(account_id=ACCOUNT),
    "account's DNS": lambda c: c.dns.settings.account.get(account_id=ACCOUNT),
    "shadowed records": lambda c: c.dns.records.list(
        zone_id=ZONE.id, name={"exact": "www.example.com"}, include_shadow_metadata=True
    ),
    "connector": lambda c: c.cloud_connector.rules.list(zone_id=ZONE.id),
    "custom hostnames": lambda c: c.custom_hostnames.list(
        zone_id=ZONE.id, hostname={"exact": "app.example.org"}
    ),
    "fallback origin": lambda c: c.custom_hostnames.fallback_origin.get(zone_id=ZONE.id),
    "worker routes": lambda c: c.workers.routes.list(zone_id=ZONE.id),
    "worker domains": lambda c: c.workers.domains.list(account_id=ACCOUNT, zone_id=ZONE.id),
    "spectrum": lambda c: c.spectrum.apps.list(zone_id=ZONE.id, page=1, per_page=100),
}


def test_every_payload_passes_the_official_sdks_strict_validation() -> None:
    """Left out on purpose, as the SDK has no model that fits: ``ssl_automatic_mode`` (no method),
    a mode of ``origin_pull`` and a tunnel's catch-all rule without a hostname."""
    from cloudflare import AsyncCloudflare

    async def run(running: Lab) -> list[str]:
        parsed = []
        async with AsyncCloudflare(
            api_token="demo",
            base_url=running.api.base_url,
            max_retries=0,
            _strict_response_validation=True,
        ) as sdk:
            for name, call in CALLS.items():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    if await call(sdk) is not None:
                        parsed.append(name)
        return parsed

    with lab(WORLD) as running:
        assert asyncio.run(run(running)) == list(CALLS)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/zones", (), 200),
        ("/zones", (("per_page", "50"), ("page", "1")), 200),
        ("/zones", (("per_page", "51"),), 400),
        ("/zones", (("per_page", "4"),), 400),
        ("/zones", (("page", "0"),), 400),
        ("/zones", (("nmae", "example.com"),), 400),
        ("/zones", (("name", "a"), ("name", "b")), 400),
        (f"/zones/{ZONE.id}/dns_records", (("name", "www.example.com"),), 400),
        (f"/zones/{ZONE.id}/load_balancers", (("page", "1"),), 400),
        (f"/zones/{ZONE.id}/settings", (), 404),
        (f"/zones/{ZONE.id}/settings/nosuch", (), 400),
        (f"/zones/{'0' * 32}/settings/ssl", (), 403),
        ("/nowhere", (), 404),
    ],
)
def test_requests_are_checked(path: str, query: tuple[tuple[str, str], ...], status: int) -> None:
    assert ask(path, *query)[0] == status


def test_a_token_that_reads_changes_nothing() -> None:
    assert ask(f"/zones/{ZONE.id}/settings/ssl", method="PATCH")[0] == 403


@pytest.mark.parametrize("path", ["/rulesets/{id}", "/rulesets/phases/{id}/entrypoint"])
def test_no_ruleset_is_replaced_as_a_whole(path: str) -> None:
    assert ask(f"/zones/{ZONE.id}{path}", method="PUT")[0] == 405


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"authorization": "Bearer two words"}, 400),
        ({"authorization": "Bearer unknown"}, 403),
        ({"authorization": "Bearer demo", "x-auth-key": "k"}, 403),
        ({"authorization": "Bearer demo"}, 200),
    ],
)
def test_credentials_are_checked(headers: dict[str, str], status: int) -> None:
    assert handle(State(WORLD), "GET", "/zones", (), headers, b"").status == status


def test_an_accounts_token_is_not_a_users() -> None:
    world = World(tokens=(Token(value="cfat_demo"),))
    headers = {"authorization": "Bearer cfat_demo"}
    reply = handle(State(world), "GET", "/user/tokens/verify", (), headers, b"")
    assert (reply.status, reply.body["errors"][0]["code"]) == (401, 1000)


def test_page_rules_are_the_disabled_ones_unless_asked_otherwise() -> None:
    path = f"/zones/{ZONE.id}/pagerules"
    assert ask(path)[1]["result"] == []
    assert len(ask(path, ("status", "active"))[1]["result"]) == 1


def test_a_fault_lasts_as_often_as_it_says() -> None:
    state = State(WORLD, (Fault(path="zones", kind="status", status=503, times=2),))
    statuses = [handle(state, "GET", "/zones", (), AUTHORIZED, b"").status for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert state.asked["/zones"] == 3
