"""The documentation as a site: builds without a warning, and holds what the program writes."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import cf525
from cf525.causes.page import page_ids
from cf525.lab.demo import DemoResult
from tests.cli.commands import commands
from tests.cli.forked import ROOT
from tests.shots import FOLDER, SCREENS, WIDTHS, command_of, lines_of, text_of

built_once = pytest.mark.xdist_group("site")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", to],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr  # a broken link is a warning, and ends it
    return to


@built_once
def test_every_cause_has_its_page(site: Path) -> None:
    for id in page_ids():
        text = (site / "causes" / f"{id}.html").read_text()
        assert f"{id}:" in text
        assert "{{" not in text
        assert "{%" not in text
    assert (site / "causes" / "index.html").read_text().count(".html") >= len(page_ids())


@built_once
def test_the_start_page_leads_to_what_the_site_alone_has(site: Path) -> None:
    start = (site / "index.html").read_text()
    assert 'href="commands.html">every command' in start
    assert 'href="causes/index.html">every cause' in start


@built_once
def test_what_writes_pages_is_not_shipped_with_them(site: Path) -> None:
    assert not [each for each in site.rglob("*") if each.suffix == ".pyc"]
    assert not list(site.rglob("hooks*"))


@built_once
def test_every_command_stands_with_its_help(site: Path) -> None:
    text = (site / "commands.html").read_text()
    for name in {each.split()[1] for each in commands()}:
        assert re.search(rf"cf525 {name}\b", text)
    assert "--connect-to HOST:PORT:ADDR:PORT" in text


@built_once
def test_every_public_name_of_the_library_stands_with_its_words(site: Path) -> None:
    text = (site / "library.html").read_text()
    for name in (*cf525.__all__, "Finding", "Status"):
        assert f'id="{name.lower().strip("_")}' in text.replace('id="_', 'id="'), name
    assert "Choices for one diagnosis." in text
    assert "inside a running loop too" in text


@built_once
def test_a_page_of_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    """Fonts and scripts are the site's own: it can be read where there is no internet."""
    for path in site.rglob("*.html"):
        for tag in re.findall(r"<(?:script|link|img)[^>]+>", path.read_text()):
            assert not re.search(r'(?:src|href)="(?:https?:)?//', tag) or 'rel="canonical"' in tag


@pytest.mark.xdist_group("demo")
@pytest.mark.parametrize("name", SCREENS)
def test_a_picture_of_a_screen_shows_what_is_printed(
    name: str, demo: Mapping[str, DemoResult]
) -> None:
    """Else: python -m tests.shots, and look at them."""
    report = demo[SCREENS[name]].report
    lines = " ".join(f"{each.label}{each.text}" for each in lines_of(report))
    printed = f"{command_of(report).removeprefix('cf525 ')} {lines}".split()
    assert text_of((FOLDER / f"{name}.svg").read_text()) == printed


@pytest.mark.xdist_group("demo")
def test_the_readme_shows_what_is_printed(demo: Mapping[str, DemoResult]) -> None:
    """Else: the screen of README.md is to be printed anew."""
    report = demo["www.example.com"].report
    lines = [f"{each.label}{each.text}".rstrip() for each in lines_of(report)]
    printed = "\n".join((f"$ {command_of(report)}", *lines))
    assert f"```\n{printed}\n```" in (ROOT / "README.md").read_text()


def test_every_picture_is_shown() -> None:
    shown = {
        each
        for page in (ROOT / "docs").glob("*.md")
        for each in re.findall(r"\(shots/([^)]+)\)", page.read_text())
    }
    drawn = {f"{name}.svg" for name in SCREENS} | {f"{name}.png" for name in WIDTHS}
    assert shown == drawn
    assert {path.name for path in FOLDER.iterdir()} == drawn
