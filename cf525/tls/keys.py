"""Ephemeral key shares: made from injected randomness, exchanged with what the server sent.

Every group takes its private key from bytes, so that a connection can be replayed. Finite
field groups are not here: the edge never offers them, and peer-chosen primes are expensive.

Sources: RFC 7748, RFC 8422, RFC 8446 section 4.2.8, draft-ietf-tls-ecdhe-mlkem.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cf525.model.registry import P256, P384, P521, X25519, X25519MLKEM768
from cf525.tls.errors import PeerError
from cf525.values import dataclass

X448: Final = 0x001E

CURVES: Final[dict[int, ec.EllipticCurve]] = {
    P256: ec.SECP256R1(),
    P384: ec.SECP384R1(),
    P521: ec.SECP521R1(),
}

_SEED: Final = 64


@dataclass(frozen=True, slots=True)
class _Hybrid:
    """A classical group joined to ML-KEM; X25519MLKEM768 alone puts the ML-KEM part first."""

    make: Callable[[bytes], mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey]
    ciphertext_bytes: int
    classical: int
    classical_bytes: int
    kem_first: bool


_MLKEM768: Final = mlkem.MLKEM768PrivateKey.from_seed_bytes
_MLKEM1024: Final = mlkem.MLKEM1024PrivateKey.from_seed_bytes

HYBRIDS: Final[dict[int, _Hybrid]] = {
    0x11EB: _Hybrid(_MLKEM768, 1088, P256, 65, kem_first=False),
    X25519MLKEM768: _Hybrid(_MLKEM768, 1088, X25519, 32, kem_first=True),
    0x11ED: _Hybrid(_MLKEM1024, 1568, P384, 97, kem_first=False),
}

_POST_QUANTUM: Final = frozenset({0x0200, 0x0201, 0x0202, 0x6399}) | HYBRIDS.keys()


def is_post_quantum(group: int) -> bool:
    """Whether the group is ML-KEM, alone or joined to a classical one."""
    return group in _POST_QUANTUM


@dataclass(frozen=True, slots=True)
class KeyShare:
    """Our half. ``exchange`` gives the shared secret for the server's half, or raises PeerError."""

    group: int
    public: bytes
    exchange: Callable[[bytes], bytes]


def can_exchange(group: int) -> bool:
    """Whether a share of this group can be made here."""
    if group in HYBRIDS:
        return _mlkem_available(HYBRIDS[group])
    return group in CURVES or group in (X25519, X448)


@cache
def _mlkem_available(hybrid: _Hybrid) -> bool:
    """OpenSSL before 3.5 has no ML-KEM; a distribution's cryptography may be built on one."""
    try:
        hybrid.make(bytes(_SEED))
    except UnsupportedAlgorithm:
        return False
    return True


def key_share(group: int, random: Callable[[int], bytes]) -> KeyShare:
    """A fresh share of a group for which ``can_exchange`` holds."""
    if group in HYBRIDS:
        return _hybrid(group, random)
    if group == X25519:
        return _x25519(random)
    if group == X448:
        return _x448(random)
    return _curve(group, random)


def bad_share() -> PeerError:
    return PeerError("bad_key_share")


def _x25519(random: Callable[[int], bytes]) -> KeyShare:
    private = x25519.X25519PrivateKey.from_private_bytes(random(32))

    def exchange(peer: bytes) -> bytes:
        try:
            return private.exchange(x25519.X25519PublicKey.from_public_bytes(peer))
        except ValueError:  # wrong length, or a point of small order
            raise bad_share() from None

    return KeyShare(X25519, private.public_key().public_bytes_raw(), exchange)


def _x448(random: Callable[[int], bytes]) -> KeyShare:
    private = x448.X448PrivateKey.from_private_bytes(random(56))

    def exchange(peer: bytes) -> bytes:
        try:
            return private.exchange(x448.X448PublicKey.from_public_bytes(peer))
        except ValueError:
            raise bad_share() from None

    return KeyShare(X448, private.public_key().public_bytes_raw(), exchange)


def _curve(group: int, random: Callable[[int], bytes]) -> KeyShare:
    curve = CURVES[group]
    # Eight bytes more than the order has, so that the remainder is spread evenly.
    number = int.from_bytes(random((curve.key_size + 7) // 8 + 8))
    private = ec.derive_private_key(number % (curve.group_order - 1) + 1, curve)

    def exchange(peer: bytes) -> bytes:
        if peer[:1] != b"\x04":  # only the uncompressed form was offered
            raise PeerError("compressed_point")
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(curve, peer)
        except ValueError:
            raise bad_share() from None
        return private.exchange(ec.ECDH(), public)

    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return KeyShare(group, public, exchange)


def _hybrid(group: int, random: Callable[[int], bytes]) -> KeyShare:
    """Two shares side by side, on the wire and in the secret in the same order."""
    form = HYBRIDS[group]
    private = form.make(random(_SEED))
    classical = key_share(form.classical, random)

    def exchange(peer: bytes) -> bytes:
        if len(peer) != form.ciphertext_bytes + form.classical_bytes:
            raise bad_share()
        split = form.ciphertext_bytes if form.kem_first else form.classical_bytes
        first, second = peer[:split], peer[split:]
        if form.kem_first:
            return private.decapsulate(first) + classical.exchange(second)
        return classical.exchange(first) + private.decapsulate(second)

    public = private.public_key().public_bytes_raw()
    both = public + classical.public if form.kem_first else classical.public + public
    return KeyShare(group, both, exchange)
