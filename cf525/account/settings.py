"""What a zone's settings say about every handshake with an origin.

Readings in, decided values with their provenance out. A value that could not be read is marked
as assumed; the unknown that goes with it comes from the reading itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

from cf525.account.readings import ReadResult
from cf525.edge.profile import ALPN_H1, ALPN_H2
from cf525.model import Certainty, PostQuantum, Provenance, ZoneFacts
from cf525.pki.trust import holds_ml_dsa
from cf525.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decided(Generic[T]):
    """A value and what decided it."""

    value: T
    why: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class HandshakeSettings:
    """The settings that hold for every route of a zone that speaks TLS. ``anchors`` are the PEM
    certificates of the Custom Origin Trust Store that are in force."""

    alpn: Decided[tuple[str, ...]]
    post_quantum: Decided[PostQuantum]
    client_certificate: Decided[str]
    trust: Decided[str]
    compliance: Decided[tuple[str, ...]]
    anchors: tuple[str, ...] = ()
    ml_dsa: bool = False


def handshake(read: Mapping[str, ReadResult]) -> HandshakeSettings:
    """The handshake settings of a zone and hostname."""
    store = read["trust_store"]
    rows: Sequence[Mapping[str, Any]] = store.value or ()
    live: list[Mapping[str, Any]] = [
        row for row in rows if row.get("status") in ("active", "expired")
    ]
    if store.value is None and store.unread is not None:
        trust = Decided("public", _assumed("an empty Custom Origin Trust Store"))
    elif live:
        trust = Decided("custom", _api(_store(live)))
    else:
        trust = Decided("public", _api("Custom Origin Trust Store: empty"))
    anchors = tuple(str(row.get("certificate") or "") for row in live)
    return HandshakeSettings(
        alpn=_alpn(read["origin_max_http_version"]),
        post_quantum=_post_quantum(read["origin_pqe"], read["auto_origin_tls_kex"]),
        client_certificate=_client_certificate(read),
        trust=trust,
        compliance=_compliance(read["origin_tls_compliance_modes"]),
        anchors=anchors,
        ml_dsa=any(holds_ml_dsa(pem) for pem in anchors),
    )


def _store(live: Sequence[Mapping[str, Any]]) -> str:
    """The trust store in words, with those of its members that have ended."""
    ended = [row for row in live if row.get("status") == "expired"]
    text = f"Custom Origin Trust Store: {len(live)} certificate{'s' * (len(live) != 1)}"
    text += ", in place of all public authorities"
    if ended:
        names = ", ".join(
            f"{str(row.get('issuer') or 'one without a name')[:80]} on "
            f"{str(row.get('expires_on') or 'a day not told')[:10]}"
            for row in ended[:3]
        )
        text += f"; {len(ended)} of them ended ({names})"
    return text


def compliance_modes(outcome: ReadResult) -> tuple[str, ...]:
    """The compliance modes in force; unknown ones as they are."""
    value: Any = outcome.value.get("value") if isinstance(outcome.value, Mapping) else None
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _compliance(outcome: ReadResult) -> Decided[tuple[str, ...]]:
    modes = compliance_modes(outcome)
    if outcome.unread is not None:
        return Decided((), _assumed("no compliance mode"))
    shown = ", ".join(modes) or "none"
    return Decided(modes, _api(f"zone setting origin_tls_compliance_modes: {shown}"))


def zone_facts(zone: ZoneFacts, read: Mapping[str, ReadResult]) -> ZoneFacts:
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


def setting(outcome: ReadResult) -> str | None:
    """The ``value`` of a zone setting as text; None when it was not read."""
    value = outcome.value.get("value") if isinstance(outcome.value, Mapping) else None
    return value if isinstance(value, str) else None


def _api(detail: str) -> Provenance:
    return Provenance(source="api", detail=detail)


def _assumed(what: str) -> Provenance:
    return Provenance(
        source="default",
        detail=f"{what} is assumed: the setting was not read",
        certainty=Certainty.INFERRED,
    )


def _alpn(outcome: ReadResult) -> Decided[tuple[str, ...]]:
    version = setting(outcome)
    if version is None:
        return Decided(ALPN_H2, _assumed("HTTP/2 to origin"))
    return Decided(
        ALPN_H1 if version == "1" else ALPN_H2,
        _api(f"zone setting origin_max_http_version: {version}"),
    )


def _post_quantum(outcome: ReadResult, automatic: ReadResult) -> Decided[PostQuantum]:
    value = setting(outcome)
    enabled = isinstance(automatic.value, Mapping) and automatic.value.get("enabled") is True
    note = "; automatic key exchange is on and may prefer another first share" if enabled else ""
    if value is None:
        why = _assumed("post-quantum support")
        return Decided(PostQuantum.SUPPORTED, replace(why, detail=why.detail + note))
    known = value in list(PostQuantum)
    return Decided(
        PostQuantum(value) if known else PostQuantum.SUPPORTED,
        _api(f"zone setting origin_post_quantum_encryption: {value}{note}"),
    )


def _client_certificate(read: Mapping[str, ReadResult]) -> Decided[str]:
    """Hostname over zone over global; a hostname entry may also switch the certificate off."""
    host = read["aop_host"]
    unknown = Decided("unknown", _assumed("nothing about Authenticated Origin Pulls"))
    if host.unread is not None:
        return unknown
    enabled = host.value.get("enabled") if isinstance(host.value, Mapping) else None
    if isinstance(enabled, bool):
        switch = "on" if enabled else "off"
        return Decided(
            "host" if enabled else "none",
            replace(
                _api(f"Authenticated Origin Pulls of the hostname: {switch}"), reference="host"
            ),
        )
    zone = read["aop_zone"]
    if zone.unread is not None:
        return unknown
    if isinstance(zone.value, Mapping) and zone.value.get("enabled") is True:
        return Decided("zone", _api("Authenticated Origin Pulls of the zone: on"))
    shared = setting(read["tls_client_auth"])
    if shared is None:
        return unknown
    return Decided(
        "global" if shared == "on" else "none", _api(f"zone setting tls_client_auth: {shared}")
    )
