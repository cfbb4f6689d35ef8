"""Cloudflare's own evaluation of the rules for one URL: Trace, without touching the origin.

Asked only where rules are in play. Trace speaks for one visitor without cookies or country, so
it cannot overrule a rule that depends on the visitor; where our own evaluation could not have
come to its answer at all, it is preferred and the difference is told.

Source: developers.cloudflare.com/rules/trace-request; the answer's shape is the SDK's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.rights import Right
from cf525.account.settings import Decided
from cf525.account.treatment import Treatment, Treatments
from cf525.errors import ApiError, PermissionRefused
from cf525.model import Provenance, Target, Unknown
from cf525.values import dataclass

_MAX_STEPS: Final = 2_000
_WHY: Final = Provenance(source="api", detail="Cloudflare Trace of this URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What Trace says was set for the request; None where nothing set it."""

    mode: str | None = None
    host: str | None = None
    sni: str | None = None
    origin: str | None = None
    port: int | None = None


async def traced(client: Client, account: str, target: Target, plans: Treatments) -> Treatments:
    """The plans beside what Trace says. That it says nothing is told where a rule depends."""
    try:
        found = await ask_trace(client, account, target)
    except ApiError as error:
        return replace(plans, unknowns=(*plans.unknowns, *_untraced(plans, error)))
    return compared(plans, found)


def _untraced(plans: Treatments, error: ApiError) -> tuple[Unknown, ...]:
    if len(plans.plans) < 2:
        return ()
    if isinstance(error, PermissionRefused):
        why, settle = f"the token lacks {Right.TRACER}", f"Give the token {Right.TRACER}."
    else:
        why, settle = error.message, "Run again."
    return (
        Unknown(
            id="trace-not-read",
            text=f"Cloudflare Trace, which would tell these routes apart, gave no answer: {why}.",
            next=settle,
        ),
    )


async def ask_trace(client: Client, account: str, target: Target) -> Traced:
    """Trace's answer. Raises ApiError when there is none, or none that makes sense."""
    body = {"method": "GET", "url": target.url, "skip_response": True}
    found = await client.post(f"/accounts/{account}/request-tracer/trace", body, needs=Right.TRACER)
    if not isinstance(found, Mapping) or not isinstance(found.get("trace"), list):
        raise ApiError("the trace holds no steps")
    applied = Traced()
    for number, step in enumerate(_steps(found["trace"])):
        if number >= _MAX_STEPS:
            raise ApiError(f"the trace has more than {_MAX_STEPS} steps")
        if step.get("matched") is True:
            applied = _applied(applied, step)
    return applied


def _steps(steps: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    for step in steps if isinstance(steps, list) and depth < 10 else ():
        if isinstance(step, Mapping):
            yield step
            yield from _steps(step.get("trace"), depth + 1)


def _applied(traced: Traced, step: Mapping[str, Any]) -> Traced:
    parameters = step.get("action_parameters")
    if not isinstance(parameters, Mapping):
        return traced
    if step.get("action") == "set_config":
        return replace(traced, mode=_text(parameters.get("ssl")) or traced.mode)
    if step.get("action") != "route":
        return traced
    origin, sni = parameters.get("origin"), parameters.get("sni")
    origin = origin if isinstance(origin, Mapping) else {}
    port = origin.get("port")
    return replace(
        traced,
        host=_text(parameters.get("host_header")) or traced.host,
        sni=(_text(sni.get("value")) if isinstance(sni, Mapping) else None) or traced.sni,
        origin=_text(origin.get("host")) or traced.origin,
        port=port if isinstance(port, int) else traced.port,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def compared(plans: Treatments, traced: Traced) -> Treatments:
    """The plans beside Trace's answer: told apart by it, or corrected."""
    fitting = [plan for plan in plans.plans if _fits(plan, traced)]
    if len(fitting) == len(plans.plans):
        return plans
    if fitting:
        taken = _described(fitting[0])
        text = (
            f"Cloudflare Trace, for a visitor without cookies or country, takes the route with "
            f"{taken}; the other routes are for other visitors."
        )
        doubt = Unknown(id="trace-takes-one", text=text, next="Repeat with --country or --header.")
        return replace(plans, unknowns=(*plans.unknowns, doubt))
    corrected = _corrected(plans.plans[0], traced)
    text = (
        f"Cloudflare Trace comes to {_described(corrected)}, the rules read here to "
        f"{_described(plans.plans[0])}; Trace is followed."
    )
    doubt = Unknown(
        id="trace-differs", text=text, next="Look at the zone's rules in the dashboard, or trace."
    )
    return Treatments((corrected,), (*plans.unknowns, doubt))


def _fits(plan: Treatment, traced: Traced) -> bool:
    pairs = (
        (plan.mode, traced.mode),
        (plan.host, traced.host),
        (plan.sni, traced.sni),
        (plan.origin, traced.origin),
        (plan.port, traced.port),
    )
    return all(
        said is None or (decided is not None and decided.value == said) for decided, said in pairs
    )


def _corrected(plan: Treatment, traced: Traced) -> Treatment:
    changed = replace(plan, conditions=())
    if traced.mode is not None:
        changed = replace(changed, mode=Decided(traced.mode, _WHY))
    if traced.host is not None:
        changed = replace(changed, host=Decided(traced.host, _WHY), host_overridden=True)
    if traced.sni is not None:
        changed = replace(changed, sni=Decided(traced.sni, _WHY))
    if traced.origin is not None:
        changed = replace(changed, origin=Decided(traced.origin, _WHY))
    if traced.port is not None:
        changed = replace(changed, port=Decided(traced.port, _WHY))
    return changed


def _described(plan: Treatment) -> str:
    parts = [f"mode {plan.mode.value}", f"Host {plan.host.value}"]
    parts += [f"SNI {plan.sni.value}"] if plan.sni is not None else []
    parts += [f"origin {plan.origin.value}"] if plan.origin is not None else []
    parts += [f"port {plan.port.value}"] if plan.port is not None else []
    return ", ".join(parts)
