"""What is foretold of a server from its configuration: one form for all of them.

A ``Fault`` names a cause of the catalogue with the lines that bring it about and the edits that
mend it. The certificates that would be sent stand in ``chain``: they are judged as any other.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Final

from cf525.model import Confidence, KeyProof, Place, Status, Unknown
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

_NAME: Final = lazy_pattern(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Lines ``first`` to ``last`` of a file (from 1, both included) become ``lines``. With
    ``last`` = ``first`` - 1 nothing is taken away and the lines come before ``first``."""

    file: str
    first: int
    last: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One cause that the configuration brings about. ``facts`` are what its page asks for;
    ``reason`` says what keeps it from being sure."""

    cause: str
    status: Status
    evidence: tuple[str, ...]
    places: tuple[Place, ...] = ()
    confidence: Confidence = Confidence.HIGH
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    contributing: bool = False
    price: str = ""
    """What the edits cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A file that a line of the configuration names: ``written`` as it stands there, ``path``
    as the server resolves it."""

    path: str
    written: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The certificates that would be sent, DER and leaf first, with the line that names their
    file, and the one that names the key's where that is another. ``beside`` are files that hold
    more of the chain, which this server does not send."""

    certificates: tuple[bytes, ...]
    file: Named
    key: Named | None = None
    beside: tuple[str, ...] = ()
    proof: KeyProof = KeyProof.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What the edge and the server would agree on; None where it does not matter. ``told`` is
    false where the version is the server's own default, which differs by its age."""

    version: int
    suite: int
    group: int | None = None
    told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What a ClientHello of the edge would meet.

    ``faults`` decide by themselves, the first met comes first; ``if_refused`` explains a chain
    that the edge does not take, better than the chain itself does. ``doubts`` make what is
    foretold likely and no more: each says what is not known. ``site`` is the place of the site
    that answers, ``unmatched`` says that no site has the name.
    """

    server: str
    faults: tuple[Fault, ...] = ()
    if_refused: Fault | None = None
    chain: Chain | None = None
    agreed: Agreed | None = None
    site: Place | None = None
    unmatched: bool = False
    doubts: tuple[str, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    plain: bool = False  # no TLS is spoken with the edge in this mode
    told: bool = True  # false where nothing could be told at all
    others: tuple[tuple[Edit, ...], ...] = ()  # what to try where the chain is refused
    leaves: frozenset[bytes] = frozenset()  # every leaf that the configuration names
    served: frozenset[str] | None = None
    """The names of the sites that the line with the chain's file is for; None where not known."""
    foreign: bool = False  # the chain is another site's, which needs it
    neighbours: frozenset[str] = frozenset()
    """Names of the other sites, whose answers no patch may change."""

    @property
    def decisive(self) -> Fault | None:
        """The fault that decides over the status."""
        return next((each for each in self.faults if not each.contributing), None)


def neighbouring(host: str, names: Iterable[str]) -> frozenset[str]:
    """The other names: for a wildcard one of the names that it stands for, no pattern, and not the
    host itself. Its sibling with or without www is one of them: it may have another certificate."""
    found = (f"other{each[1:]}" if each.startswith("*.") else each.lower() for each in names)
    return frozenset(each for each in found if _NAME.fullmatch(each) and each != host)


def with_edited(fault: Fault, line: Callable[[Place], str | None], *, first: bool = False) -> Fault:
    """The fault with the lines that its edits change among its places, before the others where
    they come ``first``; ``line`` reads one."""
    known = {(each.file, each.line) for each in fault.places}
    more: list[Place] = []
    for edit in fault.edits:
        number = edit.first if edit.last >= edit.first else max(edit.first - 1, 1)
        if (edit.file, number) not in known:
            known.add((edit.file, number))
            bare = Place(file=edit.file, line=number)
            more.append(replace(bare, text=(line(bare) or "").strip()))
    places = (*more[:1], *fault.places, *more[1:3]) if first else (*fault.places, *more[:3])
    return replace(fault, places=places)


def as_called(foretold: Foretold, shown: Callable[[str], str]) -> Foretold:
    """The same with every place under the name by which people call its file."""

    def place(each: Place) -> Place:
        return replace(each, file=shown(each.file))

    def fault(each: Fault) -> Fault:
        return replace(each, places=tuple(map(place, each.places)))

    chain = foretold.chain
    if chain is not None:
        file = replace(chain.file, place=place(chain.file.place))
        chain = replace(chain, file=replace(file, path=shown(file.path)))
    return replace(
        foretold,
        faults=tuple(map(fault, foretold.faults)),
        if_refused=fault(foretold.if_refused) if foretold.if_refused is not None else None,
        chain=chain,
        site=place(foretold.site) if foretold.site is not None else None,
    )
