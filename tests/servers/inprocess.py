"""OpenSSL servers and clients inside the test process, without sockets.

A ``Peer`` takes the client's bytes and gives the server's. ``converse`` lets a ``TlsClient``
talk to one in memory; ``listening`` puts one on a loopback port for tests that need sockets.
OpenSSL is the one of the cryptography wheel, so the behaviour is the same on every machine.
"""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL, crypto

from cf525.lab.ca import Issued
from cf525.model import Ending
from cf525.model.registry import TLS10, TLS13
from cf525.tls import TlsClient
from tests.servers.heard import Heard

EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"


class Peer(Protocol):
    """The other end of a connection: bytes in, bytes out."""

    def exchange(self, data: bytes) -> bytes:
        """What the server sends in answer to these bytes."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the server has closed the connection."""
        ...


def converse(client: TlsClient, peer: Peer, *, rounds: int = 8) -> None:
    """Let the two talk until neither has anything to say, or the server closes."""
    client.start(0.0)
    for turn in range(rounds):
        data = client.data_to_send()
        answer = peer.exchange(data)
        if answer:
            client.receive(answer, float(turn + 1))
        if peer.closed:
            client.peer_closed(Ending.EOF, float(turn + 1))
            return
        if not data and not answer:
            return


# --- OpenSSL ------------------------------------------------------------------------------


def openssl_context(
    issued: Issued | None,
    *,
    versions: tuple[int, int] = (TLS10, TLS13),
    ciphers: str = EVERYTHING,
    tls13_suites: str = "",
    groups: str = "",
    signature_algorithms: str = "",
    alpn: Sequence[bytes] = (),
    client_ca: x509.Certificate | None = None,
    client_certificate_required: bool = True,
    chain: Sequence[x509.Certificate] | None = None,
) -> SSL.Context:
    """A server's context. ``versions`` is lowest and highest."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(versions[0])
    context.set_max_proto_version(versions[1])
    context.set_cipher_list(ciphers.encode())
    if tls13_suites:
        context.set_tls13_ciphersuites(tls13_suites.encode())
    _set_lists(context, groups, signature_algorithms)
    if issued is not None:
        _load(context, issued, issued.chain if chain is None else chain)
    if alpn:
        offered = list(alpn)

        def select(_: SSL.Connection, client: list[bytes]) -> Any:
            return next((name for name in offered if name in client), SSL.NO_OVERLAPPING_PROTOCOLS)

        context.set_alpn_select_callback(select)
    if client_ca is not None:
        _demand_certificate(context, client_ca, required=client_certificate_required)
    return context


def _load(context: Any, issued: Issued, chain: Sequence[x509.Certificate]) -> None:
    context.use_certificate(issued.certificate)
    context.use_privatekey(issued.key)
    for each in chain:
        context.add_extra_chain_cert(each)


def _set_lists(context: SSL.Context, groups: str, signature_algorithms: str) -> None:
    """Groups and signature algorithms have no public setter in pyOpenSSL."""
    library: Any = SSL._lib  # type: ignore[attr-defined]
    handle = context._context
    if groups:
        assert library.SSL_CTX_set1_curves_list(handle, groups.encode()) == 1
    if signature_algorithms:
        assert library.SSL_CTX_set1_sigalgs_list(handle, signature_algorithms.encode()) == 1


def _demand_certificate(context: Any, ca: x509.Certificate, *, required: bool) -> None:
    mode = SSL.VERIFY_PEER | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if required else 0)
    context.set_verify(mode, lambda _c, _x, _n, _d, ok: bool(ok))
    context.get_cert_store().add_cert(crypto.X509.from_cryptography(ca))
    context.add_client_ca(ca)


class OpenSSLPeer:
    """An OpenSSL server. Application data it received is in ``received``."""

    def __init__(
        self, context: SSL.Context, *, greeting: bytes = b"", answer: bytes | None = None
    ) -> None:
        self.connection = SSL.Connection(context, None)
        self.connection.set_accept_state()
        self.done = False
        self.error: SSL.Error | None = None
        self.received = b""
        self._greeting = greeting
        self._answer = answer

    @property
    def closed(self) -> bool:
        return self.error is not None

    def exchange(self, data: bytes) -> bytes:
        if data:
            self.connection.bio_write(data)
        try:
            self._advance()
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self.error = error
        return self._drain()

    def _advance(self) -> None:
        if not self.done:
            self.connection.do_handshake()
            self.done = True
            if self._greeting:
                self.connection.send(self._greeting)
        while True:
            self.received += self.connection.recv(65536)
            if self._answer is not None:
                self.connection.send(self._answer)
                self._answer = None

    def _drain(self) -> bytes:
        data = b""
        with suppress(SSL.WantReadError):
            while True:
                data += self.connection.bio_read(65536)
        return data


class OpenSSLClient:
    """An OpenSSL client with a given offer: the oracle our own client is compared with."""

    def __init__(
        self,
        *,
        versions: tuple[int, int],
        ciphers: str,
        tls13_suites: str = "",
        groups: str = "",
        signature_algorithms: str = "",
        server_name: str = "",
        alpn: Sequence[bytes] = (),
    ) -> None:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(versions[0])
        context.set_max_proto_version(versions[1])
        context.set_cipher_list(ciphers.encode())
        if tls13_suites:
            context.set_tls13_ciphersuites(tls13_suites.encode())
        context.set_options(0x4)  # SSL_OP_LEGACY_SERVER_CONNECT, as BoringSSL does
        _set_lists(context, groups, signature_algorithms)
        if alpn:
            context.set_alpn_protos(list(alpn))
        self.alerts_received: list[int] = []
        context.set_info_callback(self._info)
        self.connection = SSL.Connection(context, None)
        self.connection.set_connect_state()
        if server_name:
            self.connection.set_tlsext_host_name(server_name.encode())
        self.done = False
        self.failed = False

    def _info(self, _: SSL.Connection, where: int, value: int) -> None:
        if where & SSL.SSL_CB_READ_ALERT == SSL.SSL_CB_READ_ALERT and value >> 8 == 2:
            self.alerts_received.append(value & 0xFF)

    def converse(self, peer: Peer, *, rounds: int = 8) -> None:
        for _ in range(rounds):
            self._step()
            data = b""
            with suppress(SSL.WantReadError):
                data = self.connection.bio_read(65536)
            answer = peer.exchange(data)
            if answer:
                self.connection.bio_write(answer)
            elif not data:
                return

    def _step(self) -> None:
        try:
            if not self.done:
                self.connection.do_handshake()
                self.done = True
            self.connection.recv(65536)
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self.failed = True

    @property
    def chain(self) -> tuple[bytes, ...]:
        connection: Any = self.connection
        certificates = connection.get_peer_cert_chain(as_cryptography=True) or []
        return tuple(each.public_bytes(Encoding.DER) for each in certificates)


# --- On a port ----------------------------------------------------------------------------


@contextmanager
def listening(make_peer: Callable[[], Peer]) -> Iterator[tuple[str, int]]:
    """Serve a fresh peer per connection on a loopback port, one connection at a time."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, make_peer), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[:2]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _serve(listener: socket.socket, make_peer: Callable[[], Peer]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with suppress(OSError), Heard(connection) as heard:
                heard.settimeout(60)
                _serve_one(heard, make_peer())


def _serve_one(connection: socket.socket, peer: Peer) -> None:
    connection.sendall(peer.exchange(b""))
    while not peer.closed and (data := connection.recv(65536)):
        connection.sendall(peer.exchange(data))
