"""What is said of the key in a certificate."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cf525.causes.signs.keys import key_curve, key_type
from tests.causes.scenarios import HOST
from tests.causes.test_scenarios import ISSUER, ROOT


@pytest.mark.parametrize(
    ("kind", "words", "usable", "curve"),
    [
        ("rsa2048", "RSA 2048", True, None),
        ("p256", "EC secp256r1", True, 23),
        ("p521", "EC secp521r1", True, 25),
        ("secp256k1", "EC secp256k1", False, 22),
        ("ed25519", "Ed25519", False, None),
        ("ed448", "Ed448", False, None),
    ],
)
def test_a_key_is_named_and_judged(kind: str, words: str, usable: bool, curve: int | None) -> None:
    der = ISSUER.issue(HOST, kind=kind).der
    assert key_type(der) == (words, usable)
    assert key_curve(der) == curve


@pytest.mark.parametrize(
    ("key", "words", "usable"),
    [
        (dsa.generate_private_key(1024).public_key(), "DSA", False),
        (x25519.X25519PrivateKey.generate().public_key(), "X25519", None),
    ],
)
def test_a_key_no_server_should_have(
    key: dsa.DSAPublicKey | x25519.X25519PublicKey, words: str, usable: bool | None
) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key)
    builder = builder.serial_number(1).not_valid_before(ROOT.now)
    builder = builder.not_valid_after(ROOT.now + timedelta(days=1))
    certificate = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    assert key_type(certificate.public_bytes(Encoding.DER)) == (words, usable)


def test_what_is_no_certificate_has_a_key_that_is_not_known() -> None:
    assert key_type(b"\x30\x03\x02\x01\x01") == ("unreadable", None)
    assert key_curve(b"") is None
