"""The published list of roots: downloaded, checked, swapped in whole, and left alone on failure."""

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cf525.errors import Cf525Error
from cf525.net import cache, trust_list
from tests.pki import forge
from tests.pki.test_trust import pem

SOUND = pem(*(forge.root(serial=forge.integer(number)) for number in range(1, 121)))


class Server(ThreadingHTTPServer):
    body = SOUND
    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answering = threading.Event()
        self.answering.set()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.answering.wait(60)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "list.crt"


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/list"


def age_by_days(path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_a_download_becomes_the_local_copy(server: Server, path: Path) -> None:
    assert trust_list.local(path) is None
    found = trust_list.update(path, url=url(server))
    assert found.roots == 120
    assert not found.stale
    assert path.read_bytes() == SOUND
    assert [each.name for each in path.parent.iterdir()] == ["list.crt"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>captive portal</html>"),
        (200, SOUND[: len(SOUND) // 3]),
        (200, SOUND + pem(b"\x30\x03\x02\x01\x00")),
        (200, b"x" * (5 << 20)),
        (404, SOUND),
        (302, SOUND),
    ],
)
def test_anything_but_the_list_leaves_the_copy_alone(
    status: int, body: bytes, server: Server, path: Path
) -> None:
    trust_list.update(path, url=url(server))
    server.status, server.body = status, body
    with pytest.raises(Cf525Error):
        trust_list.update(path, url=url(server))
    assert path.read_bytes() == SOUND


def test_an_old_copy_is_renewed_and_a_young_one_is_not(server: Server, path: Path) -> None:
    trust_list.update(path, url=url(server))
    age_by_days(path, 6)
    found = trust_list.refresh_if_stale(path, url="http://127.0.0.1:1/")
    assert found is not None
    assert not found.stale
    age_by_days(path, 8)
    renewed = trust_list.refresh_if_stale(path, url=url(server))
    assert renewed is not None
    assert renewed.age < 60


def test_a_refresh_that_fails_falls_back_in_silence(path: Path, server: Server) -> None:
    assert trust_list.refresh_if_stale(path, url="http://127.0.0.1:1/") is None
    trust_list.update(path, url=url(server))
    age_by_days(path, 30)
    found = trust_list.refresh_if_stale(path, url="http://127.0.0.1:1/")
    assert found is not None
    assert found.stale


def test_a_run_waits_for_a_new_copy_but_not_for_long(server: Server, path: Path) -> None:
    trust_list.refresh(path, url=url(server), wait=5.0)
    assert path.read_bytes() == SOUND
    before = path.stat().st_mtime_ns
    trust_list.refresh(path, url="http://127.0.0.1:1/", wait=5.0)
    assert path.stat().st_mtime_ns == before
    age_by_days(path, 8)
    old = path.stat().st_mtime_ns
    server.answering.clear()
    trust_list.refresh(path, url=url(server), wait=0.0)
    assert path.stat().st_mtime_ns == old
    server.answering.set()  # what took longer is there for the next run
    while path.stat().st_mtime_ns == old:
        time.sleep(0.01)


def test_what_did_not_come_is_not_asked_for_by_every_run(server: Server, path: Path) -> None:
    trust_list.refresh(path, url="http://127.0.0.1:1/", wait=5.0)
    trust_list.refresh(path, url=url(server), wait=5.0)
    assert not path.exists()
    tried = path.with_name(f"{path.name}.tried")
    age_by_days(tried, 1)
    trust_list.refresh(path, url=url(server), wait=5.0)
    assert path.read_bytes() == SOUND
    assert not tried.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, server: Server) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(Cf525Error) as caught:
        trust_list.update(blocked / "list", url=url(server))
    assert "could not be written" in caught.value.message


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/cf525"),
        ("linux", {"HOME": "/home/me"}, "/home/me/.cache/cf525"),
        ("darwin", {"HOME": "/Users/me"}, "/Users/me/Library/Caches/cf525"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/cf525"),
        ("linux", {"CF525_CACHE_DIR": "/chosen", "XDG_CACHE_HOME": "/x"}, "/chosen"),
    ],
)
def test_the_cache_is_where_the_system_wants_it(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "CF525_CACHE_DIR", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cache.sys, "platform", platform)  # type: ignore[attr-defined]
    assert cache.cache_dir() == Path(expected)
    assert cache.published_list().parent == Path(expected)


def test_without_a_home_the_cache_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "CF525_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)

    def no_home(self: Path) -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "expanduser", no_home)
    assert cache.cache_dir().name.startswith("cf525")


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "directory"
    target.mkdir()
    with pytest.raises((IsADirectoryError, PermissionError)):
        cache.replace_file(target, b"x")
    assert list(tmp_path.iterdir()) == [target]
