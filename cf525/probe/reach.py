"""From where and as whom the probes go out: the way to the origin and a client certificate.

Reads what a person gives for both (``--via``, ``--source``, ``--client-cert``), and carries out
plans by it. A request through the edge never bears the client certificate: that is the edge's
part, not the visitor's.
"""

import socket
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cf525.errors import UsageError
from cf525.inputs import open_given
from cf525.model import Observation
from cf525.probe.plan import ProbePlan
from cf525.probe.transports import DIRECT, Direct, HttpConnect, Socks5, Ssh, Transport
from cf525.tls.signature import ClientCertificate
from cf525.values import dataclass

if TYPE_CHECKING:
    from urllib.parse import SplitResult

VISITOR_MODE: Final = "visitor"
"""The mode of the route a request through the edge takes."""
_FORMS: Final = "write ssh://user@bastion, socks5://host:port or http://host:port"
_MOST: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How every connection of a run is opened, and what answers a CertificateRequest."""

    transport: Transport = DIRECT
    client_certificate: ClientCertificate | None = None

    @property
    def from_here(self) -> bool:
        """Whether connections go out from this machine, and not through somebody else."""
        return isinstance(self.transport, Direct)

    async def run(self, plan: ProbePlan) -> Observation:
        """Carry out one probe in this way."""
        from cf525.probe.driver import run_probe

        return await run_probe(self.equipped(plan), transport=self.transport)

    def equipped(self, plan: ProbePlan) -> ProbePlan:
        """The plan with the client certificate, where it goes to an origin."""
        if self.client_certificate is None or plan.route.mode == VISITOR_MODE:
            return plan
        return replace(plan, client_certificate=self.client_certificate)


def parse_via(text: str) -> Transport:
    """The way named by a URL. Raises UsageError."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise UsageError(f"--via {_shown(text)!r} is not a URL", hint=_FORMS) from None
    host = parts.hostname
    if not host or parts.path.strip("/") or parts.query or parts.password is not None:
        raise UsageError(f"--via {_shown(text)!r} is not a way this tool knows", hint=_FORMS)
    if parts.scheme == "ssh":
        return Ssh(_login(parts, text), port)
    if parts.username is not None:
        raise UsageError("--via takes no credentials for a proxy", hint=_FORMS)
    if parts.scheme in ("socks5", "socks5h"):
        return Socks5(host, port or 1080)
    if parts.scheme == "http":
        return HttpConnect(host, port or 8080)
    raise UsageError(f"--via {_shown(text)!r} has the scheme {parts.scheme!r}", hint=_FORMS)


def _shown(text: str) -> str:
    """The way as a message repeats it: a password stands before the last @, whatever it holds."""
    before, at, host = text.rpartition("@")
    scheme, slashes, _ = before.rpartition("://")
    return f"{scheme}{slashes}HIDDEN@{host}" if at else text


def _login(parts: "SplitResult", text: str) -> str:
    host = parts.hostname or ""
    name = f"{parts.username}@{host}" if parts.username else host
    if name.startswith("-"):
        raise UsageError(f"--via {_shown(text)!r} would be read as an option by ssh", hint=_FORMS)
    return name


def parse_source(text: str) -> Direct:
    """A local address to connect from. Raises UsageError where this machine does not have it."""
    hint = "give an address of this machine"
    try:
        address = ip_address(text)
    except ValueError:
        raise UsageError(f"--source {text!r} is not an address", hint=hint) from None
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        # A datagram socket takes the address and sends nothing.
        with socket.socket(family, socket.SOCK_DGRAM) as own:
            own.bind((str(address), 0))
    except OSError:
        raise UsageError(f"--source {text} is not an address of this machine") from None
    return Direct(source=str(address))


def load_client_certificate(certificate: Path, key: Path | None) -> ClientCertificate:
    """The certificate and key of PEM files, which may be one. Raises UsageError.

    RSA and ECDSA keys serve, as at the edge; an encrypted key is not asked about.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    try:
        chain = x509.load_pem_x509_certificates(_read(certificate))
    except (ValueError, x509.InvalidVersion):
        raise UsageError(
            f"--client-cert {certificate} holds no PEM certificate",
            hint="give the leaf certificate first, as uploaded to Cloudflare",
        ) from None
    file = key or certificate
    try:
        private = load_pem_private_key(_read(file), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UsageError(
            f"--client-key {file} holds no readable private key",
            hint="give an unencrypted PEM key; decrypt it with openssl pkey",
        ) from None
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise UsageError(f"--client-key {file} is neither an RSA nor an ECDSA key")

    def spki(of: object) -> bytes:
        return of.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]

    if spki(private.public_key()) != spki(chain[0].public_key()):
        raise UsageError(
            "--client-key does not belong to --client-cert",
            hint="the leaf certificate must come first in its file",
        )
    return ClientCertificate(
        chain=tuple(each.public_bytes(Encoding.DER) for each in chain), key=private
    )


def _read(path: Path) -> bytes:
    try:
        with open_given(path) as opened:
            return opened.read(_MOST)
    except OSError:
        raise UsageError(f"{path} is not a readable file") from None
