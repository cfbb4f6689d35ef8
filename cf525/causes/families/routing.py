"""Causes in where the edge goes: addresses, families, tunnels, modes, redirects."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.match import Match, contrast, evidence, outcome
from cf525.model import Confidence, Ending, Evidence, NotProbeable, Variable

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


def _not_probeable(case: Case, why: NotProbeable) -> Match | None:
    if case.route.not_probeable is not why:
        return None
    provenance = case.route.provenance.get("address")
    text = provenance.detail if provenance is not None else case.address
    if case.route.address is not None and case.route.address not in text:
        text += f" → {case.route.address}"
    return Match(
        confidence=HIGH,
        evidence=(evidence(text),),
        facts={"record": text},
        status=case.status.status,
    )


@cause("points-to-cloudflare", rank=5, needs=())
def points_to_cloudflare(case: Case) -> Match | None:
    refused = _not_probeable(case, NotProbeable.PROHIBITED)
    if refused is None:
        return _not_probeable(case, NotProbeable.CLOUDFLARE_ADDRESS)
    facts = {**refused.facts, "refused": "yes"}
    return replace(refused, confidence=case.status.confidence, facts=facts)


@cause("tunnel", rank=5, needs=())
def tunnel(case: Case) -> Match | None:
    return _not_probeable(case, NotProbeable.TUNNEL)


@cause("not-proxied", rank=5, needs=())
def not_proxied(case: Case) -> Match | None:
    found = _not_probeable(case, NotProbeable.NOT_PROXIED)
    decisive = case.direct.decisive if case.direct is not None else ()
    if found is None or not decisive:
        return found
    told = f"visitors get there, without Cloudflare: {decisive[0].text}"
    return replace(
        found,
        evidence=(*found.evidence, evidence(told)),
        facts={**found.facts, "direct": decisive[0].text, "mend": decisive[0].remedy},
    )


@cause("placeholder-address", rank=5, needs=())
def placeholder(case: Case) -> Match | None:
    return _not_probeable(case, NotProbeable.PLACEHOLDER)


@cause("private-address", rank=5, needs=())
def private_address(case: Case) -> Match | None:
    return _not_probeable(case, NotProbeable.PRIVATE)


@cause("private-network", rank=5, needs=())
def private_network(case: Case) -> Match | None:
    return _not_probeable(case, NotProbeable.PRIVATE_NETWORK)


@cause("origin-unresolved", rank=5, needs=())
def unresolved(case: Case) -> Match | None:
    found = _not_probeable(case, NotProbeable.UNRESOLVED)
    found = found or _not_probeable(case, NotProbeable.NO_ADDRESS)
    if found is None:
        return None
    # The name that was asked for has the edge's addresses: what it leads to is to be looked at.
    led_to = [each for each in case.route.accepted_names[1:] if each in found.evidence[0].text]
    return replace(found, facts={**found.facts, "target": led_to[-1] if led_to else ""})


@cause("zone-inactive", rank=4, needs=())
def zone_inactive(case: Case) -> Match | None:
    """A zone that is paused or not active proxies nothing."""
    zone = case.zone
    if zone is None or not (zone.paused or (zone.status and zone.status != "active")):
        return None
    state = "paused" if zone.paused else zone.status
    return Match(
        confidence=HIGH,
        evidence=(evidence(f"zone {zone.name} is {state}"),),
        facts={"state": state, "zone": zone.name},
        status="not-applicable",
    )


@cause("flexible-redirect-loop", rank=30, needs=())
def flexible_redirect_loop(case: Case) -> Match | None:
    """Flexible asks over HTTP and the origin sends the visitor to HTTPS, for ever."""
    if case.status.status != "redirect-loop" or case.edge is None or case.edge.http is None:
        return None
    if case.route.scheme == "https":
        return None
    location = case.edge.http.header("location") or ""
    why, zone = case.route.provenance.get("mode"), case.zone
    ruled = why is not None and zone is not None and zone.ssl not in (None, "", case.route.mode)
    return Match(
        confidence=HIGH,
        facts={
            "rule": why.detail if why is not None and ruled else "",
            "zone_wide": "" if ruled else "yes",
        },
        evidence=(
            evidence(
                f"plain HTTP to {case.where} answers {case.edge.http.status} → {location}",
                case.edge,
            ),
        ),
    )


RECENT: Final = timedelta(days=14)


@cause("mode-raised", rank=75, needs=())
def mode_raised(case: Case) -> Match | None:
    """The zone's mode was changed not long before it fails, or changes by itself."""
    zone = case.zone
    if zone is None or case.edge is None or case.status.status not in ("525", "526"):
        return None
    changed = _moment(zone.ssl_modified_on)
    recent = changed is not None and timedelta(0) <= case.edge.started_at - changed < RECENT
    automatic = zone.ssl_automatic == "auto"
    if not recent and not automatic:
        return None
    when = f"changed on {zone.ssl_modified_on}" if zone.ssl_modified_on else "of unknown date"
    manner = "managed by Automatic SSL/TLS" if automatic else "set by hand"
    return Match(
        confidence=MEDIUM if recent else LOW,
        reason="that it worked before the change is not known from here",
        evidence=(evidence(f"the zone's mode is {zone.ssl or 'unknown'}, {manner}, {when}"),),
        facts={"automatic": automatic, "changed": zone.ssl_modified_on},
        contributing=True,
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


_NAME_REFUSED: Final = (
    *("sni-rejected-112", "sni-rejected-80", "sni-rejected-other", "sni-reset"),
    "sni-needs-cname-target",
)
"""What is said of a name that the origin refuses."""


@cause("name-overridden", rank=74, needs=(), replaces=_NAME_REFUSED)
def name_overridden(case: Case) -> Match | None:
    """Something at Cloudflare makes the edge send another SNI than the visitor's name.

    It is the cause where the origin refuses that name and takes the visitor's.
    """
    sni, why = case.route.sni, case.route.provenance.get("sni")
    if sni is None or sni == case.target.host or why is None or not case.status.fails:
        return None
    if case.status.status not in ("525", "526") or why.source == "argument":
        return None
    proof = evidence(f"SNI {sni} in place of {case.target.host}: {why.detail}")
    facts: dict[str, object] = {"why": why.detail, "visitor": case.target.host}
    taken = [each for each in case.varied(Variable.SNI, case.target.host) if each.certificates]
    if taken and case.before_hello:
        return Match(confidence=HIGH, evidence=(proof, contrast(case, *taken)), facts=facts)
    return Match(
        confidence=LOW,
        reason="it matters only if the origin minds the name",
        evidence=(proof,),
        facts=facts,
        contributing=True,
    )


@cause("ipv6-only-broken", rank=8, needs=())
def ipv6_only_broken(case: Case) -> Match | None:
    """Every IPv6 address fails and every IPv4 address works."""
    if not case.siblings or ip_address(case.route.address or "0.0.0.0").version != 6:  # noqa: S104
        return None
    everyone = [each for each in (case, *case.siblings) if each.standby is case.standby]
    tried = [each for each in everyone if each.edge and each.edge.ending is not Ending.LOCAL_ERROR]
    v6 = [each for each in tried if ":" in each.address]
    v4 = [each for each in tried if ":" not in each.address]
    if case not in v6 or not v4:
        return None
    if not all(_bad(each) for each in v6) or not all(each.status.status == "ok" for each in v4):
        return None
    return Match(
        confidence=MEDIUM if case.status.status == "unknown" else case.status.confidence,
        evidence=_side_by_side(everyone),
    )


@cause("one-of-several-addresses", rank=9, needs=())
def one_of_several(case: Case) -> Match | None:
    """Some addresses of the name work and this one does not."""
    if not _bad(case) or case.standby:
        return None
    alike = [each for each in case.siblings if each.rule == case.rule and not each.standby]
    good = [each for each in alike if each.status.status == "ok" and each.place != case.place]
    if not good or ipv6_only_broken(case) is not None:
        return None
    by_port = all(each.address == case.address for each in good)
    return Match(
        confidence=case.status.confidence,
        evidence=_side_by_side([case, *alike]),
        facts={
            "good": ", ".join(each.where if by_port else each.address for each in good),
            "bad": case.where if by_port else case.address,
            "why": _own_defect(case),
        },
    )


def _own_defect(case: Case) -> str:
    """What is wrong with this address, in a few words."""
    edge = case.edge
    if edge is not None and not edge.established and case.status.status == "525":
        return outcome(edge)
    return case.status.reason.rstrip(".")


@cause("rule-for-some", rank=9, needs=())
def rule_for_some(case: Case) -> Match | None:
    """A rule that looks at the visitor decides which route he takes, and they end differently."""
    if not case.status.status.fails or "share" in case.route.provenance or case.standby:
        return None
    if not case.rule or not case.spared:
        return None
    return Match(
        confidence=case.status.confidence,
        evidence=tuple(
            evidence(f"{each.rule} → {each.status.status} (mode {each.route.mode})", each.edge)
            for each in (case, *case.spared)
        ),
        facts={"rule": case.rule, "other": case.spared[0].rule},
        status=case.status.status,
        contributing=True,
    )


@cause("standby-fails", rank=6, needs=())
def standby_fails(case: Case) -> Match | None:
    """What waits for other pools to fail would fail itself."""
    why = case.route.provenance.get("standby")
    if why is None or not _bad(case) or not case.status.status.fails:
        return None
    return Match(
        confidence=case.status.confidence,
        evidence=(
            evidence(f"{case.where} → {case.status.status}: {case.status.reason}", case.edge),
            evidence(why.detail),
        ),
        facts={
            "pool": why.reference,
            "would": case.status.status,
            "why": case.status.reason.rstrip("."),
            "when": why.detail,
        },
        status=case.status.status,
        contributing=True,
    )


def _bad(case: Case) -> bool:
    return case.status.fails or (
        case.edge is not None and case.edge.ending is Ending.CONNECT_TIMEOUT
    )


def _side_by_side(cases: list[Case]) -> tuple[Evidence, ...]:
    return tuple(
        evidence(f"{each.where} → {each.status.status}: {outcome(each.edge)}", each.edge)
        for each in cases
        if each.edge is not None
    )
