"""Writes results to stdout or a file, everything else to stderr."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cf525.errors import UsageError

if TYPE_CHECKING:
    from cf525.model import Report
    from cf525.report.line import Line


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


def write_report(
    report: "Report", form: Format, *, output: Path | None, color: bool, verbose: bool
) -> None:
    """Render a report and write it."""
    if form is Format.JSON:
        from cf525.report.plain import to_json

        write_text(to_json(report), output)
        return
    from cf525.report import text

    width = terminal_width() if output is None else 80
    write_lines(text.render(report, width=width, verbose=verbose), output=output, color=color)


def terminal_width() -> int:
    """Columns of the terminal, 80 where there is none."""
    from shutil import get_terminal_size

    return min(get_terminal_size((80, 24)).columns, 100)


def write_lines(lines: "Sequence[Line]", *, output: Path | None, color: bool) -> None:
    """Lines with their styles to stdout, or without them to a file."""
    if output is not None:
        plain = "".join(f"{line.label}{line.text}\n" for line in lines)
        write_text(plain, output)
        return
    from rich.console import Console
    from rich.text import Text

    from cf525.report.line import to_ascii

    simple = not _can_show("▶─✗")
    console = Console(no_color=not color or None, highlight=False, soft_wrap=True)
    with console.capture() as rendered:
        for line in lines:
            body = to_ascii(line.text) if simple else line.text
            console.print(Text.assemble((line.label, "bold"), (body, line.style)))
    write_text(rendered.get(), None)


def write_text(text: str, output: Path | None) -> None:
    """Text as it is, to stdout or a file."""
    if output is None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:  # a reader that goes away early (``| head``) is no error
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {output}: {error.strerror}", hint="name a file in a writable folder"
        ) from None


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def say(message: str, hint: str = "") -> None:
    """A sentence for the person, on stderr."""
    from cf525.report.escape import for_terminal

    sys.stderr.write(f"cf525: {for_terminal(message)}\n")
    if hint:
        sys.stderr.write(f"       {for_terminal(hint)}\n")


@contextmanager
def progress(text: str, *, quiet: bool) -> Iterator[None]:
    """A spinner while something takes its time; only on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield
