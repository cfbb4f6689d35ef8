"""Options of an audit: what is looked at, what counts, what is kept, and what it may cost."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cf525.cli.groups import Group
from cf525.cli.options.account import Access
from cf525.cli.options.judging import Trust
from cf525.cli.options.output import Output
from cf525.cli.options.where import Edge, Network, built, read_mode
from cf525.errors import UsageError
from cf525.values import dataclass

if TYPE_CHECKING:
    from datetime import timedelta

    from cf525.audit.keeping import Keeping
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
class Manner(Group):
    """How each host is judged."""

    panel: ClassVar[str] = "What counts"

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
class Judging(Counting, Manner):
    """How each host is judged, and what counts as failed."""


@dataclass(frozen=True, kw_only=True)
class Pace(Group):
    """How hard an origin is asked."""

    panel: ClassVar[str] = "The run"

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


@dataclass(frozen=True, kw_only=True)
class Hands(Group):
    """Who looks at the hosts."""

    panel: ClassVar[str] = "The run"

    processes: Annotated[
        int | None,
        typer.Option(
            "--processes",
            metavar="N",
            min=1,
            max=256,
            help="Look at hosts from so many processes; else from one a core, where there are many "
            "hosts.",
        ),
    ] = None
    engine: Annotated[
        str | None,
        typer.Option(
            "--engine",
            metavar="dask://HOST:PORT",
            help="Look at hosts from the workers of this Dask scheduler (extra cf525[dask]).",
        ),
    ] = None
    vantage: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PLACE,...",
            help="With --engine: ask every host from workers in each of these places, and tell "
            "where they differ. A worker says where it is by its resource vantage-PLACE.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Kept(Group):
    """What is kept of a run."""

    panel: ClassVar[str] = "The run"

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

    def keeping(self, about: Mapping[str, object], *, force: bool) -> "Keeping":
        """The checkpoint: the user's file, or one in the cache named after what it is about."""
        from cf525.audit.keeping import Keeping
        from cf525.net import cache

        if self.checkpoint is not None:
            return Keeping(path=self.checkpoint, resume=self.resume, force=force)
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
        path = cache.cache_dir() / "audits" / f"{digest}.ndjson"
        for place in (path, path.parent, cache.cache_dir()):
            if place.exists() and not cache.own(place):
                raise UsageError(
                    f"{place} can be written by others, or is theirs",
                    hint=f"name a --checkpoint, or a folder with {cache.DIRECTORY_VARIABLE}",
                )
        return Keeping(path=path, resume=self.resume, force=True)


@dataclass(frozen=True, kw_only=True)
class Running(Kept, Hands, Pace):
    """What the run may cost, who runs it, and what is kept of it."""

    plan: Annotated[
        bool, typer.Option("--plan", help="Say in words what it would cost, and stop.")
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

        return parse_since(self.every, "--every") if self.serve else None


class AuditOutput(Output):
    """The output of an audit."""

    kind: ClassVar[str] = "audit"


@dataclass(frozen=True, kw_only=True)
class Reach(Group):
    """Everything else that decides what an audit looks at and how."""

    network: Network
    edge: Edge
    trust: Trust
    account: Access

    def options(self, selection: Selection, manner: Manner, pace: Pace) -> "AuditOptions":
        """All parts together, in the terms of the audit. Raises UsageError and
        CredentialsError."""
        from cf525.audit.options import AuditOptions, Hosts, parse_shard, parse_since
        from cf525.cli import dotfile

        mode = manner.mode
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
            expiring=manner.expiring,
            what_if=mode or "",
            per_address=pace.per_address,
            accepted=dotfile.find().accepted(),
        )


@dataclass(frozen=True, kw_only=True)
class AuditChoices(Group):
    """All options of an audit."""

    selection: Selection
    judging: Judging
    running: Running
    reach: Reach

    @property
    def options(self) -> "AuditOptions":
        """What is looked at and how. Raises UsageError and CredentialsError."""
        from cf525.audit.crew import cores

        found = self.reach.options(self.selection, self.judging, self.running)
        return replace(found, processes=self.running.processes or cores())


@dataclass(frozen=True, kw_only=True)
class ReadChoices(Group):
    """All options of the reading stage."""

    selection: Selection
    manner: Manner
    pace: Pace
    reach: Reach

    @property
    def options(self) -> "AuditOptions":
        """What is read, and how it is to be judged. Raises UsageError and CredentialsError."""
        return self.reach.options(self.selection, self.manner, self.pace)
