"""Options of an audit: what is looked at, what counts, what is kept, and what it may cost."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cf525.cli.groups import Group
from cf525.cli.options.account import Access
from cf525.cli.options.judging import Trust
from cf525.cli.options.output import Output
from cf525.cli.options.where import Edge, Network, built, read_mode

if TYPE_CHECKING:
    from datetime import timedelta

    from cf525.audit.options import AuditOptions


class FailOn(StrEnum):
    BROKEN = "broken"
    AT_RISK = "at-risk"
    NEVER = "never"


class HostChoice(StrEnum):
    FAILING = "failing"
    PROXIED = "proxied"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Selection(Group):
    """Which hosts are looked at."""

    panel: ClassVar[str] = "Which hosts"

    zone: Annotated[
        list[str],
        typer.Option(
            "--zone",
            metavar="NAME",
            help="Only this zone, or those of a pattern such as '*.example'. Repeatable.",
        ),
    ] = field(default_factory=list)
    account: Annotated[
        str, typer.Option("--account", metavar="ID", help="Only the zones of this account.")
    ] = ""
    match: Annotated[
        list[str],
        typer.Option(
            "--match", metavar="PATTERN", help="Only hostnames of this pattern. Repeatable."
        ),
    ] = field(default_factory=list)
    exclude: Annotated[
        list[str],
        typer.Option(
            "--exclude", metavar="PATTERN", help="No hostnames of this pattern. Repeatable."
        ),
    ] = field(default_factory=list)
    hosts: Annotated[
        HostChoice,
        typer.Option(
            "--hosts",
            help="Hosts that fail now by Cloudflare's analytics, all that are proxied, or all.",
        ),
    ] = HostChoice.PROXIED
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="N/OF", help="Only part N of OF; see cf525 audit merge."),
    ] = None
    since: Annotated[
        str,
        typer.Option(
            "--since", metavar="SPAN", help="How far back failures count as now: 30m, 6h, 2d."
        ),
    ] = "1h"


@dataclass(frozen=True, kw_only=True)
class Counting(Group):
    """What counts as failed."""

    panel: ClassVar[str] = "What counts"

    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", metavar="OLD.json", help="Print only what changed since this result."
        ),
    ] = None
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="What exit status 1 stands for.")] = (
        FailOn.BROKEN
    )


@dataclass(frozen=True, kw_only=True)
class Judging(Counting):
    """The same, and how each host is judged."""

    expiring: Annotated[
        int | None,
        typer.Option(
            "--expiring",
            metavar="DAYS",
            min=0,
            max=3650,
            help="Certificates that end within so many days are at risk; else those in the last "
            "sixth of their own lifetime, 30 days at most.",
        ),
    ] = None
    what_if: Annotated[
        str | None,
        typer.Option(
            "--what-if",
            metavar="MODE",
            help="Judge every host as if its zone were in this mode, such as strict.",
        ),
    ] = None

    @property
    def mode(self) -> str | None:
        """The mode of --what-if. Raises UsageError."""
        return read_mode(self.what_if, "--what-if")


@dataclass(frozen=True, kw_only=True)
class Running(Group):
    """What the run may cost, and what is kept of it."""

    panel: ClassVar[str] = "The run"

    plan: Annotated[
        bool, typer.Option("--plan", help="Say in words what it would cost, and stop.")
    ] = False
    per_address: Annotated[
        int,
        typer.Option(
            "--per-address",
            metavar="N",
            min=1,
            max=64,
            help="Connections at once to one origin address.",
        ),
    ] = 4
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help="Keep the results here; else in the cache directory.",
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Continue the run of the same selection that was interrupted."
        ),
    ] = False
    serve: Annotated[
        str | None,
        typer.Option(
            "--serve",
            metavar="[ADDR]:PORT",
            help="Stay up as a Prometheus exporter, and audit again every --every.",
        ),
    ] = None
    every: Annotated[
        str,
        typer.Option(
            "--every", metavar="SPAN", help="With --serve: the time from one audit to the next."
        ),
    ] = "1h"

    notify: Annotated[
        Path | None,
        typer.Option(
            "--notify",
            metavar="FILE",
            help="Tell of each failing host once, and once when it is well, by the addresses in "
            "this file, one a line, as Apprise writes them.",
        ),
    ] = None

    @property
    def pause(self) -> "timedelta | None":
        """The time from one audit to the next, where there is a next. Raises UsageError."""
        from cf525.audit.options import parse_since

        return parse_since(self.every) if self.serve else None


class AuditOutput(Output):
    """The output of an audit."""

    kind: ClassVar[str] = "audit"


@dataclass(frozen=True, kw_only=True)
class AuditChoices(Group):
    """Everything that decides what an audit looks at and how, in the terms of the audit."""

    selection: Selection
    judging: Judging
    running: Running
    network: Network
    edge: Edge
    trust: Trust
    account: Access

    @property
    def options(self) -> "AuditOptions":
        """All parts together. Raises UsageError and CredentialsError."""
        from cf525.audit.options import AuditOptions, Hosts, parse_shard, parse_since
        from cf525.cli import dotfile

        mode = self.judging.mode
        selection = self.selection
        base = built(self.network, self.edge, self.trust, self.account)
        return AuditOptions(
            base=replace(base, mode=mode),
            zones=tuple(selection.zone),
            account=selection.account,
            match=tuple(selection.match),
            exclude=tuple(selection.exclude),
            hosts=Hosts(selection.hosts.value),
            shard=parse_shard(selection.shard) if selection.shard else None,
            since=parse_since(selection.since),
            expiring=self.judging.expiring,
            what_if=mode or "",
            per_address=self.running.per_address,
            accepted=dotfile.find().accepted(),
        )
