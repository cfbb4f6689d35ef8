"""The command of a stop-gap on the first screen of a diagnosis does what the screen says."""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from cf525.lab.demo import DemoResult, environment
from cf525.lab.running import Lab
from cf525.report.screen import ROWS, render, rows
from tests.cli import forked

pytestmark = pytest.mark.xdist_group("demo")

COMMAND = re.compile(r"^ +cf525 fix (\S+) (.+)$")


def commands(demo: Mapping[str, DemoResult]) -> dict[str, list[str]]:
    found = {}
    for host, each in demo.items():
        for line in render(each.report):
            match = COMMAND.match(line.text)
            if match is not None:
                assert match[1] == host
                found[host] = shlex.split(match[2], comments=True)  # as a shell reads it
    return found


def test_a_stop_gap_that_is_offered_has_its_command(demo: Mapping[str, DemoResult]) -> None:
    found = commands(demo)
    certificates = ("expired", "selfsigned", "wrongname")
    assert {f"{each}.example.com" for each in certificates} <= set(found)
    assert found["expired.example.com"] == ["mode-for-host"]
    assert found["plain.example.com"] == ["mode-for-host", "--value", "flexible"]
    assert "www.example.com" not in found, "an override that the zone's plan does not have"
    for each in demo.values():
        assert rows(render(each.report)) <= ROWS


def test_the_command_plans_what_the_screen_says(
    lab: Lab, demo: Mapping[str, DemoResult], tmp_path: Path
) -> None:
    lines = [each for each in environment(lab).splitlines() if each.startswith("export")]
    pairs = (line.removeprefix("export ").split("=", 1) for line in lines)
    known = {name: value.strip("'") for name, value in pairs}
    known |= {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_PROXY": "*"}
    for host in ("expired.example.com", "selfsigned.example.com", "wrongname.example.com"):
        words = commands(demo)[host]
        done = forked.run(["fix", host, *words, "--no-fetch", "--no-edge"], known, 120)
        assert done.returncode == 0, done.stderr
        assert "visitors would get ok" in " ".join(done.stdout.split())
