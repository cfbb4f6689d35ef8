"""The key and keyUsage of a leaf, out of certificates sound, odd and broken."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa

from cf525.lab.ca import Authority, new_key
from cf525.model import KeyProof
from cf525.tls import signature
from cf525.tls.certificate import is_certificate, key_usage, public_key
from tests.tls.conftest import NAME
from tests.tls.der import der, odd_certificate, spki_of, usage_extension

KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("kind", ["rsa2048", "p256", "p384", "p521", "ed25519", "ed448"])
def test_key_of_a_sound_certificate_is_read(kind: str, ca: Authority) -> None:
    leaf = ca.issue(NAME, kind=kind)
    key = public_key(leaf.der, 16_384)
    assert key is not None
    assert signature.key_kind(key) == {"r": "rsa", "p": "ecdsa"}.get(kind[0], kind)
    expected = frozenset({0, 2}) if kind.startswith("rsa") else frozenset({0})
    assert key_usage(leaf.der) == expected


def test_key_of_a_certificate_that_strict_parsers_refuse_is_read() -> None:
    odd = odd_certificate(spki_of(KEY))
    with pytest.raises(ValueError, match="parsing"):
        x509.load_der_x509_certificate(odd)
    assert public_key(odd, 16_384) == KEY.public_key()
    assert is_certificate(odd)
    assert key_usage(odd) is None


@pytest.mark.parametrize("critical", [True, False])
def test_key_usage_is_read_behind_unique_identifiers(critical: bool) -> None:
    tail = [der(0x81, b"\x00id"), usage_extension(b"\x05\xa0", critical=critical)]
    assert key_usage(odd_certificate(spki_of(KEY), tail=tail)) == frozenset({0, 2})


@pytest.mark.parametrize("bits", [b"\x00", b"\x00\x00"])
def test_empty_key_usage_forbids_everything(bits: bytes) -> None:
    assert key_usage(odd_certificate(spki_of(KEY), tail=[usage_extension(bits)])) == frozenset()


def test_other_extensions_are_passed_over() -> None:
    other = der(0x30, der(0x06, b"\x55\x1d\x11"), der(0x04, b""))
    assert key_usage(odd_certificate(spki_of(KEY), tail=[der(0xA3, der(0x30, other))])) is None


def test_malformed_key_usage_is_unknown() -> None:
    bad = der(0xA3, der(0x30, der(0x30, der(0x06, bytes.fromhex("551d0f")), der(0x02, b"\x01"))))
    assert key_usage(odd_certificate(spki_of(KEY), tail=[bad])) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x85\x00\x00\x00\x00\x01",
        b"\x30\x82\x01",
        b"\x30\x7f",
        b"x",
    ],
)
def test_what_is_no_certificate_has_no_key(data: bytes) -> None:
    assert public_key(data, 16_384) is None
    assert not is_certificate(data)
    assert key_usage(data) is None


def test_key_that_is_of_no_use_is_none() -> None:
    assert public_key(odd_certificate(der(0x30, b"")), 16_384) is None
    dss = dsa.generate_private_key(1024)
    assert public_key(odd_certificate(spki_of(dss)), 16_384) is None


def test_key_above_the_limit_is_not_used() -> None:
    key = new_key("rsa2048")
    assert isinstance(key, rsa.RSAPrivateKey)
    odd = odd_certificate(spki_of(key))
    assert public_key(odd, 1024) is None
    assert public_key(odd, 2048) is not None
    huge = odd_certificate(der(0x30, bytes(20_000)))
    assert public_key(huge, 16_384) is None


def test_signature_by_another_key_or_scheme_is_told_apart() -> None:
    signed = KEY.sign(b"data", ec.ECDSA(hashes.SHA256()))
    public = KEY.public_key()
    assert signature.verify(0x0403, public, signed, b"data") is KeyProof.PROVED
    assert signature.verify(0x0403, public, signed, b"other") is KeyProof.FAILED
    assert signature.verify(0x0403, public, b"garbage", b"data") is KeyProof.FAILED
    assert signature.verify(0x0804, public, signed, b"data") is KeyProof.UNKNOWN
    assert signature.verify(0xFEED, public, signed, b"data") is KeyProof.UNKNOWN


def test_signature_of_tls10_is_over_both_hashes() -> None:
    key = new_key("rsa2048")
    assert isinstance(key, rsa.RSAPrivateKey)
    signed = key.sign(b"data", padding.PKCS1v15(), hashes.SHA1())
    code = signature.implied_scheme(key.public_key())
    assert signature.verify(code, key.public_key(), signed, b"data") is KeyProof.FAILED
    assert signature.verify(code, key.public_key(), b"x", b"data") is KeyProof.FAILED
    assert signature.implied_scheme(KEY.public_key()) == 0x0203


def test_key_too_small_for_the_hash_proves_nothing() -> None:
    key = rsa.generate_private_key(65537, 1024).public_key()
    assert signature.verify(0x0806, key, bytes(128), b"data") is not KeyProof.PROVED
