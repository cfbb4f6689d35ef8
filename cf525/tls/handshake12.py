"""The handshake of TLS 1.0, 1.1 and 1.2 from ServerHello on; of SSLv3 as far as the chain.

::

    ServerHello
    Certificate
    CertificateStatus?
    ServerKeyExchange?
    CertificateRequest?
    ServerHelloDone  -->
                     <--   Certificate? ClientKeyExchange CertificateVerify? CCS Finished
    NewSessionTicket?
    CCS Finished     -->

Theory. The server's first flight is read as a whole and only then acted upon. So a handshake
that will not be finished here (DHE, RC4, SSLv3, anything unknown) still yields the chain.

Sources: RFC 5246 section 7, RFC 2246, RFC 6101, RFC 8422, RFC 7627, RFC 5077.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from cf525.model import KeyProof, Stage
from cf525.model.registry import SSL3, TLS12, signature_scheme_name, suite_name
from cf525.tls import hello as extension
from cf525.tls import messages, schedule, strict, wire
from cf525.tls.certificate import PublicKey
from cf525.tls.errors import (
    DECRYPT_ERROR,
    UNEXPECTED_MESSAGE,
    CannotComplete,
    PeerError,
)
from cf525.tls.ffdhe import ffdhe_group
from cf525.tls.hello import ClientHello
from cf525.tls.keys import can_exchange, key_share
from cf525.tls.messages import CertificateVerify, EcdheParameters, ServerHelloMessage
from cf525.tls.record import Protection, protections12
from cf525.tls.session import ChangeCipherSpec, Event, Flow, Session, expect
from cf525.tls.signature import implied_scheme
from cf525.tls.suites import KeyExchange, Suite, suite

_FLIGHT_ORDER: Final = (
    wire.CERTIFICATE,
    wire.CERTIFICATE_STATUS,
    wire.SERVER_KEY_EXCHANGE,
    wire.CERTIFICATE_REQUEST,
    wire.SERVER_HELLO_DONE,
)
_EXPONENT_BITS: Final = 64  # a peer's exponent; 65537 has 17


@dataclass(slots=True)
class _State:
    """The state of one handshake up to TLS 1.2."""

    session: Session
    hello: ClientHello
    server_hello: ServerHelloMessage
    version: int
    suite: Suite
    keys: schedule.Schedule12
    key: PublicKey | None = None
    ecdhe: EcdheParameters | None = None
    master: bytes = b""

    @property
    def extended(self) -> bool:
        return extension.EXTENDED_MASTER_SECRET in self.server_hello.extensions

    def finished(self, side: str) -> bytes:
        return self.keys.finished(self.master, side, bytes(self.session.transcript))


def run(session: Session, hello: ClientHello, message: ServerHelloMessage, version: int) -> Flow:
    notebook = session.notebook
    notebook.reach(Stage.SERVER_HELLO)
    chosen = suite(message.suite)
    strict.check_server_hello(notebook, hello, message, version)
    strict.check_suite_version(notebook, chosen, version)
    strict.check_extensions(notebook, hello, message.extensions, strict.SERVER_HELLO12)
    strict.check_extension_bodies(notebook, message.extensions)
    if extension.ALPN in message.extensions:
        protocol = messages.parse_alpn(message.extensions[extension.ALPN])
        session.choose(alpn=protocol)
        strict.check_alpn(notebook, hello, protocol)
    keys = schedule.Schedule12(version, chosen)
    state = _State(session, hello, message, version, chosen, keys)
    yield from _server_flight(state)
    if version == SSL3:
        raise CannotComplete("ssl3")
    if chosen.cipher is None:
        raise CannotComplete("suite")
    write, read = _client_flight(state)
    session.send_change_cipher_spec()
    session.link.write = write
    session.send_message(wire.FINISHED, state.finished("client"))
    notebook.reach(Stage.FINISHED_SENT)
    yield from _server_finish(state, read)
    # Afterwards a HelloRequest may come, which has no body, and never comes as far as here.
    session.messages.admit(0)
    while True:
        yield from expect()


def _server_flight(state: _State) -> Flow:
    session = state.session
    place = -1
    while place < len(_FLIGHT_ORDER) - 1:
        raw = yield from expect(*_FLIGHT_ORDER[place + 1 :])
        if place < 0 and raw.kind != wire.CERTIFICATE and state.suite.authentication != "anonymous":
            session.notebook.note(
                "missing_certificate", f"{suite_name(state.suite.code)} needs one"
            )
        place = _FLIGHT_ORDER.index(raw.kind)
        _READ[raw.kind](state, raw)
        session.absorb(raw)
    session.refuse_excess()  # the flight is the server's last word before the keys change
    session.notebook.reach(Stage.SERVER_FLIGHT)


def _certificate(state: _State, raw: wire.Message) -> None:
    message = messages.parse_certificate12(raw.body)
    state.key = state.session.saw_certificates(state.hello, message, state.suite, state.version)


def _certificate_status(state: _State, raw: wire.Message) -> None:
    if extension.STATUS_REQUEST not in state.server_hello.extensions:
        state.session.notebook.note("unannounced_message", "CertificateStatus")
    notebook = state.session.notebook
    notebook.stapled_ocsp = state.session.read_certificate_status(raw.body)


def _server_key_exchange(state: _State, raw: wire.Message) -> None:
    """Of DHE only what it names is read: such a handshake is not finished here."""
    match state.suite.exchange:
        case KeyExchange.RSA:
            raise PeerError("unexpected_message", UNEXPECTED_MESSAGE)
        case KeyExchange.ECDHE:
            _ecdhe(state, raw)
        case KeyExchange.DHE:
            signed = state.suite.authentication != "anonymous"
            dhe = messages.parse_dhe(raw.body, state.version, signed=signed)
            state.session.choose(group=ffdhe_group(dhe.prime), signature_scheme=dhe.scheme)


def _ecdhe(state: _State, raw: wire.Message) -> None:
    session = state.session
    ecdhe = messages.parse_ecdhe(raw.body, state.version)
    state.ecdhe = ecdhe
    session.choose(group=ecdhe.group, signature_scheme=ecdhe.scheme)
    if ecdhe.scheme is not None:
        session.notebook.describe(signature_scheme_name(ecdhe.scheme))
    strict.check_group(session.notebook, state.hello, ecdhe.group, state.version)
    if state.key is None:
        return
    scheme = implied_scheme(state.key) if ecdhe.scheme is None else ecdhe.scheme
    signed = state.hello.random + state.server_hello.random + ecdhe.params
    proof = CertificateVerify(scheme, ecdhe.signature)
    session.check_proof(state.hello, proof, state.key, signed)


def _certificate_request(state: _State, raw: wire.Message) -> None:
    request = messages.parse_certificate_request12(raw.body, state.version)
    state.session.saw_certificate_request(request)
    strict.check_certificate_request(state.session.notebook, request, state.version)


def _server_hello_done(_: _State, raw: wire.Message) -> None:
    wire.Reader(raw.body, "server_hello_done").end()


_READ: Final = {
    wire.CERTIFICATE: _certificate,
    wire.CERTIFICATE_STATUS: _certificate_status,
    wire.SERVER_KEY_EXCHANGE: _server_key_exchange,
    wire.CERTIFICATE_REQUEST: _certificate_request,
    wire.SERVER_HELLO_DONE: _server_hello_done,
}


def _client_flight(state: _State) -> tuple[Protection, Protection]:
    """Send all before ChangeCipherSpec; gives the client's and the server's protection."""
    session = state.session
    requested = session.notebook.certificate_request is not None
    offer = session.usable_client_certificate(state.version)
    if session.notebook.certificates:
        strict.check_key_usage(session.notebook, session.notebook.certificates[0], state.suite)
    premaster, exchange = _key_exchange(state)
    if requested:
        chain = offer.certificate.chain if offer else ()
        session.send_message(
            wire.CERTIFICATE, messages.build_certificate12(chain), f"{len(chain)} in the chain"
        )
    session.send_message(wire.CLIENT_KEY_EXCHANGE, exchange)
    client, server = state.hello.random, state.server_hello.random
    if state.extended:
        state.master = state.keys.extended_master_secret(premaster, bytes(session.transcript))
    else:
        state.master = state.keys.master_secret(premaster, client + server)
    session.keep_secrets(client, CLIENT_RANDOM=state.master)
    if offer:
        signed = offer.certificate.sign(offer.scheme, bytes(session.transcript))
        session.send_message(
            wire.CERTIFICATE_VERIFY,
            messages.build_certificate_verify(
                CertificateVerify(offer.scheme, signed), state.version
            ),
            signature_scheme_name(offer.scheme) if state.version >= TLS12 else "",
        )
    return protections12(
        state.version,
        state.suite,
        lambda length: state.keys.key_block(state.master, server + client, length),
        session.random,
    )


def _key_exchange(state: _State) -> tuple[bytes, bytes]:
    """The premaster secret, and the body of the ClientKeyExchange that carries it."""
    if state.suite.exchange is KeyExchange.RSA:
        premaster = wire.integer(state.hello.legacy_version, 2) + state.session.random(46)
        encrypted = _encrypt(premaster, state)
        return premaster, messages.build_key_exchange(encrypted, rsa=True)
    ecdhe = state.ecdhe
    if ecdhe is None:
        raise PeerError("missing_server_key_exchange", UNEXPECTED_MESSAGE)
    if not can_exchange(ecdhe.group):
        raise CannotComplete("group")
    share = key_share(ecdhe.group, state.session.random)
    premaster = share.exchange(ecdhe.point)
    return premaster, messages.build_key_exchange(share.public, rsa=False)


def _encrypt(premaster: bytes, state: _State) -> bytes:
    """RSAES-PKCS1-v1_5 (RFC 8017 section 7.2.1), padded from the injected randomness.

    Done by hand because cryptography takes its padding from the system, and then a recorded
    connection could not be replayed. There is no secret to protect.
    """
    if not isinstance(state.key, rsa.RSAPublicKey):
        raise CannotComplete("no_rsa_key")
    numbers = state.key.public_numbers()
    if numbers.e.bit_length() > _EXPONENT_BITS:
        raise CannotComplete("rsa_exponent")
    size = (numbers.n.bit_length() + 7) // 8
    missing = size - 3 - len(premaster)
    if missing < 8:
        raise CannotComplete("rsa_key_size")
    # A zero byte would end the padding; one that comes up is replaced rather than drawn again.
    padding = bytes(byte or 0xFF for byte in state.session.random(missing))
    block = b"\x00\x02" + padding + b"\x00" + premaster
    return pow(int.from_bytes(block), numbers.e, numbers.n).to_bytes(size)


def _server_finish(state: _State, read: Protection) -> Flow:
    session, notebook = state.session, state.session.notebook
    yield from _change_cipher_spec(state)
    session.refuse_excess()
    session.link.read = read
    raw = yield from expect(wire.FINISHED)
    if not schedule.equal(raw.body, state.finished("server")):
        raise PeerError("bad_finished", DECRYPT_ERROR)
    session.absorb(raw)
    session.refuse_excess()
    if state.suite.exchange is KeyExchange.RSA:
        notebook.key_proof = KeyProof.PROVED  # only its holder could read the premaster secret
    notebook.reach(Stage.ESTABLISHED)


def _change_cipher_spec(state: _State) -> Generator[None, Event, None]:
    """Await ChangeCipherSpec, and before it the one NewSessionTicket there is (RFC 5077).

    Announced, it must come, though the ticket in it may be empty; unannounced, it may not.
    """
    notebook = state.session.notebook
    announced = extension.SESSION_TICKET in state.server_hello.extensions
    event = yield
    if isinstance(event, wire.Message) and event.kind == wire.NEW_SESSION_TICKET:
        notebook.session_ticket = True
        if not announced:
            notebook.note("unannounced_message", "NewSessionTicket")
        strict.check_session_ticket(event.body, tls13=False)
        state.session.absorb(event)
        event = yield
    elif announced:
        notebook.note("missing_message", "the NewSessionTicket that was announced")
    if not isinstance(event, ChangeCipherSpec):
        raise PeerError("unexpected_message", UNEXPECTED_MESSAGE)
