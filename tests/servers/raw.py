"""Records and messages by hand, for servers with no handshake at all.

Whole scripted handshakes stand in ``scripts``.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from cf525.lab.ca import Issued
from cf525.model.registry import TLS12
from cf525.tls import wire

SERVER_RANDOM = bytes(range(32))


def record(kind: int, payload: bytes, version: int = TLS12) -> bytes:
    return wire.integer(kind, 1) + wire.integer(version, 2) + wire.vector(payload, 2)


def alert(level: int, description: int, version: int = TLS12) -> bytes:
    return record(wire.ALERT, bytes([level, description]), version)


def handshake_record(kind: int, body: bytes, version: int = TLS12) -> bytes:
    return record(wire.HANDSHAKE, wire.message(kind, body), version)


class Hello:
    """What a scripted server needs of a ClientHello record."""

    def __init__(self, data: bytes) -> None:
        self.raw = data[wire.RECORD_HEADER : wire.RECORD_HEADER + int.from_bytes(data[3:5])]
        reader = wire.Reader(self.raw[wire.MESSAGE_HEADER :], "client_hello")
        self.version = reader.integer(2)
        self.random = reader.take(32)
        self.session_id = reader.vector(1)
        self.suites = reader.integers(2, 2)
        self.compression = reader.vector(1)
        self.extensions = wire.read_extensions(reader) if reader.remaining else {}
        reader.end()

    @property
    def shares(self) -> dict[int, bytes]:
        reader = wire.Reader(self.extensions[51], "key_share").nested(2)
        return {reader.integer(2): reader.vector(2) for _ in reader.until_end()}


def server_hello_body(
    suite_code: int,
    extensions: Sequence[tuple[int, bytes]] | None,
    *,
    version: int = TLS12,
    random: bytes = SERVER_RANDOM,
    session_id: bytes = b"",
    compression: int = 0,
) -> bytes:
    body = wire.integer(version, 2) + random + wire.vector(session_id, 1)
    body += wire.integer(suite_code, 2) + bytes([compression])
    return body if extensions is None else body + wire.extensions(list(extensions))


def sign(issued: Issued, data: bytes, *, scheme: int | None = None) -> tuple[int, bytes]:
    """A signature with the leaf's key under a scheme that suits it."""
    key = issued.key
    if isinstance(key, rsa.RSAPrivateKey):
        if scheme == 0x0401:
            return scheme, key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return 0x0804, key.sign(data, pss, hashes.SHA256())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    if scheme == 0x0503:
        return scheme, key.sign(data, ec.ECDSA(hashes.SHA384()))
    return 0x0403, key.sign(data, ec.ECDSA(hashes.SHA256()))
