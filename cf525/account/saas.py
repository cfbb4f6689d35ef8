"""Custom hostnames (Cloudflare for SaaS): a customer's name served by a provider's zone.

Asked for only when no zone covers the hostname itself. The provider's settings and rules apply;
where the name is sent, and with which SNI, is said here.

Sources: developers.cloudflare.com/cloudflare-for-platforms/cloudflare-for-saas (custom-origin)
and support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/error-1016.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.endpoints import Endpoint, EndpointFinder, Found
from cf525.account.readings import CUSTOM_HOSTNAME, FALLBACK_ORIGIN, read
from cf525.account.zone import list_zones
from cf525.model import NotProbeable, Provenance, Unknown, ZoneFacts
from cf525.values import dataclass

MAX_ZONES: Final = 14
_REQUEST_HOST: Final = ":request_host_header:"

SERVED: Final = ("active", "active_redeploying", "test_active", "test_active_apex")
"""States in which the edge serves the hostname."""
UNSERVED: Final = (
    *("pending", "pending_blocked", "pending_provisioned", "moved", "deleted", "blocked"),
    *("test_pending", "test_blocked", "test_failed"),
)
"""States in which it does not, and answers 1016 (the states: API; what they mean: inferred)."""

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
    if custom.status in UNSERVED:
        return _unserved(custom, f"the custom hostname {host} is {custom.status}")
    found = await _served(client, custom, finder, host)
    if custom.status in SERVED:
        return found
    return replace(found, unknowns=(*found.unknowns, _not_active(host, custom.status)))


async def _served(
    client: Client, custom: CustomHostname, finder: EndpointFinder, host: str
) -> Found:
    server = custom.row.get("custom_origin_server")
    if not isinstance(server, str) or not server:
        return await _fallback(client, custom, finder, host)
    asked = custom.row.get("custom_origin_sni")
    sni = asked if isinstance(asked, str) and asked else server
    if sni == _REQUEST_HOST:
        sni = host
    why = Provenance(source="api", detail=f"custom hostname {host}, custom origin {server}")
    found = await finder.from_address(server.lower(), why)
    doubts = () if sni == host else (STRICT_CUSTOM_ORIGIN,)
    own = Provenance(source="api", detail=server.lower())
    named = own if sni.lower() != server.lower() else None
    return Found(
        tuple(
            replace(each, sni=sni.lower(), named=named, custom_origin=sni != host)
            for each in found.endpoints
        ),
        (*found.unknowns, *doubts),
    )


async def _fallback(
    client: Client, custom: CustomHostname, finder: EndpointFinder, host: str
) -> Found:
    outcome = await read(client, FALLBACK_ORIGIN, {"zone": custom.zone.id})
    if outcome.unread is not None:
        return Found((), (outcome.unread,))
    origin = outcome.value.get("origin") if isinstance(outcome.value, Mapping) else None
    if not isinstance(origin, str) or not origin:
        return _unserved(custom, f"{host} has no custom origin, and there is no fallback")
    why = Provenance(source="api", detail=f"fallback origin {origin} of {custom.zone.name}")
    return await finder.from_address(origin.lower(), why)


def _unserved(custom: CustomHostname, detail: str) -> Found:
    """No origin at all: visitors get 1016."""
    lacking = "; ".join(_lacking(custom.row))
    why = Provenance(
        source="api",
        detail=f"{detail} in the zone {custom.zone.name}" + (f"; {lacking}" if lacking else ""),
        reference=str(custom.row.get("id") or ""),
    )
    endpoint = Endpoint(address=None, why=why, not_probeable=NotProbeable.NOT_SERVED)
    return Found((endpoint,))


def _not_active(host: str, status: str) -> Unknown:
    return Unknown(
        id="custom-hostname-not-active",
        text=f"The custom hostname {host} is {status or 'in no known state'}: it may not be served "
        "yet, and visitors then get error 1016.",
        next="Finish its validation.",
    )


def _lacking(row: Mapping[str, Any]) -> Iterator[str]:
    """What Cloudflare waits for: the ownership record, and the errors it met."""
    proof = row.get("ownership_verification")
    if isinstance(proof, Mapping) and isinstance(proof.get("name"), str):
        kind, name, value = (str(proof.get(key, ""))[:200] for key in ("type", "name", "value"))
        yield f'it waits for the {kind.upper() or "TXT"} record {name} with "{value}"'
    errors = row.get("verification_errors")
    for error in errors[:3] if isinstance(errors, list) else ():
        yield f"Cloudflare says: {str(error)[:200]}"
