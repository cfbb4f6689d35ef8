"""nginx: what the files foretell is what BoringSSL meets, the line is named, the patch heals."""

import subprocess
from pathlib import Path

import pytest

from cf525.model import Report
from tests.lint.nginx_trees import TREES
from tests.lint.trees import (
    MODES,
    Tree,
    asked,
    foretold,
    laid_out,
    new_port,
    nginx_command,
    started,
)

pytestmark = pytest.mark.realserver


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_the_files_foretell_what_the_wire_shows(tree: Tree, tmp_path: Path) -> None:
    port = new_port()
    laid_out(tree, tmp_path, port)
    met = wire(tmp_path, port, tree)
    reports = {mode: foretold(tree, tmp_path / "nginx.conf", port, mode) for mode in MODES}
    said = {mode: report.edge_status for mode, report in reports.items()}
    assert said == met, (reports["strict"].summary, met)
    report = reports[tree.mode]
    if met[tree.mode] == "ok":
        assert report.headline is None
    else:
        named(report, tree.line.replace("PORT", str(port)).replace("DIR", str(tmp_path)))
        if tree.healed:
            healed(report, tree, tmp_path, port)


def wire(folder: Path, port: int, tree: Tree) -> dict[str, str]:
    with started(nginx_command(folder), folder, port, tree.address) as up:
        if not up:
            return dict.fromkeys(MODES, "521")
        return {mode: asked(port, mode, tree.address) for mode in MODES}


def named(report: Report, line: str) -> None:
    """The line is among the places of what explains the status."""
    finding = report.headline_finding
    assert finding is not None
    assert finding.places or not line
    assert any(line in place.text for place in finding.places) or not line, finding.places


def healed(report: Report, tree: Tree, folder: Path, port: int) -> None:
    """The patch, applied as it is told, makes the restarted server healthy."""
    finding = report.headline_finding
    assert finding is not None
    assert finding.patch, finding
    done = subprocess.run(
        ["patch", "-p0", "-d", "/"],
        input=finding.patch.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, finding.patch)
    assert wire(folder, port, tree)[tree.mode] == "ok", finding.patch
