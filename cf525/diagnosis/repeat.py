"""The series of a diagnosis: each address asked many times, each answer judged as the edge would.

What comes and goes replaces the status of the one handshake: an address that fails now and then
fails for visitors, whatever the first look saw.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from cf525.causes.case import Case
from cf525.causes.match import outcome
from cf525.diagnosis.differing import with_others
from cf525.diagnosis.endured import end_cancellation
from cf525.diagnosis.judge import Judge
from cf525.edge.status import edge_status
from cf525.model import ChainVerdict, Confidence, EdgeStatus, Observation, Route, Series
from cf525.probe.plan import Runner, edge_plan
from cf525.series.count import OK, Labelled, series_of
from cf525.series.run import Collected, Repeat, run_series
from cf525.values import dataclass

SURE_FROM = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """The cases with their series beside them, and the few observations of it that were kept."""

    cases: tuple[Case, ...]
    observations: tuple[Observation, ...] = ()
    interrupted: bool = False

    @property
    def unlisted(self) -> int:
        """Connections whose observations were counted and not kept."""
        series = (each.series for each in self.cases if each.series is not None)
        return sum(each.total for each in series) - len(self.observations)


async def repeated(
    cases: Sequence[Case], repeat: Repeat | None, *, runner: Runner, judge: Judge
) -> Repeated:
    """Run the series of every route that could be probed and put each beside its case.

    Ctrl-C ends the series and keeps what was gathered.
    """
    probed = [case for case in cases if case.edge is not None]
    if repeat is None or not probed:
        return Repeated(cases=tuple(cases))
    collected = {case.route.id: Collected() for case in probed}
    interrupted = False
    try:
        async with asyncio.TaskGroup() as group:
            for case in probed:
                plan = edge_plan(case.route, case.target, id="")
                into, tag = collected[case.route.id], f"s{case.route.id[1:]}"
                group.create_task(run_series(plan, repeat, runner=runner, into=into, tag=tag))
    except asyncio.CancelledError:
        end_cancellation()
        interrupted = True
    counted = [_counted(case, collected.get(case.route.id), judge) for case in cases]
    return Repeated(
        cases=tuple(case for case, _ in counted),
        observations=tuple(each for _, kept in counted for each in kept),
        interrupted=interrupted,
    )


def _counted(
    case: Case, collected: Collected | None, judge: Judge
) -> tuple[Case, Sequence[Observation]]:
    """The case with what its series showed, and the observations that are kept."""
    if collected is None or not collected.sequential:
        return case, ()
    labels = _Labels(case.route, judge)
    sequential = [labels.judged(each) for each in collected.sequential]
    parallel = [labels.judged(each) for each in collected.parallel]
    series, kept = series_of(case.route.id, collected, sequential, parallel)
    status = _status(case, series, (*sequential, *parallel), labels)
    judged = with_others(case, kept, judge)
    return replace(judged, series=series, status=status), kept


class _Labels:
    """Names what the edge would make of each probe; one chain is judged once."""

    def __init__(self, route: Route, judge: Judge) -> None:
        self._route = route
        self._judge = judge
        self._verdicts: dict[tuple[object, ...], ChainVerdict | None] = {}
        self.statuses: dict[str, EdgeStatus] = {}

    def judged(self, seen: Observation) -> Labelled:
        version = seen.server_hello.version if seen.server_hello is not None else None
        key = (seen.certificates, seen.key_proof, version)
        if key not in self._verdicts:
            self._verdicts[key] = self._judge.verdict(self._route, seen)
        status = edge_status(self._route, seen, self._verdicts[key])
        if status.status.works:
            return Labelled(seen, OK)
        what = _refused(self._verdicts[key]) if status.status == "526" else outcome(seen)
        told = "cannot tell:" if status.status.unknown else status.status
        label = f"{told} {_steady(what, seen)}"
        self.statuses.setdefault(label, status)
        return Labelled(seen, label)


def _refused(verdict: ChainVerdict | None) -> str:
    """That the certificate is refused, and for what."""
    code = verdict.decisive[0].code if verdict is not None and verdict.decisive else ""
    return f"certificate refused: {code.replace('_', ' ')}" if code else "certificate refused"


def _steady(what: str, seen: Observation) -> str:
    """The outcome without the times in it, so that like ones count as one."""
    return "no answer in time" if seen.ending == "timeout" and not seen.answered else what


def _status(case: Case, series: Series, probes: Sequence[Labelled], labels: _Labels) -> EdgeStatus:
    failed = Counter(each.label for each in probes if each.failed)
    if not failed or series.failures == series.total:
        return case.status
    label, _ = failed.most_common(1)[0]
    status = labels.statuses[label].status
    surely = series.failures >= SURE_FROM and not status.unknown
    return EdgeStatus(
        status=status,
        confidence=Confidence.HIGH if surely else Confidence.MEDIUM,
        reason=f"{series.failures} of {series.total} connections fail",
    )
