"""From a target to the routes the edge may take to its origin, by Cloudflare's API and DNS.

Two rounds of API calls in the ordinary case: one finds the zone, one reads all the rest at
once. What cannot be read or is not certain becomes a named unknown; only a refused token or an
unreachable API is an error.
"""

import asyncio
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace

from cf525.account.client import Client
from cf525.account.doubts import about_overrides, about_zone, no_records, unread_records
from cf525.account.endpoints import EndpointFinder, Found
from cf525.account.plan import base_plan, handshake, route, zone_facts
from cf525.account.readings import READINGS, Outcome, read_all
from cf525.account.records import Record, ZoneRecords
from cf525.account.zone import find_zone, zone_not_found
from cf525.dns import Resolver
from cf525.edge.ranges import Network
from cf525.errors import ApiError
from cf525.model import NotProbeable, Route, Target, Unknown, ZoneFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The routes of one target, and all that qualifies them.

    ``zone`` is None when no zone visible to the token covers the host; ``routes`` is empty when
    nothing tells where the origin is, and then an unknown says why.
    """

    zone: ZoneFacts | None
    routes: tuple[Route, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    api_calls: int = 0


async def resolve(
    target: Target,
    *,
    client: Client,
    resolver: Resolver,
    allowed: Iterable[Network] = (),
    whole_zones: MutableMapping[str, ZoneRecords] | None = None,
) -> Resolution:
    """All routes of ``target``.

    ``allowed`` are private networks that may be probed all the same. Give one ``whole_zones``
    dict for many targets: each zone's DNS records are then read once and whole. Raises
    CredentialsError, PermissionRefused (no zone may be read) or ApiError (API unreachable).
    """
    before = client.calls
    zone = await find_zone(client, target.host)
    if zone is None:
        return Resolution(
            zone=None, unknowns=(zone_not_found(target.host),), api_calls=client.calls - before
        )
    records = _records(client, zone, whole_zones)
    names = {"zone": zone.id, "account": zone.account_id, "host": target.host}
    read, own = await asyncio.gather(
        read_all(client, READINGS, names), _own_records(target.host, zone, records)
    )
    finder = EndpointFinder(records, resolver, allowed)
    found = await _endpoints(finder, own, target)
    routes = _routes(target, zone, read, found)
    unknowns = [
        *(outcome.unread for outcome in read.values() if outcome.unread is not None),
        *found.unknowns,
        *about_overrides(target, read),
        *about_zone(target, read),
    ]
    return Resolution(
        zone=zone_facts(zone, read),
        routes=routes,
        unknowns=tuple(dict.fromkeys(unknowns)),
        api_calls=client.calls - before,
    )


def _records(
    client: Client, zone: ZoneFacts, whole: MutableMapping[str, ZoneRecords] | None
) -> ZoneRecords:
    if whole is None:
        return ZoneRecords(client, zone.id, zone.name)
    if zone.id not in whole:
        whole[zone.id] = ZoneRecords(client, zone.id, zone.name, bulk=True)
    return whole[zone.id]


async def _own_records(
    host: str, zone: ZoneFacts, records: ZoneRecords
) -> tuple[Record, ...] | ApiError:
    """The records that answer for the host; the apex is asked too, as CNAMEs often lead there."""
    try:
        own, _ = await asyncio.gather(records.find(host), records.warm(zone.name))
    except ApiError as error:
        return error
    return own


async def _endpoints(
    finder: EndpointFinder, own: tuple[Record, ...] | ApiError, target: Target
) -> Found:
    if isinstance(own, ApiError):
        return Found((), (unread_records(own),))
    if not own:
        return Found((), (no_records(target.host),))
    try:
        return await finder.from_records(own)
    except ApiError as error:
        return Found((), (unread_records(error),))


def _routes(
    target: Target, zone: ZoneFacts, read: Mapping[str, Outcome], found: Found
) -> tuple[Route, ...]:
    plan, shake = base_plan(target, read), handshake(read)
    routes = [
        route(number, target, plan, shake, endpoint)
        for number, endpoint in enumerate(found.endpoints, 1)
    ]
    if zone.paused or zone.status != "active":
        routes = [replace(each, not_probeable=NotProbeable.NOT_PROXIED) for each in routes]
    return tuple(routes)
