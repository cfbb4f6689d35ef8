"""How the edge would treat one request before an address is chosen, every value with its reason.

A plan starts from the zone's mode and the visitor's host; rules branch it. Where a rule may or
may not match, both plans stand, each with its condition. Nothing here reads anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from cf525.account.expression import Answer, Truth
from cf525.account.readings import ReadResult
from cf525.account.settings import Decided, setting
from cf525.edge.modes import UNKNOWN
from cf525.model import Certainty, Provenance, Target, Unknown
from cf525.values import dataclass

MAX_PLANS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """One way the edge may treat the request.

    ``sni``, ``origin`` and ``port`` are None while no rule sets them: SNI then follows the Host
    header, the origin is what DNS or a load balancer says, and the mode decides the port.
    ``conditions`` name the rules that must or must not match for this plan to hold, ``shares``
    those of them that a lot decides. ``connector`` is the object store that Cloud Connector sends
    the request to.
    """

    mode: Decided[str]
    host: Decided[str]
    host_overridden: bool = False
    sni: Decided[str] | None = None
    origin: Decided[str] | None = None
    port: Decided[int] | None = None
    conditions: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    connector: str = ""

    @property
    def effect(self) -> tuple[object, ...]:
        """The bare values: equal for plans that lead the request the same way."""
        chosen = (self.mode, self.host, self.sni, self.origin, self.port)
        return tuple(each and each.value for each in chosen)


@dataclass(frozen=True, slots=True)
class Treatments:
    """All plans that may hold, and what is open about them."""

    plans: tuple[Treatment, ...]
    unknowns: tuple[Unknown, ...] = ()

    def branch(
        self, answer: Answer, rule: str, change: Callable[[Treatment], Treatment]
    ) -> "Treatments":
        """The plans after ``rule``: changed where it matches, both ways where it depends."""
        if answer.truth is Truth.FALSE:
            return self
        if answer.truth is Truth.TRUE:
            return replace(self, plans=tuple(change(plan) for plan in self.plans))
        on = answer.share or ", ".join(answer.on)
        both: list[Treatment] = []
        for plan in self.plans:
            changed = change(plan)
            if changed.effect == plan.effect:
                both.append(plan)
                continue
            if answer.share:
                both.append(_on_condition(plan, f"{rule}, for {on}, does not match", on))
                both.append(_on_condition(changed, f"{rule} matches: {on}", on))
                continue
            both.append(_on_condition(plan, f"{rule} does not match (depends on {on})"))
            both.append(_on_condition(changed, f"{rule} matches (depends on {on})"))
        if len(both) == len(self.plans):
            return self
        if len(both) > MAX_PLANS:
            return replace(self, unknowns=(*self.unknowns, _too_many(rule)))
        doubt = _by_lot(rule, on) if answer.share else _depends(rule, on)
        return Treatments(tuple(both), (*self.unknowns, doubt))


def base_plan(target: Target, read: Mapping[str, ReadResult]) -> Treatment:
    """The plan without any rule."""
    mode = setting(read["ssl"])
    if mode is None:
        why = Provenance(
            source="default",
            detail="the mode could not be read; the visitor's scheme is assumed to be kept",
            certainty=Certainty.INFERRED,
        )
    else:
        why = Provenance(source="api", detail=f"zone setting ssl: {mode}")
    asked = Provenance(
        source="default", detail="the requested hostname", certainty=Certainty.INFERRED
    )
    return Treatment(mode=Decided(mode or UNKNOWN, why), host=Decided(target.host, asked))


def _on_condition(plan: Treatment, condition: str, share: str = "") -> Treatment:
    shares = (*plan.shares, condition) if share else plan.shares
    return replace(plan, conditions=(*plan.conditions, condition), shares=shares)


def _by_lot(rule: str, share: str) -> Unknown:
    return Unknown(
        id="conditional-rule",
        text=f"A lot decides whether {rule} matches: it does for {share}; the routes with and "
        "without it are both listed.",
        next="Look at each of the two routes: visitors meet both.",
    )


def _depends(rule: str, on: str) -> Unknown:
    return Unknown(
        id="conditional-rule",
        text=f"Whether {rule} matches depends on {on}; the routes with and without it are both "
        "listed.",
        next="Give the exact URL, or run Cloudflare Trace with a failing request.",
    )


def _too_many(rule: str) -> Unknown:
    return Unknown(
        id="too-many-conditional-rules",
        text=f"More than {MAX_PLANS} combinations of conditional rules are possible; {rule} and "
        "later ones of that kind are left out.",
        next="Run Cloudflare Trace with a failing request.",
    )
