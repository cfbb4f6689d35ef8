"""From cases to findings: match the catalogue, merge over addresses, rank, choose a headline."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from cf525.causes.case import Case
from cf525.causes.cause import Cause, Need, present
from cf525.causes.configured import foretold
from cf525.causes.families import CATALOGUE
from cf525.causes.filling import render
from cf525.causes.match import Match
from cf525.causes.signs.server import platforms
from cf525.model import Confidence, Finding, Place, Status

Limit: TypeAlias = Callable[[Finding, Case], Finding]


def _as_matched(finding: Finding, _: Case) -> Finding:
    return finding


def findings(cases: Sequence[Case], limit: Limit = _as_matched) -> tuple[Finding, ...]:
    """Every cause that holds on any route, the headline first; ``limit`` says how sure each may be.

    Order: what the visitor hits before what merely contributes, what leads to the status he gets
    before what would lead to another, the doubtful last; then the catalogue's rank. One cause
    seen on several routes is one finding.
    """
    statuses = {case.route.id: case.status.status for case in cases}
    merged: dict[str, Finding] = {}
    for case in cases:
        found = [_finding(cause, match, case) for cause, match in matches(case)]
        for finding in (*found, *_met_by_others(case)):
            finding = limit(finding, case)
            if case.standby:
                finding = replace(finding, contributing=True)
            known = merged.get(finding.id)
            merged[finding.id] = _merge(known, finding) if known else finding
    return tuple(
        sorted(
            merged.values(),
            key=lambda each: (
                each.contributing,
                not any(statuses[route] == each.edge_status for route in each.routes),
                each.confidence is Confidence.LOW,
                CATALOGUE[each.id].rank,
                each.confidence.rank,
            ),
        )
    )


def _met_by_others(case: Case) -> Iterator[Finding]:
    """What is wrong with the certificates that like probes were shown: why a share fails.

    Only what rests on such a probe; all else is said of the route already.
    """
    for other in case.others:
        assert other.edge is not None
        for cause, match in matches(other):
            if any(other.edge.id in each.observations for each in match.evidence):
                yield _finding(cause, replace(match, contributing=True), other)


def matches(case: Case) -> list[tuple[Cause, Match]]:
    """The causes that hold for one case; fallbacks only where nothing else explains it. What a
    server's own files foretell comes first: they name the line."""
    told = [(CATALOGUE[id], match) for id, match in foretold(case)]
    if told:
        known = {cause.id for cause, _ in told}
        return [*told, *_behind(case, known)]
    return _seen(case)


def _behind(case: Case, known: set[str]) -> Iterator[tuple[Cause, Match]]:
    """What is wrong besides, where a fault of the configuration explains the case."""
    for cause, match in _seen(case):
        if cause.id not in known:
            yield cause, replace(match, contributing=True)


def _seen(case: Case) -> list[tuple[Cause, Match]]:
    held = list(_most_exact(list(_held(case, fallback=False))))
    if any(not match.contributing and cause.rank >= 10 for cause, match in held):
        return held
    return held + list(_held(case, fallback=True))


def _most_exact(held: list[tuple[Cause, Match]]) -> Iterator[tuple[Cause, Match]]:
    """The causes without those that another one replaces. What merely contributes replaces
    nothing that does more."""
    for cause, match in held:
        if not any(
            cause.id in other.replaces and match.contributing >= theirs.contributing
            for other, theirs in held
        ):
            yield cause, match


def _held(case: Case, *, fallback: bool) -> Iterator[tuple[Cause, Match]]:
    alone = replace(case, probes=()) if case.inconsistent else case
    there = present(case)
    for cause in CATALOGUE.values():
        if cause.match is None or cause.fallback is not fallback:
            continue
        if not there.issuperset(cause.needs):
            continue
        match = cause.match(case if cause.unsteady else alone)
        if match is not None:
            yield cause, match


def _finding(cause: Cause, match: Match, case: Case) -> Finding:
    page = render(cause.id, case, match.facts, platforms(case))
    return Finding(
        id=cause.id,
        edge_status=Status(match.status or case.status.status),
        confidence=match.confidence,
        title=page.title,
        evidence=match.evidence,
        explanation=page.explanation,
        remedies=page.remedies,
        routes=(case.route.id,),
        confidence_reason=match.reason,
        contributing=match.contributing,
        places=match.places or _places(cause, case),
    )


def _places(cause: Cause, case: Case) -> tuple[Place, ...]:
    """The line that names the certificate, for a cause that stands on one that was read."""
    chain = case.configuration.chain if case.configuration is not None else None
    return (chain.file.place,) if chain is not None and Need.CHAIN in cause.needs else ()


def _merge(known: Finding, more: Finding) -> Finding:
    fresh = tuple(each for each in more.evidence if each not in known.evidence)
    surer = min(known.confidence, more.confidence, key=lambda each: each.rank)
    return replace(
        known,
        evidence=known.evidence + fresh,
        routes=known.routes + more.routes,
        confidence=surer,
        contributing=known.contributing and more.contributing,
    )
