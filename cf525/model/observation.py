"""Observations: all that one probe saw, as plain data.

Nothing here judges. A server may answer anything; what it answered is kept with its raw bytes,
so that a verdict can be computed again later from a saved report.
"""

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final

from cf525.model.registry import alert_name, http2_error_name
from cf525.values import dataclass


class Stage(StrEnum):
    """How far a probe came. The order of the members is the order of the handshake."""

    START = "start"
    CONNECTED = "connected"
    HELLO_SENT = "hello_sent"
    SERVER_HELLO = "server_hello"
    CERTIFICATE = "certificate"
    SERVER_FLIGHT = "server_flight"  # ServerHelloDone, or the server's TLS 1.3 Finished
    FINISHED_SENT = "finished_sent"
    ESTABLISHED = "established"  # both Finished messages verified and sent
    APPLICATION_DATA = "application_data"

    def reached(self, other: "Stage") -> bool:
        """Whether this stage is ``other`` or a later one."""
        return _ORDER[self] >= _ORDER[other]


_ORDER = {stage: place for place, stage in enumerate(Stage)}


class Ending(StrEnum):
    """How a probe ended."""

    REFUSED = "refused"
    CONNECT_TIMEOUT = "connect_timeout"
    UNREACHABLE = "unreachable"
    LOCAL_ERROR = "local_error"  # this machine could not even try
    ALERT = "alert"
    EOF = "eof"
    RESET = "reset"
    TIMEOUT = "timeout"
    PLAINTEXT = "plaintext"
    PROTOCOL_ERROR = "protocol_error"
    LIMIT = "limit"
    NOT_COMPLETED = "not_completed"  # negotiated, but this probe does not finish such a suite
    DONE = "done"
    INTERNAL_ERROR = "internal_error"


class KeyProof(StrEnum):
    """Whether the server proved that it holds the leaf certificate's private key."""

    PROVED = "proved"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Variable(StrEnum):
    """What a differential probe may change."""

    SNI = "sni"
    VERSION = "version"
    PROFILE = "profile"
    SUITES = "suites"
    GROUPS = "groups"
    SIGNATURE_ALGORITHMS = "signature_algorithms"
    ALPN = "alpn"
    PROXY = "proxy"  # a PROXY protocol header comes first
    SPLIT = "split"  # the ClientHello in two pieces
    MUTE = "mute"  # nothing is said at all
    EXTENSIONS = "extensions"  # without one of those only inferred, or without all
    POST_QUANTUM = "post_quantum"
    HOST = "host"
    PLAIN = "plain"  # plain HTTP in place of TLS
    CHALLENGE = "challenge"  # a made-up ACME challenge over HTTP
    WITHOUT = "without"  # one step of an ``Elimination``
    REPEAT = "repeat"  # nothing: the same once more


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """The one variable a differential probe changes against the edge's own probe.

    ``value`` is what it was set to (an empty SNI means: none sent; ``without`` takes that of an
    ``Elimination``). ``attempt`` counts probes that are alike.
    """

    variable: Variable
    value: str
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert record. ``direction`` is ``received`` or ``sent``; ``stage`` is where it came."""

    level: int
    description: int
    direction: str
    encrypted: bool
    stage: Stage

    @property
    def name(self) -> str:
        return alert_name(self.description)

    @property
    def fatal(self) -> bool:
        return self.level == 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHello:
    """What the server chose. ``group`` and ``signature_scheme`` come from later messages."""

    version: int
    suite: int
    group: int | None = None
    signature_scheme: int | None = None
    hello_retry_request: bool = False
    extended_master_secret: bool = False
    alpn: str | None = None
    extensions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """The server asked for a client certificate. ``authorities`` are DER distinguished names."""

    authorities: tuple[bytes, ...] = ()
    signature_schemes: tuple[int, ...] = ()
    certificate_types: tuple[int, ...] = ()


SIGNED_BY: Final = "signed_by_certificate"
"""The code of the note that another certificate than the first has the server's key; its detail
is that certificate's number, counted from one."""


HELLO_REQUEST: Final = "hello_request"
"""The code of the note that the server sent a HelloRequest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something odd on the wire. ``rejects`` is true where BoringSSL would end the handshake.

    ``code`` is stable (``key_usage``, ``downgrade_sentinel``, ``unsolicited_extension`` ...).
    """

    code: str
    detail: str
    rejects: bool
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Plaintext:
    """The server did not speak TLS. ``kind`` is http, ssh, smtp, ftp, reply (220, of a mail
    or FTP server), imap, pop3 or other."""

    kind: str
    head: bytes
    status_line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """The head of the HTTP answer; ``status`` is None when it was no HTTP.

    ``headers`` holds the names in lower case, in order, bounded; ``body_head`` the first bytes.
    ``head_size`` counts the bytes of status line and headers that came, ``head_complete`` says
    whether those were all.
    """

    status: int | None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body_head: bytes = b""
    head_size: int = 0
    head_complete: bool = True

    def header(self, name: str) -> str | None:
        for key, value in self.headers:
            if key == name:
                return value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Http2End:
    """How the server gave an HTTP/2 request up: ``frame`` is GOAWAY or RST_STREAM."""

    frame: str
    code: int

    @property
    def name(self) -> str:
        return http2_error_name(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry:
    """One line of the packet trace: ``at`` milliseconds after the probe began."""

    at: float
    direction: str  # ">" sent, "<" received, "." local
    what: str
    length: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Milliseconds since the probe began; None where the stage was not reached."""

    connect: float | None = None
    first_byte: float | None = None
    server_hello: float | None = None
    established: float | None = None
    total: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All that one probe saw. ``certificates`` are raw DER in wire order."""

    id: str
    route: str
    profile: str
    variation: Variation | None
    address: str
    port: int
    sni: str | None
    started_at: datetime
    stage: Stage
    ending: Ending
    detail: str = ""  # stable code of a protocol error, limit or local error
    timings: Timings = field(default_factory=Timings)
    server_hello: ServerHello | None = None
    alerts: tuple[Alert, ...] = ()
    certificates: tuple[bytes, ...] = ()
    certificate_request: CertificateRequest | None = None
    key_proof: KeyProof = KeyProof.UNKNOWN
    stapled_ocsp: bytes | None = None
    session_ticket: bool = False
    notes: tuple[Note, ...] = ()
    plaintext: Plaintext | None = None
    http: HttpAnswer | None = None
    http2_settings: bool = False
    http2_end: Http2End | None = None
    trace: tuple[TraceEntry, ...] = ()
    bytes_sent: int = 0
    bytes_received: int = 0

    @property
    def fatal_alert(self) -> Alert | None:
        """The fatal alert the server sent, if it sent one."""
        for alert in self.alerts:
            if alert.direction == "received" and alert.fatal and alert.description != 0:
                return alert
        return None

    @property
    def answered(self) -> bool:
        """Whether the server took up the offer: a ServerHello or a HelloRetryRequest came."""
        return self.server_hello is not None

    @property
    def established(self) -> bool:
        """Whether both Finished messages were exchanged and verified."""
        return self.stage.reached(Stage.ESTABLISHED)

    @property
    def rejecting_notes(self) -> tuple[Note, ...]:
        """The notes for which the edge's TLS library would end the connection."""
        return tuple(note for note in self.notes if note.rejects)

    @property
    def ends_handshake(self) -> tuple[Note, ...]:
        """Those of them that came before the handshake was complete."""
        notes = self.rejecting_notes
        return tuple(note for note in notes if not note.stage.reached(Stage.ESTABLISHED))

    @property
    def asks_to_renegotiate(self) -> bool:
        """Whether the server asked for a new handshake once the first was done."""
        return any(note.code == HELLO_REQUEST and not note.rejects for note in self.notes)
