"""Causes around a client certificate of one's own: the very one that the edge would present.

With the key at hand the mutual handshake is completed as the edge completes it, so that the
origin's refusal is a proof and no guess. What is wrong with the certificate itself is read from
it; whether the origin's CA file is the right one shows in the CAs it names.
"""

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.families.client_certificate import refusal
from cf525.causes.match import Match, evidence
from cf525.model import Confidence, Evidence
from cf525.model.registry import AlertCode
from cf525.pki.certificate import Malformed, parse
from cf525.pki.facts import describe

HIGH, MEDIUM = Confidence.HIGH, Confidence.MEDIUM


@cause("aop-cert-expired", rank=30)
def expired(case: Case) -> Match | None:
    """The certificate that the edge would present is out of its time.

    The edge goes on presenting it (developers.cloudflare.com/ssl/origin-configuration/
    authenticated-origin-pull/set-up/manage-certificates); whether that harms is the origin's
    choice.
    """
    if not case.own_certificate or case.edge is None:
        return None
    leaf = describe(case.own_certificate[0], 0)
    at = case.edge.started_at
    if leaf.not_after is None or leaf.not_before is None:
        return None
    if leaf.not_before <= at <= leaf.not_after:
        return None
    when = (
        f"expired on {leaf.not_after:%Y-%m-%d}"
        if at > leaf.not_after
        else f"is not valid before {leaf.not_before:%Y-%m-%d}"
    )
    refused = refusal(case.edge)
    alert = case.edge.fatal_alert
    named = alert is not None and alert.description == AlertCode.CERTIFICATE_EXPIRED
    proof = f"the origin answers it with {refused[0]}" if refused else "the origin still takes it"
    return Match(
        confidence=HIGH if named or not refused else MEDIUM,
        reason="" if named or not refused else "the refusal may have another ground",
        evidence=(Evidence(text=f"the client certificate {when}"), evidence(proof, case.edge)),
        status=case.status.status,
        contributing=refused is None,
    )


@cause("own-cert-refused", rank=31)
def own_refused(case: Case) -> Match | None:
    """The origin asks for a client certificate and refuses the very one it is to accept."""
    edge = case.edge
    if not case.own_certificate or edge is None or edge.certificate_request is None:
        return None
    refused = refusal(edge)
    if refused is None:
        return None
    leaf = describe(case.own_certificate[0], 0)
    authorities = edge.certificate_request.authorities
    named = bool(authorities) and _names_an_issuer(case.own_certificate, authorities)
    trust = (
        "the CertificateRequest names no CA"
        if not authorities
        else f"the CertificateRequest names {len(authorities)} CAs, "
        + ("its issuer among them" if named else "and its issuer is not among them")
    )
    return Match(
        confidence=HIGH if authorities and not named else MEDIUM,
        reason="" if authorities and not named else "which check refused it the origin's log says",
        evidence=(
            evidence(f"the certificate of {leaf.subject}, issued by {leaf.issuer}", edge),
            evidence(f"{trust}; {refused[0]}", edge),
        ),
        facts={"how": refused[0], "issuer": leaf.issuer, "shown": "" if named else "yes"},
        status=case.status.status,
    )


def _names_an_issuer(chain: tuple[bytes, ...], authorities: tuple[bytes, ...]) -> bool:
    """Whether any certificate of the chain was issued under one of these names (DER)."""
    for encoded in chain:
        try:
            issuer = parse(encoded).issuer
        except Malformed:
            continue
        if issuer.encoded in authorities:
            return True
    return False
