"""Carrying a plan out, step by step: nothing is written before everything was looked at again.

A generator of commands (``cf525.changes.steps``). The order is the safety: look, compare, ask
with a dry run, look and compare once more, write the journal, write once, look. A write is never
repeated; where its answer is lost, what stands there tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cf525.changes import standing, steps
from cf525.changes.plan import (
    CSR,
    AlreadyThere,
    CannotBeMade,
    Spec,
    build,
    fingerprint,
    looks,
    moved,
)
from cf525.changes.steps import (
    PAUSES,
    Ended,
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
    FixMade,
    FixPlan,
    FixRequest,
    FixState,
    MadeState,
    RequestKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A plan, what it is made of, and by whose API it is carried out. ``earlier`` is what the
    journal knows of this very plan, where it was begun before."""

    plan: FixPlan
    spec: Spec
    now: datetime
    api_base: str
    tool_version: str = ""
    earlier: FixEntry | None = None


@dataclass(slots=True)
class _Run:
    """What is known while it goes on."""

    job: Job
    states: Mapping[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def apply(job: Job) -> Steps:
    """Carry the plan out. The return value is how it ended."""
    run = _Run(job)
    try:
        run.states = yield from look_all(looks(job.spec))
        yield from _not_yet_there(run)
        _as_planned(run)
        requests = yield from _rehearsed(run)
        again = yield from look_all(looks(job.spec))
        _same(job.plan.fingerprint, fingerprint(again))
    except Ended as ended:
        return ended.outcome
    entry = _entry(job, requests, run.states)
    return (yield from _write(run, entry))


def look_all(paths: tuple[str, ...]) -> Part[dict[str, Any]]:
    """The state at each path. Raises Ended where one cannot be read."""
    states: dict[str, Any] = {}
    for path in paths:
        reply = yield Look(path)
        if isinstance(reply, steps.Unreadable):
            raise Ended(
                Outcome(
                    result=Result.API,
                    text=f"{path} could not be read: {reply.error.message}; nothing was changed",
                    hint=reply.error.hint,
                )
            )
        assert isinstance(reply, steps.Found)
        states[path] = reply.result
    return states


def _not_yet_there(run: _Run) -> Part[None]:
    """Ends where what the plan would write, or another plan of the same wish did, is in force."""
    plan, job = run.job.plan, run.job
    already = Outcome(
        result=Result.ALREADY,
        text=f"{plan.remedy} for {plan.host} is in force already; nothing was written",
    )
    certificate = any(each.kind is RequestKind.CERTIFICATE for each in plan.requests)
    if certificate and job.earlier is not None and job.earlier.open:
        # Each request makes another certificate, and nothing that is read tells of the first.
        if job.earlier.state is FixState.APPLIED:
            raise Ended(already)
        text = (
            f"this plan was begun before, and not ended ({job.earlier.state}); nothing was written"
        )
        hint = f"cf525 fix --undo {plan.id} looks what came of it"
        raise Ended(Outcome(result=Result.STALE, text=text, hint=hint))
    try:
        build(job.spec, run.states, job.now)
    except AlreadyThere:
        raise Ended(already) from None
    except CannotBeMade as error:
        if not any(each.kind is RequestKind.FIELD for each in plan.requests):
            text = f"{error}; nothing was written"
            raise Ended(Outcome(result=Result.STALE, text=text)) from None
    if not moved(plan.fingerprint, fingerprint(run.states)):
        return
    for request in plan.requests:
        if request.kind not in (RequestKind.RULE, RequestKind.FIELD):
            return
        reply = yield Look(request.look)
        if not isinstance(reply, steps.Found):
            return
        seen = standing.stands(request, FixMade(), reply.result)
        rule = standing.rule_of(request, reply.result) or {}
        if not seen.there or (rule and not standing.in_force(rule, job.now)):
            return
    raise Ended(already)


def _as_planned(run: _Run) -> None:
    """Ends where something moved since the plan was made, or where the plan is another one than
    such states and such a wish lead to."""
    plan = run.job.plan
    _same(plan.fingerprint, fingerprint(run.states))
    try:
        made = build(run.job.spec, run.states, plan.made_at)
    except CannotBeMade as error:
        raise Ended(Outcome(result=Result.REFUSED, text=f"{error}; nothing was changed")) from None
    if made != plan.requests:
        raise Ended(
            Outcome(
                result=Result.REFUSED,
                text="the plan's requests are not those that this remedy makes: it was edited; "
                "nothing was changed",
                hint="make a new plan",
            )
        )


def _same(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    changed = moved(before, now)
    if changed:
        raise Ended(
            Outcome(
                result=Result.STALE,
                text=f"the plan is stale: {', '.join(changed)} changed since it was made; nothing "
                "was changed",
                hint="make a new plan, which takes that into account",
            )
        )


def _rehearsed(run: _Run) -> Part[tuple[FixRequest, ...]]:
    """The requests as the API says it would take them. Raises Ended where it would not."""
    found = []
    for request in run.job.plan.requests:
        if request.kind not in (RequestKind.RULE, RequestKind.REMOVAL):
            found.append(request)
            continue
        reply = yield Send(request.method, request.path, request.body, dry=True)
        if request.shorter is not None and _minds_the_content(reply):
            shorter = replace(request, body=request.shorter, shorter=None)
            second = yield Send(shorter.method, shorter.path, shorter.body, dry=True)
            if isinstance(second, steps.Done):
                run.notes.append(
                    "the API takes no rule that ends by itself here: its end stands in the "
                    "description and in cf525 fix --list, and somebody has to make it"
                )
                request, reply = shorter, second
        if not isinstance(reply, steps.Done):
            assert isinstance(reply, steps.Refused | steps.Unclear)
            raise Ended(_refused(reply.error, run.job.plan))
        found.append(request)
    return tuple(found)


def _minds_the_content(reply: Reply) -> bool:
    """A refusal for what stands in the rule, not for who asks or how often."""
    return isinstance(reply, steps.Refused) and reply.error.status in (400, 422)


def _refused(error: ApiError, plan: FixPlan) -> Outcome:
    if isinstance(error, PermissionRefused):
        wanted = " and ".join(plan.rights)
        return Outcome(
            result=Result.API,
            text=f"the token may not do this: it needs {wanted}; nothing was changed "
            f"({error.message})",
            hint=error.hint or f"give the token {wanted} for the zone {plan.zone}",
        )
    passing = error.status in (0, 401, 429) or error.status >= 500 or error.status == 200
    return Outcome(
        result=Result.API if passing else Result.REFUSED,
        text=f"{error.message}; nothing was changed",
        hint=error.hint,
    )


def _entry(job: Job, requests: tuple[FixRequest, ...], states: Mapping[str, Any]) -> FixEntry:
    plan = job.plan
    return FixEntry(
        id=plan.id,
        host=plan.host,
        remedy=plan.remedy,
        value=plan.value,
        zone=plan.zone,
        zone_id=plan.zone_id,
        scope=plan.scope,
        state=FixState.PENDING,
        at=job.now,
        until=plan.until,
        ends_by_itself=any(each.shorter is not None for each in requests),
        reason=plan.reason,
        api_base=job.api_base,
        requests=requests,
        made=tuple(FixMade() for _ in requests),
        before=dict(states),
        tool_version=job.tool_version,
    )


# -- the writes -------------------------------------------------------------------------------


def _write(run: _Run, entry: FixEntry) -> Steps:
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
    run: _Run, entry: FixEntry, number: int, request: FixRequest
) -> Part[tuple[FixEntry, ApiError | None]]:
    """One write, and how it stands then; the error where it is surely, or perhaps, not made."""
    reply = yield Send(request.method, request.path, request.body)
    if isinstance(reply, steps.Refused) and not (reply.error.status == 404 and _removal(request)):
        absent = marked(entry, number, state=MadeState.ABSENT, status=reply.error.status)
        return absent, reply.error
    if request.kind is RequestKind.CERTIFICATE and isinstance(reply, steps.Done):
        told = yield from _issued(entry, number, reply)
        if told is not None:
            return told, None
    status = reply.status if isinstance(reply, steps.Done) else 0
    error = reply.error if isinstance(reply, steps.Unclear | steps.Refused) else None
    looked: Reply = None
    for pause in (0.0, *PAUSES):
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
        if error is None:
            break  # confirmed, and gone again: somebody took it away
    if isinstance(looked, steps.Unreadable):
        if error is None:  # confirmed, though it cannot be looked at
            assert isinstance(reply, steps.Done)
            return marked(entry, number, state=MadeState.MADE, status=status), None
        return marked(entry, number, state=MadeState.UNKNOWN), error
    if error is None:
        error = ApiError("the API confirmed the write, and what it wrote is not there")
    return marked(entry, number, state=MadeState.ABSENT, status=status), error


def _issued(entry: FixEntry, number: int, reply: steps.Done) -> Part[FixEntry | None]:
    """The entry with the certificate that the answer holds; None where it holds none."""
    result = reply.result
    if not isinstance(result, Mapping) or not result.get("id") or not _certificate(result):
        return None
    yield steps.SaveCertificate(_certificate(result))
    item = str(result["id"])
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
            row = standing.certificate_of(entry.made[number], state, entry.public_key) or {}
            return marked(entry, number, item=str(row.get("id") or ""))
        case RequestKind.REMOVAL:
            return entry


def _not_made(entry: FixEntry, number: int, error: ApiError, run: _Run) -> Steps:
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
    return replace(_refused(error, run.job.plan), entry=entry)


def _unknown(entry: FixEntry, error: ApiError) -> Outcome:
    return Outcome(
        result=Result.UNKNOWN,
        text=f"whether {entry.remedy} for {entry.host} was written is not known: {error.message}",
        hint=f"cf525 fix --undo {entry.id} looks, and takes back what is there; or look at "
        f"{entry.requests[0].look} in the dashboard",
        entry=entry,
    )


# -- another run of ours at the same moment ---------------------------------------------------


def _rival(run: _Run, entry: FixEntry) -> Part[bool]:
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


def _gave_way(entry: FixEntry, run: _Run) -> Steps:
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
