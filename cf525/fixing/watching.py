"""Asks the edge after a change until it answers as predicted, on new connections alone.

A change takes seconds to reach every place, and connections that are open keep what they were
opened with. What is seen is told; nothing is concluded, and nothing undone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.edgeview.visit import visit
from cf525.model import Target, Visit, VisitOutcome
from cf525.model.status import NOT_APPLICABLE, UNKNOWN, Status
from cf525.values import dataclass

FIRST: Final = 1.0
SLOWEST: Final = 10.0
LATENCY: Final = (
    "a change takes seconds to minutes to reach every place of the edge, and visitors whose "
    "connection is open keep the old one for up to 900 s"
)


@dataclass(frozen=True, slots=True)
class SeenAfter:
    """The last status a visitor got, and whether it is the predicted one; None where the edge
    could not be asked from here."""

    status: Status | None
    as_predicted: bool | None


async def until_seen(
    target: Target,
    options: Options,
    predicted: Status,
    *,
    within: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> SeenAfter:
    """Look again and again, for at most ``within`` seconds of waiting."""
    waited, pause = 0.0, FIRST
    while True:
        status = _status(await _look(target, options))
        working = predicted.works or predicted == UNKNOWN  # what every change is for
        if status == predicted or (status is not None and working and status.works):
            return SeenAfter(status, True)
        if waited + pause > within:
            return SeenAfter(status, None if status is None else False)
        await sleep(pause)
        waited, pause = waited + pause, min(pause * 1.5, SLOWEST)


async def _look(target: Target, options: Options) -> Visit:
    """One request through the edge, by a name that is looked up anew."""
    async with Outside(options) as outside:
        found = await visit(
            target,
            resolver=outside.resolver,
            runner=outside.visitor,
            trust=None if options.trust_only else outside.trust,
            connect_to=options.connect_to,
            deadline=options.edge_wait * 1000,
        )
    return found.visit


def _status(seen: Visit) -> Status | None:
    if seen.outcome is VisitOutcome.NOT_CLOUDFLARE:
        return NOT_APPLICABLE
    if seen.outcome is not VisitOutcome.ANSWERED or seen.code.unknown:
        return None
    return seen.code
