"""One route, from the edge's own probe through the waves of differential probes to a case."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count

from cf525.causes import waves
from cf525.causes.case import Case
from cf525.causes.families import inspection
from cf525.diagnosis.differing import with_others
from cf525.edge.status import edge_status
from cf525.model import ChainVerdict, Ending, Observation, Route, Target, Variation, ZoneFacts
from cf525.pki import TrustStore, judge, revocation
from cf525.pki.completion import Fetch, complete_chain
from cf525.pki.path import build, sent_nodes
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """The chain verdict's parameters, the same for every route of a run.

    ``fetch`` gets missing intermediates; None keeps the remedy general. ``lists`` gets CRLs;
    None leaves revocation unasked.
    """

    trust: TrustStore
    at: datetime | None = None
    fetch: Fetch | None = None
    lists: Fetch | None = None

    def verdict(self, route: Route, seen: Observation) -> ChainVerdict | None:
        """Would the edge accept what was sent? None when no certificate came."""
        if not seen.certificates:
            return None
        hello = seen.server_hello
        return judge(
            seen.certificates,
            names=route.accepted_names,
            at=self.at or datetime.now(UTC),
            trust=self.trust,
            observation=seen.id,
            key_proof=seen.key_proof,
            tls_version=hello.version if hello is not None else None,
        )

    async def completed(
        self, verdict: ChainVerdict | None, seen: Observation
    ) -> ChainVerdict | None:
        """The same verdict with what downloads add: the exact remedy, and revocation."""
        if verdict is None:
            return None
        missing: tuple[bytes, ...] = ()
        if self.fetch is not None:
            completion = await complete_chain(
                verdict, seen.certificates, trust=self.trust, fetch=self.fetch
            )
            verdict, missing = completion.verdict, completion.missing
        if self.lists is None:
            return verdict
        path = build(sent_nodes((*seen.certificates, *missing)), self.trust.edge)
        found = await revocation.check(
            path, fetch=self.lists, at=verdict.at, stapled=seen.stapled_ocsp
        )
        return revocation.apply(verdict, found)


class Investigation:
    """Probes the routes of one target and turns each into a case."""

    def __init__(
        self,
        target: Target,
        *,
        judge: Judge,
        zone: ZoneFacts | None = None,
        runner: Runner = run_probe,
        deadline: float = PROBE_DEADLINE,
        answer_deadline: float = ANSWER_DEADLINE,
        deep: bool = False,
        server: str = "",
    ) -> None:
        self.target = target
        self.deep = deep
        self.server = server
        self.judge = judge
        self.zone = zone
        self.observations: list[Observation] = []
        self.cases: dict[str, Case] = {}
        self._run = runner
        self._deadline = deadline
        self._answer_deadline = answer_deadline
        self._numbers = count(1)
        self._gates: dict[tuple[str, int], asyncio.Semaphore] = {}

    async def first_look(self, routes: Sequence[Route]) -> None:
        """Probe every route once, as the edge would, and judge what was seen."""
        for route in routes:
            self.cases[route.id] = Case(
                target=self.target,
                route=route,
                status=edge_status(route, None, None),
                zone=self.zone,
                deep=self.deep,
                server=self.server,
            )
        async with asyncio.TaskGroup() as group:
            for route in routes:
                if route.probeable:
                    group.create_task(self._look(route))

    async def look_closer(self) -> None:
        """Ask for the differential probes that would tell causes apart, in few waves."""
        async with asyncio.TaskGroup() as group:
            for id in tuple(self.cases):
                group.create_task(self._waves(id))
        for id, case in self.cases.items():
            if case.inconsistent:
                self.cases[id] = with_others(case, case.inconsistent, self.judge.verdict)

    async def _look(self, route: Route) -> None:
        plan = edge_plan(
            route,
            self.target,
            id=self._next_id(),
            deadline=self._deadline,
            answer_deadline=self._answer_deadline,
        )
        seen = await self._probe(plan)
        verdict = await self.judge.completed(self.judge.verdict(route, seen), seen)
        status = edge_status(route, seen, verdict)
        case = self.cases[route.id]
        looked = replace(case, edge=seen, verdict=verdict, status=status)
        self.cases[route.id] = inspection.discounted(looked)

    async def _waves(self, id: str) -> None:
        for _ in range(waves.max_waves(self.cases[id])):
            case = self.cases[id]
            wanted = waves.wanted(case)
            if not wanted:
                return
            plans = [self._varied(case, variation) for variation in wanted]
            seen = await asyncio.gather(*(self._probe(plan) for plan in plans))
            self.cases[id] = replace(case, probes=(*case.probes, *seen))

    def _varied(self, case: Case, variation: Variation) -> ProbePlan:
        assert case.edge is not None
        deadline = self._deadline
        if case.silent and case.edge.timings.connect is not None:
            deadline = min(deadline, RECHECK_DEADLINE + 6 * case.edge.timings.connect)
        # Where the edge's own request was in vain, nobody waits for the next ones as long.
        patient = 0.0 if case.edge.ending is Ending.TIMEOUT else self._answer_deadline
        base = edge_plan(case.route, self.target, id="", deadline=deadline, answer_deadline=patient)
        return vary(base, variation, id=self._next_id())

    async def _probe(self, plan: ProbePlan) -> Observation:
        gate = self._gates.setdefault(plan.route.endpoint, asyncio.Semaphore(CONNECTIONS_AT_ONCE))
        async with gate:
            seen = await self._run(plan)
        self.observations.append(seen)
        return seen

    def _next_id(self) -> str:
        return f"o{next(self._numbers)}"
