"""Asks why a certificate was not renewed: the ACME challenge's way, CAA, what logs know of it.

Only for certificates that were to renew by themselves. It is asked beside the rest, for a few
seconds at most, and what does not come in time is not known.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cf525.causes.case import Case
from cf525.causes.families.renewal import in_question
from cf525.diagnosis.options import Options
from cf525.model import CaaSet, Observation, Renewal, Target
from cf525.net.dns import Resolver
from cf525.probe.plan import Runner

if TYPE_CHECKING:
    from cf525.edgeview.challenge import Challenged

PATIENCE: Final = 8.0
"""Seconds for all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What was found, and the probes that carried the challenge."""

    renewal: Renewal | None = None
    observations: tuple[Observation, ...] = ()


async def look_up(
    target: Target, cases: Iterable[Case], options: Options, runner: Runner | None
) -> LookedUp:
    """Ask, where any of the cases gives reason to; nothing without a ``runner``."""
    if runner is None or not any(in_question(case) for case in cases):
        return LookedUp()
    resolver = Resolver(options.resolver)
    caa = asyncio.create_task(resolver.caa(target.host))
    challenge = asyncio.create_task(_challenge(target, options, resolver, runner))
    await asyncio.wait({caa, challenge}, timeout=PATIENCE)
    met = challenge.result() if challenge.done() else None
    found = caa.result() if caa.done() else CaaSet(reason="timeout")
    for task in (caa, challenge):
        task.cancel()
    return LookedUp(
        renewal=Renewal(
            challenge=met.hops if met is not None else (), caa=found, logged=options.logged
        ),
        observations=met.observations if met is not None else (),
    )


async def _challenge(
    target: Target, options: Options, resolver: Resolver, runner: Runner
) -> "Challenged | None":
    if not options.edge:
        return None
    from cf525.edgeview.challenge import challenge_through_edge

    return await challenge_through_edge(
        target, resolver=resolver, runner=runner, connect_to=options.connect_to
    )
