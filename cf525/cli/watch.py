"""``cf525 watch``: look again and again until the target is healthy, or until it breaks."""

import sys
from collections.abc import Callable
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cf525.cli import exit_status
from cf525.cli import watch_notices as notices
from cf525.cli.groups import Group, grouped
from cf525.cli.options.account import LeanAccess
from cf525.cli.options.looking import Look
from cf525.cli.options.output import DiagnosisOutput
from cf525.cli.options.where import TargetArgument, built
from cf525.errors import Cf525Error, UsageError
from cf525.series.watch import Pace, Until, not_seen
from cf525.series.watch import watch as run_watch
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.cli.notify import People
    from cf525.model import Report
    from cf525.series.watch import Transition


@dataclass(frozen=True, kw_only=True)
class Watching(Group):
    """How often to look, and until when."""

    panel: ClassVar[str] = "Watching"

    until: Annotated[
        Until,
        typer.Option("--until", help="When to end: at health, failure, any change, or never."),
    ] = Until.OK
    interval: Annotated[
        float,
        typer.Option("--interval", metavar="S", help="Seconds to the next look after a change."),
    ] = 5.0
    slowest: Annotated[
        float,
        typer.Option("--slowest", metavar="S", help="Seconds between looks while all stays."),
    ] = 60.0

    @property
    def pace(self) -> Pace:
        return Pace(first=self.interval, slowest=max(self.slowest, self.interval))


@dataclass(frozen=True, kw_only=True)
class Notices(Group):
    """Who is told of a change."""

    panel: ClassVar[str] = "Watching"

    command: Annotated[
        str | None,
        typer.Option(
            "--exec", metavar="CMD", help="Run this at a change; CF525_STATUS and more are set."
        ),
    ] = None
    webhook: Annotated[
        str | None,
        typer.Option(
            "--webhook",
            metavar="URL",
            envvar="CF525_WEBHOOK",
            help="POST each change here as a CloudEvent in JSON, signed with "
            "CF525_WEBHOOK_SECRET where that is set.",
        ),
    ] = None
    notify: Annotated[
        Path | None,
        typer.Option(
            "--notify",
            metavar="FILE",
            help="Send each change to the addresses in this file, one a line, as Apprise writes "
            "them.",
        ),
    ] = None
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics", metavar="[ADDR]:PORT", help="Serve the newest look to Prometheus."
        ),
    ] = None

    def teller(self, *, quiet: bool) -> "Teller":
        """Who tells, with its metrics served from now on. Raises UsageError."""
        if self.command is not None:
            notices.words(self.command)
        people = None
        if self.notify is not None:
            from cf525.cli.notify import People

            people = People(self.notify)
        return Teller(
            people=people,
            command=self.command,
            webhook=notices.checked_webhook(self.webhook) if self.webhook else None,
            served=notices.serve_metrics(self.metrics) if self.metrics else None,
            quiet=quiet,
        )


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Tells of each change: on stderr always, and to whom else it was asked."""

    people: "People | None"
    command: str | None
    webhook: str | None
    served: notices.Metrics | None
    quiet: bool
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    errands: notices.Errands = field(default_factory=notices.Errands)

    def looked(self, report: "Report") -> None:
        """The newest look, for Prometheus."""
        if self.served is not None:
            self.served.take(report)

    async def changed(self, transition: "Transition") -> None:
        """A line; at a change, not at the first look, the others too."""
        at = self.clock()
        if not self.quiet:
            sys.stderr.write(notices.line(transition, at) + "\n")
            sys.stderr.flush()
        if transition.before is None:
            return
        told = notices.facts(transition, at)
        if self.served is not None:
            self.served.changes()
        if self.command is not None:
            self.errands.send(notices.execute(self.command, told))
        if self.webhook is not None:
            self.errands.send(notices.post(self.webhook, told))
        if self.people is not None:
            self.errands.send(self.people.tell(notices.alert(transition, at)))

    def stop(self) -> None:
        if self.served is not None:
            self.served.stop()


@grouped
def watch(
    target: TargetArgument,
    watching: Watching,
    telling: Notices,
    look: Look,
    account: LeanAccess,
    results: DiagnosisOutput,
) -> int:
    """Look again and again and tell of every change, until the end that --until names.

    The exit status is that of the last look. The full report is printed at the end.
    """
    import asyncio

    from cf525.cli.run import run
    from cf525.jobs.diagnose import diagnose

    parsed = look.visitor.target(target)
    destination = results.destination()
    options = built(look, account)
    teller = telling.teller(quiet=results.quiet)

    seen: list[Report] = []

    async def looked() -> "Report":
        """A look. One that fails behind another that did not is no end: it tells of that."""
        try:
            seen[:] = [await diagnose(parsed, options)]
        except UsageError:
            raise
        except Cf525Error as error:
            if not seen:
                raise
            seen[:] = [not_seen(seen[0], error.message)]
        return seen[0]

    async def watched() -> "Report":
        try:
            return await run_watch(
                looked,
                failing=failing,
                until=watching.until,
                pace=watching.pace,
                sleep=asyncio.sleep,
                changed=teller.changed,
                looked=teller.looked,
            )
        finally:
            await teller.errands.finished()

    try:
        report = run(watched())
    finally:
        teller.stop()
    destination.write(report)
    return exit_status.of_report(report)


def failing(report: "Report") -> bool | None:
    """Whether a report is a failure; None where it cannot be told."""
    status = exit_status.of_report(report)
    return {exit_status.OK: False, exit_status.FAILS: True}.get(status)
