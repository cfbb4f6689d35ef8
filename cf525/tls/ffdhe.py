"""The finite field groups that have a name, told by their prime.

Before TLS 1.3 a server sends the prime itself. Those of RFC 7919 follow from a formula, so that
no page of digits has to be trusted; any other prime is a group without a name.

Source: RFC 7919 appendix A: p = 2^b - 2^(b-64) + (floor(2^(b-130) * e) + X) * 2^64 - 1.
"""

from functools import cache
from typing import Final

_BITS_AND_X: Final = {
    0x0100: (2048, 560316),
    0x0101: (3072, 2625351),
    0x0102: (4096, 5736041),
    0x0103: (6144, 15705020),
    0x0104: (8192, 10965728),
}
FFDHE: Final = tuple(_BITS_AND_X)
_GUARD: Final = 64  # more bits than the rounding of 1,500 terms can reach


def ffdhe_group(prime: bytes) -> int | None:
    """The code point of the group with this prime, None where it has none."""
    return _primes().get(int.from_bytes(prime))


@cache
def _primes() -> dict[int, int]:
    return {_prime(bits, x): group for group, (bits, x) in _BITS_AND_X.items()}


def _prime(bits: int, x: int) -> int:
    return (1 << bits) - (1 << bits - 64) + ((_scaled_e(bits - 130) + x) << 64) - 1


def _scaled_e(bits: int) -> int:
    """floor(2^bits * e), from the series of 1/n!."""
    term = total = 1 << bits + _GUARD
    count = 1
    while term:
        term //= count
        total += term
        count += 1
    return total >> _GUARD
