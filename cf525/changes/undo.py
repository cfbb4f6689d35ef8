"""Taking a change back: what we wrote and nothing else, and only while it is as we left it.

A generator of commands (``cf525.changes.steps``). Everything is looked at before anything is
written; what somebody else changed since is shown and left alone. It works from the journal of a
run that was cut off at any point, because it asks what stands there.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cf525.changes import standing, steps
from cf525.changes.guards import zone_fault
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
from cf525.errors import ApiError, PermissionRefused
from cf525.model.change import Write
from cf525.model.fix import FixEntry, FixRequest, FixState, MadeState, RequestKind


def undo(entry: FixEntry) -> Steps:
    """Take back what the entry tells of. The return value is how it ended."""
    if not entry.open:
        return Outcome(
            result=Result.UNDONE,
            text=f"{entry.id} was {entry.state.replace('-', ' ')} before; nothing was written",
            entry=entry,
        )
    try:
        there = yield from _looked(entry)
    except Ended as ended:
        return ended.outcome
    if not there:
        entry = replace(entry, state=FixState.UNDONE, note="nothing of it was there any more")
        yield steps.Keep(entry)
        text = f"nothing of {entry.remedy} for {entry.host} is there any more; the entry is closed"
        return Outcome(result=Result.UNDONE, text=text, entry=entry)
    entry = replace(entry, state=FixState.UNDOING)
    yield steps.Keep(entry)
    entry, left = yield from take_back(entry, there)
    if left:
        unclear = any(entry.made[each].state is MadeState.UNKNOWN for each in there)
        state = FixState.UNKNOWN if unclear else FixState.APPLIED
        entry = replace(entry, state=state, note=left)
        yield steps.Keep(entry)
        return Outcome(
            result=Result.UNKNOWN if unclear else Result.API,
            text=f"{entry.remedy} for {entry.host} was not taken back: {left}",
            hint=f"try again: cf525 fix --undo {entry.id}; or run the printed lines",
            entry=entry,
        )
    entry = replace(entry, state=FixState.UNDONE, note="")
    yield steps.Keep(entry)
    return Outcome(
        result=Result.UNDONE,
        text=f"{entry.remedy} for {entry.host} was taken back",
        entry=entry,
    )


def _looked(entry: FixEntry) -> Part[tuple[int, ...]]:
    """Which writes stand there. Raises Ended where that cannot be read, and where somebody changed
    one of them."""
    zone = yield Look(f"zones/{entry.zone_id}")
    if isinstance(zone, steps.Found):
        wrong = zone_fault(entry.host, entry.zone, zone.result)
        if wrong:
            text = f"{wrong}; nothing was written"
            raise Ended(Outcome(result=Result.STALE, text=text, entry=entry))
    there = []
    for number, request in enumerate(entry.requests):
        if request.kind is RequestKind.REMOVAL:
            continue
        reply = yield from _seen(entry, number)
        if isinstance(reply, steps.Unreadable):
            raise Ended(
                Outcome(
                    result=Result.API,
                    text=f"{request.look} could not be read: {reply.error.message}; nothing was "
                    "changed",
                    hint=reply.error.hint,
                    entry=entry,
                )
            )
        assert isinstance(reply, steps.Found)
        seen = standing.stands(request, entry.made[number], reply.result, entry.public_key)
        if seen.touched:
            ours = request.after if request.kind is RequestKind.FIELD else request.body
            raise Ended(
                Outcome(
                    result=Result.STALE,
                    text=f"{request.look} was changed by somebody else since; nothing was written. "
                    f"We wrote {_shown(ours)}; there is {_shown(seen.found)}",
                    hint="take it back by hand, or make it what was written and try again",
                    entry=entry,
                )
            )
        if seen.there:
            there.append(number)
    return tuple(there)


def _seen(entry: FixEntry, number: int) -> Part[Reply]:
    """What stands where one write was made. That what was confirmed is not there is believed after
    several looks alone: an answer may show an older state."""
    request, made = entry.requests[number], entry.made[number]
    confirmed = made.state is MadeState.MADE or 200 <= made.status < 300
    for pause in (0.0, *PAUSES) if confirmed else (0.0,):
        if pause:
            yield steps.Pause(pause)
        reply = yield Look(standing.look_of(request, made))
        if not isinstance(reply, steps.Found):
            break
        seen = standing.stands(request, made, reply.result, entry.public_key)
        if seen.there or seen.touched:
            break
    return reply


def _shown(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)[:600]


def take_back(entry: FixEntry, numbers: Iterable[int]) -> Part[tuple[FixEntry, str]]:
    """The entry with these writes taken back, the last one first, and what is left to do."""
    for number in sorted(numbers, reverse=True):
        request = entry.requests[number]
        if request.kind is RequestKind.REMOVAL:
            continue
        looked = yield from _seen(entry, number)
        if not isinstance(looked, steps.Found):
            return entry, f"{request.look} could not be read"
        write = _write(request, entry, number, looked.result)
        if write is None:
            entry = marked(entry, number, state=MadeState.UNDONE)
            continue
        reply = yield Send(write.method, write.path, write.body)
        entry, left = yield from _taken(entry, number, reply)
        yield steps.Keep(entry)
        if left:
            return entry, left
    return entry, ""


def _write(request: FixRequest, entry: FixEntry, number: int, state: Any) -> Write | None:
    """What takes it back, as it stands now; None where there is nothing of ours."""
    made = entry.made[number]
    seen = standing.stands(request, made, state, entry.public_key)
    if not seen.there or seen.touched:
        return None
    if request.kind is RequestKind.RULE:
        rule = standing.rule_of(request, state) or {}
        made = replace(made, ruleset=str(state.get("id")), item=str(rule.get("id") or ""))
    if request.kind is RequestKind.CERTIFICATE:
        row = standing.certificate_of(request, made, state, entry.public_key) or {}
        made = replace(made, item=str(row.get("id") or ""))
    return standing.undo_write(request, made, entry.zone_id)


def _taken(entry: FixEntry, number: int, reply: Reply) -> Part[tuple[FixEntry, str]]:
    """Whether a write was taken back, by what stands there; and what is left where it was not."""
    request = entry.requests[number]
    refused = isinstance(reply, steps.Refused)
    for pause in (0.0, *PAUSES):
        if pause:
            yield steps.Pause(pause)
        looked = yield Look(standing.look_of(request, entry.made[number]))
        if not isinstance(looked, steps.Found):
            continue
        seen = standing.stands(request, entry.made[number], looked.result, entry.public_key)
        if not seen.there:
            return marked(entry, number, state=MadeState.UNDONE), ""
        if refused:
            assert isinstance(reply, steps.Refused)
            return entry, _why(reply.error)
    if isinstance(reply, steps.Done):
        return marked(entry, number, state=MadeState.UNDONE), ""
    assert isinstance(reply, steps.Unclear | steps.Refused)
    if isinstance(looked, steps.Found):
        return entry, reply.error.message
    return marked(entry, number, state=MadeState.UNKNOWN), _why(reply.error)


def _why(error: ApiError) -> str:
    if isinstance(error, PermissionRefused):
        return f"the token may not do this ({error.message})"
    return error.message
