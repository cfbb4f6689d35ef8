"""The writes of a plan that was looked at: each sent once, and what came of it looked for.

A generator of commands, as ``apply``, which has done the looking before. All writes are made or
none: the first that is not made takes the earlier ones back.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from cf525.changes import standing, steps
from cf525.changes.plan import (
    CSR,
    Spec,
)
from cf525.changes.steps import (
    PAUSES,
    Look,
    Outcome,
    Part,
    Reply,
    Result,
    Send,
    Steps,
    marked,
)
from cf525.changes.undo import take_back
from cf525.errors import ApiError, PermissionRefused
from cf525.model.fix import (
    FixEntry,
    FixPlan,
    FixRequest,
    FixState,
    MadeState,
    RequestKind,
)
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A plan, what it is made of, and by whose API it is carried out. ``earlier`` is what the
    journal knows of this very plan, where it was begun before; ``every_host_passed`` that the whole
    zone was looked at by this run, which a higher mode for all of it takes."""

    plan: FixPlan
    spec: Spec
    now: datetime
    api_base: str
    tool_version: str = ""
    earlier: FixEntry | None = None
    every_host_passed: bool = False


@dataclass(slots=True)
class Run:
    """What is known while it goes on."""

    job: Job
    states: Mapping[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    examined: bool = False


def refused(error: ApiError, plan: FixPlan) -> Outcome:
    """How a run ends whose write, or its rehearsal, the API would not take."""
    if isinstance(error, PermissionRefused):
        wanted = " and ".join(plan.rights)
        return Outcome(
            result=Result.API,
            text=f"the token may not do this: it needs {wanted}; nothing was changed "
            f"({error.message}). One that writes is given in CLOUDFLARE_FIX_TOKEN",
            hint=error.hint or f"give the token {wanted} for the zone {plan.zone}",
        )
    passing = error.status in (0, 401, 429) or error.status >= 500 or error.status == 200
    return Outcome(
        result=Result.API if passing else Result.REFUSED,
        text=f"{error.message}; nothing was changed",
        hint=error.hint,
    )


def make(run: Run, entry: FixEntry) -> Steps:
    """Each request in turn; the first that is not made ends it, and takes the earlier ones back:
    all or none."""
    if any(each.kind is RequestKind.CERTIFICATE for each in entry.requests):
        entry = yield from _with_key(entry)
    yield steps.Keep(entry)
    for number, request in enumerate(entry.requests):
        entry = marked(entry, number, state=MadeState.PENDING)
        yield steps.Keep(entry)
        entry, failed = yield from _one(run, entry, number, request)
        yield steps.Keep(entry)
        if failed is not None:
            return (yield from _not_made(entry, number, failed, run))
    entry = replace(entry, state=FixState.APPLIED)
    rival = yield from _rival(run, entry)
    if rival:
        return (yield from _gave_way(entry, run))
    yield steps.Keep(entry)
    return Outcome(
        result=Result.APPLIED,
        text=f"{entry.remedy} for {entry.host} was applied",
        hint=f"cf525 fix --undo {entry.id}",
        entry=entry,
        notes=tuple(run.notes),
    )


def _with_key(entry: FixEntry) -> Part[FixEntry]:
    request = entry.requests[0]
    assert request.body is not None
    names = tuple(str(each) for each in _list(request.body.get("hostnames")))
    reply = yield steps.MakeKey(entry.value, names)
    assert isinstance(reply, steps.KeyMade)
    body = {key: reply.csr if each == CSR else each for key, each in request.body.items()}
    filled = (replace(request, body=body),)
    return replace(entry, requests=filled, public_key=reply.public_key, files=reply.files)


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _one(
    run: Run, entry: FixEntry, number: int, request: FixRequest
) -> Part[tuple[FixEntry, ApiError | None]]:
    """One write, and how it stands then; the error where it is surely, or perhaps, not made."""
    reply = yield Send(request.method, request.path, request.body)
    denied = isinstance(reply, steps.Refused) and not (
        reply.error.status == 404 and _removal(request)
    )
    if request.kind is RequestKind.CERTIFICATE and isinstance(reply, steps.Done):
        told = yield from _issued(entry, number, request, reply)
        if told is not None:
            return told, None
    status = reply.status if isinstance(reply, steps.Done) else 0
    error = reply.error if isinstance(reply, steps.Unclear | steps.Refused) else None
    looked: Reply = None
    for pause in (0.0,) if denied else (0.0, *PAUSES):
        if pause:
            yield steps.Pause(pause)
        looked = yield Look(request.look)
        if isinstance(looked, steps.Unreadable):
            continue
        assert isinstance(looked, steps.Found)
        seen = standing.stands(request, entry.made[number], looked.result, entry.public_key)
        if seen.there or seen.touched:
            done = _identified(entry, number, request, looked.result)
            if request.kind is RequestKind.CERTIFICATE:
                yield steps.SaveCertificate(_certificate(seen.found))
            cleared = sum(each.kind is RequestKind.REMOVAL for each in entry.requests)
            before = run.states.get(request.look)
            run.notes += standing.untouched(request, before, looked.result, cleared)
            if seen.touched:
                run.notes.append("somebody has changed it since it was written")
            return marked(done, number, state=MadeState.MADE, status=status), None
    if denied:  # said no, and nothing of ours stands there, or it cannot be looked at
        assert error is not None
        return marked(entry, number, state=MadeState.ABSENT, status=error.status), error
    if isinstance(looked, steps.Unreadable):
        if error is None:  # confirmed, though it cannot be looked at
            assert isinstance(reply, steps.Done)
            return marked(entry, number, state=MadeState.MADE, status=status), None
        return marked(entry, number, state=MadeState.UNKNOWN), error
    if error is None:  # an older state may have been shown, or somebody took it away again
        error = ApiError("the API confirmed the write, and does not show it")
        return marked(entry, number, state=MadeState.UNKNOWN, status=status), error
    return marked(entry, number, state=MadeState.ABSENT, status=status), error


def _issued(
    entry: FixEntry, number: int, request: FixRequest, reply: steps.Done
) -> Part[FixEntry | None]:
    """The entry with the certificate that the answer holds; None where it holds none of this key
    and these names, or gives it an id that is none."""
    result = reply.result
    item = result.get("id") if isinstance(result, Mapping) else None
    if not item or standing.odd("certificates", result):
        return None
    made = replace(entry.made[number], item=item)
    if result.get("public_key") != entry.public_key or not _certificate(result):
        return None
    if standing.certificate_of(request, made, result, entry.public_key) is None:
        return None
    yield steps.SaveCertificate(_certificate(result))
    return marked(entry, number, state=MadeState.MADE, status=reply.status, item=item)


def _removal(request: FixRequest) -> bool:
    return request.kind is RequestKind.REMOVAL


def _certificate(row: object) -> str:
    return str(row.get("certificate") or "") if isinstance(row, Mapping) else ""


def _identified(entry: FixEntry, number: int, request: FixRequest, state: Any) -> FixEntry:
    """The entry with the ids that what was written has got."""
    match request.kind:
        case RequestKind.RULE:
            rule = standing.rule_of(request, state) or {}
            return marked(
                entry, number, ruleset=str(state.get("id") or ""), item=str(rule.get("id") or "")
            )
        case RequestKind.FIELD:
            return marked(entry, number, after=state.get(request.field))
        case RequestKind.CERTIFICATE:
            row = (
                standing.certificate_of(request, entry.made[number], state, entry.public_key) or {}
            )
            return marked(entry, number, item=str(row.get("id") or ""))
        case RequestKind.REMOVAL:
            return entry


def _not_made(entry: FixEntry, number: int, error: ApiError, run: Run) -> Steps:
    """The earlier writes are taken back; what cannot be told, or taken back, is said."""
    if entry.made[number].state is MadeState.UNKNOWN:
        entry = replace(entry, state=FixState.UNKNOWN, note=error.message)
        yield steps.Keep(entry)
        return _unknown(entry, error)
    entry, left = yield from take_back(entry, range(number))
    if left:
        entry = replace(entry, state=FixState.UNKNOWN, note=left)
        yield steps.Keep(entry)
        return _unknown(entry, ApiError(left))
    entry = replace(entry, state=FixState.NOT_APPLIED, note=error.message)
    yield steps.Keep(entry)
    return replace(refused(error, run.job.plan), entry=entry)


def withdrawn(entry: FixEntry) -> Steps:
    """How a run ends whose rehearsal was carried out as a write: it is taken back."""
    entry = replace(entry, state=FixState.UNKNOWN, note="its dry run was carried out as a write")
    yield steps.Keep(entry)
    entry, left = yield from take_back(entry, range(len(entry.requests)))
    if left:
        entry = replace(entry, note=left)
        yield steps.Keep(entry)
        return _unknown(entry, ApiError(f"its dry run was carried out as a write, and {left}"))
    entry = replace(entry, state=FixState.NOT_APPLIED)
    yield steps.Keep(entry)
    return Outcome(
        result=Result.REFUSED,
        text="the dry run was carried out as a write, and was taken back: something between here "
        "and the API drops the parameter dry_run",
        hint="leave out the proxy on the way to the API",
        entry=entry,
    )


def _unknown(entry: FixEntry, error: ApiError) -> Outcome:
    return Outcome(
        result=Result.UNKNOWN,
        text=f"whether {entry.remedy} for {entry.host} was written is not known: {error.message}",
        hint=f"cf525 fix --undo {entry.id} looks, and takes back what is there; or look at "
        f"{entry.requests[0].look} in the dashboard",
        entry=entry,
    )


# -- another run of ours at the same moment ---------------------------------------------------


def _rival(run: Run, entry: FixEntry) -> Part[bool]:
    """Whether another run has put a rule of the same remedy and host before ours, which no lock of
    this machine can prevent. The later one gives way, so that exactly one stays."""
    for request in entry.requests:
        if request.kind is not RequestKind.RULE:
            continue
        reply = yield Look(request.look)
        if not isinstance(reply, steps.Found):
            return False
        for rule in standing.rules_of(reply.result):
            if rule.get("ref") == request.ref:
                break
            if standing.is_own(rule, standing.mark_of(request.ref)) and standing.in_force(
                rule, run.job.now
            ):
                return True
    return False


def _gave_way(entry: FixEntry, run: Run) -> Steps:
    yield steps.Keep(entry)
    entry, left = yield from take_back(entry, range(len(entry.requests)))
    state = FixState.UNKNOWN if left else FixState.UNDONE
    entry = replace(entry, state=state, note="another run was there first")
    yield steps.Keep(entry)
    if left:
        return _unknown(entry, ApiError(left))
    return Outcome(
        result=Result.ALREADY,
        text=f"another run applied {entry.remedy} for {entry.host} first; ours was taken back",
        entry=entry,
        notes=tuple(run.notes),
    )
