"""Sends the one request through the edge: to the target's own name and nowhere else.

A refusal by the edge is known by its alert and a certificate of somebody else's by its chain.
Whatever goes wrong is a result; nothing raises.

Only an address of Cloudflare's is visited.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from cf525.edge.ranges import classify
from cf525.edgeview.reading import read_visit
from cf525.model import NotProbeable, Observation, Target, Visit, VisitOutcome
from cf525.model.parsing import ConnectTo
from cf525.net.dns import Existence, Lookup, Resolver
from cf525.pki import TrustStore, judge
from cf525.probe.plan import Runner
from cf525.values import dataclass

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
    trust: Callable[[], Awaitable[TrustStore]] | None,
    connect_to: Sequence[ConnectTo] = (),
    deadline: float,
) -> Visited:
    """Ask for the target's URL through the edge, once, for at most ``deadline`` milliseconds.

    Without ``trust`` no certificate is judged, and interception goes unnoticed.
    """
    from cf525.edgeview.client import EdgeClient

    found = await resolver.lookup(target.host)
    address = edge_address(found)
    if address is None:
        return Visited(visit=_elsewhere(found))
    visitor = EdgeClient(address=address, runner=runner, deadline=deadline, connect_to=connect_to)
    seen = (await visitor.ask(target.url, id=VISIT_ID)).observation
    trusted = None if trust is None else _trusted(seen, target, await trust())
    return Visited(visit=read_visit(seen, trusted=trusted), observation=seen)


def edge_address(found: Lookup) -> str | None:
    """The first address that is Cloudflare's; IPv4 comes first, which every machine has."""
    for address in found.addresses:
        if classify(address) is NotProbeable.CLOUDFLARE_ADDRESS:
            return address
    return None


def _elsewhere(found: Lookup) -> Visit:
    if found.outcome is Existence.FOUND:
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
