"""What TLS saw of a connection: the frozen ``Handshake``, and the notebook it is copied from.

The notebook is written by everything in this package and decides nothing.
"""

from dataclasses import replace

from cf525.model import (
    Alert,
    CertificateRequest,
    Ending,
    KeyProof,
    Note,
    Plaintext,
    ServerHello,
    Stage,
    TraceEntry,
)
from cf525.tls.limits import Limits
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """A snapshot. The fields are those of ``Observation`` that TLS can know.

    ``ending`` is None while the connection is open. The times are those the caller passed in.
    After a HelloRetryRequest ``server_hello`` is set while ``stage`` is still ``hello_sent``.
    """

    stage: Stage
    ending: Ending | None
    detail: str
    server_hello: ServerHello | None
    alerts: tuple[Alert, ...]
    certificates: tuple[bytes, ...]
    certificate_request: CertificateRequest | None
    key_proof: KeyProof
    stapled_ocsp: bytes | None
    session_ticket: bool
    notes: tuple[Note, ...]
    plaintext: Plaintext | None
    trace: tuple[TraceEntry, ...]
    first_byte_at: float | None
    server_hello_at: float | None
    established_at: float | None
    bytes_sent: int
    bytes_received: int


class Notebook:
    """The same fields while they are being found out. ``now`` is the caller's clock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.now = 0.0
        self.stage = Stage.START
        self.ending: Ending | None = None
        self.detail = ""
        self.server_hello: ServerHello | None = None
        self.alerts: list[Alert] = []
        self.certificates: tuple[bytes, ...] = ()
        self.certificate_request: CertificateRequest | None = None
        self.key_proof = KeyProof.UNKNOWN
        self.stapled_ocsp: bytes | None = None
        self.session_ticket = False
        self.notes: list[Note] = []
        self.plaintext: Plaintext | None = None
        self.entries: list[TraceEntry] = []
        self.first_byte_at: float | None = None
        self.server_hello_at: float | None = None
        self.established_at: float | None = None
        self.bytes_sent = 0
        self.bytes_received = 0

    def reach(self, stage: Stage) -> None:
        """Move on to a stage; one already behind us changes nothing."""
        if not self.stage.reached(stage):
            self.stage = stage
        if stage is Stage.SERVER_HELLO and self.server_hello_at is None:
            self.server_hello_at = self.now
        if stage is Stage.ESTABLISHED and self.established_at is None:
            self.established_at = self.now

    def end(self, ending: Ending, detail: str = "") -> None:
        """The first ending stands."""
        if self.ending is None:
            self.ending, self.detail = ending, detail

    def note(self, code: str, detail: str = "", *, rejects: bool = True) -> None:
        """Something odd; each code is noted once per detail."""
        note = Note(code=code, detail=detail, rejects=rejects, stage=self.stage)
        if len(self.notes) >= self._limits.notes or any(
            (each.code, each.detail) == (code, detail) for each in self.notes
        ):
            return
        self.notes.append(note)
        self.trace(".", f"note {code}", detail=detail)

    def trace(self, direction: str, what: str, length: int = 0, detail: str = "") -> None:
        if len(self.entries) < self._limits.trace_entries:
            self.entries.append(
                TraceEntry(
                    at=self.now, direction=direction, what=what, length=length, detail=detail
                )
            )

    def describe(self, detail: str) -> None:
        """Say what is in the message that was traced last."""
        if len(self.entries) < self._limits.trace_entries:
            self.entries[-1] = replace(self.entries[-1], detail=detail)

    def snapshot(self) -> Handshake:
        return Handshake(
            stage=self.stage,
            ending=self.ending,
            detail=self.detail,
            server_hello=self.server_hello,
            alerts=tuple(self.alerts),
            certificates=self.certificates,
            certificate_request=self.certificate_request,
            key_proof=self.key_proof,
            stapled_ocsp=self.stapled_ocsp,
            session_ticket=self.session_ticket,
            notes=tuple(self.notes),
            plaintext=self.plaintext,
            trace=tuple(self.entries),
            first_byte_at=self.first_byte_at,
            server_hello_at=self.server_hello_at,
            established_at=self.established_at,
            bytes_sent=self.bytes_sent,
            bytes_received=self.bytes_received,
        )
