"""The first page that somebody sees tells the same everywhere: README, documentation, help."""

import re
import shlex
import subprocess
import sys

import pytest

from cf525.cli import start
from cf525.cli.app import COMMANDS, app
from cf525.cli.manual import manual
from tests.cli.commands import commands
from tests.cli.forked import ROOT

ROW = re.compile(r"^\| (.+?) \| `(.+?)` \|$", re.MULTILINE)
PAGES = ("README.md", "docs/index.md")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_documentation_shows_the_programs_own_rows(page: str) -> None:
    text = (ROOT / page).read_text()
    assert dict(ROW.findall(text)) == start.FIRST
    assert start.ACCOUNT in " ".join(text.replace("`", "").split())
    assert "says exactly what to change" in " ".join(text.split())


@pytest.mark.parametrize("arguments", [(), ("--help",)], ids=["alone", "help"])
def test_the_program_shows_them_within_its_width(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cf525", *arguments], capture_output=True, text=True, check=True
    )
    shown = done.stdout
    for have, command in start.FIRST.items():
        assert re.search(rf"^ +{re.escape(have)} +{re.escape(command)}$", shown, re.MULTILINE)
    assert max(map(len, shown.splitlines())) <= 80


def test_the_manual_page_has_them_too() -> None:
    plain = re.sub(r"\\f[BIR]", "", manual()).replace("\\-", "-").replace("\\(aq", "'")
    for command in start.FIRST.values():
        assert command in plain.replace("\\(dq", '"')


def test_each_is_a_command_with_options_that_it_takes() -> None:
    known = commands()
    for line in start.FIRST.values():
        program, name, *words = shlex.split(line)
        assert program == "cf525"
        assert name in COMMANDS
        assert {each for each in words if each.startswith("--")} <= known[f"cf525 {name}"]
    assert app.info.help is not None
