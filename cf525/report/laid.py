"""Words of a first screen on lines: labelled, wrapped, and each word of the trade explained once.

What is said and where it stands is ``screen``'s.
"""

import textwrap
from collections.abc import Iterator
from typing import Final

from cf525.report.escape import for_terminal
from cf525.report.line import Line

LABEL: Final = 6
INDENT: Final = LABEL + 1
GLOSSES: Final = {
    "SNI": "the name in the TLS hello",
    "ALPN": "the HTTP version agreed in TLS",
    "chain": "the certificate and its issuers",
    "intermediate": "the issuer's own certificate",
}
"""Words of the trade, each explained once, where it first occurs."""

WIDTH: Final = 80
"""Columns for which the numbers of lines are meant; a narrower screen takes more of them."""


def scaled(lines: int, width: int) -> int:
    """So many lines of 80 columns on a screen of ``width``."""
    return -(-lines * WIDTH // width) if width < WIDTH else lines


class Laid:
    """The words of one screen of ``width`` columns; ``spare`` is how many lines more than usual
    any of them may take."""

    def __init__(self, width: int, spare: int) -> None:
        self.width = width
        self.spare = spare
        self._explained: set[str] = set()

    def labelled(
        self, label: str, text: str, *, most: int, style: str = "", explained: bool = True
    ) -> Iterator[Line]:
        lines = self._wrap(text, INDENT, most, explained=explained)
        for number, each in enumerate(lines):
            name = label if number == 0 else ""
            yield Line(f"{' ' * (LABEL - len(name))}{each}", style, f" {name}")

    def clipped(self, text: str, *, indent: int, most: int) -> Iterator[Line]:
        for each in self._wrap(text, indent, most):
            yield Line(f"{' ' * indent}{each}")

    def height(self, text: str) -> int:
        """How many lines behind a label the text would take, whole."""
        before = set(self._explained)
        lines = len(self._wrap(text, INDENT, 99))
        self._explained = before
        return lines

    def _wrap(self, text: str, indent: int, most: int, *, explained: bool = True) -> list[str]:
        """At most so many lines; what does not fit ends in an ellipsis."""
        text = for_terminal(text).replace("\n", " ")
        return textwrap.wrap(
            self._glossed(text) if explained else text,
            max(self.width - indent, 20),
            max_lines=scaled(most + self.spare, self.width),
            placeholder=" …",
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _glossed(self, text: str) -> str:
        """The text with each word of the trade explained where it first occurs."""
        words = text.split(" ")
        for number, word in enumerate(words):
            bare = word.strip(".,:;()")
            if bare in GLOSSES and bare not in self._explained:
                self._explained.add(bare)
                words[number] = word.replace(bare, f"{bare} ({GLOSSES[bare]})", 1)
        return " ".join(words)
