"""The handshake messages: for each a dataclass with its parse function, and those we build.

Parsing only turns bytes into fields and refuses what has not the message's form; what the
fields may be is judged by the handshakes and by ``strict``.

Sources: RFC 8446 section 4, RFC 5246 section 7.4, RFC 2246 section 7.4, RFC 8422, RFC 6066.
"""

from typing import Final

from cf525.model import CertificateRequest
from cf525.model.registry import TLS12
from cf525.tls import wire
from cf525.tls.errors import DECODE_ERROR, PeerError
from cf525.tls.hello import CERTIFICATE_AUTHORITIES, SIGNATURE_ALGORITHMS
from cf525.values import dataclass

HELLO_RETRY_REQUEST_RANDOM: Final = bytes.fromhex(
    "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
)
_OCSP: Final = 1
_NAMED_CURVE: Final = 3


@dataclass(frozen=True, slots=True)
class ServerHelloMessage:
    """ServerHello and HelloRetryRequest, which share their form."""

    legacy_version: int
    random: bytes
    session_id: bytes
    suite: int
    compression: int
    extensions: dict[int, bytes]

    @property
    def is_retry(self) -> bool:
        return self.random == HELLO_RETRY_REQUEST_RANDOM


def parse_server_hello(body: bytes) -> ServerHelloMessage:
    reader = wire.Reader(body, "server_hello")
    version = reader.integer(2)
    random = reader.take(32)
    session_id = reader.vector(1)
    suite = reader.integer(2)
    compression = reader.integer(1)
    extensions = wire.read_extensions(reader) if reader.remaining else {}
    reader.end()
    return ServerHelloMessage(version, random, session_id, suite, compression, extensions)


def parse_encrypted_extensions(body: bytes) -> dict[int, bytes]:
    reader = wire.Reader(body, "encrypted_extensions")
    extensions = wire.read_extensions(reader)
    reader.end()
    return extensions


def parse_alpn(body: bytes) -> str:
    """The one protocol a server selected (RFC 7301 section 3.1)."""
    reader = wire.Reader(body, "alpn")
    names = reader.nested(2)
    reader.end()
    name = names.vector(1)
    names.end()
    if not name:
        raise names.error()
    return name.decode("latin-1")


# --- Certificate --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CertificateMessage:
    """``extensions`` stand beside each certificate; before TLS 1.3 there are none."""

    certificates: tuple[bytes, ...]
    extensions: tuple[dict[int, bytes], ...] = ()


def _certificate(entries: wire.Reader) -> bytes:
    certificate = entries.vector(3)
    if not certificate:
        raise entries.error()
    return certificate


def parse_certificate12(body: bytes) -> CertificateMessage:
    reader = wire.Reader(body, "certificate")
    entries = reader.nested(3)
    reader.end()
    return CertificateMessage(tuple(_certificate(entries) for _ in entries.until_end()))


def parse_certificate13(body: bytes) -> CertificateMessage:
    reader = wire.Reader(body, "certificate")
    if reader.vector(1):  # only an answer to a request carries a context
        raise reader.error()
    entries = reader.nested(3)
    reader.end()
    found = [(_certificate(entries), wire.read_extensions(entries)) for _ in entries.until_end()]
    return CertificateMessage(
        tuple(certificate for certificate, _ in found), tuple(each for _, each in found)
    )


def build_certificate12(chain: tuple[bytes, ...]) -> bytes:
    return wire.vector(b"".join(wire.vector(der, 3) for der in chain), 3)


def build_certificate13(chain: tuple[bytes, ...], context: bytes) -> bytes:
    entries = b"".join(wire.vector(der, 3) + b"\x00\x00" for der in chain)
    return wire.vector(context, 1) + wire.vector(entries, 3)


def parse_certificate_status(body: bytes) -> bytes:
    """The stapled OCSP response of CertificateStatus or of the status_request extension."""
    reader = wire.Reader(body, "certificate_status")
    if reader.integer(1) != _OCSP:
        raise reader.error()
    response = reader.vector(3)
    reader.end()
    if not response:
        raise reader.error()
    return response


# --- ServerKeyExchange --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EcdheParameters:
    """An ECDHE ServerKeyExchange: ``params`` are signed, ``scheme`` is None before TLS 1.2."""

    group: int
    point: bytes
    params: bytes
    scheme: int | None
    signature: bytes


def parse_ecdhe(body: bytes, version: int) -> EcdheParameters:
    reader = wire.Reader(body, "server_key_exchange")
    if reader.integer(1) != _NAMED_CURVE:
        raise PeerError("explicit_curve")
    group = reader.integer(2)
    point = reader.vector(1)
    params = body[: len(body) - reader.remaining]
    scheme = reader.integer(2) if version >= TLS12 else None
    signature = reader.vector(2)
    reader.end()
    return EcdheParameters(group, point, params, scheme, signature)


@dataclass(frozen=True, slots=True)
class DheParameters:
    """A DHE ServerKeyExchange, as far as it names things; ``scheme`` is None where none does."""

    prime: bytes
    scheme: int | None


def parse_dhe(body: bytes, version: int, *, signed: bool) -> DheParameters:
    reader = wire.Reader(body, "server_key_exchange")
    prime = reader.vector(2)
    reader.vector(2)  # the generator
    reader.vector(2)  # the server's public value
    scheme = reader.integer(2) if signed and version >= TLS12 else None
    if signed:
        reader.vector(2)
    reader.end()
    return DheParameters(prime, scheme)


# --- CertificateRequest -------------------------------------------------------------------


def _authorities(reader: wire.Reader) -> tuple[bytes, ...]:
    names = reader.nested(2)
    return tuple(names.vector(2) for _ in names.until_end())


def parse_certificate_request12(body: bytes, version: int) -> CertificateRequest:
    reader = wire.Reader(body, "certificate_request")
    types = tuple(reader.vector(1))
    schemes = reader.integers(2, 2) if version >= TLS12 else ()
    authorities = _authorities(reader)
    reader.end()
    return CertificateRequest(
        authorities=authorities, signature_schemes=schemes, certificate_types=types
    )


@dataclass(frozen=True, slots=True)
class CertificateRequest13:
    """``context`` is to be echoed; ``extensions`` are the kinds that came."""

    context: bytes
    extensions: tuple[int, ...]
    request: CertificateRequest


def parse_certificate_request13(body: bytes) -> CertificateRequest13:
    reader = wire.Reader(body, "certificate_request")
    context = reader.vector(1)
    extensions = wire.read_extensions(reader)
    reader.end()
    if SIGNATURE_ALGORITHMS not in extensions:
        raise PeerError("certificate_request_without_signature_algorithms", DECODE_ERROR)
    schemes = wire.Reader(extensions[SIGNATURE_ALGORITHMS], "certificate_request").integers(2, 2)
    authorities: tuple[bytes, ...] = ()
    if CERTIFICATE_AUTHORITIES in extensions:
        names = wire.Reader(extensions[CERTIFICATE_AUTHORITIES], "certificate_request")
        authorities = _authorities(names)
        names.end()
    request = CertificateRequest(authorities=authorities, signature_schemes=schemes)
    return CertificateRequest13(context, tuple(extensions), request)


# --- The rest -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CertificateVerify:
    """The server's proof of possession in TLS 1.3, and ours in every version."""

    scheme: int
    signature: bytes


def parse_certificate_verify(body: bytes) -> CertificateVerify:
    reader = wire.Reader(body, "certificate_verify")
    scheme, signature = reader.integer(2), reader.vector(2)
    reader.end()
    return CertificateVerify(scheme, signature)


def build_certificate_verify(verify: CertificateVerify, version: int) -> bytes:
    """Before TLS 1.2 the message does not name its scheme."""
    scheme = wire.integer(verify.scheme, 2) if version >= TLS12 else b""
    return scheme + wire.vector(verify.signature, 2)


def parse_key_update(body: bytes) -> bool:
    """Whether the server asks us to update too."""
    reader = wire.Reader(body, "key_update")
    request = reader.integer(1)
    reader.end()
    if request > 1:
        raise PeerError("bad_key_update")
    return request == 1


def build_key_exchange(exchange: bytes, *, rsa: bool) -> bytes:
    """A ClientKeyExchange: the encrypted premaster secret, or our point."""
    return wire.vector(exchange, 2 if rsa else 1)
