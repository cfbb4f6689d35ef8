"""How the edge would treat one request before an address is chosen, every value with its reason.

A plan starts from the zone's settings; rules refine it. Plans become routes when they meet the
endpoints they lead to. Pure data and functions; nothing here reads anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from cf525.account.endpoints import Endpoint
from cf525.account.readings import Outcome
from cf525.edge.modes import UNKNOWN, mode_name, origin_leg
from cf525.edge.profile import ALPN_H1, ALPN_H2
from cf525.model import Certainty, PostQuantum, Provenance, Route, Target, ZoneFacts

T = TypeVar("T")

_DEFAULT_REASON: Final = "assumed: it could not be read"


@dataclass(frozen=True, slots=True)
class Decided(Generic[T]):
    """A value and what decided it."""

    value: T
    why: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One way the edge may treat the request. ``port`` is None while the mode decides it;
    ``conditions`` name the rules that must or must not match for this plan to hold."""

    mode: Decided[str]
    host: Decided[str]
    sni: Decided[str]
    port: Decided[int] | None = None
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What the zone says about every handshake with an origin, whatever the plan."""

    alpn: Decided[tuple[str, ...]]
    post_quantum: Decided[PostQuantum]
    client_certificate: Decided[str]
    trust: Decided[str]


def base_plan(target: Target, read: Mapping[str, Outcome]) -> Plan:
    """The plan without any rule: the zone's mode, the visitor's host for Host and SNI."""
    asked = Provenance(
        source="default", detail="the requested hostname", certainty=Certainty.INFERRED
    )
    name = Decided(target.host, asked)
    return Plan(mode=_zone_mode(read["ssl"]), host=name, sni=name)


def handshake(read: Mapping[str, Outcome]) -> Handshake:
    """The zone-wide handshake settings; what could not be read is marked as assumed."""
    return Handshake(
        alpn=_alpn(read["origin_max_http_version"]),
        post_quantum=_post_quantum(read["origin_pqe"]),
        client_certificate=_client_certificate(read),
        trust=_trust(read["trust_store"]),
    )


def route(number: int, target: Target, plan: Plan, shake: Handshake, endpoint: Endpoint) -> Route:
    """The route of one plan to one endpoint."""
    mode = plan.mode.value
    scheme, port = origin_leg(mode, target.scheme, target.port)
    mode_why = plan.mode.why
    if mode == "flexible" and scheme == "https":
        mode = "full"
        mode_why = Provenance(
            source=mode_why.source,
            detail=f"{mode_why.detail}; on port {port} Flexible acts as Full",
            reference=mode_why.reference,
        )
    port_why = Provenance(
        source="default",
        detail=f"mode {mode_name(plan.mode.value)} for a visitor on {target.scheme} "
        f"port {target.port}",
        certainty=Certainty.INFERRED if mode == UNKNOWN else Certainty.DOCUMENTED,
    )
    if plan.port is not None:
        port, port_why = plan.port.value, plan.port.why
    tls = scheme == "https"
    certificate = shake.client_certificate
    if not tls:
        certificate = Decided(
            "none", Provenance(source="default", detail="no TLS towards the origin")
        )
    names, names_why = _accepted_names(plan, endpoint)
    provenance = {
        "mode": mode_why,
        "address": endpoint.why,
        "port": port_why,
        "sni": plan.sni.why,
        "host": plan.host.why,
        "alpn": shake.alpn.why,
        "post_quantum": shake.post_quantum.why,
        "client_certificate": certificate.why,
        "accepted_names": names_why,
        "trust": shake.trust.why,
    }
    if plan.conditions:
        provenance["condition"] = Provenance(source="api", detail="; ".join(plan.conditions))
    return Route(
        id=f"r{number}",
        mode=mode,
        scheme=scheme,
        address=endpoint.address,
        port=port,
        sni=plan.sni.value if tls else None,
        host_header=plan.host.value,
        alpn=shake.alpn.value,
        post_quantum=shake.post_quantum.value,
        accepted_names=names,
        client_certificate=certificate.value,
        trust=shake.trust.value,
        not_probeable=endpoint.not_probeable,
        provenance=provenance,
    )


def zone_facts(zone: ZoneFacts, read: Mapping[str, Outcome]) -> ZoneFacts:
    """The zone with the settings that a report shows."""
    ssl = read["ssl"].value
    client_auth = setting(read["tls_client_auth"])
    return replace(
        zone,
        ssl=setting(read["ssl"]),
        ssl_modified_on=str(ssl.get("modified_on") or "") if isinstance(ssl, Mapping) else "",
        ssl_automatic=setting(read["ssl_automatic_mode"]),
        tls_client_auth=None if client_auth is None else client_auth == "on",
        origin_http_version=setting(read["origin_max_http_version"]),
    )


def setting(outcome: Outcome) -> str | None:
    """The ``value`` of a zone setting as text; None when it was not read."""
    value = outcome.value.get("value") if isinstance(outcome.value, Mapping) else None
    return value if isinstance(value, str) else None


def _api(detail: str) -> Provenance:
    return Provenance(source="api", detail=detail)


def _assumed(what: str) -> Provenance:
    return Provenance(
        source="default", detail=f"{what}, {_DEFAULT_REASON}", certainty=Certainty.INFERRED
    )


def _zone_mode(outcome: Outcome) -> Decided[str]:
    mode = setting(outcome)
    if mode is None:
        return Decided(UNKNOWN, _assumed("the visitor's scheme kept"))
    return Decided(mode, _api(f"zone setting ssl: {mode}"))


def _alpn(outcome: Outcome) -> Decided[tuple[str, ...]]:
    version = setting(outcome)
    if version is None:
        return Decided(ALPN_H2, _assumed("HTTP/2 to origin on"))
    return Decided(
        ALPN_H1 if version == "1" else ALPN_H2,
        _api(f"zone setting origin_max_http_version: {version}"),
    )


def _post_quantum(outcome: Outcome) -> Decided[PostQuantum]:
    value = setting(outcome)
    if value is None:
        return Decided(PostQuantum.SUPPORTED, _assumed("hybrid groups advertised"))
    known = value in list(PostQuantum)
    return Decided(
        PostQuantum(value) if known else PostQuantum.SUPPORTED,
        _api(f"zone setting origin_post_quantum_encryption: {value}"),
    )


def _trust(outcome: Outcome) -> Decided[str]:
    if outcome.value is None and outcome.unread is not None:
        return Decided("public", _assumed("no Custom Origin Trust Store"))
    rows: Sequence[Mapping[str, Any]] = outcome.value or ()
    live = [row for row in rows if row.get("status") in ("active", "expired")]
    if live:
        return Decided("custom", _api(f"Custom Origin Trust Store with {len(live)} certificates"))
    return Decided("public", _api("the Custom Origin Trust Store is empty"))


def _client_certificate(read: Mapping[str, Outcome]) -> Decided[str]:
    """Hostname over zone over global; a hostname entry may also switch the certificate off."""
    host = read["aop_host"]
    if host.unread is not None:
        return Decided("unknown", _assumed("Authenticated Origin Pulls"))
    enabled = host.value.get("enabled") if isinstance(host.value, Mapping) else None
    if isinstance(enabled, bool):
        switch = "on" if enabled else "off"
        return Decided(
            "host" if enabled else "none",
            _api(f"Authenticated Origin Pulls for the hostname: {switch}"),
        )
    zone = read["aop_zone"]
    if zone.unread is not None:
        return Decided("unknown", _assumed("Authenticated Origin Pulls"))
    if isinstance(zone.value, Mapping) and zone.value.get("enabled") is True:
        return Decided("zone", _api("Authenticated Origin Pulls for the zone: on"))
    shared = setting(read["tls_client_auth"])
    if shared is None:
        return Decided("unknown", _assumed("Authenticated Origin Pulls"))
    return Decided(
        "global" if shared == "on" else "none", _api(f"zone setting tls_client_auth: {shared}")
    )


def _accepted_names(plan: Plan, endpoint: Endpoint) -> tuple[tuple[str, ...], Provenance]:
    names = dict.fromkeys((plan.sni.value, plan.host.value))
    detail = "the requested name"
    if endpoint.target is not None:
        names[endpoint.target] = None
        detail = "the requested name or the CNAME target"
    return tuple(names), Provenance(
        source="default",
        detail=f"Full (strict) accepts {detail}",
        certainty=Certainty.DOCUMENTED,
    )
