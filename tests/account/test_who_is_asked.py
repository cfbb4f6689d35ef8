"""Whom a request meets, as Cloudflare's records tell it: the edge, the origin, or nobody.

Each situation has its look-alike beside it, that must not be taken for it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from cf525.account.client import Limits
from cf525.account.records import ZoneRecords
from cf525.account.resolve import resolve
from cf525.edge.status import edge_status
from cf525.lab.api import Fault
from cf525.lab.world import (
    ALL,
    Account,
    CustomHostname,
    LoadBalancer,
    Monitor,
    Name,
    PageRule,
    Pool,
    PoolOrigin,
    Record,
    Rule,
    Token,
    Tunnel,
    World,
)
from cf525.model import Confidence, NotProbeable, Route
from cf525.model.parsing import parse_target
from tests.account.labs import Lab, lab, unknown_ids, without, world, zone

HOST = "www.example.com"
PUBLIC = "203.0.113.7"
EDGES: Final = "104.16.0.99"
TUNNEL_ID = "11111111-2222-3333-4444-555555555555"


def a(content: str, **changes: Any) -> Record:
    return Record(type="A", name=HOST, content=content, **changes)


def status(route: Route) -> tuple[str, Confidence]:
    found = edge_status(route, None, None)
    return found.status, found.confidence


def only_route(one: World, target: str = HOST) -> Route:
    with lab(one) as running:
        (route,) = running.resolve(target).routes
    return route


# -- the account's switch -----------------------------------------------------------------


@pytest.mark.parametrize("on", [True, False])
def test_the_accounts_switch_takes_every_name_from_the_edge(on: bool) -> None:
    one = World(accounts=(Account(name="lab", dns_only=on),), zones=(zone(),))
    with lab(one) as running:
        (route,) = running.resolve(HOST).routes
        asked = running.api.state.asked[f"/accounts/{one.accounts[0].id}/dns_settings"]
    assert (route.not_probeable is NotProbeable.NOT_PROXIED) is on
    assert asked == on  # public DNS that answers with the edge's addresses settles it
    if on:
        assert "enforce_dns_only" in route.provenance["proxied"].detail
        assert status(route) == ("not-applicable", Confidence.HIGH)


@pytest.mark.parametrize(
    ("edge", "open_still"), [(("198.51.100.1",), True), (("104.16.0.25",), False)]
)
def test_an_unread_switch_is_named_only_where_dns_leaves_it_open(
    edge: tuple[str, ...], open_still: bool
) -> None:
    token = Token(value="demo", permissions=ALL - {"Account DNS Settings Read"})
    with lab(replace(world(), tokens=(token,), edge=edge)) as running:
        ids = unknown_ids(running.resolve(HOST))
    assert ("unread-account-dns" in ids) is open_still


def test_a_tunnel_stays_with_the_edge_whatever_the_switch_says() -> None:
    tunnel = Tunnel(name="home", id=TUNNEL_ID, ingress=({"service": "http://localhost:80"},))
    account = Account(name="lab", dns_only=True, tunnels=(tunnel,))
    record = Record(type="CNAME", name=HOST, content=f"{TUNNEL_ID}.cfargotunnel.com")
    route = only_route(World(accounts=(account,), zones=(zone(records=(record,)),)))
    assert route.not_probeable is NotProbeable.TUNNEL


# -- records ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("meta", "shadowed"),
    [
        ({"shadowed_by": ["0a1b"]}, True),
        ({"shadowed_by": ["0a1b"], "is_glue": True}, False),
        ({"shadowed_by": []}, False),
        ({}, False),
    ],
)
def test_a_record_below_a_delegation_answers_nobody(
    meta: Mapping[str, Any], shadowed: bool
) -> None:
    route = only_route(world(records=(a(PUBLIC, meta=meta),)))
    assert (route.not_probeable is NotProbeable.SHADOWED) is shadowed


def test_a_private_address_is_refused_by_the_edge() -> None:
    assert status(only_route(world(records=(a("10.99.9.1"),)))) == ("1002", Confidence.HIGH)


@pytest.mark.parametrize("address", ["198.18.0.1", "192.88.99.1"])
def test_an_address_set_apart_is_not_asked_and_nothing_is_claimed_of_it(address: str) -> None:
    route = only_route(world(records=(a(address),)))
    assert route.not_probeable is NotProbeable.SPECIAL
    assert status(route) == ("unknown", Confidence.LOW)


def test_a_private_address_below_a_worker_is_a_placeholder() -> None:
    records, workers = (a("10.99.9.1"),), ((f"{HOST}/*", "shop"),)
    route = only_route(world(records=records, worker_routes=workers))
    assert route.not_probeable is NotProbeable.PLACEHOLDER
    elsewhere = only_route(world(records=records, worker_routes=(("x.example.com/*", "shop"),)))
    assert status(elsewhere) == ("1002", Confidence.HIGH)


@pytest.mark.parametrize("address", ["10.99.9.1", "192.0.2.1", EDGES])
def test_the_worker_before_a_placeholder_is_named_where_it_came_from(address: str) -> None:
    workers = ((f"{HOST}/*", "shop-worker"),)
    route = only_route(world(records=(a(address),), worker_routes=workers))
    assert route.not_probeable is NotProbeable.PLACEHOLDER
    assert "the Worker 'shop-worker' runs before it" in route.provenance["address"].detail
    elsewhere = only_route(world(records=(a("192.0.2.1"),)))
    assert "Worker" not in elsewhere.provenance["address"].detail


def test_the_worker_whose_domain_it_is_is_named_too() -> None:
    one = World(
        accounts=(Account(name="lab", worker_domains={HOST: "app", "x.example.com": "y"}),),
        zones=(zone(records=(Record(type="AAAA", name=HOST, content="100::"),)),),
    )
    detail = only_route(one).provenance["address"].detail
    assert detail.endswith("the Worker 'app' runs before it")


def test_a_private_address_is_not_surely_refused_where_workers_were_not_read() -> None:
    one = replace(world(records=(a("10.99.9.1"),)), tokens=(without("Workers Routes Read"),))
    assert status(only_route(one)) == ("1002", Confidence.MEDIUM)


def test_a_private_address_that_dns_gives_alone_is_no_matter_of_the_edge() -> None:
    assert status(only_route(world(records=(a("10.99.9.1", proxied=False),))))[0] == (
        "not-applicable"
    )


def pooled(address: str) -> World:
    pool = Pool(name="eu", origins=(PoolOrigin(address=address),))
    balancer = LoadBalancer(name=HOST, pools=("eu",))
    return World(
        accounts=(Account(name="lab", pools=(pool,)),), zones=(zone(load_balancers=(balancer,)),)
    )


@pytest.mark.parametrize("address", [EDGES, "2606:4700::6810:63"])
def test_an_address_of_cloudflares_own_is_refused_by_the_edge(address: str) -> None:
    kind = "AAAA" if ":" in address else "A"
    one = world(records=(Record(type=kind, name=HOST, content=address),))
    route = only_route(one)
    assert route.not_probeable is NotProbeable.PROHIBITED
    assert status(route) == ("1000", Confidence.MEDIUM)


def test_an_address_of_cloudflares_own_in_a_pool_is_refused_by_the_edge() -> None:
    assert status(only_route(pooled(EDGES))) == ("1000", Confidence.MEDIUM)


def test_a_name_that_leads_into_cloudflare_is_not_judged() -> None:
    record = Record(type="CNAME", name=HOST, content="shop.provider.example")
    one = world(records=(record,))
    named = replace(one, names={"shop.provider.example": Name(addresses=(EDGES,))})
    assert status(only_route(named)) == ("unknown", Confidence.LOW)
    through = replace(pooled("shop.provider.example"), names=named.names)
    assert status(only_route(through)) == ("unknown", Confidence.LOW)


def test_a_name_of_the_zone_that_holds_such_an_address_is_refused_too() -> None:
    records = (
        Record(type="CNAME", name=HOST, content="origin.example.com"),
        Record(type="A", name="origin.example.com", content=EDGES),
    )
    assert status(only_route(world(records=records))) == ("1000", Confidence.MEDIUM)


def test_what_a_product_serves_by_such_an_address_is_not_judged() -> None:
    spectrum = {"dns": {"name": HOST}, "protocol": "tcp/443", "origin_direct": ["tcp://192.0.2.9"]}
    served = world(records=(a(EDGES),), spectrum=(spectrum,))
    assert status(only_route(served)) == ("unknown", Confidence.LOW)
    worker = world(records=(a(EDGES),), worker_routes=((f"{HOST}/*", "shop"),))
    assert status(only_route(worker)) == ("unknown", Confidence.LOW)
    fallback = replace(provider("active"))
    (one,) = fallback.zones
    moved = replace(one, records=(Record(type="A", name="origin.example.com", content=EDGES),))
    route = only_route(replace(fallback, zones=(moved,)), "shop.customer.org")
    assert status(route) == ("unknown", Confidence.LOW)


def test_such_an_address_that_dns_gives_alone_is_no_matter_of_the_edge() -> None:
    assert status(only_route(world(records=(a(EDGES, proxied=False),))))[0] == "not-applicable"


# -- custom hostnames ---------------------------------------------------------------------


def provider(status: str, **extra: Any) -> World:
    hostname = CustomHostname(hostname="shop.customer.org", status=status, extra=extra)
    records = (Record(type="A", name="origin.example.com", content=PUBLIC),)
    return world(
        records=records, custom_hostnames=(hostname,), fallback_origin="origin.example.com"
    )


def test_a_pending_custom_hostname_is_1016_and_says_what_it_waits_for() -> None:
    proof = {"type": "txt", "name": "_cf-custom-hostname.shop.customer.org", "value": "5cc07c04"}
    one = provider("pending", ownership_verification=proof, verification_errors=["no A record"])
    route = only_route(one, "shop.customer.org")
    assert status(route) == ("1016", Confidence.HIGH)
    for part in ("is pending", "TXT record _cf-custom-hostname", "5cc07c04", "no A record"):
        assert part in route.provenance["address"].detail


@pytest.mark.parametrize("state", ["active", "active_redeploying"])
def test_an_active_custom_hostname_is_served(state: str) -> None:
    assert only_route(provider(state), "shop.customer.org").address == PUBLIC


def test_a_state_to_come_is_left_open() -> None:
    with lab(provider("hibernating")) as running:
        resolution = running.resolve("shop.customer.org")
    assert resolution.routes[0].address == PUBLIC
    assert "custom-hostname-not-active" in unknown_ids(resolution)


# -- tunnels ------------------------------------------------------------------------------

CATCH_ALL = {"service": "http_status:404"}


def through(*rules: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> Route:
    tunnel = Tunnel(name="home", id=TUNNEL_ID, ingress=rules, options=options or {})
    record = Record(type="CNAME", name=HOST, content=f"{TUNNEL_ID}.cfargotunnel.com")
    account = Account(name="lab", tunnels=(tunnel,))
    return only_route(World(accounts=(account,), zones=(zone(records=(record,)),)))


def to(service: str, **options: Any) -> dict[str, Any]:
    return {"hostname": HOST, "service": service, "originRequest": options}


@pytest.mark.parametrize(
    ("rule", "faults"),
    [
        (to("https://localhost:443"), ("no-server-name",)),
        (to("https://192.168.1.9"), ("no-server-name",)),
        (to("https://localhost:443", originServerName=HOST), ()),
        (to("https://localhost:443", noTLSVerify=True), ()),
        (to("https://localhost:443", noTLSVerify=False), ("no-server-name",)),
        (to("https://app.example.net"), ()),
        (to("http://localhost:443"), ("plain-to-tls-port",)),
        (to("http://localhost:8080"), ()),
        (to("https://app.example.net:80"), ("tls-to-plain-port",)),
        ({"hostname": "x.example.com", "service": "http://localhost:80"}, ("catch-all-only",)),
        ({"hostname": HOST, "service": "http_status:503"}, ()),
        (to("unix:/run/app.sock"), ()),
        (to("http://[broken"), ()),
    ],
)
def test_a_tunnels_rule_is_judged_by_its_own_words(
    rule: Mapping[str, Any], faults: tuple[str, ...]
) -> None:
    route = through(rule, CATCH_ALL)
    assert route.ingress is not None
    assert route.ingress.faults == faults


def test_rules_without_a_last_one_for_everything_are_at_fault() -> None:
    named = through(to("http://localhost:80")).ingress
    assert named is not None
    assert (named.service, named.faults) == ("http://localhost:80", ("no-catch-all",))
    other = {"hostname": "x.example.com", "service": "http://localhost:80"}
    ingress = through(other).ingress
    assert ingress is not None
    assert ingress.faults == ("no-rule", "no-catch-all")


def test_options_of_the_whole_tunnel_hold_for_a_rule_that_sets_none() -> None:
    shared = {"originServerName": "origin.example"}
    ingress = through(to("https://localhost:443"), CATCH_ALL, options=shared).ingress
    assert ingress is not None
    assert (ingress.faults, dict(ingress.options)) == ((), shared)


@pytest.mark.parametrize(
    ("state", "expected"),
    [("healthy", "unknown"), ("degraded", "unknown"), ("down", "1033"), ("inactive", "1033")],
)
def test_a_tunnel_without_a_connector_is_1033(state: str, expected: str) -> None:
    tunnel = Tunnel(name="home", id=TUNNEL_ID, ingress=(CATCH_ALL,), status=state)
    record = Record(type="CNAME", name=HOST, content=f"{TUNNEL_ID}.cfargotunnel.com")
    account = Account(name="lab", tunnels=(tunnel,))
    route = only_route(World(accounts=(account,), zones=(zone(records=(record,)),)))
    assert status(route)[0] == expected


# -- balancers ----------------------------------------------------------------------------


def balanced(monitor: str = "", **pool: Any) -> World:
    pools = (Pool(name="eu", origins=(PoolOrigin(address=PUBLIC),), monitor=monitor, **pool),)
    monitors = (
        Monitor(name="lenient", insecure=True),
        Monitor(name="strict"),
        Monitor(name="plain", type="http", insecure=True),
    )
    return World(
        accounts=(Account(name="lab", pools=pools, monitors=monitors),),
        zones=(zone(load_balancers=(LoadBalancer(name=HOST, pools=("eu",)),)),),
    )


@pytest.mark.parametrize(
    ("monitor", "told"), [("lenient", True), ("strict", False), ("plain", False), ("", False)]
)
def test_a_monitor_that_takes_any_certificate_is_told(monitor: str, told: bool) -> None:
    route = only_route(balanced(monitor))
    assert ("monitor" in route.provenance) is told


@pytest.mark.parametrize(
    ("origin", "rules", "named"),
    [
        (PoolOrigin(address="app.herokuapp.com"), {}, True),
        (PoolOrigin(address="app.herokuapp.com", host="app.herokuapp.com"), {}, False),
        (PoolOrigin(address=PUBLIC), {}, False),
        (
            PoolOrigin(address="app.herokuapp.com"),
            {"origin_rules": (Rule(expression="true", parameters={"host_header": "x.net"}),)},
            False,
        ),
    ],
)
def test_an_endpoint_by_name_is_told_where_no_host_header_goes_with_it(
    origin: PoolOrigin, rules: dict[str, Any], named: bool
) -> None:
    pool = Pool(name="eu", origins=(origin,))
    balancer = LoadBalancer(name=HOST, pools=("eu",))
    one = World(
        accounts=(Account(name="lab", pools=(pool,)),),
        zones=(zone(load_balancers=(balancer,), **rules),),
        names={"app.herokuapp.com": Name(addresses=(PUBLIC,))},
    )
    route = only_route(one)
    assert route.sni == (origin.host or ("x.net" if rules else HOST))
    assert ("endpoint" in route.provenance) is named


def test_records_that_a_balancer_stands_before_need_not_be_read() -> None:
    one = replace(balanced(), tokens=(without("DNS Read"),))
    with lab(one) as running:
        resolution = running.resolve(HOST)
    assert [route.address for route in resolution.routes] == [PUBLIC]
    assert unknown_ids(resolution) == set()


# -- Spectrum -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "told"), [(HOST, True), ("other.example.com", False)])
def test_a_name_that_spectrum_alone_serves_is_told(name: str, told: bool) -> None:
    app = {"dns": {"type": "CNAME", "name": name}, "protocol": "tcp/443", "tls": "full"}
    with lab(world(records=(), spectrum=(app,))) as running:
        ids = unknown_ids(running.resolve(HOST))
    assert ids == {"spectrum-application" if told else "no-dns-record"}


# -- rules on other paths, and by lot -----------------------------------------------------


def origin_rule(expression: str, **parameters: Any) -> dict[str, Any]:
    return {"origin_rules": (Rule(expression=expression, parameters=parameters),)}


ON_HOST = f'http.host eq "{HOST}" and '


@pytest.mark.parametrize(
    ("changes", "shown", "url"),
    [
        (
            origin_rule(
                ON_HOST + 'starts_with(http.request.uri.path, "/api/")', origin={"port": 8443}
            ),
            "/api/* go another way: port 8443",
            f"https://{HOST}/api/",
        ),
        (
            origin_rule('http.request.uri.path eq "/login"', host_header="auth.example.com"),
            "/login go another way: Host auth.example.com",
            f"https://{HOST}/login",
        ),
        (
            origin_rule('http.request.uri.path wildcard "/a/*/b"', origin={"port": 9443}),
            "/a/*/b go another way",
            f"https://{HOST}/a//b",
        ),
        (
            origin_rule(f'http.request.full_uri wildcard "https://{HOST}/x/*"', origin={"port": 1}),
            "/x/* go another way",
            f"https://{HOST}/x/",
        ),
        (
            origin_rule('http.request.uri.path matches "^/img/.*"', origin={"port": 8443}),
            "/img/... go another way: port 8443",
            f"https://{HOST}/img/",
        ),
        (
            {"page_rules": (PageRule(pattern=f"{HOST}/old/*", actions={"ssl": "flexible"}),)},
            "/old/* go another way: mode Flexible",
            f"https://{HOST}/old/",
        ),
        (
            {"page_rules": (PageRule(pattern="x.example.com/old/*", actions={"ssl": "off"}),)},
            None,
            "",
        ),
        (
            origin_rule(
                'http.host eq "x.example.com" and http.request.uri.path eq "/y"', host_header="y"
            ),
            None,
            "",
        ),
        (origin_rule('http.request.uri.path eq "/same"', origin={}), None, ""),
    ],
)
def test_a_rule_on_another_path_is_told_where_it_would_answer_otherwise(
    changes: dict[str, Any], shown: str | None, url: str
) -> None:
    with lab(world(**changes)) as running:
        resolution = running.resolve(HOST)
    told = [each for each in resolution.unknowns if each.id == "rule-on-a-path"]
    assert len(resolution.routes) == 1
    assert resolution.routes[0].port == 443
    if shown is None:
        assert told == []
        return
    (one,) = told
    assert shown in one.text
    assert f"(cf525 diagnose {url})" in one.text


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ('http.request.uri.path matches "^/v[0-9]+/"', True),
        (f'{ON_HOST}http.request.uri.path matches "^/v[0-9]+/"', True),
        ('http.host eq "x.example.com" and http.request.uri.path matches "^/v[0-9]+/"', False),
        ('http.host eq "x.example.com"', False),
    ],
)
def test_a_rule_on_paths_that_cannot_be_spelled_is_told_too(expression: str, told: bool) -> None:
    with lab(world(**origin_rule(expression, origin={"port": 8443}))) as running:
        unknowns = running.resolve(HOST).unknowns
    assert ["for other URLs of this host" in each.text for each in unknowns] == [True] * told


def test_the_path_itself_has_the_rule_and_no_word_of_it() -> None:
    rules = origin_rule('starts_with(http.request.uri.path, "/api/")', origin={"port": 8443})
    with lab(world(**rules)) as running:
        resolution = running.resolve(f"https://{HOST}/api/v1")
    assert [route.port for route in resolution.routes] == [8443]
    assert "rule-on-a-path" not in unknown_ids(resolution)


def test_a_rule_by_lot_gives_both_routes_and_the_share() -> None:
    rule = Rule(
        expression="hash_in_range(0, 100, cf.random_seed) < 10",
        parameters={"ssl": "full"},
        description="by and by",
    )
    with lab(world(config_rules=(rule,))) as running:
        resolution = running.resolve(HOST)
    assert {route.mode for route in resolution.routes} == {"strict", "full"}
    assert all("10 % of requests" in each.provenance["share"].detail for each in resolution.routes)
    (doubt,) = (each for each in resolution.unknowns if each.id == "conditional-rule")
    assert "10 % of requests" in doubt.text


# -- endpoints that give nothing ----------------------------------------------------------

DECIDING = [
    ("rulesets/phases/http_request_origin", "unread-origin-rules"),
    ("rulesets/phases/http_config_settings", "unread-config-rules"),
    ("pagerules", "unread-page-rules"),
    ("/load_balancers$", "unread-load-balancers"),
    ("settings/ssl$", "unread-ssl"),
    ("origin_tls_client_auth/settings", "unread-aop-zone"),
    ("acm/custom_trust_store", "unread-trust-store"),
]


@pytest.mark.parametrize("kind", ["null", "unsuccessful", "status", "html"])
@pytest.mark.parametrize(("path", "unknown"), DECIDING)
def test_an_answer_without_a_result_is_never_none(path: str, unknown: str, kind: str) -> None:
    with lab(world(), Fault(path=path, kind=kind, status=403, code=10000)) as running:
        assert unknown in unknown_ids(running.resolve(HOST))


def test_a_body_that_never_ends_is_an_unknown_and_leaves_the_rest() -> None:
    limits = Limits(timeout=4.0, patience=1.0)
    with lab(world(), Fault(path="http_request_origin", kind="drip")) as running:
        resolution = running.resolve(HOST, limits=limits)
        asked = running.api.state.asked
    assert unknown_ids(resolution) == {"unread-origin-rules"}
    assert resolution.routes[0].address == PUBLIC
    assert sum(count for path, count in asked.items() if "http_request_origin" in path) == 1


def test_what_shapes_a_handshake_is_not_mentioned_where_none_is_made() -> None:
    fault = Fault(path="origin_tls_client_auth|custom_trust_store|origin_max_http", kind="null")
    with lab(world(settings={"ssl": "flexible"}), fault) as running:
        assert unknown_ids(running.resolve(HOST)) == set()


def test_rules_are_not_mentioned_for_a_name_that_the_edge_does_not_proxy() -> None:
    fault = Fault(path="rulesets|pagerules|snippets", kind="null")
    with lab(world(records=(a(PUBLIC, proxied=False),)), fault) as running:
        assert unknown_ids(running.resolve(HOST)) == set()


@pytest.mark.parametrize(
    ("expression", "told"),
    [('http.cookie contains "beta"', True), (f'http.host eq "{HOST}"', False)],
)
def test_a_trace_that_gives_nothing_is_named_where_a_rule_depends_on_it(
    expression: str, told: bool
) -> None:
    rules = origin_rule(expression, origin={"port": 8443})
    with lab(world(**rules), Fault(path="request-tracer", kind="null")) as running:
        assert ("trace-not-read" in unknown_ids(running.resolve(HOST))) is told


# -- the budget ---------------------------------------------------------------------------


def test_twenty_calls_are_the_most_trace_included() -> None:
    rules = origin_rule(f'http.host eq "{HOST}"', origin={"port": 8443})
    traced = {f"https://{HOST}/": [{"action": "route", "matched": True, "action_parameters": {}}]}
    with lab(world(**rules, traces=traced)) as running:
        assert running.resolve(HOST).api_calls == 20
        assert sum(running.api.state.asked.values()) == 20


# -- names and tokens ---------------------------------------------------------------------


def test_a_name_in_no_zone_lists_the_zones_and_the_nearest() -> None:
    zones = tuple(zone(name=name, records=()) for name in ("example.com", "example.net", "x.org"))
    with lab(World(zones=zones)) as running:
        (unknown,) = running.resolve("www.exmaple.com").unknowns
    assert unknown.id == "zone-not-found"
    assert "It sees example.com, example.net, x.org." in unknown.text
    assert unknown.next.startswith("If example.com was meant, correct the name")


def test_a_name_like_none_of_the_zones_has_no_nearest() -> None:
    with lab(world()) as running:
        (unknown,) = running.resolve("www.quite-different.org").unknowns
    assert "It sees example.com." in unknown.text
    assert "was meant" not in unknown.next


@pytest.mark.parametrize(
    ("host", "calls"), [("www.shop.example.co.uk", 1), ("a.b.example.com", 1), ("example.com", 1)]
)
def test_one_call_finds_the_zone(host: str, calls: int) -> None:
    name = "example.co.uk" if host.endswith("uk") else "example.com"
    records = (Record(type="A", name=host, content=PUBLIC),)
    others = (zone(name="myexample.com", records=()), zone(name="other.co.uk", records=()))
    one = World(zones=(*others, zone(name=name, records=records)))
    with lab(one) as running:
        resolution = running.resolve(host)
        asked = running.api.state.asked["/zones"]
    assert resolution.zone is not None
    assert (resolution.zone.name, asked) == (name, calls)


def test_an_api_without_the_operator_is_asked_by_name() -> None:
    fault = Fault(path="/zones$", kind="status", status=400, code=1004, times=1)
    with lab(world(), fault) as running:
        resolution = running.resolve(HOST)
    assert resolution.zone is not None
    assert resolution.zone.name == "example.com"


def test_a_refusal_names_the_page_that_cloudflare_points_to() -> None:
    with lab(replace(world(), tokens=(without("Origin Rules Read"),))) as running:
        resolution = running.resolve(HOST)
    (unknown,) = (each for each in resolution.unknowns if each.id == "unread-origin-rules")
    assert "https://developers.cloudflare.com/fundamentals/api/" in unknown.next


@pytest.mark.parametrize("on", [True, False])
def test_a_run_over_many_names_asks_for_the_switch_once(on: bool) -> None:
    records = tuple(
        Record(type="A", name=f"h{number}.example.com", content=PUBLIC) for number in range(5)
    )
    account = Account(name="lab", dns_only=on)

    async def run(running: Lab) -> set[NotProbeable | None]:
        async with running.client() as client:
            whole: dict[str, ZoneRecords] = {}
            found = [
                await resolve(
                    parse_target(record.name),
                    client=client,
                    resolver=running.resolver(),
                    whole_zones=whole,
                )
                for record in records
            ]
        return {route.not_probeable for each in found for route in each.routes}

    with lab(World(accounts=(account,), zones=(zone(records=records),))) as running:
        reasons = asyncio.run(run(running))
        asked = running.api.state.asked[f"/accounts/{account.id}/dns_settings"]
    assert reasons == {NotProbeable.NOT_PROXIED if on else None}
    assert asked == 1
