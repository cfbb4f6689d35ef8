"""What is odd about a chain without making the edge refuse it, and what is too large for it.

Order, duplicates, superfluous certificates, weak signatures, near expiry. Each is one line of
advice; none of it looks at trust.
"""

from collections.abc import Iterator, Sequence

from cf525.model import Defect
from cf525.pki import keys, origin_ca
from cf525.pki.checks import title
from cf525.pki.defects import defect
from cf525.pki.path import Node, Path

_MAX_MESSAGE = 102_400  # BoringSSL's default max_cert_list
_DAY = 86_400
_SHARE = 6
_MOST = 30 * _DAY


def size_defects(certificates: Sequence[bytes]) -> Iterator[Defect]:
    """Whether the Certificate message exceeds what the edge's library reads (100 KiB)."""
    body = 4 + sum(5 + len(each) for each in certificates)
    if body > _MAX_MESSAGE:
        yield defect(
            "chain_too_big",
            None,
            f"The Certificate message has {body:,} bytes, and the edge's library reads at most "
            f"{_MAX_MESSAGE:,}.",
        )


def order_advice(sent: Sequence[Node], path: Path) -> Iterator[Defect]:
    """Duplicates, strangers and disorder among the certificates that were sent."""
    seen: dict[bytes, int | None] = {}
    in_path = [node.index for node in path.nodes if node.index is not None]
    for node in sent:
        encoded = node.certificate.encoded
        if encoded in seen:
            yield defect("duplicate", node.index, f"{title(node)} was sent twice.")
            continue
        seen[encoded] = node.index
        if node.index in in_path:
            continue
        if node.certificate.self_signed:
            yield from _root_advice(node)
        elif path.trusted and not _doubles(node, path):
            yield defect("extra_cert", node.index, f"{title(node)} is not part of the chain.")
    if in_path != sorted(in_path):
        yield defect("wrong_order", None, "The certificates are not in the order of issuing.")


def _root_advice(node: Node) -> Iterator[Defect]:
    if origin_ca.is_origin_pull_ca(node.certificate):
        yield defect(
            "origin_pull_ca",
            node.index,
            "The server sends Cloudflare's origin-pull CA, which only signs the edge's client "
            "certificates.",
        )
    else:
        yield defect(
            "root_included", node.index, f"The root {node.certificate.subject.short} was sent too."
        )


def _doubles(node: Node, path: Path) -> bool:
    """Whether it is another version of a CA of the path: cross-signed, useful to other clients."""
    own = node.certificate
    return any(
        each.certificate.spki == own.spki
        or each.certificate.subject.canonical == own.subject.canonical
        for each in path.nodes
    )


def strength_advice(path: Path) -> Iterator[Defect]:
    for node in path.untrusted:
        certificate = node.certificate
        if certificate.self_signed and not node.leaf:
            continue
        signature = keys.signature_name(certificate.algorithm)
        if signature.endswith("SHA-1"):
            yield defect(
                "sha1_signature",
                node.index,
                f"{title(node)} is signed with {signature}: the edge takes it, browsers do not.",
            )
        if node.leaf:
            continue
        key = keys.decode(certificate.spki)
        if key.kind == "RSA" and 0 < key.bits < 2048:
            yield defect("weak_key", node.index, f"{title(node)} has a weak key ({key}).")


def soon(begin: int, end: int) -> int:
    """How many seconds before its end a certificate is to be spoken of: the last sixth of its life,
    a month at most.

    ACME clients renew in the last third (RFC 9773 leaves it to the CA); at half of that something
    is wrong, with a certificate of six days as with one of a year.
    """
    return min((end - begin) // _SHARE, _MOST)


def expiry_advice(path: Path, at: int) -> Iterator[Defect]:
    """Expiry within the last share of a certificate's life."""
    for node in path.nodes:
        certificate = node.certificate
        begin, end = certificate.not_before.posix, certificate.not_after.posix
        left = end - at
        if 0 < left < soon(begin, end):
            days = left // _DAY
            when = f"in {days} day{'' if days == 1 else 's'}" if days else "within a day"
            yield defect("expires_soon", node.index, f"{title(node)} expires {when}.")
