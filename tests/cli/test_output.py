"""How a result is printed and where to: the same for every command."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from cf525.cli import exit_status, output
from cf525.cli.options.audit import AuditOutput
from cf525.cli.options.output import DiagnosisOutput, Output
from cf525.cli.run import OutOfTime
from cf525.cli.run import run as run_job
from cf525.errors import UsageError
from cf525.lab.running import Lab
from cf525.report.escape import in_json
from cf525.report.formats import KINDS
from tests.cli.commands import commands
from tests.cli.test_command_line import run

NOT_RESULTS = {"cf525 mcp", "cf525 demo", "cf525 trust update", "cf525 audit read"}
"""Commands that show something and print no result."""
WITHOUT_TIME = {
    "cf525 audit merge", "cf525 audit probe", "cf525 explain", "cf525 replay", "cf525 schema",
    "cf525 trust show",
}  # fmt: skip
"""Commands that ask nobody, and so have nothing to wait for, or have their time from a plan."""


@pytest.mark.parametrize("name", sorted(set(commands()) - NOT_RESULTS))
def test_every_command_that_prints_results_takes_the_same_options(name: str) -> None:
    wanted = {
        "--format", "--json", "--output", "-o", "--force", "--no-color", "--quiet", "--verbose",
        "--debug",
    }  # fmt: skip
    timed = set() if name in WITHOUT_TIME else {"--timeout"}
    assert wanted | timed <= commands()[name]


def test_a_suffix_chooses_the_format_where_no_format_is_given() -> None:
    assert AuditOutput(output=Path("x.HTML")).format("audit").name == "html"
    assert AuditOutput(output=Path("x.prom")).format("audit").name == "prometheus"
    assert AuditOutput(output=Path("x.prom.new")).format("audit").name == "table"
    assert AuditOutput(output=Path("x.html"), form="json").format("audit").name == "json"
    assert Output(output=Path("x.json")).format("report").name == "json"
    assert Output(output=Path("x.md")).format("page").name == "markdown"
    assert Output().format("report").name == "text"


def test_json_is_a_short_word_for_its_format() -> None:
    assert Output(json=True).format("report").name == "json"
    assert Output(json=True, form="json").format("report").name == "json"
    with pytest.raises(UsageError, match="--json and --format text"):
        Output(json=True, form="text").format("report")
    with pytest.raises(UsageError, match="no format of an explanation"):
        Output(json=True).format("page")


def test_a_file_that_promises_a_format_this_result_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match=r"x\.sarif asks for sarif") as refused:
        Output(output=Path("x.sarif")).format("report")
    assert "--format" in refused.value.hint
    assert Output(output=Path("x.sarif"), form="text").format("report").name == "text"


def test_the_message_is_a_format_with_an_option_of_its_own() -> None:
    assert DiagnosisOutput(message=True).format("report").name == "message"
    assert DiagnosisOutput(form="message").format("report").name == "message"


@pytest.mark.parametrize("kind", KINDS)
def test_a_format_that_is_none_is_named_with_those_that_are(kind: str) -> None:
    with pytest.raises(UsageError, match="'xml' is no format of") as refused:
        Output(form="xml").format(kind)
    assert refused.value.hint.startswith("write one of: ")


def test_a_file_that_is_there_is_overwritten_with_force_alone(tmp_path: Path) -> None:
    held = tmp_path / "page.md"
    held.write_text("precious")
    refused = run("explain", "525", "-o", str(held))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--force" in refused.stderr
    assert held.read_text() == "precious"
    assert run("explain", "525", "-o", str(held), "--force").returncode == 0
    assert held.read_text(encoding="utf-8").startswith("# 525")


def test_nothing_is_probed_for_a_file_that_cannot_be_written(lab: Lab, tmp_path: Path) -> None:
    before = sum(each.connections for each in lab.origins.values())
    result = run("diagnose", "www.example.com", "-o", str(tmp_path / "no" / "x.json"), lab=lab)
    assert result.returncode == 2
    assert "lies in none" in result.stderr
    assert sum(each.connections for each in lab.origins.values()) == before


def test_a_diagnosis_goes_to_a_file_in_the_format_of_its_suffix(lab: Lab, tmp_path: Path) -> None:
    kept = tmp_path / "report.json"
    result = run("diagnose", "plain.example.com", "-o", str(kept), lab=lab)
    assert (result.returncode, result.stdout) == (1, "")
    assert json.loads(kept.read_text())["headline"] == "no-tls-on-443"
    shown = run("route", "plain.example.com", "--json", lab=lab)
    assert json.loads(shown.stdout)["routes"]


def test_a_mode_is_read_as_the_dashboard_writes_it(lab: Lab) -> None:
    place = f"127.0.0.1:{lab.origins['203.0.113.30:443'].port}"
    asked = ("expired.example.com", "--origin", place, "--trust", str(lab.trust), "--json")
    for mode, status in (("Full (strict)", 1), ("FULL", 0), ("full-strict", 1)):
        result = run("diagnose", *asked, "--mode", mode)
        assert result.returncode == status, mode
    assert json.loads(result.stdout)["routes"][0]["mode"] == "strict"


def test_a_path_is_given_in_the_url_or_by_itself(lab: Lab) -> None:
    shown = json.loads(run("route", "www.example.com", "--path", "/a?c", "--json", lab=lab).stdout)
    assert shown["target"]["path"] == "/a?c"
    for arguments in (("www.example.com/x", "--path", "/y"), ("www.example.com", "--path", "y")):
        result = run("route", *arguments, lab=lab)
        assert result.returncode == 2
        assert "--path" in result.stderr


def test_time_that_runs_out_is_said_and_leaves_the_answer_open() -> None:
    with pytest.raises(OutOfTime, match=r"within 0\.01 s") as ended:
        run_job(asyncio.sleep(5), within=0.01)
    assert "--timeout" in ended.value.hint
    assert exit_status.of_error(ended.value) == exit_status.UNKNOWN
    assert run_job(asyncio.sleep(0, "done"), within=5) == "done"


def test_a_result_follows_no_link_that_somebody_planted(tmp_path: Path) -> None:
    """The folder may be anybody's; the process's number is known to all."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / f".page.md.{os.getpid()}.part").symlink_to(victim)
    output._write_file(["a", "b"], shared / "page.md")
    assert victim.read_text() == "precious"
    assert (shared / "page.md").read_text() == "ab"
    assert len(list(shared.iterdir())) == 2


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_result_has_the_mode_of_any_file(tmp_path: Path, mask: int, mode: int) -> None:
    old = os.umask(mask)
    try:
        output._write_file(["a"], tmp_path / "page.md")
    finally:
        os.umask(old)
    assert (tmp_path / "page.md").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize(
    "char", ["\x9b", "\x85", "\x7f", "\u202e", "\u200b", "\u2028", "\U000e0041"]
)
def test_json_says_what_acts_on_a_screen_in_letters(char: str) -> None:
    value = {"a": f'x{char}y\n"\\ é 字', char: 1}
    text = in_json(json.dumps(value, indent=2, ensure_ascii=False))
    assert json.loads(text) == value
    assert char not in text
    assert "é 字" in text
