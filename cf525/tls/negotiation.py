"""From the ClientHello to the version: the part of the handshake all versions share.

HelloRetryRequest is followed here. Once the version is known the handshake of that version
takes over.

Sources: RFC 8446 sections 4.1.2 to 4.1.4, appendix D.
"""

from cf525.model import ServerHello
from cf525.model.registry import SSL3, TLS13, group_name, suite_name, version_name
from cf525.tls import handshake12, handshake13, strict, wire
from cf525.tls.errors import PROTOCOL_VERSION, UNEXPECTED_MESSAGE, CannotComplete, PeerError
from cf525.tls.hello import (
    COOKIE,
    EXTENDED_MASTER_SECRET,
    KEY_SHARE,
    SUPPORTED_VERSIONS,
    ClientHello,
    client_hello,
    retried_hello,
)
from cf525.tls.keys import can_exchange, key_share
from cf525.tls.messages import ServerHelloMessage, parse_server_hello
from cf525.tls.schedule import digest
from cf525.tls.session import Flow, Session, expect, hello_detail
from cf525.tls.suites import suite
from cf525.values import dataclass


@dataclass(frozen=True, slots=True)
class _Retry:
    """What a HelloRetryRequest asks for."""

    group: int | None
    cookie: bytes | None


def negotiate(session: Session) -> Flow:
    """The whole handshake: hello, retry if asked for, then the version's own flow."""
    profile = session.profile
    shares = [
        key_share(group, session.random)
        for group in profile.key_shares
        if TLS13 in profile.versions and can_exchange(group)
    ]
    hello = client_hello(profile, session.server_name, session.random, shares)
    session.send_raw(hello.raw, hello_detail(hello))
    retry: ServerHelloMessage | None = None
    while True:
        raw = yield from expect(wire.SERVER_HELLO)
        message = parse_server_hello(raw.body)
        version = _version(message)
        _keep(session, message, version, retried=retry is not None or message.is_retry)
        if not (message.is_retry and version == TLS13 and TLS13 in profile.versions):
            break
        if retry is not None:
            raise PeerError("second_hello_retry_request", UNEXPECTED_MESSAGE)
        retry = message
        hello = _retry(session, hello, message)
        session.refuse_excess()  # before the second hello the server has nothing more to say
        _restart_transcript(session, message, raw)
        session.send_change_cipher_spec_once()
        session.send_raw(hello.raw, hello_detail(hello))
    if retry is not None and message.suite != retry.suite:
        session.notebook.note("retry_suite_changed", suite_name(message.suite))
    if retry is not None and version != TLS13:
        session.notebook.note("retry_version_changed", version_name(version))
    session.absorb(raw)
    if version == TLS13:
        yield from handshake13.run(session, hello, message)
    elif SSL3 <= version < TLS13:
        yield from handshake12.run(session, hello, message, version)
    else:
        raise PeerError("unknown_version", PROTOCOL_VERSION)


def _version(message: ServerHelloMessage) -> int:
    body = message.extensions.get(SUPPORTED_VERSIONS)
    if body is None:
        return message.legacy_version
    reader = wire.Reader(body, "supported_versions")
    version = reader.integer(2)
    reader.end()
    return version


def _keep(session: Session, message: ServerHelloMessage, version: int, *, retried: bool) -> None:
    group = None
    body = message.extensions.get(KEY_SHARE, b"")
    if version == TLS13 and len(body) >= 2:
        group = int.from_bytes(body[:2])
    session.saw_server_hello(
        ServerHello(
            version=version,
            suite=message.suite,
            group=group,
            hello_retry_request=retried and version == TLS13,
            extended_master_secret=EXTENDED_MASTER_SECRET in message.extensions,
            extensions=tuple(message.extensions),
        ),
    )


def _retry(session: Session, hello: ClientHello, message: ServerHelloMessage) -> ClientHello:
    notebook = session.notebook
    strict.check_server_hello(notebook, hello, message, TLS13)
    strict.check_extensions(notebook, hello, message.extensions, strict.RETRY_REQUEST)
    wanted = _wanted(message)
    asked = "no group" if wanted.group is None else group_name(wanted.group)
    notebook.describe(f"HelloRetryRequest, {asked}" + (", cookie" if wanted.cookie else ""))
    if wanted.cookie == b"":
        notebook.note("empty_cookie", "in the HelloRetryRequest")
    if wanted.group is None:
        if wanted.cookie is None:
            notebook.note("empty_hello_retry_request", "it asks for nothing")
        return retried_hello(hello, hello.shares, wanted.cookie)
    if any(wanted.group == each.group for each in hello.shares):
        raise PeerError("retry_for_group_already_shared")
    strict.check_group(notebook, hello, wanted.group, TLS13)
    if not can_exchange(wanted.group):
        raise CannotComplete("group")
    return retried_hello(hello, (key_share(wanted.group, session.random),), wanted.cookie)


def _wanted(message: ServerHelloMessage) -> _Retry:
    group = cookie = None
    if KEY_SHARE in message.extensions:
        reader = wire.Reader(message.extensions[KEY_SHARE], "key_share")
        group = reader.integer(2)
        reader.end()
    if COOKIE in message.extensions:
        reader = wire.Reader(message.extensions[COOKIE], "cookie")
        cookie = reader.vector(2)
        reader.end()
    return _Retry(group, cookie)


def _restart_transcript(session: Session, message: ServerHelloMessage, raw: wire.Message) -> None:
    """RFC 8446 section 4.4.1: the first hello is replaced by its hash."""
    first = digest(suite(message.suite).prf, bytes(session.transcript))
    session.transcript[:] = wire.message(wire.MESSAGE_HASH, first) + raw.raw
