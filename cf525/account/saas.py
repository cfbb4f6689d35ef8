"""Custom hostnames (Cloudflare for SaaS): a customer's name served by a provider's zone.

Asked for only when no zone covers the hostname itself. The provider's settings and rules apply;
where the name is sent, and with which SNI, is said here.

Sources: developers.cloudflare.com/cloudflare-for-platforms/cloudflare-for-saas (custom-origin)
and support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/error-1016.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.endpoints import EndpointFinder, Found
from cf525.account.readings import CUSTOM_HOSTNAME, FALLBACK_ORIGIN, read
from cf525.account.zone import list_zones
from cf525.model import Provenance, Unknown, ZoneFacts

MAX_ZONES: Final = 20
_REQUEST_HOST: Final = ":request_host_header:"

STRICT_CUSTOM_ORIGIN: Final = Unknown(
    id="saas-custom-origin",
    text="The edge sends the custom origin's name as SNI and the visitor's as Host; which of the "
    "two names Full (strict) wants in the certificate is not documented without doubt.",
    next="Use a certificate with both names.",
)


@dataclass(frozen=True, slots=True)
class CustomHostname:
    """A hostname on a provider's zone, as the API describes it."""

    zone: ZoneFacts
    row: Mapping[str, Any]

    @property
    def status(self) -> str:
        return str(self.row.get("status") or "")


async def find_custom_hostname(
    client: Client, host: str
) -> tuple[CustomHostname | None, tuple[Unknown, ...]]:
    """The custom hostname of that name on one of the token's zones, and what was not read.

    Looks at the first ``MAX_ZONES`` active zones. Raises ApiError when they cannot be listed.
    """
    zones = [zone for zone in await list_zones(client) if zone.status == "active"][:MAX_ZONES]
    answers = await asyncio.gather(
        *(read(client, CUSTOM_HOSTNAME, {"zone": zone.id, "host": host}) for zone in zones)
    )
    for zone, outcome in zip(zones, answers, strict=True):
        for row in outcome.value or ():
            if row.get("hostname") == host:
                return CustomHostname(zone, row), ()
    return None, tuple(dict.fromkeys(each.unread for each in answers if each.unread is not None))


async def endpoints_of(
    client: Client, custom: CustomHostname, finder: EndpointFinder, host: str
) -> Found:
    """Where a custom hostname is sent: its own origin, or the zone's fallback origin."""
    if custom.status != "active":
        return Found((), (_not_active(host, custom.status),))
    server = custom.row.get("custom_origin_server")
    if not isinstance(server, str) or not server:
        return await _fallback(client, custom, finder)
    asked = custom.row.get("custom_origin_sni")
    sni = asked if isinstance(asked, str) and asked else server
    if sni == _REQUEST_HOST:
        sni = host
    why = Provenance(source="api", detail=f"custom hostname {host}, custom origin {server}")
    found = await finder.from_address(server.lower(), why)
    doubts = () if sni == host else (STRICT_CUSTOM_ORIGIN,)
    return Found(
        tuple(replace(each, sni=sni.lower()) for each in found.endpoints),
        (*found.unknowns, *doubts),
    )


async def _fallback(client: Client, custom: CustomHostname, finder: EndpointFinder) -> Found:
    outcome = await read(client, FALLBACK_ORIGIN, {"zone": custom.zone.id})
    if outcome.unread is not None:
        return Found((), (outcome.unread,))
    origin = outcome.value.get("origin") if isinstance(outcome.value, Mapping) else None
    if not isinstance(origin, str) or not origin:
        return Found((), (_no_fallback(custom.zone.name),))
    why = Provenance(source="api", detail=f"fallback origin {origin} of {custom.zone.name}")
    return await finder.from_address(origin.lower(), why)


def _not_active(host: str, status: str) -> Unknown:
    return Unknown(
        id="custom-hostname-not-active",
        text=f"The custom hostname {host} is {status or 'not active'}; visitors get error 1016.",
        next="Finish its validation.",
    )


def _no_fallback(zone: str) -> Unknown:
    return Unknown(
        id="no-fallback-origin",
        text=f"The zone {zone} has no fallback origin; visitors get error 1016.",
        next="Set a fallback origin, or a custom origin for the hostname.",
    )
