"""What is kept in a folder is believed only where nobody else can have written it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cf525.fixing.journal import Journal, JournalError
from cf525.net import cache, trust_list
from tests.test_trust_list import SOUND

SOMEBODY = 12345
DAY = 86_400.0

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    made = tmp_path / "cache"
    monkeypatch.setenv(cache.DIRECTORY_VARIABLE, str(made))
    old = os.umask(0o022)
    yield made
    os.umask(old)


def kept(name: str = "cfssl_trust-ca-bundle.crt") -> Path:
    path = cache.cache_dir() / name
    cache.replace_file(path, SOUND)
    return path


def young(path: Path) -> bytes | None:
    """Read as of when it was written."""
    return cache.read_young(path, path.stat().st_mtime, DAY)


def test_what_this_user_keeps_is_read(folder: Path) -> None:
    path = kept()
    assert young(path) == SOUND
    assert trust_list.local() is not None
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("umask", [0o000, 0o002])
def test_a_generous_umask_makes_no_folder_for_others(folder: Path, umask: int) -> None:
    os.umask(umask)
    path = kept("fetched/x")
    assert cache.own(path)
    assert young(path) == SOUND


@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o722])
def test_what_others_can_write_is_not_believed(folder: Path, what: str, mode: int) -> None:
    path = kept()
    (path if what == "file" else folder).chmod(mode)
    assert trust_list.local() is None
    assert young(path) is None
    assert trust_list.store().published is None


@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_what_somebody_else_owns_is_not_believed(
    folder: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen by another user: the folder and file are of the one who runs the test, who is not root
    then; the check knows no more of a process than its user."""
    path = kept()
    if os.geteuid() == 0:
        if what == "link":
            link = path.with_name("link")
            link.symlink_to(path)
            os.chown(link, SOMEBODY, SOMEBODY, follow_symlinks=False)
            path = link
        else:
            os.chown(path if what == "file" else folder, SOMEBODY, SOMEBODY)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    assert not cache.own(path)
    assert young(path) is None


def test_nothing_is_written_where_others_can_write(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    folder.chmod(0o777)
    with pytest.raises(PermissionError):
        cache.replace_file(folder / "x", b"x")
    assert list(folder.iterdir()) == []


def test_a_user_without_a_home_has_a_folder_of_a_name_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", cache.DIRECTORY_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pathlib.Path.expanduser", _no_home)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache.cache_dir() == tmp_path / f"cf525-{os.geteuid()}"
    planted = cache.published_list()
    planted.parent.mkdir()
    planted.write_bytes(SOUND)
    assert trust_list.local() is not None
    planted.parent.chmod(0o777)
    assert trust_list.local() is None


def _no_home(path: Path) -> Path:
    raise RuntimeError(path)


def test_no_change_is_written_down_where_others_can_write(tmp_path: Path) -> None:
    shared = tmp_path / "fix"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(JournalError, match="can be written by others"), Journal(shared).locked():
        pass
    assert list(shared.iterdir()) == []
