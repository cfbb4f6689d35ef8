"""What stands before the handshake, where the outcome is a race or the files alone can tell it."""

from pathlib import Path

import pytest

from cf525.model import Confidence
from tests.lint.door_trees import AT_ONCE, early
from tests.lint.trees import foretold, healed, laid_out


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_name_that_is_looked_for_at_once_mostly_meets_the_default_backend(
    name: str, tmp_path: Path
) -> None:
    case = early(name, *AT_ONCE[name])
    laid_out(case, tmp_path, 4443)
    report = foretold(case, tmp_path / "haproxy.cfg", 4443, "strict")

    assert (report.edge_status, report.confidence) == ("526", Confidence.MEDIUM)
    finding = report.headline_finding
    assert finding is not None
    assert finding.id == "default-vhost-cert"
    assert "use_backend" in finding.places[0].text
    assert "looks for the name at once" in finding.evidence[0].text


def test_the_delay_and_a_rule_are_what_is_put_in(tmp_path: Path) -> None:
    case = early("no delay", *AT_ONCE["no delay"])
    laid_out(case, tmp_path, 4443)
    main = tmp_path / "haproxy.cfg"

    assert healed(foretold(case, main, 4443, "strict"))
    assert "inspect-delay 5s" in main.read_text()
    assert foretold(case, main, 4443, "strict").edge_status == "ok"
