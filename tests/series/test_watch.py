"""A watch: slower while nothing changes, told of every change, ended where it was to end."""

import asyncio
import hashlib
import hmac
import json
import os
import shlex
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest

from cf525.cli import watch_notices as notices
from cf525.cli.watch import Teller, failing
from cf525.errors import UsageError
from cf525.model import Confidence, Report, Status, Target
from cf525.series.watch import Pace, Transition, Until, watch

AT = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)


def report(status: str, headline: str | None = None) -> Report:
    return Report(
        tool_version="0",
        started_at=AT,
        target=Target(scheme="https", host="www.example.com", port=443),
        edge_status=Status(status),
        confidence=Confidence.HIGH,
        summary=f"about {status}",
        headline=headline,
        timings={"total_ms": 250.0},
    )


def watched(
    *statuses: str, until: Until = Until.NEVER, first: float = 1.0
) -> tuple[list[str], list[float], list[int]]:
    """The transitions, the waits, and after how many looks; ends when the statuses do."""
    told: list[str] = []
    waits: list[float] = []
    looks: list[int] = []
    coming = iter(statuses)

    async def look() -> Report:
        status = next(coming, None)
        if status is None:
            raise KeyboardInterrupt
        return report(status)

    async def changed(transition: Transition) -> None:
        told.append(transition.after.edge_status)
        looks.append(transition.looks)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    pace = Pace(first=first, slowest=5.0)
    job = watch(look, failing=failing, until=until, pace=pace, sleep=sleep, changed=changed)
    try:
        asyncio.run(job)
    except KeyboardInterrupt:
        told.append("interrupted")
    return told, waits, looks


def test_it_backs_off_while_nothing_changes_and_hurries_after_a_change() -> None:
    told, waits, looks = watched("525", "525", "525", "525", "525", "525", "ok", "ok")
    assert told == ["525", "ok", "interrupted"]
    assert waits == [1.0, 1.5, 2.25, 3.375, 5.0, 5.0, 1.0, 1.5]
    assert looks == [0, 6]


@pytest.mark.parametrize(
    ("until", "statuses", "told"),
    [
        (Until.OK, ("525", "525", "ok", "525"), ["525", "ok"]),
        (Until.OK, ("ok", "525"), ["ok"]),
        (Until.FAIL, ("ok", "unknown", "526", "ok"), ["ok", "unknown", "526"]),
        (Until.CHANGE, ("525", "525", "526"), ["525", "526"]),
        (Until.NEVER, ("ok", "525"), ["ok", "525", "interrupted"]),
    ],
)
def test_it_ends_where_it_was_to_end(
    until: Until, statuses: tuple[str, ...], told: list[str]
) -> None:
    assert watched(*statuses, until=until)[0] == told


def test_what_cannot_be_told_is_neither_health_nor_failure() -> None:
    assert [failing(report(each)) for each in ("ok", "525", "edge-tls", "unknown")] == [
        False,
        True,
        True,
        None,
    ]


def transition() -> Transition:
    return Transition(before=report("525", "sni-rejected-112"), after=report("ok"), looks=3)


def test_a_transition_is_one_line() -> None:
    assert notices.line(transition(), AT) == (
        "03:04:05Z  525 sni-rejected-112 → ok  (after 3 looks)"
    )
    first = replace(transition(), before=None)
    assert notices.line(first, AT) == "03:04:05Z  ok"


def test_a_command_learns_of_it_by_its_environment_and_sees_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "s3cr3t")
    file = tmp_path / "seen"
    script = (
        "import os; open(r'" + str(file) + "', 'w').write("
        "' '.join(os.environ.get(n, '-') for n in "
        "('CF525_STATUS', 'CF525_PREVIOUS', 'CF525_HOST', 'CLOUDFLARE_API_TOKEN')))"
    )
    command = f'"{sys.executable}" -c "{script}" ; "$(touch {tmp_path}/shell)"'
    asyncio.run(notices.execute(command, notices.facts(transition(), AT)))
    assert file.read_text() == "ok 525 www.example.com -"
    assert not (tmp_path / "shell").exists()


def test_a_command_that_fails_ends_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    asyncio.run(notices.execute("/no/such/program", {}))
    asyncio.run(notices.execute(f'"{sys.executable}" -c "raise SystemExit(7)"', {}))
    said = capfd.readouterr().err
    assert "could not be run" in said
    assert "status 7" in said


signatures: list[tuple[str, str | None]] = []


@contextmanager
def hook(status: int) -> Iterator[tuple[str, list[bytes]]]:
    """A webhook, and the bodies it got; ``signatures`` are those of the last."""
    heard: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            signatures.append((self.headers["Content-Type"], self.headers["X-CF525-Signature"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_gets_one_json_object(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # knows nothing of what is on this host
    with hook(204) as (url, heard):
        asyncio.run(notices.post(notices.checked_webhook(url), notices.facts(transition(), AT)))
    event = json.loads(heard[0])
    assert (event["specversion"], event["subject"]) == ("1.0", "www.example.com")
    assert event["type"] == "cf525.status.changed"
    told = event["data"]
    assert (told["status"], told["previous"], told["at"]) == ("ok", "525", "2027-01-02T03:04:05Z")
    with hook(500) as (url, _):
        asyncio.run(notices.post(url, {}))
    asyncio.run(notices.post(url, {}))
    said = capfd.readouterr().err
    assert "answered 500" in said
    assert "not reached" in said


def test_an_event_is_signed_with_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CF525_WEBHOOK_SECRET", "s3cret")
    with hook(204) as (url, heard):
        asyncio.run(notices.post(url, notices.facts(transition(), AT)))
    kind, signature = signatures[-1]
    assert kind.startswith("application/cloudevents+json")
    expected = hmac.new(b"s3cret", heard[0], hashlib.sha256).hexdigest()
    assert signature == f"sha256={expected}"


@pytest.mark.parametrize("url", ["http://example.com/", "ftp://x", "https://", "x", "http://[::1"])
def test_a_webhook_in_the_clear_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        notices.checked_webhook(url)


def test_metrics_show_the_newest_look(capfd: pytest.CaptureFixture[str]) -> None:
    served = notices.serve_metrics("127.0.0.1:0")
    try:
        served.take(report("525"))
        served.take(report("ok"))
        served.changes()
        url = capfd.readouterr().err.split()[-1]
        with urlopen(url, timeout=60) as answer:
            text = answer.read().decode()
    finally:
        served.stop()
    assert 'cf525_watch_status{host="www.example.com",status="ok"} 1.0' in text
    assert 'status="525"' not in text
    assert 'cf525_watch_looks_total{host="www.example.com"} 2.0' in text
    assert "cf525_watch_changes_total 1.0" in text


def test_what_is_no_pace_or_command_is_refused() -> None:
    for first, slowest in ((0.0, 1.0), (5.0, 1.0), (1.0, 1e9)):
        with pytest.raises(UsageError):
            Pace(first=first, slowest=slowest)
    for command in ("", '"unclosed'):
        with pytest.raises(UsageError):
            notices.words(command)


class Dripping(socketserver.BaseRequestHandler):
    """A webhook that answers for ever."""

    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n")
        with suppress(OSError):
            while True:
                self.request.sendall(b"x" * 65_536)


def test_the_body_of_a_webhooks_answer_is_not_read(capfd: pytest.CaptureFixture[str]) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        asyncio.run(notices.post(url, {}))
        server.shutdown()
    assert capfd.readouterr().err == ""  # it took no patience to the end


def test_a_silent_webhook_holds_no_look_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notices, "WEBHOOK_PATIENCE", 0.5)

    async def told() -> list[bool]:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            teller = Teller(people=None, command=None, webhook=url, served=None, quiet=True)
            for _ in range(notices.MOST_ERRANDS + 3):
                await teller.changed(transition())
            waiting = [bool(teller.errands._tasks)]
            await teller.errands.finished()
            return [*waiting, bool(teller.errands._tasks)]

    assert asyncio.run(told()) == [True, False]
    said = capsys.readouterr().err
    assert said.count("is left out") == 3
    assert said.count("the webhook took more than") == notices.MOST_ERRANDS


def test_a_command_gets_no_secret_floods_nothing_and_leaves_nobody_behind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("MY_TOKEN", "CLOUDFLARE_API_KEY", "DB_PASSWORD", "A_SECRET"):
        monkeypatch.setenv(name, "hidden")
    seen = tmp_path / "seen"
    code = (
        f"import os, sys; open({str(seen)!r}, 'w').write(' '.join(os.environ.values()));"
        "print('first'); sys.stdout.write('x' * 3_000_000); sys.exit(3)"
    )
    asyncio.run(notices.execute(shlex.join([sys.executable, "-c", code]), {"status": "525"}))
    assert "hidden" not in seen.read_text()
    said = capsys.readouterr().err
    assert said.strip() == "cf525: --exec ended with status 3: first"
    monkeypatch.setattr(notices, "PATIENCE", 0.3)
    pid = tmp_path / "pid"
    nested = f"sleep 600 & echo $! > {pid}; wait"
    asyncio.run(notices.execute(shlex.join(["sh", "-c", nested]), {}))
    assert "--exec was ended" in capsys.readouterr().err
    left = int(pid.read_text())
    for _ in range(400):  # until the system has taken it away
        if not alive(left):
            return
        time.sleep(0.05)
    raise AssertionError("the command's own child is still there")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
