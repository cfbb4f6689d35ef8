"""What an ACME challenge of a made-up token would meet on its way through the edge.

As a CA does (RFC 8555 section 8.3): over plain HTTP first, then wherever redirects lead, whatever
the certificate there. Only places of the target's own name are asked; a redirect to another is
told and not followed. The token is made up, so that 404 from the origin is the good answer.
"""

from collections.abc import Sequence
from typing import Final

import httpx

from cf525.edgeview.client import EdgeClient
from cf525.edgeview.reading import read_visit
from cf525.edgeview.visit import edge_address
from cf525.model import DEFAULT_PORTS, Hop, Observation, Target
from cf525.model.parsing import ConnectTo
from cf525.net.dns import Resolver
from cf525.probe.plan import CHALLENGE_PATH, Runner
from cf525.values import dataclass

MOST_HOPS: Final = 5
MOST_URL: Final = 2_048
DEADLINE: Final = 4_000.0
"""Milliseconds for one hop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged:
    """The hops of a challenge and the probes that carried them."""

    hops: tuple[Hop, ...] = ()
    observations: tuple[Observation, ...] = ()


async def challenge_through_edge(
    target: Target,
    *,
    resolver: Resolver,
    runner: Runner,
    connect_to: Sequence[ConnectTo] = (),
    deadline: float = DEADLINE,
) -> Challenged:
    """Ask for the challenge and follow it; nothing where the name does not lead to the edge."""
    address = edge_address(await resolver.lookup(target.host))
    if address is None:
        return Challenged()
    visitor = EdgeClient(address=address, runner=runner, deadline=deadline, connect_to=connect_to)
    hops: list[Hop] = []
    observations: list[Observation] = []
    url: str | None = f"http://{target.host}{CHALLENGE_PATH}"
    while url is not None and len(hops) < MOST_HOPS:
        met = await visitor.ask(url, id=f"challenge{len(hops) + 1}")
        hops.append(_hop(url, met.observation))
        observations.append(met.observation)
        url = _followed(met.following, target.host)
    return Challenged(hops=tuple(hops), observations=tuple(observations))


def _hop(url: str, seen: Observation) -> Hop:
    location = seen.http.header("location") if seen.http is not None else None
    # A CA minds no certificate on this way, and neither does this.
    return Hop(url=url, visit=read_visit(seen, trusted=None), location=(location or "")[:MOST_URL])


def _followed(url: httpx.URL | None, host: str) -> str | None:
    """Where to ask next: the same name, on a port that a CA asks."""
    if url is None or url.raw_host.decode("ascii") != host or len(str(url)) > MOST_URL:
        return None
    usual = url.port is None or url.port == DEFAULT_PORTS.get(url.scheme)
    return str(url) if usual and url.scheme in DEFAULT_PORTS else None
