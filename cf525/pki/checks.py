"""The checks BoringSSL runs over a built path, each yielding every defect it finds.

The second half of X509_verify_cert (crypto/x509/x509_vfy.cc, v3_purp.cc) with one change: where
the library stops at the first error, this collects them all. Anchors are checked as little as
the library checks them.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from cf525.model import Defect, DefectClass
from cf525.model.registry import TLS12, TLS13
from cf525.pki import constraints, extensions, keys, policy
from cf525.pki.certificate import Certificate, moment
from cf525.pki.defects import defect
from cf525.pki.path import Node, Path

_MAX_NAMESAKES = 8


def title(node: Node) -> str:
    """How the texts call a certificate of the path."""
    name = node.certificate.subject.short
    if node.leaf:
        return f"The certificate {name}"
    return f"The root {name}" if node.index is None else f"The CA certificate {name}"


def path_defects(
    path: Path,
    certificates: Sequence[Node],
    at: int,
    tls_version: int | None,
    *,
    signs: bool = True,
) -> Iterator[Defect]:
    """Everything wrong along the path, except how it ends and whether the names fit."""
    yield from _extensions(path)
    yield from _purpose(path, tls_version, signs=signs)
    yield from _path_length(path)
    yield from _signatures(path, certificates)
    for node in path.nodes:
        yield from _validity(node, at)
    for violation in constraints.check(path, constraints.Budget()):
        kind = None if violation.certain else DefectClass.LIKELY
        yield defect("name_constraints", violation.index, violation.text, kind=kind)
    if path.trusted:
        yield from _policies(path)


def _extensions(path: Path) -> Iterator[Defect]:
    for node in path.untrusted:
        unknown = node.certificate.extensions.unknown_critical
        if unknown:
            yield defect(
                "unknown_critical_ext",
                node.index,
                f"{title(node)} has a critical extension the edge does not process: "
                f"{', '.join(unknown[:3])}.",
            )


def _purpose(path: Path, tls_version: int | None, *, signs: bool) -> Iterator[Defect]:
    for place, node in enumerate(path.untrusted):
        found = node.certificate.extensions
        if place:
            yield from _ca(node)
        usages = found.extended_key_usage
        if usages is not None and extensions.SERVER_AUTH not in usages:
            yield defect(
                "eku",
                node.index,
                f"{title(node)} is restricted by extKeyUsage and does not list TLS server "
                "authentication (anyExtendedKeyUsage does not count).",
            )
        if place == 0:
            yield from _leaf_key_usage(node, tls_version, signs=signs)


def _ca(node: Node) -> Iterator[Defect]:
    certificate = node.certificate
    if certificate.version == 1 and certificate.self_signed:
        return
    if not certificate.extensions.ca:
        why = (
            "has no basicConstraints"
            if not certificate.extensions.has_basic_constraints
            else ("says CA:FALSE in basicConstraints")
        )
        yield defect("issuer_not_ca", node.index, f"{title(node)} issued another one but {why}.")


def _leaf_key_usage(node: Node, tls_version: int | None, *, signs: bool) -> Iterator[Defect]:
    """What the chain's judge asks of the leaf, then what the exchange does with its key."""
    usage = node.certificate.extensions.key_usage
    needed = extensions.DIGITAL_SIGNATURE if signs else extensions.KEY_ENCIPHERMENT
    if usage is None or usage & needed:
        return
    if not signs and usage & (extensions.DIGITAL_SIGNATURE | extensions.KEY_AGREEMENT):
        yield defect(
            "ku_no_keyenc",
            node.index,
            f"{title(node)} has a keyUsage without keyEncipherment, which the key exchange the "
            "server chose (static RSA) needs.",
        )
        return
    if usage & (extensions.KEY_ENCIPHERMENT | extensions.KEY_AGREEMENT):
        yield defect(
            "ku_no_digsig",
            node.index,
            f"{title(node)} has a keyUsage without digitalSignature, which TLS 1.3 and every "
            "ECDHE handshake need.",
        )
        return
    early = tls_version is not None and tls_version <= TLS12
    yield defect(
        "ku_leaf",
        node.index,
        f"{title(node)} has a keyUsage that allows no TLS server use at all.",
        kind=DefectClass.REJECTED if early else DefectClass.HANDSHAKE,
    )


def _path_length(path: Path) -> Iterator[Defect]:
    below = 0
    for place, node in enumerate(path.untrusted):
        limit = node.certificate.extensions.path_length
        if place > 1 and limit is not None and below > limit + 1:
            yield defect(
                "path_length",
                node.index,
                f"{title(node)} allows {limit} CA certificates below it; there are {below - 1}.",
            )
        if place == 0 or not node.certificate.self_issued:
            below += 1


def _signatures(path: Path, certificates: Sequence[Node]) -> Iterator[Defect]:
    for child, issuer in zip(path.nodes, path.nodes[1:], strict=False):
        if keys.verifies(child.certificate, issuer.certificate):
            continue
        yield _signature_defect(child, issuer, certificates)


def _signature_defect(child: Node, issuer: Node, certificates: Sequence[Node]) -> Defect:
    name = issuer.certificate.subject
    namesakes = (
        node.certificate
        for node in certificates
        if node.certificate.subject.canonical == name.canonical
        and node.certificate.spki != issuer.certificate.spki
    )
    tried = islice(namesakes, _MAX_NAMESAKES)
    other = next((each for each in tried if keys.verifies(child.certificate, each)), None)
    signature = keys.signature_name(child.certificate.algorithm)
    if other is not None:
        return defect(
            "issuer_key_mismatch",
            issuer.index,
            f"Two certificates are called {name.short}; the edge takes the first, whose key did "
            "not make the signature below it.",
        )
    key = keys.decode(issuer.certificate.spki)
    if not key.post_quantum and not keys.takes(child.certificate.algorithm):
        return defect(
            "refused_digest",
            child.index,
            f"{title(child)} is signed with {signature}, which the edge's library does not verify.",
        )
    kind = DefectClass.LIKELY if key.post_quantum else None
    if key.post_quantum:
        why = f"whether the edge's library takes {key} yet is not known"
    elif key.usable is None:
        why = f"the issuer's key ({key}) cannot be used"
    elif child.certificate.algorithm != child.certificate.outer_algorithm:
        why = "it names two different signature algorithms"
    else:
        why = f"either it was damaged or {name.short} is not the certificate that issued it"
    return defect(
        "bad_signature",
        child.index,
        f"{title(child)} bears a signature ({signature}) that does not verify: {why}.",
        kind=kind,
    )


def _validity(node: Node, at: int) -> Iterator[Defect]:
    certificate = node.certificate
    if certificate.not_before.offset or certificate.not_after.offset:
        yield defect(
            "bad_time", node.index, f"{title(node)} gives its validity with a time-zone offset."
        )
        return
    if certificate.not_before.posix > at:
        yield defect(
            "not_yet_valid", node.index, f"{title(node)} is valid from {_shown(certificate, True)}."
        )
    if certificate.not_after.posix > at:
        return
    if not certificate.encoded:  # an Origin CA root, known as facts
        yield defect(
            "root_facts_outdated",
            node.index,
            f"The facts this version has about Cloudflare Origin CA's root end on "
            f"{_shown(certificate, False)}: Cloudflare has signed the root again since, or "
            "replaced it.",
        )
        return
    code = "expired" if node.leaf else "expired_ca"
    yield defect(code, node.index, f"{title(node)} expired on {_shown(certificate, False)}.")


def _shown(certificate: Certificate, begin: bool) -> str:
    found = moment(certificate.not_before if begin else certificate.not_after)
    return f"{found:%Y-%m-%d %H:%M} UTC" if found is not None else "a date out of range"


def _policies(path: Path) -> Iterator[Defect]:
    result = policy.check([node.certificate for node in path.nodes])
    if result.outcome is policy.PolicyOutcome.NO_POLICY:
        yield defect(
            "no_explicit_policy",
            0,
            "A CA of the chain demands a common certificate policy, and no policy holds for the "
            "whole chain.",
        )
    elif result.place is not None:
        node = path.nodes[result.place]
        yield defect(
            "invalid_policy", node.index, f"{title(node)} has a malformed policy extension."
        )


def leaf_key_defects(
    leaf: Node, tls_version: int | None, *, ml_dsa: bool = False
) -> Iterator[Defect]:
    """Keys with which the edge's library completes no handshake, and weak ones. ``ml_dsa``: the
    zone's trust store holds such an authority, so that the edge takes its kind in TLS 1.3."""
    key = keys.decode(leaf.certificate.spki)
    if key.post_quantum and ml_dsa and not _before_tls13(tls_version):
        return
    if key.usable is None or key.kind in ("P-224", "Ed25519"):
        yield defect(
            "key_unsupported",
            leaf.index,
            f"The certificate's key ({key}) fits none of the signature algorithms the edge offers.",
        )
    elif key.kind == "RSA" and key.bits < _PSS_BITS and not _before_tls13(tls_version):
        yield defect(
            "key_too_small",
            leaf.index,
            f"An RSA key of {key.bits} bits is too short for the RSA-PSS signature of TLS 1.3.",
        )
    elif key.kind == "RSA" and key.bits < _STRONG_RSA_BITS:
        yield defect(
            "weak_key", leaf.index, f"The key is {key}: the edge takes it, others no longer do."
        )
    elif key.kind == "P-521":
        yield defect(
            "key_p521",
            leaf.index,
            "A P-521 key works only as long as the edge offers that curve, which BoringSSL does "
            "not do by default.",
        )


_PSS_BITS = 522  # SHA-256 and a salt of 32 octets (RFC 8017 section 9.1.1)
_STRONG_RSA_BITS = 2048


def _before_tls13(tls_version: int | None) -> bool:
    return tls_version is not None and tls_version < TLS13
