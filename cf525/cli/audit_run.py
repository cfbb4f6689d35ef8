"""Carries out ``cf525 audit``: the plan, the run with its progress, the result, the exporter."""

import gc
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from cf525.audit.keeping import Keeping
from cf525.audit.options import AuditOptions
from cf525.audit.run import Audited, audit
from cf525.audit.tally import changed
from cf525.cli import exit_status
from cf525.cli.audit_progress import observer
from cf525.cli.audit_results import Kept, baseline_of, joined
from cf525.cli.options.audit import AuditOutput, Counting, FailOn, Running
from cf525.cli.output import print_pieces, say
from cf525.cli.run import run as run_job
from cf525.model import AuditReport
from cf525.report.formats import ndjson_line
from cf525.values import dataclass

Stream = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An audit as the command line asks for it."""

    options: AuditOptions
    running: Running
    counting: Counting
    results: AuditOutput

    @property
    def keeping(self) -> Keeping:
        """The checkpoint: the user's file, or one in the cache named after the selection."""
        about = {**self.options.scope, "api": self.options.base.api_base}
        return self.running.keeping(about, force=self.results.force)


def run(job: Job) -> int:
    """Run the audit and print what it found, which the exit status says too."""
    shown = Shown(job.results, job.counting)
    tell = telling(job)
    outcome = _run(job, job.keeping, stream=shown.stream)
    status = shown.show(outcome)
    tell(outcome.report)
    return status


class Shown:
    """How a result is shown, checked before the work begins. Raises UsageError."""

    def __init__(self, results: AuditOutput, counting: Counting) -> None:
        self._destination = results.destination()
        self._counting = counting
        self._before = baseline_of(counting.baseline)
        live = self._destination.format.name == "ndjson" and self._destination.output is None
        self.stream: Stream | None = _print_line if live and self._before is None else None

    def show(self, outcome: Audited) -> int:
        """Print it, and say where it is not whole. The exit status."""
        before, report = self._before, outcome.report
        report = report if before is None else changed(report, before)
        if self.stream is None:
            kept = Kept(report=report, path=outcome.path, places=outcome.places)
            at_risk = self._counting.fail_on is FailOn.AT_RISK
            self._destination.write(joined(report, [kept], fail_at_risk=at_risk))
        if outcome.report.stopped:
            say(f"not finished: {outcome.report.stopped}", "continue with --resume")
        return exit_status.of_audit(report, self._counting.fail_on)


def plan(job: Job) -> int:
    """Print what the audit would cost, in words, whatever the audit's own format is to be."""
    destination = replace(job.results, form=None, json=False).destination("plan")
    outcome = _run(job, job.keeping, plan_only=True)
    assert outcome.plan is not None
    destination.write(outcome.plan.sentences())
    return exit_status.OK


def serve(job: Job, address: str, every: timedelta) -> int:
    """Audit again and again, and serve the newest to Prometheus."""
    from cf525.audit.exporter import serve as serve_metrics

    rounds = count()
    tell = telling(job)
    own = job.keeping

    def audit_again() -> AuditReport:
        """From the second on, the checkpoint that is there is this exporter's own."""
        force = own.force or next(rounds) > 0
        report = _run(job, Keeping(path=own.path, resume=False, force=force)).report
        tell(report)
        return report

    return serve_metrics(
        address,
        audit_again,
        every=every,
        ready=lambda url: say(f"metrics at {url}; Ctrl-C ends"),
    )


def telling(job: Job) -> Callable[[AuditReport], None]:
    """Tells people what an audit found, where --notify names any. Raises UsageError."""
    if job.running.notify is None:
        return lambda _: None
    from cf525.cli.notify import People, after_audit

    people = People(job.running.notify)
    return lambda report: after_audit(people, report)


def _run(
    job: Job, keeping: Keeping, *, plan_only: bool = False, stream: Stream | None = None
) -> Audited:
    spare_the_collector()
    with observer(quiet=job.results.quiet, stream=stream) as watching:
        return run_job(audit(job.options, keeping, watching, plan_only=plan_only))


def spare_the_collector() -> None:
    """What is loaded by now stays; thousands of short-lived reports come and go."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _print_line(report: Mapping[str, Any]) -> None:
    print_pieces((ndjson_line(report),), color=False)
