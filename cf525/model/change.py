"""A change at Cloudflare as data: what is read, what is written, and how it is taken back.

Only the words. ``cf525.changes`` makes them and renders curl, Terraform and dashboard from them;
nothing here or there sends a request.

A path is relative to the API's base. A name in braces (``{RULESET}``) stands in a path for the
text, and alone as a string in a body for the JSON value, of the ``Read`` of that name.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from cf525.values import dataclass


class ChangeScope(StrEnum):
    """Whom a change concerns."""

    HOST = "host"
    ZONE = "zone"
    POOL = "pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """In a list of objects, ``field`` becomes ``value`` where ``where`` is ``equals``."""

    where: str
    equals: str
    field: str
    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A GET and what of its answer is kept as ``name``; an answer of 404 keeps nothing.

    ``pick`` leads to it with dots; ``rules[ref=x]`` takes the objects of a list whose ``ref``
    is x, ``result[]`` all of them. ``many`` are several values, and the write is made for each.
    """

    name: str
    path: str
    pick: str
    edit: Edit | None = None
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One request that changes something."""

    method: str
    path: str
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What takes a change back. ``reads`` are made then; what else it names was read before."""

    text: str
    reads: tuple[Read, ...]
    write: Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write at Cloudflare, with all that is needed to plan it, make it and take it back.

    ``otherwise`` is the write for a zone where the first read finds nothing. ``right`` is the
    token's, in the dashboard's words; ``plan`` the least that has the feature, empty for all;
    ``ref`` the mark by which a rule of ours is found again.
    """

    id: str
    text: str
    scope: ChangeScope
    right: str
    dashboard: str
    reads: tuple[Read, ...]
    write: Write
    undo: Undo
    cost: str
    otherwise: Write | None = None
    plan: str = ""
    ref: str = ""
    kind: Literal["change"] = "change"
