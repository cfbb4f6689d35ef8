"""The TLS 1.3 handshake from ServerHello on, and what may follow it.

::

    ServerHello            (keys from here on)
    EncryptedExtensions
    CertificateRequest?
    Certificate
    CertificateVerify
    Finished         -->
                     <--   Certificate? CertificateVerify? Finished
    (NewSessionTicket | KeyUpdate)*

Sources: RFC 8446 sections 4.2 to 4.6.
"""

from collections.abc import Generator
from dataclasses import dataclass

from cf525.model import Stage
from cf525.model.registry import TLS13, signature_scheme_name
from cf525.tls import hello as extension
from cf525.tls import messages, schedule, strict, wire
from cf525.tls.certificate import PublicKey
from cf525.tls.errors import DECRYPT_ERROR, CannotComplete, PeerError
from cf525.tls.hello import ClientHello
from cf525.tls.messages import CertificateVerify, ServerHelloMessage
from cf525.tls.record import Aead13
from cf525.tls.session import Event, Flow, Session, expect
from cf525.tls.suites import Suite, suite

MISSING_EXTENSION = 109

_CONTEXT = b" " * 64 + b"TLS 1.3, %s CertificateVerify\x00"


@dataclass(slots=True)
class _State:
    """The state of one TLS 1.3 handshake."""

    session: Session
    hello: ClientHello
    suite: Suite
    keys: schedule.Schedule13
    client_secret: bytes = b""
    server_secret: bytes = b""
    request_context: bytes | None = None

    def transcript_hash(self) -> bytes:
        return schedule.digest(self.suite.prf, bytes(self.session.transcript))


def run(session: Session, hello: ClientHello, message: ServerHelloMessage) -> Flow:
    notebook = session.notebook
    notebook.reach(Stage.SERVER_HELLO)
    chosen = suite(message.suite)
    strict.check_server_hello(notebook, hello, message, TLS13)
    strict.check_suite_version(notebook, chosen, TLS13)
    strict.check_extensions(notebook, hello, message.extensions, strict.SERVER_HELLO)
    if chosen.cipher is None or TLS13 not in chosen.versions:
        raise CannotComplete("suite")
    state = _State(session, hello, chosen, schedule.Schedule13(chosen.prf))
    _handshake_keys(state, message)
    yield from _encrypted_extensions(state)
    key = yield from _certificates(state)
    yield from _certificate_verify(state, key)
    yield from _finish(state)
    yield from _afterwards(state)


def _handshake_keys(state: _State, message: ServerHelloMessage) -> None:
    session = state.session
    body = message.extensions.get(extension.KEY_SHARE)
    if body is None:
        raise PeerError("missing_key_share", MISSING_EXTENSION)
    reader = wire.Reader(body, "key_share")
    group, public = reader.integer(2), reader.vector(2)
    reader.end()
    share = next((each for each in state.hello.shares if each.group == group), None)
    if share is None:
        strict.check_group(session.notebook, state.hello, group, TLS13)
        raise PeerError("group_not_shared")
    secret = share.exchange(public)
    session.refuse_excess()
    state.client_secret, state.server_secret = state.keys.handshake_traffic(
        secret, bytes(session.transcript)
    )
    session.keep_secrets(
        state.hello.random,
        CLIENT_HANDSHAKE_TRAFFIC_SECRET=state.client_secret,
        SERVER_HANDSHAKE_TRAFFIC_SECRET=state.server_secret,
    )
    session.link.read = Aead13(state.suite, state.server_secret)
    session.link.write = Aead13(state.suite, state.client_secret)


def _encrypted_extensions(state: _State) -> Flow:
    session = state.session
    raw = yield from expect(wire.ENCRYPTED_EXTENSIONS)
    found = messages.parse_encrypted_extensions(raw.body)
    if extension.ALPN in found:
        protocol = messages.parse_alpn(found[extension.ALPN])
        session.choose(alpn=protocol)
        session.notebook.describe(f"ALPN {protocol}")
        strict.check_alpn(session.notebook, state.hello, protocol)
    strict.check_extensions(session.notebook, state.hello, found, strict.ENCRYPTED_EXTENSIONS)
    strict.check_extension_bodies(session.notebook, found)
    session.absorb(raw)


def _certificates(state: _State) -> Generator[None, Event, PublicKey | None]:
    session, notebook = state.session, state.session.notebook
    raw = yield from expect(wire.CERTIFICATE_REQUEST, wire.CERTIFICATE)
    if raw.kind == wire.CERTIFICATE_REQUEST:
        asked = messages.parse_certificate_request13(raw.body)
        state.request_context = asked.context
        session.saw_certificate_request(asked.request)
        strict.check_certificate_request(
            notebook,
            asked.request,
            TLS13,
            context=asked.context,
            names_authorities=extension.CERTIFICATE_AUTHORITIES in asked.extensions,
        )
        session.absorb(raw)
        raw = yield from expect(wire.CERTIFICATE)
    message = messages.parse_certificate13(raw.body)
    for place, extensions in enumerate(message.extensions):
        strict.check_extensions(notebook, state.hello, extensions, strict.CERTIFICATE)
        strict.check_timestamps(notebook, extensions)
        if extension.STATUS_REQUEST in extensions:
            staple = session.read_certificate_status(extensions[extension.STATUS_REQUEST])
            notebook.stapled_ocsp = staple if place == 0 else notebook.stapled_ocsp
    key = session.saw_certificates(state.hello, message, state.suite, TLS13)
    session.absorb(raw)
    return key


def _certificate_verify(state: _State, key: PublicKey | None) -> Flow:
    session, notebook = state.session, state.session.notebook
    raw = yield from expect(wire.CERTIFICATE_VERIFY)
    message = messages.parse_certificate_verify(raw.body)
    session.choose(signature_scheme=message.scheme)
    notebook.describe(signature_scheme_name(message.scheme))
    if key is not None:
        session.check_proof(
            state.hello, message, key, _CONTEXT % b"server" + state.transcript_hash()
        )
    session.absorb(raw)


def _finish(state: _State) -> Flow:
    session, notebook = state.session, state.session.notebook
    raw = yield from expect(wire.FINISHED)
    expected = schedule.finished_mac(
        state.suite.prf, state.server_secret, bytes(session.transcript)
    )
    if not schedule.equal(raw.body, expected):
        raise PeerError("bad_finished", DECRYPT_ERROR)
    session.absorb(raw)
    session.refuse_excess()
    notebook.reach(Stage.SERVER_FLIGHT)
    client, server = state.keys.application_traffic(bytes(session.transcript))
    session.send_change_cipher_spec_once()
    if state.request_context is not None:
        _client_certificate(state, state.request_context)
    session.send_message(
        wire.FINISHED,
        schedule.finished_mac(state.suite.prf, state.client_secret, bytes(session.transcript)),
    )
    notebook.reach(Stage.FINISHED_SENT)
    state.client_secret, state.server_secret = client, server
    session.keep_secrets(
        state.hello.random, CLIENT_TRAFFIC_SECRET_0=client, SERVER_TRAFFIC_SECRET_0=server
    )
    session.link.read = Aead13(state.suite, server)
    session.link.write = Aead13(state.suite, client)
    notebook.reach(Stage.ESTABLISHED)


def _client_certificate(state: _State, context: bytes) -> None:
    """Answer the request: with the certificate we were given, or with none."""
    session = state.session
    offer = session.usable_client_certificate(TLS13)
    chain = offer.certificate.chain if offer else ()
    session.send_message(
        wire.CERTIFICATE,
        messages.build_certificate13(chain, context),
        f"{len(chain)} in the chain",
    )
    if offer:
        signed = _CONTEXT % b"client" + state.transcript_hash()
        proof = CertificateVerify(offer.scheme, offer.certificate.sign(offer.scheme, signed))
        session.send_message(
            wire.CERTIFICATE_VERIFY,
            messages.build_certificate_verify(proof, TLS13),
            signature_scheme_name(offer.scheme),
        )


def _afterwards(state: _State) -> Flow:
    session = state.session
    while True:
        raw = yield from expect(wire.NEW_SESSION_TICKET, wire.KEY_UPDATE)
        if raw.kind == wire.NEW_SESSION_TICKET:
            strict.check_session_ticket(raw.body, tls13=True)
            session.notebook.session_ticket = True
            continue
        session.key_updates += 1
        strict.check_key_updates(session.key_updates)
        requested = messages.parse_key_update(raw.body)
        session.refuse_excess()
        state.server_secret = schedule.next_traffic_secret(state.suite.prf, state.server_secret)
        session.link.read = Aead13(state.suite, state.server_secret)
        if requested:
            session.send_message(wire.KEY_UPDATE, b"\x00")
            state.client_secret = schedule.next_traffic_secret(state.suite.prf, state.client_secret)
            session.link.write = Aead13(state.suite, state.client_secret)
