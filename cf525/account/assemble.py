"""Treatment and endpoint make a route: the last step, where overrides of both meet.

Pure. Where Cloudflare's pages contradict each other about which override wins, both routes are
made, and the caller says so.
"""

from collections.abc import Iterable, Mapping

from cf525.account.endpoints import Endpoint
from cf525.account.settings import Decided, HandshakeSettings
from cf525.account.treatment import Treatment
from cf525.edge.modes import UNKNOWN, mode_name, origin_leg
from cf525.model import Certainty, Provenance, Route, Target, Unknown
from cf525.values import dataclass

HOST_CONFLICT = Unknown(
    id="host-header-conflict",
    text="An Origin Rule and the load balancer's endpoint both set the Host header, and "
    "Cloudflare's pages disagree on which wins; both routes are listed.",
    next="Run Cloudflare Trace, or keep only one of the two.",
)


@dataclass(frozen=True, slots=True)
class Names:
    """Host header and SNI of a route, each with its reason."""

    host: Decided[str]
    sni: Decided[str]


def assemble(
    target: Target,
    shake: HandshakeSettings,
    pairs: Iterable[tuple[Treatment, Endpoint]],
) -> tuple[tuple[Route, ...], tuple[Unknown, ...]]:
    """The routes of plans that meet endpoints, numbered in order and without repetitions."""
    routes: dict[tuple[object, ...], Route] = {}
    unknowns: dict[Unknown, None] = {}
    for plan, endpoint in pairs:
        variants = _names(plan, endpoint)
        if len(variants) > 1:
            unknowns[HOST_CONFLICT] = None
        for names in variants:
            route = _route(len(routes) + 1, target, plan, shake, endpoint, names)
            routes.setdefault(_identity(route), route)
    return tuple(routes.values()), tuple(unknowns)


def _identity(route: Route) -> tuple[object, ...]:
    condition = route.provenance.get("condition")
    return (
        *(route.mode, route.scheme, route.address, route.port, route.sni, route.host_header),
        *(route.not_probeable, condition and condition.detail),
        route.provenance["address"].detail if route.address is None else None,
    )


def _names(plan: Treatment, endpoint: Endpoint) -> tuple[Names, ...]:
    hosts = [plan.host]
    if endpoint.host is not None:
        hosts = [Decided(endpoint.host, endpoint.why)]
        if plan.host_overridden and plan.host.value != endpoint.host:
            hosts.append(plan.host)
    return tuple(Names(host, _sni(plan, endpoint, host)) for host in hosts)


def _sni(plan: Treatment, endpoint: Endpoint, host: Decided[str]) -> Decided[str]:
    if plan.sni is not None:
        return plan.sni
    if endpoint.sni is not None:
        return Decided(endpoint.sni, endpoint.why)
    overridden = plan.host_overridden or endpoint.host is not None
    why = Provenance(
        source=host.why.source,
        detail=f"follows the Host header: {host.why.detail}",
        reference=host.why.reference,
        certainty=Certainty.DOCUMENTED if overridden else Certainty.INFERRED,
    )
    return Decided(host.value, why)


def _route(
    number: int,
    target: Target,
    plan: Treatment,
    shake: HandshakeSettings,
    endpoint: Endpoint,
    names: Names,
) -> Route:
    scheme, port = _leg(plan, target, endpoint)
    tls = scheme == "https"
    mode = _acting_mode(plan, target, scheme)
    plain = Decided("none", Provenance(source="default", detail="no TLS towards the origin"))
    certificate = shake.client_certificate if tls else plain
    accepted = _accepted_names(names, endpoint)
    provenance: dict[str, Provenance] = {
        "mode": mode.why,
        "address": endpoint.why,
        "port": port.why,
        "sni": names.sni.why,
        "host": names.host.why,
        "alpn": shake.alpn.why,
        "post_quantum": shake.post_quantum.why,
        "compliance": shake.compliance.why,
        "client_certificate": certificate.why,
        "accepted_names": accepted.why,
        "trust": shake.trust.why,
        **_notes(plan, endpoint, scheme, port.value),
    }
    return Route(
        id=f"r{number}",
        mode=mode.value,
        scheme=scheme,
        address=endpoint.address,
        port=port.value,
        sni=names.sni.value if tls else None,
        host_header=names.host.value,
        alpn=shake.alpn.value,
        post_quantum=shake.post_quantum.value,
        compliance=shake.compliance.value,
        accepted_names=accepted.value,
        client_certificate=certificate.value,
        trust=shake.trust.value,
        ml_dsa=shake.ml_dsa,
        not_probeable=endpoint.not_probeable,
        ingress=endpoint.ingress,
        provenance=provenance,
    )


def _overrides(plan: Treatment) -> list[str]:
    """What rules set for this request, rule by rule, in words."""
    said: dict[str, list[str]] = {}
    mode, host, port, sni, origin = plan.mode, plan.host, plan.port, plan.sni, plan.origin
    if origin is not None:
        said.setdefault(origin.why.detail, []).append(f"the origin {origin.value}")
    if port is not None:
        said.setdefault(port.why.detail, []).append(f"the port {port.value}")
    if plan.host_overridden and (origin is None or host.value != origin.value):
        both = "the Host header" if sni is not None else "the Host header and the SNI"
        said.setdefault(host.why.detail, []).append(f"{both} {host.value}")
    if sni is not None:
        said.setdefault(sni.why.detail, []).append(f"the SNI {sni.value}")
    if mode.why.reference:
        said.setdefault(mode.why.detail, []).append(f"the mode {mode_name(mode.value)}")
    return [f"{rule} sets {' and '.join(values)}" for rule, values in said.items()]


def _notes(plan: Treatment, endpoint: Endpoint, scheme: str, port: int) -> Mapping[str, Provenance]:
    """Provenance beyond the route's own values: its conditions, and what lies behind a tunnel."""
    notes = {}
    conditions = (*plan.conditions, *endpoint.conditions)
    if conditions:
        notes["condition"] = Provenance(source="api", detail="; ".join(conditions))
    if plan.conditions:
        notes["rule"] = Provenance(source="api", detail="; ".join(plan.conditions))
    if endpoint.standby is not None:
        notes["standby"] = endpoint.standby
    set_by = _overrides(plan)
    if set_by:
        notes["rules"] = Provenance(source="api", detail="; ".join(set_by))
    if plan.connector:
        notes["connector"] = Provenance(source="api", detail=plan.connector)
    if plan.mode.value == "flexible" and scheme == "https":
        notes["acts_as"] = Provenance(
            source="default",
            detail=f"the mode is Flexible, which acts as Full on every port but 443: the edge "
            f"speaks TLS to port {port}",
            certainty=Certainty.INFERRED,
        )
    if endpoint.host is not None and plan.sni is None and not plan.host_overridden:
        notes["sni_by_endpoint"] = Provenance(source="api", detail=endpoint.why.detail)
    if endpoint.custom_origin and plan.sni is None and not plan.host_overridden:
        notes["custom_origin"] = Provenance(source="api", detail=endpoint.why.detail)
    if endpoint.further:
        notes["further"] = Provenance(source="dns", detail=", ".join(endpoint.further))
    if plan.shares:
        notes["share"] = Provenance(source="api", detail="; ".join(plan.shares))
    if endpoint.monitor is not None:
        notes["monitor"] = endpoint.monitor
    if endpoint.named is not None and not plan.host_overridden and plan.sni is None:
        notes["endpoint"] = endpoint.named
    if endpoint.behind is not None:
        notes["tunnel"] = endpoint.behind
    return notes


def _leg(plan: Treatment, target: Target, endpoint: Endpoint) -> tuple[str, Decided[int]]:
    fixed = plan.port
    if fixed is None and endpoint.port is not None:
        fixed = Decided(endpoint.port, endpoint.why)
    mode = plan.mode.value
    scheme, port = origin_leg(mode, target.scheme, target.port, fixed.value if fixed else None)
    why = Provenance(
        source="default",
        detail=f"mode {mode_name(mode)} for {target.scheme} visitors on port {target.port}",
        certainty=Certainty.INFERRED if mode == UNKNOWN else Certainty.DOCUMENTED,
    )
    return scheme, fixed or Decided(port, why)


def _acting_mode(plan: Treatment, target: Target, scheme: str) -> Decided[str]:
    """Flexible that speaks TLS all the same acts as Full."""
    if plan.mode.value != "flexible" or scheme != "https":
        return plan.mode
    why = plan.mode.why
    return Decided(
        "full",
        Provenance(
            source=why.source,
            detail=f"{why.detail}; on port {target.port} Flexible acts as Full",
            reference=why.reference,
            certainty=why.certainty,
        ),
    )


def _accepted_names(names: Names, endpoint: Endpoint) -> Decided[tuple[str, ...]]:
    accepted = dict.fromkeys((names.sni.value, names.host.value))
    detail = "Full (strict) accepts the requested name"
    if endpoint.target is not None:
        accepted[endpoint.target] = None
        detail += " or the CNAME target"
    return Decided(tuple(accepted), Provenance(source="default", detail=detail))
