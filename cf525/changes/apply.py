"""Carrying a plan out, step by step: nothing is written before everything was looked at again.

A generator of commands (``cf525.changes.steps``). The order is the safety: look, compare, ask
with a dry run, look and compare once more, write the journal, write once, look. A write is never
repeated; where its answer is lost, what stands there tells.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cf525.changes import standing, steps
from cf525.changes.guards import refusal_of
from cf525.changes.making import Job, Run, make, refused, withdrawn
from cf525.changes.plan import (
    AlreadyThere,
    CannotBeMade,
    build,
    fingerprint,
    looks,
    moved,
)
from cf525.changes.steps import (
    Ended,
    Look,
    Outcome,
    Part,
    Reply,
    Result,
    Send,
    Steps,
)
from cf525.model.fix import (
    FixEntry,
    FixMade,
    FixRequest,
    FixState,
    RequestKind,
)


def apply(job: Job) -> Steps:
    """Carry the plan out. The return value is how it ended."""
    run = Run(job)
    try:
        yield from _examined(run)
    except Ended as ended:
        return ended.outcome
    try:
        requests = yield from _rehearsed(run)
        again = yield from look_all(looks(job.spec))
        _same(job.plan.fingerprint, fingerprint(again))
    except Ended as ended:
        written = yield from _written_by_rehearsal(job.plan.requests)
        return ended.outcome if not written else (yield from withdrawn(_entry_of(run)))
    entry = _entry(job, requests, run.states)
    return (yield from make(run, entry))


def examine(run: Run) -> Steps:
    """Look whether a plan could be carried out now, and write nothing: ``run.examined`` then, with
    what was read; else the outcome says why not."""
    try:
        yield from _examined(run)
    except Ended as ended:
        return ended.outcome
    run.examined = True
    return Outcome(result=Result.ALREADY, text="the plan was looked at; nothing was written")


def _examined(run: Run) -> Part[None]:
    run.states = yield from look_all(looks(run.job.spec))
    why = refusal_of(run.job.spec, run.states, run.job.now)
    if why:
        text = f"{why}; nothing was changed"
        raise Ended(Outcome(result=Result.REFUSED, text=text, hint="make a new plan"))
    yield from _not_yet_there(run)
    _as_planned(run)


def _entry_of(run: Run) -> FixEntry:
    return _entry(run.job, run.job.plan.requests, run.states)


def _written_by_rehearsal(requests: tuple[FixRequest, ...]) -> Part[bool]:
    """Whether our very mark stands there after a dry run: what lies between here and the API may
    drop the word that makes it one."""
    for request in requests:
        if request.kind is not RequestKind.RULE:
            continue
        reply = yield Look(request.look)
        if isinstance(reply, steps.Found) and standing.rule_of(request, reply.result) is not None:
            return True
    return False


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


def _not_yet_there(run: Run) -> Part[None]:
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
    except AlreadyThere as there:
        told = f"{plan.remedy} for {plan.host} is in force already: {there}; nothing was written"
        raise Ended(replace(already, text=told)) from None
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


def _as_planned(run: Run) -> None:
    """Ends where something moved since the plan was made, or where the plan is another one than
    such states and such a wish lead to."""
    plan = run.job.plan
    if plan.remedy == "zone-mode" and not run.job.every_host_passed:
        text = "whether every host of the zone would pass was not looked at; nothing was changed"
        raise Ended(Outcome(result=Result.REFUSED, text=text, hint="make a new plan"))
    edited = Outcome(
        result=Result.REFUSED,
        text="the plan's requests are not those that this remedy makes: it was edited; "
        "nothing was changed",
        hint="make a new plan",
    )
    if set(plan.fingerprint) != set(looks(run.job.spec)):
        raise Ended(edited)
    _same(plan.fingerprint, fingerprint(run.states))
    try:
        made = build(run.job.spec, run.states, plan.made_at)
    except CannotBeMade as error:
        raise Ended(Outcome(result=Result.REFUSED, text=f"{error}; nothing was changed")) from None
    if made != plan.requests:
        raise Ended(edited)


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


def _rehearsed(run: Run) -> Part[tuple[FixRequest, ...]]:
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
            raise Ended(refused(reply.error, run.job.plan))
        found.append(request)
    return tuple(found)


def _minds_the_content(reply: Reply) -> bool:
    """A refusal for what stands in the rule, not for who asks or how often."""
    return isinstance(reply, steps.Refused) and reply.error.status in (400, 422)


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
