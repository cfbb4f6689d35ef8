"""Causes in what a listener has loaded: no certificate, one without its key, one that is too
large. What is wrong with a certificate that was read stands in ``certificate``.
"""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import cause, unseen
from cf525.causes.match import Match, contrast, evidence
from cf525.causes.signs.offers import alert_of
from cf525.model import Confidence, Ending, Stage, Variable
from cf525.model.elimination import KINDS
from cf525.model.registry import AlertCode

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

_REFUSED: Final = (AlertCode.HANDSHAKE_FAILURE,)

unseen("certificate-without-key")


@cause("no-certificate-loaded", rank=26)
def no_certificate_loaded(case: Case) -> Match | None:
    """Every kind of parameter was offered whole, and all of it refused alike, TLS 1.3 included.

    OpenSSL with a certificate callback (Node, many others) answers so when it has nothing to
    show. A server that knows none of the names does the same, so that it is never sure.
    """
    if case.first_alert(*_REFUSED) is None or case.any_answered or case.inconsistent:
        return None
    offers = [(kind, "all") for kind in KINDS] + [
        (Variable.PROFILE, "legacy"),
        (Variable.VERSION, "TLS 1.3"),
        (Variable.VERSION, "TLS 1.2"),
    ]
    if any(alert_of(case, kind, value) not in _REFUSED for kind, value in offers):
        return None
    probes = [next(case.varied(kind, value)) for kind, value in offers]
    names = list(case.varied(Variable.SNI))
    return Match(
        confidence=LOW,
        reason="a server that refuses every name it does not know answers alike",
        evidence=(contrast(case, *probes), contrast(case, *names)),
    )


@cause("certificate-too-large", rank=28, needs=(), replaces=("certificate-unusable",))
def certificate_too_large(case: Case) -> Match | None:
    """The Certificate message is longer than the edge's library reads."""
    verdict = case.verdict
    found = verdict.defect("chain_too_big") if verdict is not None else None
    if found is not None:
        size = found.text
    elif (
        case.edge is not None
        and (case.edge.ending, case.edge.detail) == (Ending.LIMIT, "message_bytes")
        and case.edge.stage is not Stage.ESTABLISHED
    ):
        size = "One message of the handshake, by its place the Certificate, is longer than 128 KB."
    else:
        return None
    return Match(
        confidence=MEDIUM,
        reason="the limit of 102,400 bytes is read from the public source of BoringSSL",
        evidence=(evidence(size, case.edge),),
        facts={"size": size},
        status="525",
    )
