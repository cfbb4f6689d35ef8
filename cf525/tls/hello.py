"""The ClientHello: what a profile lists goes on the wire, in its order, and nothing else.

Which extensions have content for a given range of versions follows BoringSSL
(ssl/extensions.cc): those that only mean something before TLS 1.3 stay out of a TLS 1.3-only
hello, and those of TLS 1.3 out of an older one. An SSLv3 hello carries none.

Sources: RFC 8446 section 4.1.2, RFC 6066, RFC 7301, RFC 7627, RFC 5746, RFC 7685.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Final

from cf525.edge.profile import ClientProfile
from cf525.model.registry import SSL3, TLS12, TLS13
from cf525.tls import wire
from cf525.tls.keys import KeyShare
from cf525.values import dataclass

SERVER_NAME: Final = 0
STATUS_REQUEST: Final = 5
SUPPORTED_GROUPS: Final = 10
EC_POINT_FORMATS: Final = 11
SIGNATURE_ALGORITHMS: Final = 13
ALPN: Final = 16
SCT: Final = 18
PADDING: Final = 21
EXTENDED_MASTER_SECRET: Final = 23
SESSION_TICKET: Final = 35
EARLY_DATA: Final = 42
SUPPORTED_VERSIONS: Final = 43
COOKIE: Final = 44
PSK_KEY_EXCHANGE_MODES: Final = 45
CERTIFICATE_AUTHORITIES: Final = 47
KEY_SHARE: Final = 51
RENEGOTIATION_INFO: Final = 0xFF01


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHello:
    """One hello as sent; ``extensions`` are the kinds on the wire, ``raw`` the whole message."""

    profile: ClientProfile
    server_name: str | None
    random: bytes
    session_id: bytes
    shares: tuple[KeyShare, ...]
    cookie: bytes | None = None
    extensions: tuple[int, ...] = ()
    raw: bytes = b""

    @property
    def legacy_version(self) -> int:
        """RFC 8446 section 4.1.2: never above TLS 1.2; the truth is in supported_versions."""
        return min(max(self.profile.versions), TLS12)


def client_hello(
    profile: ClientProfile,
    server_name: str | None,
    random: Callable[[int], bytes],
    shares: Sequence[KeyShare],
) -> ClientHello:
    """The first hello of a connection."""
    hello_random = random(32)
    session_id = random(32) if profile.session_id and TLS13 in profile.versions else b""
    return _encoded(
        ClientHello(
            profile=profile,
            server_name=server_name,
            random=hello_random,
            session_id=session_id,
            shares=tuple(shares),
        )
    )


def retried_hello(
    hello: ClientHello, shares: Sequence[KeyShare], cookie: bytes | None
) -> ClientHello:
    """The hello after a HelloRetryRequest: the same but for key shares and cookie."""
    return _encoded(replace(hello, shares=tuple(shares), cookie=cookie))


def is_sni(name: str | None) -> bool:
    """Whether a name may stand in server_name: RFC 6066 forbids IP literals."""
    if not name:
        return False
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return True
    return False


def _encoded(hello: ClientHello) -> ClientHello:
    profile = hello.profile
    body = (
        wire.integer(hello.legacy_version, 2)
        + hello.random
        + wire.vector(hello.session_id, 1)
        + wire.integers(profile.suites, 2)
        + b"\x01\x00"  # the null compression method alone
    )
    if max(profile.versions) == SSL3:
        return replace(hello, extensions=(), raw=wire.message(wire.CLIENT_HELLO, body))
    items = []
    for kind in profile.extensions:
        content = _content(kind, hello)
        if content is not None:
            items.append((kind, content))
        if kind == SUPPORTED_VERSIONS and hello.cookie is not None:
            items.append((COOKIE, wire.vector(hello.cookie, 2)))
    padding = _padding(len(body), items)
    if padding:
        items.append((PADDING, bytes(padding)))
    return replace(
        hello,
        extensions=tuple(kind for kind, _ in items),
        raw=wire.message(wire.CLIENT_HELLO, body + wire.extensions(items)),
    )


def _content(kind: int, hello: ClientHello) -> bytes | None:
    """The body of one extension, None where this hello has no use for it."""
    versions = hello.profile.versions
    if kind in _FOR_TLS13:
        return _FOR_TLS13[kind](hello) if TLS13 in versions else None
    if kind in _BEFORE_TLS13:
        return _BEFORE_TLS13[kind] if min(versions) < TLS13 else None
    build = _FOR_ALL.get(kind)
    return build(hello) if build else None


def _server_name(hello: ClientHello) -> bytes | None:
    if not is_sni(hello.server_name) or hello.server_name is None:
        return None
    name = hello.server_name.encode("ascii", "replace")
    return wire.vector(b"\x00" + wire.vector(name, 2), 2)


def _groups(hello: ClientHello) -> bytes | None:
    return wire.integers(hello.profile.groups, 2) if hello.profile.groups else None


def _signature_algorithms(hello: ClientHello) -> bytes | None:
    if max(hello.profile.versions) < TLS12 or not hello.profile.signature_algorithms:
        return None
    return wire.integers(hello.profile.signature_algorithms, 2)


def _alpn(hello: ClientHello) -> bytes | None:
    if not hello.profile.alpn:
        return None
    names = b"".join(wire.vector(name.encode(), 1) for name in hello.profile.alpn)
    return wire.vector(names, 2)


def _key_shares(hello: ClientHello) -> bytes:
    entries = (wire.integer(each.group, 2) + wire.vector(each.public, 2) for each in hello.shares)
    return wire.vector(b"".join(entries), 2)


_FOR_ALL: Final[dict[int, Callable[[ClientHello], bytes | None]]] = {
    SERVER_NAME: _server_name,
    STATUS_REQUEST: lambda _: b"\x01\x00\x00\x00\x00",  # OCSP, no responder ids, no extensions
    SUPPORTED_GROUPS: _groups,
    SIGNATURE_ALGORITHMS: _signature_algorithms,
    ALPN: _alpn,
    SCT: lambda _: b"",
}

_BEFORE_TLS13: Final[dict[int, bytes]] = {
    EC_POINT_FORMATS: b"\x01\x00",  # uncompressed
    EXTENDED_MASTER_SECRET: b"",
    SESSION_TICKET: b"",
    RENEGOTIATION_INFO: b"\x00",
}

_FOR_TLS13: Final[dict[int, Callable[[ClientHello], bytes]]] = {
    SUPPORTED_VERSIONS: lambda hello: wire.integers(hello.profile.versions, 1),
    PSK_KEY_EXCHANGE_MODES: lambda _: b"\x01\x01",  # psk_dhe_ke
    KEY_SHARE: _key_shares,
}


def _padding(body: int, items: list[tuple[int, bytes]]) -> int:
    """How much padding BoringSSL adds behind ``body`` bytes and these extensions.

    A hello of 256 to 511 bytes hangs some F5 devices, and an empty last extension upsets old
    WebSphere (ssl_add_clienthello_tlsext in BoringSSL's ssl/extensions.cc).
    """
    length = wire.MESSAGE_HEADER + body + len(wire.extensions(items))
    padding = 0
    if items and not items[-1][1]:
        padding = 1
        length += 4 + padding
    if 0xFF < length < 0x200:
        missing = 0x200 - length + (4 + padding if padding else 0)
        padding = missing - 4 if missing >= 5 else 1
    return padding
