"""Words that were mistyped: one letter too many, too few, another one, or two in the wrong order.

A word that no table has may come from a module; only one that is nearly a well-known word is told.
"""

from functools import lru_cache
from typing import Final

LEAST: Final = 6
"""Letters from which on a word is looked at: short ones resemble each other by chance."""


@lru_cache(maxsize=4096)
def meant(word: str, known: frozenset[str], least: int = LEAST) -> str:
    """The known word that one slip makes this of; empty where there is none. ``least`` is for
    languages whose words are all known."""
    if len(word) < least or word in known or word[-1].isdigit():
        return ""
    return next((each for each in known if _one_slip(word, each, least)), "")


def _one_slip(one: str, other: str, least: int) -> bool:
    if abs(len(one) - len(other)) > 1 or len(other) < least:
        return False
    at = next((n for n, pair in enumerate(zip(one, other, strict=False)) if len(set(pair)) > 1), -1)
    if at < 0:
        return len(one) != len(other)
    if len(one) > len(other):
        return one[at + 1 :] == other[at:]
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return swapped or one[at + 1 :] == other[at + 1 :]
