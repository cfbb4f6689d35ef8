"""What a stranger hands over costs bounded time and memory, and whatever fails is a sentence."""

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from cf525.cli.lint import linted
from cf525.cli.signals import ENDING
from cf525.errors import Cf525Error
from cf525.jobs import apart as room
from cf525.jobs.apart import apart
from cf525.jobs.lint import Lint
from cf525.servers.registry import KINDS
from tests.assistant.asking import ask, said

if TYPE_CHECKING:
    from mcp.client import Client

MANY = "server{listen 443 ssl;server_name x;}" * 20_000


def test_every_server_is_taken_by_its_key_and_by_its_title() -> None:
    for kind in KINDS.values():
        assert linted(kind.name) == linted(kind.title) == linted(kind.title.upper()) == kind.name

    async def job(client: "Client") -> Any:
        values = {"configuration": "x\n", "host": "a.example"}
        return [
            said(await client.call_tool("lint", {**values, "server": each}))
            for each in ("iis", KINDS["iis"].title, "ftpd")
        ]

    *taken, ftpd = ask(None, job)
    assert "is no server whose configuration" in ftpd
    for each in taken:
        assert "is no server whose configuration" not in each
        assert "please report" not in each


def test_what_is_no_id_is_not_found_and_no_trace(capfd: pytest.CaptureFixture[str]) -> None:
    odd = ("cf525://reports/x/1", "cf525://reports/²/1", f"cf525://reports/{'9' * 5000}/1",
           "cf525://reports/1/-1", "cf525://runbook/%2e%2e", "cf525://nothing")  # fmt: skip

    async def job(client: "Client") -> Any:
        told: list[object] = []
        for each in odd:
            try:
                told.append(await client.read_resource(each))
            except Exception as error:
                told.append(error)
        return told, await client.call_tool("explain", {"topic": "525"})

    told, good = ask(None, job)
    assert all(isinstance(each, Exception) for each in told)
    assert not good.is_error
    assert "Traceback" not in capfd.readouterr().err


def test_a_heavy_configuration_is_ended_and_others_are_answered_meanwhile() -> None:
    async def job(client: "Client") -> Any:
        told: dict[str, Any] = {}

        async def heavy(name: str) -> None:
            values = {"configuration": MANY, "host": "a.example"}
            told[name] = await client.call_tool("lint", values)

        async with anyio.create_task_group() as group:
            for name in ("first", "second", "third", "fourth", "fifth"):
                group.start_soon(heavy, name)
            told["small"] = await client.call_tool("explain", {"topic": "525"})
            assert len(told) == 1
        return told

    told = ask(None, job, "--timeout", "2")
    assert not told.pop("small").is_error
    ends = ("within 2 s", "takes more memory")  # a quick machine comes to the second bound first
    assert all(any(end in said(each) for end in ends) for each in told.values())
    assert any(ends[0] in said(each) for each in told.values())


def test_memory_has_a_bound() -> None:
    job = Lint(host="a.example", paths=("-",), text=MANY.encode(), timeout=100)

    async def one() -> None:
        with pytest.raises(Cf525Error, match="more memory"):
            await apart(job)

    anyio.run(one)
    assert room.MOST_MEMORY < 300 << 20


def test_who_is_cancelled_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    began: list[asyncio.subprocess.Process] = []
    started = asyncio.Event()
    inner = asyncio.create_subprocess_exec

    async def watched(*words: Any, **options: Any) -> Any:
        began.append(await inner(*words, **options))
        started.set()
        return began[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    job = Lint(host="a.example", paths=("-",), text=MANY.encode(), timeout=100)

    async def one() -> None:
        task = asyncio.ensure_future(apart(job))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(one())
    assert began[0].returncode is not None


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_server_though_its_client_holds_the_stream(name: str) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    with subprocess.Popen(
        [sys.executable, "-m", "cf525", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: [
            signal.signal(getattr(signal, each), signal.SIG_DFL) for each in ENDING
        ],
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(json.dumps(hello).encode() + b"\n")
        process.stdin.flush()
        assert b"serverInfo" in process.stdout.readline()
        process.send_signal(getattr(signal, name))
        assert process.wait(timeout=60) == 130
        assert process.stderr.read() == b""
