"""Causes around client certificates: the origin wants one, and who has it."""

from typing import Final, TypedDict

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.match import Match, evidence
from cf525.model import Confidence, Ending, Evidence, Observation, Status
from cf525.model.registry import AlertCode
from cf525.pki import client_ca_mistake
from cf525.pki.origin_ca import names_origin_pull_ca, shown

HIGH, MEDIUM = Confidence.HIGH, Confidence.MEDIUM

REFUSING_HTTP: Final = (400, 403, 495, 496)
"""How servers that finish the handshake refuse the missing certificate (nginx: 400)."""

MISSING_CERTIFICATE: Final = (
    AlertCode.HANDSHAKE_FAILURE,
    AlertCode.NO_CERTIFICATE,
    AlertCode.BAD_CERTIFICATE,
    AlertCode.UNSUPPORTED_CERTIFICATE,
    AlertCode.CERTIFICATE_REVOKED,
    AlertCode.CERTIFICATE_EXPIRED,
    AlertCode.CERTIFICATE_UNKNOWN,
    AlertCode.UNKNOWN_CA,
    AlertCode.ACCESS_DENIED,
    AlertCode.DECODE_ERROR,
    AlertCode.CERTIFICATE_REQUIRED,
)
"""Alerts with which servers refuse an empty Certificate. Others have another ground, even where
a certificate was asked for: 20 and 51 speak of keys, 80 of the server's own failure."""


def refusal(observation: Observation) -> tuple[str, Confidence] | None:
    """How the server refused the absence of a client certificate, and how sure that reading is.

    None when it asked for none, or asked and went on without.
    """
    if observation.certificate_request is None:
        return None
    alert = observation.fatal_alert
    when = "after" if observation.established else "during"
    if alert is not None and alert.description not in MISSING_CERTIFICATE:
        return None
    if alert is not None:
        sure = (
            Confidence.HIGH
            if alert.description == AlertCode.CERTIFICATE_REQUIRED or when == "during"
            else Confidence.MEDIUM
        )
        return (f"alert {alert.description} {alert.name} {when} the handshake", sure)
    if observation.http is not None:
        status = observation.http.status
        if status in REFUSING_HTTP:
            sure = Confidence.LOW if status == 403 else Confidence.MEDIUM
            return (f"HTTP {status} after the handshake", sure)
        return None
    if observation.ending in (Ending.EOF, Ending.RESET):
        return (f"a close {when} the handshake, without an alert", Confidence.MEDIUM)
    return None


@cause("client-cert-required", rank=36)
def client_certificate_required(case: Case) -> Match | None:
    """A CertificateRequest, and a refusal of the answer that holds none."""
    edge = case.edge
    if edge is None or case.own_certificate:
        return None
    refused = refusal(edge)
    if refused is None or edge.certificate_request is None:
        return _asked_later(case, edge)
    how, confidence = refused
    return Match(
        confidence=confidence,
        reason={
            Confidence.HIGH: "",
            Confidence.MEDIUM: "the server asked for a certificate and refused after the "
            "handshake; the refusal could have another ground",
            Confidence.LOW: "the application may forbid the page for another reason",
        }.get(confidence, ""),
        evidence=(
            evidence(f"the server sends a CertificateRequest{_asked_of(edge)}", edge),
            evidence(f"an empty answer to it gets {how}", edge),
            *_overridden(case),
        ),
        facts={**_aop(case), "how": how, "later": ""},
        **_outcome(case, edge),
    )


def _aop(case: Case) -> dict[str, object]:
    """What the edge shows to an origin that asks, and whether that is nothing."""
    shown = case.route.client_certificate
    return {"aop": shown, "not_on": "yes" if shown == "none" else ""}


def _asked_of(edge: Observation) -> str:
    """The CAs that the request names, and whether the one of the edge's certificate is there."""
    request = edge.certificate_request
    if request is None or not request.authorities:
        return ", naming no CA"
    named = shown(request.authorities)
    more = len(request.authorities) - len(named)
    listed = "; ".join(named) + (f" and {more} more" if more else "")
    pull = names_origin_pull_ca(request.authorities)
    which = f"Cloudflare's origin-pull CA is {'' if pull else 'not '}among them"
    return f" for a certificate of {listed}; {which}"


@cause("aop-off-for-host", rank=35, replaces=("client-cert-required", "mtls-unrelated"))
def switched_off(case: Case) -> Match | None:
    """The origin would take the edge's certificate, or the host's own switch is off: the edge
    shows none at all."""
    edge, why = case.edge, case.route.provenance.get("client_certificate")
    if edge is None or edge.certificate_request is None or case.own_certificate or why is None:
        return None
    told = refusal(edge)
    if told is None or case.route.client_certificate != "none":
        return None
    entry = why.reference == "host"
    if not entry and not names_origin_pull_ca(edge.certificate_request.authorities):
        return None
    how, confidence = told
    what = f"{why.detail}, which overrides what the zone has set" if entry else why.detail
    return Match(
        confidence=confidence,
        reason="" if confidence is HIGH else "the refusal could have another ground",
        evidence=(
            evidence(f"the server sends a CertificateRequest{_asked_of(edge)}", edge),
            evidence(what),
            evidence(f"an empty answer to it gets {how}", edge),
        ),
        facts={"how": how, "entry": "yes" if entry else "", "zone_wide": "" if entry else "yes"},
        **_outcome(case, edge),
    )


def _overridden(case: Case) -> tuple[Evidence, ...]:
    """The hostname's own association may switch off what the zone has on."""
    why = case.route.provenance.get("client_certificate")
    if case.route.client_certificate != "none" or why is None or why.reference != "host":
        return ()
    return (evidence(f"{why.detail}, which overrides what the zone has set"),)


NO_SECOND_REQUEST: Final = b"Cannot perform Post-Handshake Authentication"
"""What Apache's page says when TLS 1.3 does not let it ask for a certificate any more."""


def _asked_later(case: Case, edge: Observation) -> Match | None:
    """A server that wants a certificate for one path only: it asks when it knows the path. The
    edge takes no part in authentication after the handshake of TLS 1.3; up to TLS 1.2 its client
    renegotiates (inferred: cloudflare/pingora c0845a86), and what follows is not seen here."""
    page = edge.http.body_head if edge.http is not None and edge.http.status == 403 else b""
    if edge.asks_to_renegotiate and edge.http is None:
        how = "a HelloRequest in answer to the request: the server wants a new handshake"
        reason = "a server may renegotiate on other grounds, and seldom does"
    elif NO_SECOND_REQUEST in page:
        how = f'HTTP 403, and the page says "{NO_SECOND_REQUEST.decode()}"'
        reason = "the words of the page are the only evidence"
    else:
        return None
    return Match(
        confidence=MEDIUM,
        reason=reason,
        evidence=(evidence(how, edge),),
        facts={**_aop(case), "how": how, "later": "yes"},
        status=case.status.status,
    )


class _Met(TypedDict):
    status: Status
    contributing: bool


def _outcome(case: Case, edge: Observation) -> _Met:
    """What the refusal leads to. Where the edge refuses the server's own certificate, which it
    judges before it would send one, this waits behind that."""
    if case.status.status != "526":
        return _Met(status=case.status.status, contributing=False)
    behind = edge.http is not None and edge.http.status is not None and edge.established
    answered = edge.http.status if behind and edge.http is not None else None
    status = Status("525") if answered is None else Status.of_origin(answered)
    return _Met(status=status, contributing=True)


@cause("aop-wrong-ca-at-origin", rank=34)
def wrong_client_ca(case: Case) -> Match | None:
    """The origin names the Origin CA, which signs servers, as the CA of client certificates."""
    edge = case.edge
    if edge is None or edge.certificate_request is None or refusal(edge) is None:
        return None
    mistake = client_ca_mistake(edge.certificate_request.authorities)
    if not mistake:
        return None
    return Match(
        confidence=HIGH,
        evidence=(evidence(mistake, edge),),
        **_outcome(case, edge),
    )


@cause("mtls-unrelated", rank=37, replaces=("client-cert-required",))
def own_client_pki(case: Case) -> Match | None:
    """The origin names CAs of its own, which never signed the edge's shared certificate."""
    edge = case.edge
    told = refusal(edge) if edge is not None else None
    if edge is None or edge.certificate_request is None or told is None:
        return None
    authorities = edge.certificate_request.authorities
    if case.route.client_certificate not in ("global", "none") or not authorities:
        return None
    if client_ca_mistake(authorities) or names_origin_pull_ca(authorities):
        return None
    return Match(
        confidence=MEDIUM,
        reason="a server may accept more CAs than it names",
        evidence=(
            evidence(f"the server sends a CertificateRequest{_asked_of(edge)}", edge),
            evidence(f"an empty answer to it gets {told[0]}", edge),
            *_overridden(case),
        ),
        facts={"aop": case.route.client_certificate},
        **_outcome(case, edge),
    )
