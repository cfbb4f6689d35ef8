"""Both answers for one origin side by side, and what is known to set them apart."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cf525.model import EdgeStatus, Stage
from cf525.model.registry import TLS12
from cf525.tls import ClientCertificate
from tests.oracle.asking import MODES, Answer, Product, oracle, product
from tests.oracle.origins import Origin, Workshop, drawn
from tests.servers.inprocess import OpenSSLPeer, listening

PAGE: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Pair:
    """One origin in one mode: the product's status and BoringSSL's answer.

    ``plain`` is the product's word with the oracle's own offer, asked for where the two differ.
    """

    seed: int
    origin: Origin
    mode: str
    product: Product
    answer: Answer
    plain: Product | None = None

    @property
    def status(self) -> EdgeStatus:
        return self.product.statuses[self.mode]

    @property
    def agrees(self) -> bool:
        return self.status.status == self.answer.status

    @property
    def known(self) -> str:
        """The name of the known difference that this is, empty where there is none."""
        return next((name for name, row in KNOWN.items() if row.holds(self)), "")

    def __str__(self) -> str:
        seen = self.product.seen
        defects = (
            [each.code for each in self.product.verdict.defects] if self.product.verdict else []
        )
        return (
            f"seed {self.seed} {self.mode}: product {self.status.status} "
            f"({self.status.confidence}: {self.status.reason}), BoringSSL {self.answer.status} "
            f"({self.answer.said}); {seen.stage} {seen.ending} {seen.detail} "
            f"{[note.code for note in seen.notes]} {defects}; {self.origin}"
        )


@dataclass(frozen=True, slots=True)
class Known:
    """A difference with its source, and how it is recognised."""

    source: str
    holds: Callable[[Pair], bool]


def _beyond(pair: Pair) -> bool:
    return pair.plain is not None and pair.plain.statuses[pair.mode].status == pair.answer.status


def _judged_later(pair: Pair) -> bool:
    """A refused chain, and a fault that BoringSSL meets after it: keyUsage up to TLS 1.2, the
    server's refusal of the client's last flight, or a client certificate the request excludes."""
    seen, verdict = pair.product.seen, pair.product.verdict
    refused = verdict is not None and verdict.accepted is False
    early = seen.server_hello is not None and seen.server_hello.version <= TLS12
    said = pair.answer.said
    usage = early and "KEY_USAGE_BIT_INCORRECT" in said
    alert = early and "_ALERT_" in said
    unusable = "NO_COMMON_SIGNATURE_ALGORITHMS" in said or "UNKNOWN_CERTIFICATE_TYPE" in said
    later = seen.stage.reached(Stage.FINISHED_SENT) and (usage or alert or unusable)
    met = (pair.mode, pair.status.status, pair.answer.status) == ("strict", "526", "525")
    return met and refused and later


KNOWN: Final[dict[str, Known]] = {
    "the edge offers more than public BoringSSL": Known(
        "cloudflare/pingora c0845a86 offers P-521 and its signatures, and Cloudflare lists "
        "ECDHE-RSA-AES256-SHA384 and DES-CBC3-SHA (ssl/origin-configuration/cipher-suites); "
        "without those the product says what the oracle says",
        _beyond,
    ),
    "name and chain are judged before the rest": Known(
        "libcurl reads what the verifier said once the handshake is over, and the host name after "
        "that; in BoringSSL's own client (ssl/handshake_client.cc) the verifier ends the handshake "
        "with the certificates, before keyUsage and before the answer to a CertificateRequest, and "
        "pingora gives it the name (set_verify_hostname)",
        _judged_later,
    ),
}
"""Every difference that is explained, by name, with its source."""


def compared(workshop: Workshop, folder: Path, seed: int) -> Iterator[Pair]:
    """The origin of a seed in both modes; nothing where OpenSSL refuses to be set up so."""
    origin = drawn(seed)
    context = workshop.context(origin)
    if context is None:
        return
    root, file, own = folder / "root.pem", None, None
    root.write_bytes(workshop.root.pem)
    issued = workshop.shown(origin.shown)
    if issued is not None:
        file = folder / "shown.pem"
        file.write_bytes(issued.pem + issued.key_pem)
        own = ClientCertificate(chain=(issued.der,), key=issued.key)  # type: ignore[arg-type]
    with listening(lambda: OpenSSLPeer(context, answer=PAGE)) as (_, port):
        found = product(port, workshop.root.der, shown=own)
        for mode in MODES:
            pair = Pair(seed, origin, mode, found, oracle(port, mode, root, shown=file))
            if not pair.agrees:
                plain = product(port, workshop.root.der, shown=own, as_public=True)
                pair = replace(pair, plain=plain)
            yield pair
