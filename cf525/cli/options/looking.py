"""Options by which a diagnosis looks closer or more often, and keeps what it saw."""

from collections.abc import Iterator
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cf525.cli import complete
from cf525.cli.groups import Group
from cf525.cli.options.judging import AsVisitor, CheckedTrust
from cf525.cli.options.where import EdgeVisit, Network, OptionsPart, Way, Where
from cf525.errors import UsageError
from cf525.inputs import open_given
from cf525.net import private
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.conclusion import Seen
    from cf525.diagnosis.options import Options
    from cf525.jobs.replay import Transcript
    from cf525.model import LoggedCertificate, Report, Target


@dataclass(frozen=True, kw_only=True)
class Look(Group):
    """Everything that one look at one target takes, but for the account."""

    where: Where
    network: Network
    edge: EdgeVisit
    way: Way
    trust: CheckedTrust
    visitor: AsVisitor

    def onto(self, options: "Options") -> "Options":
        parts: tuple[OptionsPart, ...] = (
            self.where, self.network, self.edge, self.way, self.trust, self.visitor,
        )  # fmt: skip
        for each in parts:
            options = each.onto(options)
        return options


@dataclass(frozen=True, kw_only=True)
class Closer(Group):
    """More than one handshake shows."""

    panel: ClassVar[str] = "Look closer"

    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help="Ask more: up to 80 connections to an address, repeated probes, every version, "
            "suite, group and signature. Give more time with --timeout.",
        ),
    ] = False
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="NAME",
            autocompletion=complete.servers,
            help="The software or platform at the origin, by any common name (nginx, httpd, k8s, "
            "npm, Plesk, Heroku ...): its remedies come first.",
        ),
    ] = None
    repeat: Annotated[
        int | None,
        typer.Option(
            "--repeat", metavar="N", help="Ask each address N times, then a few times at once."
        ),
    ] = None
    interval: Annotated[
        float, typer.Option("--interval", metavar="S", help="Seconds between two of these.")
    ] = 0.0
    parallel: Annotated[
        int, typer.Option("--parallel", metavar="P", help="How many at once; 0 for none.")
    ] = 8
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="SPAN",
            help="Ask the account what visitors met since then, and what was changed (6h, 2d).",
        ),
    ] = None
    ct: Annotated[
        Path | None,
        typer.Option(
            "--ct",
            metavar="FILE",
            help="Certificates logged for the name, as JSON of crt.sh or Cert Spotter: tells a "
            "certificate that was not renewed from one that was not loaded.",
        ),
    ] = None

    def onto(self, options: "Options") -> "Options":
        from cf525.audit.options import parse_since
        from cf525.series.run import Repeat

        if self.repeat is not None:
            options = replace(
                options,
                repeat=Repeat(count=self.repeat, interval=self.interval, parallel=self.parallel),
            )
        return replace(
            options,
            deep=self.deep,
            server=server(self.server),
            since=parse_since(self.since) if self.since else None,
            logged=_logged(self.ct),
        )


@dataclass(frozen=True, kw_only=True)
class SeenElsewhere(Group):
    """What was seen elsewhere, judged in place of probes."""

    panel: ClassVar[str] = "Look closer"

    observation: Annotated[
        list[Path],
        typer.Option(
            "--observation",
            metavar="FILE",
            help="Judge what cf525 probe --format json saw elsewhere. Repeatable.",
        ),
    ] = field(default_factory=list)

    def refuse(self, **others: object) -> None:
        """Options that open connections contradict observations made elsewhere."""
        for name, value in others.items():
            if self.observation and value is not None:
                raise UsageError(
                    f"--{name.replace('_', '-')} and --observation exclude each other",
                    hint="what was seen elsewhere is judged as it is; nothing is sent to the "
                    "origin",
                )

    def onto(self, options: "Options") -> "Options":
        from cf525.diagnosis.elsewhere import load_observations

        return replace(options, observations=load_observations(self.observation))


@dataclass(frozen=True, kw_only=True)
class Capture(Group):
    """A capture of what was sent and received."""

    panel: ClassVar[str] = "Keep"

    pcap: Annotated[
        Path | None,
        typer.Option(
            "--pcap", metavar="FILE", help="Keep it as pcapng for Wireshark, with its TLS keys."
        ),
    ] = None

    def files(self, kept: "Transcript") -> Iterator[tuple[Path, bytes]]:
        """Each file that was asked for, and what belongs into it."""
        from cf525.probe.pcap import pcapng

        if self.pcap is not None:
            yield self.pcap, pcapng(kept.probes)

    @property
    def paths(self) -> "Iterator[Path]":
        """Every file that was named."""
        if self.pcap is not None:
            yield self.pcap

    def check(self, *, force: bool) -> None:
        """Raise UsageError before anything is sent where a file is there already."""
        for path in self.paths:
            private.refuse_existing(path, force=force)

    def save(self, kept: "Transcript", *, force: bool) -> None:
        """Write what was asked for, for the owner alone. Raises UsageError."""
        for path, content in self.files(kept):
            private.write(path, content, force=force)


@dataclass(frozen=True, kw_only=True)
class Recording(Capture):
    """The same, and a transcript that can be judged again."""

    save_transcript: Annotated[
        Path | None,
        typer.Option(
            "--save-transcript",
            metavar="FILE",
            help="Keep what was sent and received, for cf525 replay; no tokens are in it.",
        ),
    ] = None

    def files(self, kept: "Transcript") -> Iterator[tuple[Path, bytes]]:
        from cf525.jobs.replay import to_text

        if self.save_transcript is not None:
            yield self.save_transcript, to_text(kept).encode()
        yield from super().files(kept)

    @property
    def paths(self) -> "Iterator[Path]":
        if self.save_transcript is not None:
            yield self.save_transcript
        yield from super().paths

    async def diagnosed(
        self, target: "Target", options: "Options", *, force: bool
    ) -> "tuple[Report, Seen | None]":
        """The report and what it rests on; what was sent and received goes to the files that were
        named, and then only the report is given."""
        from cf525.conclusion import conclude
        from cf525.jobs.diagnose import look

        if self.save_transcript is None and self.pcap is None:
            seen = await look(target, options)
            return conclude(seen), seen
        from cf525.jobs.replay import recorded

        report, kept = await recorded(target, options)
        self.save(kept, force=force)
        return report, None


def server(name: str | None) -> str:
    """The platform of --server in the catalogue's spelling. Raises UsageError."""
    from cf525.causes.page import platform_names
    from cf525.causes.signs.table import known_platforms, named, resembling

    if name is None:
        return ""
    written = {each.lower(): each for each in platform_names()}
    known = named(name) or written.get(name.strip().lower(), "")
    if known:
        return known
    near = resembling(name)
    every = {*written.values(), *(each.name for each in known_platforms().values())}
    hint = (
        f"did you mean: {', '.join(near)}?"
        if near
        else "write one of: " + ", ".join(sorted(every, key=str.lower))
    )
    raise UsageError(f"--server {name!r} is not a platform the runbook knows", hint=hint)


def _logged(path: Path | None) -> "tuple[LoggedCertificate, ...] | None":
    """The certificates of a transparency search's answer. Raises UsageError."""
    from cf525.pki.transparency import MOST_BYTES, parse

    if path is None:
        return None
    try:
        with open_given(path) as opened:
            return parse(opened.read(MOST_BYTES))
    except OSError:
        raise UsageError(f"--ct {path} is not a readable file") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            f"--ct {path} is not the answer of a certificate search",
            hint="save https://crt.sh/?q=HOST&output=json and give that file",
        ) from None
