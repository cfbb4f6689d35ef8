"""The recipes of CONTRIBUTING.md, followed line by line on a copy of the package.

A recipe says of each piece of text where it belongs: in a new file, at the end of a file, or before
a line of it. What it promises at its end is then tried in a process of its own.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STEP = re.compile(
    r"^ *`(?P<path>[^`\n]+)`, (?P<how>new|at its end|before `(?P<mark>[^`\n]+)`):\n\n"
    r"(?P<fence>`{3,})\w+\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


def steps(heading: str) -> list[re.Match[str]]:
    """The pieces of text under a heading of the page; a page within a recipe has headings too."""
    recipe, fence, inside = "", "", False
    for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines(keepends=True):
        marked = re.match(r"`{3,}", line)
        if marked is not None and (not fence or line.strip() == fence):
            fence = "" if fence else marked[0]
        if line.startswith("## ") and not fence:
            inside = line == f"## {heading}\n"
        recipe += line if inside else ""
    return list(STEP.finditer(recipe))


def follow(heading: str, folder: Path) -> Path:
    """A copy of the package with the recipe carried out."""
    shutil.copytree(ROOT / "cf525", folder / "cf525", ignore=shutil.ignore_patterns("__pycache__"))
    found = steps(heading)
    assert found, f"the recipe {heading!r} has no step to follow"
    for step in found:
        path = folder / step["path"]
        if step["how"] == "new":
            assert not path.exists()
            path.write_text(step["text"], encoding="utf-8")
            continue
        before = path.read_text(encoding="utf-8")
        if step["mark"] is None:
            path.write_text(f"{before}\n\n{step['text']}", encoding="utf-8")
            continue
        assert before.count(step["mark"]) == 1, step["mark"]
        path.write_text(before.replace(step["mark"], step["text"] + step["mark"]), encoding="utf-8")
    return folder


def python(folder: Path, *arguments: str) -> str:
    """What a process says that runs on the copy, and on nothing else."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_a_new_cause_is_in_the_catalogue_and_explained(tmp_path: Path) -> None:
    folder = follow("A cause with its page", tmp_path)
    shown = python(folder, "-m", "cf525.cli", "explain", "teapot")
    assert "teapot" in shown
    assert "Put the name on a server that speaks TLS." in shown
    assert "Earl Grey" in shown
    assert "teapot" in python(folder, "-m", "cf525.cli", "explain")
    code = (
        "from cf525.causes.families import FAMILIES\n"
        "from cf525.causes.cause import CATALOGUE\n"
        "from cf525.causes.page import load, page_ids\n"
        "assert FAMILIES and set(page_ids()) == set(CATALOGUE)\n"
        "print(load('teapot').title, CATALOGUE['teapot'].rank)\n"
    )
    assert python(folder, "-c", code) == "{{ where }} is a teapot ({{ brew }}) 20\n"


def test_a_new_platforms_remedy_comes_first_where_it_is_named(tmp_path: Path) -> None:
    folder = follow("A platform's remedy", tmp_path)
    shown = python(folder, "-m", "cf525.cli", "explain", "sni-rejected-112", "--full")
    assert "Jigsaw" in shown
    assert "jigsaw reload" in shown
    code = (
        "from cf525.cli.options.looking import server\n"
        "from cf525.causes.signs import server as signs\n"
        "known = [s.platform for s in signs.signs('banner') if s.patterns[0].match('Jigsaw/2.3')]\n"
        "print(server('w3c-jigsaw'), *known)\n"
    )
    assert python(folder, "-c", code).split() == ["Jigsaw", "Jigsaw"]


def test_a_new_format_is_offered_chosen_by_its_suffix_and_written(tmp_path: Path) -> None:
    folder = follow("An output format", tmp_path)
    assert "hosts" in python(folder, "-m", "cf525.cli", "audit", "--help")
    report = folder / "audit.json"
    code = (
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from cf525.model import AuditReport\n"
        "from cf525.report.plain import to_json\n"
        "made = AuditReport(tool_version='0', started_at=datetime.now(UTC), what_if='', shard='',\n"
        "                   zones=0)\n"
        "Path('audit.json').write_text(to_json(made))\n"
    )
    python(folder, "-c", code)
    assert json.loads(report.read_text())["hosts"] == []
    written = folder / "all.hosts"
    python(folder, "-m", "cf525.cli", "audit", "merge", "audit.json", "-o", str(written))
    assert written.read_text() == ""


@pytest.mark.parametrize(
    "heading",
    [
        "A cause with its page", "A platform's remedy", "An output format",
        "A Cloudflare setting that changes the route", "A TLS extension in the edge's hello",
        "A server for `lint`", "A change for `fix`", "A fact that turned out wrong",
    ],
)  # fmt: skip
def test_there_is_a_recipe_for_each_thing_that_is_added_often(heading: str) -> None:
    assert f"\n## {heading}\n" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
