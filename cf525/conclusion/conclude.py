"""The last judgement: from all that was seen to the report. Pure, and the only place of its kind.

Findings come from the catalogue, the status from the routes, the doubts from what was not seen;
then the visit is laid beside, and everything open is weighed against the verdict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cf525.causes.case import Case
from cf525.causes.matching import findings
from cf525.causes.signs.server import guesses
from cf525.conclusion.bearing import Verdict, weighed
from cf525.conclusion.beside import beside_visit
from cf525.conclusion.certainty import bounded, bounded_by_gaps, bounded_case, bounded_overall
from cf525.conclusion.overall import Overall, overall_of
from cf525.conclusion.seen import Seen
from cf525.conclusion.unknowns import WARP, open_questions
from cf525.model import (
    Agreement,
    Comparison,
    Confidence,
    Finding,
    Recognised,
    Report,
    RouteStatus,
)


def conclude(seen: Seen) -> Report:
    """The report on one target. The same input gives the same report, whenever and wherever."""
    cases = with_siblings(bounded_case(replace(case, context=seen.context)) for case in seen.cases)
    found = findings(cases, bounded)
    first = next((each for each in found if not each.contributing), None)
    overall = _through_warp(bounded_overall(overall_of(cases, found), first, cases), seen)
    visit = seen.context.visit
    judged = beside_visit(overall, found, cases, visit, seen.edge_seen)
    headline = next((each for each in judged.findings if not each.contributing), None)
    verdict = Verdict(
        status=judged.overall.status,
        confidence=judged.overall.confidence,
        cases=cases,
        seen_by_edge=visit is not None and visit.told,
    )
    still_open = (*seen.unknowns, *open_questions(cases, visit), *judged.unknowns)
    whole, found_out = judged.overall, judged.findings
    if not confirmed(judged.comparison):
        whole, found_out = bounded_by_gaps(
            whole,
            judged.findings,
            weighed(still_open, verdict),
            () if verdict.seen_by_edge else cases,
        )
        verdict = replace(verdict, status=whole.status, confidence=whole.confidence)
    return Report(
        tool_version=seen.tool_version,
        started_at=seen.started_at,
        target=seen.context.target,
        edge_status=verdict.status,
        confidence=verdict.confidence,
        summary=whole.summary,
        headline=headline.id if headline is not None else None,
        zone=seen.context.zone,
        routes=tuple(case.route for case in cases),
        route_statuses=tuple(_route_status(case) for case in cases),
        observations=seen.observations,
        chain_verdicts=tuple(
            each.verdict
            for case in cases
            for each in (case, *case.others)
            if each.verdict is not None
        ),
        findings=found_out,
        unknowns=weighed(still_open, verdict),
        errors=seen.errors,
        api_calls=seen.api_calls,
        connections=seen.connections,
        timings=seen.timings,
        visit=visit,
        comparison=judged.comparison,
        series=tuple(case.series for case in cases if case.series is not None),
        insight=seen.context.insight,
        renewal=seen.context.renewal,
        server=recognised(cases, headline),
    )


def confirmed(comparison: Comparison | None) -> bool:
    """Whether a visit through the edge met what was found here."""
    return comparison is not None and comparison.agreement is Agreement.CONFIRMED


def recognised(cases: Sequence[Case], headline: Finding | None) -> Recognised | None:
    """The server behind the route that the headline is about: the surest guess, if any."""
    if headline is None:
        return None
    case = next((each for each in cases if each.route.id in headline.routes), None)
    first = next(iter(guesses(case)), None) if case is not None else None
    return Recognised(platform=first.platform, ground=first.ground) if first is not None else None


def with_siblings(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Each case with the others of its target beside it, in the order of the routes."""
    ordered: Sequence[Case] = sorted(cases, key=lambda case: int(case.route.id[1:]))
    return tuple(
        replace(case, siblings=tuple(each for each in ordered if each is not case))
        for case in ordered
    )


def _through_warp(overall: Overall, seen: Seen) -> Overall:
    """Probes that went out through Cloudflare's own client may have met a filter on the way."""
    through = any(each.id == WARP for each in seen.unknowns)
    if through and not overall.status.works:
        return replace(overall, confidence=Confidence.LOW)
    return overall


def _route_status(case: Case) -> RouteStatus:
    observation = case.edge.id if case.edge is not None else None
    return RouteStatus(route=case.route.id, edge=case.status, observation=observation)
