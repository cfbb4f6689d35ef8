"""Watches one target: looks again and again, slower while nothing changes, and tells of changes.

Pure but for what it is given: the look, the clock and the waiting are the caller's, so that a
test runs an hour in a millisecond.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from cf525.errors import UsageError
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.model import Report

BACK_OFF: Final = 1.5


class Until(StrEnum):
    """When a watch ends: ``change`` at the first transition, ``never`` by Ctrl-C alone."""

    OK = "ok"
    FAIL = "fail"
    CHANGE = "change"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between looks: the first wait, and the longest that back-off leads to."""

    first: float = 5.0
    slowest: float = 60.0

    def __post_init__(self) -> None:
        if not 0.1 <= self.first <= self.slowest <= 86_400:
            raise UsageError(
                f"looks {self.first:g} to {self.slowest:g} s apart are no pace to watch at",
                hint="--interval at least 0.1 and at most --slowest",
            )

    def next(self, wait: float) -> float:
        """The wait after one that brought no change."""
        return min(wait * BACK_OFF, self.slowest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change between two looks; ``before`` is None for the first look. ``looks`` counts those
    that found ``before``."""

    before: "Report | None"
    after: "Report"
    looks: int


Look: TypeAlias = "Callable[[], Awaitable[Report]]"
Tell: TypeAlias = Callable[[Transition], Awaitable[None]]


async def watch(
    look: Look,
    *,
    failing: "Callable[[Report], bool | None]",
    until: Until,
    pace: Pace,
    sleep: Callable[[float], Awaitable[None]],
    changed: Tell,
    looked: "Callable[[Report], None]" = lambda _: None,
) -> "Report":
    """Look until the end that was asked for; returns the last report.

    ``failing`` says whether a report is a failure, None where it cannot be told, which ends no
    watch.
    """
    before: Report | None = None
    looks, wait = 0, pace.first
    while True:
        report = await look()
        looked(report)
        if before is None or _state(report) != _state(before):
            await changed(Transition(before=before, after=report, looks=looks))
            over = until is Until.CHANGE and before is not None
            looks, wait = 0, pace.first
        else:
            over, wait = False, pace.next(wait)
        looks += 1
        state = failing(report)
        if over or (until is Until.OK and state is False) or (until is Until.FAIL and state):
            return report
        before = report
        await sleep(wait)


def not_seen(before: "Report", why: str) -> "Report":
    """What is known after a look that failed: nothing, but for why."""
    from cf525.model import Confidence
    from cf525.model.status import UNKNOWN

    return replace(
        before,
        edge_status=UNKNOWN,
        confidence=Confidence.LOW,
        summary=f"Cannot tell: {why}.",
        headline=None,
        findings=(),
        observations=(),
        route_statuses=(),
        errors=(why,),
    )


def _state(report: "Report") -> tuple[str, str | None]:
    return (report.edge_status, report.headline)
