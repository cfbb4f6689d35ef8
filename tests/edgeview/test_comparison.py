"""The reconciliation by itself: what an edge without an answer, or without a connection, adds."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cf525.conclusion.comparison import Direct, Reconciled, doubts, reconcile
from cf525.model import (
    Agreement,
    Confidence,
    Ending,
    HttpAnswer,
    Maker,
    Observation,
    Status,
    Visit,
    VisitOutcome,
)
from tests.edgeview.test_reading import seen

ANSWERED = seen(http=HttpAnswer(status=200))
WAITING = Visit(
    outcome=VisitOutcome.NO_ANSWER,
    at=datetime(2027, 1, 2, tzinfo=UTC),
    detail="timeout",
    observation="edge",
    milliseconds=6_004.0,
)


def fitted(status: str, visit: Visit, *probes: Observation) -> Reconciled:
    return reconcile(
        Direct(status=Status(status), confidence=Confidence.HIGH, probes=probes), visit
    )


@pytest.mark.parametrize("status", ["ok", "origin-404"])
def test_an_edge_that_keeps_waiting_makes_a_working_origin_uncertain(status: str) -> None:
    found = fitted(status, WAITING, ANSWERED)
    assert (found.status, found.confidence) == ("unknown", Confidence.LOW)
    assert "no answer in 6 s" in found.comparison.text
    (doubt,) = doubts(WAITING)
    assert "--edge-wait 130" in doubt.next


@pytest.mark.parametrize(
    ("visit", "probe"),
    [
        (WAITING, seen(http=None)),  # slow to this machine too: the application needs its time
        (replace(WAITING, observation=None), ANSWERED),  # the visit itself began too late
        (replace(WAITING, detail="eof"), ANSWERED),  # closed, and waits for nothing
    ],
)
def test_any_other_missing_answer_changes_no_verdict(visit: Visit, probe: Observation) -> None:
    assert (fitted("ok", visit, probe).status, fitted("525", visit, probe).status) == ("ok", "525")


@pytest.mark.parametrize(
    ("ending", "code", "agreement"),
    [
        (Ending.REFUSED, "521", Agreement.CONFIRMED),
        (Ending.CONNECT_TIMEOUT, "522", Agreement.CONFIRMED),
        (Ending.UNREACHABLE, "523", Agreement.CONFIRMED),
        # Refused here and dropped there is not one and the same treatment.
        (Ending.REFUSED, "522", Agreement.DIFFERS),
        (Ending.CONNECT_TIMEOUT, "521", Agreement.EDGE_TELLS),
    ],
)
def test_no_connection_is_confirmed_by_the_same_at_the_edge(
    ending: Ending, code: str, agreement: Agreement
) -> None:
    direct = "521" if ending is Ending.REFUSED else "unknown"
    visit = replace(
        WAITING,
        outcome=VisitOutcome.ANSWERED,
        code=Status(code),
        status=int(code),
        maker=Maker.CLOUDFLARE,
    )
    found = fitted(direct, visit, seen(ending=ending))
    assert (found.status, found.comparison.agreement) == (code, agreement)
