"""``fix``: plan a stop-gap at Cloudflare, carry a plan out, take it back.

Each job opens what it needs and closes it. What is allowed to happen stands in ``cf525.changes``;
whom to ask for a confirmation, and how to show things, is the command's.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cf525.account.client import API_BASE
from cf525.account.credentials import Credentials
from cf525.account.patience import Patience
from cf525.account.writer import Writer
from cf525.changes.apply import apply, examine
from cf525.changes.making import Job, Run
from cf525.changes.plan import build
from cf525.changes.remedies import (
    BY_ID,
    REMEDIES,
    RemedyKind,
    command_for,
    lowers,
)
from cf525.changes.render import undo_lines
from cf525.changes.steps import Outcome, Result
from cf525.changes.undo import undo
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.errors import NoRemedy, UsageError
from cf525.fixing.carry import Carrier, to_the_end
from cf525.fixing.journal import Journal
from cf525.fixing.kept import spec_of
from cf525.fixing.keys import KeyFiles
from cf525.fixing.planning import InForce, plan_for
from cf525.fixing.predict import Situation, of_report, situation
from cf525.fixing.shown import shown, unforetold
from cf525.fixing.wishes import Wish, mode_of
from cf525.fixing.zone_wide import every_host_passes
from cf525.model import ChangeScope, Finding, Report, Target
from cf525.model.fix import FixPlan, FixResult, Offers, Refusal
from cf525.model.status import OK
from cf525.values import dataclass
from cf525.version import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """By whose rights and through which API a change is made, and where its journal is.

    ``reader`` is a token that only reads, asked first where there is one."""

    writer: Credentials
    journal: Journal
    reader: Credentials | None = None
    api_base: str = ""
    timeout: float = 20.0
    keys: KeyFiles | None = None


async def propose(
    target: Target, options: Options, wish: Wish, report: Report | None = None
) -> FixPlan:
    """The plan of one remedy for a host. Raises as ``plan_for`` does."""
    wish.checked()
    async with Outside(options) as outside:
        now = await _situation(target, outside, report)
        return await plan_for(now, outside, wish)


async def offer(
    target: Target, options: Options, wish: Wish, report: Report | None = None
) -> Offers:
    """Every remedy that would help this host, best first. Raises ApiError.

    The time of the options is for all of them: what it does not suffice for is left untried.
    """
    plans: list[FixPlan] = []
    refused: list[Refusal] = []
    untried: list[str] = []
    until = asyncio.get_running_loop().time() + options.timeout
    async with Outside(options) as outside:
        now = await _situation(target, outside, report)
        for remedy, value in _candidates(now):
            try:
                one = replace(wish, remedy=remedy, value=value)
                async with asyncio.timeout_at(until):
                    plans.append(await plan_for(now, outside, one))
            except (InForce, NoRemedy, UsageError) as error:
                refused.append(Refusal(remedy=remedy, why=error.message))
            except TimeoutError:
                untried.append(f"{remedy} --value {value}" if value else remedy)
    plans.sort(key=lambda plan: _rank(plan, now))
    finding = now.report.headline_finding
    return Offers(
        host=target.host,
        edge_status=now.status,
        headline=now.report.headline,
        plans=tuple(plans),
        refused=tuple(refused),
        untried=tuple(untried),
        fix=finding.explanation if finding is not None else now.report.summary,
        by_hand=_by_hand(finding, target.host),
    )


def _by_hand(finding: Finding | None, host: str) -> str:
    """The stop-gap of a finding for which there is no remedy here, with its price."""
    gaps = (each for each in (finding.remedies if finding else ()) if each.stop_gap and each.cost)
    return next(
        (f"{each.text} Price: {each.cost}" for each in gaps if not command_for(each, host)), ""
    )


async def _situation(target: Target, outside: Outside, report: Report | None) -> Situation:
    if report is None:
        return await situation(target, outside)
    return await of_report(report, outside)


def _candidates(now: Situation) -> list[tuple[str, str]]:
    """What to try, with which values; a change of the whole zone's mode is not offered unasked."""
    wanted: list[tuple[str, str]] = []
    for kind in REMEDIES:
        if kind.id == "mode-for-host":
            wanted += [(kind.id, "full"), (kind.id, "flexible")]
        elif kind.id == "zone-mode":
            loop = now.status == "redirect-loop"
            wanted += [(kind.id, "strict")] if loop else []
        elif kind.id != "port-for-host":
            wanted.append((kind.id, ""))
    return wanted


def _rank(plan: FixPlan, now: Situation) -> tuple[bool, bool, bool, int]:
    """What surely works comes first, then what takes nothing away, then what concerns one host."""
    kind: RemedyKind = BY_ID[plan.remedy]
    return (
        plan.predicted.edge_status != OK,
        plan.scope is not ChangeScope.HOST,
        lowers(kind, plan.value, mode_of(now)),
        list(BY_ID).index(plan.remedy),
    )


# -- carrying out -----------------------------------------------------------------------------


async def carry_out(plan: FixPlan, hands: Hands, *, every_host_passed: bool = False) -> FixResult:
    """Make the change of a plan. ``every_host_passed`` that this run looked at the whole zone,
    without which its mode is not raised. Raises Cf525Error where this machine lets it down
    before."""
    with hands.journal.locked():
        job = _job(plan, hands, every_host_passed=every_host_passed)
        return result_of(await _through(apply(job), hands))


async def examined(plan: FixPlan, hands: Hands, options: Options) -> FixPlan | FixResult:
    """A plan that was kept as what it would do now, in words that are not its own; or why it would
    do nothing. Nothing is written. Raises as ``carry_out`` does, and NoRemedy where a host of the
    zone would not pass a higher mode."""
    run = Run(_job(plan, hands, every_host_passed=True))
    outcome = await _through(examine(run), hands)
    if not run.examined:
        return result_of(outcome)
    notes: list[str] = []
    if plan.remedy == "zone-mode":
        notes = await every_host_passes(options, plan.zone, plan.value)
    return shown(
        run.job.spec,
        build(run.job.spec, run.states, plan.made_at),
        run.states,
        predicted=unforetold(plan.remedy),
        made_at=plan.made_at,
        notes=tuple(notes),
    )


def _job(plan: FixPlan, hands: Hands, *, every_host_passed: bool) -> Job:
    now = datetime.now(UTC).replace(microsecond=0)
    if plan.until is not None and plan.until <= now:
        raise NoRemedy("the plan's end has passed; make a new plan")
    return Job(
        plan=plan,
        spec=spec_of(plan),
        now=now,
        api_base=hands.api_base or API_BASE,
        tool_version=__version__,
        earlier=hands.journal.entry(plan.id) if hands.journal.knows(plan.id) else None,
        every_host_passed=every_host_passed,
    )


async def take_back(id: str, hands: Hands) -> FixResult:
    """Undo the change of this id. Raises JournalError for none, and for a damaged one."""
    with hands.journal.locked():
        entry = hands.journal.entry(id)
        same = (hands.api_base or API_BASE).rstrip("/") == entry.api_base.rstrip("/")
        if entry.open and not same:
            raise UsageError(
                f"{id} was made through another API ({entry.api_base})",
                hint="give that one with --api-base",
            )
        return result_of(await _through(undo(entry), hands))


async def _through(steps: Any, hands: Hands) -> Outcome:
    base = hands.api_base or API_BASE
    readers: Sequence[Credentials] = (hands.reader,) if hands.reader is not None else ()
    seconds = hands.timeout
    patience = Patience(seconds)  # one for both: what the writer did is for the reader to see
    async with AsyncExitStack() as stack:
        writer, *reader = [
            await stack.enter_async_context(
                Writer(each, base_url=base, timeout=seconds, patience=patience)
            )
            for each in (hands.writer, *readers)
        ]
        carrier = Carrier(
            writer=writer,
            reader=reader[0] if reader else None,
            journal=hands.journal,
            keys=hands.keys,
            patience=patience,
        )
        return await to_the_end(carrier, steps)


def result_of(outcome: Outcome) -> FixResult:
    """The outcome for people and programs."""
    entry = outcome.entry
    ours = outcome.result is not Result.STALE  # what somebody else changed is not ours to delete
    lines = undo_lines(entry) if entry is not None and entry.open and ours else ()
    return FixResult(
        result=outcome.result.value,
        text=outcome.text,
        hint=outcome.hint,
        notes=outcome.notes,
        entry=entry,
        lines=lines,
    )
