"""Both answers for one origin side by side, and what is known to set them apart."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cf525.model import EdgeStatus, Stage
from cf525.model.registry import TLS12
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
    """A refused chain, and a fault that BoringSSL meets after it: keyUsage up to TLS 1.2, or the
    server's refusal of the client's last flight."""
    seen, verdict = pair.product.seen, pair.product.verdict
    refused = verdict is not None and verdict.accepted is False
    early = seen.server_hello is not None and seen.server_hello.version <= TLS12
    later = seen.stage.reached(Stage.FINISHED_SENT) and (
        "KEY_USAGE_BIT_INCORRECT" in pair.answer.said or "_ALERT_" in pair.answer.said
    )
    met = (pair.mode, pair.status.status, pair.answer.status) == ("strict", "526", "525")
    return met and refused and early and later


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
    root = folder / "root.pem"
    if not root.exists():
        root.write_bytes(workshop.root.pem)
    with listening(lambda: OpenSSLPeer(context, answer=PAGE)) as (_, port):
        found = product(port, workshop.root.der)
        for mode in MODES:
            pair = Pair(seed, origin, mode, found, oracle(port, mode, root))
            if not pair.agrees:
                pair = replace(pair, plain=product(port, workshop.root.der, as_public=True))
            yield pair
