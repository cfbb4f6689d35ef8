"""What has to hold of a plan whoever wrote it: its zone, whether it goes upward, its end, its
endpoint.

Pure, over the states that were just read. A plan that was kept is a file that anybody may have
written, so that nothing of it is believed that can be read anew.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cf525.changes import standing
from cf525.changes.plan import Spec, States, looks, mode_path
from cf525.changes.remedies import BY_ID, LONGEST, MODES, RemedyKind, lowers, raises_mode
from cf525.edge.modes import mode_name
from cf525.model import ChangeScope
from cf525.model.status import UNKNOWN
from cf525.patterns import lazy_pattern

_OF_ONE_HOST: Final = lazy_pattern(r'\(?http\.host eq "([^"\\]*)"\)?')


def refusal_of(spec: Spec, states: States, now: datetime) -> str:
    """Why this is not to be written, whatever its plan says; empty where it may be."""
    return (
        zone_fault(spec.place.host, spec.zone, states.get(spec.place.zone))
        or _account_fault(spec, states)
        or _upward(spec, states)
        or _without_end(spec, states, now)
        or _endpoint_fault(spec, states)
    )


def zone_fault(host: str, zone: str, state: Any) -> str:
    """Why a zone, as the API shows it, is not the one that is named, or not the host's."""
    name = state.get("name") if isinstance(state, Mapping) else None
    if not isinstance(name, str) or not name:
        return f"the API shows no zone of this id, which is to be {zone}"
    if name != zone:
        return f"the zone of this id is called {name}, and not {zone}"
    if host != zone and not host.endswith(f".{zone}"):
        return f"{host} does not lie in the zone {zone}"
    return ""


def _account_fault(spec: Spec, states: States) -> str:
    state = states[spec.place.zone]
    account = state.get("account") if isinstance(state, Mapping) else None
    id = account.get("id") if isinstance(account, Mapping) else None
    if BY_ID[spec.remedy].scope is ChangeScope.POOL and id != spec.place.account_id:
        return f"the pool is of another account than the zone {spec.zone}"
    return ""


def mode_of_zone(spec: Spec, states: States) -> str:
    """The zone's mode as it was read."""
    state = states.get(mode_path(spec.place))
    value = state.get("value") if isinstance(state, Mapping) else None
    return value if isinstance(value, str) and value in MODES else UNKNOWN


def highest_mode(spec: Spec, states: States) -> str:
    """The highest mode that the zone, or a rule of it that may concern the host, sets."""
    found = [mode_of_zone(spec, states)]
    for path in looks(spec):
        for rule in standing.rules_of(states.get(path)):
            only = _OF_ONE_HOST.fullmatch(str(rule.get("expression")))
            if rule.get("enabled") is False or (only and only[1] != spec.place.host):
                continue
            given = rule.get("action_parameters")
            mode = given.get("ssl") if isinstance(given, Mapping) else None
            found += [mode] if isinstance(mode, str) and mode in MODES else []
    return UNKNOWN if UNKNOWN in found else max(found, key=MODES.index)


def needs_end(kind: RemedyKind, value: str, mode: str) -> bool:
    """Whether it takes protection away where this mode is in force, and so has to have an end."""
    return lowers(kind, value, mode) and kind.scope is not ChangeScope.ZONE


def _upward(spec: Spec, states: States) -> str:
    mode = mode_of_zone(spec, states)
    if spec.remedy != "zone-mode" or spec.value == mode or raises_mode(spec.value, mode):
        return ""  # where it stands already nothing is written
    return f"zone-mode only goes upward, and {mode_name(spec.value)} is not above {mode_name(mode)}"


def _without_end(spec: Spec, states: States, now: datetime) -> str:
    if not needs_end(BY_ID[spec.remedy], spec.value, highest_mode(spec, states)):
        return ""
    if spec.until is None:
        return f"{spec.remedy} takes protection away, and this plan has no end"
    if spec.until - now > LONGEST:
        return (
            f"{spec.remedy} takes protection away, and this plan ends on "
            f"{standing.moment(spec.until)}, more than {LONGEST.days} days from now"
        )
    return ""


def _endpoint_fault(spec: Spec, states: States) -> str:
    if spec.remedy != "pool-endpoint-off":
        return ""
    pool = next((state for path, state in states.items() if path.startswith("accounts/")), None)
    rows = pool.get("origins") if isinstance(pool, Mapping) else None
    origins = [each for each in rows or () if isinstance(each, Mapping)]
    meant = [each for each in origins if each.get("address") == spec.place.address]
    if [each.get("name") for each in meant] != [spec.value]:
        return f"the pool has no single endpoint {spec.value} at {spec.place.address}"
    others = [each for each in origins if each not in meant and each.get("enabled") is not False]
    return "" if others else f"{spec.value} is the last endpoint of its pool that is in use"
