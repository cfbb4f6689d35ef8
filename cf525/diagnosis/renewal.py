"""Asks why a certificate was not renewed: the ACME challenge's way, CAA, what logs know of it.

Only for certificates that were to renew by themselves. It is asked beside the rest, for a few
seconds at most, and what does not come in time is not known.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from cf525.causes.case import Case
from cf525.causes.signs.renewing import in_question
from cf525.diagnosis.outside import Outside
from cf525.model import CaaSet, Observation, Renewal, Target
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.edgeview.challenge import Challenged

PATIENCE: Final = 8.0
"""Seconds for all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What was found, and the probes that carried the challenge."""

    renewal: Renewal | None = None
    observations: tuple[Observation, ...] = ()


async def look_up(target: Target, cases: Iterable[Case], outside: Outside | None) -> LookedUp:
    """Ask, where any of the cases gives reason to; nothing without an ``outside``.

    What the logs hold was given, and bears on a refused certificate of any issuer.
    """
    cases = tuple(cases)
    if outside is None:
        return LookedUp()
    logged = outside.options.logged
    if not any(in_question(case) for case in cases):
        refused = any(each.verdict and each.verdict.accepted is False for each in cases)
        given = logged is not None and refused
        return LookedUp(renewal=Renewal(logged=logged)) if given else LookedUp()
    caa = asyncio.create_task(outside.resolver.caa(target.host))
    challenge = asyncio.create_task(_challenge(target, outside))
    await asyncio.wait({caa, challenge}, timeout=PATIENCE)
    met = challenge.result() if challenge.done() else None
    found = caa.result() if caa.done() else CaaSet(reason="timeout")
    for task in (caa, challenge):
        task.cancel()
    return LookedUp(
        renewal=Renewal(
            challenge=met.hops if met is not None else (),
            caa=found,
            logged=logged,
        ),
        observations=met.observations if met is not None else (),
    )


async def _challenge(target: Target, outside: Outside) -> "Challenged | None":
    if not outside.options.edge:
        return None
    from cf525.edgeview.challenge import challenge_through_edge

    return await challenge_through_edge(
        target,
        resolver=outside.resolver,
        runner=outside.visitor,
        connect_to=outside.options.connect_to,
    )
