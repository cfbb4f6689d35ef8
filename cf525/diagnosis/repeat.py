"""The series of a diagnosis: each address asked many times, each answer judged as the edge would.

What comes and goes replaces the status of the one handshake: an address that fails now and then
fails for visitors, whatever the first look saw.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cf525.causes.case import Case, outcome
from cf525.diagnosis.differing import with_others
from cf525.diagnosis.investigate import Investigation, Judge
from cf525.edge.status import edge_status
from cf525.model import ChainVerdict, Confidence, EdgeStatus, Observation, Route, Series
from cf525.probe.plan import Runner, edge_plan
from cf525.series.count import OK, Labelled, series_of
from cf525.series.run import Collected, Repeat, run_series

SURE_FROM = 2


@dataclass(slots=True)
class Repeated:
    """The series of all routes, the few observations kept, and how many probes there were."""

    series: list[Series] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    interrupted: bool = False

    @property
    def unlisted(self) -> int:
        """Connections whose observations were counted and not kept."""
        return sum(each.total for each in self.series) - len(self.observations)


async def repeated(investigation: Investigation, repeat: Repeat | None, runner: Runner) -> Repeated:
    """Run the series of every route that can be probed and put each beside its case.

    Ctrl-C ends the series and keeps what was gathered.
    """
    result = Repeated()
    cases = [case for case in investigation.cases.values() if case.edge is not None]
    if repeat is None or not cases:
        return result
    collected = {case.route.id: Collected() for case in cases}
    try:
        async with asyncio.TaskGroup() as group:
            for case in cases:
                plan = edge_plan(case.route, investigation.target, id="")
                into, tag = collected[case.route.id], f"s{case.route.id[1:]}"
                group.create_task(run_series(plan, repeat, runner=runner, into=into, tag=tag))
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None:
            raise
        task.uncancel()
        result.interrupted = True
    for case in cases:
        _count(investigation, case, collected[case.route.id], result)
    return result


def _count(
    investigation: Investigation, case: Case, collected: Collected, result: Repeated
) -> None:
    if not collected.sequential:
        return
    labels = _Labels(case.route, investigation.judge)
    sequential = [labels.judged(each) for each in collected.sequential]
    parallel = [labels.judged(each) for each in collected.parallel]
    series, kept = series_of(case.route.id, collected, sequential, parallel)
    status = _status(case, series, (*sequential, *parallel), labels)
    judged = with_others(case, kept, investigation.judge.verdict)
    investigation.cases[case.route.id] = replace(judged, series=series, status=status)
    result.series.append(series)
    result.observations += kept


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
        if not status.fails:
            return Labelled(seen, OK)
        what = "certificate refused" if status.status == "526" else outcome(seen)
        label = f"{status.status} {_steady(what, seen)}"
        self.statuses.setdefault(label, status)
        return Labelled(seen, label)


def _steady(what: str, seen: Observation) -> str:
    """The outcome without the times in it, so that like ones count as one."""
    return "no answer in time" if seen.ending == "timeout" and not seen.answered else what


def _status(case: Case, series: Series, probes: Sequence[Labelled], labels: _Labels) -> EdgeStatus:
    failed = Counter(each.label for each in probes if each.failed)
    if not failed or series.failures == series.total:
        return case.status
    label, _ = failed.most_common(1)[0]
    surely = series.failures >= SURE_FROM
    return EdgeStatus(
        status=labels.statuses[label].status,
        confidence=Confidence.HIGH if surely else Confidence.MEDIUM,
        reason=f"{series.failures} of {series.total} connections fail",
    )
