"""Files people have: every form of certificates, and what a file without one is called."""

from contextlib import suppress
from itertools import permutations
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st

from cf525.errors import UsageError
from cf525.model import KeyProof
from cf525.pki import bundles, files
from tests.pki import forge
from tests.pki.forge import INTERMEDIATE_DER, LEAF_DER, ROOT_DER, key
from tests.pki.test_completion import as_pkcs7
from tests.pki.test_trust import pem

CHAIN = pem(LEAF_DER, INTERMEDIATE_DER)


def key_pem(
    private: object = None,
    form: PrivateFormat = PrivateFormat.PKCS8,
    password: bytes | None = None,
) -> bytes:
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    encoded: bytes = (private or key("leaf")).private_bytes(Encoding.PEM, form, protection)  # type: ignore[attr-defined]
    return encoded


def pfx(password: bytes | None, *, with_certificates: bool = True) -> bytes:
    certificate = x509.load_der_x509_certificate(LEAF_DER) if with_certificates else None
    others = [x509.load_der_x509_certificate(INTERMEDIATE_DER)] if with_certificates else None
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"x", key("leaf"), certificate, others, protection)


SOUND = {
    "PEM": CHAIN,
    "CRLF": CHAIN.replace(b"\n", b"\r\n"),
    "old Macintosh line ends": CHAIN.replace(b"\n", b"\r"),
    "byte-order mark": b"\xef\xbb\xbf" + CHAIN,
    "UTF-16": CHAIN.decode().encode("utf-16"),
    "text around": b"subject=/CN=x\n" + CHAIN.replace(b"-----END", b"-----END", 1) + b"bye\n",
    "headers inside": CHAIN.replace(
        b"CERTIFICATE-----\n", b"CERTIFICATE-----\nBag: x\n  more\nB: y\n\n", 1
    ),
    "key between": pem(LEAF_DER) + key_pem() + pem(INTERMEDIATE_DER),
    "no newline at the end": CHAIN.rstrip(),
    "spaces at line ends": CHAIN.replace(b"\n", b" \n").replace(b"----- \n", b"-----\n"),
    "trusted certificate": CHAIN.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE"),
    "PKCS#12": pfx(None),
}


@pytest.mark.parametrize("title", SOUND)
def test_the_certificates_are_found_in_order(title: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(SOUND[title])
    assert files.read_bundle(path).certificates == (LEAF_DER, INTERMEDIATE_DER)


@pytest.mark.parametrize("form", [Encoding.DER, Encoding.PEM])
def test_pkcs7_files_are_read(form: Encoding) -> None:
    found = files.bundle_of(as_pkcs7(form), "x.p7b").certificates
    assert set(found) == {ROOT_DER, INTERMEDIATE_DER}


@pytest.mark.parametrize("sent", list(permutations((LEAF_DER, INTERMEDIATE_DER, ROOT_DER))))
def test_the_set_of_a_pkcs7_file_is_read_leaf_first(sent: tuple[bytes, ...]) -> None:
    """DER sorts a SET: its order is nobody's choice."""
    loaded = [x509.load_der_x509_certificate(each) for each in sent]
    content = pkcs7.serialize_certificates(loaded, Encoding.DER)
    expected = (LEAF_DER, INTERMEDIATE_DER, ROOT_DER)
    assert files.bundle_of(content, "x.p7b").certificates == expected


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n", b"\0" * 9])
def test_der_files_are_read(tail: bytes) -> None:
    assert files.bundle_of(LEAF_DER + tail, "x.cer").certificates == (LEAF_DER,)


def test_the_order_of_the_file_is_kept_even_when_it_is_wrong() -> None:
    found = files.bundle_of(pem(ROOT_DER, LEAF_DER), "x")
    assert found.certificates == (ROOT_DER, LEAF_DER)


def test_a_pkcs12_file_opens_with_its_password() -> None:
    found = files.bundle_of(pfx(b"secret"), "x.pfx", b"secret")
    assert found.certificates == (LEAF_DER, INTERMEDIATE_DER)
    assert found.public_keys == (forge.spki(key("leaf")),)


def csr() -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key("leaf"), hashes.SHA256()).public_bytes(Encoding.PEM)


WRONG = {
    "empty": (b"", "is empty"),
    "blank": (b" \r\n ", "is empty"),
    "a web page": (b"\n<!DOCTYPE html><title>Sign in</title>", "is a web page"),
    "a key": (key_pem(), "holds a private key and no certificate"),
    "an EC key": (key_pem(form=PrivateFormat.TraditionalOpenSSL), "holds a private key"),
    "an encrypted key": (key_pem(password=b"x"), "an encrypted private key"),
    "a key for ssh": (key_pem(form=PrivateFormat.OpenSSH), "an OpenSSH private key"),
    "a public key": (
        key("leaf").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "holds a public key",
    ),
    "a request": (csr(), "a certificate signing request (CSR)"),
    "another block": (b"-----BEGIN THING-----\nAAAA\n-----END THING-----\n", "a PEM block 'THING'"),
    "an ssh public key": (b"ssh-ed25519 AAAA x", "is an SSH public key"),
    "a keystore": (b"\xfe\xed\xfe\xed\0\0\0\2", "is a Java keystore"),
    "text": (b"hello", "holds no certificate in PEM, DER, PKCS#7 or PKCS#12"),
    "cut inside": (CHAIN[: len(CHAIN) // 3], "is truncated"),
    "cut in the second": (CHAIN[:-40], "is truncated"),
    "cut key": (key_pem()[:80], "is truncated"),
    "cut DER": (LEAF_DER[:100], "is truncated or damaged DER"),
    "other DER": (forge.seq(forge.integer(7), forge.integer(8)), "is DER, but no certificate"),
    "a key in DER": (
        key("leaf").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "is a private key in DER",
    ),
    "an encrypted key in DER": (
        key("leaf").private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
        "is an encrypted private key in DER",
    ),
    "damaged base64": (CHAIN[:60] + b"!!" + pem(LEAF_DER)[62:], "base64 is damaged"),
    "an encrypted PKCS#12": (pfx(b"secret"), "is a PKCS#12 file that is encrypted"),
    "a PKCS#12 with a key only": (
        pfx(None, with_certificates=False),
        "is a PKCS#12 file without a certificate",
    ),
}


@pytest.mark.parametrize("title", WRONG)
def test_a_file_without_certificates_is_called_what_it_is(title: str) -> None:
    content, words = WRONG[title]
    with pytest.raises(UsageError) as caught:
        files.bundle_of(content, "the-file")
    assert words in caught.value.message
    assert caught.value.message.startswith("the-file ")
    assert "\n" not in caught.value.message


def test_a_wrong_password_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        files.bundle_of(pfx(b"secret"), "x.pfx", b"wrong")
    assert "this password does not open" in caught.value.message


def test_a_file_that_cannot_be_read_is_a_wrong_usage(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as stream:
        stream.truncate(5 << 20)
    for path in (tmp_path / "missing", tmp_path, huge):
        with pytest.raises(UsageError):
            files.read_bundle(path)


UNREAD_NAMES = Path(__file__).parents[2] / "fixtures" / "files"


@pytest.mark.parametrize("kind", ["empty", "twice", "tag"])
def test_a_name_that_no_library_reads_costs_the_order_alone(kind: str) -> None:
    """A part of a name without a value, one that stands there twice, and one of a wrong type."""
    found = bundles.certificates_in((UNREAD_NAMES / f"name-{kind}.p7b").read_bytes())
    assert found
    assert all(each[:1] == b"0" for each in found)


@given(st.binary(max_size=300))
def test_no_content_raises_anything_else(content: bytes) -> None:
    for each in (content, b"0" + content, b"-----BEGIN CERTIFICATE-----\n" + content):
        assert isinstance(bundles.certificates_in(each), tuple)
        with suppress(UsageError):
            assert files.bundle_of(each, "x").certificates


# -- keys --------------------------------------------------------------------------------------


def test_a_key_proves_its_own_certificate_only(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    for content in (
        key_pem(),
        key_pem(form=PrivateFormat.TraditionalOpenSSL),
        b"\xef\xbb\xbf" + key_pem().replace(b"\n", b"\r\n"),
        key("leaf").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        pem(LEAF_DER) + key_pem(),
    ):
        path.write_bytes(content)
        public = files.read_public_key(path)
        assert files.proves(public, LEAF_DER) is KeyProof.PROVED
        assert files.proves(public, INTERMEDIATE_DER) is KeyProof.FAILED
        assert files.proves(public, b"\x30\x00") is KeyProof.UNKNOWN


def test_keys_of_kinds_the_edge_cannot_use_are_compared_too(tmp_path: Path) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    path = tmp_path / "key.pem"
    path.write_bytes(key_pem(private))
    public = files.read_public_key(path)
    assert files.proves(public, forge.leaf(private=private)) is KeyProof.PROVED
    odd = ec.generate_private_key(ec.SECP256K1())
    path.write_bytes(key_pem(odd))
    assert files.proves(files.read_public_key(path), forge.leaf(private=odd)) is KeyProof.PROVED


ENCRYPTED_TRADITIONAL = forge.rsa_key(1024).private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"x")
)


NO_KEYS = {
    "encrypted": (key_pem(password=b"x"), "is an encrypted private key"),
    "encrypted as of old": (ENCRYPTED_TRADITIONAL, "is an encrypted private key"),
    "certificates": (CHAIN, "holds no private key"),
    "nothing": (b"", "holds no private key"),
    "damaged": (
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "no private key",
    ),
}


@pytest.mark.parametrize("title", NO_KEYS)
def test_a_file_without_a_usable_key_is_named(title: str, tmp_path: Path) -> None:
    content, words = NO_KEYS[title]
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        files.read_public_key(path)
    assert words in caught.value.message


def test_a_password_that_takes_a_billion_rounds_is_not_tried() -> None:
    """A number in a file must not buy minutes of work; each round is one hash."""
    assert 1 < files._rounds(pfx(b"secret")) <= files.MOST_ROUNDS
    dear = forge.seq(forge.seq(), forge.tlv(0x04, bytes(8)), forge.integer(2**31 - 1))
    assert files._rounds(dear) == 2**31 - 1
    assert files._rounds(b"\x30" * 5_000) == 0
    hidden = forge.seq(forge.integer(3), forge.seq(forge.tlv(0x04, dear)))
    for whole in (hidden, forge.seq(forge.integer(3), forge.seq(), dear)):
        with pytest.raises(UsageError, match="more rounds"):
            files.bundle_of(whole, "x.pfx", b"secret")


def test_a_signed_file_of_an_unknown_kind_is_refused_in_a_sentence() -> None:
    kind = forge.tlv(0x06, b"\x2a\x03\x04")
    hint = forge.tlv(0x04, b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
    with pytest.raises(UsageError):
        files.bundle_of(forge.seq(kind, forge.tlv(0xA0, hint)), "x.p7b")


def test_a_certificate_of_a_version_that_is_none_is_refused_in_a_sentence() -> None:
    whole = as_pkcs7(Encoding.DER)
    version = b"\xa0\x03\x02\x01"
    assert version + b"\x02" in whole
    with pytest.raises(UsageError):
        files.bundle_of(whole.replace(version + b"\x02", version + b"\x03"), "x.p7b")
