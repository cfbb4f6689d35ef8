"""A TLS client that watches: bytes in, bytes out, and all it saw as frozen data.

It exists to learn why a handshake fails. It sends exactly the ClientHello it is told to,
follows the server as far as possible, and notes where BoringSSL would have stopped. It trusts
and authenticates nobody: never use it to protect data.
"""

from cf525.tls.client import TlsClient
from cf525.tls.handshake import Handshake
from cf525.tls.limits import LIMITS, Limits
from cf525.tls.signature import ClientCertificate

__all__ = ["LIMITS", "ClientCertificate", "Handshake", "Limits", "TlsClient"]
