"""Where a write of ours stands in what the API shows: there, not there, or changed by somebody.

Also how a rule says when it ends, and reads it back. Pure.
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from cf525.model.change import Write
from cf525.model.decoding import whole_number
from cf525.model.fix import FixMade, FixRequest, RequestKind
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

_ENDS: Final = lazy_pattern(r"http\.request\.timestamp\.sec lt (\d{1,12})", re.ASCII)
_SAID: Final = lazy_pattern(r"; until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)", re.ASCII)
_ID: Final = lazy_pattern(r"[A-Za-z0-9_-]{0,64}")
_RECORDS_OF: Final = lazy_pattern(r"/dns_records\?name\.exact=(?P<name>[^&]+)&proxied=true")
_SHOWN: Final = ("expression", "action", "action_parameters", "enabled", "description")
"""What of a rule is its author's; version and times are the API's."""


def moment(at: datetime) -> str:
    """A time as it stands in a description."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def ending(expression: str, until: datetime) -> str:
    """The expression of a rule that ends by itself."""
    return f"({expression}) and http.request.timestamp.sec lt {int(until.timestamp())}"


def ends_at(rule: Mapping[str, Any]) -> datetime | None:
    """When a rule of ours ends, by its expression or else by its description. What is no time, as
    another hand may have left it, is no end."""
    found = _ENDS.search(str(rule.get("expression")))
    said = _SAID.search(str(rule.get("description")))
    with suppress(ValueError, OverflowError, OSError):
        if found is not None:
            return datetime.fromtimestamp(int(found[1]), UTC)
        if said is not None:
            return datetime.fromisoformat(said[1])
    return None


def in_force(rule: Mapping[str, Any], now: datetime) -> bool:
    """Whether a rule of ours still acts: enabled, and not past its end."""
    end = ends_at(rule)
    return rule.get("enabled") is not False and (end is None or end > now)


def odd(path: str, state: Any) -> str:
    """Why what was read at a path is nothing to rest a write on; empty where it is.

    Its ids go into the paths of writes: they are of the form that ids have, or none is used."""
    where = path.partition("?")[0]
    if path.endswith("/entrypoint") and state is not None and not isinstance(state, Mapping):
        return f"what the API shows at {where} is no ruleset"
    rows = state if isinstance(state, list | tuple) else (state, *rules_of(state))
    of = _RECORDS_OF.search(path)
    for row in rows:
        if of is not None and not _is_record_of(row, of["name"]):
            return f"a record that the API shows at {where} is not one of {of['name']}, proxied"
        id = row.get("id", "") if isinstance(row, Mapping) else ""
        if not isinstance(id, str) or not _ID.fullmatch(id):
            return f"an id that the API shows at {where} is none"
    if path.endswith("/entrypoint") and state is not None and not state.get("id"):
        return f"the ruleset that the API shows at {where} has no id"
    return ""


def _is_record_of(row: Any, name: str) -> bool:
    """Whether a row is what was asked for: the API may not have heeded the question."""
    if not isinstance(row, Mapping):
        return False
    return str(row.get("name") or "").lower() == name.lower() and row.get("proxied") is True


def rules_of(state: Any) -> list[Mapping[str, Any]]:
    """The rules of an entrypoint; none where there is no ruleset."""
    rules = state.get("rules") if isinstance(state, Mapping) else None
    return [each for each in rules or () if isinstance(each, Mapping)]


def is_own(rule: Mapping[str, Any], mark: str) -> bool:
    """Whether a rule bears the mark of one remedy and host, whichever plan made it."""
    ref = rule.get("ref")
    return isinstance(ref, str) and (ref == mark or ref.startswith(f"{mark}_"))


def mark_of(ref: str) -> str:
    """What all plans of the same remedy and host have in common in their marks."""
    return ref.rpartition("_")[0]


def rule_of(request: FixRequest, state: Any) -> Mapping[str, Any] | None:
    """Our very rule in an entrypoint."""
    return next((each for each in rules_of(state) if each.get("ref") == request.ref), None)


def written(request: FixRequest, rule: Mapping[str, Any]) -> bool:
    """Whether the rule is as we wrote it, with its end or without."""
    return any(shown(each) == shown(rule) for each in _rules(request))


def _rules(request: FixRequest) -> list[Mapping[str, Any]]:
    bodies = [each for each in (request.body, request.shorter) if each is not None]
    return [rule for body in bodies for rule in (rules_of(body) or [body])]


def shown(rule: Mapping[str, Any]) -> dict[str, Any]:
    """What of a rule is its author's, for a comparison and for people."""
    return {key: rule.get(key) for key in _SHOWN}


def same(one: object, other: object) -> bool:
    """Whether two JSON values are alike, whatever the order of their members."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """``there``: what we wrote stands there; ``touched``: something else, which neither we wrote
    nor found. ``found`` is what is there."""

    there: bool
    touched: bool = False
    found: object = None


def stands(request: FixRequest, made: FixMade, state: Any, public_key: str = "") -> Standing:
    """Where one write stands in the state at its ``look``."""
    match request.kind:
        case RequestKind.RULE:
            rule = rule_of(request, state)
            if rule is None:
                return Standing(there=False)
            as_made = written(request, rule)
            return Standing(there=True, touched=not as_made, found=shown(rule))
        case RequestKind.REMOVAL:
            return Standing(there=rule_of(request, state) is None)
        case RequestKind.FIELD:
            value = state.get(request.field) if isinstance(state, Mapping) else None
            if same(value, request.before):
                return Standing(there=False, found=value)
            ours = same(value, request.after) or (
                made.after is not None and same(value, made.after)
            )
            return Standing(there=ours, touched=not ours, found=value)
        case RequestKind.CERTIFICATE:
            row = certificate_of(request, made, state, public_key)
            return Standing(there=row is not None, found=row)


def look_of(request: FixRequest, made: FixMade) -> str:
    """Where one write is seen: a certificate whose id is known by itself, as a list may be long."""
    if request.kind is RequestKind.CERTIFICATE and made.item:
        return f"certificates/{made.item}"
    return request.look


def certificate_of(
    request: FixRequest, made: FixMade, state: Any, public_key: str
) -> Mapping[str, Any] | None:
    """Our certificate, shown by itself or in the account's list: by its id, else by the hash of its
    public key, which whoever reads it puts beside it as ``public_key``. One of another key, or for
    other names, is none of ours whatever its id."""
    names = (request.body or {}).get("hostnames")
    rows: Sequence[Any] = state if isinstance(state, list | tuple) else (state,)
    for row in rows:
        if not isinstance(row, Mapping) or row.get("revoked_at"):
            continue
        if row.get("public_key", public_key) != public_key or not _alike(row, names):
            continue
        if made.item and row.get("id") == made.item:
            return row
        if not made.item and public_key and row.get("public_key") == public_key:
            return row
    return None


def _alike(row: Mapping[str, Any], names: object) -> bool:
    shown = row.get("hostnames")
    both = isinstance(shown, list | tuple) and isinstance(names, list | tuple)
    return not both or sorted(map(str, shown or ())) == sorted(map(str, names or ()))  # type: ignore[call-overload]


def untouched(request: FixRequest, before: Any, after: Any, cleared: int) -> tuple[str, ...]:
    """What others changed around our rule between two looks, in sentences. ``cleared`` are the
    rules of ours that were taken out before, each of which counts up the version."""
    if request.kind is not RequestKind.RULE or not isinstance(after, Mapping):
        return ()
    mark = mark_of(request.ref)
    old, new = (
        {str(each.get("id")): shown(each) for each in rules_of(state) if not is_own(each, mark)}
        for state in (before, after)
    )
    told = []
    old_version, new_version = (
        whole_number(each.get("version")) if isinstance(each, Mapping) else None
        for each in (before, after)
    )
    if old_version is not None and new_version is not None:
        extra = new_version - old_version - cleared - 1
        told += ["somebody else wrote to this ruleset meanwhile"] if extra > 0 else []
    told += [f"rule {each} has gone since the plan was read" for each in old if each not in new]
    told += [f"rule {each} is new since the plan was read" for each in new if each not in old]
    told += [
        f"rule {each} was changed since the plan was read"
        for each in old
        if each in new and not same(old[each], new[each])
    ]
    return tuple(told)


def undo_write(request: FixRequest, made: FixMade, zone_id: str) -> Write | None:
    """The one write that takes a request back; None where its id is not known."""
    if request.kind is RequestKind.FIELD:
        return request.undo
    if not made.item:
        return None
    if request.kind is RequestKind.CERTIFICATE:
        return Write(method="DELETE", path=f"certificates/{made.item}")
    path = f"zones/{zone_id}/rulesets/{made.ruleset}/rules/{made.item}"
    return Write(method="DELETE", path=path)
