"""The proof that a first screen shows: the first one, in the form that fits.

Says which forms there are, the fullest first; which fits is ``screen``'s to measure.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from cf525.report.line import counted

MOST: Final = 3
"""Lines that a proof may take before any of it is left out."""
WHOLE: Final = 9
_OF_A_SENTENCE: Final = frozenset(("this", "that", "origin", "certificate", "edge", "with"))


def forms(texts: Sequence[str], *, brief: bool) -> Iterator[tuple[str, int]]:
    """Each form with the most lines in which it is taken: all but the last part of what was seen,
    where it is ``brief`` another proof or its first clause, and what is left out counted."""
    first, most = texts[0], 1 if brief else 2
    parts = first.split("; ")
    shorter = ["; ".join(parts[:count]) for count in range(len(parts), 1, -1)]
    yield (shorter or [first])[0], most
    if brief:
        yield from ((each, most) for each in texts)
        yield from ((each, 2) for each in (first, first.partition(": ")[0] + "."))
    for each in shorter:
        left = counted(len(parts) - each.count("; ") - 1, "more outcome")
        yield each if each == first else f"{each} (-v: {left})", MOST
    yield first, WHOLE


def repeats(text: str, title: str) -> bool:
    """Whether a proof says no more than the title does."""
    said = {each.strip(".,:;()'s").lower() for each in text.split() if len(each) > 3}
    return said <= {each.strip(".,:;()'s").lower() for each in title.split()} | _OF_A_SENTENCE
