"""``diagnose``: one target, from its name to the report.

The outside world is opened once; the trust list loads and the visit goes on while the account and
DNS are asked. A deadline over the whole target keeps what was gathered until then.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from cf525.conclusion import Seen, conclude
from cf525.diagnosis import elsewhere
from cf525.diagnosis.beside import NOTHING_MORE, Asking, start_visit
from cf525.diagnosis.gather import Clock, gather
from cf525.diagnosis.judge import Judge
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside, load_trust
from cf525.diagnosis.routes import RoutePlan, nothing_known, plan_routes
from cf525.model import Report, Target
from cf525.model.parsing import parse_target
from cf525.probe.driver import run_probe
from cf525.probe.plan import Runner


async def diagnose(
    target: str | Target,
    options: Options | None = None,
    *,
    runner: Runner | None = None,
    planned: Callable[[RoutePlan], None] | None = None,
) -> Report:
    """Find out which status visitors of ``target`` get, and why.

    ``planned`` is told what is to be probed, before it is.

    Raises UsageError for a malformed target, CredentialsError and ApiError when there is neither
    an account to read nor an origin to probe. Whatever an origin does is in the report.
    """
    return conclude(await look(target, options, runner=runner, planned=planned))


async def look(
    target: str | Target,
    options: Options | None = None,
    *,
    runner: Runner | None = None,
    planned: Callable[[RoutePlan], None] | None = None,
) -> Seen:
    """All that a diagnosis rests on, before anything is concluded. As ``diagnose``."""
    options = options or Options()
    target = parse_target(target) if isinstance(target, str) else target
    clock = Clock()
    async with Outside(options, runner) as outside:
        outside.load()
        visit = start_visit(target, outside)
        try:
            plan = await _planned(target, outside)
            if options.observations:
                doubt = elsewhere.doubt(options.observations)
                plan = replace(plan, unknowns=(*plan.unknowns, doubt))
            if planned is not None:
                planned(plan)
            judge = await judging(plan, await outside.judge(), options)
        except BaseException:
            if visit is not None:
                visit.cancel()
            raise
        return await gather(
            target,
            plan,
            options=options,
            judge=judge,
            runner=outside.runner,
            clock=clock,
            asking=Asking(outside=outside, visit=visit),
        )


async def _planned(target: Target, outside: Outside) -> RoutePlan:
    """The routes; without an account and an address those of which only the edge can tell."""
    options = outside.options
    if outside.client is None and not options.origins and options.edge:
        return nothing_known(target, options)
    return await plan_routes(target, outside)


async def examine(
    target: Target,
    plan: RoutePlan,
    *,
    options: Options,
    judge: Judge,
    runner: Runner = run_probe,
    clock: Clock | None = None,
    asking: Asking = NOTHING_MORE,
) -> Report:
    """The report on a target whose routes are planned: what is seen, and what follows."""
    return conclude(
        await gather(
            target,
            plan,
            options=options,
            judge=await judging(plan, judge, options),
            runner=runner,
            clock=clock,
            asking=asking,
        )
    )


async def judging(plan: RoutePlan, judge: Judge, options: Options) -> Judge:
    """The judge for these routes: a Custom Origin Trust Store replaces the public roots."""
    if not plan.trust_anchors:
        return judge
    trust = await asyncio.to_thread(load_trust, options, plan.trust_anchors)
    return Judge(trust=trust, at=judge.at, fetch=judge.fetch, lists=judge.lists)
