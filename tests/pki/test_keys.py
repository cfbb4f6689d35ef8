"""Keys and signatures within BoringSSL's limits, and the DER primitives under them."""

from collections.abc import Callable
from itertools import count

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from cf525.pki import der, dn, keys
from cf525.pki.certificate import Algorithm, parse
from tests.pki import forge
from tests.pki.forge import bits, integer, name, oid, rdn, seq, tlv

RSA_OID = oid("1.2.840.113549.1.1.1")
EC_OID = oid("1.2.840.10045.2.1")
P256_OID = oid("1.2.840.10045.3.1.7")
NULL = tlv(0x05)
DATA = b"what is signed"


def rsa_spki(modulus: int, exponent: int, parameters: bytes = NULL, more: bytes = b"") -> bytes:
    return seq(seq(RSA_OID, parameters), bits(seq(integer(modulus), integer(exponent)) + more))


def _numbered() -> Callable[[object], str]:
    """Ids that are the same in every process, though the keys are not."""
    numbers = count()
    return lambda _value: str(next(numbers))


MODULUS = forge.rsa_key(1024).public_key().public_numbers().n


@pytest.mark.parametrize(
    ("spki", "shown", "usable"),
    [
        (forge.spki(forge.rsa_key(1024)), "RSA 1024", True),
        (rsa_spki((1 << 511) + 1, 65537), "RSA 512", True),
        (rsa_spki((1 << 510) + 1, 65537), "RSA 511", False),
        (rsa_spki((1 << 16384) + 1, 65537), "RSA 16385", False),
        (rsa_spki(MODULUS, 3), "RSA 1024", True),
        (rsa_spki(MODULUS, 1), "RSA 1024", False),
        (rsa_spki(MODULUS, 4), "RSA 1024", False),
        (rsa_spki(MODULUS, (1 << 34) + 1), "RSA 1024", False),
        (rsa_spki(MODULUS - 1, 65537), "RSA 1024", False),
        (rsa_spki(-MODULUS, 65537), "RSA 1024", False),
        (rsa_spki(MODULUS, 65537, b""), "RSA 1024", False),
        (rsa_spki(MODULUS, 65537, NULL, b"\0"), "RSA 0", False),
        (seq(seq(RSA_OID, NULL), bits(b"")), "RSA 0", False),
        (forge.spki(forge.key("a")), "EC P-256", True),
        (forge.spki(ec.generate_private_key(ec.SECP224R1())), "EC P-224", True),
        (forge.spki(ec.generate_private_key(ec.SECP256K1())), "EC secp256k1", False),
        (seq(seq(EC_OID, P256_OID), bits(b"\x04" + bytes(64))), "EC P-256", False),
        (seq(seq(EC_OID, P256_OID), bits(b"\x04" + bytes(64), 1)), "EC P-256", False),
        (seq(seq(EC_OID, P256_OID), bits(b"\x06" + bytes(64))), "EC P-256", False),
        (seq(seq(EC_OID), bits(b"")), "EC explicit curve", False),
        (seq(seq(EC_OID, seq(integer(1))), bits(b"")), "EC explicit curve", False),
        (seq(seq(EC_OID, oid("1.2.3")), bits(b"")), "1.2.3", False),
        (forge.spki(ed25519.Ed25519PrivateKey.generate()), "Ed25519", True),
        (seq(seq(oid("1.3.101.112")), bits(bytes(31))), "Ed25519", False),
        (seq(seq(oid("1.3.101.113")), bits(bytes(57))), "Ed448", False),
        (seq(seq(oid("2.16.840.1.101.3.4.3.17")), bits(b"")), "ML-DSA-44", False),
        (seq(seq(oid("1.2.840.10040.4.1")), bits(b"")), "DSA", False),
        (seq(seq(oid("1.2.3.4")), bits(b"")), "1.2.3.4", False),
    ],
    ids=_numbered(),
)
def test_keys_are_named_and_usable_within_limits(spki: bytes, shown: str, usable: bool) -> None:
    found = keys.decode(spki)
    assert str(found) == shown
    assert (found.usable is not None) is usable


def algorithm(dotted: str, parameters: bytes | None = None) -> Algorithm:
    return Algorithm(oid(dotted)[2:], parameters)


def pss(
    digest: str = "2.16.840.1.101.3.4.2.1",
    mask: str = "2.16.840.1.101.3.4.2.1",
    salt: int = 32,
    more: bytes = b"",
    function: str = "1.2.840.113549.1.1.8",
    hash_parameters: bytes = NULL,
) -> Algorithm:
    chosen = seq(oid(digest), hash_parameters)
    masking = seq(oid(function), seq(oid(mask), hash_parameters))
    parameters = seq(tlv(0xA0, chosen), tlv(0xA1, masking), tlv(0xA2, integer(salt)), more)
    return algorithm("1.2.840.113549.1.1.10", parameters)


def rsa_sign(scheme: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> bytes:
    return forge.rsa_key(1024).sign(DATA, scheme, digest)


def pss_sign(digest: hashes.HashAlgorithm, salt: int) -> bytes:
    return rsa_sign(padding.PSS(padding.MGF1(digest), salt), digest)


V15 = padding.PKCS1v15()
RSA_SPKI = forge.spki(forge.rsa_key(1024))
EC_SPKI = forge.spki(forge.key("a"))
ED_KEY = ed25519.Ed25519PrivateKey.generate()
SHA256_RSA = "1.2.840.113549.1.1.11"
SHA384 = "2.16.840.1.101.3.4.2.2"


def ec_sign(digest: hashes.HashAlgorithm) -> bytes:
    return forge.key("a").sign(DATA, ec.ECDSA(digest))


SIGNATURES: dict[str, tuple[Algorithm, bytes, bytes, bool]] = {
    "RSA SHA-256": (algorithm(SHA256_RSA, NULL), rsa_sign(V15, hashes.SHA256()), RSA_SPKI, True),
    "RSA without parameters": (
        algorithm(SHA256_RSA), rsa_sign(V15, hashes.SHA256()), RSA_SPKI, True
    ),
    "RSA with odd parameters": (
        algorithm(SHA256_RSA, integer(1)), rsa_sign(V15, hashes.SHA256()), RSA_SPKI, False
    ),
    "RSA SHA-1": (
        algorithm("1.2.840.113549.1.1.5", NULL), rsa_sign(V15, hashes.SHA1()), RSA_SPKI, True
    ),
    "RSA MD5": (
        algorithm("1.2.840.113549.1.1.4", NULL), rsa_sign(V15, hashes.MD5()), RSA_SPKI, False
    ),
    "RSA over an EC key": (
        algorithm(SHA256_RSA, NULL), rsa_sign(V15, hashes.SHA256()), EC_SPKI, False
    ),
    "ECDSA SHA-384": (
        algorithm("1.2.840.10045.4.3.3"), ec_sign(hashes.SHA384()), EC_SPKI, True
    ),
    "ECDSA over an RSA key": (
        algorithm("1.2.840.10045.4.3.2"), ec_sign(hashes.SHA256()), RSA_SPKI, False
    ),
    "ECDSA damaged": (
        algorithm("1.2.840.10045.4.3.2"), ec_sign(hashes.SHA256())[:-1], EC_SPKI, False
    ),
    "Ed25519": (algorithm("1.3.101.112"), ED_KEY.sign(DATA), forge.spki(ED_KEY), True),
    "Ed25519 with parameters": (
        algorithm("1.3.101.112", NULL), ED_KEY.sign(DATA), forge.spki(ED_KEY), False
    ),
    "Ed25519 over an EC key": (algorithm("1.3.101.112"), ED_KEY.sign(DATA), EC_SPKI, False),
    "unknown": (algorithm("1.2.3"), b"", EC_SPKI, False),
    "by a key nobody can use": (
        algorithm("1.2.840.10045.4.3.2"), b"", seq(seq(oid("1.2.3")), bits(b"")), False
    ),
    "PSS": (pss(), pss_sign(hashes.SHA256(), 32), RSA_SPKI, True),
    "PSS without hash parameters": (
        pss(hash_parameters=b""), pss_sign(hashes.SHA256(), 32), RSA_SPKI, True
    ),
    "PSS SHA-384": (pss(SHA384, SHA384, 48), pss_sign(hashes.SHA384(), 48), RSA_SPKI, True),
    "PSS with another salt": (pss(salt=20), pss_sign(hashes.SHA256(), 20), RSA_SPKI, False),
    "PSS with another mask hash": (
        pss(mask=SHA384), pss_sign(hashes.SHA256(), 32), RSA_SPKI, False
    ),
    "PSS with SHA-1": (
        pss("1.3.14.3.2.26", "1.3.14.3.2.26", 20), pss_sign(hashes.SHA1(), 20), RSA_SPKI, False
    ),
    "PSS with a trailer": (
        pss(more=tlv(0xA3, integer(1))), pss_sign(hashes.SHA256(), 32), RSA_SPKI, False
    ),
    "PSS with another mask": (
        pss(function="1.2.3"), pss_sign(hashes.SHA256(), 32), RSA_SPKI, False
    ),
    "PSS with odd hash parameters": (
        pss(hash_parameters=integer(1)), pss_sign(hashes.SHA256(), 32), RSA_SPKI, False
    ),
    "PSS without parameters": (
        algorithm("1.2.840.113549.1.1.10"), pss_sign(hashes.SHA256(), 32), RSA_SPKI, False
    ),
    "PSS over an EC key": (pss(), pss_sign(hashes.SHA256(), 32), EC_SPKI, False),
}  # fmt: skip


@pytest.mark.parametrize("title", SIGNATURES)
def test_signatures_verify_as_in_boringssl(title: str) -> None:
    chosen, signature, spki, expected = SIGNATURES[title]
    assert keys.signature_fits(chosen, DATA, signature, spki) is expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (algorithm(SHA256_RSA), "RSA SHA-256"),
        (pss(), "RSA-PSS SHA-256"),
        (algorithm("1.2.840.113549.1.1.10"), "RSA-PSS"),
        (algorithm("1.3.101.112"), "Ed25519"),
        (algorithm("2.16.840.1.101.3.4.3.18"), "ML-DSA-65"),
        (algorithm("1.2.3.4"), "1.2.3.4"),
    ],
)
def test_signature_algorithms_are_named(chosen: Algorithm, expected: str) -> None:
    assert keys.signature_name(chosen) == expected


def test_a_large_exponent_leaf_still_has_its_signature_checked() -> None:
    private = rsa.generate_private_key(65537, 1024)
    encoded = forge.leaf(signer=private, algorithm=forge.RSA_SHA256)
    issuer = forge.intermediate(private=private)
    assert keys.verifies(parse(encoded), parse(issuer))


# -- DER ---------------------------------------------------------------------------------------

BROKEN: dict[str, Callable[[], object]] = {
    "nothing": lambda: der.element(b"", 0, 0),
    "a tag alone": lambda: der.element(b"\x30", 0, 1),
    "reserved tag": lambda: der.element(b"\x00\x00", 0, 2),
    "length cut": lambda: der.element(b"\x30\x82\x01", 0, 3),
    "length of five octets": lambda: der.element(b"\x30\x85" + bytes(9), 0, 11),
    "length with a leading zero": lambda: der.element(b"\x30\x82\x00\x81" + bytes(200), 0, 204),
    "short length written long": lambda: der.element(b"\x30\x81\x05" + bytes(5), 0, 8),
    "content cut": lambda: der.element(b"\x30\x05\x00", 0, 3),
    "high tag cut": lambda: der.element(b"\x1f\x81", 0, 2),
    "high tag without a length": lambda: der.element(b"\x1f\x81\x01", 0, 3),
    "high tag with a leading zero": lambda: der.element(b"\x1f\x80\x01\x00", 0, 4),
    "low number as a high tag": lambda: der.element(b"\x1f\x05\x00", 0, 3),
    "endless high tag": lambda: der.element(b"\x1f" + b"\xff" * 9, 0, 10),
    "boolean 2": lambda: der.check_any((der.BOOLEAN, 0, 0, 1), b"\x02"),
    "null with content": lambda: der.check_any((der.NULL, 0, 0, 1), b"\x00"),
    "primitive sequence": lambda: der.check_any((0x10, 0, 0, 0), b""),
    "bad time inside": lambda: der.check_any((der.UTC_TIME, 0, 0, 1), b"x"),
    "bad bits inside": lambda: der.check_any((der.BIT_STRING, 0, 0, 1), b"\x09"),
    "bad enumerated": lambda: der.check_any((der.ENUMERATED, 0, 0, 0), b""),
    "empty object identifier": lambda: der.check_any((der.OID, 0, 0, 0), b""),
    "another tag": lambda: der.Reader(b"\x30\x00").read(der.OID),
    "no time": lambda: der.time(der.OID, b""),
    "name with a bad value": lambda: dn.parse(name("", rdn("2.5.4.3", b"\x80", 0x06))),
}


@pytest.mark.parametrize("title", BROKEN)
def test_what_is_no_der_is_refused(title: str) -> None:
    with pytest.raises(der.DerError) as caught:
        BROKEN[title]()
    assert caught.value.reason


def test_high_tags_and_private_classes_are_opaque_values_of_an_any() -> None:
    high = der.Reader(b"\x1f\x1f\x01\x00").any()
    assert high[0] > 0xFF
    der.check_any(high, b"")
    der.check_any((0x82, 0, 0, 0), b"")
    written = dn.parse(name("", rdn("2.5.4.3", b"x", 0x82), rdn("1.2.3", b"", 0x30)))
    assert [each.text for each in written.attributes] == ["820178", "3000"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\x55\x04\x03", "2.5.4.3"), (b"\x88\x37", "2.999"), (b"", ""), (b"\x80", "80")],
)
def test_object_identifiers_are_written_with_dots(content: bytes, expected: str) -> None:
    assert der.dotted(content) == expected


@pytest.mark.parametrize(
    ("content", "posix"),
    [
        (b"19700101000000Z", 0),
        (b"20000229120000Z", 951825600),
        (b"00000101000000Z", -62167219200),
        (b"99991231235959Z", 253402300799),
    ],
)
def test_times_become_seconds(content: bytes, posix: int) -> None:
    assert der.time(der.GENERALIZED_TIME, content) == der.Time(posix)


def test_an_offset_is_kept_in_mind() -> None:
    assert der.time(der.UTC_TIME, b"700101010000+0100") == der.Time(0, offset=True)
    assert der.time(der.UTC_TIME, b"700101000000-0100") == der.Time(3600, offset=True)
    assert (
        der.time(der.UTC_TIME, b"491231235959Z").posix
        > der.time(der.UTC_TIME, b"500101000000Z").posix
    )


def test_long_and_nameless_names_are_shortened() -> None:
    long = dn.parse(name("", *(rdn("2.5.4.11", f"unit {i}") for i in range(100))))
    assert len(str(long)) == 401
    assert dn.parse(seq()).short == "(empty name)"
    assert dn.parse(name("", rdn("2.5.4.10", "Acme"))).short == "Acme"
    assert dn.parse(name("", rdn("1.2.3", "x"))).short == "1.2.3=x"
