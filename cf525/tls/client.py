"""The client: bytes in, bytes out, one frozen ``Handshake`` at any time.

It dispatches records to the handshake, keeps the limits, recognises servers that do not speak
TLS, and is the boundary no exception crosses: whatever a server sends ends in an ``Ending``.
It opens no socket, reads no clock and draws no randomness of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from traceback import extract_tb

from cf525.edge.profile import ClientProfile
from cf525.model import Alert, Ending, KeyProof, Stage
from cf525.model.registry import (
    TLS13,
    AlertCode,
    alert_name,
    handshake_type_name,
)
from cf525.tls import plaintext, strict, wire
from cf525.tls.errors import (
    DECODE_ERROR,
    UNEXPECTED_MESSAGE,
    LimitExceeded,
    PeerError,
    Stop,
)
from cf525.tls.handshake import Handshake
from cf525.tls.limits import LIMITS, Limits
from cf525.tls.link import Record
from cf525.tls.negotiation import negotiate
from cf525.tls.session import ChangeCipherSpec, Event, Flow, Session
from cf525.tls.signature import ClientCertificate
from cf525.tls.suites import KeyExchange, suite

_WARNING = 1
_FATAL = 2
_USER_CANCELED = 90
_KEYS_DIFFER = (AlertCode.BAD_RECORD_MAC, AlertCode.DECRYPTION_FAILED)


class TlsClient:
    """One connection. ``at`` is milliseconds on the caller's clock, and only ever copied.

    With the same ``random`` and the same received bytes the sent bytes are the same (but for
    the salt of an RSA-PSS client signature).
    """

    def __init__(
        self,
        profile: ClientProfile,
        server_name: str | None,
        *,
        random: Callable[[int], bytes],
        limits: Limits = LIMITS,
        client_certificate: ClientCertificate | None = None,
    ) -> None:
        self._session = Session(profile, server_name, random, limits, client_certificate)
        self._notebook = self._session.notebook
        self._link = self._session.link
        self._limits = limits
        self._flow: Flow | None = None
        self._head = b""
        self._is_tls = False
        self._application_data = bytearray()
        self._warnings = 0
        self._messages = 0

    # --- What the caller sees --------------------------------------------------------------

    @property
    def established(self) -> bool:
        """Both Finished messages are exchanged and verified."""
        return self._notebook.stage.reached(Stage.ESTABLISHED)

    @property
    def ended(self) -> Ending | None:
        return self._notebook.ending

    def handshake(self) -> Handshake:
        return self._notebook.snapshot()

    @property
    def key_log(self) -> tuple[str, ...]:
        """The secrets of this connection so far, one line each, for a capture's reader."""
        return tuple(self._session.key_log)

    def data_to_send(self) -> bytes:
        """What is to go to the server, once."""
        return self._link.drain()

    def application_data(self) -> bytes:
        """What the server sent once the handshake was done, once."""
        data = bytes(self._application_data)
        self._application_data.clear()
        return data

    # --- What the caller does --------------------------------------------------------------

    def start(self, at: float) -> None:
        """Queue the ClientHello."""
        with self._boundary(at):
            self._flow = negotiate(self._session)
            next(self._flow)
            self._notebook.reach(Stage.HELLO_SENT)

    def receive(self, data: bytes, at: float) -> None:
        with self._boundary(at):
            notebook = self._notebook
            notebook.bytes_received += len(data)
            if data and notebook.first_byte_at is None:
                notebook.first_byte_at = at
            if self.ended is not None:
                return
            if notebook.bytes_received > self._limits.total_bytes:
                raise LimitExceeded("total_bytes")
            self._take(data)

    def peer_closed(self, how: Ending, at: float) -> None:
        """The connection is over: ``EOF``, ``RESET`` or ``TIMEOUT``."""
        with self._boundary(at):
            if self._head and not plaintext.looks_like_tls(self._head):
                self._not_tls()
            self._notebook.end(how, "truncated_record" if self._link.pending else "")

    def send(self, data: bytes, at: float) -> None:
        """Queue application data. ValueError before the handshake is done."""
        if not self.established:
            raise ValueError("application data before the handshake is done")
        with self._boundary(at):
            self._link.send(wire.APPLICATION_DATA, data)
            self._notebook.trace(">", "application data", len(data))

    def close(self, at: float) -> None:
        """Queue close_notify if there are keys to send it under."""
        with self._boundary(at):
            if self._link.write is not None:
                self._send_alert(_WARNING, AlertCode.CLOSE_NOTIFY)

    # --- Boundary --------------------------------------------------------------------------

    @contextmanager
    def _boundary(self, at: float) -> Iterator[None]:
        """Every exception becomes an ending: the caller's event loop would lose it."""
        self._notebook.now = at
        try:
            yield
        except Stop as stop:
            self._stop(stop)
        except Exception as error:  # noqa: BLE001 - the boundary
            frame = extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} in {frame.name}"
            self._notebook.end(Ending.INTERNAL_ERROR, place)

    def _stop(self, stop: Stop) -> None:
        if stop.alert is None:
            self._send_alert(_WARNING, AlertCode.CLOSE_NOTIFY)
        else:
            self._send_alert(_FATAL, stop.alert)
        self._notebook.end(stop.ending, stop.code)

    # --- Records ---------------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        if not self._is_tls:
            self._head += data
            if not plaintext.looks_like_tls(self._head):
                if plaintext.is_decided(self._head):
                    self._not_tls()
                return
            if len(self._head) < wire.RECORD_HEADER:
                return
            self._is_tls = True
            data, self._head = self._head, b""
        self._link.feed(data)
        while self.ended is None and (record := self._link.next()) is not None:
            self._record(record)

    def _not_tls(self) -> None:
        seen = plaintext.plaintext(self._head)
        self._notebook.plaintext = seen
        self._notebook.trace("<", f"plaintext {seen.kind}", len(seen.head))
        self._notebook.end(Ending.PLAINTEXT)

    def _record(self, record: Record) -> None:
        if record.kind == wire.ALERT:
            self._alert(record)
            return
        if record.payload:
            self._warnings = 0
        if record.kind == wire.HANDSHAKE:
            self._session.messages.feed(record.payload)
            while self.ended is None and (each := self._session.messages.next()) is not None:
                self._message(each)
        elif record.kind == wire.CHANGE_CIPHER_SPEC:
            self._change_cipher_spec(record)
        elif record.kind == wire.APPLICATION_DATA and self.established and record.encrypted:
            if len(self._session.messages):
                raise PeerError("interleaved_record", UNEXPECTED_MESSAGE)
            self._notebook.trace("<", "application data", len(record.payload))
            self._application_data += record.payload
            if record.payload:
                self._session.key_updates = 0
                self._notebook.reach(Stage.APPLICATION_DATA)
        else:
            raise PeerError("unexpected_record", UNEXPECTED_MESSAGE)

    def _change_cipher_spec(self, record: Record) -> None:
        self._notebook.trace("<", "ChangeCipherSpec", len(record.payload))
        if record.payload != b"\x01":
            raise PeerError("bad_change_cipher_spec")
        if self._link.tls13:
            # RFC 8446 section 5: to be dropped, it only soothes middleboxes; until Finished.
            if self.established:
                raise PeerError("late_change_cipher_spec", UNEXPECTED_MESSAGE)
        elif TLS13 in self._session.profile.versions and not self._link.agreed:
            # RFC 8446 would drop it here too, but BoringSSL does not know its version yet.
            self._notebook.note("early_change_cipher_spec", "ChangeCipherSpec before ServerHello")
        else:
            self._resume(ChangeCipherSpec())

    def _message(self, message: wire.Message) -> None:
        self._messages += 1
        if self._messages > self._limits.messages:
            raise LimitExceeded("messages")
        name = handshake_type_name(message.kind)
        self._notebook.trace("<", name, len(message.raw))
        strict.check_message_size(self._notebook, message)
        if message.kind == wire.HELLO_REQUEST and not self._link.tls13:
            # RFC 5246 section 7.4.1.1 lets a client ignore it at any time. Within the handshake
            # BoringSSL does not; after it, it follows where renegotiation is allowed.
            self._notebook.note("hello_request", "HelloRequest", rejects=not self.established)
            return
        self._resume(message)

    def _resume(self, event: Event) -> None:
        assert self._flow is not None
        self._flow.send(event)

    # --- Alerts ----------------------------------------------------------------------------

    def _alert(self, record: Record) -> None:
        if len(record.payload) != 2:
            raise PeerError("bad_alert", DECODE_ERROR)
        level, description = record.payload
        self._keep_alert("received", level, description, encrypted=record.encrypted)
        if description == AlertCode.CLOSE_NOTIFY:
            self._notebook.end(Ending.EOF, "close_notify")
        elif level == _FATAL:
            self._infer_key_proof(description)
            self._notebook.end(Ending.ALERT)
        elif level == _WARNING:
            self._warning(description)
        else:
            raise PeerError("bad_alert_level")

    def _warning(self, description: int) -> None:
        self._warnings += 1
        if self._link.tls13 and description != _USER_CANCELED:
            strict.refuse(self._notebook, "warning_alert_tls13", alert_name(description))
        if self._warnings > strict.CONSECUTIVE_WARNINGS:
            strict.refuse(self._notebook, "too_many_warnings")
        if self._warnings > self._limits.warnings:
            raise LimitExceeded("warnings")

    def _infer_key_proof(self, description: int) -> None:
        """With static RSA a server without the key notices only that our Finished is wrong."""
        hello = self._notebook.server_hello
        if (
            self._notebook.stage is Stage.FINISHED_SENT
            and hello is not None
            and suite(hello.suite).exchange is KeyExchange.RSA
            and description in _KEYS_DIFFER
        ):
            self._notebook.key_proof = KeyProof.FAILED

    def _send_alert(self, level: int, description: int) -> None:
        self._link.send(wire.ALERT, bytes([level, description]))
        self._keep_alert("sent", level, description, encrypted=self._link.write is not None)

    def _keep_alert(self, direction: str, level: int, description: int, *, encrypted: bool) -> None:
        notebook = self._notebook
        notebook.alerts.append(
            Alert(
                level=level,
                description=description,
                direction=direction,
                encrypted=encrypted,
                stage=notebook.stage,
            )
        )
        kinds = {_WARNING: "warning", _FATAL: "fatal"}
        arrow = "<" if direction == "received" else ">"
        detail = f"{kinds.get(level, level)} {alert_name(description)} ({description})"
        notebook.trace(arrow, "Alert", 2, detail)
