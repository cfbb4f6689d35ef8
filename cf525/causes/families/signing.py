"""Causes in what a server signs with: the type of its key, its suites, its signatures."""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.match import Match, contrast, evidence
from cf525.causes.settings import offered_groups
from cf525.causes.signs import enumeration
from cf525.causes.signs.enumeration import GROUPS, SIGNATURE_ALGORITHMS
from cf525.causes.signs.keys import key_type
from cf525.causes.signs.offers import alert_of, certainty, name_decides, not_alone, refused, wider
from cf525.edge.profile import SIGNATURE_ALGORITHMS as EDGE_ALGORITHMS
from cf525.edge.profile import SUITES
from cf525.model import Confidence, Observation, ServerHello, Variable
from cf525.model.registry import TLS12, AlertCode, version_name

HIGH, MEDIUM = Confidence.HIGH, Confidence.MEDIUM

_EDGE_SUITES: Final = {fact.code for fact in SUITES}
_EDGE_ALGORITHMS: Final = {fact.code for fact in EDGE_ALGORITHMS}


@cause("unusable-key-type", rank=24)
def unusable_key_type(case: Case) -> Match | None:
    """The certificate's key is of a kind for which the edge offers no signature algorithm."""
    if not refused(case) or name_decides(case):
        return None
    for probe, hello in (*wider(case, SIGNATURE_ALGORITHMS), *_for_the_certificate(case)):
        key, usable = _key(probe)
        if usable is False:
            return Match(
                confidence=certainty(probe),
                reason=not_alone(probe),
                evidence=(
                    contrast(case, probe),
                    evidence(f"the certificate it then shows has a key of type {key}", probe),
                    *enumeration.proof(case, hello.version, SIGNATURE_ALGORITHMS),
                ),
                facts={"key": key},
            )
    return None


def _for_the_certificate(case: Case) -> list[tuple[Observation, ServerHello]]:
    """The probes that got a certificate by offering more, and what was more was not used by the
    key exchange: further groups for the certificate's own curve, which TLS 1.2 wants among them
    (RFC 8422 section 5.1), or ECDSA suites below TLS 1.2, where no curve is looked at."""
    offered = offered_groups(case)
    groups = [(probe, hello) for probe, hello in wider(case, GROUPS) if hello.group in offered]
    return groups + [pair for pair in wider(case, Variable.SUITES) if pair[1].version < TLS12]


@cause("no-common-signature", rank=27)
def no_common_signature(case: Case) -> Match | None:
    """The key would do; the server signs with no algorithm that the edge offers."""
    if not refused(case) or name_decides(case):
        return None
    for probe, hello in wider(case, SIGNATURE_ALGORITHMS):
        if hello.signature_scheme in (None, *_EDGE_ALGORITHMS) or _key(probe)[1] is False:
            continue
        signs = enumeration.taken(case, hello.version, SIGNATURE_ALGORITHMS)
        return Match(
            confidence=certainty(probe),
            reason=not_alone(probe),
            evidence=(
                contrast(case, probe),
                *enumeration.proof(case, hello.version, SIGNATURE_ALGORITHMS),
            ),
            facts={"accepts": signs.text, "version": version_name(hello.version)},
        )
    return None


def _key(probe: Observation) -> tuple[str, bool | None]:
    """The type of the leaf's key, and whether the edge can use it; not known without a leaf."""
    return key_type(probe.certificates[0]) if probe.certificates else ("", None)


@cause("ecdsa-cert-rsa-ciphers", rank=25)
def certificate_and_ciphers_disagree(case: Case) -> Match | None:
    """No suite the server allows fits the key of its certificate.

    Two faces: the server accepts only an old ECDSA suite the edge never offers; or, with RSA
    suites only and an ECDSA certificate, it refuses what it is offered below TLS 1.3.
    """
    if not refused(case) or name_decides(case):
        return None
    for probe, hello in wider(case, Variable.SUITES):
        key, usable = _key(probe)
        old = hello.version < TLS12 and hello.suite not in _EDGE_SUITES
        if usable and old and key.startswith("EC "):
            shown = evidence(
                f"the certificate's key is {key}; below TLS 1.2 the edge offers RSA suites only",
                probe,
            )
            return Match(
                confidence=HIGH,
                evidence=(contrast(case, probe), shown),
                facts={"old": version_name(hello.version)},
            )
    return _nothing_fits(case)


def _nothing_fits(case: Case) -> Match | None:
    """Every offer below TLS 1.3 is refused by a server that does speak TLS 1.2."""
    if case.first_alert(AlertCode.HANDSHAKE_FAILURE) is None or case.any_answered:
        return None
    tls12 = alert_of(case, Variable.VERSION, "TLS 1.2")
    tls13 = alert_of(case, Variable.VERSION, "TLS 1.3")
    legacy = next(iter(case.varied(Variable.PROFILE, "legacy")), None)
    wanted = (AlertCode.HANDSHAKE_FAILURE, AlertCode.PROTOCOL_VERSION)
    if (tls12, tls13) != wanted or legacy is None or legacy.fatal_alert is None:
        return None
    return Match(
        confidence=MEDIUM,
        reason="a server with no certificate loaded at all, or one that refuses unknown names "
        "in this way, answers alike",
        evidence=(
            evidence(
                "TLS 1.3 alone is refused as a version (alert 70), TLS 1.2 with the suites "
                "that were offered as a handshake (alert 40): TLS 1.2 is on, and no suite fits",
                *case.varied(Variable.VERSION),
                legacy,
            ),
        ),
    )
