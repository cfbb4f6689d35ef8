"""Whether an entry of the journal is one that a change leaves behind.

Pure. The journal is a folder of files: an entry that somebody edited must not make another write
than its remedy makes. Its requests, and so what takes them back, are made again from its remedy and
from what was read before it, and have to be the same.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from cf525.changes.catalogue import Place
from cf525.changes.guards import zone_fault
from cf525.changes.plan import CSR, PLAN_ID, CannotBeMade, Spec, build
from cf525.changes.remedies import BY_ID, checked_value
from cf525.model import ChangeScope
from cf525.model.fix import FixEntry, FixRequest, RequestKind
from cf525.model.parsing import parse_target
from cf525.patterns import lazy_pattern

_ID: Final = lazy_pattern(r"[A-Za-z0-9_-]{0,64}")
_POOL: Final = lazy_pattern(r"accounts/([0-9a-z_-]{1,64})/load_balancers/pools/([0-9a-z_-]{1,64})")


def unfaithful(entry: FixEntry) -> str:
    """What of an entry is not as a change leaves it; empty where all is."""
    try:
        if not _sound(entry):
            return "its words do not fit together"
        made = build(spec_of(entry), entry.before, entry.at)
    except (CannotBeMade, KeyError, TypeError, ValueError, AttributeError):
        return "its writes do not follow from what was read before them"
    if len(made) != len(entry.requests):
        return "its writes are not those of its remedy"
    for one, other in zip(made, entry.requests, strict=True):
        if _with_csr(other) not in (one, replace(one, body=one.shorter, shorter=None)):
            return "its writes are not those of its remedy"
    return ""


def _sound(entry: FixEntry) -> bool:
    kind = BY_ID.get(entry.remedy)
    ids = [entry.zone_id, *(id for made in entry.made for id in (made.ruleset, made.item))]
    zone = {"name": entry.zone}
    shown = entry.before.get(f"zones/{entry.zone_id}", zone)
    return (
        kind is not None
        and kind.scope is entry.scope
        and bool(PLAN_ID.fullmatch(entry.id))
        and bool(entry.zone_id)
        and all(_ID.fullmatch(each) for each in ids)
        and len(entry.made) == len(entry.requests)
        and parse_target(entry.host).host == entry.host
        and checked_value(kind, entry.value) == entry.value
        and not zone_fault(entry.host, entry.zone, shown)
    )


def spec_of(entry: FixEntry) -> Spec:
    """What was asked for, of which the entry tells. Raises ValueError where it names no pool."""
    place = Place(host=entry.host, zone_id=entry.zone_id)
    if entry.scope is ChangeScope.POOL:
        found = _POOL.fullmatch(entry.requests[0].path) if entry.requests else None
        if found is None:
            raise ValueError(entry.remedy)
        pool: Any = entry.before[found[0]]
        (address,) = (each["address"] for each in pool["origins"] if each["name"] == entry.value)
        place = replace(place, account_id=found[1], pool_id=found[2], address=address)
    return Spec(
        id=entry.id,
        remedy=entry.remedy,
        value=entry.value,
        place=place,
        zone=entry.zone,
        until=entry.until,
        reason=entry.reason,
    )


def _with_csr(request: FixRequest) -> FixRequest:
    """A certificate's request before its key was made."""
    if request.kind is RequestKind.CERTIFICATE and isinstance(request.body, Mapping):
        return replace(request, body={**request.body, "csr": CSR})
    return request


def undo_shown(entry: FixEntry) -> tuple[str, ...]:
    """What an undo would send, the last write first, for whoever is to confirm it."""
    lines = []
    for request, made in reversed(list(zip(entry.requests, entry.made, strict=True))):
        match request.kind:
            case RequestKind.RULE:
                folder = request.look.partition("/phases/")[0]
                lines.append(f"DELETE {folder}/.../rules/... (the rule {request.ref})")
            case RequestKind.FIELD if request.undo is not None:
                body = json.dumps(request.undo.body, ensure_ascii=False)
                lines.append(f"{request.undo.method} {request.undo.path} {body}")
            case RequestKind.CERTIFICATE:
                names = ", ".join(names_of(request))
                lines.append(f"DELETE certificates/{made.item or '...'} (for {names})")
            case _:
                pass
    return tuple(lines)


def names_of(request: FixRequest) -> tuple[str, ...]:
    """The names that a certificate was asked for."""
    names = (request.body or {}).get("hostnames")
    return tuple(map(str, names)) if isinstance(names, list | tuple) else ()
