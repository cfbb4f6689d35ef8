"""A cause, and the register of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from cf525.causes.case import Case, Match

Matcher: TypeAlias = Callable[[Case], Match | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One entry of the catalogue.

    ``statuses`` are the codes it leads to; ``rank`` orders causes that hold together: the lower,
    the earlier the visitor's request meets it. A ``fallback`` is matched only when no other
    cause explains the case. The words stand in the page of the same id.
    """

    id: str
    statuses: tuple[str, ...]
    match: Matcher
    rank: int = 50
    fallback: bool = False


CATALOGUE: Final[dict[str, Cause]] = {}


def cause(
    id: str, *statuses: str, rank: int = 50, fallback: bool = False
) -> Callable[[Matcher], Matcher]:
    """Register the decorated matcher as the cause ``id``."""

    def register(match: Matcher) -> Matcher:
        if id in CATALOGUE:
            raise ValueError(f"two causes are called {id}")
        CATALOGUE[id] = Cause(id=id, statuses=statuses, match=match, rank=rank, fallback=fallback)
        return match

    return register
