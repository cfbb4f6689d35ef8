"""From a target to the routes the edge may take to its origin, by Cloudflare's API and DNS.

Three rounds of API calls in the ordinary case: one finds the zone, one reads what decides where
the request goes, one what shapes a handshake there, and only where the edge makes one. What
cannot be read or is not certain becomes a named unknown, where something depends on it; only a
refused token or an unreachable API is an error.
"""

import asyncio
import time
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import replace
from typing import Final

from cf525.account.assemble import assemble
from cf525.account.client import Client
from cf525.account.dns_only import switch, unproxied
from cf525.account.doubts import (
    about_routes,
    about_settings,
    port_not_proxied,
)
from cf525.account.elsewhere import rules_elsewhere
from cf525.account.endpoints import Endpoint, EndpointFinder
from cf525.account.expression import ANYBODY, Visitor, facts, of_a_run
from cf525.account.prohibited import settled
from cf525.account.readings import (
    ALWAYS_HTTPS,
    HANDSHAKE,
    READINGS,
    ROUTING,
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
from cf525.account.spectrum import spectrum_application
from cf525.account.trace import traced
from cf525.account.treatment import Treatment, Treatments, base_plan
from cf525.account.workers import behind_code, in_the_origins_place, of_its_domain, worker_domains
from cf525.account.zone import find_zone, list_zones, zone_among, zone_not_found
from cf525.edge.modes import origin_leg
from cf525.edge.ranges import Network
from cf525.errors import ApiError, PermissionRefused
from cf525.model import NotProbeable, Provenance, Route, Target, Unknown, ZoneFacts
from cf525.net.dns import Resolver
from cf525.values import dataclass

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
    in_full: bool = False,
) -> Resolution:
    """All routes of ``target`` for ``visitor``; ``lean`` reads the least that tells them.

    ``in_full`` reads what shapes a handshake also where the account leads to none: for an origin
    or a mode that is given by hand.
    ``allowed`` are private networks that may be probed all the same. For many targets, give the
    zones the token sees (``list_zones``), so that none is looked up, and one ``whole_zones``
    dict, so that each zone's DNS records are read once and whole. Raises CredentialsError,
    PermissionRefused (no zone may be read) or ApiError (API unreachable).
    """
    before = client.calls
    zone, custom, unknowns = await _zone(client, target.host, zones, lean=lean)
    if zone is None:
        return Resolution(zone=None, unknowns=unknowns, api_calls=client.calls - before)
    sparing = whole_zones is not None
    records = _records(client, zone, whole_zones)
    configuration, own = await asyncio.gather(
        _read(client, zone, target, sparing=sparing, lean=lean),
        _own_records(target.host, records),
    )
    unread = [each.unread for each in configuration.values() if each.unread is not None]
    refused = isinstance(own, PermissionRefused)
    if isinstance(own, ApiError) and not refused and len(unread) >= len(ROUTING):
        raise own  # not one question was answered: that is no weaker report, it is none
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
    return await _resolved(sources, before, sparing=sparing, lean=lean, in_full=in_full)


async def _resolved(
    sources: Sources, before: int, *, sparing: bool, lean: bool, in_full: bool
) -> Resolution:
    """The routes out of what was read, and what shapes their handshakes. ``before`` are the calls
    that were made for others."""
    client, zone, target = sources.client, sources.zone, sources.target
    with of_a_run():
        ways = await _found(sources)
    shaken = not sparing and not lean and (in_full or _shakes_hands(target, ways))
    settings, (exposed, more) = await asyncio.gather(
        read_all(client, HANDSHAKE if shaken else (), sources.names),
        _exposed(sources, ways, lean=lean, sparing=sparing),
    )
    configuration = {**sources.configuration, **settings}
    sources = replace(sources, configuration=configuration)
    routes, unknowns = _assembled(sources, ways)
    if zone.paused or zone.status != "active":
        routes = tuple(_not_served(each, zone) for each in routes)
    routes = tuple(unproxied(each, exposed) for each in routes)
    unknowns = (*unknowns, *more)
    if sparing:
        unknowns = (NOT_ASKED, *unknowns)
    unknowns = (
        *_left_open(sources, routes),
        *unknowns,
        *about_settings(configuration),
        *about_routes(routes),
    )
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
    seen = await list_zones(client) if zones is None else zones
    return None, None, (zone_not_found(host, seen), *unread)


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
    """The configuration that decides where the request goes; ``sparing`` all of it, as many
    targets of one zone need it, ``lean`` its core."""
    names = {"zone": zone.id, "account": zone.account_id, "host": target.host}
    wanted = READINGS if lean or sparing else ROUTING
    readings = (*wanted, *((ALWAYS_HTTPS,) if target.scheme == "http" else ()))
    reading = read_lean if lean else read_sparingly if sparing else read_all
    none = {each.id: ReadResult() for each in (*READINGS, ALWAYS_HTTPS)}
    return {**none, **await reading(client, readings, names)}


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


@dataclass(frozen=True, slots=True)
class _Ways:
    """Every way the request may be treated, each with the endpoints it leads to."""

    pairs: tuple[tuple[Treatment, Endpoint], ...]
    unknowns: tuple[Unknown, ...]


async def _found(sources: Sources) -> _Ways:
    """Every plan with every endpoint it leads to. Without the proxy no rule applies."""
    target, configuration = sources.target, sources.configuration
    plans = Treatments((base_plan(target, configuration),))
    doubts: list[Unknown | None] = []
    if sources.proxied:
        plans = apply_rules(plans.plans[0], target, configuration, sources.facts)
        if any(configuration[each].value for each in _TRACED):
            plans = await traced(sources.client, sources.zone.account_id, target, plans)
        doubts += [
            *in_the_origins_place(target, configuration, sources.facts),
            redirect_unknown(target, configuration),
            await _about_port(sources),
            *rules_elsewhere(plans, target, configuration, sources.facts),
        ]
    found = await asyncio.gather(*(sources.endpoints(plan) for plan in plans.plans))
    if sources.proxied:
        found = [await settled(sources, each) for each in found]
    if any(
        each.not_probeable is NotProbeable.PLACEHOLDER for one in found for each in one.endpoints
    ):
        # A Worker's custom domain stands in DNS as a placeholder; elsewhere it is not asked for.
        domains = await read(sources.client, WORKER_DOMAINS, sources.names)
        doubts += worker_domains(target, domains)
        found = [
            replace(one, endpoints=tuple(of_its_domain(e, domains, target) for e in one.endpoints))
            for one in found
        ]
    doubts += [*plans.unknowns, *(unknown for each in found for unknown in each.unknowns)]
    return _Ways(
        tuple(
            (plan, behind_code(endpoint, sources))
            for plan, each in zip(plans.plans, found, strict=True)
            for endpoint in each.endpoints
        ),
        tuple(unknown for unknown in doubts if unknown is not None),
    )


async def _exposed(
    sources: Sources, ways: _Ways, *, lean: bool, sparing: bool
) -> tuple[Provenance | None, tuple[Unknown, ...]]:
    """Whether visitors meet the origin itself; not asked of a zone that is not served at all."""
    zone = sources.zone
    if lean or zone.paused or zone.status != "active":
        return None, ()
    return await switch(sources, (each for _, each in ways.pairs), everywhere=sparing)


def _shakes_hands(target: Target, ways: _Ways) -> bool:
    """Whether the edge makes a TLS handshake with an origin on any of these ways."""
    return any(
        endpoint.address is not None
        and endpoint.not_probeable is None
        and origin_leg(plan.mode.value, target.scheme, target.port)[0] == "https"
        for plan, endpoint in ways.pairs
    )


def _assembled(sources: Sources, ways: _Ways) -> tuple[tuple[Route, ...], tuple[Unknown, ...]]:
    routes, conflicts = assemble(sources.target, handshake(sources.configuration), ways.pairs)
    return routes, (*ways.unknowns, *conflicts)


_WHEREVER: Final = ("ssl", "load_balancers")
"""What matters also for a name that the edge does not proxy: it may do so by a balancer."""


def _left_open(sources: Sources, routes: Sequence[Route]) -> list[Unknown]:
    """What could not be read, where anything depends on it: no rule applies without the proxy."""
    settled = not sources.proxied and bool(routes)
    return [
        each.unread
        for id, each in sources.configuration.items()
        if each.unread is not None and (not settled or id in _WHEREVER)
    ]


async def _about_port(sources: Sources) -> Unknown | None:
    """Which product, if any, serves a port outside the proxy's."""
    closed = port_not_proxied(sources.target)
    if closed is None:
        return None
    apps = await read(sources.client, SPECTRUM, {"zone": sources.zone.id})
    return apps.unread or spectrum_application(apps.value, sources.target) or closed
