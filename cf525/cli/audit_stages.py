"""Carries out ``cf525 audit read`` and ``cf525 audit probe``: the two stages of an audit apart."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cf525.audit.crew import cores
from cf525.audit.folder import MANIFEST, READING, open_plan
from cf525.audit.options import AuditOptions, parse_shard
from cf525.audit.plan import AuditPlan
from cf525.audit.probe import Local, Looker, probe, shard_of
from cf525.audit.read import read
from cf525.cli import exit_status
from cf525.cli.audit_progress import observer
from cf525.cli.audit_run import Job, Shown, spare_the_collector, telling
from cf525.cli.options.audit import AuditOutput, Counting, Hands, Kept
from cf525.cli.output import say
from cf525.cli.run import run as run_job
from cf525.errors import UsageError
from cf525.report.line import counted

if TYPE_CHECKING:
    from cf525.audit.folder import Plan


def read_stage(
    options: AuditOptions, folder: Path, *, resume: bool, force: bool, quiet: bool
) -> int:
    """Read the account into a plan, and say what came of it."""
    spare_the_collector()
    with observer(quiet=quiet, stream=None) as watching:
        found = run_job(read(options, folder, watching, resume=resume, force=force))
    if found.plan is None:
        say(f"not finished: {found.stopped}", "continue with --resume")
        interrupted = found.stopped == exit_status.INTERRUPTED_ID
        return exit_status.INTERRUPTED if interrupted else exit_status.API
    if not quiet:
        parts = counted(len(found.plan.manifest.parts), "part")
        say(
            f"{counted(found.hosts, 'host')} in {parts}, {found.api_calls} API calls: {folder}",
            f"next, without a token: cf525 audit probe {folder}",
        )
    return exit_status.OK


def both_stages(job: Job) -> int:
    """Both stages of an audit, the second by an engine; the plan lies beside the checkpoint until
    all is done. Raises as they do."""
    shown, tell = Shown(job.results, job.counting), telling(job)
    keeping, resume = job.keeping, job.running.resume
    folder = keeping.path.with_name(keeping.path.name + ".plan")
    looker = looker_of(job.running, None)
    if not (resume and (folder / MANIFEST).exists()):
        again = resume and (folder / READING).exists()
        status = read_stage(job.options, folder, resume=again, force=True, quiet=job.results.quiet)
        if status != exit_status.OK:
            return status
        keeping = replace(keeping, resume=False, force=keeping.force or resume)
    with observer(quiet=True, stream=shown.stream) as watching:
        outcome = run_job(probe(open_plan([folder]), keeping, watching, looker))
    if outcome.report.complete:
        shutil.rmtree(folder)
    status = shown.show(outcome)
    tell(outcome.report)
    return status


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeJob:
    """The second stage as the command line asks for it."""

    plans: Sequence[Path]
    shard: str | None
    hands: Hands
    kept: Kept
    resolver: tuple[str, int] | None
    counting: Counting
    results: AuditOutput


def probe_stage(job: ProbeJob) -> int:
    """Look at the hosts of a plan and print what was found, which the exit status says too."""
    shown = Shown(job.results, job.counting)
    plan = replace(open_plan(job.plans), redirected="CF525_CONNECT_TO" in os.environ)
    if job.shard:
        plan = shard_of(plan, parse_shard(job.shard))
    looker = looker_of(job.hands, job.resolver)
    about = {"plan": plan.manifest.id, "parts": plan.numbers, "from": looker.places}
    keeping = job.kept.keeping(about, force=job.results.force)
    spare_the_collector()
    with observer(quiet=job.results.quiet, stream=shown.stream) as watching:
        watching.planned(_cost(plan), done=0)
        outcome = run_job(probe(plan, keeping, watching, looker))
    return shown.show(outcome)


def looker_of(hands: Hands, resolver: tuple[str, int] | None) -> Looker:
    """Who looks at the hosts of a plan. Raises UsageError."""
    if hands.engine is None:
        if hands.vantage is not None:
            raise UsageError(
                "--from asks workers in several places, which only an engine has",
                hint="add --engine dask://HOST:PORT",
            )
        return Local(processes=hands.processes or cores(), resolver=resolver)
    from cf525.cli.audit_engine import engine_of

    return engine_of(hands.engine, hands.vantage)


def _cost(plan: "Plan") -> AuditPlan:
    from cf525.audit.plan import cost_of_probing

    return cost_of_probing(zones=plan.manifest.zones, hosts=plan.hosts)
