"""What a program that reads a stranger's text can do: open its folder, and end with who asked."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cf525.reading.confined import confined

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and prctl are Linux's")


def shell(script: str, folder: Path, *, seconds: float = 20, most: int = 1 << 16) -> str:
    return confined(["/bin/sh", "-c", script], folder, seconds=seconds, most=most).output.decode()


def test_it_knows_nothing_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "hunter2")
    monkeypatch.setenv("SOMETHING", "hunter2")
    said = shell("env; pwd", tmp_path)
    assert "hunter2" not in said
    assert said.endswith(f"{tmp_path}\n")


def test_it_opens_no_file_but_of_its_folder_and_of_programs(tmp_path: Path) -> None:
    if ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) < 1:
        pytest.xfail("this kernel has no Landlock")
    other = tmp_path / "other"
    other.write_text("hunter2")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "a").write_text("mine")
    places = f"{other} /proc/self/environ /proc/{os.getpid()}/environ /etc/passwd /dev/zero"
    said = shell(f"cat a; cat {places} 2>&1 | head -c 9999; ls {tmp_path} 2>&1", folder)
    assert said.startswith("mine")
    assert said.count("Permission denied") == 6
    assert "hunter2" not in said


def test_it_writes_nothing(tmp_path: Path) -> None:
    shell("echo x > a; cat a", tmp_path)
    assert not (tmp_path / "a").exists() or not (tmp_path / "a").stat().st_size


@pytest.mark.parametrize(("power", "done"), [(20, True), (30, False)])
def test_its_memory_has_a_bound(power: int, done: bool, tmp_path: Path) -> None:
    growing = f'BEGIN {{ s = "x"; for (i = 0; i < {power}; i++) s = s s; print length(s) }}'
    awk = shutil.which("awk")
    assert awk is not None
    found = confined([awk, growing], tmp_path, seconds=60, most=1 << 16)
    assert (found.status == 0, found.output) == (done, b"1048576\n" if done else b"")


@pytest.mark.parametrize("script", ["exec cat /dev/null; yes", "yes", "yes >&2", "sleep 60 & wait"])
def test_who_prints_or_waits_without_end_is_ended(script: str, tmp_path: Path) -> None:
    marked = f": {tmp_path}; {script}"
    if script.startswith("exec"):
        assert shell(marked, tmp_path) == ""
        return
    with pytest.raises(TimeoutError):
        shell(marked, tmp_path, seconds=1)
    assert not running(str(tmp_path))


def test_it_ends_with_the_process_that_asked(tmp_path: Path) -> None:
    asking = (
        "import sys, threading, time; from pathlib import Path\n"
        "from cf525.reading.confined import confined\n"
        "words = ['/bin/sh', '-c', f': {sys.argv[1]}; echo; sleep 60; :']\n"
        "threading.Thread(target=confined, args=(words, Path(sys.argv[1])),\n"
        "                 kwargs={'seconds': 60, 'most': 9}, daemon=True).start()\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", asking, str(tmp_path)])
    wanted = f": {tmp_path}; echo"
    until = time.monotonic() + 30
    while not running(wanted) and time.monotonic() < until:
        time.sleep(0.05)
    assert running(wanted)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while running(wanted) and time.monotonic() < until:
        time.sleep(0.05)
    assert not running(wanted)


def running(words: str) -> list[str]:
    """The processes with these words in their command; the asking Python has only the folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if words in said and "-c" in said and "import sys, threading" not in said:
            found.append(said)
    return found
