"""The documentation as a site: builds without a warning, and holds what the program writes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cf525.causes.page import page_ids
from tests.cli.commands import commands
from tests.cli.forked import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", to],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr  # a broken link is a warning, and ends it
    return to


def test_every_cause_has_its_page(site: Path) -> None:
    for id in page_ids():
        text = (site / "causes" / f"{id}.html").read_text()
        assert f"{id}:" in text
        assert "{{" not in text
        assert "{%" not in text
    assert (site / "causes" / "index.html").read_text().count(".html") >= len(page_ids())


def test_every_command_stands_with_its_help(site: Path) -> None:
    text = (site / "commands.html").read_text()
    for name in {each.split()[1] for each in commands()}:
        assert re.search(rf"cf525 {name}\b", text)
    assert "--connect-to HOST:PORT:ADDR:PORT" in text


def test_a_page_of_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    """Fonts and scripts are the site's own: it can be read where there is no internet."""
    for path in site.rglob("*.html"):
        for tag in re.findall(r"<(?:script|link|img)[^>]+>", path.read_text()):
            assert not re.search(r'(?:src|href)="(?:https?:)?//', tag) or 'rel="canonical"' in tag
