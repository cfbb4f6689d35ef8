"""One route as other servers behind its address showed it.

Like probes that were shown another certificate are cases of their own: what is wrong with that
certificate is why a share of the visitors fails, and the first look may have met a good one.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cf525.causes.case import Case
from cf525.diagnosis.judge import Judge
from cf525.edge.status import edge_status
from cf525.model import ChainVerdict, Observation

MOST: Final = 3
"""Certificates told of: behind one address stand seldom more that are bad in ways of their own."""


def with_others(case: Case, alike: Sequence[Observation], judge: Judge) -> Case:
    """The case with one more beside it for every certificate the edge refuses, besides its own."""
    known = {case.edge.certificates[:1] if case.edge is not None else ()}
    others: list[Case] = []
    for seen in alike:
        leaf = seen.certificates[:1]
        if not leaf or leaf in known:
            continue
        known.add(leaf)
        judged = judge.verdict(case.route, seen)
        if judged is not None and judged.accepted is False:
            others.append(_as_met(case, seen, judged))
    return replace(case, others=tuple(others[:MOST]))


def _as_met(case: Case, seen: Observation, verdict: ChainVerdict) -> Case:
    status = edge_status(case.route, seen, verdict)
    return Case(context=case.context, route=case.route, status=status, edge=seen, verdict=verdict)
