"""What the container promises: it runs with a file system that takes no writes but below /tmp, and
its health command asks the exporter."""

import json
import re
import subprocess
import sys
from pathlib import Path

from cf525.lab.running import Lab
from tests.cli.forked import ROOT
from tests.cli.test_command_line import environment
from tests.servers.process import free_port, running

TEXT = (ROOT / "Containerfile").read_text()
READ_ONLY = """
import errno, os, sys
FREE = ("/dev/", os.environ["FREE"] + "/")
WRITES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod")
def refuse(event, given):
    if event == "open":
        path, mode, flags = given
        if not isinstance(path, (str, bytes)):
            return
        wanted = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        writes = bool(set("wax+") & set(mode or "")) or bool((flags or 0) & wanted)
    elif event in WRITES:
        path, writes = given[0], event != "os.mkdir" or not os.path.exists(given[0])
    else:
        return
    if writes and not os.path.abspath(os.fsdecode(path)).startswith(FREE):
        os.write(2, f"REFUSED {event} {os.fsdecode(path)}\\n".encode())
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
sys.addaudithook(refuse)
from cf525.cli.__main__ import main
sys.argv[0] = "cf525"
sys.exit(main())
"""
"""The program where every write outside one folder is refused, as a read-only file system does."""


def settings(folder: Path) -> dict[str, str]:
    """The image's environment, with the folder in the place of its /tmp."""
    (line,) = re.findall(r"^ENV (.+)$", TEXT, re.MULTILINE)
    pairs = dict(each.split("=", 1) for each in line.split())
    assert {pairs[name] for name in pairs if name.startswith("XDG_")} == {
        "/tmp/cache",
        "/tmp/state",
    }
    return {name: value.replace("/tmp", str(folder)) for name, value in pairs.items()}


def within(folder: Path, lab: Lab) -> dict[str, str]:
    places = {"FREE": str(folder), "TMPDIR": str(folder), "HOME": "/nonexistent"}
    return {**environment(lab), **settings(folder), **places, "PYTHONPATH": str(ROOT)}


def started(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-c", READ_ONLY, *arguments]


def test_it_writes_below_tmp_alone(tmp_path: Path, lab: Lab) -> None:
    done = subprocess.run(
        started("audit", "--zone", "example.net", "--format", "json"),
        cwd="/", env=within(tmp_path, lab), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["hosts"][0]["edge_status"] == "ok"
    assert "REFUSED" not in done.stderr
    assert list(tmp_path.rglob("*"))  # the checkpoint of the audit, below /tmp


def test_a_write_elsewhere_is_refused_and_said(tmp_path: Path, lab: Lab) -> None:
    """The refusal above is one that would be seen."""
    out = ROOT / "never-written.md"
    done = subprocess.run(
        started("explain", "525", "-o", str(out)),
        cwd="/", env=within(tmp_path, lab), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "REFUSED" in done.stderr
    assert not out.exists()


def healthy(port: int) -> bool:
    """What the health command says, of an exporter on another port."""
    (line,) = re.findall(r"^HEALTHCHECK .*?CMD (\[.+\])$", TEXT.replace("\\\n", ""), re.MULTILINE)
    program, *words = json.loads(line)
    assert program == "python"
    command = [sys.executable, *(each.replace("9525", str(port)) for each in words)]
    return subprocess.run(command, capture_output=True).returncode == 0


def test_its_health_command_tells_an_exporter_from_none(tmp_path: Path, lab: Lab) -> None:
    port = free_port()
    assert not healthy(port)
    serving = started("audit", "--zone", "example.net", "--serve", f"127.0.0.1:{port}")
    with running(
        serving, port, tmp_path, env=within(tmp_path, lab), ready=lambda: healthy(port)
    ) as process:
        assert process.poll() is None
    assert "REFUSED" not in (tmp_path / "server.log").read_text()
