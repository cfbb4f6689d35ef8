"""Who answers a message may send without end, or nothing: neither costs memory, nor holds anybody
up who wants to leave."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cf525.audit.alerts import Alert
from cf525.cli import messenger
from cf525.cli.notify import People
from cf525.cli.watch_notices import Errands, post

ALERT = Alert("t", ("l",), trigger=True)
PIECE = b"x" * 65_536


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server of one connection at a time; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        connection.recv(65_536)
                        answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def people(path: Path, port: int) -> People:
    path.write_text(f"json://127.0.0.1:{port}/\n")
    return People(path)


def test_an_answer_without_end_is_given_up_within_a_bound_of_memory(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sent = 0

    def flood(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n")
        while sent < 4_000_000_000:
            connection.sendall(PIECE)
            sent += len(PIECE)

    with answering(flood) as port:
        asyncio.run(people(tmp_path / "addresses", port).tell(ALERT))
    assert "not delivered" in capfd.readouterr().err
    assert 0 < sent < 2 * messenger.MOST_MEMORY


def test_who_leaves_ends_the_process_that_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[Any] = []
    inner = asyncio.create_subprocess_exec

    async def watched(*words: Any, **options: Any) -> Any:
        began.append(await inner(*words, **options))
        return began[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    reached, over = threading.Event(), threading.Event()

    def silent(_: socket.socket) -> None:
        reached.set()
        over.wait()

    async def leaving(port: int) -> None:
        task = asyncio.ensure_future(people(tmp_path / "addresses", port).tell(ALERT))
        await asyncio.to_thread(reached.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with answering(silent) as port:
        asyncio.run(leaving(port))
        over.set()
    assert began[0].returncode not in (None, messenger.DELIVERED)


def test_a_watch_that_is_ended_waits_for_no_webhook(capfd: pytest.CaptureFixture[str]) -> None:
    reached, over = threading.Event(), threading.Event()

    def silent(_: socket.socket) -> None:
        reached.set()
        over.wait()

    errands = Errands()

    async def watched(port: int) -> None:
        errands.send(post(f"http://127.0.0.1:{port}/", {"host": "a.example"}))
        await asyncio.to_thread(reached.wait)
        try:
            await asyncio.Event().wait()
        finally:
            await errands.finished()

    async def ended(port: int) -> None:
        task = asyncio.ensure_future(watched(port))
        await asyncio.to_thread(reached.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with answering(silent) as port:
        asyncio.run(ended(port))
        over.set()
    assert "the webhook" not in capfd.readouterr().err
