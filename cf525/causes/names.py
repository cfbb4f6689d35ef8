"""Causes around the name in the ClientHello: refused, unknown, or answered by a default."""

from typing import Any, Final

from cf525.causes.case import Case, Match, contrast, evidence, outcome, variation_label
from cf525.causes.cause import cause
from cf525.model import Confidence, Observation

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

FALLBACK_NAMES: Final = {
    "kubernetes ingress controller fake certificate": "ingress-nginx",
    "traefik default cert": "Traefik",
    "plesk": "Plesk",
    "localhost": "a distribution's snakeoil certificate",
    "localhost.localdomain": "a distribution's snakeoil certificate",
    "caddy local authority - ecc intermediate": "Caddy",
    "parallels panel": "Plesk",
    "synology": "Synology",
    "unifi": "UniFi",
    "example.com default": "a default virtual host",
}
"""Common names (lower case) of certificates that servers present when they know no better."""


def _with_other_name(case: Case) -> list[Observation]:
    return [each for each in case.varied("sni") if each.answered]


@cause("sni-rejected-112", "525", rank=20)
def sni_rejected_112(case: Case) -> Match | None:
    """Fatal alert unrecognized_name as the first answer."""
    alert = case.first_alert(112)
    if alert is None:
        return None
    others = _with_other_name(case)
    proof = [
        evidence(
            f"SNI {case.route.sni} is answered with fatal alert 112 unrecognized_name, "
            "before any certificate",
            case.edge,
        )
    ]
    if others:
        proof.append(contrast(case, *others))
        return Match(confidence=HIGH, evidence=tuple(proof), facts=_known_names(others))
    refused = [each for each in case.varied("sni", "") if not each.answered]
    if refused:
        proof.append(contrast(case, *refused))
    return Match(
        confidence=HIGH,
        reason="the alert is defined for this alone; no other name was found that is accepted",
        evidence=tuple(proof),
        facts=_known_names(()),
    )


def _known_names(others: list[Observation] | tuple[()]) -> dict[str, object]:
    known = [each.sni for each in others if each.sni]
    return {"known_name": known[0] if known else ""}


@cause("sni-rejected-80", "525", rank=20)
def sni_rejected_80(case: Case) -> Match | None:
    """Alert internal_error as the first answer: how Go servers say that no certificate fits."""
    alert = case.first_alert(80)
    if alert is None:
        return None
    first = evidence(
        f"SNI {case.route.sni} is answered with fatal alert 80 internal_error, "
        "before any certificate",
        case.edge,
    )
    others = _with_other_name(case)
    if others:
        return Match(
            confidence=HIGH,
            evidence=(first, contrast(case, *others)),
            facts=_known_names(others),
        )
    versions = [each for each in case.varied("version") if each.answered]
    if versions:
        return None  # another version is answered: the name is not what it minds
    go_server = next((each for each in case.varied("plain") if _go_refusal(each)), None)
    if go_server is not None:
        return Match(
            confidence=HIGH,
            reason="the server behaves as Go's TLS does, where alert 80 means: no certificate "
            "for this name",
            evidence=(first, contrast(case, go_server)),
            facts=_known_names(()),
        )
    return Match(
        confidence=MEDIUM,
        reason="no name was found that the server accepts, and servers also send alert 80 when "
        "a certificate file cannot be read",
        evidence=(first, contrast(case, *case.varied("sni"), *case.varied("version"))),
        facts=_known_names(()),
    )


def _go_refusal(observation: Observation) -> bool:
    """Go's net/http answers plain HTTP on a TLS port with HTTP/1.0 400 and no headers."""
    answer = observation.http
    return answer is not None and answer.status == 400 and not answer.headers


@cause("sni-reset", "525", rank=22)
def sni_reset(case: Case) -> Match | None:
    """The connection is dropped for this name, and another name is answered."""
    if not (case.silent_close or case.silent):
        return None
    others = _with_other_name(case)
    if not others:
        return None
    return Match(
        confidence=HIGH,
        reason="the name was the only thing changed",
        evidence=(contrast(case, *others),),
        facts=_known_names(others),
    )


@cause("default-vhost-cert", "526", rank=38)
def default_vhost(case: Case) -> Match | None:
    """The handshake works with a certificate that belongs to no host of this name."""
    leaf = case.leaf
    if case.edge is None or leaf is None or case.verdict is None:
        return None
    if not case.verdict.has("hostname_mismatch"):
        return None
    software = FALLBACK_NAMES.get(leaf.common_name.lower(), "")
    nameless = next(iter(case.varied("sni", "")), None)
    same = (
        nameless is not None
        and bool(nameless.certificates)
        and nameless.certificates[0] == case.edge.certificates[0]
    )
    if not software and not (same and not _related(case, leaf.dns_names)):
        return None
    shown = ", ".join(leaf.dns_names[:4]) or leaf.common_name or "no name at all"
    proof = [evidence(f"SNI {case.route.sni} → a certificate for {shown}", case.edge)]
    if nameless is not None and same:
        label = variation_label(nameless.variation) if nameless.variation else "no SNI"
        proof.append(
            evidence(f"{label} → the very same certificate ({outcome(nameless)})", nameless)
        )
    return Match(
        confidence=HIGH if software or same else MEDIUM,
        evidence=tuple(proof),
        facts={"software": software, "served": shown},
        **_unless_validated(case),
    )


def _related(case: Case, names: tuple[str, ...]) -> bool:
    """Whether a name of the certificate lies in the same domain as one that was asked for."""
    wanted = {_domain(each) for each in case.route.accepted_names}
    return any(_domain(each.removeprefix("*.")) in wanted for each in names)


def _domain(name: str) -> str:
    return ".".join(name.lower().split(".")[-2:])


def _unless_validated(case: Case) -> dict[str, Any]:
    if case.validated:
        return {"status": "526"}
    return {"status": case.status.status, "contributing": True}


@cause("alpn-no-overlap", "525", rank=30)
def alpn_no_overlap(case: Case) -> Match | None:
    """The server refuses the application protocols the edge offers."""
    edge = case.edge
    if edge is None or edge.established:
        return None
    alert = edge.fatal_alert
    if alert is None or alert.description != 120:
        return None
    without = case.answered("alpn", "")
    proof = [
        evidence(
            f"ALPN {', '.join(case.route.alpn)} is answered with alert 120 no_application_protocol",
            edge,
        )
    ]
    if without is not None:
        proof.append(contrast(case, without))
    return Match(confidence=HIGH, evidence=tuple(proof))
