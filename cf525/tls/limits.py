"""How much of a hostile server the engine takes, in one place.

The edge's own limits, which only lead to notes, stand in ``strict``.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes and counts for one connection. Beyond any of them it ends with ``Ending.LIMIT``."""

    total_bytes: int = 256 * 1024
    message_bytes: int = 128 * 1024
    record_bytes: int = 18_432  # 2^14 + 2048, RFC 5246 section 6.2.3
    records: int = 2_000
    messages: int = 64
    warnings: int = 8
    trace_entries: int = 400  # further ones are dropped, not an end
    notes: int = 64  # likewise
    key_bits: int = 16_384  # no arithmetic on larger numbers that the server chose


LIMITS: Final = Limits()
