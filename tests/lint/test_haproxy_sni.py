"""HAProxy's rules on the name in the hello: the backend that is taken, or a plain "cannot tell"."""

from pathlib import Path

import pytest

from cf525.model import Confidence
from tests.lint.haproxy_trees import tree
from tests.lint.sni_trees import INNER, TREES, UNKNOWN, passing
from tests.lint.trees import Tree, assert_held_to_the_wire, foretold, haproxy_command, laid_out


@pytest.mark.realserver
@pytest.mark.parametrize("case", TREES, ids=str)
def test_the_backend_is_the_one_that_the_rules_choose(case: Tree, tmp_path: Path) -> None:
    assert_held_to_the_wire(case, tmp_path, "haproxy.cfg", haproxy_command)


@pytest.mark.parametrize("rule", UNKNOWN)
def test_a_rule_that_files_do_not_decide_is_never_passed_over(rule: str, tmp_path: Path) -> None:
    assert_undecided(tree("undecided", passing(rule), INNER), tmp_path)


def test_nor_is_one_that_may_close_the_connection(tmp_path: Path) -> None:
    rule = "tcp-request content reject if { src 203.0.113.0/24 }"
    assert_undecided(tree("undecided", passing(first=(rule,)), INNER), tmp_path)


def assert_undecided(case: Tree, folder: Path) -> None:
    laid_out(case, folder, 4443)
    report = foretold(case, folder / "haproxy.cfg", 4443, "strict")

    assert str(report.edge_status) == "unknown"
    assert report.confidence is Confidence.LOW
    assert report.headline is None


def test_what_is_handed_on_is_said_of_the_backend_that_is_taken(tmp_path: Path) -> None:
    text = passing("use_backend vpn if { req.ssl_sni -m end .example.com }")
    away = "backend vpn\n    mode tcp\n    server s 192.0.2.7:1194\n" + INNER
    case = tree("away", text, away)
    laid_out(case, tmp_path, 4443)

    assert "192.0.2.7:1194" in str(foretold(case, tmp_path / "haproxy.cfg", 4443, "strict"))
