"""What was looked up about a certificate that should have been renewed and was not."""

from datetime import datetime

from cf525.model.visit import Visit
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One answer to a made-up ACME challenge on its way through the edge.

    ``location`` is where a redirect points to, empty without one.
    """

    url: str
    visit: Visit
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaRecord:
    """One CAA record (RFC 8659 section 4.1)."""

    flags: int
    tag: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaSet:
    """The CAA records that are in force for a name.

    ``owner`` is the name that has them: the one asked for or a parent; empty when none has any.
    ``reason`` is set when it cannot be told, with the resolver's own word.
    """

    owner: str = ""
    records: tuple[CaaRecord, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCertificate:
    """A certificate as a transparency log's search names it. ``serial`` is in lower-case
    hexadecimal without leading zeros, empty where the search does not tell it."""

    not_before: datetime
    not_after: datetime
    names: tuple[str, ...]
    issuer: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """Why a renewal may not have happened, as far as asking shows it.

    ``logged`` is None when no data of transparency logs was given.
    """

    challenge: tuple[Hop, ...] = ()
    caa: CaaSet | None = None
    logged: tuple[LoggedCertificate, ...] | None = None
