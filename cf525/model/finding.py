"""Findings: a cause with its evidence, and what to do about it."""

from typing import Literal, TypeAlias

from cf525.model.change import Change
from cf525.model.status import Status
from cf525.model.verdict import Confidence
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One proof, in a sentence. ``observations`` are the ids it rests on."""

    text: str
    observations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A part of a remedy that a person reads."""

    text: str
    kind: Literal["words"] = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A part of a remedy that goes into a server's configuration.

    ``file`` is where it usually stands, empty where that differs from site to site.
    """

    server: str
    text: str
    file: str = ""
    kind: Literal["config"] = "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A part of a remedy that is run, one command a line; ``shell`` is sh or powershell."""

    commands: tuple[str, ...]
    shell: str = "sh"
    kind: Literal["shell"] = "shell"


Part: TypeAlias = Words | Config | Shell | Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of a server's configuration. ``line`` counts from 1; it is 0 where only the file is
    meant. ``text`` is the line as it stands there; never one that holds a key."""

    file: str
    line: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A fix at the origin, or a stop-gap at Cloudflare with its cost and its undo.

    ``where`` is ``origin``, ``dns``, ``cloudflare`` or ``host``; ``platform`` the software or
    service it is for, ``any`` if it is for all, ``stop-gap`` for what mends nothing and helps
    meanwhile. A stop-gap without cost is one that this zone cannot have.
    """

    where: str
    platform: str
    parts: tuple[Part, ...]
    cost: str = ""
    undo: str = ""

    @property
    def stop_gap(self) -> bool:
        return self.platform == "stop-gap"

    @property
    def neutral(self) -> bool:
        """Whether it is carried out at the origin in no server's own words."""
        return self.where == "origin" and self.platform in ("any", "Cloudflare Origin CA")

    @property
    def text(self) -> str:
        """All its words in one paragraph, those of its changes too."""
        return " ".join(each.text for each in self.parts if isinstance(each, Words | Change))

    @property
    def commands(self) -> tuple[str, ...]:
        """The lines of its configuration and its commands, in order."""
        lines: list[str] = []
        for part in self.parts:
            if isinstance(part, Config):
                lines += part.text.split("\n")
            elif isinstance(part, Shell):
                lines += part.commands
        return tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cause from the catalogue that the observations bear out.

    ``edge_status`` is the status this cause leads to on its routes, ``routes`` the ids of the
    routes it was seen on. ``contributing`` is true for what is wrong without being what the
    visitor hits. ``places`` are the lines of a configuration that bring it about, the deciding one
    first; ``patch`` is a unified diff that mends it, empty where none could be made.
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
    places: tuple[Place, ...] = ()
    patch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The server software or platform that answers, and the ground on which it is thought so."""

    platform: str
    ground: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something that matters and could not be read or seen, with what would settle it.

    ``could_change_verdict`` is false where any answer to it would leave the status as it is.
    """

    id: str
    text: str
    next: str
    could_change_verdict: bool = True
