"""The direct findings with the visit through the edge laid beside them.

A visit that failed or says nothing about the origin changes nothing. One that fails otherwise
than the direct test makes of the direct findings what is true of the path from here only.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from cf525.causes.case import Case
from cf525.causes.families.edgeview import VISIT_FINDINGS
from cf525.causes.families.series import SERIES_FINDINGS
from cf525.conclusion.comparison import Direct, Reconciled, doubts, reconcile
from cf525.conclusion.overall import Overall, serving
from cf525.edge.codes import title_of
from cf525.model import (
    Agreement,
    ChainVerdict,
    Comparison,
    Confidence,
    Finding,
    Observation,
    Unknown,
    Visit,
    VisitOutcome,
)
from cf525.model.status import OK, UNKNOWN
from cf525.pki.facts import describe
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The whole after the visit was laid beside it."""

    overall: Overall
    findings: tuple[Finding, ...]
    comparison: Comparison | None = None
    unknowns: tuple[Unknown, ...] = ()


def beside_visit(
    overall: Overall,
    found: Sequence[Finding],
    cases: Sequence[Case],
    visit: Visit | None,
    edge_seen: Observation | None,
) -> Judged:
    """The status, the findings and the doubts with the visit taken into account.

    ``edge_seen`` is the probe that carried the visit, where there was one.
    """
    found = [_beside_series(each, cases) for each in found]
    if visit is None:
        return Judged(overall=overall, findings=_ordered(found))
    if visit.outcome is VisitOutcome.INTERCEPTED:
        verdicts = [case.verdict for case in cases if case.verdict is not None]
        if edge_seen is not None and same_issuer(edge_seen, verdicts) is not None:
            return _blind(found, doubts(visit))
        if visit.status is None:
            # Somebody opens TLS on the way: a failure may be his, and is no longer sure.
            overall = replace(overall, confidence=Confidence.LOW)
    met = serving(cases)
    direct = Direct(
        status=overall.status,
        confidence=overall.confidence,
        probes=[case.edge for case in met if case.edge is not None],
        partly=any(_works_over(case) for case in met),
        unnamed=any(_unnamed(case) for case in cases),
    )
    reconciled = reconcile(direct, visit)
    told = {each.id for each in found if _told_by(visit, each)}
    kept = tuple(_beside(each, reconciled, told) for each in found)
    return Judged(
        overall=_overall(overall, reconciled, kept),
        findings=_ordered(kept),
        comparison=reconciled.comparison,
        unknowns=doubts(visit),
    )


def same_issuer(edge: Observation, verdicts: Iterable[ChainVerdict]) -> str | None:
    """The name that signed both the edge's certificate and an origin's, if one did both.

    To be asked only when the edge's certificate is not trusted: then whoever signed it stands
    between here and Cloudflare, and the origin's certificate from the same hand is his too.
    """
    if not edge.certificates:
        return None
    issuer = describe(edge.certificates[0], 0).issuer
    for verdict in verdicts:
        if verdict.certificates and issuer and verdict.certificates[0].issuer == issuer:
            return issuer
    return None


def _unnamed(case: Case) -> bool:
    return case.route.address is None and case.route.not_probeable is None


def _works_over(case: Case) -> bool:
    """Whether the edge would get an answer over this route, at least now and then."""
    series = case.series
    some = series is not None and series.failures < series.total
    return some or case.status.status.works


def _ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda each: each.contributing))


def _beside_series(finding: Finding, cases: Sequence[Case]) -> Finding:
    """Where a series failed in part, what one probe showed is a part of it and not the cause."""
    mixed = {
        case.route.id
        for case in cases
        if case.series is not None and 0 < case.series.failures < case.series.total
    }
    if finding.id in SERIES_FINDINGS or not mixed.issuperset(finding.routes):
        return finding
    return replace(finding, contributing=True)


def _blind(found: Sequence[Finding], open_questions: tuple[Unknown, ...]) -> Judged:
    """One hand signs for the edge and the origin alike: nothing seen from here is the origin's."""
    text = (
        "the certificates of the edge and of the origin come from the same issuer, which nobody "
        "trusts: TLS is opened on the way from this machine"
    )
    return Judged(
        overall=Overall(UNKNOWN, Confidence.LOW, f"Cannot be seen from here: {text}."),
        findings=tuple(replace(each, contributing=True) for each in found),
        comparison=Comparison(agreement=Agreement.NOT_COMPARED, text=text),
        unknowns=open_questions,
    )


def _told_by(visit: Visit, finding: Finding) -> bool:
    """Whether a finding rests on the edge's own answer; some are also made without it."""
    return finding.id in VISIT_FINDINGS and finding.edge_status == visit.code


def _beside(finding: Finding, reconciled: Reconciled, told: Container[str]) -> Finding:
    """A direct finding that the edge does not bear out is true of the path from here only.

    ``told`` are the findings that rest on the edge's own answer.
    """
    if finding.id in told:
        return finding
    agreement = reconciled.comparison.agreement
    elsewhere = finding.edge_status != reconciled.status and (
        agreement in (Agreement.EDGE_ONLY, Agreement.EDGE_TELLS)
        or (agreement is Agreement.DIFFERS and bool(told))
    )
    if reconciled.overruled or elsewhere:
        return replace(finding, contributing=True)
    return finding


def _overall(overall: Overall, reconciled: Reconciled, found: Sequence[Finding]) -> Overall:
    comparison = reconciled.comparison
    status = reconciled.status
    told = status.unknown and comparison.agreement is Agreement.EDGE_TELLS
    if status == overall.status and not told:
        return replace(overall, confidence=reconciled.confidence)
    if status.unknown:
        return Overall(UNKNOWN, reconciled.confidence, f"Cannot tell: {comparison.text}.")
    headline = next((each for each in found if not each.contributing), None)
    why = f"{headline.title}; " if headline is not None else ""
    lead = "" if status == OK else f"{status} {title_of(status)}: "
    sentence = f"{lead}{why}{comparison.text}."
    return Overall(status, reconciled.confidence, sentence[0].upper() + sentence[1:])
