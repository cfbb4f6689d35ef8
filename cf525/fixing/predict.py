"""What visitors get now, and what they would get with a change: both by the engine of a diagnosis.

The routes are made anew of an account in which the change is taken to be made. Where a new route
asks the origin what was asked already, what was seen then is judged again; where it leads
elsewhere, or asks otherwise, it is probed. Nothing is written.
"""

from collections.abc import Sequence
from dataclasses import replace

from cf525.causes.case import Context
from cf525.changes.effect import edits
from cf525.conclusion import Seen, conclude
from cf525.diagnosis.beside import Asking, start_visit
from cf525.diagnosis.gather import Clock, gather
from cf525.diagnosis.investigate import Investigation
from cf525.diagnosis.outside import Outside
from cf525.diagnosis.routes import RoutePlan, plan_routes
from cf525.edge.status import edge_status
from cf525.errors import ApiError
from cf525.jobs.diagnose import judging
from cf525.model import NotProbeable, Observation, Report, Route, Target
from cf525.model.fix import FixRequest
from cf525.model.status import UNKNOWN, Status
from cf525.probe.plan import ProbePlan, edge_plan
from cf525.values import dataclass
from cf525.version import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A host as it is: its routes, what was seen on each, and what follows from that."""

    target: Target
    plan: RoutePlan
    report: Report
    seen: tuple[tuple[Route, Observation], ...]

    @property
    def routes(self) -> tuple[Route, ...]:
        return self.plan.routes

    @property
    def status(self) -> Status:
        return self.report.edge_status


async def situation(target: Target, outside: Outside, *, visit: bool = True) -> Situation:
    """Diagnose the host. Raises ApiError where no account can be read."""
    outside.load()
    visiting = start_visit(target, outside) if visit else None
    try:
        plan = await _planned(target, outside)
        judge = await judging(plan, await outside.judge(), outside.options)
    except BaseException:
        if visiting is not None:
            visiting.cancel()
        raise
    seen = await gather(
        target,
        plan,
        options=outside.options,
        judge=judge,
        runner=outside.runner,
        clock=Clock(),
        asking=Asking(outside=outside, visit=visiting),
    )
    looked = tuple((case.route, case.edge) for case in seen.cases if case.edge is not None)
    return Situation(target=target, plan=plan, report=conclude(seen), seen=looked)


async def of_report(report: Report, outside: Outside) -> Situation:
    """The same where a report tells what was seen; the account is read now."""
    outside.load()
    plan = await _planned(report.target, outside)
    routes = {each.id: each for each in report.routes}
    looked = tuple(
        (routes[each.route], each)
        for each in report.observations
        if each.variation is None and each.route in routes
    )
    return Situation(target=report.target, plan=plan, report=report, seen=looked)


async def _planned(target: Target, outside: Outside) -> RoutePlan:
    plan = await plan_routes(target, outside)
    if plan.zone is None:
        raise ApiError(
            f"no zone that this token can see covers {target.host}; nothing can be changed there",
            hint="use a token of the account that holds the zone",
        )
    return plan


async def with_change(now: Situation, outside: Outside, requests: Sequence[FixRequest]) -> Report:
    """The report there would be. Raises ApiError where it takes a reading that fails."""
    assert outside.client is not None
    with outside.client.pretending(edits(requests)):
        plan = await plan_routes(now.target, outside)
    judge = await judging(plan, await outside.judge(), outside.options)
    context = Context(target=now.target, zone=plan.zone)
    investigation = Investigation(context, judge=judge, runner=_Again(now, outside).run)
    await investigation.first_look(plan.routes)
    return conclude(
        Seen(
            tool_version=__version__,
            started_at=now.report.started_at,
            context=context,
            cases=investigation.seen,
            observations=tuple(investigation.observations),
        )
    )


class _Again:
    """Answers a probe by what was seen when the same was asked; asks what was not."""

    def __init__(self, now: Situation, outside: Outside) -> None:
        self._known = {
            _question(edge_plan(route, now.target, id="")): seen for route, seen in now.seen
        }
        self._ask = outside.runner

    async def run(self, plan: ProbePlan) -> Observation:
        seen = self._known.get(_question(plan))
        if seen is None:
            return await self._ask(plan)
        return replace(seen, id=plan.id, route=plan.route.id)


def _question(plan: ProbePlan) -> tuple[object, ...]:
    """What an origin is asked: where, in which words, with which certificate."""
    route = plan.route
    return (
        route.endpoint if route.probeable else route.id,
        plan.plain,
        plan.profile,
        plan.sni,
        plan.host_header,
        plan.path,
        route.client_certificate,
    )


def but_for_the_certificate(now: Situation) -> Status:
    """What visitors would get if the certificate were right: the handshake alone is judged."""
    statuses = [
        edge_status(replace(route, mode="full"), seen, None).status for route, seen in now.seen
    ]
    failing = next((each for each in statuses if not each.works), None)
    if not statuses:
        return UNKNOWN
    return failing or statuses[0]


def proxied(now: Situation) -> bool:
    """Whether the edge serves the host at all."""
    return any(each.not_probeable is not NotProbeable.NOT_PROXIED for each in now.routes)
