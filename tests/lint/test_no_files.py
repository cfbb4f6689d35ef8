"""What looks like a file and is none of anybody's: the kernel's folders, from here and in a tree."""

import sys
from pathlib import Path

import pytest

from cf525.reading import disk
from cf525.reading.disk import Disk
from cf525.servers.library import Absence
from tests.cli.test_command_line import run

SECRET = "t0k3n-that-nobody-may-see"
TEXT = "events {{}}\nhttp {{\n server {{\n  listen 443 ssl;\n  include {};\n }}\n}}\n"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no /proc")


@pytest.mark.parametrize(
    "path", ["/proc/self/environ", "/proc/kmsg", "/sys/kernel/uevent_seqnum", "/dev/null", "/proc"]
)
def test_the_folders_of_the_kernel_hold_no_files(path: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    (tmp_path / "folder").symlink_to(Path(path).parent)
    assert Disk().read(path) is Absence.SPECIAL
    assert Disk().read(f"/etc/..{path}") is Absence.SPECIAL
    assert Disk().read(str(tmp_path / "link")) is Absence.SPECIAL
    assert Disk().read(f"{tmp_path}/folder/{Path(path).name}") is Absence.SPECIAL
    assert Disk(Path("/")).read(path) is Absence.SPECIAL


def test_nothing_is_found_in_them_either() -> None:
    assert Disk().matching("/proc/self/*") == ()
    assert Disk().matching("/dev/*") == ()


def test_those_of_a_copied_tree_are_no_files_either(tmp_path: Path) -> None:
    for each in ("proc/1", "sys", "dev/shm", "etc/dev"):
        (tmp_path / each).mkdir(parents=True)
        (tmp_path / each / "x").write_text("x")
    tree = Disk(tmp_path)
    assert [tree.read(each) for each in ("/proc/1/x", "/sys/x")] == [Absence.SPECIAL] * 2
    assert tree.read("/dev/shm/x") == b"x"
    assert tree.read("/etc/dev/x") == b"x"


def test_a_file_system_of_the_kernel_is_none_wherever_it_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "environ").write_text(SECRET)
    here = frozenset((tmp_path.stat().st_dev,))
    monkeypatch.setattr(disk, "_kernel_devices", lambda: here)
    assert Disk().read(str(tmp_path / "environ")) is Absence.SPECIAL


def test_no_more_is_read_than_a_file_is_long() -> None:
    assert Path("/proc/self/environ").stat().st_size == 0
    assert disk._read_once(Path("/proc/self/environ").resolve()) == b""


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/kmsg"])
def test_a_configuration_that_includes_them_tells_nothing(
    path: str, form: str, tmp_path: Path
) -> None:
    (tmp_path / "nginx.conf").write_text(TEXT.format(path))
    result = run(
        *("lint", str(tmp_path / "nginx.conf"), "--host", "www.example.com", "--format", form),
        env={"AAA": SECRET},
        timeout=30,
    )
    assert result.returncode == 1
    assert path in result.stdout.replace("\n", "")
    assert SECRET not in result.stdout + result.stderr
