"""Options that say by which trust, as of when and for which visitor to judge."""

from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cf525.cli.groups import Group
from cf525.errors import UsageError
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.diagnosis.options import Options
    from cf525.model import Target

AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="Judge certificates as of this time (2027-01-31 or 2027-01-31T12:00Z).",
    ),
]


def moment(text: str | None) -> datetime | None:
    """The time of --at; UTC where it names no zone. Raises UsageError."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--at {text!r} is not a time", hint="write 2027-01-31 or 2027-01-31T12:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Moment(Group):
    """As of when to judge."""

    panel: ClassVar[str] = "Certificates"

    at: AtOption = None

    @property
    def moment(self) -> datetime | None:
        """The time of --at. Raises UsageError."""
        return moment(self.at)


@dataclass(frozen=True, kw_only=True)
class Trust(Moment):
    """Whom to trust beside the edge's own list, as of when, and whether to download."""

    trust: Annotated[
        list[Path],
        typer.Option(
            "--trust",
            metavar="FILE",
            envvar="CF525_TRUST",
            help="Trust the CA certificates of this PEM file too. Repeatable.",
        ),
    ] = field(default_factory=list)
    trust_only: Annotated[bool, typer.Option("--trust-only", help="Trust nothing but --trust.")] = (
        False
    )
    no_fetch: Annotated[
        bool,
        typer.Option(
            "--no-fetch",
            help="Download nothing: no missing intermediates, no revocation or trust lists.",
        ),
    ] = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of --trust, each of which must be there. Raises UsageError."""
        if self.trust_only and not self.trust:
            raise UsageError("--trust-only without --trust trusts nothing", hint="add --trust FILE")
        for path in self.trust:
            if not path.is_file():
                raise UsageError(
                    f"--trust {path} is not a readable file",
                    hint="name a PEM file of CA certificates",
                )
        return tuple(self.trust)

    def onto(self, options: "Options") -> "Options":
        return replace(
            options,
            trust_files=self.files,
            trust_only=self.trust_only,
            at=self.moment,
            fetch=not self.no_fetch,
        )


@dataclass(frozen=True, kw_only=True)
class CheckedTrust(Trust):
    """The same, where revocation lists may be asked too."""

    check_revocation: Annotated[
        bool, typer.Option("--check-revocation", help="Look the certificates up in their CRLs.")
    ] = False

    def onto(self, options: "Options") -> "Options":
        return replace(super().onto(options), check_revocation=self.check_revocation)


@dataclass(frozen=True, kw_only=True)
class AsVisitor(Group):
    """What the visitor sends, where rules ask for it."""

    panel: ClassVar[str] = "Visitor"

    path: Annotated[
        str | None,
        typer.Option(
            "--path",
            metavar="PATH",
            help="Judge for a visitor who asks for this path, as /shop?cart=1.",
        ),
    ] = None
    country: Annotated[
        str | None,
        typer.Option(
            "--country",
            metavar="CC",
            help="Judge for a visitor from this country (two letters), where rules ask for it.",
        ),
    ] = None
    header: Annotated[
        list[str],
        typer.Option(
            "--header",
            metavar="NAME:VALUE",
            help="Judge for a visitor who sends this header, where rules ask for it. Nothing of "
            "it is sent to an origin. Repeatable.",
        ),
    ] = field(default_factory=list)

    def target(self, text: str) -> "Target":
        """What the visitor asks for. Raises UsageError."""
        from cf525.model.parsing import parse_target

        target = parse_target(text)
        if self.path is None:
            return target
        if not self.path.startswith("/"):
            raise UsageError(f"--path {self.path!r} is no path", hint="begin it with /")
        if target.path not in ("/", self.path):
            raise UsageError(
                "--path and a URL with a path of its own exclude each other",
                hint="leave out one of them",
            )
        return replace(target, path=parse_target(target.host + self.path).path)

    def onto(self, options: "Options") -> "Options":
        headers = tuple(_header(each) for each in self.header)
        return replace(options, country=_country(self.country), headers=headers)


def _country(text: str | None) -> str:
    if text is not None and not (len(text) == 2 and text.isascii() and text.isalnum()):
        raise UsageError(f"--country {text!r} is no country", hint="write two letters, as DE")
    return (text or "").upper()


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        # Not repeated: what was forgotten may be the colon alone, before a credential.
        raise UsageError(
            "a --header is no header: a name and a colon are missing", hint="write NAME:VALUE"
        )
    return name.strip().lower(), value.strip()
