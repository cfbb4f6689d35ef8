"""Address ranges that decide whether an origin address can be probed at all.

Cloudflare's own ranges, the placeholders its documentation tells people to use for records
without an origin, and addresses that mean something on a private network only. Nothing here
downloads anything.

Sources: api.cloudflare.com/client/v4/ips as of 2026-09 (15 IPv4 and 7 IPv6 prefixes);
developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/error-522
(placeholders); IANA special-purpose address registries (RFC 6890).
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
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
)


@cache
def networks(prefixes: tuple[str, ...]) -> tuple[Network, ...]:
    """The parsed form of one of the tables above."""
    return tuple(ip_network(prefix) for prefix in prefixes)


def classify(address: str, allowed: Iterable[Network] = ()) -> NotProbeable | None:
    """Why nothing useful answers at ``address``; None when it can be probed.

    ``allowed`` are networks a lab declares to be probeable whatever else they are. An address
    that maps an IPv4 one into IPv6 is judged by the IPv4 address. Raises ValueError when
    ``address`` is no IP literal.
    """
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if _within(parsed, allowed):
        return None
    for prefixes, reason in (
        (CLOUDFLARE, NotProbeable.CLOUDFLARE_ADDRESS),
        (PLACEHOLDERS, NotProbeable.PLACEHOLDER),
        (PRIVATE, NotProbeable.PRIVATE),
    ):
        if _within(parsed, networks(prefixes)):
            return reason
    return None


def _within(address: IPv4Address | IPv6Address, candidates: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in candidates)
