"""TLS servers written out message by message, to do what no real server would.

``Script12`` and ``Script13`` answer one recorded ClientHello. Each method appends one message
to the output, with sound contents unless the test says otherwise, so that a test reads as the
exchange it is about.
"""

from collections.abc import Sequence

from cf525.lab.ca import Issued
from cf525.model.registry import TLS12, TLS13, X25519
from cf525.tls import schedule, wire
from cf525.tls.keys import key_share
from cf525.tls.messages import HELLO_RETRY_REQUEST_RANDOM
from cf525.tls.record import Aead13, Protection, protections12
from cf525.tls.suites import KeyExchange, suite
from tests.servers.raw import SERVER_RANDOM, Hello, record, server_hello_body, sign


class Script:
    """Output, transcript and protection, as on the client's side but mirrored."""

    def __init__(self, hello: bytes, issued: Issued) -> None:
        self.hello = Hello(hello)
        self.issued = issued
        self.transcript = bytearray(self.hello.raw)
        self.write: Protection | None = None
        self.read: Protection | None = None
        self._output = b""

    def output(self) -> bytes:
        """What was written since the last time."""
        data, self._output = self._output, b""
        return data

    def raw(self, data: bytes) -> None:
        """Any bytes, as they are."""
        self._output += data

    def send(self, kind: int, payload: bytes, version: int = TLS12) -> None:
        """A record under the keys in force."""
        if self.write is not None:
            kind, payload = self.write.seal(kind, payload)
        self._output += record(kind, payload, version)

    def message(self, kind: int, body: bytes, *, extra: bytes = b"") -> None:
        """A handshake message in a record of its own, with ``extra`` bytes behind it."""
        raw = wire.message(kind, body)
        self.transcript += raw
        self.send(wire.HANDSHAKE, raw + extra)

    def opened(self, data: bytes) -> list[tuple[int, bytes]]:
        """The client's records; handshake messages join the transcript."""
        found = []
        reader = wire.Reader(data, "records")
        for _ in reader.until_end():
            kind = reader.integer(1)
            reader.take(2)
            payload = reader.vector(2)
            if self.read is not None and kind != wire.CHANGE_CIPHER_SPEC:
                kind, payload = self.read.open(kind, payload)
            elif kind == wire.CHANGE_CIPHER_SPEC:
                self.changed_cipher_spec()
            if kind == wire.HANDSHAKE:
                self.transcript += payload
            found.append((kind, payload))
        return found

    def changed_cipher_spec(self) -> None:
        """The client changed its cipher."""


class Script13(Script):
    """A TLS 1.3 server over X25519 with TLS_AES_128_GCM_SHA256."""

    def __init__(self, hello: bytes, issued: Issued, *, suite_code: int = 0x1301) -> None:
        super().__init__(hello, issued)
        self.suite = suite(suite_code)
        self.schedule = schedule.Schedule13(self.suite.prf)
        self.client_secret = b""
        self.server_secret = b""
        self.client_application_secret = b""
        self.server_application_secret = b""

    def retry(
        self,
        *,
        group: int | None = None,
        cookie: bytes | None = None,
        extra: Sequence[tuple[int, bytes]] = (),
    ) -> None:
        """A HelloRetryRequest; go on with ``second_hello``."""
        items = [(43, wire.integer(TLS13, 2)), *extra]
        if group is not None:
            items.append((51, wire.integer(group, 2)))
        if cookie is not None:
            items.append((44, wire.vector(cookie, 2)))
        first = schedule.digest(self.suite.prf, bytes(self.transcript))
        self.transcript[:] = wire.message(wire.MESSAGE_HASH, first)
        body = server_hello_body(
            self.suite.code,
            items,
            random=HELLO_RETRY_REQUEST_RANDOM,
            session_id=self.hello.session_id,
        )
        self.message(wire.SERVER_HELLO, body)

    def second_hello(self, data: bytes) -> None:
        ccs = record(wire.CHANGE_CIPHER_SPEC, b"\x01")
        self.hello = Hello(data.removeprefix(ccs))
        self.transcript += self.hello.raw

    def server_hello(
        self,
        *,
        extra: Sequence[tuple[int, bytes]] = (),
        share: bytes | None = None,
        session_id: bytes | None = None,
        excess: bytes = b"",
        compression: int = 0,
    ) -> None:
        ours = key_share(X25519, lambda length: bytes([7]) * length)
        public = ours.public if share is None else share
        items = [
            (43, wire.integer(TLS13, 2)),
            (51, wire.integer(X25519, 2) + wire.vector(public, 2)),
            *extra,
        ]
        body = server_hello_body(
            self.suite.code,
            items,
            session_id=self.hello.session_id if session_id is None else session_id,
            compression=compression,
        )
        self.message(wire.SERVER_HELLO, body, extra=excess)
        secret = ours.exchange(self.hello.shares[X25519])
        self.client_secret, self.server_secret = self.schedule.handshake_traffic(
            secret, bytes(self.transcript)
        )
        self.write = Aead13(self.suite, self.server_secret)
        self.read = Aead13(self.suite, self.client_secret)

    def encrypted_extensions(self, items: Sequence[tuple[int, bytes]] = ()) -> None:
        self.message(wire.ENCRYPTED_EXTENSIONS, wire.extensions(list(items)))

    def certificate_request(self, items: Sequence[tuple[int, bytes]], context: bytes = b"") -> None:
        body = wire.vector(context, 1) + wire.extensions(list(items))
        self.message(wire.CERTIFICATE_REQUEST, body)

    def certificate(
        self,
        chain: Sequence[bytes] | None = None,
        extensions: Sequence[tuple[int, bytes]] = (),
    ) -> None:
        ders = self.issued.chain_der if chain is None else chain
        entries = b"".join(
            wire.vector(der, 3) + wire.extensions(list(extensions) if index == 0 else [])
            for index, der in enumerate(ders)
        )
        self.message(wire.CERTIFICATE, b"\x00" + wire.vector(entries, 3))

    def certificate_verify(self, *, scheme: int | None = None, claim: int | None = None) -> None:
        """Signed under ``scheme``; ``claim`` is what the message says it was."""
        signed = b" " * 64 + b"TLS 1.3, server CertificateVerify\x00"
        signed += schedule.digest(self.suite.prf, bytes(self.transcript))
        used, signature = sign(self.issued, signed, scheme=scheme)
        body = wire.integer(claim or used, 2) + wire.vector(signature, 2)
        self.message(wire.CERTIFICATE_VERIFY, body)

    def finished(self, *, body: bytes | None = None, excess: bytes = b"") -> None:
        """The Finished message; application keys hold for what is sent afterwards."""
        mac = schedule.finished_mac(self.suite.prf, self.server_secret, bytes(self.transcript))
        self.message(wire.FINISHED, mac if body is None else body, extra=excess)
        self.client_application_secret, self.server_application_secret = (
            self.schedule.application_traffic(bytes(self.transcript))
        )
        self.write = Aead13(self.suite, self.server_application_secret)

    def flight(self) -> None:
        """Everything from ServerHello to Finished, by the book."""
        self.server_hello()
        self.encrypted_extensions()
        self.certificate()
        self.certificate_verify()
        self.finished()

    def read_application_keys(self) -> None:
        """Expect the client's next records under its application keys."""
        self.read = Aead13(self.suite, self.client_application_secret)


class Script12(Script):
    """A server of TLS 1.0 to 1.2, over X25519 or static RSA, without extended master secret."""

    def __init__(
        self,
        hello: bytes,
        issued: Issued,
        *,
        suite_code: int = 0xC02F,
        version: int = TLS12,
    ) -> None:
        super().__init__(hello, issued)
        self.suite = suite(suite_code)
        self.version = version
        self.schedule = schedule.Schedule12(version, self.suite)
        self.share = key_share(X25519, lambda length: bytes([7]) * length)
        self.server_random = SERVER_RANDOM
        self.master = b""
        self._pending: tuple[Protection, Protection] | None = None

    def server_hello(
        self,
        *,
        extensions: Sequence[tuple[int, bytes]] | None = ((0xFF01, b"\x00"),),
        random: bytes = SERVER_RANDOM,
        session_id: bytes = b"",
        compression: int = 0,
    ) -> None:
        self.server_random = random
        body = server_hello_body(
            self.suite.code,
            extensions,
            version=self.version,
            random=random,
            session_id=session_id,
            compression=compression,
        )
        self.message(wire.SERVER_HELLO, body)

    def certificate(self, chain: Sequence[bytes] | None = None) -> None:
        ders = self.issued.chain_der if chain is None else chain
        body = wire.vector(b"".join(wire.vector(der, 3) for der in ders), 3)
        self.message(wire.CERTIFICATE, body)

    def key_exchange(
        self,
        *,
        group: int = X25519,
        point: bytes | None = None,
        curve_type: int = 3,
        claim: int | None = None,
        scheme: int | None = None,
    ) -> None:
        public = self.share.public if point is None else point
        params = bytes([curve_type]) + wire.integer(group, 2) + wire.vector(public, 1)
        signed = self.hello.random + self.server_random + params
        used, signature = sign(self.issued, signed, scheme=scheme)
        body = params + wire.integer(claim or used, 2) + wire.vector(signature, 2)
        self.message(wire.SERVER_KEY_EXCHANGE, body)

    def done(self) -> None:
        self.message(wire.SERVER_HELLO_DONE, b"")

    def flight(self) -> None:
        """Everything up to ServerHelloDone, by the book."""
        self.server_hello()
        self.certificate()
        if self.suite.exchange is KeyExchange.ECDHE:
            self.key_exchange()
        self.done()

    def changed_cipher_spec(self) -> None:
        assert self._pending is not None
        self.read = self._pending[0]

    def client_flight(self, data: bytes) -> list[tuple[int, bytes]]:
        """Read the client's flight; the keys are made at its ClientKeyExchange."""
        reader = wire.Reader(data, "records")
        start = 0
        for _ in reader.until_end():
            kind = reader.integer(1)
            reader.take(2)
            payload = reader.vector(2)
            if kind == wire.HANDSHAKE and payload[0] == wire.CLIENT_KEY_EXCHANGE:
                start = len(data) - reader.remaining
                self._derive(payload[wire.MESSAGE_HEADER + 1 :])
                break
        return [*self.opened(data[:start]), *self.opened(data[start:])]

    def _derive(self, point: bytes) -> None:
        premaster = self.share.exchange(point)
        randoms = self.hello.random, self.server_random
        self.master = self.schedule.master_secret(premaster, randoms[0] + randoms[1])
        self._pending = protections12(
            self.version,
            self.suite,
            lambda length: self.schedule.key_block(self.master, randoms[1] + randoms[0], length),
            lambda length: bytes(length),
        )

    def change_cipher_spec(self) -> None:
        self.send(wire.CHANGE_CIPHER_SPEC, b"\x01")
        assert self._pending is not None
        self.write = self._pending[1]

    def finished(self, *, body: bytes | None = None) -> None:
        mac = self.schedule.finished(self.master, "server", bytes(self.transcript))
        self.message(wire.FINISHED, mac if body is None else body)
