"""Sends the one request through the edge: to the target's own name and nowhere else.

A refusal by the edge is known by its alert and a certificate of somebody else's by its chain.
Whatever goes wrong is a result; nothing raises.

Only an address of Cloudflare's is visited. --connect-to rules that name the visited host are
meant for the origin and are not followed; one that names the edge's address is.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cf525.dns import Lookup, Outcome, Resolver
from cf525.edge.profile import ALPN_H1, cloudflare
from cf525.edge.ranges import classify
from cf525.edgeview.reading import read_visit
from cf525.model import (
    DEFAULT_PORTS,
    NotProbeable,
    Observation,
    PostQuantum,
    Route,
    Target,
    Visit,
    VisitOutcome,
)
from cf525.pki import TrustStore, judge
from cf525.probe.plan import ProbePlan, Runner
from cf525.probe.reach import VISITOR_MODE
from cf525.targets import ConnectTo

if TYPE_CHECKING:
    import httpx

VISIT_ID: Final = "edge"
"""The id of the visit's route and of its observation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A visit and the probe it rests on, where there was one."""

    visit: Visit
    observation: Observation | None = None


async def visit(
    target: Target,
    *,
    resolver: Resolver,
    runner: Runner,
    trust: Awaitable[TrustStore] | None,
    connect_to: Sequence[ConnectTo] = (),
    deadline: float,
) -> Visited:
    """Ask for the target's URL through the edge, once, for at most ``deadline`` milliseconds.

    Without ``trust`` no certificate is judged, and interception goes unnoticed.
    """
    from cf525.edgeview.client import ask

    found = await resolver.lookup(target.host)
    address = edge_address(found)
    if address is None:
        return Visited(visit=_elsewhere(found))

    def planned(request: "httpx.Request") -> ProbePlan:
        return visit_plan(request, address, connect_to, deadline=deadline)

    seen = (await ask(target.url, planned, runner)).observation
    trusted = None if trust is None else _trusted(seen, target, await trust)
    return Visited(visit=read_visit(seen, trusted=trusted), observation=seen)


def visit_plan(
    request: "httpx.Request", address: str, connect_to: Sequence[ConnectTo], *, deadline: float
) -> ProbePlan:
    """The probe that carries a visitor's request to the edge at ``address``."""
    from cf525.edgeview.client import request_headers

    url = request.url
    scheme, host = url.scheme, url.raw_host.decode("ascii")
    port = url.port or DEFAULT_PORTS[scheme]
    places = (each.redirect(address, port) for each in connect_to if each.host == address)
    route = Route(
        id=VISIT_ID,
        mode=VISITOR_MODE,
        scheme=scheme,
        address=address,
        port=port,
        sni=host if scheme == "https" else None,
        host_header=host,
        alpn=ALPN_H1,
        accepted_names=(host,),
        dial=next((place for place in places if place is not None), None),
    )
    return ProbePlan(
        id=VISIT_ID,
        route=route,
        profile=replace(cloudflare(PostQuantum.SUPPORTED, ALPN_H1), name="visitor"),
        sni=route.sni,
        path=url.raw_path.decode("ascii"),
        host_header=request.headers["host"],
        headers=request_headers(request),
        plain=scheme == "http",
        deadline=deadline,
    )


def edge_address(found: Lookup) -> str | None:
    """The first address that is Cloudflare's; IPv4 comes first, which every machine has."""
    for address in found.addresses:
        if classify(address) is NotProbeable.CLOUDFLARE_ADDRESS:
            return address
    return None


def _elsewhere(found: Lookup) -> Visit:
    if found.outcome is Outcome.FOUND:
        outcome, address = VisitOutcome.NOT_CLOUDFLARE, found.addresses[0]
    else:
        outcome, address = VisitOutcome.UNRESOLVED, ""
    return Visit(outcome=outcome, at=datetime.now(UTC), address=address, detail=found.reason)


def _trusted(seen: Observation, target: Target, store: TrustStore) -> bool | None:
    """Whether browsers would take the edge's certificate; None where there is none to judge."""
    if not seen.certificates:
        return None
    verdict = judge(
        seen.certificates,
        names=(target.host,),
        at=seen.started_at,
        trust=store,
        observation=seen.id,
    )
    return verdict.accepted
