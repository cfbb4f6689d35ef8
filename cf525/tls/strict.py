"""Where BoringSSL, and so the edge, would end a handshake that could go on.

Each rule writes a ``Note`` that rejects, and the handshake continues to collect evidence. What
leaves nothing to go on with is no note but a ``PeerError``, raised where it is found; so is what
breaks a rule once the handshake is done, where there is no further evidence to wait for.

Sources: google/boringssl a0689af2 ssl/handshake_client.cc, tls13_client.cc, tls13_both.cc,
extensions.cc, ssl_cert.cc, tls_record.cc, s3_both.cc; RFC 8446 sections 4.1.3 and 4.2.
"""

from collections.abc import Collection, Iterable
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cf525.model import CertificateRequest, Stage
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
from cf525.tls import certificate, hello, wire
from cf525.tls.certificate import PublicKey
from cf525.tls.errors import UNEXPECTED_MESSAGE, PeerError
from cf525.tls.handshake import Notebook
from cf525.tls.hello import ClientHello
from cf525.tls.keys import CURVES, is_post_quantum
from cf525.tls.messages import ServerHelloMessage
from cf525.tls.signature import SCHEMES, Scheme, key_kind
from cf525.tls.suites import KeyExchange, Suite

CONSECUTIVE_WARNINGS: Final = 4  # kMaxWarningAlerts
EMPTY_RECORDS: Final = 32  # kMaxEmptyRecords
MESSAGE_BYTES: Final = 102_400  # SSL_MAX_CERT_LIST_DEFAULT, which bounds every message
SESSION_ID_BYTES: Final = 32  # SSL3_SESSION_ID_SIZE
KEY_UPDATES: Final = 32  # kMaxKeyUpdates, without application data between

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


def refuse(notebook: Notebook, code: str, detail: str = "") -> None:
    """A broken rule of the record layer: noted in the handshake, the end of it all after it."""
    if notebook.stage.reached(Stage.ESTABLISHED):
        raise PeerError(code, UNEXPECTED_MESSAGE)
    notebook.note(code, detail or code.replace("_", " "))


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
    if formats is not None and not _names_uncompressed(formats):
        notebook.note("extension_body", extension_name(hello.EC_POINT_FORMATS))
    check_timestamps(notebook, answered)


def _names_uncompressed(formats: bytes) -> bool:
    return formats[:1] == bytes([len(formats) - 1]) and 0 in formats[1:]


def check_timestamps(notebook: Notebook, answered: dict[int, bytes]) -> None:
    """RFC 6962 section 3.3: neither the list of SCTs nor one of them may be empty."""
    body = answered.get(hello.SCT)
    if body is None:
        return
    try:
        reader = wire.Reader(body, "sct")
        entries = reader.nested(2)
        reader.end()
        found = [entries.vector(2) for _ in entries.until_end()]
    except PeerError:
        found = []
    if not found or not all(found):
        notebook.note("extension_body", extension_name(hello.SCT))


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
    if len(message.session_id) > SESSION_ID_BYTES:
        notebook.note("session_id_length", f"{len(message.session_id)} bytes")
    if version >= TLS13:
        if message.legacy_version != TLS12:
            notebook.note("legacy_version", version_name(message.legacy_version))
        if message.session_id != offered.session_id:
            notebook.note("session_id_not_echoed", "another session id than the client's")
        return
    if offered.session_id and message.session_id == offered.session_id:
        # It would mean resumption of a session there is not.
        notebook.note("session_id_echoed", "the client's session id, as if resumed")
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


def check_group(notebook: Notebook, offered: ClientHello, group: int, version: int) -> None:
    # Without the extension any curve may come (RFC 8422 section 4).
    wrong_version = version < TLS13 and is_post_quantum(group)
    if offered.profile.groups and (group not in offered.profile.groups or wrong_version):
        notebook.note("unoffered_group", group_name(group))


def check_message_size(notebook: Notebook, message: wire.Message) -> None:
    if len(message.body) > MESSAGE_BYTES:
        which = "certificate" if message.kind == wire.CERTIFICATE else "message"
        notebook.note(f"{which}_too_large", f"{len(message.body)} bytes")


def check_leaf(
    notebook: Notebook,
    offered: ClientHello,
    der: bytes,
    key: PublicKey | None,
    suite: Suite,
    version: int,
) -> None:
    """The leaf as soon as it has come. Up to TLS 1.2 its keyUsage is asked for later."""
    if key is None:
        readable = certificate.is_certificate(der)
        code = "unusable_key" if readable else "undecodable_certificate"
        notebook.note(code, code.replace("_", " "))
    elif version < TLS13:
        _check_key12(notebook, offered, der, key, suite, version)
    if version >= TLS13:
        check_key_usage(notebook, der, suite)


def check_key_usage(notebook: Notebook, der: bytes, suite: Suite) -> None:
    """What the exchange does with the leaf's key: with static RSA it does not sign."""
    usage = certificate.key_usage(der)
    if usage is None or suite.exchange is KeyExchange.UNKNOWN:
        return
    if suite.exchange is KeyExchange.RSA:
        if certificate.KEY_ENCIPHERMENT not in usage:
            notebook.note("key_usage", "keyEncipherment is missing")
    elif certificate.DIGITAL_SIGNATURE not in usage:
        notebook.note("key_usage", "digitalSignature is missing")


def _check_key12(
    notebook: Notebook,
    offered: ClientHello,
    der: bytes,
    key: PublicKey,
    suite: Suite,
    version: int,
) -> None:
    """ssl_check_leaf_certificate: the key's type, its curve among the offered groups, its form."""
    if suite.authentication not in ("", *_accepted_as(key, version)):
        notebook.note("wrong_certificate_type", f"{key_kind(key)} for {suite_name(suite.code)}")
    if isinstance(key, ec.EllipticCurvePublicKey) and offered.profile.groups:
        names = [CURVES[group].name for group in offered.profile.groups if group in CURVES]
        if key.curve.name not in names:
            notebook.note("certificate_curve", key.curve.name)
        elif not certificate.has_uncompressed_point(der):
            notebook.note("certificate_curve", f"{key.curve.name}, as a compressed point")


def check_certificate_request(
    notebook: Notebook,
    request: CertificateRequest,
    version: int,
    *,
    context: bytes = b"",
    names_authorities: bool = False,
) -> None:
    """What the server says of the client certificate it wants.

    ``context`` and ``names_authorities`` (the extension is there) are those of TLS 1.3.
    """
    if context:
        notebook.note("certificate_request", "a context within the handshake")
    if version >= TLS12 and not request.signature_schemes:
        notebook.note("certificate_request", "no signature algorithm at all")
    if names_authorities and not request.authorities:
        notebook.note("certificate_request", "certificate_authorities without a name")
    if not all(certificate.is_name(each) for each in request.authorities):
        notebook.note("certificate_request", "a name of a CA that is no distinguished name")


def check_session_ticket(body: bytes, *, tls13: bool) -> None:
    """The form of a NewSessionTicket; PeerError where BoringSSL would not read it."""
    reader = wire.Reader(body, "new_session_ticket")
    reader.take(8 if tls13 else 4)  # lifetime; age_add
    if tls13:
        reader.vector(1)  # nonce
    ticket = reader.vector(2)
    if tls13:
        extensions = wire.read_extensions(reader)
        early_data = extensions.get(hello.EARLY_DATA)
        if not ticket or (early_data is not None and len(early_data) != 4):
            raise reader.error()
    reader.end()


def check_key_updates(count: int) -> None:
    if count > KEY_UPDATES:
        raise PeerError("too_many_key_updates", UNEXPECTED_MESSAGE)


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
    elif known.pss and isinstance(key, rsa.RSAPublicKey) and not _long_enough(key, known):
        notebook.note("wrong_signature_type", f"{name} with a key of {key.key_size} bits")
    elif version >= TLS13:
        if known.kind == "rsa" and not known.pss:
            notebook.note("signature_scheme_not_tls13", name)
        if isinstance(key, ec.EllipticCurvePublicKey) and known.curve != key.curve.name:
            notebook.note("ecdsa_curve", f"{name} with a key on {key.curve.name}")


def _long_enough(key: rsa.RSAPublicKey, scheme: Scheme) -> bool:
    """Room for hash, a salt as long, and two octets (ssl_pkey_supports_algorithm)."""
    assert scheme.hash is not None
    return (key.key_size + 7) // 8 >= 2 * scheme.hash.digest_size + 2
