"""``judge``: would the edge in Full (strict) accept these certificates for these names, then?

One pure function from bytes to a verdict with every defect. It builds BoringSSL's path, runs its
checks, asks OpenSSL for a second opinion, and says how sure all that makes it. It fetches nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cf525.model import ChainVerdict, Confidence, Defect, DefectClass, KeyProof
from cf525.model.registry import TLS12
from cf525.pki import advice, checks, facts, opinion
from cf525.pki import names as hosts
from cf525.pki.certificate import Certificate, Malformed, parse
from cf525.pki.defects import defect
from cf525.pki.names import NameMatch
from cf525.pki.path import Node, Path
from cf525.pki.trust import TrustStore
from cf525.pki.trusted import PathEnd, judge_end
from cf525.values import dataclass

_MAX_CERTIFICATES = 512

_DIFFERENCES = {
    "malformed": "BoringSSL's parser is stricter",
    "malformed_ext": "BoringSSL decodes extensions more strictly",
    "issuer_key_mismatch": "OpenSSL tries other issuers when the first does not fit",
    "expired_ca": "OpenSSL tries other issuers when the first has expired",
    "not_yet_valid": "OpenSSL tries other issuers when the first is not yet valid",
    "eku": "OpenSSL was not asked about the purpose of CA certificates",
    "name_constraints": "the two treat name constraints differently",
    "no_explicit_policy": "OpenSSL looks at policies only when asked to",
    "invalid_policy": "OpenSSL looks at policies only when asked to",
    "unknown_critical_ext": "OpenSSL processes that critical extension, BoringSSL does not",
    "bad_signature": "OpenSSL takes algorithms that BoringSSL does not",
    "bad_time": "OpenSSL takes that form of time",
}
_ORDER = (
    DefectClass.HANDSHAKE,
    DefectClass.REJECTED,
    DefectClass.LIKELY,
    None,  # what the handshake meets after the chain was judged
    DefectClass.ADVICE,
)
_LIST_IN_PART = (
    "Cloudflare's list of trusted roots is known here only in part (cf525 trust update gets it)"
)
_UNSURE = ("key_p521", "sha1_signature", "weak_key", "chain_too_big")
"""What the edge's own policy might treat otherwise than the library's defaults do."""


@dataclass(frozen=True, slots=True)
class _Case:
    """What one call works on: the readable certificates as they came, and the leaf first."""

    received: tuple[Node, ...]
    sent: tuple[Node, ...]
    names: tuple[str, ...]
    at: datetime
    trust: TrustStore
    tls_version: int | None
    signs: bool


def judge(
    certificates: Sequence[bytes],
    *,
    names: Sequence[str],
    at: datetime,
    trust: TrustStore,
    observation: str = "",
    key_proof: KeyProof = KeyProof.UNKNOWN,
    tls_version: int | None = None,
    signs: bool = True,
) -> ChainVerdict:
    """The verdict on ``certificates`` (DER, in wire order) for any of ``names`` at ``at``.

    Without names no name is checked. ``tls_version`` is the version that was negotiated (0x0304
    is assumed); ``signs`` whether the leaf's key signs in the handshake, as it does everywhere but
    with static RSA; ``key_proof`` what the handshake showed about the private key.
    """
    defects = list(advice.size_defects(certificates))
    if key_proof is KeyProof.FAILED:
        defects.append(
            defect("key_mismatch", 0, "The private key does not belong to the certificate.")
        )
    sent, broken = _read(certificates)
    defects += broken
    wanted = hosts.normalised(names)
    described = tuple(
        facts.describe(encoded, index)
        for index, encoded in enumerate(certificates[:_MAX_CERTIFICATES])
    )
    unread = ChainVerdict(
        observation=observation,
        accepted=False,
        confidence=_confidence_unread(certificates),
        at=at,
        names=wanted,
        certificates=described,
        trust=trust.names,
    )
    if not sent or sent[0].index != 0:
        if not certificates:
            defects.append(defect("no_certificate", None, "The server sent no certificate."))
        return replace(unread, defects=_in_order(defects, tls_version))
    case = _Case(sent, sent, wanted, at, trust, tls_version, signs)
    case, misplaced = _leaf_first(case)
    match = _match(case)
    defects += misplaced
    defects += _name_defects(case, match)
    ending = judge_end(case.sent, trust, tls_version)
    defects += ending.defects
    defects += _path_defects(case, ending.path)
    accepted = _accepted(defects, ending)
    confidence, second, doubt = _weigh(case, ending, defects, accepted, certificates)
    anchor = ending.path.nodes[-1].certificate if ending.path.trusted else None
    return replace(
        unread,
        accepted=accepted,
        confidence=confidence,
        matched_name=match.name if match else None,
        defects=_in_order(defects, tls_version),
        path=tuple(str(node.certificate.subject) for node in ending.path.nodes),
        anchor=f"{anchor.subject.short} ({ending.source})" if anchor else None,
        second_opinion=second,
        doubt=doubt,
        browsers=_browsers(case),
    )


def _read(certificates: Sequence[bytes]) -> tuple[tuple[Node, ...], list[Defect]]:
    sent: list[Node] = []
    broken: list[Defect] = []
    for index, encoded in enumerate(certificates[:_MAX_CERTIFICATES]):
        try:
            sent.append(Node(parse(encoded), index))
        except Malformed as error:
            which = "The certificate" if index == 0 else f"Certificate {index + 1} of the chain"
            broken.append(
                defect("malformed", index, f"{which} is no valid DER certificate: {error.reason}.")
            )
    return tuple(sent), broken


def _leaf_first(case: _Case) -> tuple[_Case, list[Defect]]:
    """Put a leaf that was sent behind a CA first, so that one mistake makes one defect."""
    first = case.sent[0].certificate
    if not case.names or not first.extensions.ca or hosts.find(first, case.names):
        return case, []
    leaf = next(
        (
            node
            for node in case.sent[1:]
            if not node.certificate.extensions.ca and hosts.find(node.certificate, case.names)
        ),
        None,
    )
    nameless = not first.extensions.dns_names and (case.sent[1:] or not first.self_issued)
    if leaf is None and not (
        nameless and all(each.certificate.extensions.ca for each in case.sent)
    ):
        return case, []
    usage = first.extensions.key_usage
    may_sign = usage is None or usage & 0x80
    early = case.tls_version is not None and case.tls_version <= TLS12
    kind = DefectClass.REJECTED if may_sign or early else DefectClass.HANDSHAKE
    if leaf is None:
        text = "There is no certificate of the server's own: what is there is an authority's"
        return case, [defect("leaf_not_first", 0, f"{text} ({first.subject.short}).", kind=kind)]
    found = defect(
        "leaf_not_first",
        0,
        f"The server sends the CA certificate {first.subject.short} first; its own certificate "
        f"{leaf.certificate.subject.short} comes at place {(leaf.index or 0) + 1}.",
        kind=kind,
    )
    rest = tuple(node for node in case.sent if node is not leaf)
    return replace(case, sent=(leaf, *rest)), [found]


def _match(case: _Case) -> NameMatch | None:
    return hosts.find(case.sent[0].certificate, case.names)


def _name_defects(case: _Case, match: NameMatch | None) -> Iterator[Defect]:
    leaf = case.sent[0]
    if match is not None and match.by_common_name:
        yield defect(
            "cn_only",
            leaf.index,
            f"The name {match.name} stands in the common name only: the edge takes that as long "
            "as there is no subjectAltName, browsers do not.",
        )
    broken = "subjectAltName" in leaf.certificate.extensions.problems
    if case.names and match is None and not broken:
        yield defect("hostname_mismatch", leaf.index, hosts.explain(leaf.certificate, case.names))


def _path_defects(case: _Case, path: Path) -> Iterator[Defect]:
    at = int(case.at.timestamp())
    yield from checks.leaf_key_defects(case.sent[0], case.tls_version, ml_dsa=case.trust.ml_dsa)
    yield from checks.path_defects(path, case.sent, at, case.tls_version, signs=case.signs)
    if case.sent[0].index == 0:
        yield from advice.order_advice(case.sent, path)
    yield from advice.strength_advice(path)
    yield from advice.expiry_advice(path, at)


_KEY_USE: Final = ("ku_no_digsig", "ku_no_keyenc")


def _in_order(defects: Sequence[Defect], tls_version: int | None) -> tuple[Defect, ...]:
    """The defects as the edge would meet them: the first decisive one makes the status.

    What cannot be read or used ends the handshake first; then the chain is judged; the proof of
    the key, and up to TLS 1.2 the leaf's keyUsage, come after it.
    """
    before_tls13 = tls_version is not None and tls_version <= TLS12

    def rank(found: Defect) -> int:
        late = found.code == "key_mismatch" or (before_tls13 and found.code in _KEY_USE)
        return 3 if late else _ORDER.index(found.kind)

    return tuple(sorted(defects, key=rank))


def _accepted(defects: Sequence[Defect], ending: PathEnd) -> bool | None:
    kinds = {each.kind for each in defects}
    if kinds & {DefectClass.REJECTED, DefectClass.HANDSHAKE}:
        return False
    if ending.unknown or any(each.code == "root_facts_outdated" for each in defects):
        return None
    return DefectClass.LIKELY not in kinds


def _weigh(
    case: _Case,
    ending: PathEnd,
    defects: Sequence[Defect],
    accepted: bool | None,
    certificates: Sequence[bytes],
) -> tuple[Confidence, str, str]:
    """How sure the verdict is, OpenSSL's word on it, and what makes it unsure."""
    confidence, said = _beside_openssl(case, ending, defects)
    doubts = [said] if confidence is not Confidence.HIGH else []
    codes = {each.code for each in defects}
    certain = (DefectClass.REJECTED, DefectClass.HANDSHAKE)
    elsewhere = any(each.kind in certain and each not in ending.defects for each in defects)
    if not (ending.sure or elsewhere):
        known = "an anchor beside the Custom Origin Trust Store is not documented"
        doubts.append(known if case.trust.zone else _LIST_IN_PART)
    if codes.intersection(_UNSURE):
        doubts.append("Cloudflare documents no rule for such keys, signatures and sizes")
    broken = [each.index for each in defects if each.code == "malformed"]
    if any(opinion.readable(certificates[index or 0]) for index in broken):
        doubts.append("OpenSSL reads what BoringSSL's parser is expected to refuse")
    if accepted is not None and _only_likely(defects, accepted):
        doubts.append("the edge's own facts may differ from those known here")
    if accepted is None:
        confidence = Confidence.LOW
    elif doubts:
        confidence = max(confidence, Confidence.MEDIUM, key=lambda each: each.rank)
    return confidence, said, doubts[0] if doubts else ""


def _beside_openssl(
    case: _Case, ending: PathEnd, defects: Sequence[Defect]
) -> tuple[Confidence, str]:
    sent = [node.certificate for node in case.received]
    second = opinion.openssl(sent, ending.anchors, case.names, case.at)
    refusing = (DefectClass.REJECTED, DefectClass.LIKELY)
    chain_accepted = not any(each.kind in refusing for each in defects)
    if second.answer is opinion.Answer.NONE:
        return Confidence.HIGH, f"OpenSSL was {second.detail}"
    if chain_accepted == (second.answer is opinion.Answer.ACCEPTS):
        alike = f"OpenSSL {second.answer} "
        said = f"the chain too; {second.detail}" if chain_accepted and second.detail else "it too"
        return Confidence.HIGH, alike + said
    reasons = (_DIFFERENCES[each.code] for each in defects if each.code in _DIFFERENCES)
    stored = "OpenSSL checks the stored root's extensions, BoringSSL does not"
    why = next(reasons, stored if chain_accepted else "the two libraries differ here")
    detail = f" ({second.detail})" if second.detail else ""
    return Confidence.MEDIUM, f"OpenSSL {second.answer} it{detail}: {why}"


def _only_likely(defects: Sequence[Defect], accepted: bool) -> bool:
    kinds = {each.kind for each in defects}
    return not accepted and not kinds & {DefectClass.REJECTED, DefectClass.HANDSHAKE}


def _confidence_unread(certificates: Sequence[bytes]) -> Confidence:
    """For a leaf that cannot be read: high only when OpenSSL cannot read it either."""
    if certificates and opinion.readable(certificates[0]):
        return Confidence.LOW
    return Confidence.HIGH


def _browsers(case: _Case) -> str:
    if case.trust.only or not case.trust.stand_ins:
        return ""
    sent: list[Certificate] = [node.certificate for node in case.received]
    return opinion.browsers(sent, case.trust.elsewhere, case.names, case.at)
