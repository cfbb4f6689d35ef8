"""Names asked through a real resolver on loopback: found, missing, or not known because."""

import asyncio
import socket

from cf525.lab.dns_server import DnsServer
from cf525.lab.world import Name, Record, World, Zone
from cf525.model import CaaRecord, CaaSet
from cf525.net.dns import MAX_ADDRESSES, Existence, Lookup, Resolver

MANY = tuple(f"198.51.{high}.{low}" for high in (100, 101) for low in range(200))

WORLD = World(
    zones=(
        Zone(
            name="example.com",
            records=(
                Record(type="A", name="example.com", content="203.0.113.7"),
                Record(type="A", name="grey.example.com", content="203.0.113.8", proxied=False),
                Record(type="MX", name="mail.example.com", content="mx.example.net", proxied=False),
            ),
        ),
    ),
    names={
        "both.example.net": Name(addresses=("198.51.100.1", "2001:db8::1")),
        "alias.example.net": Name(cname="Middle.Example.NET."),
        "middle.example.net": Name(cname="both.example.net"),
        "dangling.example.net": Name(cname="gone.example.net"),
        "loop.example.net": Name(cname="loop.example.net"),
        "broken.example.net": Name(rcode="SERVFAIL"),
        "refused.example.net": Name(rcode="REFUSED"),
        "silent.example.net": Name(silent=True),
        "many.example.net": Name(addresses=MANY),
        "caa.example.net": Name(caa=('0 issue "letsencrypt.org"', '0 issue "pki.goog"')),
        "shop.caa.example.net": Name(addresses=("198.51.100.2",), caa=('128 issue ";"',)),
        "*.wild.example.net": Name(addresses=("198.51.100.9",)),
    },
)


def lookup(name: str, timeout: float = 30.0) -> Lookup:
    with DnsServer(WORLD) as server:
        return asyncio.run(Resolver(server.address, timeout).lookup(name))


def test_both_families_are_found() -> None:
    found = lookup("both.example.net")
    assert found.outcome is Existence.FOUND
    assert set(found.addresses) == {"198.51.100.1", "2001:db8::1"}


def test_the_cname_chain_is_kept_in_order() -> None:
    found = lookup("Alias.Example.NET.")
    assert found.cnames == ("middle.example.net", "both.example.net")
    assert "198.51.100.1" in found.addresses


def test_a_name_that_does_not_exist_is_missing() -> None:
    assert (lookup("gone.example.net").outcome, lookup("gone.example.net").reason) == (
        Existence.MISSING,
        "nxdomain",
    )


def test_a_dangling_cname_is_missing_and_shows_where_it_led() -> None:
    found = lookup("dangling.example.net")
    assert found.outcome is Existence.MISSING
    assert found.cnames == ("gone.example.net",)


def test_a_name_without_addresses_is_missing_for_another_reason() -> None:
    found = lookup("mail.example.com")
    assert (found.outcome, found.reason) == (Existence.MISSING, "no-address")


def test_a_server_failure_is_unknown_and_never_missing() -> None:
    assert lookup("broken.example.net").outcome is Existence.UNKNOWN
    assert lookup("broken.example.net").reason == "servfail"
    assert lookup("refused.example.net").reason == "refused"


def test_a_cname_loop_is_unknown() -> None:
    assert lookup("loop.example.net").outcome is Existence.UNKNOWN


def test_silence_is_unknown_within_the_timeout() -> None:
    with DnsServer(WORLD) as server:
        resolver = Resolver(server.address, 0.3)
        found = asyncio.run(resolver.lookup("silent.example.net"))
    assert (found.outcome, found.reason) == (Existence.UNKNOWN, "timeout")
    assert (resolver._open().timeout, resolver._open().lifetime) == (0.15, 0.3)


def test_a_resolver_that_is_not_there_is_unknown() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    found = asyncio.run(Resolver(("127.0.0.1", port), 0.3).lookup("both.example.net"))
    assert found.outcome is Existence.UNKNOWN


def test_a_long_answer_comes_over_tcp_and_is_bounded() -> None:
    found = lookup("many.example.net")
    assert found.outcome is Existence.FOUND
    assert len(found.addresses) == MAX_ADDRESSES


def test_proxied_names_show_the_edge_and_grey_ones_their_origin() -> None:
    assert set(lookup("example.com").addresses) == set(WORLD.edge)
    assert lookup("grey.example.com").addresses == ("203.0.113.8",)


def test_a_wildcard_answers_for_names_below_it() -> None:
    assert lookup("a.wild.example.net").addresses == ("198.51.100.9",)


def test_a_name_is_asked_once_a_run() -> None:
    async def ask() -> tuple[Lookup, Lookup]:
        with DnsServer(WORLD) as server:
            resolver = Resolver(server.address, 2.0)
            first = await resolver.lookup("both.example.net")
        return first, await resolver.lookup("both.example.net")  # the server is gone by now

    first, second = asyncio.run(ask())
    assert first == second
    assert second.outcome is Existence.FOUND


def caa(name: str, timeout: float = 30.0) -> CaaSet:
    with DnsServer(WORLD) as server:
        return asyncio.run(Resolver(server.address, timeout).caa(name))


def test_the_caa_records_of_the_nearest_name_count() -> None:
    own = caa("shop.caa.example.net")
    assert (own.owner, own.records) == (
        "shop.caa.example.net",
        (CaaRecord(flags=128, tag="issue", value=";"),),
    )
    above = caa("WWW.deep.caa.example.net.")
    assert above.owner == "caa.example.net"
    assert {each.value for each in above.records} == {"letsencrypt.org", "pki.goog"}


def test_no_caa_record_anywhere_is_an_answer() -> None:
    assert caa("both.example.net") == CaaSet()


def test_a_failing_caa_look_up_says_where_and_why() -> None:
    found = caa("a.broken.example.net")
    assert found == CaaSet(owner="broken.example.net", reason="servfail")
