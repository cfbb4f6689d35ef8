"""The record layer, both ways: bytes into records, records into bytes, under whatever keys hold.

It enforces the limits on records and counts what BoringSSL counts, but knows no messages.

Sources: RFC 8446 section 5, RFC 5246 section 6.2.
"""

from cf525.model.registry import TLS13
from cf525.tls import strict, wire
from cf525.tls.errors import PROTOCOL_VERSION, RECORD_OVERFLOW, LimitExceeded, PeerError
from cf525.tls.handshake import Notebook
from cf525.tls.limits import Limits
from cf525.tls.record import Protection
from cf525.values import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One opened record: the payload's own content type, and whether it came under keys."""

    kind: int
    payload: bytes
    encrypted: bool


class Link:
    """``read`` and ``write`` are the protections in force, None before the first keys.

    ``version`` is that of the record headers we write; ``agreed`` becomes true when the server
    has chosen it. Under keys the server's headers must carry it too; before, BoringSSL looks at the
    major version alone (tls_open_record).
    """

    def __init__(self, version: int, limits: Limits, notebook: Notebook) -> None:
        self.read: Protection | None = None
        self.write: Protection | None = None
        self.version = version
        self.agreed = False
        self.tls13 = False
        self._limits = limits
        self._notebook = notebook
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._records = 0
        self._empty = 0

    def feed(self, data: bytes) -> None:
        self._incoming += data

    @property
    def pending(self) -> bool:
        """Whether part of a record is waiting for the rest."""
        return bool(self._incoming)

    def next(self) -> Record | None:
        """The next whole record, opened."""
        if len(self._incoming) < wire.RECORD_HEADER:
            return None
        kind, version, length = self._header()
        end = wire.RECORD_HEADER + length
        if len(self._incoming) < end:
            return None
        fragment = bytes(self._incoming[wire.RECORD_HEADER : end])
        del self._incoming[:end]
        self._records += 1
        if self._records > self._limits.records:
            raise LimitExceeded("records")
        if self.read is not None and version != self.version:
            strict.refuse(self._notebook, "record_version", f"0x{version:04x}")
        return self._opened(kind, fragment)

    def _header(self) -> tuple[int, int, int]:
        header = self._incoming[: wire.RECORD_HEADER]
        kind, version = header[0], int.from_bytes(header[1:3])
        if kind not in wire.CONTENT_TYPES:
            raise PeerError("bad_record_type")
        if version >> 8 != 3:
            raise PeerError("bad_record_version", PROTOCOL_VERSION)
        length = int.from_bytes(header[3:5])
        if length > self._limits.record_bytes:
            raise LimitExceeded("record_bytes", RECORD_OVERFLOW)
        return kind, version, length

    def _opened(self, kind: int, fragment: bytes) -> Record:
        # TLS 1.3 sends ChangeCipherSpec for the sake of middleboxes, never protected. A server
        # that failed before it had keys sends its alert in the clear too: worth reading.
        in_clear = self.read is None or (
            self.tls13 and kind in (wire.CHANGE_CIPHER_SPEC, wire.ALERT)
        )
        if self.read is None or in_clear:
            payload = fragment
            if len(payload) > wire.MAX_PLAINTEXT:
                raise PeerError("record_overflow", RECORD_OVERFLOW)
        else:
            kind, payload = self.read.open(kind, fragment)
        self._count_empty(kind, payload)
        return Record(kind, payload, not in_clear)

    def _count_empty(self, kind: int, payload: bytes) -> None:
        """A ChangeCipherSpec of TLS 1.3 is as good as empty, and an alert breaks no row."""
        if not payload or (self.tls13 and kind == wire.CHANGE_CIPHER_SPEC):
            self._empty += 1
        elif kind != wire.ALERT:
            self._empty = 0
        if self._empty > strict.EMPTY_RECORDS:
            strict.refuse(self._notebook, "too_many_empty_records")

    def agree(self, version: int) -> None:
        """The server chose a version. TLS 1.3 goes on calling itself 1.2 in record headers."""
        self.tls13 = version >= TLS13
        self.version = strict.record_version(version)
        self.agreed = True

    def send(self, kind: int, payload: bytes) -> None:
        """Queue a payload, in as many records as it takes."""
        for start in range(0, max(len(payload), 1), wire.MAX_PLAINTEXT):
            outer, fragment = kind, payload[start : start + wire.MAX_PLAINTEXT]
            # Our ChangeCipherSpec of TLS 1.3 is never protected either.
            if self.write is not None and not (self.tls13 and kind == wire.CHANGE_CIPHER_SPEC):
                outer, fragment = self.write.seal(kind, fragment)
            self._outgoing += (
                wire.integer(outer, 1) + wire.integer(self.version, 2) + wire.vector(fragment, 2)
            )

    def drain(self) -> bytes:
        """What there is to send, once."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        self._notebook.bytes_sent += len(data)
        return data
