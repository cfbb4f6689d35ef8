"""The key in a certificate: its type in words, and whether the edge can use it."""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from cf525.model.registry import GROUPS, P256, P384, P521

_EDGE_CURVES: Final = {"secp256r1": P256, "secp384r1": P384, "secp521r1": P521}
_CURVES: Final = {name: code for code, name in GROUPS.items()} | _EDGE_CURVES


def key_type(der: bytes) -> tuple[str, bool | None]:
    """A certificate's key in words, and whether the edge's signature algorithms can use it.

    The second is None when the certificate cannot be parsed here.
    """
    certificate, key = _parsed(der)
    if certificate is None:
        return ("unreadable", None)
    match key:
        case rsa.RSAPublicKey():
            # Such a key signs with the rsa_pss_pss schemes alone, and the edge offers none.
            only_pss = certificate.public_key_algorithm_oid == x509.PublicKeyAlgorithmOID.RSASSA_PSS
            return (f"RSA{'-PSS' if only_pss else ''} {key.key_size}", not only_pss)
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


def key_curve(der: bytes) -> int | None:
    """The group that stands for the curve of a certificate's key."""
    _, key = _parsed(der)
    return _CURVES.get(key.curve.name) if isinstance(key, ec.EllipticCurvePublicKey) else None


def _parsed(der: bytes) -> tuple[x509.Certificate | None, object]:
    try:
        certificate = x509.load_der_x509_certificate(der)
        return certificate, certificate.public_key()
    except Exception:  # noqa: BLE001  a key this library cannot read is "not known"
        return None, None
