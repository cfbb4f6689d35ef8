"""The presentation language of TLS: bounded reading, length-prefixed building, framing.

Nothing here knows what a message means. A ``Reader`` refuses to read past its end and, by
``end()``, to leave bytes over; every refusal is the peer's error and names what was read.

Sources: RFC 8446 section 3 (presentation language), 4 (handshake framing), 5.1 (records).
"""

from collections.abc import Iterator
from typing import Final

from cf525.tls.errors import DECODE_ERROR, ILLEGAL_PARAMETER, LimitExceeded, PeerError
from cf525.values import dataclass

CHANGE_CIPHER_SPEC: Final = 20
ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23
CONTENT_TYPES: Final = range(20, 25)  # 24 is heartbeat

HELLO_REQUEST: Final = 0
CLIENT_HELLO: Final = 1
SERVER_HELLO: Final = 2
NEW_SESSION_TICKET: Final = 4
ENCRYPTED_EXTENSIONS: Final = 8
CERTIFICATE: Final = 11
SERVER_KEY_EXCHANGE: Final = 12
CERTIFICATE_REQUEST: Final = 13
SERVER_HELLO_DONE: Final = 14
CERTIFICATE_VERIFY: Final = 15
CLIENT_KEY_EXCHANGE: Final = 16
FINISHED: Final = 20
CERTIFICATE_STATUS: Final = 22
KEY_UPDATE: Final = 24
MESSAGE_HASH: Final = 254

RECORD_HEADER: Final = 5
MESSAGE_HEADER: Final = 4
MAX_PLAINTEXT: Final = 1 << 14


class Reader:
    """Reads one structure from front to back. ``name`` goes into the error code."""

    __slots__ = ("_at", "_data", "_name")

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._at = 0
        self._name = name

    def error(self) -> PeerError:
        return PeerError(f"bad_{self._name}", DECODE_ERROR)

    def take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise self.error()
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def integer(self, width: int) -> int:
        return int.from_bytes(self.take(width))

    def vector(self, width: int) -> bytes:
        """The bytes behind a length of ``width`` bytes."""
        return self.take(self.integer(width))

    def nested(self, width: int) -> "Reader":
        return Reader(self.vector(width), self._name)

    def integers(self, length_width: int, width: int) -> tuple[int, ...]:
        """A vector of integers of ``width`` bytes each."""
        inner = self.nested(length_width)
        return tuple(inner.integer(width) for _ in inner.until_end())

    def until_end(self) -> Iterator[None]:
        """Loop as long as there is something left to read."""
        while self.remaining:
            yield

    @property
    def remaining(self) -> int:
        return len(self._data) - self._at

    def end(self) -> None:
        if self.remaining:
            raise self.error()


def integer(value: int, width: int) -> bytes:
    return value.to_bytes(width)


def vector(data: bytes, width: int) -> bytes:
    """``data`` behind its length in ``width`` bytes."""
    return len(data).to_bytes(width) + data


def integers(values: tuple[int, ...], length_width: int, width: int = 2) -> bytes:
    """A vector of integers of ``width`` bytes each."""
    return vector(b"".join(value.to_bytes(width) for value in values), length_width)


def extensions(items: list[tuple[int, bytes]]) -> bytes:
    """An extension block with its length."""
    return vector(b"".join(integer(kind, 2) + vector(body, 2) for kind, body in items), 2)


def read_extensions(reader: Reader) -> dict[int, bytes]:
    """An extension block in wire order; a repeated extension is the peer's error."""
    inner = reader.nested(2)
    found: dict[int, bytes] = {}
    for _ in inner.until_end():
        kind, body = inner.integer(2), inner.vector(2)
        if kind in found:
            raise PeerError("duplicate_extension", ILLEGAL_PARAMETER)
        found[kind] = body
    return found


@dataclass(frozen=True, slots=True)
class Message:
    """One handshake message; ``raw`` includes its header, as the transcript wants it."""

    kind: int
    body: bytes
    raw: bytes


def message(kind: int, body: bytes) -> bytes:
    return integer(kind, 1) + vector(body, 3)


class MessageBuffer:
    """Handshake messages out of record payloads: they may be split and coalesced at will."""

    def __init__(self, message_bytes: int) -> None:
        self._limit = message_bytes
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data)

    def feed(self, payload: bytes) -> None:
        self._data += payload

    def clear(self) -> None:
        self._data.clear()

    def admit(self, message_bytes: int) -> None:
        """From now on no message may be longer than this."""
        self._limit = message_bytes

    def next(self) -> Message | None:
        """The next whole message. The limit holds for the announced length, not the received."""
        if len(self._data) < MESSAGE_HEADER:
            return None
        length = int.from_bytes(self._data[1:MESSAGE_HEADER])
        if length > self._limit:
            raise LimitExceeded("message_bytes", ILLEGAL_PARAMETER)
        end = MESSAGE_HEADER + length
        if len(self._data) < end:
            return None
        raw = bytes(self._data[:end])
        del self._data[:end]
        return Message(raw[0], raw[MESSAGE_HEADER:], raw)
