"""Causes in the negotiation: version, cipher suite, group, signature, type of key.

An alert's number alone explains nothing here: alert 40 has six causes and more. What decides is
which wider offer the same server accepts, because that names what the edge's offer lacks.
"""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from cf525.causes.case import Case, Match, contrast, evidence, outcome
from cf525.causes.cause import cause
from cf525.edge.profile import GROUPS, P256, P384, P521, SUITES, X25519MLKEM768
from cf525.model import Confidence, Ending, Observation, Stage
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


def _wider(case: Case) -> list[Observation]:
    """The wider offers that the server accepted, in the order they were made."""
    return [
        each
        for each in case.varied("profile")
        if each.stage.reached(Stage.SERVER_HELLO) and each.server_hello is not None
    ]


def _name_decides(case: Case) -> bool:
    return case.answered("sni") is not None or case.answered("proxy") is not None


@cause("version-too-old", "525", rank=24)
def version_too_old(case: Case) -> Match | None:
    """The server speaks SSLv3 and nothing newer."""
    if not case.before_hello or _name_decides(case):
        return None
    old = case.answered("profile", "ssl3")
    newer = [each for each in case.varied("profile", "legacy") if each.stage is not Stage.START]
    if old is None or old.server_hello is None or old.server_hello.version != SSL3:
        return None
    if not newer or any(each.stage.reached(Stage.SERVER_HELLO) for each in newer):
        return None
    return Match(
        confidence=HIGH,
        evidence=(contrast(case, old, *newer),),
        facts={"version": version_name(SSL3)},
    )


@cause("version-mismatch", "525", rank=26)
def version_mismatch(case: Case) -> Match | None:
    """Alert protocol_version to an offer that holds TLS 1.0 to 1.3."""
    if case.first_alert(70) is None or _name_decides(case):
        return None
    if case.answered("profile", "ssl3") is not None and not _wider_above_ssl3(case):
        return None
    accepted = [each for each in case.varied("version") if each.stage.reached(Stage.SERVER_HELLO)]
    proof = evidence(
        "TLS 1.0 to 1.3 are offered and answered with fatal alert 70 protocol_version", case.edge
    )
    if accepted:
        return Match(
            confidence=HIGH,
            reason="the server cannot negotiate downwards: one version alone it accepts",
            evidence=(proof, contrast(case, *accepted)),
            facts={"accepts": ", ".join(outcome(each) for each in accepted)},
        )
    return Match(
        confidence=MEDIUM,
        reason="no version was found that the server accepts",
        evidence=(proof, contrast(case, *case.varied("version"), *case.varied("profile"))),
        facts={"accepts": ""},
    )


def _wider_above_ssl3(case: Case) -> bool:
    return any(
        each.server_hello is not None and each.server_hello.version > SSL3 for each in _wider(case)
    )


@cause("unusable-key-type", "525", rank=24)
def unusable_key_type(case: Case) -> Match | None:
    """The certificate's key is of a kind for which the edge offers no signature algorithm."""
    if not _refused(case) or _name_decides(case):
        return None
    for probe in _wider(case):
        if not probe.certificates:
            continue
        key, usable = key_type(probe.certificates[0])
        if usable is False:
            return Match(
                confidence=HIGH if key in ("Ed25519", "Ed448", "DSA") else MEDIUM,
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
    for probe in _wider(case):
        hello = probe.server_hello
        if hello is None or not probe.certificates or hello.version > TLS12:
            continue
        key, _ = key_type(probe.certificates[0])
        if key.startswith("EC ") and hello.suite not in _EDGE_SUITES and hello.version < TLS12:
            return Match(
                confidence=HIGH,
                evidence=(
                    contrast(case, probe),
                    evidence(
                        f"the certificate's key is {key}; below TLS 1.2 the edge offers "
                        "RSA suites only",
                        probe,
                    ),
                ),
                facts={"key": key},
            )
    return _nothing_fits(case)


def _nothing_fits(case: Case) -> Match | None:
    """Every offer below TLS 1.3 is refused by a server that does speak TLS 1.2."""
    if case.first_alert(40) is None or _wider(case):
        return None
    tls12 = _alert_of(case, "TLS 1.2")
    tls13 = _alert_of(case, "TLS 1.3")
    legacy = next(iter(case.varied("profile", "legacy")), None)
    if tls12 != 40 or tls13 != 70 or legacy is None or legacy.fatal_alert is None:
        return None
    return Match(
        confidence=MEDIUM,
        reason="a server with no certificate loaded at all answers in the same way",
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


def _alert_of(case: Case, version: str) -> int | None:
    probe = next(iter(case.varied("version", version)), None)
    alert = probe.fatal_alert if probe is not None else None
    return alert.description if alert is not None else None


@cause("no-common-cipher", "525", rank=28)
def no_common_cipher(case: Case) -> Match | None:
    """The server accepts suites, and none of them is one the edge offers."""
    if not _refused(case) or _name_decides(case):
        return None
    for probe in _wider(case):
        hello = probe.server_hello
        if hello is None or hello.version < 0x0301 or hello.suite in _EDGE_SUITES:
            continue
        return Match(
            confidence=HIGH,
            evidence=(contrast(case, probe),),
            facts={
                "accepts": suite_name(hello.suite),
                "version": version_name(hello.version),
            },
        )
    return None


@cause("no-common-group", "525", rank=28)
def no_common_group(case: Case) -> Match | None:
    """The suite is shared, the key agreement group is not."""
    if not _refused(case) or _name_decides(case):
        return None
    for probe in _wider(case):
        hello = probe.server_hello
        if hello is None or hello.group is None or hello.suite not in _EDGE_SUITES:
            continue
        if hello.group in _EDGE_GROUPS:
            continue
        return Match(
            confidence=HIGH,
            evidence=(contrast(case, probe),),
            facts={"group": group_name(hello.group)},
        )
    return None


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
        facts={"alert": f"{alert.description} {alert.name}"},
    )
