"""Address ranges that decide whether an address is one to connect to, and why not.

Cloudflare's own ranges, the placeholders its documentation tells people to use for records
without an origin, and every block that is set apart from the public Internet. What downloads a
file that a certificate names and what probes an origin that a record names follow this one table;
only a person may name such an address. Nothing here downloads anything.

Sources: api.cloudflare.com/client/v4/ips as of 2026-09 (15 IPv4 and 7 IPv6 prefixes);
developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/error-522
(placeholders); the IANA registries iana-ipv4-special-registry, iana-ipv6-special-registry and
ipv6-address-space (RFC 6890, RFC 8190), with the RFC of each block beside it.
"""

from collections.abc import Iterable
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from cf525.model import NotProbeable

Network: TypeAlias = IPv4Network | IPv6Network

CLOUDFLARE: Final = (
    "173.245.48.0/20",
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "141.101.64.0/18",
    "108.162.192.0/18",
    "190.93.240.0/20",
    "188.114.96.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
    "162.158.0.0/15",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "172.64.0.0/13",
    "131.0.72.0/22",
    "2400:cb00::/32",
    "2606:4700::/32",
    "2803:f800::/32",
    "2405:b500::/32",
    "2405:8100::/32",
    "2a06:98c0::/29",
    "2c0f:f248::/32",
)

PLACEHOLDERS: Final = ("192.0.2.0/24", "100::/64")
"""Reserved for "there is no origin". The other documentation ranges are not used that way."""

PRIVATE: Final = (
    "0.0.0.0/8",  # this network, RFC 791
    "10.0.0.0/8",  # RFC 1918
    "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
    "127.0.0.0/8",  # loopback, RFC 1122
    "169.254.0.0/16",  # link-local, RFC 3927
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/4",  # multicast, RFC 5771
    "240.0.0.0/4",  # reserved, RFC 1112
    "::/128",
    "::1/128",
    "fc00::/7",  # unique local, RFC 4193
    "fe80::/10",  # link-local, RFC 4291
    "ff00::/8",  # multicast, RFC 4291
)
"""What means something on a private network only: the edge refuses such a record with 1002."""

DOCUMENTATION: Final = (
    "198.51.100.0/24",  # RFC 5737
    "203.0.113.0/24",
    "2001:db8::/32",  # RFC 3849
    "3fff::/20",  # RFC 9637
)
"""Nobody's: a probe of one does no harm and says so; a file is fetched from none."""

SPECIAL: Final = (
    "168.63.129.16/32",  # Azure's own services towards its machines, learn.microsoft.com
    "192.0.0.0/24",  # protocol assignments, RFC 6890
    "192.31.196.0/24",  # AS112, RFC 7535
    "192.52.193.0/24",  # AMT, RFC 7450
    "192.88.99.0/24",  # 6to4 relays, deprecated by RFC 7526
    "192.175.48.0/24",  # AS112, RFC 7534
    "198.18.0.0/15",  # benchmarking, RFC 2544
    "2001::/23",  # protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID and others
    "2002::/16",  # 6to4, RFC 3056: an IPv4 address in disguise
    "2620:4f:8000::/48",  # AS112, RFC 7534
)
"""What the edge does with such a record is not known; none of it is a place for an origin."""

GLOBAL_UNICAST: Final = ip_network("2000::/3")
"""All that IANA gives out of IPv6. Outside it lie the IPv4-compatible and -translated addresses
(::/96, ::ffff:0:0:0/96), NAT64 (64:ff9b::/96, RFC 6052; 64:ff9b:1::/48, RFC 8215), segment routing
(5f00::/16, RFC 9602) and site-local addresses (fec0::/10, ended by RFC 3879)."""


@cache
def networks(prefixes: tuple[str, ...]) -> tuple[Network, ...]:
    """The parsed form of one of the tables above."""
    return tuple(ip_network(prefix) for prefix in prefixes)


def classify(address: str, allowed: Iterable[Network] = ()) -> NotProbeable | None:
    """Why nothing is asked at ``address`` unless a person names it; None when it can be probed.

    ``allowed`` are networks a lab declares to be probeable whatever else they are. An address
    that maps an IPv4 one into IPv6 is judged by the IPv4 address, and is special at the best.
    Raises ValueError when ``address`` is no IP literal.
    """
    written = ip_address(address)
    mapped = written.ipv4_mapped if isinstance(written, IPv6Address) else None
    parsed = mapped or written
    if _within(parsed, allowed):
        return None
    for prefixes, reason in (
        (CLOUDFLARE, NotProbeable.CLOUDFLARE_ADDRESS),
        (PLACEHOLDERS, NotProbeable.PLACEHOLDER),
        (PRIVATE, NotProbeable.PRIVATE),
        (SPECIAL, NotProbeable.SPECIAL),
    ):
        if _within(parsed, networks(prefixes)):
            return reason
    outside = isinstance(written, IPv6Address) and written not in GLOBAL_UNICAST
    return NotProbeable.SPECIAL if outside else None


def is_public(address: str) -> bool:
    """Whether a stranger may send us there: what can be probed, and Cloudflare's own network,
    but not what is kept for documentation."""
    try:
        reason = classify(address)
    except ValueError:
        return False
    if reason not in (None, NotProbeable.CLOUDFLARE_ADDRESS):
        return False
    parsed = ip_address(address)
    mapped = isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None
    return not mapped and not _within(parsed, networks(DOCUMENTATION))


def _within(address: IPv4Address | IPv6Address, candidates: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in candidates)
