"""What carrying out a change consists of: commands out, replies in. No command is made here.

``apply`` and ``undo`` are generators of these commands, as a probe is of its own, so that what
may happen between two of them (another hand, a fault, a kill) can be played through without a
network, and the driver that sends them decides nothing.
"""

from collections.abc import Generator
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar

from cf525.errors import ApiError
from cf525.model.fix import FixEntry
from cf525.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """GET ``path``, now and not from memory. The reply is Found or Unreadable."""

    path: str


@dataclass(frozen=True, slots=True)
class Send:
    """One write, once, never repeated; ``dry`` asks only whether it would be taken. The reply is
    Done, Refused or Unclear."""

    method: str
    path: str
    body: Any = None
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Keep:
    """Put the entry into the journal and onto the disk before anything else happens."""

    entry: FixEntry


@dataclass(frozen=True, slots=True)
class Pause:
    """Give a write whose answer was lost the time to arrive, before the next look."""

    seconds: float


@dataclass(frozen=True, slots=True)
class MakeKey:
    """A key of this kind (``ecc``, ``rsa``) in a new file, and a request for a certificate of it.
    The reply is KeyMade."""

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SaveCertificate:
    """The certificate (PEM) in a new file beside its key."""

    text: str


Command: TypeAlias = Look | Send | Keep | Pause | MakeKey | SaveCertificate


@dataclass(frozen=True, slots=True)
class Found:
    """The ``result`` of a GET; None for a 404."""

    result: Any


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A GET without a usable answer, after patient repeating."""

    error: ApiError


@dataclass(frozen=True, slots=True)
class Done:
    """The ``result`` of a write that was confirmed."""

    status: int
    result: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """The API said no, and nothing was written."""

    error: ApiError


@dataclass(frozen=True, slots=True)
class Unclear:
    """No answer, or one that does not say whether it was written."""

    error: ApiError


@dataclass(frozen=True, slots=True)
class KeyMade:
    """``csr`` is PEM; ``public_key`` the hash of its key; ``files`` where key and certificate
    are."""

    csr: str
    public_key: str
    files: tuple[str, ...]


Reply: TypeAlias = Found | Unreadable | Done | Refused | Unclear | KeyMade | None
Part: TypeAlias = Generator[Command, Reply, T]
Steps: TypeAlias = Generator[Command, Reply, "Outcome"]


class Result(StrEnum):
    """How a run ended. Of STALE (something is not as the plan, or the journal, has it), REFUSED
    (what stands there, or the zone's plan, does not let it be done) and API (a right, the rate
    limit, an API out of reach) nothing was written; of UNKNOWN that could not be learned."""

    APPLIED = "applied"
    ALREADY = "already"
    UNDONE = "undone"
    STALE = "stale"
    REFUSED = "refused"
    API = "api"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it. ``notes`` are what else was noticed; ``hint`` what to do now."""

    result: Result
    text: str
    hint: str = ""
    entry: FixEntry | None = None
    notes: tuple[str, ...] = ()


class Ended(Exception):
    """A run is over before anything of it stands there."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


PAUSES: Final = (1.0, 3.0)
"""Seconds before each further look for a write whose answer was lost: it may still arrive."""


def marked(entry: FixEntry, number: int, **changes: Any) -> FixEntry:
    """The entry with what is known of one of its writes."""
    made = list(entry.made)
    made[number] = replace(made[number], **changes)
    return replace(entry, made=tuple(made))
