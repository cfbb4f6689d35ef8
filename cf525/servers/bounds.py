"""How far a configuration may unfold before reading it is given up, in one sentence.

Includes and macros multiply: a few lines can name millions. What is beyond these bounds is nobody's
configuration, and is told so; it is never judged in part.
"""

from typing import Final, NoReturn

from cf525.errors import UsageError

MAX_STATEMENTS: Final = 300_000
MAX_LINE: Final = 1 << 20
"""Characters of a line with its variables and macros filled in; Apache itself takes 16 times as
many."""
MAX_FILLED: Final = 1 << 26
"""Characters of all such lines together."""


class Unfolding:
    """Counts what is read of one configuration."""

    def __init__(self, shown: str, files: int) -> None:
        self.shown = shown
        self.files_left = files
        self.left = MAX_STATEMENTS
        self.characters_left = MAX_FILLED

    def statement(self) -> None:
        """One more statement. Raises UsageError for one too many."""
        self.left -= 1
        if self.left < 0:
            self._beyond(f"{MAX_STATEMENTS:,} statements by its includes and macros")

    def file(self) -> None:
        """One more file. Raises UsageError for one too many."""
        self.files_left -= 1
        if self.files_left < 0:
            self._beyond("thousands of files that include each other")

    def line(self, text: str) -> str:
        """A line, if it is not too long. Raises UsageError."""
        self.characters_left -= len(text)
        if len(text) > MAX_LINE:
            self._beyond(f"a line of more than {MAX_LINE:,} characters by its variables and macros")
        if self.characters_left < 0:
            self._beyond(f"{MAX_FILLED:,} characters by its variables and macros")
        return text

    def _beyond(self, what: str) -> NoReturn:
        raise UsageError(
            f"{self.shown} unfolds to {what}: no configuration is so large",
            hint="name the one file that holds the site",
        )
