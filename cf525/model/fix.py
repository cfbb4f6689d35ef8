"""A stop-gap at Cloudflare on its way: planned, carried out, kept in the journal, taken back.

Only the words. ``cf525.changes`` makes and judges them; nothing here reads or writes anything.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from cf525.model.change import ChangeScope, Write
from cf525.model.status import Status
from cf525.values import dataclass

PLAN_SCHEMA = "cf525.plan/1"
ENTRY_SCHEMA = "cf525.fix/1"


class RequestKind(StrEnum):
    """What a planned write is about, which decides how it is found again and taken back."""

    RULE = "rule"
    REMOVAL = "removal"  # of a rule of ours that has ended
    FIELD = "field"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRequest:
    """One write, exactly as it will be sent; paths are relative to the API's base.

    ``look`` is the GET that shows what it is about: of a rule the entrypoint, where ``ref`` finds
    it; of a field the object that holds it; of a certificate the list. ``shorter`` is the body
    of a rule that does not end by itself, for an API that refuses one that does. ``undo`` is the
    write that takes a field back; a rule and a certificate are deleted by the id they got.
    """

    kind: RequestKind
    method: str
    path: str
    look: str
    body: Mapping[str, object] | None = None
    shorter: Mapping[str, object] | None = None
    ref: str = ""
    field: str = ""
    before: object = None
    after: object = None
    undo: Write | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """The status visitors would get with the change, and the one they get (``was``)."""

    edge_status: Status
    was: Status
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixPlan:
    """All that is to be known before one change, and exactly what would be sent.

    ``fingerprint`` is of each thing that was read, by its path; where one differs when the plan
    is applied, the plan is stale. ``plan`` is the least plan of a zone that has the feature,
    empty for all; ``install`` how the recognised server takes a new certificate. ``digest`` is
    over everything else, so that an edited plan is known.
    """

    id: str
    host: str
    remedy: str
    value: str
    zone: str
    zone_id: str
    account_id: str
    pool_id: str
    address: str
    scope: ChangeScope
    before: str
    after: str
    predicted: Predicted
    price: str
    undo: str
    requests: tuple[FixRequest, ...]
    rights: tuple[str, ...]
    until: datetime | None
    fingerprint: Mapping[str, str]
    made_at: datetime
    tool_version: str
    reason: str = ""
    plan: str = ""
    terraform: str = ""
    install: str = ""
    notes: tuple[str, ...] = ()
    digest: str = ""
    schema: str = PLAN_SCHEMA


class FixState(StrEnum):
    """Where a change stands, by its journal."""

    PENDING = "pending"  # the write may or may not have been made
    APPLIED = "applied"
    UNKNOWN = "unknown"  # asked, and nobody could say
    UNDOING = "undoing"
    UNDONE = "undone"
    NOT_APPLIED = "not-applied"


OPEN_STATES = (FixState.PENDING, FixState.APPLIED, FixState.UNKNOWN, FixState.UNDOING)
"""Those in which something of ours is at Cloudflare, or may be."""


class MadeState(StrEnum):
    """Where one write of a change stands."""

    PLANNED = "planned"
    PENDING = "pending"
    MADE = "made"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixMade:
    """What came of one write. ``status`` is the HTTP status of its answer, 0 without any;
    ``ruleset`` and ``item`` are the ids it got, ``after`` the value that was seen then."""

    state: MadeState = MadeState.PLANNED
    status: int = 0
    ruleset: str = ""
    item: str = ""
    after: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixEntry:
    """One change in the journal: what stood there, what was sent, what came back, how it is undone.

    ``before`` is what was read, by path. ``files`` are those made beside it on this machine; of a
    key the journal knows where it is, and the hash of its public half, and no more.
    """

    id: str
    host: str
    remedy: str
    value: str
    zone: str
    zone_id: str
    scope: ChangeScope
    state: FixState
    at: datetime
    until: datetime | None
    ends_by_itself: bool
    reason: str
    api_base: str
    requests: tuple[FixRequest, ...]
    made: tuple[FixMade, ...]
    before: Mapping[str, object] = field(default_factory=dict)
    public_key: str = ""
    files: tuple[str, ...] = ()
    note: str = ""
    tool_version: str = ""
    schema: str = ENTRY_SCHEMA

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES


RESULT_SCHEMA = "cf525.fix-result/1"
OFFERS_SCHEMA = "cf525.remedies/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixResult:
    """How carrying a change out, or taking it back, ended.

    ``result`` is one of applied, already, undone, stale, refused, api, unknown. ``at_the_edge`` is
    what a visitor got afterwards, null where that was not asked; ``lines`` are the commands that
    take it back without this program, ``install`` how the origin takes a new certificate.
    """

    result: str
    text: str
    hint: str = ""
    notes: tuple[str, ...] = ()
    entry: FixEntry | None = None
    at_the_edge: Status | None = None
    as_predicted: bool | None = None
    lines: tuple[str, ...] = ()
    install: str = ""
    schema: str = RESULT_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A remedy that would not help this host, or cannot be had there, and why."""

    remedy: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What Cloudflare could do for a host meanwhile, best first, and what it could not.

    ``untried`` are remedies of which the time did not suffice to foretell anything; ``by_hand`` is
    what the finding offers at Cloudflare and no remedy of these makes.
    """

    host: str
    edge_status: Status
    headline: str | None
    plans: tuple[FixPlan, ...]
    refused: tuple[Refusal, ...]
    untried: tuple[str, ...] = ()
    fix: str = ""
    by_hand: str = ""
    schema: str = OFFERS_SCHEMA
