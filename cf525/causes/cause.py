"""A cause, and the register of all of them."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from cf525.causes.case import Case
from cf525.causes.match import Match
from cf525.causes.page import load, page_ids
from cf525.values import dataclass


class Need(StrEnum):
    """What must be there before a cause can be asked for."""

    HANDSHAKE = "handshake"  # the edge's own probe of the route
    CHAIN = "chain"  # a judged chain, met or read from a file
    FILE = "file"  # a certificate file that was read and is damaged
    VISIT = "visit"  # a request through the edge
    ACCOUNT = "account"  # what Cloudflare's own records tell
    CONFIGURATION = "configuration"  # what a server's own files foretell


_PRESENT: Final[Mapping[Need, Callable[[Case], bool]]] = {
    Need.HANDSHAKE: lambda case: case.edge is not None,
    Need.CHAIN: lambda case: case.verdict is not None,
    Need.FILE: lambda case: bool(case.damages),
    Need.VISIT: lambda case: case.visit is not None,
    Need.ACCOUNT: lambda case: case.insight is not None,
    Need.CONFIGURATION: lambda case: case.configuration is not None,
}

Matcher: TypeAlias = Callable[[Case], Match | None]


def present(case: Case) -> frozenset[Need]:
    """What the case holds of all that causes may need."""
    return frozenset(need for need, there in _PRESENT.items() if there(case))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One entry of the catalogue.

    ``rank`` orders causes that hold together: the lower, the earlier the visitor's request meets
    it. ``needs`` is what a case must hold before it is asked; a route alone where it is empty. A
    ``fallback`` is matched only when no other cause explains the case. An ``unsteady`` cause is
    about probes that contradict each other; all others are then matched against the edge's probe
    alone. One that ``replaces`` others says the same more exactly, and where it holds they are
    left out. A cause without ``match`` leaves nothing on the wire that this tool could see: it
    has a page, and is named where it cannot be excluded. The words stand in the page of the same
    id, and so does what it leads to, in which modes it can arise, and which facts its matcher
    gives.
    """

    id: str
    match: Matcher | None = None
    rank: int = 50
    needs: tuple[Need, ...] = (Need.HANDSHAKE,)
    fallback: bool = False
    unsteady: bool = False
    replaces: tuple[str, ...] = ()

    def askable(self, case: Case) -> bool:
        """Whether the case holds what this cause stands on."""
        return present(case).issuperset(self.needs)

    @property
    def statuses(self) -> tuple[str, ...]:
        """The codes it leads to."""
        return load(self.id).statuses


CATALOGUE: Final[dict[str, Cause]] = {}


def cause(
    id: str,
    *,
    rank: int = 50,
    needs: tuple[Need, ...] = (Need.HANDSHAKE,),
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
                needs=needs,
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


def told(id: str, *, rank: int) -> None:
    """Register a cause whose match comes with what a configuration foretells."""
    _add(Cause(id=id, rank=rank, needs=(Need.CONFIGURATION,)))


def _add(entry: Cause) -> None:
    if entry.id in CATALOGUE:
        raise ValueError(f"two causes are called {entry.id}")
    if entry.id not in page_ids():
        raise ValueError(f"the cause {entry.id} has no page")
    CATALOGUE[entry.id] = entry
