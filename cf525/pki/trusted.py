"""How a path ends, and what that says about trust: accepted, refused, or not to be told.

The edge's anchors decide. Where its list is not at hand, and where only browsers or the operating
system know a root, the answer is weaker, and this is the one place that says how much.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field

from cf525.model import Defect, DefectClass
from cf525.model.registry import TLS12
from cf525.pki import dn, extensions, keys, listed, origin_ca
from cf525.pki.certificate import Certificate
from cf525.pki.checks import title
from cf525.pki.defects import defect
from cf525.pki.path import Anchors, End, Node, Path, build
from cf525.pki.rehearsal import Rehearsal, rehearsal
from cf525.pki.trust import ORIGIN_CA, PUBLISHED, TrustStore
from cf525.values import dataclass


@dataclass(frozen=True, slots=True)
class PathEnd:
    """``unknown``: whether the edge trusts the root cannot be told from here. ``sure``: whether
    what is said of trust rests on all the facts. ``source`` names the anchor's store."""

    path: Path
    anchors: Anchors
    defects: tuple[Defect, ...] = ()
    unknown: bool = False
    sure: bool = True
    source: str = ""


@dataclass(frozen=True)
class _WithListed:
    """The edge's anchors and roots that were sent and whose keys are known to be listed."""

    anchors: Anchors
    listed: Sequence[Certificate] = field(default=())

    def named(self, canonical: bytes) -> Sequence[Certificate]:
        return [
            *self.anchors.named(canonical),
            *(each for each in self.listed if each.subject.canonical == canonical),
        ]


def judge_end(sent: Sequence[Node], trust: TrustStore, tls_version: int | None) -> PathEnd:
    """Build the path and judge how it ends."""
    path = build(sent, trust.edge)
    if path.trusted:
        return _trusted(path, trust)
    if path.end is End.BAD_EXTENSION:
        return PathEnd(path, trust.edge, (_bad_extension(path, tls_version),))
    if not trust.complete:
        anchors = _WithListed(
            trust.edge, [each.certificate for each in sent if _is_listed(each, trust)]
        )
        by_key = build(sent, anchors)
        if by_key.trusted:
            return PathEnd(by_key, anchors, source=f"{PUBLISHED} {listed.RELEASE}, by its key")
    if path.end is not End.SELF_SIGNED_LEAF and path.end is not End.ANCHOR_NOT_ROOT:
        known = build(sent, trust.elsewhere)
        if known.trusted:
            return PathEnd(path, trust.edge, (_only_elsewhere(known, trust),), sure=False)
    return _untrusted(path, sent, trust)


def _is_listed(node: Node, trust: TrustStore) -> bool:
    certificate = node.certificate
    return (
        certificate.self_signed
        and trust.is_listed(certificate.spki_sha256)
        and keys.verifies(certificate, certificate)
    )


def _trusted(path: Path, trust: TrustStore) -> PathEnd:
    anchor = path.nodes[-1].certificate
    source = trust.source(anchor)
    if source != ORIGIN_CA:
        return PathEnd(path, trust.edge, source=source)
    text = (
        "The certificate is from Cloudflare Origin CA: the edge trusts it, browsers and other "
        "clients do not, so the name must stay proxied."
    )
    if trust.zone:
        text += (
            " Whether Origin CA stays trusted beside a Custom Origin Trust Store is not documented."
        )
    advice = defect("cloudflare_origin_ca", 0, text)
    return PathEnd(path, trust.edge, (advice,), sure=not trust.zone, source=source)


def _bad_extension(path: Path, tls_version: int | None) -> Defect:
    node = path.nodes[-1]
    problems = node.certificate.extensions.problems
    early = tls_version is not None and tls_version <= TLS12
    in_handshake = node.leaf and "keyUsage" in problems and not early
    return defect(
        "malformed_ext",
        node.index,
        f"{title(node)} has an extension that cannot be decoded or stands there twice: "
        f"{', '.join(problems)}.",
        kind=DefectClass.HANDSHAKE if in_handshake else None,
    )


def _only_elsewhere(known: Path, trust: TrustStore) -> Defect:
    root = known.nodes[-1].certificate
    age = "" if trust.published is not None else f" (release {listed.RELEASE})"
    if trust.zone:
        return defect(
            "untrusted_root",
            None,
            f"The chain ends at the public root {root.subject.short}, and the zone's Custom Origin "
            "Trust Store, which takes the place of all public CAs, does not hold it.",
            remedy="Upload that root to the Custom Origin Trust Store as well, or empty the store.",
        )
    return defect(
        "root_not_in_cf_list",
        None,
        f"The chain ends at {root.subject.short}, which browsers or operating systems trust but "
        f"which is not on Cloudflare's published list{age}.",
    )


def _untrusted(path: Path, sent: Sequence[Node], trust: TrustStore) -> PathEnd:
    top = path.nodes[-1]
    leaf = path.nodes[0].certificate
    if path.end is End.SELF_SIGNED_LEAF or (
        len(path.nodes) == 1 and leaf.self_issued and keys.verifies(leaf, leaf)
    ):
        return PathEnd(path, trust.edge, (_self_signed(leaf),))
    rehearsed = rehearsal(top.certificate)
    if rehearsed is not None and path.end in (End.SELF_SIGNED_ROOT, End.NO_ISSUER):
        return PathEnd(path, trust.edge, (_rehearsed(top, rehearsed),))
    if path.end is End.SELF_SIGNED_ROOT:
        kind = None if trust.complete else DefectClass.LIKELY
        found = defect("untrusted_root", top.index, _untrusted_root(top, trust), kind=kind)
        return PathEnd(path, trust.edge, (found,), sure=trust.complete)
    if path.end is End.ANCHOR_NOT_ROOT:
        text = (
            f"The chain ends at {top.certificate.subject.short}, which is trusted but is no "
            "self-signed root, and the edge's verifier goes on to a root."
        )
        return PathEnd(path, trust.edge, (defect("anchor_not_root", top.index, text),))
    rejected = tuple(_rejected_candidates(top, sent, trust))
    if rejected:
        return PathEnd(path, trust.edge, rejected, sure=trust.complete)
    kin = _root_of_the_same(top.certificate, trust)
    unknown = not trust.complete and len(path.nodes) > 1 and not kin
    return PathEnd(
        path,
        trust.edge,
        (_no_issuer(path, sent, kin, DefectClass.LIKELY if unknown else None),),
        unknown=unknown,
        sure=trust.complete,
    )


def _self_signed(leaf: Certificate) -> Defect:
    if origin_ca.is_origin_pull_ca(leaf) or origin_ca.is_root(leaf):
        which = "origin-pull CA" if origin_ca.is_origin_pull_ca(leaf) else "Origin CA root"
        return defect(
            "self_signed",
            0,
            f"The server shows Cloudflare's {which} in place of its own certificate.",
        )
    return defect("self_signed", 0, "The certificate is self-signed: no CA vouches for it.")


def _untrusted_root(top: Node, trust: TrustStore) -> str:
    name = top.certificate.subject.short
    if trust.only:
        return f"The chain ends at the root {name}, which is not among the given anchors."
    if trust.complete:
        return f"The chain ends at the root {name}, which the edge does not trust."
    return (
        f"The chain ends at the root {name}, which neither this machine nor release "
        f"{listed.RELEASE} of Cloudflare's published list knows."
    )


def _rehearsed(top: Node, issuer: Rehearsal) -> Defect:
    return defect(
        "untrusted_issuer",
        top.index,
        f"{title(top)} was issued by {top.certificate.issuer.short}, which belongs to "
        f"{issuer.what}: no client elsewhere trusts it, and none is meant to.",
        remedy=issuer.remedy,
    )


def _no_issuer(path: Path, sent: Sequence[Node], kin: str, kind: DefectClass | None) -> Defect:
    """An intermediate is missing only where something says that there is one.

    A public CA issues leaves from intermediates and logs them; a private CA often issues from
    its root. A timestamp of a log, an address of the issuer, more certificates than the path has,
    or a root of the issuer's own organization among the trusted ones say that a chain is meant.
    """
    top = path.nodes[-1]
    issuer = top.certificate.issuer.short
    public = len(path.nodes) == 1 and extensions.logged(top.certificate.extension_list)
    used = {node.index for node in path.nodes}
    beside = [each for each in sent if each.index not in used]
    if public or beside or kin or extensions.ca_issuer_uris(top.certificate.extension_list):
        doubt = "the issuer may be a private root, which sending would not mend"
        own = f"its issuer is taken for one below {kin} by its organization alone" if kin else doubt
        return defect(
            "missing_intermediate",
            top.index,
            f"{title(top)} was issued by {issuer}, which is not sent along and which the edge "
            f"does not know: the chain is incomplete, and the edge does not complete it."
            f"{_in_its_place(beside)}",
            kind=kind,
            doubt="" if public else own,
        )
    return defect(
        "untrusted_issuer",
        top.index,
        f"{title(top)} was issued by {issuer}, which was not sent and is no root known here.",
        kind=kind,
        doubt="if there is an intermediate, it was not sent, and the certificate does not say "
        "where to get it",
    )


def _root_of_the_same(child: Certificate, trust: TrustStore) -> str:
    """A root that the edge trusts and that names the organization of the issuer.

    None for an issuer that calls itself a root: an organization has others than the trusted ones.
    """
    wanted = {each.text.casefold() for each in child.issuer.values(dn.ORGANIZATION)}
    if "root" in child.issuer.short.casefold():
        return ""
    for anchor in trust.edge if wanted else ():
        root = dn.parse(anchor.subject)
        if any(each.text.casefold() in wanted for each in root.values(dn.ORGANIZATION)):
            return root.short
    return ""


def _in_its_place(beside: Sequence[Node]) -> str:
    """An authority that was sent and issued nothing of the path: mostly last year's."""
    others = [each.certificate for each in beside if not each.certificate.self_issued]
    authority = next((each for each in others if each.extensions.ca), None)
    if authority is None:
        return ""
    return f" In its place {authority.subject.short} is sent, which did not issue it."


def _rejected_candidates(top: Node, sent: Sequence[Node], trust: TrustStore) -> Iterator[Defect]:
    """Certificates with the issuer's name that the verifier passes over, and why."""
    child = top.certificate
    anchors = (Node(each, None) for each in trust.edge.named(child.issuer.canonical))
    for node in (*sent, *anchors):
        candidate = node.certificate
        if candidate is child or candidate.subject.canonical != child.issuer.canonical:
            continue
        if candidate.extensions.problems:
            problems = ", ".join(candidate.extensions.problems)
            yield defect(
                "malformed_ext",
                node.index,
                f"{title(node)} cannot serve as issuer: {problems} cannot be decoded.",
            )
        elif candidate.extensions.forbids_signing_certificates:
            yield defect(
                "ca_no_certsign",
                node.index,
                f"{title(node)} may not sign certificates: its keyUsage lacks keyCertSign.",
            )
        else:
            yield defect(
                "issuer_candidate_rejected",
                node.index,
                f"{title(node)} has the issuer's name, but not the key identifier (or serial "
                f"number) that {child.subject.short} asks for.",
            )
