"""The one path BoringSSL would build from a server's certificates to an anchor.

A restatement of the first half of X509_verify_cert (crypto/x509/x509_vfy.cc): anchors before
sent certificates, the first fitting issuer, no way back. Signatures are not looked at here, which
is the point: a wrong first match is what makes a chain fail that others accept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final, Protocol

from cf525.pki.certificate import Certificate, Malformed, parse
from cf525.values import dataclass

_MAX_PATH: Final = 102  # depth 100 does not count the leaf and the anchor


class Anchors(Protocol):
    """What is trusted, looked up by the subject's canonical name, in the order of adding."""

    def named(self, canonical: bytes) -> Sequence[Certificate]: ...


class End(StrEnum):
    """How building ended."""

    TRUSTED = "trusted"
    SELF_SIGNED_LEAF = "self-signed leaf"
    SELF_SIGNED_ROOT = "self-signed root"  # sent, and unknown
    NO_ISSUER = "no issuer"
    ANCHOR_NOT_ROOT = "anchor not root"  # reached an anchor that is no self-signed root
    BAD_EXTENSION = "bad extension"


@dataclass(frozen=True, slots=True)
class Node:
    """A certificate of the path; ``index`` is its place on the wire, if it was sent.

    ``anchored`` certificates come from the store: the verifier checks much less on them.
    """

    certificate: Certificate
    index: int | None
    anchored: bool = False
    leaf: bool = False


def sent_nodes(certificates: Iterable[bytes]) -> list[Node]:
    """What a server sent, without what cannot be parsed, each with its place on the wire."""
    found: list[Node] = []
    for index, encoded in enumerate(certificates):
        try:
            found.append(Node(parse(encoded), index))
        except Malformed:
            continue
    return found


@dataclass(frozen=True, slots=True)
class Path:
    nodes: tuple[Node, ...]
    end: End

    @property
    def trusted(self) -> bool:
        return self.end is End.TRUSTED

    @property
    def untrusted(self) -> tuple[Node, ...]:
        """The part of the path that the verifier judges in full."""
        return tuple(node for node in self.nodes if not node.anchored)

    @property
    def anchor(self) -> Node | None:
        return self.nodes[-1] if self.trusted else None


def trusted_issuer(child: Certificate, anchors: Anchors) -> Certificate | None:
    """The first anchor that fits as issuer of ``child``."""
    for candidate in anchors.named(child.issuer.canonical):
        if candidate.issued(child):
            return candidate
    return None


def build(certificates: Sequence[Node], anchors: Anchors) -> Path:
    """The path from the first certificate. The others may be in any order."""
    nodes = [replace(certificates[0], leaf=True)]
    pool = list(certificates[1:])
    while len(nodes) < _MAX_PATH:
        top = nodes[-1].certificate
        if top.extensions.problems:
            return Path(tuple(nodes), End.BAD_EXTENSION)
        if top.self_signed or trusted_issuer(top, anchors) is not None:
            break
        issuer = next((node for node in pool if node.certificate.issued(top)), None)
        if issuer is None:
            break
        pool.remove(issuer)
        nodes.append(issuer)
    return _anchor(nodes, anchors)


def _anchor(nodes: list[Node], anchors: Anchors) -> Path:
    """Climb on through the anchors, and say where that led."""
    sent_root: Node | None = None
    top = nodes[-1].certificate
    if top.self_signed and len(nodes) == 1:
        own = trusted_issuer(top, anchors)
        if own is None or own.encoded != top.encoded:
            return Path(tuple(nodes), End.SELF_SIGNED_LEAF)
        nodes[0] = replace(nodes[0], certificate=own, anchored=True)
    elif top.self_signed:
        sent_root = nodes.pop()
    while len(nodes) < _MAX_PATH and not nodes[-1].certificate.self_signed:
        issuer = trusted_issuer(nodes[-1].certificate, anchors)
        if issuer is None:
            break
        nodes.append(Node(issuer, None, anchored=True))
    if any(node.anchored and node.certificate.self_signed for node in nodes):
        return Path(tuple(nodes), End.TRUSTED)
    top = nodes[-1].certificate
    if sent_root is not None and sent_root.certificate.issued(top):
        return Path((*nodes, sent_root), End.SELF_SIGNED_ROOT)
    return Path(tuple(nodes), End.ANCHOR_NOT_ROOT if nodes[-1].anchored else End.NO_ISSUER)
