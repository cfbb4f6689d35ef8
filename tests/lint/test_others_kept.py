"""A patch of lint mends one name and never takes a certificate away from the site of another."""

from pathlib import Path

import pytest

from tests.lint import apache_trees, nginx_trees
from tests.lint.trees import (
    Tree,
    apache_command,
    assert_held_to_the_wire,
    foretold,
    laid_out,
    nginx_command,
)

NO_CERTIFICATE = "server {\n    listen PORT ssl;\n    server_name www.example.com;\n}\n"
HTTP = "ssl_certificate CERTS/other.pem;\nssl_certificate_key CERTS/other.key;\n"
OTHER = "other.example.net"

UNPATCHED = [
    (nginx_trees.tree("one site", nginx_trees.server(name=OTHER, cert="other")), "nginx.conf"),
    (
        nginx_trees.tree(
            "for all sites",
            HTTP
            + nginx_trees.server(listen="PORT ssl", cert="")
            + nginx_trees.server(name=OTHER, cert=""),
        ),
        "nginx.conf",
    ),
    (apache_trees.tree("one host", apache_trees.vhost(name=OTHER, cert="other")), "apache2.conf"),
    (
        apache_trees.tree("two names", apache_trees.vhost(f"ServerAlias {OTHER}", cert="other")),
        "apache2.conf",
    ),
]


@pytest.mark.parametrize(("case", "main"), UNPATCHED, ids=str)
def test_the_certificate_of_another_site_stays(case: Tree, main: str, tmp_path: Path) -> None:
    laid_out(case, tmp_path, 4443)
    report = foretold(case, tmp_path / main, 4443, "strict")

    assert str(report.edge_status) == "526"
    finding = report.headline_finding
    assert finding is not None
    removed = [each for each in (finding.patch or "").splitlines() if each.startswith("-")]
    assert not any("other.pem" in each for each in removed), finding.patch


@pytest.mark.realserver
def test_a_server_without_a_certificate_is_given_one(tmp_path: Path) -> None:
    case = nginx_trees.tree(
        "no certificate of its own",
        nginx_trees.server(name=OTHER, cert="other"),
        NO_CERTIFICATE,
        line="other.pem",
        healed=True,
    )
    assert_held_to_the_wire(case, tmp_path, "nginx.conf", nginx_command)


@pytest.mark.realserver
def test_a_host_of_one_name_gets_another_certificate(tmp_path: Path) -> None:
    case = apache_trees.tree("its own", apache_trees.vhost(cert="other"), line="other", healed=True)
    assert_held_to_the_wire(case, tmp_path, "apache2.conf", apache_command)
