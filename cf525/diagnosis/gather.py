"""Everything that can be seen of one target whose routes are planned, gathered side by side.

Probes, differential probes and series go to the origin; the visit, the account's records and the
look-ups of a renewal go on beside them. Nothing is concluded here.
"""

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cf525.causes.case import Context
from cf525.conclusion import Seen
from cf525.conclusion.unknowns import INTERRUPTED, TIMED_OUT
from cf525.diagnosis.beside import (
    NOTHING_MORE,
    Asking,
    finished,
    on_warp,
    origin_ca_doubts,
    told_by_cloudflare,
)
from cf525.diagnosis.investigate import Investigation
from cf525.diagnosis.judge import Judge
from cf525.diagnosis.options import Options
from cf525.diagnosis.renewal import LookedUp, look_up
from cf525.diagnosis.repeat import repeated
from cf525.diagnosis.routes import RoutePlan
from cf525.edgeview.own_path import hosts_doubt
from cf525.model import Target, Unknown
from cf525.probe.driver import run_probe
from cf525.probe.plan import ANSWER_DEADLINE, PROBE_DEADLINE, Runner
from cf525.version import __version__


@dataclass(slots=True)
class Clock:
    """When the work on a target began."""

    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.perf_counter)


async def gather(
    target: Target,
    plan: RoutePlan,
    *,
    options: Options,
    judge: Judge,
    runner: Runner = run_probe,
    clock: Clock | None = None,
    asking: Asking = NOTHING_MORE,
) -> Seen:
    """All that was seen of ``target`` in the time the options allow, or until Ctrl-C."""
    clock = clock or Clock()
    resolved = time.perf_counter()
    outside = asking.outside
    told = asyncio.create_task(told_by_cloudflare(target, plan, outside))
    warp = asyncio.create_task(on_warp(target, plan, outside))
    context = Context(
        target=target,
        zone=plan.zone,
        deep=options.deep,
        server=options.server,
        own_certificate=_own_certificate(options),
    )
    investigation, cut_short = await _investigate(plan, context, options, judge, runner)
    looking = asyncio.create_task(look_up(target, investigation.seen, outside))
    repeat = None if options.observations else options.repeat
    counted = await repeated(investigation.seen, repeat, runner=runner, judge=judge)
    if counted.interrupted:
        cut_short = (*cut_short, INTERRUPTED)
    visited = await finished(asking.visit, options, time.perf_counter() - clock.began)
    records = await told
    looked_up = LookedUp(renewal=asking.known) if asking.known is not None else await looking
    doubt = await warp
    shown = await origin_ca_doubts(counted.cases, plan, outside)
    own_path = hosts_doubt(target.host) if visited is not None and counted.cases else None
    edge_seen = visited.observation if visited is not None else None
    observations = (
        *investigation.observations,
        *counted.observations,
        *((edge_seen,) if edge_seen is not None else ()),
        *looked_up.observations,
    )
    ended = time.perf_counter()
    return Seen(
        tool_version=__version__,
        started_at=clock.started_at,
        context=replace(
            context,
            visit=visited.visit if visited is not None else None,
            insight=records.insight,
            renewal=looked_up.renewal,
        ),
        cases=counted.cases,
        edge_seen=edge_seen,
        observations=observations,
        unknowns=(
            *_known((doubt,)),
            *plan.unknowns,
            *_known((own_path,)),
            *records.unknowns,
            *cut_short,
            *shown,
        ),
        errors=(*plan.errors, *records.errors),
        api_calls=outside.api_calls if outside is not None else plan.api_calls,
        connections=len(observations) + counted.unlisted,
        timings={
            "resolve_ms": round((resolved - clock.began) * 1000, 1),
            "probe_ms": round((ended - resolved) * 1000, 1),
            "total_ms": round((ended - clock.began) * 1000, 1),
        },
    )


def _known(doubts: tuple[Unknown | None, ...]) -> tuple[Unknown, ...]:
    return tuple(each for each in doubts if each is not None)


def _own_certificate(options: Options) -> tuple[bytes, ...]:
    own = options.reach.client_certificate
    return own.chain if own is not None else ()


async def _investigate(
    plan: RoutePlan, context: Context, options: Options, judge: Judge, runner: Runner
) -> tuple[Investigation, tuple[Unknown, ...]]:
    """The investigation, and what cut it short, if anything did."""
    investigation = Investigation(
        context,
        judge=judge,
        runner=runner,
        # The first look must be over before the whole is: an observation cut off is none.
        deadline=min(PROBE_DEADLINE, options.timeout * 700),
        answer_deadline=min(ANSWER_DEADLINE, options.timeout * 700),
    )
    try:
        async with asyncio.timeout(options.timeout):
            await investigation.first_look(plan.routes)
            if not options.observations:
                await investigation.look_closer()
    except TimeoutError:
        return (investigation, (TIMED_OUT,))
    except asyncio.CancelledError:
        # Ctrl-C: what was gathered is worth more than nothing, so the cancellation ends here.
        task = asyncio.current_task()
        if task is None or not investigation.observations:
            raise
        task.uncancel()
        return (investigation, (INTERRUPTED,))
    return (investigation, ())
