"""Which addresses can be probed as an origin, and why the others cannot."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.edge.ranges import (
    CLOUDFLARE,
    DOCUMENTATION,
    PLACEHOLDERS,
    PRIVATE,
    SPECIAL,
    classify,
    is_public,
    networks,
)
from cf525.model import NotProbeable


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("203.0.113.7", None),
        ("198.51.100.7", None),
        ("8.8.8.8", None),
        ("2001:db8::1", None),
        ("104.16.0.1", NotProbeable.CLOUDFLARE_ADDRESS),
        ("172.64.0.1", NotProbeable.CLOUDFLARE_ADDRESS),
        ("172.32.0.1", None),
        ("2606:4700::6810:19", NotProbeable.CLOUDFLARE_ADDRESS),
        ("::ffff:104.16.0.1", NotProbeable.CLOUDFLARE_ADDRESS),
        ("192.0.2.1", NotProbeable.PLACEHOLDER),
        ("100::", NotProbeable.PLACEHOLDER),
        ("100::1", NotProbeable.PLACEHOLDER),
        ("10.0.0.1", NotProbeable.PRIVATE),
        ("172.16.0.1", NotProbeable.PRIVATE),
        ("100.64.0.1", NotProbeable.PRIVATE),
        ("127.0.0.1", NotProbeable.PRIVATE),
        ("169.254.169.254", NotProbeable.PRIVATE),
        ("0.0.0.0", NotProbeable.PRIVATE),
        ("255.255.255.255", NotProbeable.PRIVATE),
        ("::1", NotProbeable.PRIVATE),
        ("fd00::1", NotProbeable.PRIVATE),
        ("fe80::1", NotProbeable.PRIVATE),
        ("::ffff:10.0.0.1", NotProbeable.PRIVATE),
        ("::ffff:192.0.2.1", NotProbeable.PLACEHOLDER),
        ("::ffff:8.8.8.8", NotProbeable.SPECIAL),
        ("::7f00:1", NotProbeable.SPECIAL),  # IPv4-compatible
        ("::ffff:0:7f00:1", NotProbeable.SPECIAL),  # IPv4-translated
        ("64:ff9b::7f00:1", NotProbeable.SPECIAL),  # NAT64
        ("64:ff9b:1::a00:1", NotProbeable.SPECIAL),
        ("2002:7f00:1::1", NotProbeable.SPECIAL),  # 6to4
        ("2001:0:7f00:1::1", NotProbeable.SPECIAL),  # Teredo
        ("fec0::1", NotProbeable.SPECIAL),  # site-local
        ("5f00::1", NotProbeable.SPECIAL),
        ("198.18.0.1", NotProbeable.SPECIAL),
        ("198.19.255.255", NotProbeable.SPECIAL),
        ("192.0.0.9", NotProbeable.SPECIAL),
        ("192.88.99.1", NotProbeable.SPECIAL),
        ("2a00:1450:4001::1", None),
        ("192.0.1.1", None),
    ],
)
def test_an_address_is_classified(address: str, reason: NotProbeable | None) -> None:
    assert classify(address) is reason


def test_a_lab_may_declare_its_networks_probeable_and_nothing_more() -> None:
    lab = (ip_network("127.0.0.0/8"),)
    assert classify("127.0.0.1", lab) is None
    assert classify("10.0.0.1", lab) is NotProbeable.PRIVATE
    assert classify("::1", lab) is NotProbeable.PRIVATE


def test_what_is_no_address_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        classify("origin.example.com")


def test_the_published_table_is_whole_and_free_of_overlaps() -> None:
    published = networks(CLOUDFLARE)
    assert (len([n for n in published if n.version == 4]), len(published)) == (15, 22)
    others = networks(PLACEHOLDERS) + networks(PRIVATE)
    assert not [
        (a, b) for a in published for b in others if a.version == b.version and a.overlaps(b)
    ]


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "127.0.0.1", "169.254.169.254", "198.18.0.1", "192.88.99.1", "192.0.0.9"),
        *("::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "fec0::1"),
        *("2001:0:808:808::1", "5f00::1", "fd00::1", "203.0.113.7", "2001:db8::1", "192.0.2.1"),
        *("3fff::1", "4000::1", "origin.example.com", ""),
    ],
)
def test_nothing_is_fetched_from_it(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses().map(str))
def test_what_is_fetched_from_may_be_probed_and_is_global_to_everybody_else(address: str) -> None:
    """The other way round only documentation differs: probes may name it, files may not."""
    if is_public(address):
        assert classify(address) in (None, NotProbeable.CLOUDFLARE_ADDRESS)
        assert ip_address(address).is_global
    elif classify(address) is None:
        parsed = ip_address(address)
        assert any(parsed in each for each in networks(DOCUMENTATION))


@pytest.mark.parametrize("prefix", [*PRIVATE, *SPECIAL, *DOCUMENTATION, *PLACEHOLDERS])
def test_no_block_of_the_registries_is_left_to_a_stranger(prefix: str) -> None:
    block = ip_network(prefix)
    for address in (block[0], block[-1]):
        assert not is_public(str(address))
