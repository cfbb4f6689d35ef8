"""What a feature says whose package is missing: one sentence, and the line for this machine."""

import sys
import tomllib

import pytest

from cf525 import child, extras
from tests.cli.forked import ROOT


def test_the_table_is_what_the_package_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = dict(project["optional-dependencies"])
    assert declared.pop("dev")
    assert declared == {name: [package] for name, package in extras.EXTRAS.items()}


@pytest.mark.parametrize(
    ("prefix", "line"),
    [
        ("/srv/venv", "/srv/venv/bin/python -P -m pip install 'mcp>=2.3,<3'"),
        ("/home/a/.local/share/pipx/venvs/cf525", "pipx inject cf525 'mcp>=2.3,<3'"),
        (
            "/home/a/.local/share/uv/tools/cf525",
            "uv pip install --python /home/a/.local/share/uv/tools/cf525/bin/python 'mcp>=2.3,<3'",
        ),
    ],
)
def test_the_line_is_for_the_interpreter_in_use(
    prefix: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PEX", raising=False)
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setattr(child, "PYTHON", f"{prefix}/bin/python")
    assert extras.missing("the MCP server", "mcp").hint == line


def test_the_single_file_says_that_it_holds_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEX", "/usr/local/bin/cf525")
    told = extras.missing("--notify", "notify")
    assert "not in the single file" in told.hint
    assert "FILE.whl[notify]" in told.hint
