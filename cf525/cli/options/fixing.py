"""Options of ``fix``: what is wanted, whether to do it, and by whose rights."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import typer

from cf525.cli import complete
from cf525.cli.groups import Group
from cf525.cli.options.account import Access
from cf525.cli.options.judging import Trust, moment
from cf525.cli.options.looking import server as read_server
from cf525.cli.options.output import Output
from cf525.cli.options.where import EdgeVisit, Network
from cf525.errors import CredentialsError, UsageError
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.account.credentials import Credentials
    from cf525.diagnosis.options import Options
    from cf525.fixing.wishes import Wish

FIX_VARIABLE: Final = "CLOUDFLARE_FIX_TOKEN"
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, kw_only=True)
class Wanted(Group):
    """The remedy and what is said about it."""

    panel: ClassVar[str] = "The change"

    value: Annotated[
        str | None,
        typer.Option(
            "--value",
            metavar="V",
            help="The mode, name, port, endpoint or kind of key, as the remedy has it.",
        ),
    ] = None
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="3h|TIME|never",
            help="When it is to end; 3 h for what lowers security.",
        ),
    ] = None
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="TEXT", help="A ticket or a word, kept with the change."),
    ] = None
    remedy_option: Annotated[
        str | None,
        typer.Option("--remedy", metavar="REMEDY", help="The remedy, for the hosts of --report."),
    ] = None
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Go by this report of diagnose, or of audit with --remedy.",
        ),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Where a new key and certificate go (origin-ca), and the plans of several hosts.",
        ),
    ] = None

    def wish(self, remedy: str) -> "Wish":
        """What is asked for. Raises UsageError."""
        from cf525.fixing.wishes import Wish

        until = None if self.until in (None, "never") else _end(str(self.until))
        wish = Wish(
            remedy=remedy,
            value=self.value or "",
            until=until,
            never=self.until == "never",
            reason=_reason(self.reason or ""),
        )
        if remedy:
            wish.checked()
        return wish


@dataclass(frozen=True, kw_only=True)
class Doing(Group):
    """Whether anything is to be changed."""

    panel: ClassVar[str] = "Do it"

    apply: Annotated[
        bool,
        typer.Option("--apply", help="Make the change, of a plan in a file or of HOST REMEDY."),
    ] = False
    undo: Annotated[
        str | None, typer.Option("--undo", metavar="ID", help="Take a change back.")
    ] = None
    listing: Annotated[
        bool, typer.Option("--list", help="What was applied and not taken back.")
    ] = False
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
    yes_zone: Annotated[
        str | None,
        typer.Option(
            "--yes-zone",
            metavar="NAME",
            help="The zone's name, in the place of typing it, for what concerns a whole zone.",
        ),
    ] = None
    wait: Annotated[
        float,
        typer.Option(
            "--wait",
            metavar="S",
            min=0.0,
            max=3600.0,
            help="How long to ask the edge afterwards until it shows.",
        ),
    ] = 60.0


@dataclass(frozen=True, kw_only=True)
class FixLook(Group):
    """What the diagnosis before a change takes."""

    panel: ClassVar[str] = "Look closer"

    network: Network
    edge: EdgeVisit
    trust: Trust
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="NAME",
            autocompletion=complete.servers,
            help="The software or platform at the origin, by any common name: where a new "
            "certificate goes there.",
        ),
    ] = None

    def onto(self, options: "Options") -> "Options":
        for each in (self.network, self.edge, self.trust):
            options = each.onto(options)
        return replace(options, server=read_server(self.server))


@dataclass(frozen=True, kw_only=True)
class FixAccess(Access):
    """The token that reads, and the one that writes."""

    def writer(self) -> "Credentials":
        """The token for writes: its own where there is one. Raises CredentialsError."""
        from cf525.account.credentials import Credentials

        if os.environ.get(FIX_VARIABLE):
            return Credentials(os.environ[FIX_VARIABLE].strip("\r\n"), FIX_VARIABLE)
        found = self.credentials_if_any()
        if found is None:
            raise CredentialsError(
                f"no API token is set that may write: neither {FIX_VARIABLE} nor another",
                hint=f"set {FIX_VARIABLE}, or give --token-file or --token-command",
            )
        return found

    def reader(self) -> "Credentials | None":
        """The token for reads, where it is another one."""
        return self.credentials_if_any() if os.environ.get(FIX_VARIABLE) else None

    def onto(self, options: "Options") -> "Options":
        return replace(
            options, api_base=self.base, credentials=self.reader() or self.writer(), origins=()
        )


class FixOutput(Output):
    """The output of a plan, and of what came of it."""

    kind: ClassVar[str] = "fix"


def _end(text: str) -> datetime:
    match = re.fullmatch(r"(\d{1,5})([mhd])", text)
    if match is not None:
        span = timedelta(**{_UNITS[match[2]]: int(match[1])})
        return (datetime.now(UTC) + span).replace(microsecond=0)
    try:
        found = moment(text)
    except UsageError:
        raise UsageError(
            f"--until {text!r} is no time", hint="write 3h, 90m, 2d, 2027-01-31T12:00Z or never"
        ) from None
    assert found is not None
    return found.astimezone(UTC).replace(microsecond=0)


def _reason(text: str) -> str:
    if len(text) > 200 or not text.isprintable():
        raise UsageError(
            "--reason is longer than 200 letters, or holds control characters",
            hint="give a ticket's number or a short word",
        )
    return text.strip()
