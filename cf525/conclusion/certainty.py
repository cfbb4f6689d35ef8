"""How sure a verdict may be: never surer than the single fact about the edge that it rests on.

Documented by Cloudflare allows high, read in open source medium, inferred low. A verdict rests on
a fact where it would be another one if that fact were otherwise: a server that takes nothing but
P-521 rests on the list of groups; one that merely chose X25519 does not, because it takes P-256
as well. Nothing is judged here and nothing becomes surer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from cf525.causes.case import Case
from cf525.causes.families import CATALOGUE
from cf525.causes.signs import inferred
from cf525.conclusion.bearing import LEADS_ELSEWHERE
from cf525.conclusion.overall import Overall, serving
from cf525.edge.profile import GROUPS, ML_DSA, SIGNATURE_ALGORITHMS, rests_beyond
from cf525.model import Certainty, Confidence, Finding, Unknown
from cf525.model.registry import X25519MLKEM768
from cf525.model.status import UNKNOWN
from cf525.pki.names import matches

AT_MOST: Final = {
    Certainty.DOCUMENTED: Confidence.HIGH,
    Certainty.OBSERVED: Confidence.MEDIUM,
    Certainty.INFERRED: Confidence.LOW,
}

_LISTS: Final = {
    "no-common-group": (GROUPS, "the edge's list of groups"),
    "no-common-signature": (SIGNATURE_ALGORITHMS, "the edge's list of signature algorithms"),
    "unusable-key-type": (SIGNATURE_ALGORITHMS, "the edge's list of signature algorithms"),
}
"""Causes that rest on a list being whole: what it does not name is refused. The list is as sure
as the source of its entries."""

_SETS_THE_MODE: Final = frozenset(
    f"{how}-{what}"
    for how in ("unread", "incomplete")
    for what in ("page-rules", "config-rules", "rulesets")
)
"""What of it could set Full (strict) for a host of a zone in Full."""

READ: Final = "is read in open source, not in Cloudflare's documentation"
_UNSTEADY: Final = "like probes of the same address ended differently"


def bounded_case(case: Case) -> Case:
    """The case with a status no surer than what it rests on."""
    found = case.status
    for bound, why in _bounds(case):
        if found.confidence.rank < bound.rank:
            found = replace(found, confidence=bound, reason=f"{found.reason}; {why}")
    return case if found is case.status else replace(case, status=found)


def _bounds(case: Case) -> list[tuple[Confidence, str]]:
    """What limits the status of a route, each with the reason."""
    bounds = []
    if _rests_on_p521(case) or _chosen_beyond(case):
        bounds.append((AT_MOST[Certainty.OBSERVED], f"that the edge offers what was agreed {READ}"))
    scheme = _signed_with(case)
    if any(fact.code == scheme and fact.certainty is Certainty.INFERRED for fact in ML_DSA):
        bounds.append((AT_MOST[Certainty.INFERRED], "that the edge offers it is inferred"))
    if _hybrid_under_fips(case):
        why = "that the edge offers a hybrid group under fips is inferred"
        bounds.append((AT_MOST[Certainty.INFERRED], why))
    if inferred.decides(case) is not None:
        why = "without an extension that the edge is only inferred to send it does not"
        bounds.append((AT_MOST[Certainty.INFERRED], why))
    if case.long_hello_lost and case.status.status.works:
        why = "the longer hello with the post-quantum share, which the edge may send, is dropped"
        bounds.append((Confidence.MEDIUM, why))
    if case.inconsistent:
        bounds.append((Confidence.MEDIUM, _UNSTEADY))
    return [*bounds, *_of_the_route(case)]


def _of_the_route(case: Case) -> list[tuple[Confidence, str]]:
    """What limits the status because the route rests on what Cloudflare does not document."""
    bounds = []
    why = case.route.provenance
    if case.route.scheme != "https":
        return []
    if "sni_by_endpoint" in why:
        said = "that the endpoint's Host header is the SNI too is not documented"
        bounds.append((AT_MOST[Certainty.INFERRED], said))
    if "acts_as" in why and case.status.fails:
        said = "Flexible is documented to act as Full on this port, an error there is not"
        bounds.append((Confidence.MEDIUM, said))
    if _strict_for_a_custom_origin(case):
        said = "which name Full (strict) wants of a custom origin is not documented without doubt"
        bounds.append((AT_MOST[Certainty.INFERRED], said))
    if _covers_a_further_name(case):
        said = "how many CNAME hops count as the origin's name is not documented"
        bounds.append((AT_MOST[Certainty.INFERRED], said))
    return bounds


def _strict_for_a_custom_origin(case: Case) -> bool:
    """Whether a certificate for one of the names alone decides: of the custom origin, whose name
    is sent, or of the visitor, whose Host is."""
    if "custom_origin" not in case.route.provenance or not case.validated:
        return False
    decisive = case.verdict.decisive if case.verdict is not None else ()
    return case.status.status.works or any(each.code == "hostname_mismatch" for each in decisive)


def _covers_a_further_name(case: Case) -> bool:
    further = case.route.provenance.get("further")
    leaf, verdict = case.leaf, case.verdict
    if further is None or leaf is None or verdict is None or not case.status.fails:
        return False
    if not verdict.has("hostname_mismatch"):
        return False
    names = further.detail.split(", ")
    return any(matches(one.encode(), name) for one in leaf.dns_names for name in names)


def _rests_on_p521(case: Case) -> bool:
    return case.verdict is not None and case.verdict.has("key_p521") and case.status.status.works


def _signed_with(case: Case) -> int | None:
    hello = case.edge.server_hello if case.edge is not None else None
    return hello.signature_scheme if hello is not None else None


def _chosen_beyond(case: Case) -> bool:
    hello = case.edge.server_hello if case.edge is not None and case.edge.established else None
    return hello is not None and rests_beyond(hello)


def _hybrid_under_fips(case: Case) -> bool:
    """A handshake that only the hybrid group of the compliance mode made possible."""
    hello = case.edge.server_hello if case.edge is not None and case.edge.established else None
    modes = case.route.compliance
    return (
        hello is not None
        and hello.group == X25519MLKEM768
        and "fips" in modes
        and "pqh" not in modes
        and case.status.status.works
    )


def bounded(finding: Finding, case: Case) -> Finding:
    """The finding no surer than the list it rests on, and than one look of several unlike ones."""
    if finding.id in _LISTS:
        _, called = _LISTS[finding.id]
        finding = _limited(finding, _sure_of(finding.id), f"{called} {READ}")
    if finding.id == "inferred-extension":
        why = "that the edge sends this extension is inferred from BoringSSL"
        finding = _limited(finding, AT_MOST[Certainty.INFERRED], why)
    if case.inconsistent and not CATALOGUE[finding.id].unsteady:
        finding = _limited(finding, Confidence.MEDIUM, _UNSTEADY)
    for bound, why in _of_the_visitor(case):
        finding = _limited(finding, bound, why)
    return finding


def _of_the_visitor(case: Case) -> list[tuple[Confidence, str]]:
    """What limits a failure that not every visitor is known to meet."""
    if not case.status.fails:
        return []
    if case.disputed:
        return [(Confidence.LOW, "Cloudflare's pages disagree on which Host header wins here")]
    if case.spared and "share" not in case.route.provenance:
        return [(Confidence.MEDIUM, "which of the two a visitor meets a rule decides by him")]
    return []


def bounded_overall(
    overall: Overall, headline: Finding | None, cases: Sequence[Case] = ()
) -> Overall:
    """The whole no surer than the list that its headline rests on, and than that a visitor takes
    a route that fails: one that all of them take needs no such limit."""
    limits = [
        max((bound for bound, _ in _of_the_visitor(case)), key=_rank, default=Confidence.HIGH)
        for case in serving(cases)
        if case.status.fails
    ]
    if overall.status.fails and limits:
        least = min(limits, key=_rank)
        overall = replace(overall, confidence=max(overall.confidence, least, key=_rank))
    if headline is None or headline.contributing or headline.edge_status != overall.status:
        return overall
    bound = _sure_of(headline.id) if headline.id in _LISTS else Confidence.HIGH
    return overall if overall.confidence.rank >= bound.rank else replace(overall, confidence=bound)


def bounded_by_gaps(
    overall: Overall,
    findings: Sequence[Finding],
    unknowns: Iterable[Unknown],
    cases: Sequence[Case] = (),
) -> tuple[Overall, tuple[Finding, ...]]:
    """The whole, and what explains it, no surer than what was read of the account allows.

    A rule that was not read may lead the edge elsewhere; what was seen here is then no more than
    likely to be what visitors meet. One that may raise the mode leaves a host that works in Full
    alone untold. ``cases`` are given where no visit told that visitors are served.
    """
    gaps = [each.id for each in unknowns if each.could_change_verdict]
    if "snippet" in gaps and overall.status.fails:
        overall, findings = _less_sure(overall, findings, "a Snippet may fetch elsewhere")
    unread = [_words(each) for each in gaps if each in LEADS_ELSEWHERE]
    if not unread:
        return overall, tuple(findings)
    raised = next((_words(each) for each in gaps if each in _SETS_THE_MODE), "")
    if raised and overall.status.works and any(map(_refused_by_strict, cases)):
        summary = (
            f"Cannot tell: the origin works in Full, Full (strict) would refuse its certificate, "
            f"and the account's {raised}, which may set that for this host, were not read."
        )
        return Overall(UNKNOWN, Confidence.LOW, summary), tuple(findings)
    why = f"the account's {unread[0]}, which could lead elsewhere, were not read"
    return _less_sure(overall, findings, why)


def _words(gap: str) -> str:
    """What a gap is about, as Cloudflare's pages call it."""
    what = gap.partition("-")[2].replace("-", " ")
    return what.title().replace("Config ", "Configuration ") if what.endswith("rules") else what


def _refused_by_strict(case: Case) -> bool:
    refused = case.verdict is not None and case.verdict.accepted is False
    return refused and case.route.mode == "full"


def _less_sure(
    overall: Overall, findings: Sequence[Finding], why: str
) -> tuple[Overall, tuple[Finding, ...]]:
    """The whole and its findings no more than likely."""
    if overall.confidence is Confidence.HIGH:
        overall = replace(overall, confidence=Confidence.MEDIUM)
    return overall, tuple(
        each if each.contributing else _limited(each, Confidence.MEDIUM, why) for each in findings
    )


def _rank(confidence: Confidence) -> int:
    return confidence.rank


def _sure_of(id: str) -> Confidence:
    facts, _ = _LISTS[id]
    return max((AT_MOST[fact.certainty] for fact in facts), key=lambda each: each.rank)


def _limited(finding: Finding, bound: Confidence, why: str) -> Finding:
    if finding.confidence.rank >= bound.rank:
        return finding
    reason = f"{finding.confidence_reason}; {why}" if finding.confidence_reason else why
    return replace(finding, confidence=bound, confidence_reason=reason)
