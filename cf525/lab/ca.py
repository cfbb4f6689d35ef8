"""A small certificate factory for the lab and the tests.

``Authority`` issues whatever a scenario needs in one line: ``ca.issue("www.example.com")``.
Keys are made once per type and reused: the lab wants speed, not secrecy. Nothing here is used
to judge a real certificate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey: TypeAlias = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
)

PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_CURVES: dict[str, ec.EllipticCurve] = {
    "p256": ec.SECP256R1(),
    "p384": ec.SECP384R1(),
    "p521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
    "p224": ec.SECP224R1(),
    "brainpool256": ec.BrainpoolP256R1(),
}


def new_key(kind: str = "p256") -> PrivateKey:
    """A fresh key: ``p256``, ``p384``, ``p521``, ``secp256k1``, ``rsa2048``, ``ed25519`` ..."""
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind])
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:] or "2048"))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ed448":
        return ed448.Ed448PrivateKey.generate()
    raise ValueError(f"no such kind of key: {kind}")


@cache
def shared_key(kind: str, slot: int = 0) -> PrivateKey:  # noqa: ARG001
    """One key per kind and slot for the whole process; RSA keys are slow to make."""
    return new_key(kind)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key and the certificates to send behind it."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        """The certificate followed by its intermediates, as servers want it."""
        return self.pem + b"".join(
            each.public_bytes(serialization.Encoding.PEM) for each in self.chain
        )

    @property
    def chain_der(self) -> tuple[bytes, ...]:
        return (
            self.der,
            *(each.public_bytes(serialization.Encoding.DER) for each in self.chain),
        )

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


LOGGED = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"),
    # One SCT of version 1: log id, timestamp, no extensions, ecdsa-sha256 and its signature.
    bytes.fromhex("0437 0035 0033 00".replace(" ", ""))
    + bytes(32)
    + bytes(8)
    + bytes.fromhex("0000 0403 0004 30020000".replace(" ", "")),
)
"""The timestamp of a transparency log, which public CAs put into what they issue. An intermediate
issues here as they do; a root issues as a private CA does."""


def name(common_name: str, organization: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    if common_name:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


def general_name(text: str) -> x509.GeneralName:
    """A dNSName, or an iPAddress when ``text`` is an IP literal."""
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _hash_for(key: PrivateKey) -> hashes.SHA256 | None:
    if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        return None
    return hashes.SHA256()


class Authority:
    """A certificate authority: a root, or an intermediate made by :meth:`intermediate`."""

    def __init__(
        self,
        common_name: str = "Lab Root CA",
        *,
        kind: str = "p256",
        now: datetime | None = None,
        parent: "Authority | None" = None,
        organization: str = "cf525 lab",
    ) -> None:
        self.now = now or datetime.now(UTC).replace(microsecond=0)
        self.parent = parent
        self.name = name(common_name, organization)
        self.key = new_key(kind)
        signer = parent or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=365))
            .not_valid_after(self.now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_key_usage(certificate_sign=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()),
                critical=False,
            )
        )
        self.certificate = builder.sign(signer.key, _hash_for(signer.key))

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """What an origin sends behind a leaf: this CA and its parents, without the root."""
        if self.parent is None:
            return ()
        return (self.certificate, *self.parent.intermediates)

    def intermediate(self, common_name: str = "Lab Intermediate CA") -> "Authority":
        return Authority(common_name, now=self.now, parent=self)

    def issue(
        self,
        *names: str,
        kind: str = "p256",
        key: PrivateKey | None = None,
        common_name: str | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
        key_usage: bool = True,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    ) -> Issued:
        """A leaf for ``names`` (DNS names or IP literals), valid from yesterday for 90 days."""
        key = key or shared_key(kind)
        subject = name(names[0] if common_name is None and names else common_name or "")
        certificate = self._leaf_builder(
            subject, self.name, key, names, not_before, not_after, purpose
        ).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
            critical=False,
        )
        if self.parent is not None:
            certificate = certificate.add_extension(LOGGED, critical=False)
        if key_usage:
            certificate = certificate.add_extension(
                _key_usage(key_encipherment=isinstance(key, rsa.RSAPrivateKey)), critical=True
            )
        for extension, critical in extra:
            certificate = certificate.add_extension(extension, critical)
        return Issued(certificate.sign(self.key, _hash_for(self.key)), key, self.intermediates)

    def certify(self, key: PublicKey, *names: str, days: int) -> x509.Certificate:
        """A leaf for a key of which only the public half is known."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(names[0][:64]))
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(minutes=5))
            .not_valid_after(self.now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([general_name(each) for each in names]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        return builder.sign(self.key, _hash_for(self.key))

    def self_signed(
        self,
        *names: str,
        kind: str = "p256",
        common_name: str | None = None,
        not_after: datetime | None = None,
    ) -> Issued:
        """A certificate signed by its own key; the authority lends only its clock."""
        key = shared_key(kind)
        subject = name(names[0] if common_name is None and names else common_name or "")
        builder = self._leaf_builder(subject, subject, key, names, None, not_after)
        return Issued(builder.sign(key, _hash_for(key)), key)

    def _leaf_builder(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: PrivateKey,
        names: Sequence[str],
        not_before: datetime | None,
        not_after: datetime | None,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    ) -> x509.CertificateBuilder:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before or self.now - timedelta(days=1))
            .not_valid_after(not_after or self.now + timedelta(days=90))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([general_name(each) for each in names]),
                critical=False,
            )
        return builder


def _key_usage(*, certificate_sign: bool = False, key_encipherment: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificate_sign,
        crl_sign=certificate_sign,
        encipher_only=False,
        decipher_only=False,
    )
