"""The routes to probe: from the account, from the command line, or from both.

An origin given by hand replaces the addresses and keeps what the account says about the rest.
Without an account the zone's settings are unknowns, each with what would settle it.
"""

from collections.abc import Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from cf525.account.credentials import missing_credentials
from cf525.account.rights import CORE, token_link
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.edge.modes import UNKNOWN, origin_leg
from cf525.errors import ApiError
from cf525.model import (
    Certainty,
    NotProbeable,
    PostQuantum,
    Provenance,
    Route,
    Target,
    Unknown,
    ZoneFacts,
)
from cf525.model.parsing import ConnectTo
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.account.client import Client
    from cf525.account.resolve import Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlan:
    """What there is to probe, and what is not known about it.

    ``trust_anchors`` are the PEM certificates of the zone's Custom Origin Trust Store; when there
    are any, the edge trusts nothing else.
    """

    routes: tuple[Route, ...]
    zone: ZoneFacts | None = None
    unknowns: tuple[Unknown, ...] = ()
    errors: tuple[str, ...] = field(default=())
    trust_anchors: tuple[str, ...] = ()
    api_calls: int = 0


async def plan_routes(target: Target, outside: Outside) -> RoutePlan:
    """The routes of a target.

    Raises CredentialsError or ApiError only when without the account there is nothing to probe.
    """
    options, client = outside.options, outside.client
    if client is None:
        if not options.origins:
            raise missing_credentials()
        return by_hand(target, options, RoutePlan(routes=(), unknowns=(_not_read(options),)))
    try:
        plan = await _from_account(target, client, outside)
    except ApiError as error:
        if not options.origins:
            raise
        plan = RoutePlan(routes=(), unknowns=(_not_read(options),), errors=(error.message,))
    return by_hand(target, options, plan)


def nothing_known(target: Target, options: Options) -> RoutePlan:
    """A route of which nothing is known but the name: then the edge alone can be asked."""
    unnamed = Unknown(
        id="origin-not-named",
        text="What the origin itself does: neither its address nor a token was given, so that "
        "only Cloudflare's edge was asked.",
        next=f"cf525 diagnose {target.host} --origin ADDRESS (with --mode, if you know it); or set "
        f"CLOUDFLARE_API_TOKEN to a read-only token: {token_link(CORE)}",
    )
    plan = RoutePlan(routes=(_bare_route(target),), unknowns=(unnamed,))
    return by_hand(target, options, plan)


def _not_read(options: Options) -> Unknown:
    """What is open without the account: less, where the mode was given by hand."""
    what, instead = "the mode in force and the settings that shape", ", or the mode with --mode"
    if options.mode is not None:
        what, instead = "the settings that shape", ""
    return Unknown(
        id="account-not-read",
        text=f"The Cloudflare API was not read: {what} the handshake are not known.",
        next=f"Give a read-only token in CLOUDFLARE_API_TOKEN{instead}.",
    )


async def _from_account(target: Target, client: "Client", outside: Outside) -> RoutePlan:
    from cf525.account.expression import Visitor
    from cf525.account.resolve import resolve

    options = outside.options
    resolution = await resolve(
        target,
        client=client,
        resolver=outside.resolver,
        visitor=Visitor(country=options.country, headers=dict(options.headers)),
        lean=options.lean,
        in_full=bool(options.origins or options.mode or options.connect_to),
    )
    plan = plan_of(resolution)
    if plan.trust_anchors and options.trust_files and not options.trust_only:
        plan = replace(plan, unknowns=(*plan.unknowns, TRUST_LEFT_OUT))
    return plan


TRUST_LEFT_OUT: Final = Unknown(
    id="trust-left-out",
    text="The zone has a Custom Origin Trust Store, and the edge trusts nothing beside it: the "
    "authorities that were given by hand (--trust) were left out.",
    next="Upload them to the store, or judge by them alone with --trust-only.",
)


def plan_of(resolution: "Resolution") -> RoutePlan:
    """What the account says, as a plan."""
    return RoutePlan(
        routes=resolution.routes,
        zone=resolution.zone,
        unknowns=resolution.unknowns,
        trust_anchors=resolution.trust_anchors,
        api_calls=resolution.api_calls,
    )


def by_hand(target: Target, options: Options, plan: RoutePlan) -> RoutePlan:
    """Apply what the command line says over what the account says."""
    routes = plan.routes
    if options.origins:
        template = routes[0] if routes else _bare_route(target)
        routes = tuple(
            _with_origin(template, number, address, port)
            for number, (address, port) in enumerate(options.origins, 1)
        )
    if options.mode is not None:
        routes = tuple(_with_mode(route, target, options.mode) for route in routes)
    if options.sni is not None:
        routes = tuple(_with_sni(route, options.sni) for route in routes)
    if options.reach.client_certificate is not None:
        routes = tuple(_with_own_certificate(route) for route in routes)
    return replace(plan, routes=tuple(_dialled(route, target, options) for route in routes))


def _bare_route(target: Target) -> Route:
    """A route of which only the target is known."""
    scheme, port = origin_leg(UNKNOWN, target.scheme, target.port)
    assumed = Provenance(source="default", detail="assumed: not read", certainty=Certainty.INFERRED)
    asked = Provenance(source="argument", detail="the requested hostname")
    followed = Provenance(source="default", detail="the requested port, by the mode")
    return Route(
        id="r1",
        mode=UNKNOWN,
        scheme=scheme,
        address=None,
        port=port,
        sni=target.host,
        host_header=target.host,
        post_quantum=PostQuantum.SUPPORTED,
        accepted_names=(target.host,),
        provenance={
            "mode": assumed,
            "port": followed,
            "sni": asked,
            "host": asked,
            "alpn": assumed,
            "post_quantum": assumed,
            "client_certificate": assumed,
            "accepted_names": asked,
            "trust": assumed,
        },
    )


def _with_origin(route: Route, number: int, address: str, port: int | None) -> Route:
    given = Provenance(source="argument", detail="--origin")
    provenance = {**route.provenance, "address": given}
    if port is not None:
        provenance["port"] = given
    return replace(
        route,
        id=f"r{number}",
        address=address,
        port=port or route.port,
        not_probeable=None,
        provenance=provenance,
    )


def _with_mode(route: Route, target: Target, mode: str) -> Route:
    """Another mode: with it come the scheme and, unless something else decided it, the port."""
    scheme, port = origin_leg(mode, target.scheme, target.port, route.fixed_port)
    given = Provenance(source="argument", detail="--mode")
    if scheme == "https" and route.scheme == "http":
        route = _with_tls(route)
    return replace(
        route,
        mode="full" if mode == "flexible" and scheme == "https" else mode,
        scheme=scheme,
        port=port,
        sni=(route.sni or target.host) if scheme == "https" else None,
        provenance={**route.provenance, "mode": given},
    )


def _with_tls(route: Route) -> Route:
    """A route that was without TLS: which certificate the edge would show was not decided."""
    why = Provenance(
        source="default",
        detail="not decided: in the mode in force the edge speaks no TLS here",
        certainty=Certainty.INFERRED,
    )
    provenance = {**route.provenance, "client_certificate": why}
    return replace(route, client_certificate="unknown", provenance=provenance)


def _with_sni(route: Route, sni: str) -> Route:
    given = Provenance(source="argument", detail="--sni")
    return replace(route, sni=sni, provenance={**route.provenance, "sni": given})


def _with_own_certificate(route: Route) -> Route:
    given = Provenance(source="argument", detail="--client-cert")
    provenance = {**route.provenance, "client_certificate": given}
    return replace(route, client_certificate="own", provenance=provenance)


def _dialled(route: Route, target: Target, options: Options) -> Route:
    if route.not_probeable in _NOWHERE:
        return route
    return redirected(route, target.host, options.connect_to)


def redirected(route: Route, host: str, rules: Sequence[ConnectTo]) -> Route:
    """The route with the first --connect-to rule applied that is for ``host`` or its address."""
    if route.address is None:
        return route
    for rule in rules:
        for name in (host, route.address):
            place = rule.redirect(name, route.port)
            if place is not None:
                to_host = route.address if place[0] == host else place[0]
                return replace(route, dial=(to_host, place[1]), not_probeable=None)
    return route


_NOWHERE = (
    *(NotProbeable.TUNNEL, NotProbeable.TUNNEL_DOWN, NotProbeable.NOT_PROXIED),
    *(NotProbeable.CLOUDFLARE_ADDRESS, NotProbeable.NOT_SERVED, NotProbeable.SHADOWED),
)
