"""From a remedy and what stands at Cloudflare to the exact writes, and what tells them apart.

Pure: states in (the API's own results, by the path they were read at), requests out. The same
states give the same requests, so that a plan is checked by making it again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from cf525.changes import standing
from cf525.changes.catalogue import Place, make
from cf525.changes.picking import picked
from cf525.changes.remedies import BY_ID, change_of
from cf525.changes.rights import WriteRight
from cf525.model.change import Change, Read, Write
from cf525.model.fix import FixRequest, RequestKind
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

States: TypeAlias = Mapping[str, Any]
"""The ``result`` of each GET by its path; None where the API answered 404."""

VALIDITY: Final = 365
"""Days of a new Origin CA certificate: nobody is told when one of fifteen years ends."""

CSR: Final = "{CSR}"
"""Stands in a planned body for the request that is made beside its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a person asked for, and where: all that decides the writes besides what stands there."""

    id: str
    remedy: str
    value: str
    place: Place
    zone: str
    until: datetime | None = None
    reason: str = ""

    def changes(self) -> tuple[Change, ...]:
        """The changes of the catalogue it is made of; of a certificate there is none."""
        if self.remedy == "origin-ca":
            return ()
        name, arguments = change_of(BY_ID[self.remedy], self.value)
        return make(name, self.place, arguments)


PLAN_ID: Final = lazy_pattern(r"[0-9a-f]{8}")


class CannotBeMade(Exception):
    """What stands at Cloudflare does not let this be written; the text says why."""


class AlreadyThere(CannotBeMade):
    """Everything that would be written stands there already."""


def mode_path(place: Place) -> str:
    """Where the zone's mode is read; every plan rests on it."""
    return f"{place.zone}/settings/ssl"


def looks(spec: Spec) -> tuple[str, ...]:
    """Every path whose state the plan rests on."""
    paths = [spec.place.zone, mode_path(spec.place)]
    paths += [read.path for change in spec.changes() for read in change.reads]
    return tuple(dict.fromkeys(paths))


def build(spec: Spec, states: States, now: datetime) -> tuple[FixRequest, ...]:
    """The writes, in their order. Raises CannotBeMade."""
    if spec.remedy == "origin-ca":
        return (_certificate(spec),)
    found: list[FixRequest] = []
    for change in spec.changes():
        made = _rule(change, spec, states, now) if change.ref else _fields(change, states)
        found += made
    if not found:
        raise CannotBeMade(f"there is nothing to change for {spec.place.host}")
    wanted = [each for each in found if not standing.same(each.before, each.after) or each.ref]
    if not wanted:
        raise AlreadyThere("nothing would be changed")
    return tuple(wanted)


# -- rules ------------------------------------------------------------------------------------


def ref_of(change: Change, spec: Spec) -> str:
    """The mark of this very plan's rule; the change's own is how it begins."""
    return f"{change.ref}_{spec.id}"


def _rule(change: Change, spec: Spec, states: States, now: datetime) -> Iterator[FixRequest]:
    look = change.reads[0].path
    state = states[look]
    for rule in standing.rules_of(state):
        if standing.is_own(rule, change.ref) and standing.in_force(rule, now):
            wanted = (change.write.body or {}).get("action_parameters")
            if standing.same(rule.get("action_parameters"), wanted):
                raise AlreadyThere(_how_it_stands(rule, state, spec))
            raise CannotBeMade(
                "a rule of cf525 with another value is in force: cf525 fix --list names it, and "
                "--undo takes it back"
            )
        if standing.is_own(rule, change.ref):
            yield FixRequest(
                kind=RequestKind.REMOVAL,
                method="DELETE",
                path=f"{spec.place.zone}/rulesets/{state['id']}/rules/{rule.get('id')}",
                look=look,
                ref=str(rule.get("ref")),
            )
    write = change.write if state is not None else change.otherwise
    assert write is not None
    assert write.body is not None
    path = write.path.replace("{RULESET}", str(state["id"])) if state is not None else write.path
    ending, without = (_body(write.body, change, spec, end=end) for end in (True, False))
    yield FixRequest(
        kind=RequestKind.RULE,
        method=write.method,
        path=path,
        look=look,
        body=ending,
        shorter=without if ending != without else None,
        ref=ref_of(change, spec),
    )


def _how_it_stands(rule: Mapping[str, Any], state: Mapping[str, Any], spec: Spec) -> str:
    """A rule of ours in a sentence: until when, and how it is taken back, also by those whose
    journal does not know it."""
    end = standing.ends_at(rule)
    until = f" until {standing.moment(end)}" if end is not None else ", without an end"
    id = str(rule.get("ref")).rpartition("_")[2]
    path = f"{spec.place.zone}/rulesets/{state.get('id')}/rules/{rule.get('id')}"
    back = ""
    if PLAN_ID.fullmatch(id):  # the mark is the API's word, and anybody's who writes rules
        back = f" ({rule.get('ref')}). Where it was made, cf525 fix --undo {id} takes it back"
    return f"a rule of cf525 does it{until}{back}; elsewhere DELETE {path}"


def _body(
    body: Mapping[str, object], change: Change, spec: Spec, *, end: bool
) -> Mapping[str, object]:
    """The body with the plan's mark, its reason and, where it is to end by itself, its end."""
    rules = body.get("rules")
    if isinstance(rules, list):
        return {**body, "rules": [_body(each, change, spec, end=end) for each in rules]}
    said = [f"cf525: {spec.remedy} {spec.place.host}"]
    if spec.until is not None:
        said.append(f"until {standing.moment(spec.until)}")
    said += [spec.reason.replace(";", ",")] if spec.reason else []  # it says nothing of an end
    expression = str(body["expression"])
    if end and spec.until is not None:
        expression = standing.ending(expression, spec.until)
    return {
        **body,
        "ref": ref_of(change, spec),
        "description": "; ".join(said)[:500],
        "expression": expression,
    }


# -- fields -----------------------------------------------------------------------------------


def _fields(change: Change, states: States) -> Iterator[FixRequest]:
    known: dict[str, Any] = {}
    many: Read | None = None
    for read in change.reads:
        state = states[read.path]
        if isinstance(state, Mapping) and state.get("editable") is False:
            raise CannotBeMade(
                f"{read.path.rpartition('/')[2]} cannot be changed in this zone: its plan, or "
                "whoever provides the zone, holds it fixed"
            )
        values = picked(read, {"result": state})
        if read.many:
            known[read.name], many = values, read
        elif not values:
            return  # this zone has no such thing: then it needs no change either
        else:
            known[read.name] = values[0]
    if many is None:
        yield _field(change, known, change.reads[0].path)
        return
    for each in known[many.name]:
        write = _filled(change.write, {many.name: each})
        yield _field(change, {**known, many.name: each}, write.path)


def _field(change: Change, known: Mapping[str, Any], look: str) -> FixRequest:
    write, undo = _filled(change.write, known), _filled(change.undo.write, known)
    assert write.body is not None
    assert undo.body is not None
    ((field, after),) = write.body.items()
    return FixRequest(
        kind=RequestKind.FIELD,
        method=write.method,
        path=write.path,
        look=look,
        body=write.body,
        field=field,
        before=undo.body[field],
        after=after,
        undo=undo,
    )


def _filled(write: Write, known: Mapping[str, Any]) -> Write:
    """The write with what was read in the place of its names."""
    path, body = write.path, dict(write.body or {})
    for name, value in known.items():
        if isinstance(value, str):
            path = path.replace(f"{{{name}}}", value)
        body = {key: value if each == f"{{{name}}}" else each for key, each in body.items()}
    return Write(method=write.method, path=path, body=body)


# -- a certificate ----------------------------------------------------------------------------


def _certificate(spec: Spec) -> FixRequest:
    return FixRequest(
        kind=RequestKind.CERTIFICATE,
        method="POST",
        path="certificates",
        look=f"certificates?zone_id={spec.place.zone_id}",
        body={
            "csr": CSR,
            "hostnames": list(names_for(spec.place.host, spec.zone)),
            "request_type": f"origin-{spec.value}",
            "requested_validity": VALIDITY,
        },
    )


def names_for(host: str, zone: str) -> tuple[str, ...]:
    """The host and, within its zone, all names beside it."""
    above = host.partition(".")[2] if host != zone else zone
    return (host, f"*.{above}")


# -- what tells plans apart -------------------------------------------------------------------


def fingerprint(states: States) -> dict[str, str]:
    """What each state is known by, without what changes by being looked at."""
    return {path: _digest(_essence(state)) for path, state in states.items()}


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The paths whose state is another one than it was."""
    return tuple(path for path in before if before[path] != now.get(path))


def digest(plain: Mapping[str, Any]) -> str:
    """Over a plan as plain data, but for the digest itself."""
    return _digest({key: value for key, value in plain.items() if key != "digest"})


def _essence(state: Any) -> Any:
    if isinstance(state, Mapping):
        kept = (
            "id",
            "name",
            "version",
            "rules",
            "value",
            "enabled",
            "editable",
            "origins",
            "phase",
        )
        return {key: state[key] for key in kept if key in state}
    if isinstance(state, Sequence) and not isinstance(state, str):
        of_row = ("id", "type", "name", "content", "proxied")
        rows = [{key: row.get(key) for key in of_row} for row in state if isinstance(row, Mapping)]
        return sorted(rows, key=lambda row: str(row["id"]))
    return state


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def rights_of(spec: Spec) -> tuple[str, ...]:
    """The rights of a token that may do it, in the dashboard's words."""
    if spec.remedy == "origin-ca":
        return (WriteRight.CERTIFICATES.value,)
    return tuple(dict.fromkeys(change.right for change in spec.changes()))
