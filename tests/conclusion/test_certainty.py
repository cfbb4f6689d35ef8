"""No verdict is surer than the single fact about the edge that it rests on, or than one look of
several that differed."""

from pathlib import Path

import pytest

from cf525.conclusion.certainty import bounded_by_gaps
from cf525.conclusion.overall import Overall
from cf525.lab.ca import Issued
from cf525.model import Confidence, Finding, Status, Unknown
from tests.causes.misleading import by_chance
from tests.causes.scenarios import HOST, Talk, diagnosed, route, scripted
from tests.causes.test_scenarios import GOOD, ISSUER, ROOT, banner, openssl, refuse112


@pytest.mark.parametrize(
    ("served", "sure"),
    [
        ({"groups": "P-521"}, "medium"),  # the edge's list of groups is read in open source
        ({"groups": "X25519"}, "high"),
        ({"groups": "X25519:P-521"}, "high"),
        ({"issued": ISSUER.issue(HOST, kind="p521")}, "medium"),
    ],
)
def test_a_healthy_verdict_is_as_sure_as_what_was_agreed(
    served: dict[str, Issued | str], sure: str, tmp_path: Path
) -> None:
    issued = served.get("issued", GOOD)
    assert isinstance(issued, Issued)
    with scripted(openssl(issued, groups=str(served.get("groups", "")))) as place:
        (case,), _ = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (case.status.status, case.status.confidence) == ("ok", sure)


@pytest.mark.parametrize(
    "first",
    [banner(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"), refuse112],
    ids=["plain HTTP", "alert 112"],
)
def test_nothing_is_sure_where_like_looks_differ(first: Talk, tmp_path: Path) -> None:
    with scripted(by_chance((first, openssl(), openssl()))) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.inconsistent
    assert found[0].id == "one-bad-backend"
    assert case.status.confidence != "high"
    assert all(each.confidence != "high" for each in found if each.id != "one-bad-backend")


def test_a_hybrid_group_under_fips_is_no_surer_than_that_it_is_offered(tmp_path: Path) -> None:
    with scripted(openssl(groups="X25519MLKEM768")) as place:
        (case,), _ = diagnosed(route(place, compliance=("fips",)), trust=ROOT, folder=tmp_path)
    assert (case.status.status, case.status.confidence) == ("ok", "low")
    with scripted(openssl(groups="P-256")) as place:
        (case,), _ = diagnosed(route(place, compliance=("fips",)), trust=ROOT, folder=tmp_path)
    assert (case.status.status, case.status.confidence) == ("ok", "high")


@pytest.mark.parametrize(
    ("gap", "matters", "bound"),
    [
        ("unread-config-rules", True, Confidence.MEDIUM),
        ("incomplete-load-balancers", True, Confidence.MEDIUM),
        ("unread-config-rules", False, Confidence.HIGH),
        ("unread-radar", True, Confidence.HIGH),
    ],
)
def test_what_was_not_read_and_could_lead_elsewhere_bounds_the_whole(
    gap: str, matters: bool, bound: Confidence
) -> None:
    overall = Overall(Status("526"), Confidence.HIGH, "x")
    finding = Finding(
        id="cert-expired", edge_status=Status("526"), confidence=Confidence.HIGH, title="x",
        evidence=(), explanation="x",
    )  # fmt: skip
    unknown = Unknown(id=gap, text="x", next="x", could_change_verdict=matters)
    whole, found = bounded_by_gaps(overall, [finding], [unknown])
    assert (whole.confidence, found[0].confidence) == (bound, bound)
    assert whole.status == "526"
