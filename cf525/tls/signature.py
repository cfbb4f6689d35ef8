"""Signatures over handshakes: the server's is verified, a client certificate's is made.

``verify`` has three answers: the signature holds, it does not, or it cannot be told because
scheme and key do not go together or are not known here. It never raises on what a peer sent.

Sources: RFC 8446 section 4.2.3 and 4.4.3, RFC 5246 section 7.4.1.4.1, RFC 4346 section 7.4.3.
"""

from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from cf525.model import CertificateRequest, KeyProof
from cf525.model.registry import TLS12, TLS13
from cf525.tls.certificate import MlDsaKey, PublicKey
from cf525.tls.schedule import MD5, digest
from cf525.tls.suites import SHA1, SHA256, SHA384
from cf525.values import dataclass

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

SHA512: Final = hashes.SHA512()
SHA224: Final = hashes.SHA224()

RSA_MD5_SHA1: Final = 0xFF01  # BoringSSL's private number for what TLS 1.0 and 1.1 sign with
ECDSA_SHA1: Final = 0x0203


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """What to answer a CertificateRequest with. ``chain`` is DER, leaf first."""

    chain: tuple[bytes, ...]
    key: PrivateKey

    def sign(self, code: int, data: bytes) -> bytes:
        """The signature of a CertificateVerify."""
        return sign(code, self.key, data)


@dataclass(frozen=True, slots=True)
class Scheme:
    """``kind`` is the type of key; ``curve`` the one TLS 1.3 ties an ECDSA scheme to."""

    kind: str
    hash: hashes.HashAlgorithm | None = None
    pss: bool = False
    curve: str = ""


SCHEMES: Final[dict[int, Scheme]] = {
    0x0201: Scheme("rsa", SHA1),
    0x0301: Scheme("rsa", SHA224),
    0x0401: Scheme("rsa", SHA256),
    0x0501: Scheme("rsa", SHA384),
    0x0601: Scheme("rsa", SHA512),
    0x0203: Scheme("ecdsa", SHA1),
    0x0303: Scheme("ecdsa", SHA224),
    0x0403: Scheme("ecdsa", SHA256, curve="secp256r1"),
    0x0503: Scheme("ecdsa", SHA384, curve="secp384r1"),
    0x0603: Scheme("ecdsa", SHA512, curve="secp521r1"),
    0x0804: Scheme("rsa", SHA256, pss=True),
    0x0805: Scheme("rsa", SHA384, pss=True),
    0x0806: Scheme("rsa", SHA512, pss=True),
    0x0809: Scheme("rsa", SHA256, pss=True),
    0x080A: Scheme("rsa", SHA384, pss=True),
    0x080B: Scheme("rsa", SHA512, pss=True),
    0x0807: Scheme("ed25519"),
    0x0808: Scheme("ed448"),
    0x0904: Scheme("mldsa44"),
    0x0905: Scheme("mldsa65"),
    0x0906: Scheme("mldsa87"),
}
_ML_DSA: Final = {
    mldsa.MLDSA44PublicKey: "mldsa44",
    mldsa.MLDSA65PublicKey: "mldsa65",
    mldsa.MLDSA87PublicKey: "mldsa87",
}


def key_kind(key: PublicKey | PrivateKey) -> str:
    """``rsa``, ``ecdsa``, ``ed25519``, ``ed448``, or ``mldsa44`` and its like."""
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey):
        return "rsa"
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        return "ecdsa"
    if isinstance(key, MlDsaKey):
        return next(name for kind, name in _ML_DSA.items() if isinstance(key, kind))
    return "ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "ed448"


def implied_scheme(key: PublicKey) -> int:
    """What TLS 1.0 and 1.1 sign with, where no message names it."""
    return RSA_MD5_SHA1 if key_kind(key) == "rsa" else ECDSA_SHA1


def verify(code: int, key: PublicKey, signature: bytes, data: bytes) -> KeyProof:
    """Whether ``signature`` over ``data`` was made with the certificate's private key."""
    kind = "rsa" if code == RSA_MD5_SHA1 else SCHEMES[code].kind if code in SCHEMES else None
    if kind != key_kind(key):
        return KeyProof.UNKNOWN
    try:
        return KeyProof.PROVED if _holds(code, key, signature, data) else KeyProof.FAILED
    except InvalidSignature:
        return KeyProof.FAILED
    except (UnsupportedAlgorithm, ValueError):  # ValueError: the key is too small for the hash
        return KeyProof.UNKNOWN


def _holds(code: int, key: PublicKey, signature: bytes, data: bytes) -> bool:
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey | MlDsaKey):
        key.verify(signature, data)
        return True
    if isinstance(key, rsa.RSAPublicKey) and code == RSA_MD5_SHA1:
        # cryptography has no MD5+SHA-1 hash; the padding is checked and the rest compared here.
        signed = key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
        return signed == digest(MD5, data) + digest(SHA1, data)
    scheme = SCHEMES[code]
    assert scheme.hash is not None
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, _rsa_padding(scheme.hash, pss=scheme.pss), scheme.hash)
    else:
        key.verify(signature, data, ec.ECDSA(scheme.hash))
    return True


def _rsa_padding(algorithm: hashes.HashAlgorithm, *, pss: bool) -> padding.PSS | padding.PKCS1v15:
    if pss:
        return padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
    return padding.PKCS1v15()


SIGNED_WITH: Final = (
    0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0203, 0x0201,
)  # fmt: skip
"""What BoringSSL signs with, in its own order of preference (kSignSignatureAlgorithms)."""

_CERTIFICATE_TYPES: Final = {"rsa": 1, "ecdsa": 64}  # rsa_sign, ecdsa_sign (RFC 5246, 8422)


def signing_scheme(key: PrivateKey, request: CertificateRequest, version: int) -> int | None:
    """The scheme to sign with that the request allows, None if it allows none for this key.

    Up to TLS 1.2 the request names types of certificates; before TLS 1.2 no schemes.
    """
    kind = key_kind(key)
    if version < TLS13 and _CERTIFICATE_TYPES[kind] not in request.certificate_types:
        return None
    if version < TLS12:
        return RSA_MD5_SHA1 if kind == "rsa" else ECDSA_SHA1
    return next(
        (
            code
            for code in SIGNED_WITH
            if code in request.signature_schemes and _can_sign(code, key, version)
        ),
        None,
    )


def _can_sign(code: int, key: PrivateKey, version: int) -> bool:
    scheme = SCHEMES[code]
    if scheme.kind != key_kind(key):
        return False
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return version < TLS13 or scheme.curve == key.curve.name
    assert scheme.hash is not None
    if scheme.pss and (key.key_size + 7) // 8 < 2 * scheme.hash.digest_size + 2:
        return False
    return version < TLS13 or scheme.pss


def sign(code: int, key: PrivateKey, data: bytes) -> bytes:
    """The signature; ECDSA without randomness of its own (RFC 6979) where OpenSSL can."""
    if code == RSA_MD5_SHA1:
        assert isinstance(key, rsa.RSAPrivateKey)
        both = digest(MD5, data) + digest(SHA1, data)
        return key.sign(both, padding.PKCS1v15(), NoDigestInfo())
    scheme = SCHEMES[code]
    assert scheme.hash is not None
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, _rsa_padding(scheme.hash, pss=scheme.pss), scheme.hash)
    try:
        return key.sign(data, ec.ECDSA(scheme.hash, deterministic_signing=True))
    except UnsupportedAlgorithm:
        return key.sign(data, ec.ECDSA(scheme.hash))
