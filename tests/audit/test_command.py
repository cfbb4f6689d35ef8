"""``cf525 audit`` as a user meets it."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cf525.lab.running import Lab
from cf525.lab.scenarios import SCENARIOS
from cf525.model import AuditReport
from cf525.report.schemas import json_schema
from tests.cli.forked import CF525
from tests.cli.test_command_line import environment, run

QUICK = ("--zone", "example.net", "--quiet")
"""A zone of the lab with one healthy host."""


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    return {"CF525_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture(scope="module")
def result(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JSON of an audit of the whole lab."""
    folder = tmp_path_factory.mktemp("audit")
    path = folder / "audit.json"
    ran = run(
        "audit", "--hosts", "all", "--format", "json", "-o", str(path),
        lab=lab, env={"CF525_CACHE_DIR": str(folder)},
    )  # fmt: skip
    assert ran.returncode == 1
    return path


def test_the_whole_lab_comes_out_as_its_scenarios_say(result: Path) -> None:
    report = json.loads(result.read_text())
    Draft202012Validator(json_schema(AuditReport)).validate(report)
    found = {row["host"]: (row["edge_status"], row["headline"]) for row in report["hosts"]}
    assert found == {each.host: (each.status, each.headline) for each in SCENARIOS}
    assert report["complete"] is True


def test_the_table_goes_to_stdout_and_the_plan_to_stderr(lab: Lab, cache: dict[str, str]) -> None:
    ran = run("audit", "--zone", "example.net", lab=lab, env=cache)
    assert ran.returncode == 0
    assert "1 host in 1 zone" in ran.stdout
    assert "API calls" in ran.stderr
    assert "\x1b[" not in ran.stdout


def test_a_plan_stops_before_any_probe(lab: Lab, cache: dict[str, str]) -> None:
    before = sum(each.connections for each in lab.origins.values())
    ran = run("audit", "--plan", lab=lab, env=cache)
    assert ran.returncode == 0
    for part in ("3 zones", "API calls", "connections", " s\n"):
        assert part in ran.stdout
    assert sum(each.connections for each in lab.origins.values()) == before


def test_a_plan_is_words_whatever_the_audits_format_is_to_be(
    lab: Lab, tmp_path: Path, cache: dict[str, str]
) -> None:
    ran = run("audit", *QUICK, "--plan", "--format", "html", lab=lab, env=cache)
    assert (ran.returncode, ran.stdout[:6]) == (0, "1 zone")
    page = tmp_path / "audit.html"
    refused = run("audit", *QUICK, "--plan", "-o", str(page), lab=lab, env=cache)
    assert refused.returncode == 2
    assert "the plan of an audit" in refused.stderr
    assert not page.exists()


def test_the_suffix_of_the_file_chooses_the_format(
    lab: Lab, tmp_path: Path, cache: dict[str, str]
) -> None:
    page, lines = tmp_path / "audit.html", tmp_path / "audit.ndjson"
    for path in (page, lines):
        assert run("audit", *QUICK, "-o", str(path), lab=lab, env=cache).returncode == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(lines.read_text())["target"]["host"] == "fullmode.example.net"


def test_ndjson_streams_one_report_a_line(lab: Lab, cache: dict[str, str]) -> None:
    ran = run("audit", *QUICK, "--format", "ndjson", lab=lab, env=cache)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["target"]["host"] for line in lines] == ["fullmode.example.net"]
    Draft202012Validator(json_schema()).validate(lines[0])


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("markdown", "# Audit"),
        ("html", "<!doctype html>"),
        ("junit", "<?xml"),
        ("prometheus", "# HELP"),
        ("sarif", "{"),
        ("json", "{"),
    ],
)
def test_every_format_is_written(lab: Lab, cache: dict[str, str], form: str, begins: str) -> None:
    ran = run("audit", *QUICK, "--format", form, lab=lab, env=cache)
    assert ran.returncode == 0
    assert ran.stdout.startswith(begins)
    assert ran.stderr == ""


def test_what_if_and_fail_on_decide_the_exit_status(lab: Lab, cache: dict[str, str]) -> None:
    strict = run("audit", *QUICK, "--what-if", "strict", lab=lab, env=cache)
    assert strict.returncode == 1
    assert "cert-expired" in strict.stdout
    never = run("audit", *QUICK, "--what-if", "strict", "--fail-on", "never", lab=lab, env=cache)
    assert never.returncode == 0
    nothing = run(
        "audit", "--zone", "example.org", "--quiet", "--exclude", "loop.*", lab=lab, env=cache
    )
    assert nothing.returncode == 2
    assert "leaves none of" in nothing.stderr


def test_a_baseline_leaves_what_changed(lab: Lab, cache: dict[str, str], result: Path) -> None:
    same = run("audit", *QUICK, "--baseline", str(result), lab=lab, env=cache)
    assert "0 hosts" in same.stdout
    ran = run("audit", *QUICK, "--what-if", "strict", "--baseline", str(result), lab=lab, env=cache)
    assert "1 host " in ran.stdout


def test_parts_merge_and_keep_the_exit_status(lab: Lab, tmp_path: Path, result: Path) -> None:
    checkpoint = tmp_path / "part.ndjson"
    part = run("audit", *QUICK, "--checkpoint", str(checkpoint), lab=lab)
    assert part.returncode == 0
    merged = run("audit", "merge", str(result), str(checkpoint), "--format", "json")
    assert merged.returncode == 1
    assert len(json.loads(merged.stdout)["hosts"]) == len(SCENARIOS)
    html = run("audit", "merge", str(checkpoint), "--format", "html")
    assert "fullmode.example.net" in html.stdout
    assert 'href="#h0"' in html.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "csv"], "csv"),
        (["--shard", "9/8"], "9/8"),
        (["--shard", "x"], "'x'"),
        (["--since", "1y"], "1y"),
        (["--zone", "nowhere.example"], "nowhere.example"),
        (["--account", "nobody"], "nobody"),
        (["--what-if", "half"], "half"),
        (["-o", "/nonexistent/x.json"], "/nonexistent/x.json"),
        (["-o", "/proc/1/x.json"], "/proc/1/x.json"),
        (["--baseline", "/nonexistent.json"], "/nonexistent.json"),
        (["--checkpoint", "/proc/1/x.ndjson"], "/proc/1/x.ndjson"),
        (["--checkpoint", "/nonexistent/c.ndjson", "--resume"], "no checkpoint"),
        (["--serve", "nine"], "nine"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(
    lab: Lab, cache: dict[str, str], arguments: list[str], said: str
) -> None:
    ran = run("audit", "--quiet", *arguments, lab=lab, env=cache)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) <= 3


def test_nothing_is_overwritten_without_force(
    lab: Lab, tmp_path: Path, cache: dict[str, str]
) -> None:
    held = tmp_path / "held"
    held.write_text("precious")
    for option in ("-o", "--checkpoint"):
        ran = run("audit", *QUICK, option, str(held), lab=lab, env=cache)
        assert ran.returncode == 2
        assert "--force" in ran.stderr
        assert held.read_text() == "precious"
    assert run("audit", *QUICK, "-o", str(held), "--force", lab=lab, env=cache).returncode == 0
    assert "1 host" in held.read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"accounts": ["f" * 32]}, "other accounts"),
        ({"schema": "cf525.audit-checkpoint/1"}, "another version"),
        ({"scope": {}}, "another --zones"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(
    lab: Lab, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    path = tmp_path / "c.ndjson"
    assert run("audit", *QUICK, "--checkpoint", str(path), lab=lab).returncode == 0
    head, _, rest = path.read_text().partition("\n")
    path.write_text(json.dumps(json.loads(head) | change) + "\n" + rest)
    before = path.read_bytes()
    ran = run("audit", *QUICK, "--checkpoint", str(path), "--resume", lab=lab)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_audit_prints_what_it_has_and_resumes(
    lab: Lab, tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "c.ndjson"
    command = ["audit", "--hosts", "all", "--checkpoint", str(path), "--format", "json"]
    process = subprocess.Popen(
        [*CF525, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(lab),
    )
    while b'"kind":"host"' not in (path.read_bytes() if path.exists() else b""):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    out, said = process.communicate(timeout=100)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "--resume" in said
    partial = json.loads(out)
    assert partial["complete"] is False
    assert 0 < len(partial["hosts"]) < len(SCENARIOS)
    whole = run(*command, "--resume", lab=lab)
    assert whole.returncode == 1
    found = {row["host"]: row["headline"] for row in json.loads(whole.stdout)["hosts"]}
    assert found == {each.host: each.headline for each in SCENARIOS}


def test_the_exporter_serves_the_newest_audit(lab: Lab, cache: dict[str, str]) -> None:
    process = subprocess.Popen(
        [*CF525, "audit", *QUICK, "--serve", "127.0.0.1:0", "--every", "1h"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(lab) | cache,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        url = next(word for word in line.split() if word.startswith("http")).rstrip(";")
        text = ""
        while "cf525_complete 1.0" not in text:
            assert process.poll() is None, text
            time.sleep(0.1)
            with urllib.request.urlopen(url, timeout=60) as answer:
                text = answer.read().decode()
        assert 'cf525_hosts{severity="ok"} 1.0' in text
    finally:
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=100)
    assert process.returncode == 130


def test_no_token_is_said_before_anything_else(tmp_path: Path) -> None:
    ran = run("audit", "-o", str(tmp_path / "x"))
    assert ran.returncode == 4
    assert "CLOUDFLARE_API_TOKEN" in ran.stderr
    assert not (tmp_path / "x").exists()
