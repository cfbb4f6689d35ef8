"""Records and pools that hold an address of Cloudflare's own: what the edge refuses with 1000.

Source: developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/
error-1000 (documented: "DNS points to prohibited IP", for A records and for origins of a load
balancer). Products that serve a name by such an address all the same are told here; an address
that a provider hands out to its customers looks alike, so that the status is never sure.
"""

from collections.abc import Mapping
from dataclasses import replace

from cf525.account.endpoints import Endpoint, Found
from cf525.account.readings import SPECTRUM, WORKER_DOMAINS, read
from cf525.account.sources import Sources
from cf525.model import NotProbeable, Unknown


async def settled(sources: Sources, found: Found) -> Found:
    """The endpoints with such an address, where nothing says that it stands there rightly."""
    if not any(map(_is_prohibited, found.endpoints)):
        return found
    rightly, unread = await _served_by_a_product(sources)
    if not rightly:
        return replace(found, unknowns=(*found.unknowns, *unread))
    kept = tuple(map(_into_cloudflare, found.endpoints))
    return replace(found, endpoints=kept)


def _is_prohibited(endpoint: Endpoint) -> bool:
    return endpoint.not_probeable is NotProbeable.PROHIBITED


def _into_cloudflare(endpoint: Endpoint) -> Endpoint:
    if not _is_prohibited(endpoint):
        return endpoint
    return replace(endpoint, not_probeable=NotProbeable.CLOUDFLARE_ADDRESS)


async def _served_by_a_product(sources: Sources) -> tuple[bool, tuple[Unknown, ...]]:
    """Whether Cloudflare for SaaS, Spectrum or a Worker's domain has the name, and what of that
    could not be read."""
    if sources.custom is not None:
        return True, ()
    host = sources.target.host
    domains = await read(sources.client, WORKER_DOMAINS, sources.names)
    apps = await read(sources.client, SPECTRUM, {"zone": sources.zone.id})
    named = any(row.get("hostname") == host for row in domains.value or ())
    dns = [row.get("dns") for row in apps.value or ()]
    named = named or any(isinstance(each, Mapping) and each.get("name") == host for each in dns)
    return named, tuple(each.unread for each in (domains, apps) if each.unread is not None)
