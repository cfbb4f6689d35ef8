"""Does this machine reach the Internet through Cloudflare's own WARP client or Gateway?

Then an origin sees one of Cloudflare's addresses and not this machine's, and Gateway may filter
or open what passes: what is met from here says little about what the edge meets. Signs on the
machine cost nothing; only where there is one, the edge is asked, which tells it for certain.

Sources: developers.cloudflare.com/cloudflare-one, "WARP architecture" (the interface's name, its
addresses, the local DNS proxies) and "Device IPs"; documented. The members ``warp`` and
``gateway`` of /cdn-cgi/trace: "Verify device connectivity"; documented.
"""

import socket
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Final

from cf525.conclusion.unknowns import WARP
from cf525.edgeview.visit import edge_address
from cf525.model import Observation, Target, Unknown
from cf525.model.parsing import ConnectTo
from cf525.net.dns import Resolver
from cf525.probe.plan import Runner

TRACE_PATH: Final = "/cdn-cgi/trace"
DEADLINE: Final = 3_000.0
INTERFACE: Final = "cloudflarewarp"
ADDRESSES: Final = tuple(
    map(
        ip_network,
        ("172.16.0.2/32", "100.96.0.0/12", "2606:4700:110::/48", "2606:4700:cf1:1000::/64"),
    )
)
"""What the client's interface is called on Linux and Windows, and the addresses it has."""
DNS_PROXIES: Final = ("127.0.2.2", "127.0.2.3", "fd01:db8:1111::2", "fd01:db8:1111::3")


def signs(towards: Iterable[str], nameservers: Iterable[str]) -> tuple[str, ...]:
    """What on this machine points to WARP: its interface, its addresses on the way to any of
    ``towards``, its DNS proxies among ``nameservers``. Sends nothing."""
    found = []
    if any(name.lower() == INTERFACE for name in _interfaces()):
        found.append("it has the interface CloudflareWARP")
    for address in towards:
        local = _local_address(address)
        if local is not None and any(ip_address(local) in network for network in ADDRESSES):
            found.append(f"it speaks to {address} from WARP's address {local}")
            break
    if any(each in DNS_PROXIES for each in nameservers):
        found.append("its resolver is WARP's DNS proxy")
    return tuple(found)


def _interfaces() -> Sequence[str]:
    try:
        return [name for _, name in socket.if_nameindex()]
    except OSError:
        return []


def _local_address(address: str) -> str | None:
    """The address from which this machine would speak to another. A UDP socket that is connected
    and never written to sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as unused:
            unused.connect((address, 443))
            local: str = unused.getsockname()[0]
            return local.partition("%")[0]
    except OSError:
        return None


async def warp_doubt(
    found: Sequence[str],
    target: Target,
    *,
    resolver: Resolver,
    runner: Runner | None,
    connect_to: Sequence[ConnectTo] = (),
) -> Unknown | None:
    """The doubt that these signs cast; None where there is none, or where the edge knows better.

    Without a ``runner`` the edge is not asked.
    """
    if not found:
        return None
    told = await _trace(target, resolver, runner, connect_to) if runner is not None else {}
    on = [f"{name}={told[name]}" for name in ("warp", "gateway") if told.get(name, "off") != "off"]
    if told and not on:
        return None
    sure = f"the edge says {' and '.join(on)}" if on else "the edge was not asked"
    return Unknown(
        id=WARP,
        text="What the origin does to anybody else: this machine goes through Cloudflare WARP or "
        f"Gateway ({'; '.join(found)}; {sure}), so that the origin sees an address of Cloudflare's "
        "and Gateway may filter or open what passes.",
        next="Disconnect it (warp-cli disconnect) and run this again, or go another way with "
        "--via ssh://BASTION.",
    )


async def _trace(
    target: Target, resolver: Resolver, runner: Runner, connect_to: Sequence[ConnectTo]
) -> Mapping[str, str]:
    """The members of the edge's own account of this connection; empty where there is none."""
    from cf525.edgeview.client import EdgeClient

    address = edge_address(await resolver.lookup(target.host))
    if address is None:
        return {}
    visitor = EdgeClient(address=address, runner=runner, deadline=DEADLINE, connect_to=connect_to)
    return _members(
        (await visitor.ask(f"https://{target.host}{TRACE_PATH}", id="trace")).observation
    )


def _members(seen: Observation) -> Mapping[str, str]:
    answer = seen.http
    if answer is None or answer.status != 200 or answer.header("cf-ray") is None:
        return {}
    lines = answer.body_head.decode("ascii", "replace").splitlines()
    members = {name: value for name, _, value in (line.partition("=") for line in lines)}
    # Only the two that are asked for, and only where they are what Cloudflare writes.
    return {
        name: members[name]
        for name in ("warp", "gateway")
        if members.get(name, "") in ("off", "on", "plus")
    }
