"""What both handshakes work with: the connection's state, and sending and awaiting messages.

Theory. A handshake is written as a generator, top to bottom as the RFC tells it. It yields when
it needs the next event and is resumed with it; an event is a whole handshake message, or the
ChangeCipherSpec record that separates epochs before TLS 1.3. The generator never sees records,
alerts or application data: the client handles those.

The transcript is kept as bytes and hashed when a hash is wanted. It is bounded by the limits,
a handful of hashes are ever taken, and TLS 1.2 knows the hash only after messages have passed.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Final, TypeAlias

from cf525.edge.profile import ClientProfile
from cf525.model import SIGNED_BY, CertificateRequest, KeyProof, ServerHello, Stage
from cf525.model.registry import (
    TLS12,
    group_name,
    handshake_type_name,
    suite_name,
    version_name,
)
from cf525.tls import strict, wire
from cf525.tls.certificate import PublicKey, public_key
from cf525.tls.errors import DECODE_ERROR, DECRYPT_ERROR, UNEXPECTED_MESSAGE, PeerError
from cf525.tls.handshake import Notebook
from cf525.tls.hello import ALPN, SERVER_NAME, ClientHello
from cf525.tls.limits import Limits
from cf525.tls.link import Link
from cf525.tls.messages import (
    CertificateMessage,
    CertificateVerify,
    parse_certificate_status,
)
from cf525.tls.signature import ClientCertificate, signing_scheme, verify
from cf525.tls.suites import Suite
from cf525.tls.wire import Message, MessageBuffer
from cf525.values import dataclass

MOST_SIGNERS: Final = 8
"""How many certificates of a chain are tried for the key that signed the handshake."""


class ChangeCipherSpec:
    """The record of that name, before TLS 1.3."""


Event: TypeAlias = Message | ChangeCipherSpec
Flow: TypeAlias = Generator[None, Event, None]


def expect(*kinds: int) -> Generator[None, Event, Message]:
    """Await one of these messages; anything else is the server's error."""
    event = yield
    if not isinstance(event, Message) or event.kind not in kinds:
        raise PeerError("unexpected_message", UNEXPECTED_MESSAGE)
    return event


@dataclass(frozen=True, slots=True)
class SigningOffer:
    """A client certificate, and the scheme that both sides can do with its key."""

    certificate: ClientCertificate
    scheme: int


class Session:
    """The state of one connection that the handshakes share."""

    def __init__(
        self,
        profile: ClientProfile,
        server_name: str | None,
        random: Callable[[int], bytes],
        limits: Limits,
        client_certificate: ClientCertificate | None,
    ) -> None:
        self.profile = profile
        self.server_name = server_name
        self.random = random
        self.limits = limits
        self.client_certificate = client_certificate
        self.notebook = Notebook(limits)
        self.link = Link(profile.record_version, limits, self.notebook)
        self.messages = MessageBuffer(limits.message_bytes)
        self.transcript = bytearray()
        self.key_log: list[str] = []
        self.key_updates = 0
        self._sent_compatibility = not profile.session_id

    def keep_secrets(self, client_random: bytes, **secrets: bytes) -> None:
        """Lines of a key log, by which a capture can be read (draft-ietf-tls-keylogfile)."""
        for label, secret in secrets.items():
            self.key_log.append(f"{label} {client_random.hex()} {secret.hex()}")

    def send_message(self, kind: int, body: bytes, detail: str = "") -> None:
        self.send_raw(wire.message(kind, body), detail)

    def send_raw(self, raw: bytes, detail: str = "") -> None:
        """Queue a whole handshake message; it becomes part of the transcript."""
        self.transcript += raw
        self.link.send(wire.HANDSHAKE, raw)
        self.notebook.trace(">", handshake_type_name(raw[0]), len(raw), detail)

    def send_change_cipher_spec(self) -> None:
        self.link.send(wire.CHANGE_CIPHER_SPEC, b"\x01")
        self.notebook.trace(">", "ChangeCipherSpec", 1)

    def send_change_cipher_spec_once(self) -> None:
        """Middlebox compatibility, RFC 8446 appendix D.4: one before our second flight."""
        if not self._sent_compatibility:
            self._sent_compatibility = True
            self.send_change_cipher_spec()

    def absorb(self, message: Message) -> None:
        """Take a received message into the transcript."""
        self.transcript += message.raw

    def refuse_excess(self) -> None:
        """Handshake bytes behind the end of a flight: no keys would protect them as they claim."""
        if len(self.messages):
            strict.refuse(self.notebook, "excess_data", f"{len(self.messages)} bytes")
            self.messages.clear()

    def saw_server_hello(self, hello: ServerHello) -> None:
        """Keep what the server chose, before anything is made of it."""
        self.notebook.server_hello = hello
        self.link.agree(hello.version)
        names = [version_name(hello.version), suite_name(hello.suite)]
        if hello.group is not None:
            names.append(group_name(hello.group))
        self.notebook.describe(", ".join(names))

    def choose(self, **changes: object) -> None:
        """Add to the ServerHello what a later message settled."""
        hello = self.notebook.server_hello
        assert hello is not None
        self.notebook.server_hello = replace(hello, **changes)  # type: ignore[arg-type]

    def saw_certificates(
        self,
        hello: ClientHello,
        message: CertificateMessage,
        suite: Suite,
        version: int,
    ) -> PublicKey | None:
        """Keep the chain and give the leaf's key, None where it cannot be used.

        The stage is reached when that is done, so that notes about the message itself stand
        before it and those about later messages behind: the edge judges the chain in between.
        """
        notebook = self.notebook
        notebook.certificates = message.certificates
        size = sum(map(len, message.certificates))
        notebook.describe(f"{len(message.certificates)} in the chain, {size} bytes")
        if not message.certificates:
            raise PeerError("empty_certificate", DECODE_ERROR)
        leaf = message.certificates[0]
        key = public_key(leaf, self.limits.key_bits)
        strict.check_leaf(notebook, hello, leaf, key, suite, version)
        notebook.reach(Stage.CERTIFICATE)
        return key

    def saw_certificate_request(self, request: CertificateRequest) -> None:
        self.notebook.certificate_request = request
        self.notebook.describe(f"{len(request.authorities)} authorities")

    def read_certificate_status(self, body: bytes) -> bytes | None:
        """A staple that cannot be read does not keep the rest from being seen."""
        try:
            return parse_certificate_status(body)
        except PeerError as error:
            self.notebook.note(error.code, "the stapled OCSP response is empty or malformed")
            return None

    def check_proof(
        self, hello: ClientHello, proof: CertificateVerify, key: PublicKey, data: bytes
    ) -> None:
        """Whether the server holds the leaf's private key; it is over when it does not."""
        assert self.notebook.server_hello is not None
        version = self.notebook.server_hello.version
        if version >= TLS12:
            strict.check_signature_scheme(self.notebook, hello, proof.scheme, key, version)
        self.notebook.key_proof = verify(proof.scheme, key, proof.signature, data)
        if self.notebook.key_proof is not KeyProof.PROVED:
            self._note_signer(proof, data)
        if self.notebook.key_proof is KeyProof.FAILED:
            raise PeerError("key_mismatch", DECRYPT_ERROR)

    def _note_signer(self, proof: CertificateVerify, data: bytes) -> None:
        """Whether another certificate of the chain has the key: then it stands in its place."""
        for number, certificate in enumerate(self.notebook.certificates[1:MOST_SIGNERS], start=2):
            key = public_key(certificate, self.limits.key_bits)
            if key is None:
                continue
            if verify(proof.scheme, key, proof.signature, data) is KeyProof.PROVED:
                self.notebook.note(SIGNED_BY, str(number), rejects=False)
                return

    def usable_client_certificate(self, version: int) -> SigningOffer | None:
        """Our certificate with the scheme to sign with; None when we answer with none.

        BoringSSL would end the handshake where it has a certificate and none that the request
        allows; here it goes on without, to see what the server makes of that.
        """
        request, certificate = self.notebook.certificate_request, self.client_certificate
        if request is None or certificate is None:
            return None
        scheme = signing_scheme(certificate.key, request, version)
        if scheme is None:
            self.notebook.note(
                "client_certificate_unusable",
                "the server's request excludes the type of the client certificate's key",
            )
            return None
        return SigningOffer(certificate, scheme)


def hello_detail(hello: ClientHello) -> str:
    """The gist of a ClientHello for the trace."""
    profile = hello.profile
    parts = [
        " ".join(version_name(version) for version in profile.versions),
        f"{len(profile.suites)} suites",
        f"SNI {hello.server_name}" if SERVER_NAME in hello.extensions else "no SNI",
    ]
    if profile.alpn and ALPN in hello.extensions:
        parts.append("ALPN " + " ".join(profile.alpn))
    if hello.shares:
        parts.append("key share " + " ".join(group_name(each.group) for each in hello.shares))
    return ", ".join(parts)
