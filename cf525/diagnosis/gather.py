"""Everything that can be seen of one target whose routes are planned, gathered side by side.

Probes, differential probes and series go to the origin; the visit, the account's records and the
look-ups of a renewal go on beside them. Nothing is concluded here.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import Final, TypeVar

from cf525.causes.case import Context
from cf525.conclusion import Seen
from cf525.conclusion.unknowns import INTERRUPTED, TIMED_OUT
from cf525.diagnosis.beside import (
    NOTHING_MORE,
    Asking,
    Told,
    egress_doubts,
    finished,
    on_warp,
    origin_ca_doubts,
    told_by_cloudflare,
)
from cf525.diagnosis.endured import end_cancellation
from cf525.diagnosis.investigate import Investigation
from cf525.diagnosis.judge import Judge
from cf525.diagnosis.options import Options
from cf525.diagnosis.renewal import LookedUp, look_up
from cf525.diagnosis.repeat import Repeated, repeated
from cf525.diagnosis.routes import RoutePlan
from cf525.edgeview.own_path import hosts_doubt
from cf525.edgeview.visit import Visited
from cf525.model import Observation, Target, Unknown
from cf525.probe.driver import run_probe
from cf525.probe.plan import ANSWER_DEADLINE, PROBE_DEADLINE, Runner
from cf525.values import dataclass
from cf525.version import __version__

T = TypeVar("T")

AT_LEAST: Final = 1.0
"""Seconds for the origins, however long the account took to be read."""


@dataclass(slots=True)
class Clock:
    """When the work on a target began, and when its routes were known."""

    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.perf_counter)
    routed: float = 0.0

    def resolved(self) -> None:
        """The routes are known now."""
        self.routed = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self.began

    def timings(self) -> dict[str, float]:
        """Milliseconds of the parts until now."""
        now = time.perf_counter()
        return {
            "resolve_ms": round((self.routed - self.began) * 1000, 1),
            "probe_ms": round((now - self.routed) * 1000, 1),
            "total_ms": round((now - self.began) * 1000, 1),
        }


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
    clock.resolved()
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
    left = max(options.timeout - clock.elapsed, min(AT_LEAST, options.timeout))
    investigation, cut_short = await _investigate(plan, context, options, judge, runner, left)
    looking = asyncio.create_task(look_up(target, investigation.seen, outside))
    repeat = None if options.observations else options.repeat
    counted = await repeated(investigation.seen, repeat, runner=runner, judge=judge)
    if counted.interrupted:
        cut_short = (*cut_short, INTERRUPTED)
    hurry = INTERRUPTED in cut_short
    visited = await finished(asking.visit, options, math.inf if hurry else clock.elapsed)
    records = await _brought(told, Told(), hurry=hurry)
    looked_up = await _brought(looking, LookedUp(), hurry=hurry)
    if asking.known is not None:
        looked_up = LookedUp(renewal=asking.known)
    doubt = await _brought(warp, None, hurry=hurry)
    shown: tuple[Unknown, ...] = ()
    if not hurry:
        shown = await origin_ca_doubts(counted.cases, plan, outside)
        shown += await egress_doubts(counted.cases, visited, plan, outside)
    own_path = hosts_doubt(target.host) if visited is not None and counted.cases else None
    known = _Besides(visited=visited, records=records, looked_up=looked_up)
    return known.beside(
        counted,
        context,
        clock,
        observations=investigation.observations,
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
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Besides:
    """What was seen besides the direct test."""

    visited: Visited | None
    records: Told
    looked_up: LookedUp

    def beside(
        self,
        counted: Repeated,
        context: Context,
        clock: Clock,
        *,
        observations: Sequence[Observation],
        unknowns: tuple[Unknown, ...],
        errors: tuple[str, ...],
        api_calls: int,
    ) -> Seen:
        """All of it set down together with what the direct test showed."""
        edge_seen = self.visited.observation if self.visited is not None else None
        every = (
            *observations,
            *counted.observations,
            *((edge_seen,) if edge_seen is not None else ()),
            *self.looked_up.observations,
        )
        return Seen(
            tool_version=__version__,
            started_at=clock.started_at,
            context=replace(
                context,
                visit=self.visited.visit if self.visited is not None else None,
                insight=self.records.insight,
                renewal=self.looked_up.renewal,
            ),
            cases=counted.cases,
            edge_seen=edge_seen,
            observations=every,
            unknowns=unknowns,
            errors=errors,
            api_calls=api_calls,
            connections=len(every) + counted.unlisted,
            timings=clock.timings(),
        )


async def _brought(task: "asyncio.Task[T]", nothing: T, *, hurry: bool) -> T:
    """What a task brings; ``nothing`` where it is not waited for any more."""
    if hurry and not task.done():
        task.cancel()
        await asyncio.wait({task})
        return nothing
    return await task


def _known(doubts: tuple[Unknown | None, ...]) -> tuple[Unknown, ...]:
    return tuple(each for each in doubts if each is not None)


def _own_certificate(options: Options) -> tuple[bytes, ...]:
    own = options.reach.client_certificate
    return own.chain if own is not None else ()


async def _investigate(
    plan: RoutePlan,
    context: Context,
    options: Options,
    judge: Judge,
    runner: Runner,
    left: float,
) -> tuple[Investigation, tuple[Unknown, ...]]:
    """The investigation in the seconds left, and what cut it short, if anything did."""
    investigation = Investigation(
        context,
        judge=judge,
        runner=runner,
        # The first look must be over before the whole is: an observation cut off is none.
        deadline=min(PROBE_DEADLINE, left * 700),
        answer_deadline=min(ANSWER_DEADLINE, left * 700),
    )
    try:
        async with asyncio.timeout(left):
            await investigation.first_look(plan.routes)
            if not options.observations:
                await investigation.look_closer()
    except TimeoutError:
        return (investigation, (TIMED_OUT,))
    except asyncio.CancelledError:
        end_cancellation()  # what is known may be the route alone
        return (investigation, (INTERRUPTED,))
    return (investigation, ())
