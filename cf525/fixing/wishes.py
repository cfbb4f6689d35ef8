"""What a person asked for, made whole by what is known of the host: its value, place and end.

What cannot be had there, by the host's nature or the zone's plan, is refused here; whether it would
help is not decided here.
"""

from dataclasses import replace
from datetime import datetime

from cf525.changes.catalogue import Place
from cf525.changes.guards import needs_end
from cf525.changes.plan import Spec
from cf525.changes.remedies import (
    BY_ID,
    LONGEST,
    MODES,
    UNTIL,
    RemedyKind,
    checked_value,
    raises_mode,
)
from cf525.edge.modes import mode_name, origin_leg
from cf525.errors import NoRemedy, UsageError
from cf525.fixing.predict import Situation, proxied
from cf525.model.status import UNKNOWN
from cf525.values import dataclass

_PLANS = ("free", "pro", "business", "enterprise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for. ``until`` is None where nothing was said of an end; ``never`` that
    there shall be none."""

    remedy: str
    value: str = ""
    until: datetime | None = None
    never: bool = False
    reason: str = ""

    def kind(self) -> RemedyKind:
        """The remedy. Raises UsageError for one there is none of."""
        if self.remedy not in BY_ID:
            raise UsageError(
                f"{self.remedy!r} is no remedy", hint=f"write one of: {', '.join(BY_ID)}"
            )
        return BY_ID[self.remedy]

    def checked(self) -> str:
        """The value. Raises UsageError for one that does not fit."""
        try:
            return checked_value(self.kind(), self.value)
        except ValueError as error:
            raise UsageError(str(error), hint=_FORM.get(self.remedy, "")) from None


_FORM = {
    "port-for-host": "write --value 8443",
    "sni-for-host": "write --value other.example.com",
}


def place_of(now: Situation) -> Place:
    zone = now.plan.zone
    assert zone is not None
    fixed = next((each.fixed_port for each in now.plan.routes), None)
    return Place(
        host=now.target.host,
        zone_id=zone.id,
        account_id=zone.account_id or "ACCOUNT_ID",
        plain=origin_leg("flexible", now.target.scheme, now.target.port, fixed),
    )


def found(now: Situation, spec: Spec) -> Spec:
    """The wish with the value that the case itself tells, where none was given."""
    if spec.remedy == "pool-endpoint-off":
        return _endpoint(now, spec)
    if spec.remedy == "sni-for-host" and not spec.value:
        check_available(now, replace(spec, value=now.target.host))  # whatever the name
        return replace(spec, value=_accepted_name(now))
    if spec.remedy == "port-for-host" and not spec.value:
        raise UsageError("port-for-host needs a port", hint=_FORM["port-for-host"])
    return spec


def _accepted_name(now: Situation) -> str:
    """A name that the origin was seen to take. Raises UsageError."""
    finding = now.report.headline_finding
    for remedy in finding.remedies if finding is not None else ():
        for part in remedy.parts:
            body = getattr(getattr(part, "write", None), "body", None) or {}
            sni = (body.get("action_parameters") or {}).get("sni") or {}
            name = str(sni.get("value") or "")
            if name and name != "NAME":
                return name
    named = finding is not None and finding.id.startswith("sni-")
    why = (
        "it was seen to take no other"
        if named
        else "as far as was seen, what visitors get does not hang on the name in the ClientHello"
    )
    raise UsageError(
        f"sni-for-host needs a name that the origin takes: {why}", hint=_FORM["sni-for-host"]
    )


def _endpoint(now: Situation, spec: Spec) -> Spec:
    """The pool's endpoint of this name, or else the one that fails. Raises NoRemedy."""
    statuses = {each.route: each.edge.status for each in now.report.route_statuses}
    found = []
    for route in now.routes:
        why = route.provenance.get("address")
        words = why.detail.split(", endpoint ") if why is not None else [""]
        if why is None or not why.reference or len(words) != 2:
            continue
        name, _, address = words[1].partition(" → ")[0].rpartition(" ")
        fails = statuses.get(route.id, UNKNOWN).fails
        found.append((name, address, why.reference, fails))
    if not found:
        raise NoRemedy(
            f"{now.target.host} is not served by a pool, so there is no endpoint to take out"
        )
    chosen = [each for each in found if (each[0] == spec.value if spec.value else each[3])]
    if not chosen and spec.value:
        names = ", ".join(dict.fromkeys(each[0] for each in found))
        raise UsageError(f"no endpoint is called {spec.value!r}", hint=f"there are: {names}")
    if not chosen:
        raise NoRemedy("no endpoint of the pool was seen to fail; name one with --value")
    name, address, pool, _ = chosen[0]
    if len({each[1] for each in found if each[2] == pool}) < 2:
        raise NoRemedy(f"{name} is the last endpoint of its pool that is in use")
    return replace(spec, value=name, place=replace(spec.place, address=address, pool_id=pool))


def check_available(now: Situation, spec: Spec) -> None:
    """Ends where the host, or the zone's plan, cannot have it."""
    if not proxied(now):
        raise NoRemedy(
            f"{now.target.host} is not proxied: Cloudflare's edge has no part in what visitors get"
        )
    plan = now.plan.zone.plan if now.plan.zone is not None else ""
    for change in spec.changes():
        if plan in _PLANS and change.plan and _PLANS.index(plan) < _PLANS.index(change.plan):
            raise NoRemedy(
                f"{spec.remedy} needs the {change.plan.capitalize()} plan, and this zone has "
                f"{plan.capitalize()}"
            )
    compliance = {each for route in now.routes for each in route.compliance}
    if spec.remedy == "pq-off" and "pqh" in compliance:
        raise NoRemedy(
            "pq-off would leave nothing to agree on: the compliance mode pqh allows none but a "
            "post-quantum key exchange"
        )
    if spec.remedy == "zone-mode":
        mode = now.plan.zone.ssl if now.plan.zone is not None else None
        if mode is None or not raises_mode(spec.value, mode):
            raise NoRemedy(
                f"zone-mode only goes upward, and {mode_name(spec.value)} is not above "
                f"{mode_name(mode or UNKNOWN)}; mode-for-host lowers it for one host"
            )


def mode_of(now: Situation) -> str:
    """The highest mode in force on any route: lowering is measured from there."""
    known = [each.mode for each in now.routes if each.mode in MODES]
    return max(known, key=MODES.index) if known else UNKNOWN


def end_of(
    kind: RemedyKind, value: str, wish: Wish, mode: str, made_at: datetime
) -> datetime | None:
    """When it is to end. Raises UsageError."""
    must_end = needs_end(kind, value, mode)
    if wish.never and must_end:
        raise UsageError(
            f"{kind.id} takes protection away, and so it has an end",
            hint="write --until 3h, or a time as 2027-01-31T12:00Z",
        )
    if wish.until is not None and wish.until <= made_at:
        raise UsageError("the time of --until has passed", hint="write --until 3h")
    if must_end and wish.until is not None and wish.until - made_at > LONGEST:
        raise UsageError(
            f"{kind.id} takes protection away, and so it ends within {LONGEST.days} days",
            hint="write an earlier --until; the same plan can be made again before it ends",
        )
    if wish.until is None and must_end:
        return made_at + UNTIL
    return wish.until
