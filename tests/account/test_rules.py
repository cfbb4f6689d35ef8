"""Rules, balancers, connectors, custom hostnames and tunnels: the routes each leads to."""

from collections.abc import Mapping
from typing import Any

import pytest

from cf525.account.rules import url_matches
from cf525.lab.api import Fault
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
from cf525.model import NotProbeable, Route
from cf525.model.parsing import parse_target
from tests.account.labs import lab, routes, unknown_ids, without, world, zone

HOST = "www.example.com"
WWW = Record(type="A", name=HOST, content="203.0.113.7")
OTHER = Record(type="A", name="origin.example.com", content="203.0.113.99", proxied=False)
HERE = f'http.host eq "{HOST}"'
GERMANY = 'ip.src.country eq "DE"'


def config(expression: str, mode: str, **changes: Any) -> Rule:
    return Rule(expression=expression, parameters={"ssl": mode}, **changes)


def route_to(expression: str = HERE, **parameters: Any) -> Rule:
    return Rule(expression=expression, parameters=parameters, description="the rule")


def names(route: Route) -> tuple[str | None, str]:
    return route.sni, route.host_header


@pytest.mark.parametrize(
    ("change", "mode", "by"),
    [
        ({}, "strict", "zone setting ssl: strict"),
        (
            {"config_rules": (config(HERE, "full", description="shop"),)},
            "full",
            'Configuration Rule "shop"',
        ),
        ({"config_rules": (config(HERE, "full", enabled=False),)}, "strict", "zone setting"),
        ({"config_rules": (config('http.host eq "x"', "full"),)}, "strict", "zone setting"),
        ({"config_rules": (config("true", "off"), config(HERE, "full"))}, "full", "Configuration"),
        ({"config_rules": (config(HERE, "full", action="skip"),)}, "strict", "zone setting"),
        (
            {"page_rules": (PageRule(pattern="*example.com/*", actions={"ssl": "full"}),)},
            "full",
            "Page Rule *example.com/*",
        ),
        (
            {
                "page_rules": (
                    PageRule(pattern="*example.com/*", actions={"ssl": "full"}, priority=1),
                    PageRule(pattern=f"{HOST}/*", actions={"browser_check": "on"}, priority=2),
                )
            },
            "strict",
            "zone setting",
        ),
        (
            {
                "page_rules": (PageRule(pattern="*example.com/*", actions={"ssl": "off"}),),
                "config_rules": (config(HERE, "full"),),
            },
            "full",
            "Configuration",
        ),
    ],
)
def test_the_strongest_setting_of_the_mode_wins(
    change: Mapping[str, Any], mode: str, by: str
) -> None:
    (route,) = routes(world(**change))
    assert route.mode == mode
    assert route.provenance["mode"].detail.startswith(by)


def test_a_rule_that_depends_gives_both_routes_with_their_conditions() -> None:
    rule = config(f"{HERE} and {GERMANY}", "full", description="abroad")
    with lab(world(config_rules=(rule,))) as running:
        resolution = running.resolve(HOST)
    without_it, with_it = resolution.routes
    assert (without_it.mode, with_it.mode) == ("strict", "full")
    assert "does not match (depends on ip.src.country)" in without_it.provenance["condition"].detail
    assert '"abroad" matches' in with_it.provenance["condition"].detail
    assert "conditional-rule" in unknown_ids(resolution)


def test_a_rule_that_depends_but_changes_nothing_is_no_second_route() -> None:
    with lab(world(config_rules=(config(GERMANY, "strict"),))) as running:
        resolution = running.resolve(HOST)
    assert (len(resolution.routes), unknown_ids(resolution)) == (1, set())


def test_conditional_rules_do_not_multiply_without_end() -> None:
    rules = tuple(
        route_to(f"{GERMANY} and cf.x{number} eq 1", origin={"port": 9000 + number})
        for number in range(40)
    )
    with lab(world(origin_rules=rules)) as running:
        resolution = running.resolve(HOST)
    assert len(resolution.routes) <= 16
    assert "too-many-conditional-rules" in unknown_ids(resolution)


def test_a_host_header_override_is_the_sni_as_well() -> None:
    (route,) = routes(world(origin_rules=(route_to(host_header="Shop.Example.net"),)))
    assert names(route) == ("shop.example.net", "shop.example.net")
    assert route.accepted_names == ("shop.example.net",)
    assert route.provenance["sni"].detail.startswith("follows the Host header: Origin Rule")


def test_an_sni_override_beats_the_host_header_in_whatever_order() -> None:
    rules = (
        route_to(sni={"value": "sni.example.com"}),
        route_to(host_header="host.example.com"),
    )
    (route,) = routes(world(origin_rules=rules))
    assert names(route) == ("sni.example.com", "host.example.com")


def test_origin_rules_merge_property_by_property_and_the_later_wins() -> None:
    rules = (
        route_to(origin={"host": "origin.example.com", "port": 8443}),
        route_to(origin={"port": 9443}),
        route_to('http.host eq "x"', origin={"port": 1}),
    )
    (route,) = routes(world(records=(WWW, OTHER), origin_rules=rules))
    assert (route.address, route.port, route.sni) == ("203.0.113.99", 9443, HOST)
    assert route.provenance["port"].detail == 'Origin Rule "the rule"'


def test_an_origin_rule_beats_a_page_rule_property_by_property() -> None:
    page = PageRule(
        pattern=f"{HOST}/*",
        actions={"resolve_override": "origin.example.com", "host_header_override": "page.example"},
    )
    rules = (route_to(host_header="rule.example"),)
    (route,) = routes(world(records=(WWW, OTHER), page_rules=(page,), origin_rules=rules))
    assert (route.address, route.host_header) == ("203.0.113.99", "rule.example")


def test_an_origin_override_may_lead_to_an_address_nobody_can_probe() -> None:
    one = World(
        zones=(zone(origin_rules=(route_to(origin={"host": "o.example.net"}),)),),
        names={"o.example.net": Name(addresses=("192.0.2.1",))},
    )
    (route,) = routes(one)
    assert route.not_probeable is NotProbeable.PLACEHOLDER


def test_rules_do_not_apply_to_what_is_not_proxied() -> None:
    grey = Record(type="A", name=HOST, content="203.0.113.7", proxied=False)
    (route,) = routes(world(records=(grey,), config_rules=(config("true", "full"),)))
    assert (route.mode, route.not_probeable) == ("strict", NotProbeable.NOT_PROXIED)


def test_a_broken_rule_changes_nothing() -> None:
    rules = (
        route_to(host_header=5, origin="x", sni=None),
        route_to(origin={"port": 0, "host": None}),
        Rule(expression=HERE, parameters={"origin": {"port": 1}}, action="other"),
    )
    (route,) = routes(world(origin_rules=rules))
    assert (route.port, names(route)) == (443, (HOST, HOST))


@pytest.mark.parametrize(
    ("pattern", "target", "covers"),
    [
        ("*example.com/*", "https://www.example.com/x", True),
        ("*.example.com/*", "https://example.com/", False),
        ("example.com/", "https://example.com/", True),
        ("example.com", "https://example.com/", True),
        ("example.com", "https://example.com/x", False),
        ("http://example.com/*", "https://example.com/", False),
        ("http*://example.com/*", "https://example.com/", True),
        ("Example.COM/Path/*", "https://example.com/Path/x", True),
        ("example.com/path/*", "https://example.com/Path/x", False),
        ("example.com/*?a=*", "https://example.com/x?a=1", True),
        ("example.com/*", "https://example.com:8443/x", True),
        ("example.com:8443/*", "https://example.com:8443/x", True),
        ("example.com:8443/*", "https://example.com/x", False),
        ("*", "https://example.com/x", True),
        ("", "https://example.com/", False),
    ],
)
def test_url_patterns(pattern: str, target: str, covers: bool) -> None:
    assert url_matches(pattern, parse_target(target)) is covers


@pytest.mark.parametrize(
    ("action", "target", "redirected"),
    [
        ({"forwarding_url": {"url": "https://x/", "status_code": 301}}, "https://" + HOST, True),
        ({"always_use_https": None}, "http://" + HOST, True),
        ({"always_use_https": None}, "https://" + HOST, False),
    ],
)
def test_a_page_rule_that_answers_at_the_edge_is_said(
    action: dict[str, Any], target: str, redirected: bool
) -> None:
    with lab(world(page_rules=(PageRule(pattern=f"{HOST}/*", actions=action),))) as running:
        ids = unknown_ids(running.resolve(target))
    assert ("redirected-at-edge" in ids) is redirected


def test_always_use_https_keeps_http_visitors_from_the_origin() -> None:
    with lab(world(settings={"ssl": "full", "always_use_https": "on"})) as running:
        assert unknown_ids(running.resolve("http://" + HOST)) == {"redirected-at-edge"}
        assert unknown_ids(running.resolve("https://" + HOST)) == set()


def balanced(pools: tuple[Pool, ...], **changes: Any) -> World:
    balancer = LoadBalancer(name=HOST, pools=tuple(pool.name for pool in pools), **changes)
    return World(
        accounts=(Account(name="lab", pools=pools),),
        zones=(zone(load_balancers=(balancer,)),),
        names={"o.example.net": Name(addresses=("198.51.100.4",))},
    )


POOL = Pool(
    name="main",
    origins=(
        PoolOrigin(address="203.0.113.21", port=8443, host="Pool.Example.net"),
        PoolOrigin(address="o.example.net"),
        PoolOrigin(address="203.0.113.23", enabled=False),
    ),
)
SPARE = Pool(name="spare", origins=(PoolOrigin(address="203.0.113.31"),))


def test_a_load_balancer_takes_the_place_of_the_records() -> None:
    first, second = routes(balanced((POOL,)))
    assert (first.address, first.port, *names(first)) == (
        *("203.0.113.21", 8443),
        *("pool.example.net", "pool.example.net"),
    )
    assert (second.address, second.port, *names(second)) == ("198.51.100.4", 443, HOST, HOST)
    assert "pool main, endpoint origin-0" in first.provenance["address"].detail


def test_a_fallback_pool_is_used_on_condition() -> None:
    found = routes(
        World(
            accounts=(Account(name="lab", pools=(POOL, SPARE)),),
            zones=(
                zone(load_balancers=(LoadBalancer(name=HOST, pools=("main",), fallback="spare"),)),
            ),
            names={"o.example.net": Name(addresses=("198.51.100.4",))},
        )
    )
    assert [route.address for route in found][-1] == "203.0.113.31"
    assert found[-1].provenance["condition"].detail == "all other pools are down"


@pytest.mark.parametrize(("policy", "condition"), [("off", True), ("random", False)])
def test_without_steering_later_pools_wait_for_the_earlier(policy: str, condition: bool) -> None:
    one = balanced((SPARE, POOL), extra={"steering_policy": policy})
    first, second, _ = routes(one)
    assert (first.address, second.address) == ("203.0.113.31", "203.0.113.21")
    assert "condition" not in first.provenance
    assert ("condition" in second.provenance) is condition


def test_pools_by_place_and_by_rule_are_conditional_routes() -> None:
    from cf525.lab.world import ident

    spare = ident("pool", "lab", "spare")
    rule = {"name": "abroad", "condition": GERMANY, "overrides": {"default_pools": [spare]}}
    pool_set = {"name": "DE only", "overrides": {"pools": [spare]}}
    for extra in (
        {"country_pools": {"DE": [spare]}, "steering_policy": "geo"},
        {"pool_sets": [pool_set]},
        {"rules": [rule]},
    ):
        balancer = LoadBalancer(name=HOST, pools=("main",), extra=extra)
        one = World(
            accounts=(Account(name="lab", pools=(POOL, SPARE)),),
            zones=(zone(load_balancers=(balancer,)),),
        )
        last = routes(one)[-1]
        assert last.address == "203.0.113.31"
        assert "DE" in last.provenance["condition"].detail or "ip.src.country" in (
            last.provenance["condition"].detail
        )


def test_a_balancers_rule_that_holds_replaces_the_pools() -> None:
    from cf525.lab.world import ident

    spare = ident("pool", "lab", "spare")
    rule = {
        "name": "always",
        "condition": HERE,
        "overrides": {"default_pools": [spare], "fallback_pool": spare},
    }
    balancer = LoadBalancer(name=HOST, pools=("main",), extra={"rules": [rule]})
    one = World(
        accounts=(Account(name="lab", pools=(POOL, SPARE)),),
        zones=(zone(load_balancers=(balancer,)),),
    )
    assert [route.address for route in routes(one)] == ["203.0.113.31"]


def test_a_disabled_balancer_leaves_the_records_and_a_grey_one_proxies_nothing() -> None:
    assert [route.address for route in routes(balanced((SPARE,), enabled=False))] == ["203.0.113.7"]
    (route,) = routes(balanced((SPARE,), proxied=False))
    assert (route.address, route.not_probeable) == ("203.0.113.31", NotProbeable.NOT_PROXIED)


def test_an_origin_rules_host_and_a_pools_host_are_both_listed() -> None:
    pool = Pool(name="main", origins=(PoolOrigin(address="203.0.113.21", host="pool.example"),))
    one = balanced((pool,))
    conflicting = World(
        accounts=one.accounts,
        zones=(
            zone(
                load_balancers=one.zones[0].load_balancers,
                origin_rules=(route_to(host_header="rule.example"),),
            ),
        ),
    )
    with lab(conflicting) as running:
        resolution = running.resolve(HOST)
    assert [route.host_header for route in resolution.routes] == ["pool.example", "rule.example"]
    assert "host-header-conflict" in unknown_ids(resolution)


def test_pools_the_token_does_not_see_are_named() -> None:
    balancer = LoadBalancer(name="*.example.com", pools=("elsewhere",))
    with lab(world(load_balancers=(balancer,), records=())) as running:
        resolution = running.resolve(HOST)
    assert (resolution.routes, unknown_ids(resolution)) == ((), {"pools-not-visible"})


def test_pools_that_cannot_be_read_leave_no_guess() -> None:
    one = balanced((SPARE,))
    poor = World(
        accounts=one.accounts,
        zones=one.zones,
        tokens=(without("Load Balancing: Monitors and Pools Read"),),
    )
    with lab(poor) as running:
        resolution = running.resolve(HOST)
    assert resolution.routes == ()
    assert "unread-pools" in unknown_ids(resolution)


def test_a_cloud_connector_rule_wins_over_everything_before() -> None:
    bucket = "files.s3.amazonaws.com"
    one = World(
        zones=(
            zone(
                origin_rules=(route_to(host_header="rule.example", origin={"port": 8443}),),
                cloud_connector=(
                    Rule(expression=HERE, parameters={"host": bucket}, action="aws_s3"),
                ),
            ),
        ),
        names={bucket: Name(addresses=("198.51.100.9",))},
    )
    (route,) = routes(one)
    assert (route.address, route.port, *names(route)) == ("198.51.100.9", 443, bucket, bucket)


def test_a_website_bucket_is_fetched_in_the_clear() -> None:
    bucket = "files.s3-website-eu-west-1.amazonaws.com"
    one = World(
        zones=(
            zone(
                cloud_connector=(
                    Rule(expression="true", parameters={"host": bucket}, action="aws_s3"),
                ),
            ),
        ),
        names={bucket: Name(addresses=("198.51.100.9",))},
    )
    (route,) = routes(one)
    assert (route.mode, route.scheme, route.port) == ("flexible", "http", 80)


def saas(custom: CustomHostname, **changes: Any) -> World:
    return World(
        zones=(
            zone(
                records=(
                    Record(type="A", name="fallback.example.com", content="203.0.113.50"),
                    Record(type="A", name="custom.example.com", content="203.0.113.51"),
                ),
                custom_hostnames=(custom,),
                **{"fallback_origin": "fallback.example.com", **changes},
            ),
        )
    )


@pytest.mark.parametrize(
    ("custom", "address", "sni"),
    [
        (CustomHostname(hostname="app.example.org"), "203.0.113.50", "app.example.org"),
        (
            CustomHostname(hostname="app.example.org", origin="custom.example.com"),
            "203.0.113.51",
            "custom.example.com",
        ),
        (
            CustomHostname(
                hostname="app.example.org", origin="custom.example.com", sni="sni.example.com"
            ),
            "203.0.113.51",
            "sni.example.com",
        ),
        (
            CustomHostname(
                hostname="app.example.org",
                origin="custom.example.com",
                sni=":request_host_header:",
            ),
            "203.0.113.51",
            "app.example.org",
        ),
    ],
)
def test_a_custom_hostname_is_sent_where_its_provider_says(
    custom: CustomHostname, address: str, sni: str
) -> None:
    with lab(saas(custom)) as running:
        resolution = running.resolve("app.example.org")
    (route,) = resolution.routes
    assert (route.address, *names(route)) == (address, sni, "app.example.org")
    assert resolution.zone is not None
    assert resolution.zone.name == "example.com"
    assert ("saas-custom-origin" in unknown_ids(resolution)) is (sni != "app.example.org")


def test_a_custom_hostname_without_an_origin_or_not_active_leads_nowhere() -> None:
    pending = CustomHostname(hostname="app.example.org", status="pending")
    active = CustomHostname(hostname="app.example.org")
    for one, expected in (
        (saas(pending), "is pending"),
        (saas(active, fallback_origin=""), "no fallback"),
    ):
        with lab(one) as running:
            (route,) = running.resolve("app.example.org").routes
        assert route.not_probeable is NotProbeable.NOT_SERVED
        assert expected in route.provenance["address"].detail


@pytest.mark.parametrize(
    ("routes_", "script"),
    [
        ((("*example.com/*", "all"),), "all"),
        ((("*example.com/*", "all"), ("www.example.com/api/*", "api")), "all"),
        ((("*example.com/*", "all"), ("www.example.com/*", None)), None),
        ((("other.example.com/*", "x"),), None),
    ],
)
def test_the_most_specific_worker_route_counts(
    routes_: tuple[tuple[str, str | None], ...], script: str | None
) -> None:
    with lab(world(worker_routes=routes_)) as running:
        unknowns = running.resolve(HOST).unknowns
    texts = [unknown.text for unknown in unknowns if unknown.id == "worker-route"]
    assert [f"{script!r}" in text for text in texts] == ([True] if script else [])


def test_snippets_that_may_run_are_named() -> None:
    snippets = (
        Rule(expression=HERE, parameters={}, action="rewrite"),
        Rule(expression='http.host eq "x"', parameters={}, action="other"),
    )
    with lab(world(snippets=snippets)) as running:
        assert unknown_ids(running.resolve(HOST)) == {"snippet"}


@pytest.mark.parametrize("permitted", [True, False])
def test_a_workers_own_domain_is_looked_for_behind_a_placeholder(permitted: bool) -> None:
    placeholder = Record(type="AAAA", name=HOST, content="100::")
    one = World(
        accounts=(Account(name="lab", worker_domains={HOST: "app", "x.example.com": "y"}),),
        tokens=(without() if permitted else without("Workers Scripts Read"),),
        zones=(zone(records=(placeholder,)),),
    )
    with lab(one) as running:
        resolution = running.resolve(HOST)
    wanted = "worker-domain" if permitted else "unread-worker-domains"
    assert wanted in unknown_ids(resolution)


TUNNEL_ID = "11111111-2222-3333-4444-555555555555"


def tunnelled(tunnel: Tunnel) -> World:
    record = Record(type="CNAME", name=HOST, content=f"{TUNNEL_ID}.cfargotunnel.com")
    return World(
        accounts=(Account(name="lab", tunnels=(tunnel,)),), zones=(zone(records=(record,)),)
    )


def test_a_tunnels_service_is_described() -> None:
    ingress = (
        {"hostname": "other.example.com", "service": "http://localhost:1"},
        {"hostname": HOST, "path": "^/admin", "service": "http://localhost:2"},
        {
            "hostname": "*.example.com",
            "service": "https://localhost:8443",
            "originRequest": {"originServerName": "origin.example", "noTLSVerify": False},
        },
        {"service": "http_status:404"},
    )
    with lab(tunnelled(Tunnel(name="home", id=TUNNEL_ID, ingress=ingress))) as running:
        resolution = running.resolve(HOST)
    (route,) = resolution.routes
    assert route.not_probeable is NotProbeable.TUNNEL
    assert route.provenance["tunnel"].detail == (
        "tunnel home (healthy) → https://localhost:8443, originServerName origin.example, "
        "noTLSVerify false"
    )
    assert unknown_ids(resolution) == set()


@pytest.mark.parametrize(
    ("tunnel", "unknown"),
    [
        (Tunnel(name="home", id=TUNNEL_ID, ingress=None), "tunnel-configured-locally"),
        (Tunnel(name="home", id="other"), "unread-tunnel"),
    ],
)
def test_what_a_tunnel_hides_is_named(tunnel: Tunnel, unknown: str) -> None:
    with lab(tunnelled(tunnel)) as running:
        assert unknown in unknown_ids(running.resolve(HOST))


def test_spectrum_is_looked_for_on_ports_the_proxy_does_not_serve() -> None:
    app = {
        "dns": {"type": "ADDRESS", "name": HOST},
        "protocol": "tcp/9000-9999",
        "tls": "full",
        "origin_direct": ["tcp://203.0.113.7:9443"],
    }
    with lab(world(spectrum=(app,))) as running:
        ids = unknown_ids(running.resolve(f"https://{HOST}:9443"))
        elsewhere = unknown_ids(running.resolve(f"https://{HOST}:7443"))
    assert ids == {"spectrum-application"}
    assert elsewhere == {"port-not-proxied"}


def test_compliance_modes_are_named_where_the_edge_shakes_hands() -> None:
    settings = {"ssl": "strict", "origin_tls_compliance_modes": ("pqh",)}
    with lab(world(settings=settings)) as running:
        assert unknown_ids(running.resolve(HOST)) == {"compliance-modes"}


def test_a_foreign_origin_is_named_and_its_handshake_is_not() -> None:
    record = Record(type="CNAME", name=HOST, content="app.pages.example")
    one = World(
        zones=(
            zone(
                records=(record,),
                settings={"ssl": "strict", "origin_tls_compliance_modes": ("pqh",)},
            ),
        ),
        names={"app.pages.example": Name(addresses=("104.16.1.1",))},
    )
    with lab(one) as running:
        resolution = running.resolve(HOST)
    assert unknown_ids(resolution) == {"origin-at-cloudflare"}
    assert resolution.routes[0].not_probeable is NotProbeable.CLOUDFLARE_ADDRESS


def test_the_trust_stores_certificates_come_with_the_routes() -> None:
    store = (
        {"certificate": "PEM-1", "status": "active"},
        {"certificate": "PEM-2", "status": "pending_deployment"},
    )
    with lab(world(trust_store=store)) as running:
        resolution = running.resolve(HOST)
    assert resolution.trust_anchors == ("PEM-1",)


def test_nonsense_from_the_api_is_survived() -> None:
    for path in ("/settings/ssl$", "pagerules", "http_request_origin", "load_balancers"):
        with lab(world(), Fault(path=path, kind="unsuccessful")) as running:
            assert len(running.resolve(HOST).routes) == 1


def test_a_second_zone_of_the_same_name_that_is_not_active_is_passed_over() -> None:
    moved = Zone(name="example.com", account="lab", status="moved")
    with lab(World(zones=(zone(), moved))) as running:
        resolution = running.resolve(HOST)
    assert resolution.zone is not None
    assert resolution.zone.status == "active"
