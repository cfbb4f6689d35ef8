"""``diagnose``: one target, from its name to the report.

The trust store loads in a thread while the API and DNS are asked, so that it costs no time of
its own. A deadline over the whole target keeps what was gathered until then.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cf525.causes.case import Case
from cf525.causes.matching import findings
from cf525.diagnosis import elsewhere, eyes, summary
from cf525.diagnosis.elsewhere import Elsewhere
from cf525.diagnosis.investigate import Investigation, Judge
from cf525.diagnosis.options import Options
from cf525.diagnosis.renewal import LookedUp, look_up
from cf525.diagnosis.repeat import repeated
from cf525.diagnosis.routes import RoutePlan, plan_routes
from cf525.edgeview.warp import WARP
from cf525.model import Report, RouteStatus, Target, Unknown
from cf525.model.parsing import parse_target
from cf525.net import trust_list
from cf525.net.dns import Resolver
from cf525.net.fetch import CRL, Fetcher, through
from cf525.pki import TrustStore
from cf525.probe.driver import run_probe
from cf525.probe.plan import ANSWER_DEADLINE, PROBE_DEADLINE, Runner
from cf525.version import __version__

TIMED_OUT = Unknown(
    id="timeout",
    text="The time for the whole target ran out before everything was tried.",
    next="Give more time with --timeout.",
)
INTERRUPTED = Unknown(
    id="interrupted",
    text="The run was interrupted before everything was tried.",
    next="Run it again to the end.",
)


async def diagnose(
    target: str | Target,
    options: Options | None = None,
    *,
    runner: Runner | None = None,
    planned: Callable[[RoutePlan], None] | None = None,
) -> Report:
    """Find out which status visitors of ``target`` get, and why.

    ``planned`` is told what is to be probed, before it is.

    Raises UsageError for a malformed target, CredentialsError and ApiError when there is neither
    an account to read nor an origin to probe. Whatever an origin does is in the report.
    """
    options = options or Options()
    target = parse_target(target) if isinstance(target, str) else target
    runner = runner or options.reach.run
    visitor = runner
    if options.observations:
        runner = Elsewhere(options.observations).run
    clock = Clock()
    trust = asyncio.ensure_future(asyncio.to_thread(load_trust, options))
    visit = eyes.start_visit(target, options, trust, visitor)
    try:
        plan = await plan_routes(target, options)
        if options.observations:
            plan = replace(plan, unknowns=(*plan.unknowns, elsewhere.doubt(options.observations)))
        if planned is not None:
            planned(plan)
        judge = Judge(
            trust=await trust,
            at=options.at,
            fetch=through(Resolver(options.resolver)) if options.fetch else None,
            lists=_revocation_lists(options),
        )
    except BaseException:
        if visit is not None:
            visit.cancel()
        raise
    finally:
        trust.cancel()
    report = await examine(
        target,
        plan,
        options=options,
        judge=judge,
        runner=runner,
        clock=clock,
        asking=eyes.Asking(visit=visit, visitor=visitor),
    )
    return await _with_origin_ca(report, options)


async def _with_origin_ca(report: Report, options: Options) -> Report:
    """Where an origin shows an Origin CA certificate, ask the account whether it still has it."""
    shown = [each for each in report.chain_verdicts if each.has("cloudflare_origin_ca")]
    if not shown or report.zone is None or options.credentials is None:
        return report
    from cf525.account.client import API_BASE, Client
    from cf525.account.origin_ca import origin_ca_doubt

    leaves = {each.id: each.certificates[0] for each in report.observations if each.certificates}
    async with Client(options.credentials, base_url=options.api_base or API_BASE) as client:
        doubts = [
            await origin_ca_doubt(client, report.zone.id, leaves[each.observation])
            for each in shown
        ]
        calls = client.calls
    fresh = tuple(dict.fromkeys(each for each in doubts if each is not None))
    return replace(report, unknowns=(*report.unknowns, *fresh), api_calls=report.api_calls + calls)


@dataclass(slots=True)
class Clock:
    """When the work on a target began."""

    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.perf_counter)


async def examine(
    target: Target,
    plan: RoutePlan,
    *,
    options: Options,
    judge: Judge,
    runner: Runner = run_probe,
    clock: Clock | None = None,
    asking: eyes.Asking | None = None,
) -> Report:
    """The report on a target whose routes are planned: probes, verdicts, causes."""
    asking = asking or eyes.Asking()
    clock = clock or Clock()
    resolved = time.perf_counter()
    if plan.trust_anchors:
        zone_trust = await asyncio.to_thread(load_trust, options, plan.trust_anchors)
        judge = Judge(trust=zone_trust, at=judge.at, fetch=judge.fetch, lists=judge.lists)
    told = asyncio.create_task(eyes.told_by_cloudflare(target, plan, options))
    warp = asyncio.create_task(eyes.on_warp(target, plan, options, asking.visitor))
    investigation, cut_short = await _investigate(target, plan, options, judge, runner)
    looking = asyncio.create_task(
        look_up(target, list(investigation.cases.values()), options, asking.visitor)
    )
    counted = await repeated(
        investigation, None if options.observations else options.repeat, runner
    )
    if counted.interrupted:
        cut_short = (*cut_short, INTERRUPTED)
    elapsed = time.perf_counter() - clock.began
    beside = eyes.Beside(
        visited=await eyes.finished(asking.visit, options, elapsed),
        told=await told,
        counted=counted,
        looked_up=await looking if asking.known is None else LookedUp(renewal=asking.known),
        warp=await warp,
    )
    cases = _with_siblings(eyes.with_eyes(investigation.cases.values(), options, beside))
    report = _report(target, plan, cases, beside, clock)
    observations = (*investigation.observations, *beside.observations)
    ended = time.perf_counter()
    return replace(
        report,
        observations=observations,
        unknowns=(*report.unknowns, *cut_short),
        connections=len(observations) + counted.unlisted,
        timings={
            "resolve_ms": round((resolved - clock.began) * 1000, 1),
            "probe_ms": round((ended - resolved) * 1000, 1),
            "total_ms": round((ended - clock.began) * 1000, 1),
        },
    )


def _report(
    target: Target, plan: RoutePlan, cases: Sequence[Case], beside: eyes.Beside, clock: Clock
) -> Report:
    """The cases judged and set down, with everything that was seen besides."""
    found = findings(cases)
    open_at_first = (*((beside.warp,) if beside.warp is not None else ()), *plan.unknowns)
    warp = any(each.id == WARP for each in open_at_first)
    overall = summary.overall(cases, found)
    judged = eyes.judged(overall, found, cases, beside.visited, warp=warp)
    headline = next((each for each in judged.findings if not each.contributing), None)
    open_questions = eyes.still_open(summary.unknowns(cases), beside.visited)
    return Report(
        tool_version=__version__,
        started_at=clock.started_at,
        target=target,
        edge_status=judged.overall.status,
        confidence=judged.overall.confidence,
        summary=judged.overall.summary,
        headline=headline.id if headline is not None else None,
        zone=plan.zone,
        routes=tuple(case.route for case in cases),
        route_statuses=tuple(
            RouteStatus(
                route=case.route.id,
                edge=case.status,
                observation=case.edge.id if case.edge is not None else None,
            )
            for case in cases
        ),
        chain_verdicts=tuple(
            each.verdict
            for case in cases
            for each in (case, *case.others)
            if each.verdict is not None
        ),
        findings=judged.findings,
        unknowns=(*open_at_first, *open_questions, *judged.unknowns, *beside.told.unknowns),
        errors=(*plan.errors, *beside.told.errors),
        api_calls=plan.api_calls + beside.told.api_calls,
        visit=beside.visited.visit if beside.visited is not None else None,
        comparison=judged.comparison,
        series=tuple(beside.counted.series),
        insight=beside.told.insight,
        renewal=beside.looked_up.renewal,
    )


async def _investigate(
    target: Target,
    plan: RoutePlan,
    options: Options,
    judge: Judge,
    runner: Runner,
) -> tuple[Investigation, tuple[Unknown, ...]]:
    """The investigation, and what cut it short, if anything did."""
    investigation = Investigation(
        target,
        judge=judge,
        zone=plan.zone,
        runner=runner,
        deep=options.deep,
        server=options.server,
        # The first look must be over before the whole is: an observation cut off is none.
        deadline=min(PROBE_DEADLINE, options.timeout * 700),
        answer_deadline=min(ANSWER_DEADLINE, options.timeout * 700),
    )
    try:
        async with asyncio.timeout(options.timeout):
            await investigation.first_look(plan.routes)
            if not options.observations:
                await investigation.look_closer()
    except TimeoutError:
        return (investigation, (TIMED_OUT,))
    except asyncio.CancelledError:
        # Ctrl-C: what was gathered is worth more than nothing, so the cancellation ends here.
        task = asyncio.current_task()
        if task is None or not investigation.observations:
            raise
        task.uncancel()
        return (investigation, (INTERRUPTED,))
    return (investigation, ())


def _revocation_lists(options: Options) -> Fetcher | None:
    if not (options.check_revocation and options.fetch):
        return None
    return through(Resolver(options.resolver), CRL)


def load_trust(options: Options, zone: Sequence[str] = ()) -> TrustStore:
    """The roots that the edge trusts, and those given by hand.

    ``zone`` holds the PEM certificates of a Custom Origin Trust Store, which replace the public
    ones. The published list is renewed first when it is missing or old and downloads are allowed.
    """
    if options.fetch and not options.trust_only:
        trust_list.refresh()
    return trust_list.store(options.trust_files, only=options.trust_only, zone=zone)


def _with_siblings(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Each case with the others of its target beside it, in the order of the routes."""
    ordered = sorted(cases, key=lambda case: int(case.route.id[1:]))
    return tuple(
        replace(case, siblings=tuple(each for each in ordered if each is not case))
        for case in ordered
    )
