"""What is asked besides the origin: the visit through the edge, and Cloudflare's own records.

The visit starts with the run and goes on beside it, so that it costs no time of its own. Whatever
cannot be asked weakens the report by itself; what the answers mean is not decided here.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from cf525.causes.case import Case
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.diagnosis.routes import RoutePlan
from cf525.edgeview.visit import Visited, visit
from cf525.edgeview.warp import signs, warp_doubt
from cf525.errors import ApiError
from cf525.model import Ending, Insight, Renewal, Target, Unknown, Visit, VisitOutcome
from cf525.values import dataclass

VisitTask = asyncio.Task[Visited]

RESOLVING: Final = 2.0
"""Seconds that finding the edge's address may add to a visit before it is no longer waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How more is asked besides the origin: through ``outside``, and by the visit on its way since
    the run began. ``known`` is what a renewal's look-ups told before."""

    outside: Outside | None = None
    visit: VisitTask | None = None
    known: Renewal | None = None


NOTHING_MORE: Final = Asking()


def start_visit(target: Target, outside: Outside) -> VisitTask | None:
    """The visit, on its way; None when it is not wanted."""
    options = outside.options
    if not options.edge:
        return None
    return asyncio.create_task(
        visit(
            target,
            resolver=outside.resolver,
            runner=outside.visitor,
            trust=None if options.trust_only else outside.trust,
            connect_to=options.connect_to,
            deadline=options.edge_wait * 1000,
        )
    )


async def finished(task: VisitTask | None, options: Options, elapsed: float) -> Visited | None:
    """What the visit brought in its time; None when it was not wanted."""
    if task is None:
        return None
    most = min(options.timeout, options.edge_wait + RESOLVING)
    await asyncio.wait({task}, timeout=max(0.0, most - elapsed))
    if task.done() and not task.cancelled() and task.exception() is None:
        return task.result()
    task.cancel()
    late = Visit(outcome=VisitOutcome.NO_ANSWER, at=datetime.now(UTC), detail="timeout")
    return Visited(visit=late)


async def on_warp(target: Target, plan: RoutePlan, outside: Outside | None) -> Unknown | None:
    """The doubt that WARP or Gateway on this machine casts, where probes go out from here."""
    if outside is None:
        return None
    options = outside.options
    if options.observations or not options.reach.from_here:
        return None
    addresses = [route.address for route in plan.routes if route.address and route.dial is None]
    return await warp_doubt(
        signs(addresses, outside.resolver.nameservers()),
        target,
        resolver=outside.resolver,
        runner=outside.visitor if options.edge else None,
        connect_to=options.connect_to,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What Cloudflare's own records told, and what they did not."""

    insight: Insight | None = None
    unknowns: tuple[Unknown, ...] = ()
    errors: tuple[str, ...] = ()


async def told_by_cloudflare(target: Target, plan: RoutePlan, outside: Outside | None) -> Told:
    """Cloudflare's own view over the span asked for; a failure weakens the report by itself."""
    client = outside.client if outside is not None else None
    if outside is None or client is None or outside.options.since is None or plan.zone is None:
        return Told()
    from cf525.account.insight import Question, read_insight

    question = Question(
        zone=plan.zone,
        target=target,
        routes=plan.routes,
        since=outside.options.since,
        now=datetime.now(UTC),
    )
    try:
        async with asyncio.timeout(outside.options.timeout):
            insight, unknowns = await read_insight(client, question)
    except ApiError as fault:
        return Told(errors=(fault.message,))
    except TimeoutError:
        return Told(errors=("the analytics took too long",))
    return Told(insight=insight, unknowns=unknowns)


async def egress_doubts(
    cases: Sequence[Case], visited: Visited | None, plan: RoutePlan, outside: Outside | None
) -> tuple[Unknown, ...]:
    """Where the origin lets this machine or the edge in no further than TCP, whether the edge comes
    from addresses of its own."""
    client = outside.client if outside is not None else None
    code = visited.visit.code if visited is not None else ""
    kept_out = any(each.edge is not None and each.edge.ending in _KEPT_OUT for each in cases)
    if client is None or plan.zone is None or not (kept_out or code in _EDGE_KEPT_OUT):
        return ()
    from cf525.account.egress import egress_doubt

    doubt = await egress_doubt(client, plan.zone)
    return () if doubt is None else (doubt,)


_KEPT_OUT: Final = (Ending.REFUSED, Ending.CONNECT_TIMEOUT, Ending.UNREACHABLE)
_EDGE_KEPT_OUT: Final = ("521", "522", "523", "525")


async def origin_ca_doubts(
    cases: Iterable[Case], plan: RoutePlan, outside: Outside | None
) -> tuple[Unknown, ...]:
    """Where an origin shows an Origin CA certificate, whether the account still has it."""
    shown = [
        each.edge.certificates[0]
        for case in cases
        for each in (case, *case.others)
        if each.edge is not None
        and each.edge.certificates
        and each.verdict is not None
        and each.verdict.has("cloudflare_origin_ca")
    ]
    client = outside.client if outside is not None else None
    if not shown or client is None or plan.zone is None:
        return ()
    from cf525.account.origin_ca import origin_ca_doubt

    doubts = [await origin_ca_doubt(client, plan.zone.id, leaf) for leaf in shown]
    return tuple(dict.fromkeys(each for each in doubts if each is not None))
