"""Key schedules: HKDF for TLS 1.3, the pseudorandom function for TLS 1.0 to 1.2.

Pure functions from secrets to secrets; what is done with the keys stands in ``record``.

Sources: RFC 8446 section 7.1, RFC 5246 sections 5, 6.3 and 8.1, RFC 2246 section 5, RFC 7627.
"""

from typing import Final

from cryptography.hazmat.primitives import constant_time, hashes, hmac
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from cf525.model.registry import TLS12
from cf525.tls.suites import SHA1, Suite

MD5: Final = hashes.MD5()  # noqa: S303 - TLS 1.0 and 1.1 are made of it
VERIFY_DATA: Final = 12


def digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    context = hashes.Hash(algorithm)
    context.update(data)
    return context.finalize()


def mac(algorithm: hashes.HashAlgorithm, key: bytes, data: bytes) -> bytes:
    context = hmac.HMAC(key, algorithm)
    context.update(data)
    return context.finalize()


def equal(one: bytes, other: bytes) -> bool:
    return constant_time.bytes_eq(one, other)


# --- TLS 1.3 ------------------------------------------------------------------------------


def expand_label(
    algorithm: hashes.HashAlgorithm, secret: bytes, label: str, context: bytes, length: int
) -> bytes:
    """HKDF-Expand-Label."""
    name = b"tls13 " + label.encode()
    info = length.to_bytes(2) + len(name).to_bytes(1) + name + len(context).to_bytes(1) + context
    return HKDFExpand(algorithm, length, info).derive(secret)


def finished_mac(algorithm: hashes.HashAlgorithm, secret: bytes, transcript: bytes) -> bytes:
    """The verify_data of a TLS 1.3 Finished under one side's handshake traffic secret."""
    key = expand_label(algorithm, secret, "finished", b"", algorithm.digest_size)
    return mac(algorithm, key, digest(algorithm, transcript))


def next_traffic_secret(algorithm: hashes.HashAlgorithm, secret: bytes) -> bytes:
    """After a KeyUpdate, RFC 8446 section 7.2."""
    return expand_label(algorithm, secret, "traffic upd", b"", algorithm.digest_size)


class Schedule13:
    """The chain early secret → handshake secret → master secret, without a PSK."""

    def __init__(self, algorithm: hashes.HashAlgorithm) -> None:
        self.algorithm = algorithm
        self._zeros = bytes(algorithm.digest_size)
        self._empty = digest(algorithm, b"")
        self._secret = mac(algorithm, self._zeros, self._zeros)  # HKDF-Extract is one HMAC

    def _advance(self, material: bytes) -> None:
        salt = expand_label(self.algorithm, self._secret, "derived", self._empty, len(self._zeros))
        self._secret = mac(self.algorithm, salt, material)

    def _traffic(self, side: str, transcript_hash: bytes) -> bytes:
        label = f"{side} traffic"
        return expand_label(self.algorithm, self._secret, label, transcript_hash, len(self._zeros))

    def handshake_traffic(self, shared_secret: bytes, transcript: bytes) -> tuple[bytes, bytes]:
        """The client's and the server's secret, once ClientHello..ServerHello are known."""
        self._advance(shared_secret)
        context = digest(self.algorithm, transcript)
        return self._traffic("c hs", context), self._traffic("s hs", context)

    def application_traffic(self, transcript: bytes) -> tuple[bytes, bytes]:
        """The client's and the server's secret, once the server's Finished is known."""
        self._advance(self._zeros)
        context = digest(self.algorithm, transcript)
        return self._traffic("c ap", context), self._traffic("s ap", context)


# --- TLS 1.0 to 1.2 -----------------------------------------------------------------------


def _p_hash(algorithm: hashes.HashAlgorithm, secret: bytes, seed: bytes, length: int) -> bytes:
    output = b""
    chain = seed
    while len(output) < length:
        chain = mac(algorithm, secret, chain)
        output += mac(algorithm, secret, chain + seed)
    return output[:length]


class Schedule12:
    """The PRF of a version and suite, and what is derived with it."""

    def __init__(self, version: int, suite: Suite) -> None:
        self._modern = version >= TLS12
        self._hash = suite.prf

    def prf(self, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
        if self._modern:
            return _p_hash(self._hash, secret, label + seed, length)
        half = (len(secret) + 1) // 2  # an odd secret's middle byte belongs to both halves
        md5 = _p_hash(MD5, secret[:half], label + seed, length)
        sha1 = _p_hash(SHA1, secret[len(secret) - half :], label + seed, length)
        return bytes(a ^ b for a, b in zip(md5, sha1, strict=True))

    def transcript_hash(self, transcript: bytes) -> bytes:
        if self._modern:
            return digest(self._hash, transcript)
        return digest(MD5, transcript) + digest(SHA1, transcript)

    def master_secret(self, premaster: bytes, randoms: bytes) -> bytes:
        return self.prf(premaster, b"master secret", randoms, 48)

    def extended_master_secret(self, premaster: bytes, transcript: bytes) -> bytes:
        """RFC 7627: bound to the handshake up to and with the ClientKeyExchange."""
        session_hash = self.transcript_hash(transcript)
        return self.prf(premaster, b"extended master secret", session_hash, 48)

    def key_block(self, master: bytes, server_client_randoms: bytes, length: int) -> bytes:
        return self.prf(master, b"key expansion", server_client_randoms, length)

    def finished(self, master: bytes, side: str, transcript: bytes) -> bytes:
        """The verify_data; ``side`` is ``client`` or ``server``."""
        label = f"{side} finished".encode()
        return self.prf(master, label, self.transcript_hash(transcript), VERIFY_DATA)
