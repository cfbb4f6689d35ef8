"""Findings: a cause with its evidence, and what to do about it."""

from dataclasses import dataclass

from cf525.model.status import Status
from cf525.model.verdict import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One proof, in a sentence. ``observations`` are the ids it rests on."""

    text: str
    observations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A fix at the origin, or a stop-gap at Cloudflare with its cost and its undo.

    ``where`` is ``origin``, ``dns``, ``cloudflare`` or ``host``; ``platform`` the software or
    service the text is for, ``any`` if it is for all.
    """

    where: str
    platform: str
    text: str
    commands: tuple[str, ...] = ()
    cost: str = ""
    undo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cause from the catalogue that the observations bear out.

    ``edge_status`` is the status this cause leads to on its routes, ``routes`` the ids of the
    routes it was seen on. ``contributing`` is true for what is wrong without being what the
    visitor hits.
    """

    id: str
    edge_status: Status
    confidence: Confidence
    title: str
    evidence: tuple[Evidence, ...]
    explanation: str
    remedies: tuple[Remedy, ...] = ()
    routes: tuple[str, ...] = ()
    confidence_reason: str = ""
    contributing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something that matters and could not be read or seen, with what would settle it.

    ``could_change_verdict`` is false where any answer to it would leave the status as it is.
    """

    id: str
    text: str
    next: str
    could_change_verdict: bool = True
