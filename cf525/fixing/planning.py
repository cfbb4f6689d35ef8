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
from cf525.changes.plan import (
    AlreadyThere,
    CannotBeMade,
    Spec,
    build,
    digest,
    fingerprint,
    looks,
    rights_of,
)
from cf525.changes.remedies import (
    BY_ID,
    RemedyKind,
    raises_mode,
    remedies_of,
    words_of,
)
from cf525.changes.render import terraform
from cf525.diagnosis.outside import Outside
from cf525.edge.modes import mode_name
from cf525.errors import Cf525Error, NoRemedy, NotFound
from cf525.fixing.browsers import why_refused
from cf525.fixing.predict import Situation, but_for_the_certificate, with_change
from cf525.fixing.wishes import Wish, check_available, end_of, found, mode_of, place_of
from cf525.fixing.zone_wide import every_host_passes
from cf525.model import ChangeScope
from cf525.model.fix import FixPlan, FixRequest, Predicted, RequestKind
from cf525.model.status import NOT_APPLICABLE, UNKNOWN
from cf525.report.plain import to_plain
from cf525.version import __version__


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
    spec = replace(spec, until=end_of(kind, spec.value, wish, mode_of(now), made_at))
    states = {path: await _read(outside, path, spec) for path in looks(spec)}
    try:
        requests = build(spec, states, made_at)
    except AlreadyThere as error:
        raise InForce(f"{kind.id} for {spec.place.host} is in force already: {error}") from None
    except CannotBeMade as error:
        raise NoRemedy(f"{kind.id}: {error}") from None
    predicted, notes = await _predicted(now, outside, spec, requests)
    return _plan(now, spec, requests, states, predicted, made_at, notes)


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


# -- the plan ---------------------------------------------------------------------------------


def _plan(
    now: Situation,
    spec: Spec,
    requests: tuple[FixRequest, ...],
    states: dict[str, Any],
    predicted: Predicted,
    made_at: datetime,
    notes: tuple[str, ...],
) -> FixPlan:
    kind, changes, zone = BY_ID[spec.remedy], spec.changes(), now.plan.zone
    assert zone is not None
    plan = FixPlan(
        id=spec.id,
        host=spec.place.host,
        remedy=spec.remedy,
        value=spec.value,
        zone=zone.name,
        zone_id=zone.id,
        account_id=spec.place.account_id,
        pool_id=spec.place.pool_id,
        address=spec.place.address,
        scope=kind.scope,
        before=_before(now, spec, requests),
        after=words_of(kind, spec.value),
        predicted=predicted,
        price=" ".join(dict.fromkeys(_sentence(each.cost) for each in changes)) or _CA_PRICE,
        undo=" ".join(dict.fromkeys(_sentence(each.undo.text) for each in changes)) or _CA_UNDO,
        requests=requests,
        rights=rights_of(spec),
        until=spec.until,
        fingerprint=fingerprint(states),
        made_at=made_at,
        tool_version=__version__,
        reason=spec.reason,
        plan=max((each.plan for each in changes), default=""),
        terraform="\n\n".join(filter(None, (terraform(each) for each in changes))),
        install=_install(now, spec),
        notes=(*notes, *_notes(kind, spec, requests)),
    )
    return replace(plan, digest=digest(to_plain(plan)))


_CA_PRICE = (
    "A certificate that browsers do not trust: it serves behind Cloudflare's proxy alone, and "
    "nobody is told before it ends."
)
_CA_UNDO = (
    "Revoke the certificate, once the origin serves another one: that cannot be taken back, and "
    "breaks Full (strict) where it is installed."
)


def _install(now: Situation, spec: Spec) -> str:
    server = now.report.server
    if spec.remedy != "origin-ca" or server is None:
        return ""
    return installation(server.platform, spec.place.host)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _before(now: Situation, spec: Spec, requests: tuple[FixRequest, ...]) -> str:
    first = now.routes[0]
    match spec.remedy:
        case "mode-for-host":
            return mode_name(mode_of(now))
        case "sni-for-host":
            return f"SNI {first.sni}" if first.sni else "no SNI"
        case "port-for-host":
            return f"port {first.port}"
        case "pool-endpoint-off":
            return f"endpoint {spec.value} enabled"
        case "grey-record":
            return f"proxied ({len(requests)} records)"
        case "origin-ca":
            return "the certificate that the origin serves"
        case "zone-mode":
            return mode_name(str(requests[0].before))
        case _:
            return ", ".join(str(each.before).lower() for each in requests)


def _notes(kind: RemedyKind, spec: Spec, requests: tuple[FixRequest, ...]) -> list[str]:
    notes = []
    if kind.scope is ChangeScope.ZONE:
        notes.append(
            f"this concerns every host of the zone {spec.zone}, not {spec.place.host} alone"
        )
    if kind.scope is ChangeScope.POOL:
        notes.append("this concerns every host that the pool serves")
    if kind.rule:
        notes.append(
            "where Terraform manages this zone's rules, its next apply deletes the rule: put the "
            "block into its configuration"
        )
    elif kind.scope is ChangeScope.ZONE:
        notes.append("where Terraform manages this setting, its next apply puts it back")
    if any(each.kind is RequestKind.REMOVAL for each in requests):
        notes.append("a rule of cf525 that has ended is cleared away first")
    if spec.until is not None and not kind.rule:
        notes.append("nothing ends this by itself: cf525 fix --list tells when it is due")
    return notes
