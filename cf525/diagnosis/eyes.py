"""More eyes than one handshake: the visit through the edge and the series, joined to the cases.

The visit starts with the run and goes on beside it, so that it costs no time of its own. What it
tells is laid beside the direct findings here; a visit that failed changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from cf525.causes.case import Case
from cf525.causes.families.edgeview import VISIT_FINDINGS
from cf525.causes.families.series import SERIES_FINDINGS
from cf525.diagnosis.options import Options
from cf525.diagnosis.renewal import LookedUp
from cf525.diagnosis.repeat import Repeated
from cf525.diagnosis.routes import RoutePlan
from cf525.diagnosis.summary import Overall
from cf525.edge.codes import title_of
from cf525.edgeview.compare import Direct, Reconciled, doubts, reconcile
from cf525.edgeview.own_path import hosts_doubt, same_issuer
from cf525.edgeview.visit import Visited, visit
from cf525.edgeview.warp import signs, warp_doubt
from cf525.errors import ApiError
from cf525.model import (
    Agreement,
    Comparison,
    Confidence,
    Finding,
    Insight,
    Observation,
    Renewal,
    Target,
    Unknown,
    Visit,
    VisitOutcome,
)
from cf525.model.status import UNKNOWN
from cf525.net.dns import Resolver
from cf525.pki import TrustStore
from cf525.probe.plan import Runner

VisitTask = asyncio.Task[Visited]

RESOLVING: Final = 2.0
"""Seconds that finding the edge's address may add to a visit before it is no longer waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The whole after the visit was laid beside it."""

    overall: Overall
    findings: tuple[Finding, ...]
    comparison: Comparison | None = None
    unknowns: tuple[Unknown, ...] = ()


def start_visit(
    target: Target, options: Options, trust: Awaitable[TrustStore], runner: Runner
) -> VisitTask | None:
    """The visit, on its way; None when it is not wanted."""
    if not options.edge:
        return None
    return asyncio.create_task(
        visit(
            target,
            resolver=Resolver(options.resolver),
            runner=runner,
            trust=None if options.trust_only else asyncio.shield(trust),
            connect_to=options.connect_to,
            deadline=options.edge_wait * 1000,
        )
    )


async def finished(task: VisitTask | None, options: Options, elapsed: float) -> Visited | None:
    """What the visit brought in its time; None when it was not wanted."""
    if task is None:
        return None
    most = min(options.timeout, options.edge_wait + RESOLVING)
    await asyncio.wait({task}, timeout=max(0.0, most - elapsed))
    if task.done() and not task.cancelled() and task.exception() is None:
        return task.result()
    task.cancel()
    late = Visit(outcome=VisitOutcome.NO_ANSWER, at=datetime.now(UTC), detail="timeout")
    return Visited(visit=late)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How more is asked besides the origin: the visit on its way since the run began, and what
    carries further requests through the edge. ``known`` is what they told before."""

    visit: VisitTask | None = None
    visitor: Runner | None = None
    known: Renewal | None = None


async def on_warp(
    target: Target, plan: RoutePlan, options: Options, visitor: Runner | None
) -> Unknown | None:
    """The doubt that WARP or Gateway on this machine casts, where probes go out from here."""
    if visitor is None or options.observations or not options.reach.from_here:
        return None
    resolver = Resolver(options.resolver)
    addresses = [route.address for route in plan.routes if route.address and route.dial is None]
    return await warp_doubt(
        signs(addresses, resolver.nameservers()),
        target,
        resolver=resolver,
        runner=visitor if options.edge else None,
        connect_to=options.connect_to,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What Cloudflare's own records told, what they did not, and what asking cost."""

    insight: Insight | None = None
    unknowns: tuple[Unknown, ...] = ()
    errors: tuple[str, ...] = ()
    api_calls: int = 0


async def told_by_cloudflare(target: Target, plan: RoutePlan, options: Options) -> Told:
    """Cloudflare's own view over the span asked for; a failure weakens the report by itself."""
    if options.since is None or options.credentials is None or plan.zone is None:
        return Told()
    from cf525.account.client import API_BASE, Client
    from cf525.account.insight import Question, read_insight

    question = Question(
        zone=plan.zone,
        target=target,
        routes=plan.routes,
        since=options.since,
        now=datetime.now(UTC),
    )
    async with Client(options.credentials, base_url=options.api_base or API_BASE) as client:
        try:
            async with asyncio.timeout(options.timeout):
                insight, unknowns = await read_insight(client, question)
        except (ApiError, TimeoutError) as fault:
            message = (
                fault.message if isinstance(fault, ApiError) else "the analytics took too long"
            )
            return Told(errors=(message,), api_calls=client.calls)
        return Told(insight=insight, unknowns=unknowns, api_calls=client.calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """All that was seen besides the direct test of each route."""

    visited: Visited | None
    told: Told
    counted: Repeated
    looked_up: LookedUp
    warp: Unknown | None = None

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Those of the series that were kept, the visit's and those of a challenge."""
        seen = self.visited.observation if self.visited is not None else None
        visits = (seen,) if seen is not None else ()
        return (*self.counted.observations, *visits, *self.looked_up.observations)


def with_eyes(cases: Iterable[Case], options: Options, beside: Beside) -> list[Case]:
    """The cases with all that was seen besides, for the causes that need it."""
    own = options.reach.client_certificate
    visit = beside.visited.visit if beside.visited is not None else None
    return [
        replace(
            case,
            visit=visit,
            own_certificate=own.chain if own is not None else (),
            insight=beside.told.insight,
            renewal=beside.looked_up.renewal,
        )
        for case in cases
    ]


SETTLED: Final = frozenset({"filters-on-cloudflare-addresses", "only-cloudflare-admitted"})
"""What any word of the edge about the origin leaves no longer open."""
ANSWERED: Final = SETTLED | {"origin-pull-certificate"}
"""What an answer of the origin through the edge settles besides."""


def still_open(unknowns: Iterable[Unknown], visited: Visited | None) -> tuple[Unknown, ...]:
    """The questions that the visit did not answer."""
    if visited is None or not visited.visit.told:
        return tuple(unknowns)
    settled = ANSWERED if visited.visit.reached_origin else SETTLED
    return tuple(each for each in unknowns if each.id not in settled)


def judged(
    overall: Overall,
    found: Sequence[Finding],
    cases: Sequence[Case],
    visited: Visited | None,
    *,
    warp: bool = False,
) -> Judged:
    """The status, the findings and the doubts with the visit taken into account.

    ``warp`` says that the probes went out through Cloudflare's own client: a failure may then be
    a filter's on the way.
    """
    if warp and not overall.status.works:
        overall = replace(overall, confidence=Confidence.LOW)
    found = [_beside_series(each, cases) for each in found]
    if visited is None:
        return Judged(overall=overall, findings=_ordered(found))
    seen = visited.visit
    own = [hosts_doubt(cases[0].target.host)] if cases else []
    open_questions = (*doubts(seen), *(each for each in own if each is not None))
    if seen.outcome is VisitOutcome.INTERCEPTED and _intercepted(cases, visited):
        return _blind(found, open_questions)
    if seen.outcome is VisitOutcome.INTERCEPTED and seen.status is None:
        # Somebody opens TLS on the way: a failure may be his, and is no longer sure.
        overall = replace(overall, confidence=Confidence.LOW)
    direct = Direct(
        status=overall.status,
        confidence=overall.confidence,
        probes=[case.edge for case in cases if case.edge is not None],
        partly=any(_works_over(case) for case in cases),
    )
    reconciled = reconcile(direct, seen)
    told = {each.id for each in found if _told_by(seen, each)}
    kept = tuple(_beside(each, reconciled, told) for each in found)
    return Judged(
        overall=_overall(overall, reconciled, kept),
        findings=_ordered(kept),
        comparison=reconciled.comparison,
        unknowns=open_questions,
    )


def _works_over(case: Case) -> bool:
    """Whether the edge would get an answer over this route, at least now and then."""
    series = case.series
    some = series is not None and series.failures < series.total
    return some or case.status.status.works


def _ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda each: each.contributing))


def _beside_series(finding: Finding, cases: Sequence[Case]) -> Finding:
    """Where a series failed in part, what one probe showed is a part of it and not the cause."""
    mixed = {
        case.route.id
        for case in cases
        if case.series is not None and 0 < case.series.failures < case.series.total
    }
    if finding.id in SERIES_FINDINGS or not mixed.issuperset(finding.routes):
        return finding
    return replace(finding, contributing=True)


def _intercepted(cases: Sequence[Case], visited: Visited) -> bool:
    verdicts = [case.verdict for case in cases if case.verdict is not None]
    return visited.observation is not None and (
        same_issuer(visited.observation, verdicts) is not None
    )


def _blind(found: Sequence[Finding], doubts: tuple[Unknown, ...]) -> Judged:
    """One hand signs for the edge and the origin alike: nothing seen from here is the origin's."""
    text = (
        "the certificates of the edge and of the origin come from the same issuer, which nobody "
        "trusts: TLS is opened on the way from this machine"
    )
    return Judged(
        overall=Overall(UNKNOWN, Confidence.LOW, f"Cannot be seen from here: {text}."),
        findings=tuple(replace(each, contributing=True) for each in found),
        comparison=Comparison(agreement=Agreement.NOT_COMPARED, text=text),
        unknowns=doubts,
    )


def _told_by(visit: Visit, finding: Finding) -> bool:
    """Whether a finding rests on the edge's own answer; some are also made without it."""
    return finding.id in VISIT_FINDINGS and finding.edge_status == visit.code


def _beside(finding: Finding, reconciled: Reconciled, told: Container[str]) -> Finding:
    """A direct finding that the edge does not bear out is true of the path from here only.

    ``told`` are the findings that rest on the edge's own answer.
    """
    if finding.id in told:
        return finding
    agreement = reconciled.comparison.agreement
    elsewhere = finding.edge_status != reconciled.status and (
        agreement in (Agreement.EDGE_ONLY, Agreement.EDGE_TELLS)
        or (agreement is Agreement.DIFFERS and bool(told))
    )
    if reconciled.overruled or elsewhere:
        return replace(finding, contributing=True)
    return finding


def _overall(overall: Overall, reconciled: Reconciled, found: Sequence[Finding]) -> Overall:
    comparison = reconciled.comparison
    if reconciled.status == overall.status:
        return replace(overall, confidence=reconciled.confidence)
    headline = next((each for each in found if not each.contributing), None)
    title = title_of(reconciled.status)
    why = f"{headline.title}; " if headline is not None else ""
    if reconciled.status.unknown:
        return Overall(UNKNOWN, reconciled.confidence, f"Cannot tell: {comparison.text}.")
    lead = "" if reconciled.status == "ok" else f"{reconciled.status} {title}: "
    sentence = f"{lead}{why}{comparison.text}."
    return Overall(reconciled.status, reconciled.confidence, sentence[0].upper() + sentence[1:])
