"""Options that say how, where and how much to print."""

from pathlib import Path
from typing import Annotated, ClassVar

import typer
from typer.models import OptionInfo

from cf525.cli.groups import Group
from cf525.cli.output import Destination, check_writable
from cf525.errors import UsageError
from cf525.report import formats
from cf525.values import dataclass


@dataclass(frozen=True, kw_only=True)
class Screen(Group):
    """What is shown on the terminal."""

    panel: ClassVar[str] = "Output"

    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colour; NO_COLOR does the same.")
    ] = False
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Results alone: no progress, no remarks.")
    ] = False
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of internal faults.")] = (
        False
    )
    """Read by the entry point."""


@dataclass(frozen=True, kw_only=True)
class Printing(Group):
    """In which format a result is printed, and where to."""

    panel: ClassVar[str] = "Output"

    form: Annotated[str | None, typer.Option("--format")] = None
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the result to this file, in the format of its suffix.",
        ),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            metavar="",
            help="All there is: nothing left out for brevity. Twice: the exchange of every probe.",
        ),
    ] = 0


@dataclass(frozen=True, kw_only=True)
class Output(Screen, Printing):
    """Everything about the output of a command that prints a result of this ``kind``."""

    kind: ClassVar[str] = "report"

    @classmethod
    def described(cls, name: str, option: OptionInfo) -> OptionInfo:
        """--format lists the formats that this kind of result has."""
        if name == "form":
            names = [each.name for each in formats.formats_of(cls.kind)]
            option.metavar = "|".join(names)
            option.help = f"How to print it: {names[0]}, where --output does not say otherwise."
        return option

    def destination(self, kind: str = "") -> Destination:
        """Where the result goes, and in which format, checked now. Raises UsageError."""
        chosen = self.format(kind or self.kind)
        if self.output is not None:
            check_writable(self.output, force=self.force)
        return Destination(
            format=chosen, output=self.output, color=not self.no_color, verbose=self.verbose
        )

    def format(self, kind: str) -> formats.Format:
        """The format that was asked for: by its name, else by the file's suffix, else the first.

        Raises UsageError for a name that this kind of result does not have, and for a file whose
        suffix promises such a one.
        """
        known = formats.formats_of(kind)
        names = ", ".join(each.name for each in known)
        if self.json and self.form not in (None, "json"):
            raise UsageError(
                f"--json and --format {self.form} exclude each other", hint="leave out one of them"
            )
        name = "json" if self.json else self.form
        if name is not None:
            found = formats.find(kind, name)
            if found is None:
                raise UsageError(
                    f"--format {name!r} is no format of {formats.KINDS[kind]}",
                    hint=f"write one of: {names}",
                )
            return found
        suffix = self.output.suffix if self.output is not None else ""
        found = formats.of_suffix(kind, suffix)
        if found is None and formats.belonging(suffix):
            raise UsageError(
                f"{self.output} asks for {formats.belonging(suffix)}, which is no format of "
                f"{formats.KINDS[kind]}",
                hint=f"name another file, or give --format: {names}",
            )
        return found or known[0]


@dataclass(frozen=True, kw_only=True)
class DiagnosisOutput(Output):
    """The same for a diagnosis, which may also be told to somebody else."""

    message: Annotated[
        bool,
        typer.Option(
            "--message",
            help="Print a short text to send to the hosting provider or the site's owner: the "
            "same as --format message.",
        ),
    ] = False

    def format(self, kind: str) -> formats.Format:
        message = formats.find(kind, "message") if self.message else None
        return message or super().format(kind)
