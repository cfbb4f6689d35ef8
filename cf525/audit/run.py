"""``audit``: from the token's zones to one report, with bounded concurrency and nothing lost.

Hosts are looked at while further zones are read; every result goes to the checkpoint before
anybody hears of it. An interruption, a full disk or an API that locks out end the run with what is
there.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cf525.audit.checkpoint import Checkpoint, CheckpointError, Progress
from cf525.audit.crew import eyes_for
from cf525.audit.keeping import Keeper, Keeping, check_same
from cf525.audit.looking import EyesLost, Here
from cf525.audit.observer import Observer
from cf525.audit.options import AuditOptions
from cf525.audit.plan import AuditPlan
from cf525.audit.planned import judging_of
from cf525.audit.reading import Reading, reading
from cf525.audit.tally import summed
from cf525.audit.triage import Triage
from cf525.audit.zones import ApiDown
from cf525.diagnosis.endured import end_cancellation
from cf525.model import AuditReport
from cf525.probe.driver import run_probe
from cf525.probe.plan import Runner
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A finished or interrupted audit. The full reports stand in the checkpoint at ``places``."""

    report: AuditReport
    plan: AuditPlan | None
    path: Path
    places: Mapping[str, int]


async def audit(
    options: AuditOptions,
    keeping: Keeping,
    observer: Observer,
    *,
    plan_only: bool = False,
    runner: Runner = run_probe,
) -> Audited:
    """Run an audit, or plan it and stop.

    Raises UsageError for a scope or a checkpoint that does not fit, and CredentialsError or
    ApiError when the zones cannot be listed. What happens later ends the run early and is said
    in the report.
    """
    earlier = keeping.earlier() if not plan_only else None
    async with reading(options, runner) as account:
        head = account.head()
        if earlier is not None:
            check_same(earlier.head, head, keeping.path)
        if plan_only:
            plan = await account.plan(await account.failing())
            return Audited(report=account.nothing(head), plan=plan, path=keeping.path, places={})
        progress = earlier or Progress(head=head)
        with Checkpoint(keeping.path, progress, fresh=earlier is None) as checkpoint:
            report, plan_made = await _run(account, checkpoint, observer)
    return Audited(report=report, plan=plan_made, path=keeping.path, places=progress.places)


async def failing(account: Reading, checkpoint: Checkpoint) -> Triage:
    """Who fails now, or failed when the audit that is continued began."""
    before = checkpoint.progress
    if before.triaged:
        return Triage(traffic=before.traffic, unknowns=before.unknowns)
    found = await account.failing()
    checkpoint.triage(tuple(found.traffic.values()), found.unknowns)
    return found


async def _run(
    account: Reading, checkpoint: Checkpoint, observer: Observer
) -> tuple[AuditReport, AuditPlan | None]:
    """The whole audit, as far as it comes."""
    options, outside, progress = account.options, account.outside, checkpoint.progress
    plan, stopped, connections, found = None, "", 0, Triage()
    judging = judging_of(options)
    outside.load()
    try:
        found = await failing(account, checkpoint)
        plan = await account.plan(found)
        observer.planned(plan, done=len(progress.rows))
        here = Here(
            judging,
            trust=await outside.trust(),
            resolver=outside.resolver,
            runner=outside.runner,
        )
        async with eyes_for(
            here,
            judging,
            processes=options.processes,
            resolver=options.base.resolver,
            expected=plan.hosts - len(progress.rows),
        ) as eyes:
            try:
                await account.run(Keeper(eyes, checkpoint, observer), found, progress.zones)
            finally:
                connections = eyes.connections
        checkpoint.end(account.calls, connections)
    except asyncio.CancelledError:
        end_cancellation()
        stopped = "interrupted"
    except (ApiDown, CheckpointError, EyesLost) as error:
        stopped = error.message
    report = replace(
        account.nothing(progress.head),
        ended_at=datetime.now(UTC),
        gaps=tuple(progress.gaps),
        unknowns=found.unknowns,
        complete=not stopped,
        stopped=stopped,
        api_calls=account.calls,
        connections=connections,
    )
    if report.complete and not progress.rows:
        report = account.without_hosts(report)
    return summed(report, progress.rows.values()), plan
