"""From a target to the routes the edge may take to its origin, by Cloudflare's API and DNS.

Two rounds of API calls in the ordinary case: one finds the zone, one reads all the rest at
once; a load balancer, tunnel or custom hostname costs one more. What cannot be read or is not
certain becomes a named unknown; only a refused token or an unreachable API is an error.
"""

import asyncio
import time
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, replace

from cf525.account.assemble import assemble
from cf525.account.client import Client
from cf525.account.doubts import (
    about_routes,
    about_settings,
    port_not_proxied,
)
from cf525.account.endpoints import EndpointFinder
from cf525.account.expression import ANYBODY, Visitor, facts
from cf525.account.readings import (
    ALWAYS_HTTPS,
    READINGS,
    SPECTRUM,
    WORKER_DOMAINS,
    ReadResult,
    read,
    read_all,
)
from cf525.account.records import Record, ZoneRecords
from cf525.account.rules import apply_rules, redirect_unknown
from cf525.account.saas import CustomHostname, find_custom_hostname
from cf525.account.settings import handshake, zone_facts
from cf525.account.sources import Sources
from cf525.account.sparing import NOT_ASKED, read_lean, read_sparingly
from cf525.account.trace import ask_trace, compared
from cf525.account.treatment import Treatments, base_plan
from cf525.account.workers import in_the_origins_place, spectrum_application, worker_domains
from cf525.account.zone import find_zone, zone_among, zone_not_found
from cf525.edge.ranges import Network
from cf525.errors import ApiError, PermissionRefused
from cf525.model import NotProbeable, Provenance, Route, Target, Unknown, ZoneFacts
from cf525.net.dns import Resolver

_TRACED = ("config_rules", "origin_rules")
"""The readings whose rules Trace evaluates too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The routes of one target, and all that qualifies them.

    ``zone`` is None when no zone visible to the token covers the host; ``routes`` is empty when
    nothing tells where the origin is, and then an unknown says why. ``trust_anchors`` are the
    PEM certificates that replace all public authorities on routes with ``trust`` "custom".
    """

    zone: ZoneFacts | None
    routes: tuple[Route, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    trust_anchors: tuple[str, ...] = ()
    api_calls: int = 0


async def resolve(
    target: Target,
    *,
    client: Client,
    resolver: Resolver,
    allowed: Iterable[Network] = (),
    zones: Sequence[ZoneFacts] | None = None,
    whole_zones: MutableMapping[str, ZoneRecords] | None = None,
    visitor: Visitor = ANYBODY,
    lean: bool = False,
) -> Resolution:
    """All routes of ``target`` for ``visitor``; ``lean`` reads the least that tells them.

    ``allowed`` are private networks that may be probed all the same. For many targets, give the
    zones the token sees (``list_zones``), so that none is looked up, and one ``whole_zones``
    dict, so that each zone's DNS records are read once and whole. Raises CredentialsError,
    PermissionRefused (no zone may be read) or ApiError (API unreachable).
    """
    before = client.calls
    zone, custom, unknowns = await _zone(client, target.host, zones, lean=lean)
    if zone is None:
        return Resolution(zone=None, unknowns=unknowns, api_calls=client.calls - before)
    records = _records(client, zone, whole_zones)
    configuration, own = await asyncio.gather(
        _read(client, zone, target, sparing=whole_zones is not None, lean=lean),
        _own_records(target.host, records),
    )
    sources = Sources(
        client=client,
        zone=zone,
        target=target,
        facts=facts(target, zone.name, visitor, at=int(time.time())),
        finder=EndpointFinder(records, resolver, allowed),
        configuration=configuration,
        own=own,
        custom=custom,
    )
    unread = [each.unread for each in configuration.values() if each.unread is not None]
    refused = isinstance(own, PermissionRefused)
    if isinstance(own, ApiError) and not refused and len(unread) >= len(READINGS):
        raise own  # not one question was answered: that is no weaker report, it is none
    routes, unknowns = await _routes(sources)
    if zone.paused or zone.status != "active":
        routes = tuple(_not_served(each, zone) for each in routes)
    if whole_zones is not None:
        unread.append(NOT_ASKED)
    unknowns = (*unread, *unknowns, *about_settings(configuration), *about_routes(routes))
    return Resolution(
        zone=zone_facts(zone, configuration),
        routes=routes,
        unknowns=tuple(dict.fromkeys(unknowns)),
        trust_anchors=handshake(configuration).anchors,
        api_calls=client.calls - before,
    )


async def _zone(
    client: Client, host: str, zones: Sequence[ZoneFacts] | None, *, lean: bool
) -> tuple[ZoneFacts | None, CustomHostname | None, tuple[Unknown, ...]]:
    """The zone that decides about the host: its own, or the one it is a custom hostname of."""
    zone = await find_zone(client, host, lean=lean) if zones is None else zone_among(zones, host)
    if zone is not None:
        return zone, None, ()
    custom, unread = await find_custom_hostname(client, host)
    if custom is not None:
        return custom.zone, custom, ()
    return None, None, (zone_not_found(host), *unread)


def _records(
    client: Client, zone: ZoneFacts, whole: MutableMapping[str, ZoneRecords] | None
) -> ZoneRecords:
    if whole is None:
        return ZoneRecords(client, zone.id, zone.name)
    if zone.id not in whole:
        whole[zone.id] = ZoneRecords(client, zone.id, zone.name, bulk=True)
    return whole[zone.id]


async def _read(
    client: Client, zone: ZoneFacts, target: Target, *, sparing: bool, lean: bool
) -> dict[str, ReadResult]:
    """The configuration; ``sparing`` as many targets of one zone need it, ``lean`` its core."""
    names = {"zone": zone.id, "account": zone.account_id, "host": target.host}
    readings = (*READINGS, *((ALWAYS_HTTPS,) if target.scheme == "http" else ()))
    reading = read_lean if lean else read_sparingly if sparing else read_all
    return {ALWAYS_HTTPS.id: ReadResult(), **await reading(client, readings, names)}


async def _own_records(host: str, records: ZoneRecords) -> tuple[Record, ...] | ApiError:
    """The records that answer for the host."""
    if not records.covers(host):
        return ()
    try:
        return await records.find(host)
    except ApiError as error:
        return error


def _not_served(route: Route, zone: ZoneFacts) -> Route:
    """The route while the edge does not proxy the zone at all."""
    state = "paused" if zone.paused else zone.status or "without a status"
    why = Provenance(source="api", detail=f"the zone {zone.name} is {state}", reference=zone.id)
    return replace(
        route,
        not_probeable=NotProbeable.NOT_PROXIED,
        provenance={**route.provenance, "proxied": why},
    )


async def _routes(sources: Sources) -> tuple[tuple[Route, ...], tuple[Unknown, ...]]:
    """Every plan with every endpoint it leads to. Without the proxy no rule applies."""
    target, configuration = sources.target, sources.configuration
    plans = Treatments((base_plan(target, configuration),))
    doubts: list[Unknown | None] = []
    if sources.proxied:
        plans = apply_rules(plans.plans[0], target, configuration, sources.facts)
        if any(configuration[each].value for each in _TRACED):
            traced = await ask_trace(sources.client, sources.zone.account_id, target)
            plans = plans if traced is None else compared(plans, traced)
        doubts += [
            *in_the_origins_place(target, configuration, sources.facts),
            redirect_unknown(target, configuration),
            await _about_port(sources),
        ]
    found = await asyncio.gather(*(sources.endpoints(plan) for plan in plans.plans))
    if any(
        each.not_probeable is NotProbeable.PLACEHOLDER for one in found for each in one.endpoints
    ):
        # A Worker's custom domain stands in DNS as a placeholder; elsewhere it is not asked for.
        names = {"zone": sources.zone.id, "account": sources.zone.account_id}
        doubts += worker_domains(target, await read(sources.client, WORKER_DOMAINS, names))
    routes, conflicts = assemble(
        target,
        handshake(configuration),
        [
            (plan, endpoint)
            for plan, each in zip(plans.plans, found, strict=True)
            for endpoint in each.endpoints
        ],
    )
    doubts += [
        *plans.unknowns,
        *conflicts,
        *(unknown for each in found for unknown in each.unknowns),
    ]
    return routes, tuple(unknown for unknown in doubts if unknown is not None)


async def _about_port(sources: Sources) -> Unknown | None:
    """Which product, if any, serves a port outside the proxy's."""
    closed = port_not_proxied(sources.target)
    if closed is None:
        return None
    apps = await read(sources.client, SPECTRUM, {"zone": sources.zone.id})
    return apps.unread or spectrum_application(apps.value, sources.target) or closed
