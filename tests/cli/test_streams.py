"""Streams that are closed, full or not read, and a home that is none: a sentence or silence."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from cf525.cli import exit_status
from cf525.cli.__main__ import _status
from tests.cli import forked
from tests.cli.forked import CF525
from tests.cli.test_command_line import environment

FAULT = (b"Traceback", b"internal fault (", b"Exception ignored")
PLAIN = {
    "PATH": os.environ["PATH"],
    "PYTHONUTF8": "1",
    "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
}
COMMANDS = ("explain 525", "--help", "explain nosuchword")


def shell(line: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    command = line.replace("cf525", " ".join(CF525), 1)
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, env={**PLAIN, **environment}, timeout=120
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("command", COMMANDS[:-1])
def test_a_full_device_is_named_in_one_sentence(command: str) -> None:
    ran = shell(f"cf525 {command} > /dev/full")
    said = b"cf525: cannot write to standard output: No space left on device"
    assert (ran.returncode, ran.stderr.splitlines()[0]) == (2, said)
    assert len(ran.stderr.splitlines()) == 2


@pytest.mark.parametrize("how", [">&-", "<&- >&- 2>&-", "2>/dev/full", "| true"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_stream_that_is_closed_or_not_read_is_no_fault(command: str, how: str) -> None:
    ran = shell(f"cf525 {command} {how}")
    assert not [each for each in FAULT if each in ran.stdout + ran.stderr]
    wanted = 2 if command == COMMANDS[-1] and "true" not in how else 0
    assert ran.returncode == wanted


def test_a_file_that_is_opened_never_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from cf525.cli import streams\n"
        "streams.prepare()\n"
        f"file = open({str(tmp_path / 'own')!r}, 'w')\n"
        "print('for stdout'); print('for stderr', file=sys.stderr)\n"
        "sys.stdout.flush(); sys.stderr.flush()\n"
        "sys.exit(file.fileno() < 3)\n"
    )
    ran = subprocess.run(
        ["bash", "-c", f'{sys.executable} -c "$CODE" <&- >&- 2>&-'], env={**PLAIN, "CODE": code}
    )
    assert ran.returncode == 0
    assert not (tmp_path / "own").read_text()


@pytest.mark.parametrize("home", [None, "/nonexistent", "/proc"])
@pytest.mark.parametrize(
    "command",
    [
        "fix --list",
        "lint --host www.example.com /dev/null",
        "diagnose www.example.com --origin 127.0.0.1:1 --no-edge --no-fetch --timeout 3 --json",
    ],
)
def test_without_a_home_that_can_be_written_nothing_is_a_fault(
    command: str, home: str | None
) -> None:
    ran = shell(f"cf525 {command}", **({} if home is None else {"HOME": home}))
    assert not [each for each in FAULT if each in ran.stdout + ran.stderr]
    assert ran.returncode in (0, 1, 2, 3)
    if "--json" in command:
        assert json.loads(ran.stdout)["schema"].startswith("cf525.")


WRITES = """
import sys
import tempfile
from cf525.cli import output, signals, streams
signals.arm()
streams.prepare()
try:
    with signals.writing():
        output.print_pieces(["x" * 99_999 + "\\n"] * 20, color=False)
except KeyboardInterrupt:
    sys.exit(130)
"""
"""Two megabytes to standard output, as any command writes its result."""


def writing() -> "subprocess.Popen[bytes]":
    """The program, when it has written something and waits for its reader."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=PLAIN,
        bufsize=0,
    )
    assert process.stdout is not None
    assert process.stdout.read(1) == b"x"
    return process


def test_a_result_that_is_being_read_is_written_to_its_end() -> None:
    process = writing()
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert (len(output), errors, process.returncode) == (1_999_999, b"", 130)


def test_a_result_that_nobody_reads_does_not_keep_the_process() -> None:
    process = writing()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 130
    output, errors = process.communicate(timeout=60)
    assert len(output) < 1_999_999
    assert errors == b""


def test_what_a_parent_has_set_to_be_ignored_stays_so() -> None:
    """As nohup does."""
    process = subprocess.Popen(
        ["bash", "-c", f"trap '' HUP; exec {' '.join(CF525)} demo --keep"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=PLAIN,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


HERE = ("--origin", "127.0.0.1:1", "--mode", "full", "--no-edge", "--no-fetch")
PIPED = {
    "a plan": ("fix", "--apply", "PIPE", "--yes"),
    "a report": ("fix", "--report", "PIPE", "mode-for-host"),
    "a transcript": ("replay", "PIPE"),
    "an observation": ("diagnose", "www.example.com", "--observation", "PIPE", *HERE),
    "certificates of a log": ("diagnose", "www.example.com", "--ct", "PIPE", *HERE),
    "a token": ("diagnose", "www.example.com", "--token-file", "PIPE", *HERE),
    "hosts": ("diagnose", "-f", "PIPE", *HERE),
    "a certificate": ("verify", "PIPE"),
    "a client certificate": ("probe", "127.0.0.1:1", "--sni", "a.b", "--client-cert", "PIPE"),
}


@pytest.mark.parametrize("what", PIPED)
def test_a_pipe_that_nobody_writes_to_is_empty(what: str, tmp_path: Path) -> None:
    """Opened as a file it would hold the command until somebody wrote."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    arguments = [str(pipe) if each == "PIPE" else each for each in PIPED[what]]
    done = forked.run(arguments, environment(None), 100)
    assert done.returncode in (2, 4), done.stdout + done.stderr
    assert done.stderr.startswith("cf525: ")


def test_no_folder_for_temporary_files_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a container with a read-only file system and nothing mounted at /tmp."""

    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert _status(["demo", "--quiet"]) == exit_status.UNKNOWN
    said = capsys.readouterr().err
    assert "no folder for temporary files" in said
    assert "TMPDIR" in said
    assert "internal fault" not in said
