"""A record that is DNS only: what visitors get there by themselves."""

from datetime import timedelta
from pathlib import Path

import pytest

from cf525.lab.ca import Authority
from cf525.model import NotProbeable, Provenance
from tests.causes.scenarios import diagnosed, route, scripted
from tests.causes.test_scenarios import openssl

ROOT = Authority()
RECORD = {"address": Provenance(source="api", detail="A record www.example.com, DNS only")}


@pytest.mark.parametrize("public", [True, False])
def test_the_certificate_that_visitors_get_is_told_and_judges_nothing(
    public: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if public:
        monkeypatch.setattr("cf525.diagnosis.investigate.classify", lambda address: None)
    day = timedelta(days=1)
    old = ROOT.issue(
        "www.example.com", not_before=ROOT.now - 40 * day, not_after=ROOT.now - 3 * day
    )
    expired = openssl(old)
    with scripted(expired) as place:
        given = route(place, not_probeable=NotProbeable.NOT_PROXIED, provenance=RECORD)
        (case,), found = diagnosed(given, trust=ROOT, folder=tmp_path)
    assert case.status.status == "not-applicable"
    assert [each.id for each in found] == ["not-proxied"]
    told = " ".join(each.text for each in found[0].evidence)
    assert ("expired" in told) is public
