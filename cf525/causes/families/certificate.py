"""Causes in the certificate: what Full (strict) refuses, and keys that do not fit.

Each stands on a defect of the chain verdict. In Full the edge looks at none of these: there the
finding is kept as contributing, because it is what breaks on the day the mode is raised.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import Need, cause
from cf525.causes.families.defects import advised, date_of, from_defect, said_of
from cf525.causes.match import Match, evidence
from cf525.causes.signs.renewing import of_a_test_service, own_tool
from cf525.model import (
    SIGNED_BY,
    ChainVerdict,
    Confidence,
    DefectClass,
    Evidence,
    KeyProof,
)
from cf525.model.registry import AlertCode
from cf525.model.status import UNLOADABLE
from cf525.pki.pem import ALL
from cf525.pki.trust import ZONE

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


@cause("cert-expired", rank=40, needs=(Need.CHAIN,))
def expired(case: Case) -> Match | None:
    match = from_defect(case, "expired", give=("defect", "not_after"))
    leaf = case.leaf
    if match is None or leaf is None:
        return match
    return replace(match, facts={**match.facts, "tool": own_tool(leaf.issuer)})


@cause("chain-through-expired-cross-sign", rank=41, needs=(Need.CHAIN,))
def expired_issuer(case: Case) -> Match | None:
    """An intermediate or root of the only path has expired, the leaf has not."""
    match = from_defect(case, "expired_ca")
    return None if match is None else replace(match, facts=match.facts | _behind_it(case))


def _behind_it(case: Case) -> dict[str, object]:
    """Where a copy of the expired issuer that has not expired is sent behind it."""
    assert case.verdict is not None
    shown, at = case.verdict.certificates, case.verdict.at
    ended = next((each.index for each in case.verdict.decisive if each.code == "expired_ca"), None)
    if ended is None or ended >= len(shown):
        return {}
    for place, each in enumerate(shown[ended + 1 :], ended + 2):
        if each.not_before is None or each.not_after is None:
            continue
        if each.subject == shown[ended].subject and each.not_before <= at < each.not_after:
            return {"expired_place": ended + 1, "valid_place": place}
    return {}


@cause("cert-not-yet-valid", rank=40, needs=(Need.CHAIN,))
def not_yet_valid(case: Case) -> Match | None:
    return from_defect(case, "not_yet_valid")


@cause("self-signed", rank=42, needs=(Need.CHAIN,))
def self_signed(case: Case) -> Match | None:
    return from_defect(case, "self_signed")


@cause("incomplete-chain", rank=42, needs=(Need.CHAIN,))
def incomplete_chain(case: Case) -> Match | None:
    """No issuer was sent, or one of the right name that is not the one that signed."""
    stale = ("issuer_candidate_rejected",) if _stale_issuer_sent(case) else ()
    about = {"other": "yes" if stale else "", "file": "yes" if case.edge is None else ""}
    match = from_defect(case, "missing_intermediate", *stale, give=("defect", "mend"), **about)
    url = _issuer_url(case, "missing_intermediate", *stale)
    if match is None or not url or url in str(match.facts["mend"]):
        return match
    return replace(match, facts={**match.facts, "issuer_url": url})


def _issuer_url(case: Case, *codes: str) -> str:
    """Where the certificate whose issuer is missing says that it is published."""
    if case.verdict is None:
        return ""
    indexes = [each.index or 0 for each in case.verdict.decisive if each.code in codes]
    there = (each for each in case.verdict.certificates if each.index in indexes[:1])
    return next((each.issuer_url for each in there), "")


@cause("untrusted-issuer", rank=43, needs=(Need.CHAIN,))
def untrusted_issuer(case: Case) -> Match | None:
    """Nobody the edge trusts signed it, or somebody who calls himself as one it trusts."""
    codes = ("untrusted_root", "untrusted_issuer", "issuer_key_mismatch", "anchor_not_root")
    posing = () if _stale_issuer_sent(case) else ("issuer_candidate_rejected",)
    return from_defect(case, *codes, *posing, give=("defect", "mend"))


def _stale_issuer_sent(case: Case) -> bool:
    """Whether the issuer of the right name and the wrong key was sent, and is no anchor."""
    found = case.verdict.defect("issuer_candidate_rejected") if case.verdict is not None else None
    return found is not None and found.index is not None


@cause("staging-certificate", rank=42, replaces=("untrusted-issuer",), needs=(Need.CHAIN,))
def test_service(case: Case) -> Match | None:
    """Signed by the trial service of a public CA."""
    leaf = case.leaf
    match = untrusted_issuer(case)
    if match is None or leaf is None or not of_a_test_service(leaf.issuer):
        return None
    return replace(match, facts={"issuer": leaf.issuer})


@cause("root-too-new", rank=43, needs=(Need.CHAIN,))
def root_too_new(case: Case) -> Match | None:
    """Browsers know the root, and the edge's list as it is known here does not."""
    return from_defect(case, "root_not_in_cf_list")


@cause("refused-digest", rank=42, needs=(Need.CHAIN,))
def refused_digest(case: Case) -> Match | None:
    """Signed with a digest that no current library verifies: MD5 and its kin."""
    return from_defect(case, "refused_digest")


@cause("revoked", rank=47, needs=(Need.CHAIN,))
def revoked(case: Case) -> Match | None:
    return from_defect(case, "revoked")


@cause("missing-server-auth", rank=46, needs=(Need.CHAIN,))
def wrong_purpose(case: Case) -> Match | None:
    """The certificate, or a CA above it, is made for something other than web servers."""
    return from_defect(case, "eku", "ku_leaf", give=("defect", "mend"))


@cause("name-constraints", rank=46, needs=(Need.CHAIN,))
def name_constraints(case: Case) -> Match | None:
    return from_defect(case, "name_constraints")


_FITS_NO_KEY: Final = (
    "a server that has the key of its own certificate does not load this file: it goes on with the "
    "old one (525 or 526 as before), or does not start (521)"
)


@cause("leaf-not-first", rank=29, replaces=("key-cert-mismatch",), needs=(Need.CHAIN,))
def leaf_not_first(case: Case) -> Match | None:
    """The file begins with an issuer: told by the chain, or by whose key signs the handshake."""
    notes = case.edge.notes if case.edge is not None else ()
    number = next((each.detail for each in notes if each.code == SIGNED_BY), None)
    if number is None:
        match = from_defect(case, "leaf_not_first")
        if match is None or case.edge is not None:
            return match
        return replace(match, confidence=MEDIUM, reason=_FITS_NO_KEY)
    return Match(
        confidence=HIGH,
        evidence=(
            evidence(
                f"the handshake is signed with the key of certificate {number} of those that were "
                "sent, not with that of the first",
                case.edge,
            ),
        ),
        facts={
            "defect": f"The server's own certificate stands in place {number} of its file.",
        },
    )


@cause("chain-disorder", rank=80, needs=(Need.CHAIN,))
def chain_disorder(case: Case) -> Match | None:
    """Certificates in the wrong order, twice, or of no use: harmless to the edge."""
    unread = next((each for each in case.damages if each.unread), None)
    if unread is None or case.verdict is None or not case.verdict.accepted:
        return advised(case, "wrong_order", "extra_cert", "duplicate")
    text = f"Line {unread.line}: {unread.text}; servers pass over this certificate."
    return Match(
        confidence=HIGH,
        evidence=(evidence(text),),
        facts={"defect": text, "mend": "Write it so that it is read, or delete it."},
        status="ok",
        contributing=True,
    )


@cause("cert-ends-soon", rank=70, needs=(Need.CHAIN,))
def ends_soon(case: Case) -> Match | None:
    """It works today, and by its lifetime it should have been renewed before now."""
    found = case.verdict.defect("expires_soon") if case.verdict is not None else None
    if case.verdict is None or found is None or case.leaf is None or not case.status.status.works:
        return None
    ends = case.verdict.certificates[found.index or 0].not_after
    if ends is None:
        return None
    return Match(
        confidence=HIGH,
        evidence=(evidence(found.text, case.edge),),
        facts={"left": _left(case.verdict.at, ends), "ends": date_of(ends)},
        status="ok",
        contributing=True,
    )


def _left(now: datetime, end: datetime) -> str:
    """What is left in the largest unit of which there is a whole one."""
    minutes = int((end - now).total_seconds()) // 60
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{minutes // size} {unit}{'' if minutes < 2 * size else 's'}"
    return "less than a minute"


@cause("weak-certificate", rank=80, needs=(Need.CHAIN,))
def weak_certificate(case: Case) -> Match | None:
    return advised(case, "sha1_signature", "weak_key")


@cause("cots-replaces-public-cas", rank=33, needs=(Need.CHAIN,), replaces=("untrusted-issuer",))
def custom_store(case: Case) -> Match | None:
    """The zone has a custom trust store, so that public CAs count for nothing."""
    verdict = case.verdict
    if case.route.trust != "custom" or verdict is None or not case.validated:
        return None
    read = ZONE in verdict.trust
    if read and not any(each.code in _OF_TRUST for each in verdict.decisive):
        return None
    top = verdict.anchor or _last_issuer(verdict)
    if not top:
        return None
    why = case.route.provenance.get("trust")
    store = why.detail if why is not None else "the zone has a Custom Origin Trust Store"
    return Match(
        confidence=case.status.confidence if read else MEDIUM,
        reason="" if read else "the certificates of the store could not be decoded here",
        evidence=(evidence(f"{store}; the chain ends at {top}", case.edge),),
        facts={"anchor": top},
        status="526",
        contributing=case.status.status != "526",
    )


_OF_TRUST: Final = ("untrusted_root", "untrusted_issuer")


def _last_issuer(verdict: ChainVerdict) -> str:
    """Who signed the highest certificate that was sent."""
    return verdict.certificates[-1].issuer if verdict.certificates else ""


@cause("certificate-refused", rank=48, fallback=True, needs=(Need.CHAIN,))
def certificate_refused(case: Case) -> Match | None:
    """Any other defect for which the edge refuses the chain."""
    if case.verdict is None:
        return None
    codes = [each.code for each in case.verdict.decisive if each.kind is not DefectClass.HANDSHAKE]
    because = _BECAUSE.get(codes[0], "") if codes else ""
    return from_defect(case, *codes, give=("defect", "mend"), because=because)


_BECAUSE: Final = {
    "issuer_not_ca": "what signed it is no CA",
    "ca_no_certsign": "what signed it may not sign certificates",
    "path_length": "there are more CAs in its chain than one of them allows",
    "unknown_critical_ext": "it bears a critical extension that no verifier knows",
    "bad_signature": "a signature in its chain does not verify",
}


@cause("certificate-file-unreadable", rank=28, needs=(Need.FILE,))
def file_unreadable(case: Case) -> Match | None:
    """A certificate file that servers refuse, so that the old certificate stays in use."""
    fatal = [each for each in case.damages if each.fatal]
    if not fatal:
        return None
    first = fatal[0]
    still = [server for server in ALL if server not in first.refused_by]
    return Match(
        confidence=HIGH,
        evidence=tuple(
            Evidence(text=f"{case.address}, line {each.line}: {each.text}") for each in fatal[:4]
        ),
        facts={
            "line": str(first.line),
            "what": first.text,
            "refused_by": ", ".join(first.refused_by),
            "loaded_by": ", ".join(still),
            "leaf": "yes" if first.block == 1 else "",
        },
        status=UNLOADABLE,
    )


@cause(
    "pair-not-loaded",
    rank=28,
    replaces=("leaf-not-first", "certificate-unusable"),
    needs=(Need.CHAIN,),
)
def pair_not_loaded(case: Case) -> Match | None:
    """The key is not that of the first certificate, so that servers do not load the two. One of
    another kind nginx and Node load, without a certificate for it: every hello then meets alert 40
    (525). All of it is measured on these servers."""
    if case.key_of is None:
        return None
    text = "The private key does not belong to the first certificate of the file."
    if case.key_of:
        text = (
            f"The private key belongs to certificate {case.key_of} of the file, not to the first."
        )
    other = case.key_of_another_kind
    return Match(
        confidence=MEDIUM if other else HIGH,
        reason="nginx and Node load a key of another kind, and refuse every handshake"
        if other
        else "",
        evidence=(evidence(text),),
        facts={"own": str(case.key_of or ""), "other": "yes" if other else ""},
        status=UNLOADABLE,
    )


UNREADABLE: Final = (AlertCode.BAD_RECORD_MAC, AlertCode.DECRYPT_ERROR)
"""How a server says that it cannot read what was encrypted to its certificate."""


@cause("key-cert-mismatch", rank=30)
def key_mismatch(case: Case) -> Match | None:
    """The server cannot prove that it holds the key of the certificate it shows."""
    edge = case.edge
    if edge is None or not edge.certificates:
        return None
    alert = edge.fatal_alert
    static_rsa = edge.server_hello is not None and edge.server_hello.group is None
    if (
        alert is not None
        and alert.description in UNREADABLE
        and static_rsa
        and not edge.established
    ):
        return Match(
            confidence=MEDIUM,
            reason="with RSA key exchange the server shows it only by failing to read our answer",
            evidence=(
                evidence(
                    f"the server cannot decrypt what was encrypted to its certificate: alert "
                    f"{alert.description} {alert.name}",
                    edge,
                ),
            ),
        )
    if edge.key_proof is KeyProof.FAILED:
        return Match(
            confidence=HIGH,
            evidence=(
                evidence(
                    "the signature over the handshake does not verify with the key of the "
                    "certificate that was sent",
                    edge,
                ),
            ),
        )
    return None


@cause("certificate-unusable", rank=46, replaces=("tls-rule-broken",), needs=(Need.CHAIN,))
def certificate_unusable(case: Case) -> Match | None:
    """The edge's TLS library refuses the certificate before the chain is judged."""
    if case.verdict is None:
        return None
    found = next((d for d in case.verdict.decisive if d.kind is DefectClass.HANDSHAKE), None)
    if found is None or (case.edge is not None and case.edge.key_proof is KeyProof.FAILED):
        return None
    return Match(
        confidence=MEDIUM,
        reason="the rule is read from the public source of BoringSSL",
        evidence=(evidence(found.text, case.edge),),
        facts=said_of(found),
        status="525",
    )
