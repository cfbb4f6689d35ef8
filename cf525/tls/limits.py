"""How much of a hostile server the engine takes, in one place.

The edge's own limits, which lead to notes while the handshake lasts, stand in ``strict``. What is
limited here and not there (bytes, records and messages in all) is harmless to the edge, so the
limit lies far above what an honest server can send, and meeting it says nothing about the edge.
"""

from typing import Final

from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes and counts for one connection. Beyond any of them it ends with ``Ending.LIMIT``."""

    total_bytes: int = 1024 * 1024
    message_bytes: int = 128 * 1024
    record_bytes: int = 16_704  # SSL3_RT_MAX_ENCRYPTED_LENGTH: BoringSSL's, below RFC 5246's
    records: int = 50_000
    messages: int = 2_000
    warnings: int = 8
    trace_entries: int = 400  # further ones are dropped, not an end
    notes: int = 64  # likewise
    key_bits: int = 16_384  # no arithmetic on larger numbers that the server chose


LIMITS: Final = Limits()
