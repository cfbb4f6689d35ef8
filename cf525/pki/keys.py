"""Public keys and certificate signatures, with the limits BoringSSL puts on both.

Answers are remembered by the bytes they depend on: a thousand leaves under one intermediate
decode its key once. Nothing here decides what a key may be used for.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from cf525.pki import der
from cf525.pki.certificate import Algorithm, Certificate, read_algorithm
from cf525.values import dataclass

Usable: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

RSA: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
RSA_PSS: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
EC: Final = b"\x2a\x86\x48\xce\x3d\x02\x01"
ED25519: Final = b"\x2b\x65\x70"

_REMEMBERED_BYTES: Final = 8192
_NULL: Final = b"\x05\x00"
_MIN_RSA_BITS: Final = 512
_MAX_RSA_BITS: Final = 16384
_MAX_EXPONENT_BITS: Final = 33

_CURVES: Final[dict[bytes, tuple[str, ec.EllipticCurve]]] = {
    bytes.fromhex("2a8648ce3d030107"): ("P-256", ec.SECP256R1()),
    bytes.fromhex("2b81040022"): ("P-384", ec.SECP384R1()),
    bytes.fromhex("2b81040023"): ("P-521", ec.SECP521R1()),
    bytes.fromhex("2b81040021"): ("P-224", ec.SECP224R1()),
}

_OTHER_CURVES: Final = {
    "2b8104000a": "secp256k1",
    "2a8648ce3d030101": "P-192",
    "2b2403030208010107": "brainpoolP256r1",
    "2b240303020801010b": "brainpoolP384r1",
    "2b240303020801010d": "brainpoolP512r1",
}

_OTHER_KEYS: Final = {
    RSA_PSS.hex(): "RSASSA-PSS",
    "2b6571": "Ed448",
    "2b656e": "X25519",
    "2b656f": "X448",
    "2a8648ce380401": "DSA",
    "608648016503040311": "ML-DSA-44",
    "608648016503040312": "ML-DSA-65",
    "608648016503040313": "ML-DSA-87",
}

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "SHA-1": hashes.SHA1(),  # noqa: S303 - the edge's library still verifies it
    "SHA-224": hashes.SHA224(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}

_SIGNATURES: Final[dict[bytes, tuple[str, str]]] = {
    bytes.fromhex(oid): names
    for oid, names in {
        "2a864886f70d010102": ("RSA", "MD2"),
        "2a864886f70d010103": ("RSA", "MD4"),
        "2a864886f70d010104": ("RSA", "MD5"),
        "2a864886f70d010105": ("RSA", "SHA-1"),
        "2b0e03021d": ("RSA", "SHA-1"),
        "2a864886f70d01010e": ("RSA", "SHA-224"),
        "2a864886f70d01010b": ("RSA", "SHA-256"),
        "2a864886f70d01010c": ("RSA", "SHA-384"),
        "2a864886f70d01010d": ("RSA", "SHA-512"),
        "2a8648ce3d0401": ("ECDSA", "SHA-1"),
        "2a8648ce3d040301": ("ECDSA", "SHA-224"),
        "2a8648ce3d040302": ("ECDSA", "SHA-256"),
        "2a8648ce3d040303": ("ECDSA", "SHA-384"),
        "2a8648ce3d040304": ("ECDSA", "SHA-512"),
        "2a8648ce380403": ("DSA", "SHA-1"),
        "608648016503040302": ("DSA", "SHA-256"),
        "2a864886f70d01010f": ("RSA", "SHA-512/224"),
        "2a864886f70d010110": ("RSA", "SHA-512/256"),
        "60864801650304030a": ("ECDSA", "SHA3-256"),
        "60864801650304030e": ("RSA", "SHA3-256"),
        "2a811ccf55018375": ("SM2", "SM3"),
        "2a85030701010302": ("GOST R 34.10-2012", "Streebog-256"),
    }.items()
}

_PSS_HASHES: Final = {
    bytes.fromhex("608648016503040201"): "SHA-256",
    bytes.fromhex("608648016503040202"): "SHA-384",
    bytes.fromhex("608648016503040203"): "SHA-512",
}
_MGF1: Final = bytes.fromhex("2a864886f70d010108")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """``kind`` is "RSA", "P-256", "Ed25519", "DSA" ..., or the object identifier of an unknown one.

    ``usable`` is None when BoringSSL cannot decode the key; ``bits`` is 0 where that says nothing.
    """

    kind: str
    bits: int
    usable: Usable | None

    @property
    def post_quantum(self) -> bool:
        """ML-DSA, which newer versions of the edge's library verify and older ones do not."""
        return self.kind.startswith("ML-DSA")

    def __str__(self) -> str:
        if self.kind == "RSA":
            return f"RSA {self.bits}"
        return f"EC {self.kind}" if self.kind in _EC_KINDS else self.kind


_EC_KINDS: Final = frozenset(
    [name for name, _ in _CURVES.values()] + [*_OTHER_CURVES.values(), "explicit curve"]
)


@lru_cache(maxsize=512)
def decode(spki: bytes) -> PublicKey:
    """The key in an encoded SubjectPublicKeyInfo; never raises on one a certificate carried."""
    reader = der.whole_sequence(spki)
    algorithm = read_algorithm(reader)
    octets, unused = der.bit_string(reader.read(der.BIT_STRING))
    if algorithm.oid == RSA:
        found = _rsa(algorithm, octets)
    elif algorithm.oid == EC:
        found = _ec(algorithm, octets)
    elif algorithm.oid == ED25519:
        fits = algorithm.parameters is None and len(octets) == 32
        key = ed25519.Ed25519PublicKey.from_public_bytes(octets) if fits else None
        found = PublicKey("Ed25519", 0, key)
    else:
        name = _OTHER_KEYS.get(algorithm.oid.hex()) or der.dotted(algorithm.oid)
        found = PublicKey(name, 0, None)
    return replace(found, usable=None) if unused else found


def _rsa(algorithm: Algorithm, octets: bytes) -> PublicKey:
    try:
        reader = der.whole_sequence(octets)
        modulus = der.integer(reader.read(der.INTEGER))
        exponent = der.integer(reader.read(der.INTEGER))
        reader.done()
    except der.DerError:
        return PublicKey("RSA", 0, None)
    bits = modulus.bit_length()
    sound = (
        algorithm.parameters == _NULL
        and modulus > 0
        and modulus % 2 == 1
        and _MIN_RSA_BITS <= bits <= _MAX_RSA_BITS
        and exponent > 1
        and exponent % 2 == 1
        and exponent.bit_length() <= _MAX_EXPONENT_BITS
    )
    if not sound:
        return PublicKey("RSA", bits, None)
    return PublicKey("RSA", bits, rsa.RSAPublicNumbers(exponent, modulus).public_key())


def _ec(algorithm: Algorithm, octets: bytes) -> PublicKey:
    if algorithm.parameters is None or algorithm.parameters[0] != der.OID:
        return PublicKey("explicit curve", 0, None)
    oid = algorithm.parameters[2:]
    if oid not in _CURVES:
        return PublicKey(_OTHER_CURVES.get(oid.hex()) or der.dotted(oid), 0, None)
    name, curve = _CURVES[oid]
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve, octets)
    except ValueError:
        return PublicKey(name, curve.key_size, None)
    return PublicKey(name, curve.key_size, key)


def signature_name(algorithm: Algorithm) -> str:
    """'ECDSA SHA-256' for people; the object identifier for one that is not known."""
    if algorithm.oid == RSA_PSS:
        found = _pss_hash(algorithm.parameters)
        return f"RSA-PSS {found}" if found else "RSA-PSS"
    if algorithm.oid == ED25519:
        return "Ed25519"
    kind = _SIGNATURES.get(algorithm.oid)
    if kind is None:
        return _OTHER_KEYS.get(algorithm.oid.hex()) or der.dotted(algorithm.oid)
    return " ".join(kind)


def takes(algorithm: Algorithm) -> bool:
    """Whether BoringSSL verifies signatures by this algorithm on certificates at all."""
    family, digest = _SIGNATURES.get(algorithm.oid, ("", ""))
    known = family in ("RSA", "ECDSA") and digest in _HASHES
    return known or algorithm.oid in (RSA_PSS, ED25519)


def verifies(child: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key verifies the child, as BoringSSL's X509_verify would find."""
    if child.unused_bits or child.algorithm != child.outer_algorithm:
        return False
    check = _remembered if len(child.signed) <= _REMEMBERED_BYTES else signature_fits
    return check(child.algorithm, child.signed, child.signature, issuer.spki)


def signature_fits(algorithm: Algorithm, signed: bytes, signature: bytes, spki: bytes) -> bool:
    if algorithm.oid.hex() in _ML_DSA:
        return _ml_dsa_fits(algorithm, signed, signature, spki)
    key = decode(spki).usable
    if key is None:
        return False
    try:
        return _verify(key, algorithm, signed, signature)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False


def _ml_dsa_fits(algorithm: Algorithm, signed: bytes, signature: bytes, spki: bytes) -> bool:
    """A signature of ML-DSA (RFC 9881), whose algorithm is the key's own."""
    kind = _OTHER_KEYS[algorithm.oid.hex()]
    if decode(spki).kind != kind or algorithm.parameters is not None:
        return False
    try:
        key = load_der_public_key(spki)
        if not isinstance(key, _ML_DSA_KEYS):
            return False
        key.verify(signature, signed)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


_ML_DSA: Final = frozenset(oid for oid, name in _OTHER_KEYS.items() if name.startswith("ML-DSA"))
_ML_DSA_KEYS: Final = (mldsa.MLDSA44PublicKey, mldsa.MLDSA65PublicKey, mldsa.MLDSA87PublicKey)

_remembered = lru_cache(maxsize=1024)(signature_fits)


def _verify(key: Usable, algorithm: Algorithm, signed: bytes, signature: bytes) -> bool:
    """True, or an exception of the primitive; False for algorithms that are not taken at all."""
    if algorithm.oid == RSA_PSS:
        chosen = _pss_hash(algorithm.parameters)
        if chosen is None or not isinstance(key, rsa.RSAPublicKey):
            return False
        digest = _HASHES[chosen]
        scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
        key.verify(signature, signed, scheme, digest)
        return True
    if algorithm.oid == ED25519:
        if not isinstance(key, ed25519.Ed25519PublicKey) or algorithm.parameters is not None:
            return False
        key.verify(signature, signed)
        return True
    family, name = _SIGNATURES.get(algorithm.oid, ("", ""))
    hashing = _HASHES.get(name)
    if hashing is None or algorithm.parameters not in (None, _NULL):
        return False
    if family == "RSA" and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), hashing)
        return True
    if family == "ECDSA" and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(hashing))
        return True
    return False


def _pss_hash(parameters: bytes | None) -> str | None:
    """The hash of the three RSASSA-PSS parameter sets BoringSSL takes, None for any other.

    Hash and mask hash the same SHA-2, the salt as long as the hash, the default trailer.
    """
    try:
        reader = der.whole_sequence(parameters or b"")
        hashing = _only_algorithm(reader.enter(0xA0))
        mask = _only_algorithm(reader.enter(0xA1))
        inner = mask.parameters or b""
        mask_hash = read_algorithm(der.Reader(inner))
        salt_reader = reader.enter(0xA2)
        salt = der.integer(salt_reader.read(der.INTEGER))
        salt_reader.done()
        reader.done()
    except der.DerError:
        return None
    name = _PSS_HASHES.get(hashing.oid)
    if name is None or mask.oid != _MGF1 or mask_hash.oid != hashing.oid:
        return None
    if any(each.parameters not in (None, _NULL) for each in (hashing, mask_hash)):
        return None
    return name if salt == _HASHES[name].digest_size else None


def _only_algorithm(reader: der.Reader) -> Algorithm:
    found = read_algorithm(reader)
    reader.done()
    return found
