"""Runs a series: like probes one after another, then a few at once, and no more than is gentle.

Nothing is judged here. A series stops at the first sign that it does harm: connections no longer
accepted, an origin that grows slow, a burst that mostly fails. Every probe is the edge's own, cut
off behind the handshake, so that no request reaches the application.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import field, replace
from typing import Final

from cf525.errors import UsageError
from cf525.model import Ending, Observation, Stage
from cf525.probe.plan import ProbePlan, Runner
from cf525.values import dataclass

DEFAULT_REPEAT: Final = 20
DEFAULT_PARALLEL: Final = 8
MOST_REPEAT: Final = 1_000
MOST_PARALLEL: Final = 32
BURSTS: Final = 2

SLOWER: Final = 10
"""How many times slower TCP may become before that is taken for harm, and from how many
milliseconds on it is minded at all."""
SLOW_MS: Final = 1_000.0
WINDOW: Final = 5
IN_A_ROW: Final = 3

_NOT_ACCEPTED = (Ending.REFUSED, Ending.CONNECT_TIMEOUT, Ending.UNREACHABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How many probes of each address, with how many seconds between, and how many at once.

    ``parallel`` of 0 leaves out the second phase.
    """

    count: int = DEFAULT_REPEAT
    interval: float = 0.0
    parallel: int = DEFAULT_PARALLEL

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_REPEAT:
            raise UsageError(
                f"--repeat {self.count} is out of bounds", hint=f"1 to {MOST_REPEAT} an address"
            )
        if not 0 <= self.parallel <= MOST_PARALLEL:
            raise UsageError(
                f"--parallel {self.parallel} is out of bounds",
                hint=f"0 to {MOST_PARALLEL} at once: this is a diagnosis, not a load test",
            )
        if not 0 <= self.interval <= 3_600:
            raise UsageError(f"--interval {self.interval} is out of bounds", hint="0 to 3600 s")


@dataclass(slots=True)
class Collected:
    """What a series has gathered so far; whole even when the series is cut off."""

    sequential: list[Observation] = field(default_factory=list)
    parallel: list[Observation] = field(default_factory=list)
    stopped: str = ""


async def run_series(
    base: ProbePlan, repeat: Repeat, *, runner: Runner, into: Collected, tag: str
) -> None:
    """Fill ``into`` with the probes of one address. ``tag`` begins their ids."""

    def plan(number: int) -> ProbePlan:
        id = f"{tag}.{number}"
        return replace(base, id=id, request=False, stop_at=Stage.ESTABLISHED)

    for number in range(1, repeat.count + 1):
        into.sequential.append(await runner(plan(number)))
        into.stopped = harm(into.sequential)
        if into.stopped:
            return
        if repeat.interval and number < repeat.count:
            await asyncio.sleep(repeat.interval)
    if repeat.parallel < 2:
        return
    for burst in range(BURSTS):
        first = repeat.count + 1 + burst * repeat.parallel
        numbers = range(first, first + repeat.parallel)
        seen = await asyncio.gather(*(runner(plan(number)) for number in numbers))
        into.parallel += seen
        if 2 * sum(not _worked(each) for each in seen) > len(seen):
            into.stopped = "most of a burst of connections failed"
            return


def _worked(seen: Observation) -> bool:
    """Whether the handshake was finished, or, without TLS, an answer came."""
    return seen.established or seen.http is not None


def harm(seen: Sequence[Observation]) -> str:
    """Why the series must end here; empty while nothing speaks against going on."""
    if len(seen) > IN_A_ROW and any(each.stage.reached(Stage.CONNECTED) for each in seen):
        latest = seen[-IN_A_ROW:]
        if all(each.ending in _NOT_ACCEPTED for each in latest):
            return "connections were no longer accepted"
    connects = [each.timings.connect for each in seen if each.timings.connect is not None]
    if len(connects) >= 2 * WINDOW:
        from statistics import median

        early, late = median(connects[:WINDOW]), median(connects[-WINDOW:])
        if late > SLOW_MS and late > SLOWER * early:
            return "the origin grew slow"
    return ""
