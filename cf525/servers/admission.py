"""Rules on the addresses that connections come from, held against those that Cloudflare publishes.

A rule is true of the edge where it holds for every range, false where it holds for none, and None
where it holds for some of them or is not understood.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Final, TypeAlias

from cf525.edge.ranges import CLOUDFLARE
from cf525.model import Place, Status
from cf525.servers import faults
from cf525.servers.foretold import Edit, Fault

Network: TypeAlias = IPv4Network | IPv6Network
_WORDS: Final = {
    "all": ("0.0.0.0/0", "::/0"),
    "private_ranges": (
        "192.168.0.0/16",
        "172.16.0.0/12",
        "10.0.0.0/8",
        "127.0.0.0/8",
        "fd00::/8",
        "::1/128",
    ),
}
"""Words of nginx and of Caddy."""


@cache
def edge() -> tuple[IPv4Network, ...]:
    """The ranges that the edge connects from over IPv4."""
    return tuple(each for each in map(ip_network, CLOUDFLARE) if isinstance(each, IPv4Network))


def networks(words: Iterable[str]) -> tuple[Network, ...] | None:
    """The networks that are meant; None where one of them is not written as such."""
    found: list[Network] = []
    for word in words:
        for each in _WORDS.get(word, (word,)):
            try:
                found.append(ip_network(each, strict=False))
            except ValueError:
                return None
    return tuple(found)


def of_edge(words: Iterable[str]) -> bool | None:
    """Whether the edge comes from one of these networks."""
    known = networks(words)
    if known is None:
        return None
    own = list(collapse_addresses(each for each in known if isinstance(each, IPv4Network)))
    if all(any(each.subnet_of(net) for net in own) for each in edge()):
        return True
    return None if any(each.overlaps(net) for each in edge() for net in own) else False


def parted(nets: Sequence[IPv4Network], by: str) -> tuple[list[IPv4Network], list[IPv4Network]]:
    """What of some networks a rule is for, and the rest. Raises ValueError where it is none."""
    own = [each for each in networks([by]) or () if isinstance(each, IPv4Network)]
    if not own:
        if networks([by]) is None:
            raise ValueError(by)
        return [], list(nets)
    inside: list[IPv4Network] = []
    rest: list[IPv4Network] = []
    for net in nets:
        if net.subnet_of(own[0]):
            inside.append(net)
        elif own[0].subnet_of(net):
            inside.append(own[0])
            rest += net.address_exclude(own[0])
        else:
            rest.append(net)
    return inside, rest


def shut_out(
    places: Sequence[Place], *, status: Status, how: str, edits: tuple[Edit, ...] = ()
) -> Fault:
    """A rule that turns away every address that Cloudflare publishes."""
    return Fault(
        cause="cf-ips-firewalled",
        status=status,
        evidence=(f"none of Cloudflare's published addresses is let in: {how}",),
        places=tuple(places),
        confidence=faults.MEDIUM,
        reason="another host in front may be what connects here",
        facts={"rule": places[0].text if places else ""},
        edits=edits,
    )


def doubted(rule: str) -> str:
    """What is said of a rule that is not decided for the edge."""
    return f"whether the rule for source addresses lets Cloudflare in is not decided: {rule}"
