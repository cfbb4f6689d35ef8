"""Where BoringSSL, and so the edge, would end a handshake that could go on.

Each rule writes a ``Note`` that rejects, and the handshake continues to collect evidence. What
leaves nothing to go on with is no note but a ``PeerError``, raised where it is found.

Sources: google/boringssl ssl/handshake_client.cc, tls13_client.cc, extensions.cc,
ssl_cert.cc, tls_record.cc, s3_pkt.cc; RFC 8446 sections 4.1.3 and 4.2.
"""

from collections.abc import Collection, Iterable
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from cf525.model.registry import (
    SSL3,
    TLS12,
    TLS13,
    extension_name,
    group_name,
    signature_scheme_name,
    suite_name,
    version_name,
)
from cf525.tls import certificate, hello
from cf525.tls.certificate import PublicKey
from cf525.tls.handshake import Notebook
from cf525.tls.hello import ClientHello
from cf525.tls.keys import CURVES
from cf525.tls.messages import ServerHelloMessage
from cf525.tls.signature import SCHEMES, key_kind
from cf525.tls.suites import KeyExchange, Suite

CONSECUTIVE_WARNINGS: Final = 4  # kMaxWarningAlerts
EMPTY_RECORDS: Final = 32  # kMaxEmptyRecords
CERTIFICATE_BYTES: Final = 102_400  # SSL_MAX_CERT_LIST_DEFAULT

_DOWNGRADE_SENTINELS: Final = {
    b"DOWNGRD\x01": "TLS 1.2 chosen by a server that can TLS 1.3",
    b"DOWNGRD\x00": "TLS 1.1 or older chosen by a server that can TLS 1.2",
    bytes.fromhex("edbfb4a8c24710ff"): "TLS 1.2 chosen by a JDK 11 that can TLS 1.3",
}

# Which message of TLS 1.3 an extension may answer in, RFC 8446 section 4.2.
SERVER_HELLO: Final = frozenset({hello.SUPPORTED_VERSIONS, hello.KEY_SHARE})
RETRY_REQUEST: Final = SERVER_HELLO | {hello.COOKIE}
ENCRYPTED_EXTENSIONS: Final = frozenset({hello.SERVER_NAME, hello.SUPPORTED_GROUPS, hello.ALPN})
CERTIFICATE: Final = frozenset({hello.STATUS_REQUEST, hello.SCT})
SERVER_HELLO12: Final = frozenset(
    {
        hello.SERVER_NAME,
        hello.STATUS_REQUEST,
        hello.SUPPORTED_GROUPS,  # BIG-IP answers it, and is forgiven
        hello.EC_POINT_FORMATS,
        hello.ALPN,
        hello.SCT,
        hello.EXTENDED_MASTER_SECRET,
        hello.SESSION_TICKET,
        hello.RENEGOTIATION_INFO,
    }
)

_PRESCRIBED: Final = {
    hello.SERVER_NAME: b"",
    hello.STATUS_REQUEST: b"",
    hello.EXTENDED_MASTER_SECRET: b"",
    hello.SESSION_TICKET: b"",
    hello.RENEGOTIATION_INFO: b"\x00",  # RFC 5746: nothing to renegotiate yet
}


def record_version(version: int) -> int:
    """What stands in record headers once ``version`` is agreed on."""
    return max(SSL3, min(version, TLS12))


def check_extensions(
    notebook: Notebook, offered: ClientHello, answered: Iterable[int], allowed: Collection[int]
) -> None:
    """An answer to something never asked, or in a message it does not belong to."""
    for kind in answered:
        # A cookie needs no offer (RFC 8446 section 4.2.2).
        if kind not in offered.extensions and kind != hello.COOKIE:
            notebook.note("unsolicited_extension", extension_name(kind))
        elif kind not in allowed:
            notebook.note("misplaced_extension", extension_name(kind))


def check_extension_bodies(notebook: Notebook, answered: dict[int, bytes]) -> None:
    """What a server says in the extensions whose answer is prescribed."""
    for kind, body in answered.items():
        prescribed = _PRESCRIBED.get(kind)
        if prescribed is not None and body != prescribed:
            notebook.note("extension_body", extension_name(kind))
    formats = answered.get(hello.EC_POINT_FORMATS)
    if formats is not None and 0 not in formats[1:]:  # 0 is the uncompressed point
        notebook.note("extension_body", extension_name(hello.EC_POINT_FORMATS))


def check_server_hello(
    notebook: Notebook, offered: ClientHello, message: ServerHelloMessage, version: int
) -> None:
    """What the server chose, against what it was offered."""
    profile = offered.profile
    if version not in profile.versions:
        notebook.note("unoffered_version", version_name(version))
    if message.suite not in profile.suites:
        notebook.note("unoffered_suite", suite_name(message.suite))
    if message.compression != 0:
        notebook.note("compression", str(message.compression))
    if version >= TLS13:
        if message.legacy_version != TLS12:
            notebook.note("legacy_version", version_name(message.legacy_version))
        if message.session_id != offered.session_id:
            notebook.note("session_id_not_echoed")
        return
    if offered.session_id and message.session_id == offered.session_id:
        notebook.note("session_id_echoed")  # would mean resumption of a session there is not
    sentinel = _DOWNGRADE_SENTINELS.get(message.random[-8:])
    if sentinel and TLS13 in profile.versions:
        notebook.note("downgrade_sentinel", sentinel)


def check_suite_version(notebook: Notebook, suite: Suite, version: int) -> None:
    """A suite of one version chosen in another."""
    if suite.exchange is not KeyExchange.UNKNOWN and version not in suite.versions:
        notebook.note("suite_version", f"{suite_name(suite.code)} in {version_name(version)}")


def check_alpn(notebook: Notebook, offered: ClientHello, protocol: str) -> None:
    if protocol not in offered.profile.alpn:
        notebook.note("unoffered_alpn", protocol)


def check_group(notebook: Notebook, offered: ClientHello, group: int) -> None:
    # Without the extension any curve may come (RFC 8422 section 4).
    if offered.profile.groups and group not in offered.profile.groups:
        notebook.note("unoffered_group", group_name(group))


def check_certificate_size(notebook: Notebook, size: int) -> None:
    if size > CERTIFICATE_BYTES:
        notebook.note("certificate_too_large", f"{size} bytes")


def check_leaf(
    notebook: Notebook,
    offered: ClientHello,
    der: bytes,
    key: PublicKey | None,
    suite: Suite,
    version: int,
) -> None:
    """The leaf's key against the key exchange it is to serve."""
    if key is None:
        readable = certificate.is_certificate(der)
        notebook.note("unusable_key" if readable else "undecodable_certificate")
    elif version < TLS13:
        _check_key12(notebook, offered, key, suite, version)
    usage = certificate.key_usage(der)
    if usage is None or suite.exchange is KeyExchange.UNKNOWN:
        return
    if suite.exchange is KeyExchange.RSA:
        if certificate.KEY_ENCIPHERMENT not in usage:
            notebook.note("key_usage", "keyEncipherment is missing")
    elif certificate.DIGITAL_SIGNATURE not in usage:
        notebook.note("key_usage", "digitalSignature is missing")


def _check_key12(
    notebook: Notebook, offered: ClientHello, key: PublicKey, suite: Suite, version: int
) -> None:
    """ssl_check_leaf_certificate: the key's type, and its curve among the offered groups."""
    if suite.authentication not in ("", *_accepted_as(key, version)):
        notebook.note("wrong_certificate_type", f"{key_kind(key)} for {suite_name(suite.code)}")
    if isinstance(key, ec.EllipticCurvePublicKey) and offered.profile.groups:
        names = [CURVES[group].name for group in offered.profile.groups if group in CURVES]
        if key.curve.name not in names:
            notebook.note("certificate_curve", key.curve.name)


def _accepted_as(key: PublicKey, version: int) -> tuple[str, ...]:
    kind = key_kind(key)
    if version == TLS12 and kind in ("ed25519", "ed448"):
        return (kind, "ecdsa")  # RFC 8422 section 5.10: Edwards keys serve the ECDSA suites
    return (kind,)


def check_signature_scheme(
    notebook: Notebook, offered: ClientHello, scheme: int, key: PublicKey, version: int
) -> None:
    """The scheme of the server's signature, where a message names it."""
    name = signature_scheme_name(scheme)
    if scheme not in offered.profile.signature_algorithms:
        notebook.note("unoffered_signature_scheme", name)
    known = SCHEMES.get(scheme)
    if known is None:
        return
    if known.kind != key_kind(key):
        notebook.note("wrong_signature_type", f"{name} with an {key_kind(key)} key")
    elif version >= TLS13:
        if known.kind == "rsa" and not known.pss:
            notebook.note("signature_scheme_not_tls13", name)
        if isinstance(key, ec.EllipticCurvePublicKey) and known.curve != key.curve.name:
            notebook.note("ecdsa_curve", f"{name} with a key on {key.curve.name}")
