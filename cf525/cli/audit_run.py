"""Carries out ``cf525 audit``: the plan, the run with its progress, the result, the exporter."""

import asyncio
import gc
import hashlib
import json
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cf525.audit.checkpoint import read_progress
from cf525.audit.options import AuditOptions
from cf525.audit.run import Audited, Keeping, audit
from cf525.audit.tally import changed, summed
from cf525.cli import exit_status
from cf525.cli.audit_formats import AuditResult, Destination, FailOn, Form, write_audit
from cf525.cli.audit_progress import observer
from cf525.cli.output import say, write_text
from cf525.errors import UsageError
from cf525.model import AUDIT_SCHEMA, AuditReport
from cf525.net import cache
from cf525.report.plain import from_plain

if TYPE_CHECKING:
    from cf525.model import HostRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An audit as the command line asks for it."""

    options: AuditOptions
    form: Form
    output: Path | None
    checkpoint: Path | None
    resume: bool
    force: bool
    baseline: Path | None
    fail_on: FailOn
    color: bool
    quiet: bool
    verbose: bool

    @property
    def keeping(self) -> Keeping:
        """The checkpoint: the user's file, or one in the cache named after the selection."""
        if self.checkpoint is not None:
            return Keeping(path=self.checkpoint, resume=self.resume, force=self.force)
        about = {**self.options.scope, "api": self.options.base.api_base}
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
        path = cache.cache_dir() / "audits" / f"{digest}.ndjson"
        return Keeping(path=path, resume=self.resume, force=True)

    @property
    def destination(self) -> Destination:
        return Destination(
            form=self.form, output=self.output, color=self.color, verbose=self.verbose
        )


def carry_out(job: Job, *, plan_only: bool, serve: str | None, every: timedelta | None) -> int:
    """Run the job; the exit status says what was found."""
    if plan_only:
        return _plan(job)
    if serve is not None and every is not None:
        return _serve(job, serve, every)
    job.destination.check(force=job.force)
    before = _baseline(job.baseline)
    live = job.form is Form.NDJSON and job.output is None and before is None
    outcome = _run(job, stream=_print_line if live else None)
    report = outcome.report if before is None else changed(outcome.report, before)
    if not live:
        result = AuditResult(report=report, path=outcome.path, places=outcome.places)
        write_audit(report, [result], job.destination, fail_at_risk=job.fail_on is FailOn.AT_RISK)
    if outcome.report.stopped:
        say(f"not finished: {outcome.report.stopped}", "continue with --resume")
    return exit_status.of_audit(report, job.fail_on)


def load_results(paths: Sequence[Path]) -> list[AuditResult]:
    """Results of shards. Raises UsageError for a file that is none."""
    return [_load(path) for path in paths]


def compared(report: AuditReport, baseline: Path | None) -> AuditReport:
    """Only what changed since ``baseline``; all of it without one."""
    before = _baseline(baseline)
    return report if before is None else changed(report, before)


def _run(
    job: Job, *, plan_only: bool = False, stream: Callable[[Mapping[str, Any]], None] | None = None
) -> Audited:
    gc.freeze()  # what is loaded by now stays; thousands of short-lived reports come and go
    gc.set_threshold(20_000, 20, 50)
    with observer(quiet=job.quiet, stream=stream) as watching:
        return asyncio.run(_interruptible(job.options, job.keeping, watching, plan_only=plan_only))


async def _interruptible(
    options: AuditOptions, keeping: Keeping, watching: Any, *, plan_only: bool
) -> Audited:
    """The audit; a termination signal ends it as Ctrl-C does, with what it has."""
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):  # Windows has no signal handlers in the loop
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await audit(options, keeping, watching, plan_only=plan_only)


def _plan(job: Job) -> int:
    outcome = _run(job, plan_only=True)
    assert outcome.plan is not None
    write_text("".join(f"{each}\n" for each in outcome.plan.sentences()), job.output)
    return exit_status.OK


def _print_line(report: Mapping[str, Any]) -> None:
    write_text(json.dumps(report, ensure_ascii=False) + "\n", None)


def _serve(job: Job, address: str, every: timedelta) -> int:
    from cf525.audit.exporter import serve

    rounds = count()

    def audit_again() -> AuditReport:
        """From the second on, the checkpoint that is there is this exporter's own."""
        return _run(replace(job, resume=False, force=job.force or next(rounds) > 0)).report

    return serve(
        address,
        audit_again,
        every=every,
        ready=lambda url: say(f"metrics at {url}; Ctrl-C ends"),
    )


def _baseline(path: Path | None) -> AuditReport | None:
    return None if path is None else _load(path).report


def _load(path: Path) -> AuditResult:
    """A result from its JSON or from a checkpoint."""
    try:
        with path.open("rb") as file:
            checkpoint = file.read(256).lstrip().startswith(b'{"tool_version"')
        if checkpoint:
            return _from_checkpoint(path)
        plain = json.loads(path.read_bytes())
        if plain["schema"] != AUDIT_SCHEMA:
            raise UsageError(
                f"{path} is of another version ({plain['schema']}, not {AUDIT_SCHEMA})",
                hint="make it again with this version",
            )
        return AuditResult(report=from_plain(AuditReport, plain), places={})
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError, RecursionError):
        raise UsageError(
            f"{path} is no result of an audit", hint="give what --format json wrote"
        ) from None


def _from_checkpoint(path: Path) -> AuditResult:
    progress = read_progress(path)
    report = AuditReport(
        tool_version=progress.head.tool_version,
        started_at=datetime.fromisoformat(progress.head.started_at),
        what_if=str(progress.head.scope.get("what_if", "")),
        shard=str(progress.head.scope.get("shard", "")),
        zones=len(progress.zones),
        gaps=tuple(progress.gaps),
        unknowns=progress.unknowns,
        complete=progress.ended,
        stopped="" if progress.ended else "its checkpoint has no end",
        api_calls=progress.api_calls,
        connections=progress.connections,
    )
    rows: list[HostRow] = list(progress.rows.values())
    return AuditResult(report=summed(report, rows), path=path, places=progress.places)
