"""Files and wire side by side: a server that was not reloaded, another one, other files."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from cf525.jobs.lint import Lint, lint
from cf525.model import Report
from tests.cli.test_command_line import run
from tests.lint.certificates import certificates
from tests.lint.nginx_trees import DEFAULT, server, tree
from tests.lint.trees import Tree, laid_out, new_port, nginx_command, started
from tests.oracle.origins import HOST

pytestmark = pytest.mark.realserver


def beside(running: Tree, files: Tree, folder: Path) -> Report:
    """nginx runs with one tree, and another stands in its files by now."""
    port = new_port()
    laid_out(running, folder, port)
    with started(nginx_command(folder), folder, port, "127.0.0.1") as process:
        assert process is not None
        laid_out(files, folder, port)
        job = Lint(
            host=HOST,
            paths=(str(folder / "nginx.conf"),),
            port=port,
            wire=("127.0.0.1", port),
            trust_files=(certificates().trust,),
            trust_only=True,
            timeout=60.0,
        )
        return asyncio.run(lint(job))


HEALTHY = tree("healthy", server())


def test_where_both_agree_the_line_is_proof(tmp_path: Path) -> None:
    broken = tree("broken", DEFAULT, server(name="example.com"))
    report = beside(broken, broken, tmp_path)
    finding = report.headline_finding
    assert finding is not None
    assert finding.id == "default-vhost-cert"
    assert [each.line for each in finding.places][:2] == [10, 2]
    assert finding.patch
    assert any("running server answers as its files say" in e.text for e in finding.evidence)
    assert "running-server" not in [each.id for each in report.unknowns]


def test_a_healthy_server_that_runs_with_its_files_stays_healthy(tmp_path: Path) -> None:
    report = beside(HEALTHY, HEALTHY, tmp_path)
    assert (report.edge_status, report.headline) == ("ok", None)


def test_a_renewed_certificate_that_was_not_loaded(tmp_path: Path) -> None:
    report = beside(tree("old", server(cert="expired")), HEALTHY, tmp_path)
    finding = report.headline_finding
    assert finding is not None
    assert (finding.id, finding.edge_status) == ("not-reloaded", "526")
    assert "site.pem" in finding.places[0].text
    assert any("reload" in line for fix in finding.remedies for line in fix.commands)


def test_a_site_that_was_added_and_not_loaded(tmp_path: Path) -> None:
    report = beside(tree("old", DEFAULT), tree("new", DEFAULT, server()), tmp_path)
    assert report.headline == "not-reloaded"


def test_a_certificate_of_no_file_is_another_servers(tmp_path: Path) -> None:
    report = beside(tree("x", server(cert="other")), HEALTHY, tmp_path)
    assert report.headline == "other-server-answers"


def test_files_that_say_otherwise_than_a_working_server_are_not_in_use(tmp_path: Path) -> None:
    files = tree("reject", server("ssl_reject_handshake on;"))
    report = beside(HEALTHY, files, tmp_path)
    assert (report.edge_status, report.headline) == ("ok", "config-not-in-use")


def test_a_diagnosis_takes_the_configuration_too(tmp_path: Path) -> None:
    port = new_port()
    laid_out(tree("broken", DEFAULT, server(name="example.com")), tmp_path, port)
    with started(nginx_command(tmp_path), tmp_path, port, "127.0.0.1"):
        result: subprocess.CompletedProcess[str] = run(
            *("diagnose", HOST, "--origin", f"127.0.0.1:{port}", "--mode", "strict", "--no-edge"),
            *("--config", str(tmp_path / "nginx.conf"), "--no-fetch", "--timeout", "60"),
            *("--trust", str(certificates().trust), "--trust-only"),
        )
    assert result.returncode == 1
    assert "site.conf:2" in result.stdout.replace("\n", "")
