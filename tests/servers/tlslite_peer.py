"""tlslite-ng servers, for what no OpenSSL serves any more.

SSLv3, RC4, 3DES, and a private key that is not the certificate's.
"""

import errno
import warnings
from collections.abc import Sequence

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cf525.lab.ca import Issued, PrivateKey

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # tlslite imports asyncore
    from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey


class _Pipe:
    """What tlslite takes for a non-blocking socket."""

    def __init__(self) -> None:
        self.incoming = b""
        self.outgoing = b""

    def recv(self, size: int) -> bytes:
        if not self.incoming:
            raise BlockingIOError(errno.EWOULDBLOCK, "nothing yet")
        data, self.incoming = self.incoming[:size], self.incoming[size:]
        return data

    def send(self, data: bytes) -> int:
        self.outgoing += bytes(data)
        return len(data)

    sendall = send

    def close(self) -> None:
        pass


class TlslitePeer:
    """A tlslite-ng server; ``key`` replaces the certificate's own, to be the wrong one."""

    def __init__(
        self,
        issued: Issued,
        *,
        versions: tuple[int, int],
        ciphers: Sequence[str] | None = None,
        macs: Sequence[str] | None = None,
        key_exchanges: Sequence[str] | None = None,
        key: PrivateKey | None = None,
    ) -> None:
        settings = HandshakeSettings()
        settings.minVersion = divmod(versions[0], 256)
        settings.maxVersion = divmod(versions[1], 256)
        settings.versions = [v for v in settings.versions if v <= settings.maxVersion]
        if ciphers is not None:
            settings.cipherNames = list(ciphers)
        if macs is not None:
            settings.macNames = list(macs)
        if key_exchanges is not None:
            settings.keyExchangeNames = list(key_exchanges)
        settings.eccCurves = ["x25519", "secp256r1"]
        settings.keyShares = ["x25519"]
        chain = X509CertChain()
        chain.parsePemList(issued.chain_pem.decode())
        pem = (key or issued.key).private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        self._pipe = _Pipe()
        self._connection = TLSConnection(self._pipe)
        self.done = False
        self.error: Exception | None = None
        self._steps = self._connection.handshakeServerAsync(
            certChain=chain,
            privateKey=parsePEMKey(pem.decode(), private=True, implementations=["python"]),
            settings=settings,
            alpn=[bytearray(b"http/1.1")],
        )

    @property
    def closed(self) -> bool:
        return self.error is not None

    def exchange(self, data: bytes) -> bytes:
        self._pipe.incoming += data
        try:
            for waiting in self._steps:
                if waiting == 0 and not self._pipe.incoming:
                    break
            else:
                self.done = True
        except Exception as error:
            self.error = error
        sent, self._pipe.outgoing = self._pipe.outgoing, b""
        return sent
