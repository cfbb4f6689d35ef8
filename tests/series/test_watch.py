"""A watch: slower while nothing changes, told of every change, ended where it was to end."""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest

from cf525.cli import watch_notices as notices
from cf525.cli.watch import failing
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


@contextmanager
def hook(status: int) -> Iterator[tuple[str, list[bytes]]]:
    heard: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
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


def test_a_webhook_gets_one_json_object(capfd: pytest.CaptureFixture[str]) -> None:
    with hook(204) as (url, heard):
        asyncio.run(notices.post(notices.checked_webhook(url), notices.facts(transition(), AT)))
    told = json.loads(heard[0])
    assert (told["status"], told["previous"], told["at"]) == ("ok", "525", "2027-01-02T03:04:05Z")
    with hook(500) as (url, _):
        asyncio.run(notices.post(url, {}))
    asyncio.run(notices.post(url, {}))
    said = capfd.readouterr().err
    assert "answered 500" in said
    assert "not reached" in said


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
