"""A cause, and the register of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from cf525.causes.case import Case, Match
from cf525.causes.page import load, page_ids

Matcher: TypeAlias = Callable[[Case], Match | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One entry of the catalogue.

    ``rank`` orders causes that hold together: the lower, the earlier the visitor's request meets
    it. A ``fallback`` is matched only when no other
    cause explains the case. An ``unsteady`` cause is about probes that contradict each other;
    all others are then matched against the edge's probe alone. One that ``replaces`` others says
    the same more exactly, and where it holds they are left out. A cause without ``match`` leaves
    nothing on the wire that this tool could see: it has a page, and is named where it cannot be
    excluded. The words stand in the page of the same id, and so does what it leads to, in which
    modes it can arise, and which facts its matcher gives.
    """

    id: str
    match: Matcher | None = None
    rank: int = 50
    fallback: bool = False
    unsteady: bool = False
    replaces: tuple[str, ...] = ()

    @property
    def statuses(self) -> tuple[str, ...]:
        """The codes it leads to."""
        return load(self.id).statuses


CATALOGUE: Final[dict[str, Cause]] = {}


def cause(
    id: str,
    rank: int = 50,
    fallback: bool = False,
    unsteady: bool = False,
    replaces: tuple[str, ...] = (),
) -> Callable[[Matcher], Matcher]:
    """Register the decorated matcher as the cause ``id``."""

    def register(match: Matcher) -> Matcher:
        _add(
            Cause(
                id=id,
                match=match,
                rank=rank,
                fallback=fallback,
                unsteady=unsteady,
                replaces=replaces,
            )
        )
        return match

    return register


def unseen(id: str) -> None:
    """Register a cause that no probe from here can show."""
    _add(Cause(id=id))


def _add(entry: Cause) -> None:
    if entry.id in CATALOGUE:
        raise ValueError(f"two causes are called {entry.id}")
    if entry.id not in page_ids():
        raise ValueError(f"the cause {entry.id} has no page")
    CATALOGUE[entry.id] = entry
