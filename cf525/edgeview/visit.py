"""Sends the one request through the edge: to the target's own name and nowhere else.

The same engine that probes origins asks here as a visitor would, so that a refusal by the edge
is known by its alert and a certificate of somebody else's by its chain. Whatever goes wrong is a
result; nothing raises.

Only an address of Cloudflare's is visited. --connect-to rules that name the visited host are
meant for the origin and are not followed; one that names the edge's address is.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TypeAlias

from cf525 import __version__
from cf525.dns import Lookup, Outcome, Resolver
from cf525.edge.profile import ALPN_H1, cloudflare
from cf525.edge.ranges import classify
from cf525.edgeview.reading import read_visit
from cf525.model import NotProbeable, Observation, PostQuantum, Route, Target, Visit, VisitOutcome
from cf525.pki import TrustStore, judge
from cf525.probe.plan import ProbePlan
from cf525.probe.reach import VISITOR_MODE
from cf525.targets import ConnectTo

Runner: TypeAlias = Callable[[ProbePlan], Awaitable[Observation]]

DEADLINE: Final = 6_000.0
"""Milliseconds. The edge may need 19 s to report a 522; so long no report waits."""
VISIT_ID: Final = "edge"
"""The id of the visit's route and of its observation."""
HEADERS: Final = (
    ("User-Agent", f"cf525/{__version__} (TLS diagnosis)"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "identity"),
    ("Cache-Control", "no-cache"),
)


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
    deadline: float = DEADLINE,
) -> Visited:
    """Ask for the target's URL through the edge, once. Without ``trust`` no certificate is judged,
    and interception goes unnoticed."""
    found = await resolver.lookup(target.host)
    address = _edge_address(found)
    if address is None:
        return Visited(visit=_elsewhere(found))
    plan = visit_plan(target, address, connect_to, deadline=deadline)
    seen = await runner(plan)
    trusted = None if trust is None else _trusted(seen, target, await trust)
    return Visited(visit=read_visit(seen, trusted=trusted), observation=seen)


def visit_plan(
    target: Target, address: str, connect_to: Sequence[ConnectTo], *, deadline: float
) -> ProbePlan:
    """The probe that asks the edge at ``address`` as a visitor of the target does."""
    route = Route(
        id=VISIT_ID,
        mode=VISITOR_MODE,
        scheme=target.scheme,
        address=address,
        port=target.port,
        sni=target.host if target.scheme == "https" else None,
        host_header=target.host,
        alpn=ALPN_H1,
        accepted_names=(target.host,),
    )
    for rule in connect_to:
        place = rule.redirect(address, target.port) if rule.host == address else None
        if place is not None:
            route = replace(route, dial=place)
            break
    return ProbePlan(
        id=VISIT_ID,
        route=route,
        profile=replace(cloudflare(PostQuantum.SUPPORTED, ALPN_H1), name="visitor"),
        sni=route.sni,
        path=target.path,
        host_header=_authority(target),
        headers=HEADERS,
        plain=target.scheme == "http",
        deadline=deadline,
    )


def _authority(target: Target) -> str:
    default = {"https": 443, "http": 80}.get(target.scheme)
    return target.host if target.port == default else f"{target.host}:{target.port}"


def _edge_address(found: Lookup) -> str | None:
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
