"""The commands that look from elsewhere, keep what they saw and judge it again."""

import json
import signal
import subprocess
import time
from pathlib import Path

from cf525.lab.running import Lab
from tests.cli.forked import CF525
from tests.cli.test_command_line import environment, run


def test_a_transcript_is_saved_and_replayed_offline(lab: Lab, tmp_path: Path) -> None:
    kept, capture = tmp_path / "t.json", tmp_path / "t.pcapng"
    first = run(
        *("diagnose", "expired.example.com", "--no-edge", "--no-fetch"),
        *("--save-transcript", str(kept), "--pcap", str(capture)),
        lab=lab,
    )
    second = run("replay", str(kept), "--format", "json")
    assert (first.returncode, second.returncode) == (1, 1)
    assert json.loads(second.stdout)["headline"] == "cert-expired"
    assert capture.read_bytes()[:4] == b"\n\r\r\n"
    earlier = run("replay", str(kept), "--at", "2020-01-01", "--format", "json")
    assert json.loads(earlier.stdout)["headline"] == "cert-not-yet-valid"


def test_emit_prints_a_command_that_can_be_pasted() -> None:
    result = run("probe", "203.0.113.7:443", "--sni", "www.example.com", "--emit")
    assert result.returncode == 0
    lines = [line for line in result.stdout.splitlines() if not line.startswith("#")]
    assert lines[0].startswith("./cf525 probe 203.0.113.7:443 --sni www.example.com")
    assert lines[1] == lines[0].removeprefix("./")
    assert all("--request --format json -o" in line for line in lines[:2])


def test_an_observation_from_the_origin_host_is_judged_here(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    port = lab.origins["203.0.113.30:443"].port
    run(
        *("probe", f"127.0.0.1:{port}", "--sni", "expired.example.com", "--request"),
        *("--format", "json", "-o", str(file)),
    )
    before = lab.origins["203.0.113.30:443"].connections
    result = run(
        *("diagnose", "expired.example.com", "--observation", str(file), "--mode", "strict"),
        *("--no-edge", "--no-fetch", "--trust", str(lab.trust), "--format", "json"),
    )
    report = json.loads(result.stdout)
    assert (report["edge_status"], report["headline"]) == ("526", "cert-expired")
    assert "seen-elsewhere" in [each["id"] for each in report["unknowns"]]
    assert lab.origins["203.0.113.30:443"].connections == before


def test_a_series_is_asked_for_on_the_command_line(lab: Lab) -> None:
    result = run(
        *("diagnose", "healthy.example.com", "--no-edge", "--no-fetch"),
        *("--repeat", "5", "--parallel", "2"),
        lab=lab,
    )
    assert result.returncode == 0
    assert "SEEN" in result.stdout
    assert "9 probes, 0 failed" in result.stdout


def test_a_way_or_a_series_that_is_none_is_wrong_usage(lab: Lab, tmp_path: Path) -> None:
    for arguments in (
        ("--via", "ftp://x"),
        ("--via", "ssh://x", "--source", "127.0.0.1"),
        ("--source", "localhost"),
        ("--client-key", str(tmp_path)),
        ("--repeat", "5000"),
        ("--repeat", "5", "--parallel", "99"),
        ("--observation", str(tmp_path / "none")),
        ("--observation", str(tmp_path / "none"), "--repeat", "5"),
    ):
        result = run("diagnose", "www.example.com", "--no-edge", *arguments, lab=lab)
        assert result.returncode == 2, arguments
        assert result.stdout == ""
    assert run("replay", str(tmp_path / "none")).returncode == 2


def test_watch_ends_at_health_and_prints_the_report(lab: Lab) -> None:
    result = run("watch", "healthy.example.com", "--no-edge", "--no-fetch", lab=lab)
    assert result.returncode == 0
    assert result.stderr.rstrip().endswith("Z  ok")
    assert " OK " in result.stdout


def test_watch_tells_what_fails_and_runs_a_command_only_at_a_change(
    lab: Lab, tmp_path: Path
) -> None:
    result = run(
        *("watch", "expired.example.com", "--no-edge", "--no-fetch", "--until", "fail"),
        *("--exec", f"touch {tmp_path}/ran", "--format", "json"),
        lab=lab,
    )
    assert result.returncode == 1
    assert "526 cert-expired" in result.stderr
    assert json.loads(result.stdout)["headline"] == "cert-expired"
    assert not (tmp_path / "ran").exists()


def test_interrupting_a_series_keeps_what_was_gathered(lab: Lab) -> None:
    process = subprocess.Popen(
        [
            *(*CF525, "diagnose", "healthy.example.com", "--no-edge", "--no-fetch"),
            *("--repeat", "900", "--interval", "0.02", "--format", "json"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(lab),
    )
    origin = lab.origins["203.0.113.10:443"]
    before = origin.connections
    while origin.connections < before + 5:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=100)
    assert process.returncode == 130
    report = json.loads(output)
    assert 1 <= report["series"][0]["parts"][0]["total"] < 900
    assert "interrupted" in [each["id"] for each in report["unknowns"]]
