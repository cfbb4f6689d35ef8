"""``fix``: plan a stop-gap at Cloudflare, carry a plan out, take it back.

Each job opens what it needs and closes it. What is allowed to happen stands in ``cf525.changes``;
whom to ask for a confirmation, and how to show things, is the command's.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cf525.account.client import API_BASE
from cf525.account.credentials import Credentials
from cf525.account.writer import Writer
from cf525.changes.apply import apply
from cf525.changes.catalogue import Place
from cf525.changes.making import Job
from cf525.changes.plan import Spec, digest
from cf525.changes.remedies import (
    BY_ID,
    REMEDIES,
    RemedyKind,
    checked_value,
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
from cf525.fixing.journal import ID, Journal
from cf525.fixing.keys import KeyFiles
from cf525.fixing.planning import InForce, plan_for
from cf525.fixing.predict import Situation, of_report, situation
from cf525.fixing.wishes import Wish, mode_of
from cf525.inputs import open_given
from cf525.model import ChangeScope, Finding, Report, Target
from cf525.model.decoding import decode
from cf525.model.fix import PLAN_SCHEMA, FixPlan, FixResult, Offers, Refusal
from cf525.model.parsing import parse_target
from cf525.model.status import OK
from cf525.report.plain import from_plain, to_plain
from cf525.values import dataclass
from cf525.version import __version__

_PART: Final = re.compile(r"[0-9a-z_-]{1,64}|ACCOUNT_ID|POOL_ID")
"""An identifier of the API, or its place where the remedy needs none."""

MOST_BYTES: Final = 64 << 20


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


# -- plans on disk ----------------------------------------------------------------------------


def read_plan(path: Path) -> FixPlan:
    """A plan that was kept. Raises UsageError for what is none, and for one that was edited."""
    plain = _read_json(path, "plan")
    if not isinstance(plain, dict) or not str(plain.get("schema", "")).startswith("cf525.plan/"):
        raise UsageError(f"{path} is no plan", hint="cf525 fix HOST REMEDY -o plan.json makes one")
    if plain["schema"] != PLAN_SCHEMA:
        raise UsageError(
            f"{path} is a plan of another version ({str(plain['schema'])[:40]})",
            hint="make a new plan with this version",
        )
    try:
        plan = from_plain(FixPlan, plain)
        if not _sound(plan) or to_plain(plan) != plain:
            raise ValueError(plan.remedy)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, UsageError):
        raise UsageError(f"{path} is damaged, or was edited", hint="make a new plan") from None
    if plan.digest != digest(plain):
        raise UsageError(f"{path} was edited: it is not what cf525 wrote", hint="make a new plan")
    return plan


def _sound(plan: FixPlan) -> bool:
    """Whether what goes into paths and file names is of the form it has, and the remedy concerns
    what it says; what the requests are is checked when they are made again."""
    kind = BY_ID.get(plan.remedy)
    ids = (plan.zone_id, plan.account_id, plan.pool_id)
    return (
        kind is not None
        and plan.scope is kind.scope
        and bool(ID.fullmatch(plan.id))
        and all(_PART.fullmatch(each) for each in ids)
        and parse_target(plan.host).host == plan.host
        and checked_value(kind, plan.value) == plan.value
    )


def read_report(path: Path) -> Any:
    """A report, of a host or of an audit, as plain data. Raises UsageError."""
    plain = _read_json(path, "report")
    if not isinstance(plain, dict) or not str(plain.get("schema", "")).startswith(
        ("cf525.report/", "cf525.audit/")
    ):
        raise UsageError(
            f"--report {path} is no report", hint="give what cf525 diagnose --json printed"
        )
    return plain


def host_report(plain: Any, path: Path) -> Report:
    """The report of one host. Raises UsageError."""
    try:
        return from_plain(Report, plain)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise UsageError(
            f"--report {path} is a report of another version, or damaged",
            hint="run the diagnosis again with this version",
        ) from None


def _read_json(path: Path, what: str) -> Any:
    try:
        with open_given(path) as file:
            return decode(file.read(MOST_BYTES))
    except OSError as error:
        raise UsageError(f"the {what} {path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no {what}: it is not JSON") from None


# -- carrying out -----------------------------------------------------------------------------


async def carry_out(plan: FixPlan, hands: Hands) -> FixResult:
    """Make the change of a plan. Raises Cf525Error where this machine lets it down before."""
    spec = Spec(
        id=plan.id,
        remedy=plan.remedy,
        value=plan.value,
        place=Place(
            host=plan.host,
            zone_id=plan.zone_id,
            account_id=plan.account_id,
            pool_id=plan.pool_id,
            address=plan.address,
        ),
        zone=plan.zone,
        until=plan.until,
        reason=plan.reason,
    )
    now = datetime.now(UTC).replace(microsecond=0)
    if plan.until is not None and plan.until <= now:
        raise NoRemedy("the plan's end has passed; make a new plan")
    with hands.journal.locked():
        job = Job(
            plan=plan,
            spec=spec,
            now=now,
            api_base=hands.api_base or API_BASE,
            tool_version=__version__,
            earlier=hands.journal.entry(plan.id) if hands.journal.knows(plan.id) else None,
        )
        return result_of(await _through(apply(job), hands))


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
    async with Writer(hands.writer, base_url=base, timeout=hands.timeout) as writer:
        if not readers:
            carrier = Carrier(writer=writer, journal=hands.journal, keys=hands.keys)
            return await to_the_end(carrier, steps)
        async with Writer(readers[0], base_url=base, timeout=hands.timeout) as reader:
            carrier = Carrier(writer=writer, reader=reader, journal=hands.journal, keys=hands.keys)
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
