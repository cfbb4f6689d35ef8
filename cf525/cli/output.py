"""Writes results to stdout or a file, everything else to stderr."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from cf525.cli import invocation, signals
from cf525.errors import UsageError
from cf525.report.formats import Format, Layout
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.report.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a result goes, in which format, and how it is laid out."""

    format: Format
    output: Path | None
    color: bool
    verbose: int

    @property
    def for_a_person(self) -> bool:
        """Whether the result is text on the screen."""
        return self.format.name == "text" and self.output is None

    def write(self, result: object) -> None:
        """Render the result and write it. Raises UsageError for a file that cannot be written."""
        width = terminal_width() if self.output is None else None
        layout = Layout(width=width, verbose=self.verbose, run=invocation.current)
        with signals.writing():
            pieces = self.format.render(result, layout)
            if self.output is None and self.format.name == "diff" and sys.stdout.isatty():
                _print_shown(pieces)
            elif self.output is None:
                print_pieces(pieces, color=self.color)
            else:
                _write_file(pieces, self.output)


def can_ask() -> bool:
    """Whether somebody sits at the terminal: never when anything is piped."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


def ask(question: str) -> str:
    """What the person types, empty for Enter or the end of input."""
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def check_writable(output: Path, *, force: bool) -> None:
    """Raise UsageError now for an output that could not be written, perhaps hours later."""
    hint = "name a file in a writable folder"
    if output.is_dir() or not output.absolute().parent.is_dir():
        raise UsageError(f"cannot write {output}: it is a folder or lies in none", hint=hint)
    if output.is_file() and not force:
        raise UsageError(
            f"{output} exists already", hint="overwrite it with --force, or name another"
        )
    if not os.access(output if output.exists() else output.absolute().parent, os.W_OK):
        raise UsageError(f"cannot write {output}: this user may not", hint=hint)


def terminal_width() -> int:
    """Columns of the terminal, 80 where there is none."""
    from shutil import get_terminal_size

    return min(get_terminal_size((80, 24)).columns, 100)


def print_pieces(pieces: "Iterable[str | Line]", *, color: bool, error: bool = False) -> None:
    """Lines with their styles and text as it is, to stdout, or where it is no result to stderr."""
    lines: list[Line] = []
    for each in pieces:
        if isinstance(each, str):
            _print_lines(lines, color=color, error=error)
            lines = []
            _print(each, error=error)
        else:
            lines.append(each)
    _print_lines(lines, color=color, error=error)


def _print_shown(pieces: "Iterable[str | Line]") -> None:
    """Text of others' files for eyes: what acts on a terminal is shown in another's place. A pipe
    and a file get the very bytes."""
    from cf525.report.escape import without_controls

    text = "".join(each if isinstance(each, str) else each.text for each in pieces)
    shown = without_controls(text.replace("\r\n", "\n"))
    _print(shown, error=False)
    if shown != text:
        say("not shown as it is: the files have control characters", hint="pipe it, or -o FILE")


def _print_lines(lines: "list[Line]", *, color: bool, error: bool) -> None:
    if not lines:
        return
    from cf525.report.line import one_line, to_ascii

    lines = [replace(each, text=one_line(each.text)) for each in lines]
    if not _can_show("▶─✗"):
        lines = [replace(each, text=to_ascii(each.text)) for each in lines]
    if not _styled(sys.stderr if error else sys.stdout):
        _print("".join(f"{each.label}{each.text}\n" for each in lines), error=error)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(no_color=not color or None, highlight=False, soft_wrap=True, stderr=error)
    with console.capture() as rendered:
        for line in lines:
            console.print(Text.assemble((line.label, "bold"), (line.text, line.style)))
    _print(rendered.get(), error=error)


def anything_printed() -> bool:
    """Whether a result, or a part of one, has gone to standard output."""
    return bool(_PRINTED)


_PRINTED: Final[list[bool]] = []


def _print(text: str, *, error: bool) -> None:
    stream = sys.stderr if error else sys.stdout
    if not error and text:
        _PRINTED[:] = [True]
    stream.write(text)
    stream.flush()
    signals.written()


def _write_file(pieces: "Iterable[str | Line]", output: Path) -> None:
    """The same to a file, without styles: all of it, or what stood there before."""
    from cf525.report.line import one_line

    texts = (
        each if isinstance(each, str) else f"{each.label}{one_line(each.text)}\n" for each in pieces
    )
    device = output.exists() and not output.is_file()
    place = output
    try:
        if device:
            file = output.open("w", encoding="utf-8")
        else:  # a name that nobody can guess and no link is followed: the folder may be anybody's
            handle, made = tempfile.mkstemp(prefix=f".{output.name[:40]}.", dir=output.parent)
            place = Path(made)
            file = os.fdopen(handle, "w", encoding="utf-8")
            if hasattr(os, "fchmod"):
                os.fchmod(handle, _mode())
        with file:
            for text in texts:
                file.write(text)
                signals.written()
        if not device:
            place.replace(output)
    except OSError as error:
        raise UsageError(
            f"cannot write {output}: {error.strerror}", hint="name a file in a writable folder"
        ) from None
    finally:
        if place != output:
            with suppress(OSError):
                place.unlink(missing_ok=True)


def _mode() -> int:
    """What a file gets that is opened to be written."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _styled(stream: TextIO) -> bool:
    """Whether styles can be seen: on a terminal, or where somebody says so."""
    return stream.isatty() or bool(os.environ.get("FORCE_COLOR"))


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def say(message: str, hint: str = "") -> None:
    """A sentence for the person, on stderr."""
    from cf525.report.escape import for_terminal
    from cf525.report.hidden import without_passwords

    sys.stderr.write(f"cf525: {for_terminal(without_passwords(message))}\n")
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
