"""The standard streams, made so that nothing written to them can be a fault of ours.

A stream that was closed before the start is opened on nothing, or the next file that is opened
would take its place. What goes to stderr is for a person: where it cannot be written it is left
out. A result that cannot be written is an error that says so, and none where its reader went away.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, TextIO, cast

from cf525.errors import UsageError

_UNHEARD: list[Exception | None] = []


class _Stream:
    """A stream whose writes fail as ``failed`` says."""

    def __init__(self, stream: TextIO, failed: Callable[[Exception], None]) -> None:
        self._stream = stream
        self._failed = failed

    def write(self, text: str) -> int:
        """The length of what was, or would have been, written."""
        if text == "":  # Typer tries a stream so, and takes no error of it
            return 0
        try:
            self._stream.write(text)
        except (OSError, ValueError) as error:
            self._failed(error)
        return len(text)

    def flush(self) -> None:
        """Bring out what waits."""
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._failed(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _left_out(_: Exception) -> None:
    """A person who cannot be told is not told."""


def _unwritten(error: Exception) -> None:
    if not isinstance(error, OSError):
        return  # closed meanwhile
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or what waits would fail again at the end
    if isinstance(error, BrokenPipeError):  # a reader that goes away early (``| head``) is no error
        _UNHEARD.append(error)
        return
    raise UsageError(
        f"cannot write to standard output: {error.strerror}", hint="write to a file with -o"
    ) from None


def unheard() -> bool:
    """Whether nobody reads the standard output: it was closed before the start, or its reader went
    away. What was done at Cloudflare is then to be told elsewhere."""
    return bool(_UNHEARD)


def prepare() -> None:
    """Make the three streams fit for use."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    # Python has None for a stream that it found closed.
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        _UNHEARD.append(None)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = cast(TextIO, _Stream(sys.stdout, _unwritten))
    sys.stderr = cast(TextIO, _Stream(sys.stderr, _left_out))
