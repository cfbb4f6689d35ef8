"""From a host and a remedy to a plan, or to the sentence that says why there is none.

What stands at Cloudflare is read, what would follow is predicted by the engine of a diagnosis, and
what would be no better is refused. Nothing is written, and no rule is asked for here.
"""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from cf525.account.rights import Right
from cf525.causes.filling import installation
from cf525.changes.guards import highest_mode, refusal_of
from cf525.changes.plan import (
    AlreadyThere,
    CannotBeMade,
    Spec,
    build,
    looks,
    rights_of,
)
from cf525.changes.remedies import (
    BY_ID,
    MODES,
    raises_mode,
    remedies_of,
    words_of,
)
from cf525.diagnosis.outside import Outside
from cf525.edge.modes import mode_name
from cf525.errors import Cf525Error, NoRemedy, NotFound
from cf525.fixing.browsers import why_refused
from cf525.fixing.predict import Situation, but_for_the_certificate, with_change
from cf525.fixing.shown import shown
from cf525.fixing.wishes import Wish, check_available, end_of, found, mode_of, place_of
from cf525.fixing.zone_wide import every_host_passes
from cf525.model.fix import FixPlan, FixRequest, Predicted
from cf525.model.status import NOT_APPLICABLE, UNKNOWN


class InForce(Cf525Error):
    """What is asked for stands there already; nothing needs to be written."""


async def plan_for(now: Situation, outside: Outside, wish: Wish) -> FixPlan:
    """The plan. Raises UsageError for a wish that makes no sense, NoRemedy where it would not help
    or cannot be had here, ApiError where what stands there cannot be read."""
    kind, value = wish.kind(), wish.checked()
    made_at = datetime.now(UTC).replace(microsecond=0)
    spec = found(
        now,
        Spec(
            id=secrets.token_hex(4),
            remedy=kind.id,
            value=value,
            place=place_of(now),
            zone=now.plan.zone.name if now.plan.zone is not None else "",
            until=None,
            reason=wish.reason,
        ),
    )
    check_available(now, spec)
    states = {path: await _read(outside, path, spec) for path in looks(spec)}
    mode = _highest(mode_of(now), highest_mode(spec, states))
    spec = replace(spec, until=end_of(kind, spec.value, wish, mode, made_at))
    why = refusal_of(spec, states, made_at)
    if why:
        raise NoRemedy(f"{kind.id}: {why}")
    try:
        requests = build(spec, states, made_at)
    except AlreadyThere as error:
        raise InForce(f"{kind.id} for {spec.place.host} is in force already: {error}") from None
    except CannotBeMade as error:
        raise NoRemedy(f"{kind.id}: {error}") from None
    predicted, notes = await _predicted(now, outside, spec, requests)
    return shown(
        spec,
        requests,
        states,
        predicted=predicted,
        made_at=made_at,
        before=_before(now, spec),
        install=_install(now, spec),
        notes=notes,
    )


def _before(now: Situation, spec: Spec) -> str:
    """What the routes tell of what is now; empty where what was read does."""
    first = now.routes[0]
    match spec.remedy:
        case "mode-for-host":
            return mode_name(mode_of(now))
        case "sni-for-host":
            return f"SNI {first.sni}" if first.sni else "no SNI"
        case "port-for-host":
            return f"port {first.port}"
        case _:
            return ""


def _install(now: Situation, spec: Spec) -> str:
    server = now.report.server
    if spec.remedy != "origin-ca" or server is None:
        return ""
    return installation(server.platform, spec.place.host)


def _highest(*modes: str) -> str:
    return UNKNOWN if not set(modes) <= set(MODES) else max(modes, key=MODES.index)


async def _read(outside: Outside, path: str, spec: Spec) -> Any:
    """What stands at a path, by the same reading that the diagnosis rests on. A right to edit
    includes the one to read the same."""
    assert outside.client is not None
    bare, _, query = path.partition("?")
    try:
        needs = " or ".join((Right.ZONE_SETTINGS, *rights_of(spec)))
        return await outside.client.get(f"/{bare}", dict(parse_qsl(query)), needs=needs)
    except NotFound:
        return None


# -- what would follow ------------------------------------------------------------------------


async def _predicted(
    now: Situation, outside: Outside, spec: Spec, requests: tuple[FixRequest, ...]
) -> tuple[Predicted, tuple[str, ...]]:
    """What visitors would get. Raises NoRemedy where that is no better."""
    was, notes = now.status, []
    if spec.remedy == "origin-ca":
        status = but_for_the_certificate(now)
        reason = "once the origin has it installed and reloaded"
        if not status.works and _lacks_a_certificate(now):
            status = UNKNOWN
            reason = "the origin refused the name before any certificate: it may lack one for it"
    else:
        then = await with_change(now, outside, requests)
        status, reason = then.edge_status, then.summary
    predicted = Predicted(edge_status=status, was=was, reason=reason)
    _check_better(now, spec, predicted)
    if spec.remedy == "zone-mode":
        notes += await every_host_passes(outside.options, spec.zone, spec.value)
    if spec.remedy == "grey-record":
        notes += await _bypassed(now, outside)
    return predicted, tuple(notes)


def _lacks_a_certificate(now: Situation) -> bool:
    return (now.report.headline or "").startswith("sni-rejected")


def _check_better(now: Situation, spec: Spec, predicted: Predicted) -> None:
    was, then = predicted.was, predicted.edge_status
    host = now.target.host
    if spec.remedy == "origin-pull" and spec.value == "on" and then == UNKNOWN and not was.works:
        return  # the certificate it shows cannot be shown from here
    if spec.remedy == "origin-ca" and then == UNKNOWN and _lacks_a_certificate(now):
        return
    if was.works:
        higher = spec.remedy in ("origin-ca", "origin-pull") or (
            spec.remedy in ("mode-for-host", "zone-mode") and raises_mode(spec.value, mode_of(now))
        )
        if then.works and higher:
            return
        said = "would break it" if not then.works else "would mend nothing"
        raise NoRemedy(f"visitors of {host} are served now ({was}), and {spec.remedy} {said}")
    elsewhere = spec.remedy == "port-for-host" or spec.value in ("flexible", "off")
    if then.passes_through and elsewhere:
        raise NoRemedy(
            f"{spec.remedy} would lead {host} to another service: it answers {then.code} itself"
        )
    if then.works or (then == NOT_APPLICABLE and was != NOT_APPLICABLE):
        return
    what = words_of(BY_ID[spec.remedy], spec.value)
    if then == was:
        raise NoRemedy(
            f"{spec.remedy} would not help {host}: {was} stays {then} in {what}"
            if spec.remedy.startswith(("mode", "zone"))
            else f"{spec.remedy} would not help {host}: {was} stays {then} with {what}"
        )
    raise NoRemedy(
        f"{spec.remedy} would not help {host}: {was} would become {then}. {predicted.reason}"
    )


async def _bypassed(now: Situation, outside: Outside) -> list[str]:
    """What is to be known of visitors who go past the edge. Raises NoRemedy where they would be
    served no better and the finding does not want it, as for a renewal behind the proxy."""
    refused = await why_refused(now, outside)
    wanted = "grey-record" in remedies_of(now.report.headline_finding, now.status)
    if refused and not wanted:
        raise NoRemedy(f"grey-record would not help {now.target.host}: {refused}")
    addresses = dict.fromkeys(each.address for each in now.routes if each.address)
    told = f"until the origin has renewed its certificate: {refused}" if refused else ""
    return [
        f"what becomes public: {', '.join(addresses) or 'the origin'}",
        told or "browsers will take the origin's own certificate",
    ]
