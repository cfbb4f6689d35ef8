"""Causes around client certificates: the origin wants one, and who has it."""

from typing import Final

from cf525.causes.case import Case, Match, evidence
from cf525.causes.cause import cause
from cf525.model import Confidence, Ending, Observation

REFUSING_HTTP: Final = (400, 403, 495, 496)
"""How servers that finish the handshake refuse the missing certificate (nginx: 400)."""


def refusal(observation: Observation) -> tuple[str, Confidence] | None:
    """How the server refused the absence of a client certificate, and how sure that reading is.

    None when it asked for none, or asked and went on without.
    """
    if observation.certificate_request is None:
        return None
    alert = observation.fatal_alert
    when = "after" if observation.established else "during"
    if alert is not None:
        sure = (
            Confidence.HIGH if alert.description == 116 or when == "during" else Confidence.MEDIUM
        )
        return (f"alert {alert.description} {alert.name} {when} the handshake", sure)
    if observation.http is not None:
        if observation.http.status in REFUSING_HTTP:
            return (f"HTTP {observation.http.status} after the handshake", Confidence.MEDIUM)
        return None
    if observation.ending in (Ending.EOF, Ending.RESET):
        return (f"a close {when} the handshake, without an alert", Confidence.MEDIUM)
    return None


@cause("client-cert-required", "525", "520", rank=36)
def client_certificate_required(case: Case) -> Match | None:
    """A CertificateRequest, and a refusal of the answer that holds none."""
    edge = case.edge
    if edge is None:
        return None
    refused = refusal(edge)
    if refused is None or edge.certificate_request is None:
        return None
    how, confidence = refused
    authorities = len(edge.certificate_request.authorities)
    names = f", naming {authorities} acceptable CA{'s' * (authorities != 1)}" if authorities else ""
    return Match(
        confidence=confidence,
        reason={
            Confidence.HIGH: "",
            Confidence.MEDIUM: "the server asked for a certificate and refused after the "
            "handshake; the refusal could have another ground",
        }.get(confidence, ""),
        evidence=(
            evidence(f"the server sends a CertificateRequest{names}", edge),
            evidence(f"an empty answer to it gets {how}", edge),
        ),
        facts={"aop": case.route.client_certificate, "how": how},
        status=case.status.status,
    )
