"""``audit``: from the token's zones to one report, with bounded concurrency and nothing lost.

Zones are read a few at a time, failing ones first, and their hosts looked at side by side; every
result goes to the checkpoint before anybody hears of it. An interruption, a full disk or an API
that locks out end the run with what is there.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cf525.account.client import Client
from cf525.account.credentials import missing_credentials
from cf525.account.zone import list_zones
from cf525.audit.checkpoint import Checkpoint, CheckpointError, Head, Progress, read_progress
from cf525.audit.observer import Observer
from cf525.audit.options import AuditOptions, Hosts
from cf525.audit.plan import AuditPlan, plan_audit
from cf525.audit.scheduler import Scheduler
from cf525.audit.select import choose_zones, nothing_selected
from cf525.audit.sharing import SharedFetch, SharedJudge, SharedRunner
from cf525.audit.tally import summed
from cf525.audit.triage import Triage, triage
from cf525.audit.zones import ApiDown, NotYet, ZoneJob, ZoneReader
from cf525.diagnosis.outside import Outside
from cf525.errors import ApiError, UsageError
from cf525.model import AuditReport, ZoneFacts
from cf525.net.fetch import through
from cf525.pki import TrustStore
from cf525.probe.driver import run_probe
from cf525.probe.plan import Runner
from cf525.report.line import counted
from cf525.values import dataclass
from cf525.version import __version__

SAMPLED_ZONES: Final = 3
"""Zones whose hosts are counted for the plan; reading them is part of the work anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where the checkpoint is, and what to do with one that is already there."""

    path: Path
    resume: bool = False
    force: bool = False


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
    if options.base.credentials is None:
        raise missing_credentials()
    earlier = _earlier(keeping) if not plan_only else None
    async with Outside(options.base, runner, limits=options.limits) as outside:
        client = outside.client
        assert client is not None
        zones = await list_zones(client)
        client.forget("/zones")
        chosen = choose_zones(zones, options)
        head = _head(options, chosen)
        if earlier is not None:
            _check_same(earlier.head, head, keeping.path)
        work = _Work(outside, client, options, chosen, observer)
        if plan_only:
            plan = await work.plan(await work.triage(None))
            return Audited(report=work.nothing(head), plan=plan, path=keeping.path, places={})
        progress = earlier or Progress(head=head)
        with Checkpoint(keeping.path, progress, fresh=earlier is None) as checkpoint:
            report, plan_made = await work.run(checkpoint)
    return Audited(report=report, plan=plan_made, path=keeping.path, places=progress.places)


def _earlier(keeping: Keeping) -> Progress | None:
    """What an earlier run left, when it is to be continued."""
    exists = keeping.path.exists() and keeping.path.is_file() and keeping.path.stat().st_size > 0
    if keeping.resume:
        if not exists:
            raise UsageError(
                f"there is no checkpoint {keeping.path} to continue from",
                hint="start without --resume",
            )
        return read_progress(keeping.path)
    if exists and not keeping.force:
        raise UsageError(
            f"{keeping.path} exists already",
            hint="continue it with --resume, overwrite it with --force, or name another file",
        )
    return None


def _head(options: AuditOptions, zones: tuple[ZoneFacts, ...]) -> Head:
    return Head(
        tool_version=__version__,
        started_at=datetime.now(UTC).isoformat(),
        accounts=tuple(sorted({zone.account_id for zone in zones})),
        scope=options.scope,
    )


def _check_same(before: Head, now: Head, path: Path) -> None:
    if before.accounts != now.accounts and now.accounts:
        raise UsageError(
            f"the checkpoint {path} is about other accounts than this token sees",
            hint="use the token it was begun with, or start anew",
        )
    differing = [name for name in now.scope if before.scope.get(name) != now.scope[name]]
    if differing:
        shown = ", ".join(f"--{name.replace('_', '-')}" for name in differing)
        raise UsageError(
            f"the checkpoint {path} was begun with another {shown}",
            hint="continue with the same selection, or start anew",
        )


class _Work:
    """One run: what all its steps need."""

    def __init__(
        self,
        outside: Outside,
        client: Client,
        options: AuditOptions,
        zones: tuple[ZoneFacts, ...],
        observer: Observer,
    ) -> None:
        self._outside = outside
        self._client = client
        self._options = options
        self._zones = zones
        self._observer = observer
        self._runner = SharedRunner(
            per_address=options.per_address, gap=options.gap, runner=outside.runner
        )
        self._reader = ZoneReader(client, outside.resolver, options)

    async def triage(self, checkpoint: Checkpoint | None) -> Triage:
        """Who fails now, or failed when the audit that is continued began."""
        if checkpoint is not None and checkpoint.progress.triaged:
            before = checkpoint.progress
            return Triage(traffic=before.traffic, unknowns=before.unknowns)
        now = self._options.base.at or datetime.now(UTC)
        found = await triage(self._client, self._zones, since=self._options.since, now=now)
        if checkpoint is not None:
            checkpoint.triage(tuple(found.traffic.values()), found.unknowns)
        return found

    async def plan(self, found: Triage) -> AuditPlan:
        """The expected cost; a few zones' records are read for it and kept."""
        sampled = []
        if self._options.hosts is not Hosts.FAILING:
            for zone in self._zones[:SAMPLED_ZONES]:
                try:
                    sampled.append(len(await self._reader.names(ZoneJob(zone))))
                except (NotYet, ApiError):
                    continue
        failing = {each.zone for each in found.traffic.values()}
        return plan_audit(
            zones=len(self._zones),
            accounts=len({zone.account_id for zone in self._zones}),
            spent=self._client.calls,
            failing_zones=len(failing),
            failing_hosts=len(found.traffic),
            hosts=self._options.hosts,
            sampled=tuple(sampled),
        )

    def nothing(self, head: Head) -> AuditReport:
        """A report before anything was looked at."""
        return AuditReport(
            tool_version=__version__,
            started_at=datetime.fromisoformat(head.started_at),
            what_if=self._options.what_if,
            shard=str(self._options.shard or ""),
            zones=len(self._zones),
        )

    async def run(self, checkpoint: Checkpoint) -> tuple[AuditReport, AuditPlan | None]:
        """The whole audit, as far as it comes."""
        progress, plan, stopped = checkpoint.progress, None, ""
        self._outside.load()
        found = Triage()
        try:
            found = await self.triage(checkpoint)
            plan = await self.plan(found)
            self._observer.planned(plan, done=len(progress.rows))
            scheduler = Scheduler(
                self._options,
                reader=self._reader,
                runner=self._runner,
                judge=self._judge(await self._outside.trust()),
                checkpoint=checkpoint,
                observer=self._observer,
                traffic=found.traffic,
            )
            await scheduler.run(self._jobs(found, progress))
            checkpoint.end(self._client.calls, self._runner.connections)
        except asyncio.CancelledError:
            # Ctrl-C: what was gathered is worth more than nothing, so the cancellation ends here.
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            stopped = "interrupted"
        except (ApiDown, CheckpointError) as error:
            stopped = error.message
        report = replace(
            self.nothing(progress.head),
            ended_at=datetime.now(UTC),
            gaps=tuple(progress.gaps),
            unknowns=found.unknowns,
            complete=not stopped,
            stopped=stopped,
            api_calls=self._client.calls,
            connections=self._runner.connections,
        )
        if report.complete and not progress.rows:
            report = self._without_hosts(report)
        return summed(report, progress.rows.values()), plan

    def _without_hosts(self, report: AuditReport) -> AuditReport:
        """What an audit that met no host says instead of nothing.

        Raises UsageError where the selection left none of the names there are.
        """
        zones = counted(len(self._zones), "zone")
        if self._options.hosts is not Hosts.FAILING:
            if report.gaps:
                return report
            raise nothing_selected(self._reader.seen, self._options)
        minutes = int(self._options.since.total_seconds()) // 60
        looked = f"analytics: no 52x in {minutes} min over {zones}"
        if report.unknowns:
            looked = f"the analytics of {zones} could not be read whole, for {minutes} min"
        return replace(report, looked_at=looked)

    def _judge(self, trust: TrustStore) -> SharedJudge:
        base = self._options.base
        fetch = SharedFetch(through(self._outside.resolver)) if base.fetch else None
        return SharedJudge(trust=trust, at=base.at, fetch=fetch)

    def _jobs(self, found: Triage, progress: Progress) -> list[ZoneJob]:
        """The zones still to do, those with the most failing requests first."""
        failing: dict[str, list[str]] = {}
        for host, traffic in found.traffic.items():
            failing.setdefault(traffic.zone, []).append(host)
        order = {name: number for number, name in enumerate(failing)}
        jobs = [
            ZoneJob(zone, tuple(failing.get(zone.name, ())))
            for zone in self._zones
            if zone.name not in progress.zones
        ]
        return sorted(jobs, key=lambda job: order.get(job.zone.name, len(order)))
