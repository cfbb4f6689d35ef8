"""A target's routes in ordinary zones: modes, records, names, and what stays unknown."""

import asyncio
from collections.abc import Sequence

import pytest

from benchmarks.bounds import BOUNDS
from cf525.account.records import ZoneRecords
from cf525.account.resolve import Resolution, resolve
from cf525.account.zone import list_zones
from cf525.errors import ApiError, CredentialsError, PermissionRefused
from cf525.lab.api import Fault
from cf525.lab.api_server import Logged
from cf525.lab.world import ALL, Name, Record, Token, World, Zone
from cf525.model import NotProbeable, PostQuantum
from cf525.model.parsing import parse_target
from tests.account.labs import Lab, lab, routes, unknown_ids, without, world, zone

WWW = Record(type="A", name="www.example.com", content="203.0.113.7")


def rounds(log: Sequence[Logged]) -> int:
    """The longest run of requests of which each began after the one before had ended."""
    count, ended = 0, 0.0
    for one in sorted(log, key=lambda logged: logged.ended):
        if one.began >= ended:
            count, ended = count + 1, one.ended
    return count


@pytest.mark.parametrize(
    ("mode", "target", "leg"),
    [
        ("strict", "https://www.example.com", ("strict", "https", 443)),
        ("full", "https://www.example.com:8443", ("full", "https", 8443)),
        ("full", "http://www.example.com", ("full", "http", 80)),
        ("full", "http://www.example.com:8080", ("full", "http", 8080)),
        ("flexible", "https://www.example.com", ("flexible", "http", 80)),
        ("flexible", "https://www.example.com:2053", ("full", "https", 2053)),
        ("off", "https://www.example.com", ("off", "http", 80)),
        ("origin_pull", "http://www.example.com", ("origin_pull", "https", 443)),
        ("future", "https://www.example.com", ("future", "https", 443)),
    ],
)
def test_the_mode_and_the_visitors_scheme_make_the_leg_to_the_origin(
    mode: str, target: str, leg: tuple[str, str, int]
) -> None:
    (route,) = routes(world(settings={"ssl": mode}), target)
    assert (route.mode, route.scheme, route.port) == leg
    assert (route.sni is None) == (route.scheme == "http")


def test_every_value_of_a_route_says_what_decided_it() -> None:
    (route,) = routes(world())
    assert route.provenance["mode"].detail == "zone setting ssl: strict"
    assert route.provenance["address"].detail == "A record www.example.com, proxied"
    assert route.provenance["address"].reference
    assert set(route.provenance) == {
        *("mode", "address", "port", "sni", "host", "alpn", "post_quantum", "compliance"),
        *("client_certificate", "accepted_names", "trust"),
    }


def test_a_route_per_address_of_both_families() -> None:
    found = routes(world(records=(WWW, Record(type="AAAA", name=WWW.name, content="2001:db8::7"))))
    assert [(route.id, route.address) for route in found] == [
        ("r1", "203.0.113.7"),
        ("r2", "2001:db8::7"),
    ]


def test_a_cname_is_followed_and_its_target_is_an_accepted_name() -> None:
    one = World(
        zones=(zone(records=(Record(type="CNAME", name=WWW.name, content="shop.example.net"),)),),
        names={
            "shop.example.net": Name(cname="edge.example.net"),
            "edge.example.net": Name(addresses=("198.51.100.4",)),
        },
    )
    (route,) = routes(one)
    assert (route.address, route.sni, route.host_header) == ("198.51.100.4", *(WWW.name,) * 2)
    assert route.accepted_names == ("www.example.com", "shop.example.net")
    assert route.provenance["address"].source == "dns"
    assert "edge.example.net" in route.provenance["address"].detail


def test_a_cname_within_the_zone_leads_to_the_origin_not_to_the_edge() -> None:
    (route,) = routes(
        world(
            records=(
                Record(type="CNAME", name=WWW.name, content="example.com"),
                Record(type="A", name="example.com", content="203.0.113.9"),
            )
        )
    )
    assert (route.address, route.not_probeable) == ("203.0.113.9", None)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("a.example.com", "203.0.113.1"),
        ("x.a.example.com", "203.0.113.2"),
        ("y.b.example.com", None),
        ("mail.example.com", None),
        ("z.deep.example.com", "203.0.113.1"),
    ],
)
def test_wildcards_answer_as_dns_has_it(host: str, address: str | None) -> None:
    records = (
        Record(type="A", name="*.example.com", content="203.0.113.1"),
        Record(type="A", name="*.a.example.com", content="203.0.113.2"),
        Record(type="A", name="b.example.com", content="203.0.113.3"),
        Record(type="MX", name="mail.example.com", content="mx.example.net", proxied=False),
    )
    with lab(world(records=records)) as running:
        resolution = running.resolve(host)
    assert [route.address for route in resolution.routes] == ([address] if address else [])
    assert ("no-dns-record" in unknown_ids(resolution)) == (address is None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("104.16.0.1", NotProbeable.PROHIBITED),
        ("192.0.2.1", NotProbeable.PLACEHOLDER),
        ("10.0.0.1", NotProbeable.PRIVATE),
    ],
)
def test_an_address_nobody_can_probe_is_marked(content: str, reason: NotProbeable) -> None:
    (route,) = routes(world(records=(Record(type="A", name=WWW.name, content=content),)))
    assert (route.not_probeable, route.probeable) == (reason, False)


def test_a_tunnel_is_no_address() -> None:
    target = "11111111-2222-3333-4444-555555555555.cfargotunnel.com"
    (route,) = routes(world(records=(Record(type="CNAME", name=WWW.name, content=target),)))
    assert (route.address, route.not_probeable) == (None, NotProbeable.TUNNEL)


def test_a_dead_cname_is_unresolved_and_a_silent_one_unknown() -> None:
    def one(**name: object) -> World:
        records = (Record(type="CNAME", name=WWW.name, content="o.example.net"),)
        names = {"o.example.net": Name(**name)} if name else {}  # type: ignore[arg-type]
        return World(zones=(zone(records=records),), names=names)

    for broken, why, expected in (
        (one(), NotProbeable.NO_ADDRESS, False),
        (one(rcode="SERVFAIL"), NotProbeable.UNRESOLVED, True),
    ):
        with lab(broken) as running:
            resolution = running.resolve(WWW.name)
        assert resolution.routes[0].not_probeable is why
        assert ("origin-unresolved" in unknown_ids(resolution)) is expected


def test_one_proxied_record_makes_all_of_them_proxied() -> None:
    grey = Record(type="A", name=WWW.name, content="203.0.113.8", proxied=False)
    assert [route.not_probeable for route in routes(world(records=(WWW, grey)))] == [None, None]
    (route,) = routes(world(records=(grey,)))
    assert route.not_probeable is NotProbeable.NOT_PROXIED


@pytest.mark.parametrize("change", [{"paused": True}, {"status": "pending"}])
def test_a_zone_that_is_not_served_proxies_nothing(change: dict[str, object]) -> None:
    (route,) = routes(world(**change))
    assert route.not_probeable is NotProbeable.NOT_PROXIED
    assert "example.com is p" in route.provenance["proxied"].detail


@pytest.mark.parametrize(
    ("change", "certificate"),
    [
        ({}, "none"),
        ({"settings": {"ssl": "full", "tls_client_auth": "on"}}, "global"),
        ({"aop_zone": True, "settings": {"ssl": "full", "tls_client_auth": "on"}}, "zone"),
        ({"aop_zone": True, "aop_hosts": {WWW.name: True}}, "host"),
        ({"aop_zone": True, "aop_hosts": {WWW.name: False}}, "none"),
        ({"aop_zone": True, "aop_hosts": {WWW.name: None}}, "zone"),
        ({"aop_zone": True, "settings": {"ssl": "flexible"}}, "none"),
    ],
)
def test_the_closest_level_of_origin_pulls_decides(
    change: dict[str, object], certificate: str
) -> None:
    (route,) = routes(world(**change))
    assert route.client_certificate == certificate


def test_the_handshake_settings_reach_the_route() -> None:
    settings = {"ssl": "strict", "origin_max_http_version": "1", "origin_pqe": "off"}
    (route,) = routes(world(settings=settings, trust_store=({"certificate": "x"},)))
    assert route.alpn == ("http/1.1",)
    assert route.post_quantum is PostQuantum.OFF
    assert route.trust == "custom"


def test_the_longest_zone_the_token_sees_wins() -> None:
    child = Zone(
        name="shop.example.com",
        settings={"ssl": "flexible"},
        records=(Record(type="A", name="www.shop.example.com", content="203.0.113.9"),),
    )
    with lab(World(zones=(zone(), child))) as running:
        resolution = running.resolve("www.shop.example.com")
    assert resolution.zone is not None
    assert (resolution.zone.name, resolution.zone.ssl) == ("shop.example.com", "flexible")


def test_a_name_in_no_visible_zone_is_an_unknown() -> None:
    with lab(world()) as running:
        resolution = running.resolve("www.example.org")
    assert (resolution.zone, resolution.routes) == (None, ())
    assert unknown_ids(resolution) == {"zone-not-found"}


@pytest.mark.parametrize(
    ("permission", "unknowns"),
    [
        (
            "Zone Settings Read",
            {"ssl", "tls-client-auth", "origin-pqe", "origin-max-http-version"},
        ),
        ("SSL and Certificates Read", {"aop-zone", "aop-host", "trust-store"}),
        ("DNS Read", {"dns-records"}),
        ("Config Rules Read", {"config-rules"}),
        ("Origin Rules Read", {"origin-rules"}),
        ("Load Balancers Read", {"load-balancers"}),
        ("Workers Routes Read", {"worker-routes"}),
        ("Cloud Connector Read", {"cloud-connector"}),
    ],
)
def test_a_missing_right_is_a_named_unknown_and_no_failure(
    permission: str, unknowns: set[str]
) -> None:
    poor = World(zones=(zone(),), tokens=(without(permission),))
    with lab(poor) as running:
        resolution = running.resolve(WWW.name)
    assert {f"unread-{name}" for name in unknowns} <= unknown_ids(resolution)
    assert all(
        permission in unknown.text + unknown.next
        for unknown in resolution.unknowns
        if unknown.id.startswith("unread-")
    )


def test_an_unread_mode_is_unknown_and_not_guessed() -> None:
    poor = World(zones=(zone(),), tokens=(without("Zone Settings Read"),))
    with lab(poor) as running:
        resolution = running.resolve(WWW.name)
    (route,) = resolution.routes
    assert (route.mode, route.scheme) == ("unknown", "https")
    assert route.client_certificate == "unknown"
    assert route.provenance["alpn"].source == "default"
    assert resolution.zone is not None
    assert resolution.zone.ssl is None


def test_a_zone_without_the_trust_store_product_has_an_empty_one() -> None:
    fault = Fault(path="custom_trust_store", kind="status", status=403, code=1450)
    with lab(world(), fault) as running:
        resolution = running.resolve(WWW.name)
    assert "unread-trust-store" not in unknown_ids(resolution)
    assert resolution.routes[0].trust == "public"


def test_one_broken_reading_leaves_the_others() -> None:
    fault = Fault(path="settings/ssl_automatic_mode", kind="html")
    with lab(world(), fault) as running:
        resolution = running.resolve(WWW.name)
    assert unknown_ids(resolution) == {"unread-ssl-automatic-mode"}
    assert resolution.routes[0].mode == "strict"


def test_automatic_ssl_is_named_as_a_possible_ramp() -> None:
    with lab(world(settings={"ssl": "full", "ssl_automatic_mode": "auto"})) as running:
        assert "automatic-ssl" in unknown_ids(running.resolve(WWW.name))


def test_a_port_cloudflare_does_not_proxy_is_said() -> None:
    with lab(world()) as running:
        assert "port-not-proxied" in unknown_ids(running.resolve("https://www.example.com:9443"))


def test_a_refused_token_is_told_from_a_missing_right() -> None:
    with lab(world()) as running, pytest.raises(CredentialsError):
        running.resolve(WWW.name, token="unknown")
    poor = World(zones=(zone(),), tokens=(without("Zone Read"),))
    with lab(poor) as running, pytest.raises(PermissionRefused) as caught:
        running.resolve(WWW.name)
    assert caught.value.needs == "Zone Read"


def test_an_accounts_token_is_never_called_bad_for_failing_the_users_check() -> None:
    poor = World(
        zones=(zone(),),
        tokens=(Token(value="cfat_x", permissions=frozenset({"DNS Read"})),),
    )
    with lab(poor) as running, pytest.raises(PermissionRefused):
        running.resolve(WWW.name, token="cfat_x")


def test_of_an_accounts_token_it_is_said_that_it_may_have_ended() -> None:
    one = World(tokens=(Token(value="cfat_x", permissions=ALL - {"Zone Read"}),), zones=(zone(),))
    with lab(one) as running, pytest.raises(PermissionRefused) as caught:
        running.resolve(WWW.name, token="cfat_x")
    assert "has ended looks the same" in caught.value.hint


def test_an_api_that_breaks_is_an_error_and_no_empty_answer() -> None:
    with lab(world(), Fault(path="/zones$", kind="html")) as running, pytest.raises(ApiError):
        running.resolve(WWW.name)


def test_an_api_that_breaks_after_the_zone_was_found_is_an_error_too() -> None:
    fault = Fault(path="/(zones|accounts)/.+", kind="html")
    with lab(world(), fault) as running, pytest.raises(ApiError):
        running.resolve(WWW.name)


def test_three_rounds_of_calls_find_everything() -> None:
    with lab(world(), latency=0.1) as running:
        resolution = running.resolve(WWW.name)
        log = running.api.log
    assert rounds([one for one in log if one.path == "/zones"]) == 1
    first = max(one.ended for one in log if one.path == "/zones")
    assert all(one.began >= first for one in log if one.path != "/zones")
    most = BOUNDS["API calls for one host, in full"][0]
    assert resolution.api_calls == len(log) == most - 1  # Trace is asked where rules are in play


def test_many_targets_of_a_zone_share_its_readings_and_records() -> None:
    records = tuple(
        Record(type="A", name=f"h{number}.example.com", content="203.0.113.7")
        for number in range(30)
    )

    async def run(running: Lab) -> tuple[int, int]:
        whole: dict[str, ZoneRecords] = {}
        async with running.client() as client:
            zones = await list_zones(client)
            whole[zones[0].id] = ZoneRecords(client, zones[0].id, zones[0].name, bulk=True)
            hosts = await whole[zones[0].id].proxied_names()
            resolved = [
                await resolve(
                    parse_target(host),
                    client=client,
                    resolver=running.resolver(),
                    zones=zones,
                    whole_zones=whole,
                )
                for host in hosts
            ]
            return sum(len(one.routes) for one in resolved), client.calls

    with lab(world(records=records)) as running:
        found, calls = asyncio.run(run(running))
        listed = running.api.state.asked[f"/zones/{zone().id}/dns_records"]
    assert (found, listed) == (30, 1)
    assert calls == 14  # the zones, the records, and each reading worth a call: once


def test_records_that_cannot_be_read_whole_leave_no_wrong_answer() -> None:
    records = tuple(
        Record(type="A", name=f"h{number}.example.com", content="203.0.113.7")
        for number in range(5001)
    )

    async def run(running: Lab) -> Resolution:
        async with running.client() as client:
            return await resolve(
                parse_target("h1.example.com"),
                client=client,
                resolver=running.resolver(),
                whole_zones={},
            )

    fault = Fault(path="dns_records", kind="ignore-page")
    with lab(world(records=records), fault) as running:
        resolution = asyncio.run(run(running))
    assert (resolution.routes, "unread-dns-records" in unknown_ids(resolution)) == ((), True)


def test_a_lean_run_costs_six_calls_and_names_what_it_left_out() -> None:
    with lab(world()) as running:
        resolution = running.resolve(WWW.name, lean=True)
        calls = len(running.api.log)
    (route,) = resolution.routes
    assert calls == resolution.api_calls == 6
    assert (route.mode, route.address, route.sni) == ("strict", "203.0.113.7", WWW.name)
    assert route.client_certificate == "unknown"
    assert unknown_ids(resolution) == {"lean-reading"}
