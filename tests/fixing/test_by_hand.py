"""What a diagnosis offers and ``fix`` does not make is told by ``fix`` too, with its price."""

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.filling import render as filled
from cf525.edge.status import edge_status
from cf525.fixing.job import _by_hand
from cf525.model import Confidence, Finding, Status
from cf525.model.fix import Offers
from cf525.report import fix as screen
from tests.causes.scenarios import HOST, TARGET, route

FACTS = {
    "compliance-modes": {
        "modes": "pqh", "taken": "X25519", "offered": "X25519MLKEM768", "hybrid": "yes",
    },
    "hello-intolerance": {"hybrid": "yes"},
    "sni-rejected-112": {"known_name": ""},
}  # fmt: skip


def finding(id: str) -> Finding:
    one = route(("203.0.113.7", 443))
    case = Case(context=Context(target=TARGET), route=one, status=edge_status(one, None, None))
    page = filled(id, case, FACTS[id], ())
    return Finding(
        id=id,
        edge_status=Status("525"),
        confidence=Confidence.MEDIUM,
        title=page.title,
        evidence=(),
        explanation=page.explanation,
        remedies=page.remedies,
        routes=("r1",),
    )


@pytest.mark.parametrize(
    ("id", "told"),
    [("compliance-modes", True), ("hello-intolerance", False), ("sni-rejected-112", False)],
)
def test_a_stop_gap_that_is_made_by_hand_alone_is_told(id: str, told: bool) -> None:
    text = _by_hand(finding(id), HOST)
    offers = Offers(
        host=HOST,
        edge_status=Status("525"),
        headline=id,
        plans=(),
        refused=(),
        fix="The origin lacks it.",
        by_hand=text,
    )
    shown = " ".join("\n".join(each.label + each.text for each in screen.offers(offers)).split())
    assert ("by hand: Clear the zone's compliance modes" in shown) is told
    assert ("nothing at Cloudflare would help" in shown) is not told


def test_what_a_file_calls_the_host_is_one_word_of_a_command() -> None:
    offers = Offers(
        host="a;touch x;.example.com",
        edge_status=Status("525"),
        headline="x",
        plans=(),
        refused=(),
        fix="The origin lacks it.",
    )
    shown = "\n".join(each.text for each in screen.offers(offers))
    assert " cf525 diagnose 'a;touch x;.example.com'" in shown
