"""Causes in the negotiation: version, cipher suite, group, signature, type of key.

An alert's number alone explains nothing here: alert 40 has six causes and more. What decides is
which wider offer the same server accepts, because that names what the edge's offer lacks.
"""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from cf525.causes import enumeration
from cf525.causes.case import Case, Match, contrast, evidence, outcome
from cf525.causes.cause import cause
from cf525.edge.profile import GROUPS, P256, P384, P521, SUITES, X25519MLKEM768
from cf525.model import Confidence, Ending, Observation
from cf525.model.registry import (
    SSL3,
    TLS12,
    group_name,
    suite_name,
    version_name,
)

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

REFUSALS: Final = (40, 47, 71, 80, 109)
"""Alerts with which servers refuse an offer; which one is a habit, not a meaning."""

_EDGE_SUITES: Final = {fact.code for fact in SUITES}
_EDGE_GROUPS: Final = {fact.code for fact in GROUPS}
_EDGE_CURVES: Final = {"secp256r1": P256, "secp384r1": P384, "secp521r1": P521}


def key_type(der: bytes) -> tuple[str, bool | None]:
    """A certificate's key in words, and whether the edge's signature algorithms can use it.

    The second is None when the certificate cannot be parsed here.
    """
    try:
        key = x509.load_der_x509_certificate(der).public_key()
    except Exception:  # noqa: BLE001  a key this library cannot read is "not known"
        return ("unreadable", None)
    match key:
        case rsa.RSAPublicKey():
            return (f"RSA {key.key_size}", True)
        case ec.EllipticCurvePublicKey():
            return (f"EC {key.curve.name}", key.curve.name in _EDGE_CURVES)
        case ed25519.Ed25519PublicKey():
            return ("Ed25519", False)
        case ed448.Ed448PublicKey():
            return ("Ed448", False)
        case dsa.DSAPublicKey():
            return ("DSA", False)
        case _:
            return (type(key).__name__.removesuffix("PublicKey"), None)


def _refused(case: Case) -> bool:
    """The edge's offer was refused with an alert, or dropped, before a ServerHello."""
    return case.first_alert(*REFUSALS) is not None or case.silent_close


def _wider(case: Case, kind: str) -> list[Observation]:
    """The wider offers that were taken up, the one that widened this kind alone first.

    Whole other offers count only when no single kind sufficed: what they negotiate tells what
    the server prefers among everything, not what it lacked.
    """
    alone = [each for each in case.varied(kind) if each.answered]
    if any(_variable(each) != "profile" for each in case.offers_answered) or _inconclusive(case):
        return alone
    return [each for each in case.varied("profile") if each.answered]


def _inconclusive(case: Case) -> bool:
    """Whether a single kind was widened and the probe ended without the server's word on it."""
    kinds = ("suites", "groups", "signature_algorithms")
    return any(each.ending is Ending.TIMEOUT for kind in kinds for each in case.varied(kind))


def _variable(probe: Observation) -> str:
    return probe.variation.variable if probe.variation is not None else ""


def _name_decides(case: Case) -> bool:
    return case.name_decides or case.framing_decides


@cause("version-too-old", "525", rank=18)
def version_too_old(case: Case) -> Match | None:
    """The server speaks SSLv3 and nothing newer, whatever version it is offered."""
    if not case.before_hello:
        return None
    versions = {
        probe: probe.server_hello.version for probe in case.probes if probe.server_hello is not None
    }
    if not versions or any(version != SSL3 for version in versions.values()):
        return None
    return Match(
        confidence=HIGH,
        evidence=(contrast(case, *versions),),
        facts={"version": version_name(SSL3)},
    )


@cause("version-mismatch", "525", rank=19)
def version_mismatch(case: Case) -> Match | None:
    """An offer of TLS 1.0 to 1.3 in which the server finds no version it may use.

    Alert protocol_version says so. So does internal_error, when the very same server refuses
    TLS 1.3 as a version, TLS 1.1 with internal_error again, and TLS 1.2's own suites for want
    of a common one: OpenSSL then has TLS 1.1 enabled and its security level forbids it.
    """
    alert = case.first_alert(70, 80)
    if alert is None or _name_decides(case) or version_too_old(case) is not None:
        return None
    if alert.description == 80 and not _forbidden_by_security_level(case):
        return None
    accepted = [each for each in case.varied("version") if each.answered]
    proof = evidence(
        f"TLS 1.0 to 1.3 are offered and answered with fatal alert {alert.description} "
        f"{alert.name}",
        case.edge,
    )
    if accepted:
        return Match(
            confidence=HIGH,
            reason="the server cannot negotiate downwards: one version alone it accepts",
            evidence=(proof, contrast(case, *accepted)),
            facts={"accepts": ", ".join(outcome(each) for each in accepted)},
        )
    return Match(
        confidence=HIGH if alert.description == 80 else MEDIUM,
        reason="no version was found that the server accepts",
        evidence=(proof, contrast(case, *case.varied("version"), *case.varied("profile"))),
        facts={"accepts": ""},
    )


def _forbidden_by_security_level(case: Case) -> bool:
    answers = (
        _alert_of(case, "version", "TLS 1.3"),
        _alert_of(case, "version", "TLS 1.1"),
        _alert_of(case, "suites", "aead"),
    )
    return answers == (70, 80, 40)


@cause("unusable-key-type", "525", rank=24)
def unusable_key_type(case: Case) -> Match | None:
    """The certificate's key is of a kind for which the edge offers no signature algorithm."""
    if not _refused(case) or _name_decides(case):
        return None
    for probe in _wider(case, "signature_algorithms"):
        if not probe.certificates:
            continue
        key, usable = key_type(probe.certificates[0])
        if usable is False:
            return Match(
                confidence=_single(probe),
                reason=_not_alone(probe),
                evidence=(
                    contrast(case, probe),
                    evidence(f"the certificate it then shows has a key of type {key}", probe),
                ),
                facts={"key": key},
            )
    return None


@cause("ecdsa-cert-rsa-ciphers", "525", rank=25)
def certificate_and_ciphers_disagree(case: Case) -> Match | None:
    """No suite the server allows fits the key of its certificate.

    Two faces: the server accepts only an old ECDSA suite the edge never offers; or, with RSA
    suites only and an ECDSA certificate, it refuses every offer there is below TLS 1.3.
    """
    if not _refused(case) or _name_decides(case):
        return None
    for probe in _wider(case, "suites"):
        hello = probe.server_hello
        if hello is None or not probe.certificates or hello.version >= TLS12:
            continue
        key, _ = key_type(probe.certificates[0])
        if key.startswith("EC ") and hello.suite not in _EDGE_SUITES:
            shown = evidence(
                f"the certificate's key is {key}; below TLS 1.2 the edge offers RSA suites only",
                probe,
            )
            return Match(
                confidence=HIGH, evidence=(contrast(case, probe), shown), facts={"key": key}
            )
    return _nothing_fits(case)


def _nothing_fits(case: Case) -> Match | None:
    """Every offer below TLS 1.3 is refused by a server that does speak TLS 1.2."""
    if case.first_alert(40) is None or case.any_answered:
        return None
    tls12 = _alert_of(case, "version", "TLS 1.2")
    tls13 = _alert_of(case, "version", "TLS 1.3")
    legacy = next(iter(case.varied("profile", "legacy")), None)
    if tls12 != 40 or tls13 != 70 or legacy is None or legacy.fatal_alert is None:
        return None
    return Match(
        confidence=MEDIUM,
        reason="a server with no certificate loaded at all, or one that refuses unknown names "
        "in this way, answers alike",
        evidence=(
            evidence(
                "TLS 1.3 alone is refused as a version (alert 70), TLS 1.2 with every suite "
                "there is as a handshake (alert 40): TLS 1.2 is on, and no suite fits",
                *case.varied("version"),
                legacy,
            ),
        ),
        facts={"key": "ECDSA"},
    )


def _alert_of(case: Case, variable: str, value: str) -> int | None:
    probe = next(iter(case.varied(variable, value)), None)
    alert = probe.fatal_alert if probe is not None else None
    return alert.description if alert is not None else None


@cause("no-common-cipher", "525", rank=28)
def no_common_cipher(case: Case) -> Match | None:
    """The server accepts suites, and none of them is one the edge offers."""
    if not _refused(case) or _name_decides(case):
        return None
    for probe in _wider(case, "suites"):
        hello = probe.server_hello
        if hello is not None and hello.version > SSL3 and hello.suite not in _EDGE_SUITES:
            return Match(
                confidence=_single(probe),
                reason=_not_alone(probe),
                evidence=(contrast(case, probe),),
                facts={
                    "accepts": suite_name(hello.suite),
                    "version": version_name(hello.version),
                    "spoken": enumeration.spoken_text(case),
                },
            )
    return None


@cause("no-common-group", "525", rank=28)
def no_common_group(case: Case) -> Match | None:
    """The suite is shared, the key agreement group is not."""
    if not _refused(case) or _name_decides(case):
        return None
    for probe in _wider(case, "groups"):
        hello = probe.server_hello
        if hello is None or hello.group is None or hello.group in _EDGE_GROUPS:
            continue
        if hello.suite not in _EDGE_SUITES:
            continue  # the suite is what was lacking; the group may be a preference
        return Match(
            confidence=_single(probe),
            reason=_not_alone(probe),
            evidence=(contrast(case, probe),),
            facts={"group": group_name(hello.group)},
        )
    return None


def _single(probe: Observation) -> Confidence:
    """Sure when this kind of parameter was all that was changed."""
    return MEDIUM if _variable(probe) == "profile" else HIGH


def _not_alone(probe: Observation) -> str:
    if _single(probe) is HIGH:
        return ""
    return "no single change of the offer was accepted: more than one thing is missing"


@cause("pq-only", "525", rank=27)
def post_quantum_only(case: Case) -> Match | None:
    """The server accepts hybrid key agreement only, and the zone does not offer it."""
    if not _refused(case) or case.route.post_quantum != "off":
        return None
    probe = case.answered("post_quantum", "supported")
    if probe is None or probe.server_hello is None or probe.server_hello.group != X25519MLKEM768:
        return None
    return Match(confidence=HIGH, evidence=(contrast(case, probe),))


@cause("tls-rule-broken", "525", rank=45)
def tls_rule_broken(case: Case) -> Match | None:
    """The server breaks a rule that the edge's TLS library enforces."""
    edge = case.edge
    if edge is None:
        return None
    notes = edge.rejecting_notes
    if notes:
        return Match(
            confidence=MEDIUM,
            reason="the rule is read from the public source of BoringSSL",
            evidence=tuple(evidence(note.detail, edge) for note in notes),
            facts={"rule": notes[0].code},
        )
    if edge.ending is Ending.PROTOCOL_ERROR and not edge.established:
        return Match(
            confidence=MEDIUM,
            reason="no client could go on from here",
            evidence=(evidence(f"the server's messages break TLS: {edge.detail}", edge),),
            facts={"rule": edge.detail},
        )
    return None


@cause("handshake-refused", "525", rank=60, fallback=True)
def handshake_refused(case: Case) -> Match | None:
    """The server ends the handshake with an alert, and no probe told why."""
    edge = case.edge
    if edge is None or edge.established or edge.fatal_alert is None:
        return None
    alert = edge.fatal_alert
    return Match(
        confidence=LOW,
        reason=f"alert {alert.description} has many causes, and no offer was found that works",
        evidence=(contrast(case, *case.probes[:6]),),
        facts={
            "alert": f"{alert.description} {alert.name}",
            "spoken": enumeration.spoken_text(case),
        },
    )
