"""Plans and reports on disk, which anybody may have written: read, and checked for their form.

What a plan would do is learned from what stands at Cloudflare, and not from the file: its digest
tells a damage or a slip of the pen, and holds nobody off who knows how it is made.
"""

import re
from pathlib import Path
from typing import Any, Final

from cf525.changes.catalogue import Place
from cf525.changes.plan import PLAN_ID, Spec, digest
from cf525.changes.remedies import BY_ID, checked_value
from cf525.errors import UsageError
from cf525.inputs import open_given
from cf525.model import Report
from cf525.model.decoding import decode
from cf525.model.fix import PLAN_SCHEMA, FixPlan
from cf525.model.parsing import parse_target
from cf525.report.plain import from_plain, to_plain

_PART: Final = re.compile(r"[0-9a-z_-]{1,64}|ACCOUNT_ID|POOL_ID")
"""An identifier of the API, or its place where the remedy needs none."""

MOST_BYTES: Final = 64 << 20


def spec_of(plan: FixPlan) -> Spec:
    """What a plan is to do: of a plan that was kept, all that is believed."""
    place = Place(
        host=plan.host,
        zone_id=plan.zone_id,
        account_id=plan.account_id,
        pool_id=plan.pool_id,
        address=plan.address,
    )
    return Spec(
        id=plan.id,
        remedy=plan.remedy,
        value=plan.value,
        place=place,
        zone=plan.zone,
        until=plan.until,
        reason=plan.reason,
    )


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
        and bool(PLAN_ID.fullmatch(plan.id))
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
