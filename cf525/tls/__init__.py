"""A TLS client that watches: bytes in, bytes out, and all it saw as frozen data.

It exists to learn why a handshake fails. It sends exactly the ClientHello it is told to,
follows the server as far as possible, and notes where BoringSSL would have stopped. It trusts
and authenticates nobody: never use it to protect data. Each name is imported when it is first used:
who reads a record needs no client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cf525.tls.client import TlsClient
    from cf525.tls.handshake import Handshake
    from cf525.tls.limits import LIMITS, Limits
    from cf525.tls.signature import ClientCertificate

__all__ = ["LIMITS", "ClientCertificate", "Handshake", "Limits", "TlsClient"]

_FACE: Final = {
    "LIMITS": "limits",
    "ClientCertificate": "signature",
    "Handshake": "handshake",
    "Limits": "limits",
    "TlsClient": "client",
}


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module 'cf525.tls' has no attribute {name!r}")
    return getattr(import_module(f"cf525.tls.{_FACE[name]}"), name)
