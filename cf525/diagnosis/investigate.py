"""One route, from the edge's own probe through the waves of differential probes to a case."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from cf525.causes import waves
from cf525.causes.case import Case, Context
from cf525.causes.families import inspection
from cf525.diagnosis.differing import with_others
from cf525.diagnosis.judge import Judge
from cf525.edge.answer import going_round
from cf525.edge.ranges import classify
from cf525.edge.status import edge_status
from cf525.model import Ending, NotProbeable, Observation, Route, Variation
from cf525.probe.driver import run_probe
from cf525.probe.plan import (
    ANSWER_DEADLINE,
    PROBE_DEADLINE,
    RECHECK_DEADLINE,
    ProbePlan,
    Runner,
    edge_plan,
    vary,
)

CONNECTIONS_AT_ONCE = 7
"""To one address: enough for the first wave at a silent origin, where each probe costs its whole
deadline, and too few to be a load."""


def _met_by_visitors(route: Route) -> bool:
    """Whether visitors of the route connect to a public address by themselves."""
    if route.not_probeable is not NotProbeable.NOT_PROXIED or route.address is None:
        return False
    return classify(route.address) is None


class Investigation:
    """Probes the routes of one target and turns each into a case."""

    def __init__(
        self,
        context: Context,
        *,
        judge: Judge,
        runner: Runner = run_probe,
        deadline: float = PROBE_DEADLINE,
        answer_deadline: float = ANSWER_DEADLINE,
    ) -> None:
        self.context = context
        self.judge = judge
        self.observations: list[Observation] = []
        self.cases: dict[str, Case] = {}
        self._run = runner
        self._deadline = deadline
        self._answer_deadline = answer_deadline
        self._numbers = count(1)
        self._gates: dict[tuple[str, int], asyncio.Semaphore] = {}

    @property
    def seen(self) -> tuple[Case, ...]:
        """The case of every route, as far as it was looked at."""
        return tuple(self.cases.values())

    async def first_look(self, routes: Sequence[Route]) -> None:
        """Probe every route once, as the edge would, and judge what was seen."""
        for route in routes:
            self.cases[route.id] = Case(
                context=self.context, route=route, status=edge_status(route, None, None)
            )
        async with asyncio.TaskGroup() as group:
            for route in routes:
                if route.probeable:
                    group.create_task(self._look(route))
                elif _met_by_visitors(route):
                    group.create_task(self._look_as_a_visitor(route))

    async def look_closer(self) -> None:
        """Ask for the differential probes that would tell causes apart, in few waves."""
        async with asyncio.TaskGroup() as group:
            for id in tuple(self.cases):
                group.create_task(self._waves(id))
        for id, case in self.cases.items():
            if case.inconsistent:
                self.cases[id] = with_others(case, case.inconsistent, self.judge)

    async def _look(self, route: Route) -> None:
        plan = edge_plan(
            route,
            self.context.target,
            id=self._next_id(),
            deadline=self._deadline,
            answer_deadline=self._answer_deadline,
        )
        seen = await self._probe(plan)
        verdict = self.judge.verdict(route, seen)
        if verdict is not None:
            verdict = await self.judge.completed(verdict, seen.certificates, seen.stapled_ocsp)
        status = going_round(edge_status(route, seen, verdict), seen.http, self.context.target.url)
        case = self.cases[route.id]
        looked = replace(case, edge=seen, verdict=verdict, status=status)
        self.cases[route.id] = inspection.discounted(looked)

    async def _look_as_a_visitor(self, route: Route) -> None:
        """What a name that is DNS only shows those who ask it: nothing of it concerns the edge."""
        port = route.port if route.scheme == "https" else 443
        open_route = replace(route, not_probeable=None, scheme="https", port=port)
        plan = edge_plan(
            open_route, self.context.target, id=self._next_id(), deadline=self._deadline
        )
        seen = await self._probe(plan)
        verdict = self.judge.verdict(open_route, seen)
        self.cases[route.id] = replace(self.cases[route.id], direct=verdict)

    async def _waves(self, id: str) -> None:
        for _ in range(waves.max_waves(self.cases[id])):
            case = self.cases[id]
            wanted = waves.wanted(case)
            if not wanted:
                break
            plans = [self._varied(case, variation) for variation in wanted]
            seen = await asyncio.gather(*(self._probe(plan) for plan in plans))
            self.cases[id] = replace(case, probes=(*case.probes, *seen))

    def _varied(self, case: Case, variation: Variation) -> ProbePlan:
        assert case.edge is not None
        deadline = self._deadline
        if case.silent and case.edge.timings.connect is not None:
            deadline = min(deadline, RECHECK_DEADLINE + 6 * case.edge.timings.connect)
        if case.stalled:  # the edge may have more patience than our first look
            deadline = max(deadline, self._answer_deadline)
        # Where the edge's own request was in vain, nobody waits for the next ones as long.
        patient = 0.0 if case.edge.ending is Ending.TIMEOUT else self._answer_deadline
        base = edge_plan(case.route, case.target, id="", deadline=deadline, answer_deadline=patient)
        return vary(base, variation, id=self._next_id())

    async def _probe(self, plan: ProbePlan) -> Observation:
        gate = self._gates.setdefault(plan.route.endpoint, asyncio.Semaphore(CONNECTIONS_AT_ONCE))
        async with gate:
            seen = await self._run(plan)
        self.observations.append(seen)
        return seen

    def _next_id(self) -> str:
        return f"o{next(self._numbers)}"
