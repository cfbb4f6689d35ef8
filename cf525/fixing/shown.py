"""A plan as it is shown and kept: every word of it from what is to be done and what was just read.

Nothing is read here, and nothing is taken from a plan that was kept before.
"""

from dataclasses import replace
from datetime import datetime

from cf525.changes.guards import mode_of_zone
from cf525.changes.plan import Spec, States, digest, fingerprint, rights_of
from cf525.changes.remedies import BY_ID, RemedyKind, words_of
from cf525.changes.render import terraform
from cf525.edge.modes import mode_name
from cf525.model import ChangeScope
from cf525.model.fix import FixPlan, FixRequest, Predicted, RequestKind
from cf525.model.status import NOT_APPLICABLE, UNKNOWN
from cf525.report.plain import to_plain
from cf525.version import __version__

_CA_PRICE = (
    "A certificate that browsers do not trust: it serves behind Cloudflare's proxy alone, and "
    "nobody is told before it ends."
)
_CA_UNDO = (
    "Revoke the certificate, once the origin serves another one: that cannot be taken back, and "
    "breaks Full (strict) where it is installed."
)


def shown(
    spec: Spec,
    requests: tuple[FixRequest, ...],
    states: States,
    *,
    predicted: Predicted,
    made_at: datetime,
    before: str = "",
    install: str = "",
    notes: tuple[str, ...] = (),
) -> FixPlan:
    """The plan of these writes. ``before`` is what the routes tell of now, if they were asked."""
    kind, changes = BY_ID[spec.remedy], spec.changes()
    plan = FixPlan(
        id=spec.id,
        host=spec.place.host,
        remedy=spec.remedy,
        value=spec.value,
        zone=spec.zone,
        zone_id=spec.place.zone_id,
        account_id=spec.place.account_id,
        pool_id=spec.place.pool_id,
        address=spec.place.address,
        scope=kind.scope,
        before=before or _before(spec, requests, states),
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
        terraform="\n\n".join(filter(None, (terraform(each, requests) for each in changes))),
        install=install,
        notes=(*notes, *_notes(kind, spec, requests)),
    )
    return replace(plan, digest=digest(to_plain(plan)))


def unforetold(remedy: str) -> Predicted:
    """What can be said of a plan that was kept: what its remedy is for, and no more."""
    return Predicted(
        edge_status=NOT_APPLICABLE if remedy == "grey-record" else UNKNOWN,
        was=UNKNOWN,
        reason="What a kept plan foretold is not taken from its file; cf525 fix HOST REMEDY "
        "foretells it anew.",
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _before(spec: Spec, requests: tuple[FixRequest, ...], states: States) -> str:
    match spec.remedy:
        case "mode-for-host":
            return f"the zone in {mode_name(mode_of_zone(spec, states))}"
        case "sni-for-host" | "port-for-host":
            return "as the host is routed now"
        case "pool-endpoint-off":
            return f"endpoint {spec.value} ({spec.place.address}) enabled"
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
