"""Observations that were made on another machine, judged here as if they had been made here.

``cf525 probe --format json`` on the origin host writes them; whoever hands over such a file is
believed about what it holds, as one believes one's own terminal.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cf525.errors import UsageError
from cf525.inputs import open_given
from cf525.model import Observation, Report, Unknown
from cf525.model.decoding import decode
from cf525.probe.plan import ProbePlan
from cf525.report.plain import from_plain

MOST_BYTES: Final = 64 << 20
_HINT: Final = "give the JSON that cf525 probe --request --format json wrote"


def load_observations(paths: Sequence[Path]) -> tuple[Observation, ...]:
    """The edge's own probes in these reports. Raises UsageError when there are none."""
    found: list[Observation] = []
    for path in paths:
        try:
            with open_given(path) as opened:
                report = from_plain(Report, decode(opened.read(MOST_BYTES)))
        except (OSError, KeyError, TypeError, ValueError, RecursionError, StopIteration):
            raise UsageError(f"--observation {path} is not a report", hint=_HINT) from None
        routes = {each.id for each in report.routes}
        own = [each for each in report.observations if each.variation is None]
        found += [each for each in own if each.route in routes]
        if not own:
            raise UsageError(f"--observation {path} holds no observation", hint=_HINT)
    return tuple(found)


class Elsewhere:
    """Answers each route's own probe from what was seen elsewhere; nothing else is known."""

    def __init__(self, observations: Sequence[Observation]) -> None:
        self._observations = tuple(observations)

    async def run(self, plan: ProbePlan) -> Observation:
        seen = self._for(plan) if plan.variation is None else None
        if seen is None:
            from cf525.probe.recording import not_recorded

            return not_recorded(plan)
        return replace(seen, id=plan.id, route=plan.route.id)

    def _for(self, plan: ProbePlan) -> Observation | None:
        """The observation of this address; of another only when it is the only one given."""
        route = plan.route
        places = {(route.address, route.port), route.endpoint}
        for seen in self._observations:
            if (seen.address, seen.port) in places:
                return seen
        return self._observations[0] if len(self._observations) == 1 else None


def doubt(observations: Sequence[Observation]) -> Unknown:
    """What it means that the handshakes were made elsewhere."""
    oldest = min(each.started_at for each in observations)
    return Unknown(
        id="seen-elsewhere",
        text=f"What changed since the handshakes were made elsewhere at {oldest:%Y-%m-%d %H:%MZ}, "
        "and what differential probes would show: only what was recorded is judged.",
        next="Run the whole diagnosis there, or from here with --via ssh://HOST.",
    )
