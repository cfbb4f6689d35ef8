"""The completion that is written for zsh, loaded by zsh as it loads its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.forked import ROOT
from tests.cli.test_command_line import environment
from tests.servers.process import require


@pytest.mark.realserver
def test_the_first_tab_is_answered_by_the_function_that_zsh_loads(tmp_path: Path) -> None:
    zsh = require("zsh")
    shown = subprocess.run(
        [sys.executable, "-m", "cf525.cli", "--show-completion", "zsh"],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env=environment(None) | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    ).stdout  # fmt: skip
    (tmp_path / "_cf525").write_text(shown)
    program = tmp_path / "cf525"
    program.write_text('#!/bin/sh\necho "print -r -- asked: $_TYPER_COMPLETE_ARGS"\n')
    program.chmod(0o755)
    script = (
        f"fpath=({tmp_path} $fpath); path=({tmp_path} $path)\n"
        "autoload -Uz compinit; compinit -u -D\n"
        "words=(cf525 diag); CURRENT=2\n"
        "$_comps[cf525]; $_comps[cf525]\n"
    )
    done = subprocess.run([zsh, "-fc", script], capture_output=True, text=True)
    assert done.stdout == "asked: cf525 diag\n" * 2, done.stderr


@pytest.mark.realserver
def test_a_script_that_is_read_at_the_start_asks_nothing(tmp_path: Path) -> None:
    zsh = require("zsh")
    from typer._completion_shared import get_completion_script

    from cf525.cli.zsh import mend

    mend()
    text = get_completion_script(prog_name="cf525", complete_var="_CF525_COMPLETE", shell="zsh")
    script = f"autoload -Uz compinit; compinit -u -D\n{text}\nprint $_comps[cf525]\n"
    done = subprocess.run([zsh, "-fc", script], capture_output=True, text=True)
    assert done.stdout == "_cf525_completion\n", done.stderr
