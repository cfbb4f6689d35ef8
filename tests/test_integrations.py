"""The files that other programs run, step by step: the Action, GitLab's jobs, the container."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization

from cf525.lab.ca import Authority, Issued
from cf525.lab.running import Lab
from tests.cli.forked import CF525, ROOT
from tests.cli.test_command_line import environment

ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text())
RUN = next(each for each in ACTION["runs"]["steps"] if each.get("id") == "run")
HOST = "www.example.com"


class Runner:
    """Carries out a composite step as the engine does: inputs, files for outputs and summary."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "bin" / "cf525"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {shlex.join(CF525)} "$@"\n')
        program.chmod(0o755)
        self.path = f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"

    def run(self, **given: str) -> int:
        inputs = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()}
        inputs |= given
        values = {
            name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: inputs[found[1]], text)
            for name, text in RUN["env"].items()
        }
        assert RUN["shell"] == "bash"
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", RUN["run"]],
            cwd=self.folder, capture_output=True, text=True,
            env={
                **values, "PATH": self.path, "PYTHONPATH": str(ROOT), "HOME": str(self.folder),
                "GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(self.folder),
                "GITHUB_OUTPUT": str(self.folder / "output"),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            },
        )  # fmt: skip
        self.said = done.stdout + done.stderr
        return done.returncode

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def put(folder: Path, issued: Issued) -> None:
    (folder / "chain.pem").write_bytes(issued.chain_pem)


def trusted(folder: Path) -> Authority:
    authority = Authority()
    (folder / "ca.pem").write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    return authority


ARGUMENTS = f"chain.pem\n--host\n{HOST}\n--trust\nca.pem\n--trust-only\n--no-fetch\n"


def test_the_action_passes_a_good_certificate(runner: Runner) -> None:
    put(runner.folder, trusted(runner.folder).intermediate().issue(HOST))
    assert runner.run(command="verify", arguments=ARGUMENTS) == 0, runner.said
    assert runner.outputs["status"] == "ok"
    assert runner.outputs["exit-status"] == "0"
    assert HOST in (runner.folder / "summary").read_text()


def test_the_action_fails_a_bad_one_and_names_the_cause(runner: Runner) -> None:
    put(runner.folder, trusted(runner.folder).intermediate().issue("other.example.com"))
    assert runner.run(command="verify", arguments=ARGUMENTS) == 1, runner.said
    assert runner.outputs["status"] == "526"
    assert runner.outputs["cause"]
    assert Path(runner.outputs["report"]).stat().st_size > 100
    never = {"command": "verify", "arguments": ARGUMENTS, "fail-on": "never"}
    assert runner.run(**never) == 0


def test_the_action_shows_the_line_of_a_configuration(runner: Runner) -> None:
    text = "events {}\nhttp { server {\n listen 443 ssl;\n ssl_reject_handshake on;\n} }\n"
    (runner.folder / "nginx.conf").write_text(text)
    arguments = f"nginx.conf\n--host\n{HOST}\n"
    assert runner.run(command="lint", arguments=arguments) == 1, runner.said
    assert '"startLine": 4' in (runner.folder / "cf525.sarif").read_text()


def test_an_input_never_becomes_shell_text(runner: Runner) -> None:
    wicked = "$(touch made)`touch made`; touch made\n--host\nx'; touch made; '\n"
    assert runner.run(command="verify", arguments=wicked) == 2
    assert runner.run(command="verify; touch made", arguments="x") == 2
    assert not (runner.folder / "made").exists()


def test_every_command_of_the_jobs_is_one() -> None:
    """Each option that a file shows exists; nothing is installed by a name on an index."""
    for path in (ROOT / "docs").rglob("*.y*ml"):
        for line in re.findall(r"(?<![-/\w])cf525 [a-z]+ [^\n]*", path.read_text()):
            words = line.split()
            shown = subprocess.run([*CF525, words[1], "--help"], capture_output=True, text=True)
            assert shown.returncode == 0, line
            for word in words[2:]:
                if word.startswith("--"):
                    assert word in shown.stdout, f"{path.name}: {line}"


def test_nothing_depends_on_the_name_being_on_an_index() -> None:
    by_name = re.compile(r"(pip|pipx|uvx|uv tool) (install )?(--quiet )?['\"]?cf525['\"\[ \n]")
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*")):
        if path.is_file() and path.suffix in {".md", ".yml", ".yaml", ".sh"}:
            assert not by_name.search(path.read_text()), path


def container() -> list[tuple[str, str]]:
    """The instructions of the container's file, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text())
    lines = [each for each in text.splitlines() if each and not each.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_container_runs_as_nobody_and_copies_what_there_is() -> None:
    found = container()
    assert [rest.partition(" ")[2] for word, rest in found if word == "FROM"] == ["AS build", ""]
    assert [rest for word, rest in found if word == "USER"] == ["65534:65534"]
    assert not [word for word, _ in found if word == "ADD"]
    for word, rest in found:
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source


def test_the_stages_of_the_container_make_a_program(tmp_path: Path) -> None:
    """What is copied is copied, what is run is run, in a folder for the root of the image.

    The packages that it installs by name are at hand already.
    """
    work, site = tmp_path / "src", tmp_path / "site"
    work.mkdir()
    for word, rest in container():
        if word == "COPY" and not rest.startswith("--from"):
            *sources, to = rest.split()
            for source in sources:
                to_path = work if to == "./" else work / to
                to_path.parent.mkdir(exist_ok=True)
                subprocess.run(["cp", "-r", ROOT / source, to_path], check=True)
        elif word == "RUN" and "install" not in rest:
            line = rest.replace("/wheels", str(tmp_path / "wheels")).replace(
                "python", sys.executable, 1
            )
            subprocess.run(["sh", "-ec", line], cwd=work, check=True, capture_output=True)
        elif word == "RUN" and "/wheels/" in rest:
            line = rest.replace("/wheels", str(tmp_path / "wheels")).replace(
                "python", sys.executable, 1
            )
            subprocess.run(
                ["sh", "-ec", f"{line} --no-deps --no-index --target {site}"], check=True
            )
    told = subprocess.run(
        [sys.executable, "-m", "cf525.cli", "--version"],
        env={"PYTHONPATH": str(site), "PATH": os.environ["PATH"]},
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert told.stdout.startswith("cf525 ")


def test_terraform_gets_one_object_of_strings(lab: Lab, runner: Runner) -> None:
    """The program of the data source, spoken to as Terraform's external provider does."""
    text = (ROOT / "docs" / "integrations" / "terraform.tf").read_text()
    (listed,) = re.findall(r"program = \[(.*?),?\n  \]", text, re.DOTALL)
    program = json.loads(f"[{listed}]")
    query = json.dumps({"host": "expired.example.com"})
    done = subprocess.run(
        program, input=query, capture_output=True, text=True,
        env={**environment(lab), "PATH": runner.path, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert all(isinstance(each, str) for each in result.values())
    assert (result["status"], result["fails"], result["cause"]) == ("526", "true", "cert-expired")
    for name in re.findall(r"result\.(\w+)", text):
        assert name in result


def test_a_checkout_gets_neither_a_run_nor_the_token(runner: Runner) -> None:
    """A pull request may bring modules of any name; no Python of the step takes them."""
    put(runner.folder, trusted(runner.folder).intermediate().issue(HOST))
    caught = runner.folder / "caught"
    wicked = f"import os\nopen({str(caught)!r}, 'a').write(repr(dict(os.environ)))\n"
    for name in ("json", "sys", "site", "sitecustomize", "codecs"):
        (runner.folder / f"{name}.py").write_text(wicked)
    # As it is installed: a program of another folder, which the step's folder is no part of.
    program = runner.folder / "bin" / "cf525"
    program.write_text(f'#!/bin/sh\nexec {shlex.join([CF525[0], "-P", *CF525[1:]])} "$@"\n')
    arguments = ARGUMENTS.replace("chain.pem", str(runner.folder / "chain.pem"))
    assert runner.run(command="verify", arguments=arguments, token="sekrit") == 0, runner.said
    assert runner.outputs["status"] == "ok"
    assert not caught.exists()


def test_what_reads_the_report_of_the_action_has_no_token(runner: Runner) -> None:
    put(runner.folder, trusted(runner.folder).intermediate().issue(HOST))
    told, real = runner.folder / "told", Path(sys.executable)
    python = runner.folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nenv >>"{told}"\nexec {real} "$@"\n')
    python.chmod(0o755)
    assert runner.run(command="verify", arguments=ARGUMENTS, token="sekrit") == 0, runner.said
    assert runner.outputs["status"] == "ok"
    assert "RUNNER_TEMP" in told.read_text()
    assert "sekrit" not in told.read_text()
