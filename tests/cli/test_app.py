"""The list of commands: each is built when it is asked for, and says what its line says."""

import subprocess
import sys

import pytest
from typer.main import get_command

from cf525.cli.app import COMMANDS, app
from tests.cli.test_command_line import environment, run


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_is_how_its_own_help_begins(name: str) -> None:
    root = get_command(app)
    found = root.get_command(None, name)  # type: ignore[attr-defined]
    assert found.name == name
    assert " ".join(found.help.split()).startswith(COMMANDS[name])


@pytest.mark.parametrize("arguments", [["--help"], ["schema", "--help"]])
def test_a_command_that_is_not_asked_for_is_not_built(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from cf525.cli.__main__ import _status\n"
        f"_status({arguments!r})\n"
        "print(*(name for name in sys.modules if name.startswith('cf525.cli.')), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(None)
    )
    loaded = {each.removeprefix("cf525.cli.") for each in result.stderr.split()}
    assert loaded & set(COMMANDS) == set(arguments) & set(COMMANDS)
    assert "Usage" in result.stdout


def test_a_command_that_is_mistyped_is_told_its_neighbour() -> None:
    result = run("diagnos", "x.example")
    assert result.returncode == 2
    assert "Did you mean 'diagnose'" in result.stderr


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help_under_both_names(flag: str) -> None:
    for words in (["diagnose"], ["audit"], ["audit", "merge"], ["trust", "show"]):
        result = run(*words, flag)
        assert result.returncode == 0
        assert "Output:" in result.stdout


@pytest.mark.parametrize("words", [["trust"]])
def test_who_names_no_command_is_shown_those_there_are(words: list[str]) -> None:
    result = run(*words)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: ")
    assert "Commands:" in result.stderr
