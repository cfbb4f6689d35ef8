"""Which addresses can be probed as an origin, and why the others cannot."""

from ipaddress import ip_network

import pytest

from cf525.edge.ranges import CLOUDFLARE, PLACEHOLDERS, PRIVATE, classify, networks
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
