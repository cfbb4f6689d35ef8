"""Dedicated egress addresses: an Enterprise zone may reach its origins from addresses of its own.

They stand on no public list, so that a firewall built from that list leaves them out, and one
built for them admits nobody else. Read only where an origin does not let somebody in.

Source: developers.cloudflare.com/smart-shield/configuration/dedicated-egress-ips, the setting
``aegis`` of a zone (documented).
"""

from collections.abc import Mapping
from typing import Final

from cf525.account.client import Client
from cf525.account.readings import Reading, read
from cf525.account.rights import Right
from cf525.model import Unknown, ZoneFacts

PLAN: Final = "enterprise"
AEGIS: Final = Reading(
    id="aegis",
    path="/zones/{zone}/settings/aegis",
    needs=Right.ZONE_SETTINGS,
    what="Whether the edge uses dedicated egress addresses",
    matters="the origin's firewall must admit those, which are on no public list",
    optional=True,
)


async def egress_doubt(client: Client, zone: ZoneFacts) -> Unknown | None:
    """What is open because the zone has egress addresses of its own, or because it may."""
    if zone.plan != PLAN:
        return None
    outcome = await read(client, AEGIS, {"zone": zone.id})
    if outcome.unread is not None:
        return outcome.unread
    value = outcome.value.get("value") if isinstance(outcome.value, Mapping) else None
    if not isinstance(value, Mapping) or value.get("enabled") is not True:
        return None
    pool = str(value.get("pool_id") or "without an id")[:64]
    return Unknown(
        id="dedicated-egress",
        text=f"Whether the origin admits the edge: this zone asks from dedicated egress addresses "
        f"(pool {pool}), which are not on cloudflare.com/ips.",
        next="Compare the origin's firewall with the addresses of that pool.",
    )
