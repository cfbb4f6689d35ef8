"""``audit read``: the stage that has the token. What comes of it is a plan, a folder of files.

The API is read zone by zone into one file, from which an interrupted reading continues; at its end
the hosts are laid into parts by their addresses. No origin is contacted.
"""

import asyncio
import json
from collections.abc import Container
from dataclasses import replace
from pathlib import Path

from cf525.audit.checkpoint import Checkpoint, CheckpointError, Progress
from cf525.audit.folder import MANIFEST, READING, Manifest, Plan, write_plan
from cf525.audit.grouping import A_PART
from cf525.audit.keeping import Keeping, check_same
from cf525.audit.observer import Observer
from cf525.audit.options import AuditOptions
from cf525.audit.planned import Judging, PlannedHost, judging_of
from cf525.audit.reading import Reading, reading
from cf525.audit.run import failing
from cf525.audit.triage import Triage
from cf525.audit.zones import ApiDown
from cf525.diagnosis.endured import end_cancellation
from cf525.errors import UsageError
from cf525.jobs.aside import aside
from cf525.net import private
from cf525.probe.driver import run_probe
from cf525.probe.plan import Runner
from cf525.report.plain import to_plain
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a reading came to: the plan, or what stopped it. ``hosts`` are those read by then."""

    plan: Plan | None
    hosts: int
    api_calls: int
    stopped: str = ""


async def read(
    options: AuditOptions,
    folder: Path,
    observer: Observer,
    *,
    resume: bool = False,
    force: bool = False,
    runner: Runner = run_probe,
    size: int = A_PART,
) -> Read:
    """Read the account into a plan, some ``size`` hosts a part. Raises as ``audit`` does."""
    if not resume:
        private.refuse_existing(folder / MANIFEST, force=force)
    _make(folder)
    judging = judging_of(options)
    keeping = Keeping(path=folder / READING, resume=resume, force=force)
    earlier = keeping.earlier()
    (folder / MANIFEST).unlink(missing_ok=True)
    async with reading(options, runner) as account:
        head = account.head()
        head = replace(head, scope={**head.scope, "reading": True})
        if earlier is not None:
            check_same(earlier.head, head, keeping.path)
        progress = earlier or Progress(head=head)
        stopped = ""
        with Checkpoint(keeping.path, progress, fresh=earlier is None) as checkpoint:
            hosts = _Hosts(checkpoint, observer)
            try:
                found = await failing(account, checkpoint)
                observer.planned(await account.plan(found), done=0)
                await account.run(hosts, found, progress.zones)
                checkpoint.end(account.calls, 0)
            except asyncio.CancelledError:
                end_cancellation()
                stopped = "interrupted"
            except (ApiDown, CheckpointError) as error:
                stopped = error.message
        if stopped:
            return Read(plan=None, hosts=hosts.taken, api_calls=account.calls, stopped=stopped)
        plan = await _plan(account, judging, progress, found, folder, size)
    keeping.path.unlink()
    return Read(plan=plan, hosts=plan.hosts, api_calls=plan.manifest.api_calls)


async def _plan(
    account: Reading, judging: Judging, progress: Progress, found: Triage, folder: Path, size: int
) -> Plan:
    manifest = Manifest(
        tool_version=progress.head.tool_version,
        started_at=progress.head.started_at,
        accounts=progress.head.accounts,
        scope=account.options.scope,
        judging=judging,
        zones=len(account.zones),
        api_calls=progress.api_calls + account.calls,
        gaps=tuple(sorted(progress.gaps, key=lambda gap: gap.zone)),
        unknowns=found.unknowns,
    )
    plan = await aside(lambda: write_plan(folder, folder / READING, manifest, size=size))
    if plan.manifest.parts:
        return plan
    report = replace(account.nothing(progress.head), gaps=manifest.gaps, unknowns=manifest.unknowns)
    told = account.without_hosts(report)
    manifest = replace(manifest, looked_at=told.looked_at)
    return await aside(lambda: write_plan(folder, folder / READING, manifest))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot write the plan {folder}: {error.strerror}",
            hint="name a folder in a writable one with -o",
        ) from None


def _line(host: PlannedHost) -> bytes:
    return json.dumps(to_plain(host), separators=(",", ":")).encode()


class _Hosts:
    """Writes the hosts of a zone when all of them are there."""

    def __init__(self, checkpoint: Checkpoint, observer: Observer) -> None:
        self.taken = 0
        self.done: Container[str] = ()
        self._checkpoint = checkpoint
        self._observer = observer
        self._lines: dict[str, list[bytes]] = {}

    async def take(self, host: PlannedHost) -> None:
        self._lines.setdefault(host.zone, []).append(_line(host))
        self.taken += 1

    def close(self, zone: str, gap: str, api_calls: int) -> None:
        self._checkpoint.planned(zone, gap, self._lines.pop(zone, ()))
        self._observer.zone_done(api_calls)
