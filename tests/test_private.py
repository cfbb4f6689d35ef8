"""What is kept of a run is its owner's: mode, whole writes, one writer at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cf525.errors import UsageError
from cf525.net import private


def test_a_file_is_its_owners_alone_whatever_the_mask_says(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        private.write(tmp_path / "kept", b"x")
        private.open_alone(tmp_path / "grows", fresh=True).close()
    finally:
        os.umask(before)
    assert [each.stat().st_mode & 0o777 for each in sorted(tmp_path.iterdir())] == [0o600, 0o600]


def test_what_grows_follows_no_link(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        private.open_alone(link, fresh=True)
    assert list(tmp_path.iterdir()) == [link]


def test_what_is_there_is_replaced_only_when_that_was_said(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    private.write(path, b"old")
    with pytest.raises(UsageError, match="exists already"):
        private.write(path, b"new")
    assert path.read_bytes() == b"old"
    private.write(path, b"new", force=True)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept"
    private.write(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left"):
        private.write(path, b"new", force=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_runs_never_write_to_one_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    code = (
        "import sys, pathlib\nfrom cf525.net import private\n"
        "from cf525.errors import UsageError\n"
        "try:\n    private.open_alone(pathlib.Path(sys.argv[1]), fresh=True)\n"
        "except UsageError as error:\n    print(error.message)\n"
    )
    with private.open_alone(path, fresh=True) as mine:
        mine.write(b"head\n")
        asked = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
    assert "another run writes to" in asked.stdout
    assert path.read_bytes() == b"head\n"
