"""The kinds of hostile input, each with what makes one case and carries it to its reader."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from tests.fuzz import expressions

Attack = Callable[[Random], str]
"""Makes one case and asserts what must hold; says how it ended."""

KINDS: Final[Mapping[str, Attack]] = {
    "expressions": expressions.attack,
}
