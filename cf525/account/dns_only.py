"""Whether the account's switch ``enforce_dns_only`` lets visitors meet the origin directly.

With it every proxied record and load balancer answers with origin addresses, although each record
still says that it is proxied. Public DNS that answers with Cloudflare's own addresses rules it
out without a call to the API.

Source: developers.cloudflare.com/dns/proxy-status/enforce-dns-only (documented); tunnels, custom
hostnames, and the domains of Workers and R2 are exempt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from cf525.account.endpoints import Endpoint
from cf525.account.readings import ACCOUNT_DNS, read
from cf525.account.sources import Sources
from cf525.edge.ranges import classify
from cf525.model import NotProbeable, Provenance, Route, Unknown
from cf525.net.dns import Existence

SWITCH: Final = "enforce_dns_only"
_EXEMPT: Final = (NotProbeable.TUNNEL, NotProbeable.TUNNEL_DOWN, NotProbeable.PLACEHOLDER)


async def switch(
    sources: Sources, endpoints: Iterable[Endpoint], *, everywhere: bool
) -> tuple[Provenance | None, tuple[Unknown, ...]]:
    """The switch where it is on, and why it is not known. ``everywhere`` asks the API at once, as
    a run over many names should, whose account needs it only once."""
    exempt = all(each.not_probeable in _EXEMPT for each in endpoints)
    if exempt or sources.custom is not None or not sources.proxied:
        return None, ()
    if not everywhere and await _answers_with_the_edge(sources):
        return None, ()
    outcome = await read(sources.client, ACCOUNT_DNS, {"account": sources.zone.account_id})
    if outcome.unread is not None:
        settled = everywhere and await _answers_with_the_edge(sources)
        return None, () if settled else (outcome.unread,)
    value = outcome.value.get(SWITCH) if isinstance(outcome.value, Mapping) else None
    if value is not True:
        return None, ()
    return (
        Provenance(
            source="api",
            detail=f"the account's setting {SWITCH} is on: DNS gives visitors the origin's address",
            reference=SWITCH,
        ),
        (),
    )


def unproxied(route: Route, why: Provenance | None) -> Route:
    """The route as the switch leaves it."""
    if why is None or route.not_probeable in _EXEMPT:
        return route
    return replace(
        route,
        not_probeable=NotProbeable.NOT_PROXIED,
        provenance={**route.provenance, "proxied": why},
    )


async def _answers_with_the_edge(sources: Sources) -> bool:
    """Whether all that public DNS gives for the name are Cloudflare's own addresses."""
    found = await sources.finder.public(sources.target.host)
    if found.outcome is not Existence.FOUND or not found.addresses:
        return False
    return all(classify(address) is NotProbeable.CLOUDFLARE_ADDRESS for address in found.addresses)
