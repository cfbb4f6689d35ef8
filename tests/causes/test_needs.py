"""Causes say what they stand on: a chain alone is a case, and nothing is asked in vain."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.cause import CATALOGUE, Need
from cf525.causes.matching import findings
from cf525.diagnosis.judge import Judge
from cf525.edge.status import chain_status
from cf525.pki import TrustStore
from tests.causes.scenarios import HOST, TARGET, diagnosed, route, scripted
from tests.causes.test_scenarios import BROKEN, ROOT


def chain_alone() -> Case:
    ended = datetime.now(UTC) - timedelta(days=2)
    expired = ROOT.issue(HOST, not_before=ended - timedelta(days=30), not_after=ended)
    verdict = Judge(trust=TrustStore.of(ROOT.der)).of_chain((expired.der,), (HOST,))
    return Case(
        context=Context(target=TARGET),
        route=route(("203.0.113.7", 443)),
        status=chain_status("strict", verdict),
        verdict=verdict,
    )


def test_a_chain_alone_is_a_case_without_any_handshake() -> None:
    found = findings((chain_alone(),))
    assert found[0].id == "cert-expired"
    assert found[0].edge_status == "526"
    assert not any(proof.observations for each in found for proof in each.evidence)


def test_only_causes_that_stand_on_a_chain_or_a_route_are_asked_of_it() -> None:
    case = chain_alone()
    for cause in CATALOGUE.values():
        assert cause.askable(case) is (set(cause.needs) <= {Need.CHAIN})


@pytest.mark.parametrize("scenario", BROKEN, ids=[str(each[0]) for each in BROKEN])
def test_no_cause_holds_that_was_not_to_be_asked(
    scenario: tuple[object, ...], tmp_path: Path
) -> None:
    make = scenario[1]
    with scripted(make()) as place:  # type: ignore[operator]
        cases, _ = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    for case in cases:
        for cause in CATALOGUE.values():
            if cause.match is not None and not cause.askable(case):
                assert cause.match(case) is None
