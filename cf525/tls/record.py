"""Record protection: seal and open fragments under one direction's keys.

Theory. A fragment is sealed with the sequence number of its direction, which is never sent.
TLS 1.3 hides the content type inside the AEAD; TLS 1.2's AEADs leave it outside and, for GCM,
send part of the nonce. CBC suites are MAC-then-encrypt. TLS 1.0 chains CBC from record to
record, TLS 1.1 and later send an IV: here both use one running CBC stream, because a first
block of randomness sent through a running stream *is* an explicit IV, and decrypting it along
with the rest and dropping it gives the same plaintext.

Nothing here is constant-time: the probe carries no secret, and ends where a record fails.

Sources: RFC 8446 section 5.2 and 5.3, RFC 5246 section 6.2.3, RFC 5288, RFC 7905, RFC 2246.
"""

from collections.abc import Callable
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, algorithms, modes
from cryptography.hazmat.primitives.ciphers import Cipher as CipherContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from cf525.model.registry import TLS11
from cf525.tls import wire
from cf525.tls.errors import (
    BAD_RECORD_MAC,
    RECORD_OVERFLOW,
    UNEXPECTED_MESSAGE,
    PeerError,
)
from cf525.tls.schedule import equal, expand_label, mac
from cf525.tls.suites import FIXED_IV_BYTES, KEY_BYTES, Cipher, Suite

_TAG: Final = 16
_EXPLICIT_NONCE: Final = 8


class Protection(Protocol):
    """One direction's keys. Content types are those of the record header and of the payload."""

    def seal(self, content_type: int, payload: bytes) -> tuple[int, bytes]:
        """The record's type and fragment."""
        ...

    def open(self, content_type: int, fragment: bytes) -> tuple[int, bytes]:
        """The payload's type and bytes; raises PeerError when it was not sealed with our keys."""
        ...


def bad_record() -> PeerError:
    return PeerError("bad_record_mac", BAD_RECORD_MAC)


def _checked(payload: bytes) -> bytes:
    if len(payload) > wire.MAX_PLAINTEXT:
        raise PeerError("record_overflow", RECORD_OVERFLOW)
    return payload


def _aead(cipher: Cipher, key: bytes) -> AESGCM | ChaCha20Poly1305:
    return ChaCha20Poly1305(key) if cipher is Cipher.CHACHA20_POLY1305 else AESGCM(key)


class Aead13:
    """TLS 1.3. ``secret`` is a traffic secret; key and IV follow from it."""

    def __init__(self, suite: Suite, secret: bytes) -> None:
        cipher = suite.cipher
        assert cipher is not None
        self._aead = _aead(cipher, expand_label(suite.prf, secret, "key", b"", KEY_BYTES[cipher]))
        self._iv = int.from_bytes(expand_label(suite.prf, secret, "iv", b"", 12))
        self._sequence = 0

    def _nonce(self) -> bytes:
        nonce = (self._iv ^ self._sequence).to_bytes(12)
        self._sequence += 1
        return nonce

    def seal(self, content_type: int, payload: bytes) -> tuple[int, bytes]:
        inner = payload + bytes([content_type])
        header = b"\x17\x03\x03" + (len(inner) + _TAG).to_bytes(2)
        return wire.APPLICATION_DATA, self._aead.encrypt(self._nonce(), inner, header)

    def open(self, content_type: int, fragment: bytes) -> tuple[int, bytes]:
        if content_type != wire.APPLICATION_DATA:
            raise PeerError("unprotected_record", UNEXPECTED_MESSAGE)
        header = b"\x17\x03\x03" + len(fragment).to_bytes(2)
        try:
            padded = self._aead.decrypt(self._nonce(), fragment, header)
        except (InvalidTag, ValueError):
            raise bad_record() from None
        if len(padded) > wire.MAX_PLAINTEXT + 1:  # padding counts, the content type does not
            raise PeerError("record_overflow", RECORD_OVERFLOW)
        inner = padded.rstrip(b"\x00")
        if not inner:
            raise PeerError("empty_inner_plaintext", UNEXPECTED_MESSAGE)
        return inner[-1], inner[:-1]


class Aead12:
    """TLS 1.2 with GCM (part of the nonce is sent) or ChaCha20-Poly1305 (none is)."""

    def __init__(self, cipher: Cipher, key: bytes, fixed_iv: bytes) -> None:
        self._aead = _aead(cipher, key)
        self._explicit = len(fixed_iv) < 12
        self._iv = fixed_iv.ljust(12, b"\x00")
        self._sequence = 0

    def _nonce(self, number: int) -> bytes:
        return (int.from_bytes(self._iv) ^ number).to_bytes(12)

    def _associated(self, content_type: int, length: int) -> bytes:
        header = self._sequence.to_bytes(8) + bytes([content_type]) + b"\x03\x03"
        self._sequence += 1
        return header + length.to_bytes(2)

    def seal(self, content_type: int, payload: bytes) -> tuple[int, bytes]:
        number = self._sequence
        associated = self._associated(content_type, len(payload))
        sealed = self._aead.encrypt(self._nonce(number), payload, associated)
        return content_type, (number.to_bytes(8) if self._explicit else b"") + sealed

    def open(self, content_type: int, fragment: bytes) -> tuple[int, bytes]:
        number = self._sequence
        if self._explicit:
            number = int.from_bytes(fragment[:_EXPLICIT_NONCE])
            fragment = fragment[_EXPLICIT_NONCE:]
        if len(fragment) < _TAG:
            raise bad_record()
        associated = self._associated(content_type, len(fragment) - _TAG)
        try:
            payload = self._aead.decrypt(self._nonce(number), fragment, associated)
        except InvalidTag:
            raise bad_record() from None
        return content_type, _checked(payload)


class Cbc:
    """A MAC-then-encrypt suite of TLS 1.0 to 1.2."""

    def __init__(
        self,
        algorithm: BlockCipherAlgorithm,
        iv: bytes,
        mac_hash: hashes.HashAlgorithm,
        mac_key: bytes,
        version: int,
        random: Callable[[int], bytes],
    ) -> None:
        context = CipherContext(algorithm, modes.CBC(iv))
        self._encryptor = context.encryptor()
        self._decryptor = context.decryptor()
        self._block = len(iv)
        self._mac_hash = mac_hash
        self._mac_key = mac_key
        self._version = version
        self._random = random
        self._sequence = 0

    def _mac(self, content_type: int, payload: bytes) -> bytes:
        header = (
            self._sequence.to_bytes(8)
            + bytes([content_type])
            + self._version.to_bytes(2)
            + len(payload).to_bytes(2)
        )
        self._sequence += 1
        return mac(self._mac_hash, self._mac_key, header + payload)

    @property
    def _explicit_iv(self) -> bool:
        return self._version >= TLS11

    def seal(self, content_type: int, payload: bytes) -> tuple[int, bytes]:
        body = payload + self._mac(content_type, payload)
        pad = self._block - 1 - len(body) % self._block
        prefix = self._random(self._block) if self._explicit_iv else b""
        return content_type, self._encryptor.update(prefix + body + bytes([pad] * (pad + 1)))

    def open(self, content_type: int, fragment: bytes) -> tuple[int, bytes]:
        if not fragment or len(fragment) % self._block:
            raise bad_record()
        body = self._decryptor.update(fragment)
        if self._explicit_iv:
            body = body[self._block :]
        size = self._mac_hash.digest_size
        pad = body[-1] if body else 0
        end = len(body) - pad - 1 - size
        if end < 0 or body[-pad - 1 :] != bytes([pad] * (pad + 1)):
            raise bad_record()
        payload = body[:end]
        if not equal(self._mac(content_type, payload), body[end : end + size]):
            raise bad_record()
        return content_type, _checked(payload)


def _block_cipher(cipher: Cipher, key: bytes) -> BlockCipherAlgorithm:
    if cipher is Cipher.TRIPLE_DES_CBC:
        # Imported only here: it lives on notice in cryptography, and may be gone from a build.
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

        return TripleDES(key)
    return algorithms.AES(key)


KeyBlock = Callable[[int], bytes]


def protections12(
    version: int, suite: Suite, key_block: KeyBlock, random: Callable[[int], bytes]
) -> tuple[Protection, Protection]:
    """The client's and the server's protection; ``key_block`` yields as many bytes as asked."""
    cipher = suite.cipher
    assert cipher is not None
    mac_size = suite.mac.digest_size if suite.mac else 0
    sizes = (mac_size, mac_size, KEY_BYTES[cipher], KEY_BYTES[cipher]) + (
        FIXED_IV_BYTES[cipher],
    ) * 2
    reader = wire.Reader(key_block(sum(sizes)), "key_block")
    client_mac, server_mac, client_key, server_key, client_iv, server_iv = map(reader.take, sizes)
    if suite.mac is None:
        return Aead12(cipher, client_key, client_iv), Aead12(cipher, server_key, server_iv)
    mac_hash = suite.mac

    def cbc(key: bytes, iv: bytes, mac_key: bytes) -> Cbc:
        return Cbc(_block_cipher(cipher, key), iv, mac_hash, mac_key, version, random)

    return cbc(client_key, client_iv, client_mac), cbc(server_key, server_iv, server_mac)
