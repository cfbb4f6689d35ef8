"""What all answers of the API together may hold: whatever comes, a run stays within its bounds.

The bounds are counted here, not felt: bytes that were let in, values that were kept, pages asked.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from cf525.account import client as module
from cf525.account import transport
from cf525.account.client import Client, Limits
from cf525.account.credentials import Credentials
from cf525.account.records import ZoneRecords
from cf525.errors import ApiError
from cf525.model.decoding import weight

Body = Callable[[str, int], bytes]


def envelope(result: bytes, pages: int = 1) -> bytes:
    info = b'{"page":1,"total_pages":%d}' % pages
    return b'{"success":true,"result_info":' + info + b',"result":' + result + b"}"


class Api:
    """Answers every GET with what ``body`` makes of its path and page; ``reading`` is how many
    large answers are on their way at once, at most."""

    def __init__(self, body: Body, *, status: int = 200) -> None:
        self.body = body
        self.status = status
        self.asked: list[str] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
                path, _, query = head.partition("?")
                page = int(
                    dict(each.split("=") for each in query.split("&") if each).get("page", 1)
                )
                self.asked.append(path)
                content = self.body(path, page)
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    % (self.status, len(content))
                )
                writer.write(content)
                await writer.drain()
        writer.close()

    def run(self, job: Callable[[Client], Coroutine[Any, Any, Any]], limits: Limits) -> Any:
        async def both() -> Any:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            base = f"http://127.0.0.1:{port}"
            async with server, Client(Credentials("x"), base_url=base, limits=limits) as client:
                return await job(client)

        return asyncio.run(both())


def limits(**bounds: Any) -> Limits:
    return Limits(timeout=30.0, retries=0, **bounds)


async def kinds(client: Client, count: int) -> list[str]:
    """What came of so many questions at once: ``held``, or the error."""

    async def one(number: int) -> str:
        try:
            await client.get(f"/{number}")
        except ApiError as error:
            return error.message
        return "held"

    return list(await asyncio.gather(*(one(number) for number in range(count))))


def test_no_more_is_held_than_a_run_may() -> None:
    content = envelope(json.dumps(["x" * 1_000] * 100).encode())
    most = 3 * weight(content)

    async def job(client: Client) -> list[str]:
        first = await kinds(client, 5)
        client.forget("/")
        return first + await kinds(client, 3)

    found = Api(lambda path, page: content).run(job, limits(max_held=most))
    refused = "the API's answers are more than a run may hold in memory"
    assert (found[:5].count("held"), found[:5].count(refused)) == (3, 2)
    assert found[5:] == ["held"] * 3


def test_a_refused_answer_is_not_kept_by_its_own_error() -> None:
    content = envelope(json.dumps(["x" * 1_000] * 100).encode())

    async def job(client: Client) -> ApiError:
        with pytest.raises(ApiError) as caught:
            await client.get("/one")
        return caught.value

    error = Api(lambda path, page: content).run(job, limits(max_held=1))
    held, frame = [], error.__traceback__
    while frame is not None:
        held += [each for each in frame.tb_frame.f_locals.values() if "x" * 999 in repr(each)]
        frame = frame.tb_next
    assert error.__context__ is None
    assert not [each for each in held if isinstance(each, module._Envelope)]


def test_of_large_answers_one_is_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGE", 50_000)
    content = envelope(json.dumps(["x" * 1_000] * 400).encode())
    at_once: list[int] = []
    real = transport._Bounded._decode

    def watched(self: Any, chunk: bytes, most: int) -> bytes:
        alive.add(id(self)) if self._mine else None
        at_once.append(len(alive))
        return real(self, chunk, most)

    alive: set[int] = set()
    done = transport._Bounded._done

    def ended(self: Any) -> None:
        alive.discard(id(self))
        done(self)

    monkeypatch.setattr(transport._Bounded, "_decode", watched)
    monkeypatch.setattr(transport._Bounded, "_done", ended)
    found = Api(lambda path, page: content).run(lambda client: kinds(client, 6), limits())
    assert found == ["held"] * 6
    assert max(at_once) == 1


def test_what_comes_with_an_error_is_smaller_still() -> None:
    content = b'{"success":false,"errors":[' + b"[]," * 200_000 + b"[]]}"
    api = Api(lambda path, page: content, status=403)
    (found,) = api.run(lambda client: kinds(client, 1), limits())
    assert "is larger than" in found


def test_pages_of_a_run_are_bounded_over_all_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FURTHER_PAGES", 7)
    api = Api(lambda path, page: envelope(b'[{"id":"%s%d"}]' % (path.encode(), page), 10**6))

    async def job(client: Client) -> list[tuple[int, bool]]:
        found = [await client.paged(f"/{name}", per_page=1) for name in "ab"]
        return [(len(each.rows), each.complete) for each in found]

    monkeypatch.setattr(module, "MAX_PAGES", 5)
    assert api.run(job, limits()) == [(5, False), (4, False)]
    assert len(api.asked) == 9


def test_records_of_a_zone_are_held_for_what_matters_of_them() -> None:
    """A whole zone is asked once, whatever comes, and its rows are gone when they are read."""
    row = {"type": "A", "content": "203.0.113.7", "proxied": True, "comment": "x" * 1_000}
    rows = [{**row, "id": str(each), "name": f"h{each}.example.com"} for each in range(500)]
    api = Api(lambda path, page: envelope(json.dumps(rows).encode()))

    async def job(client: Client) -> tuple[int, int]:
        zone = ZoneRecords(client, "z", "example.com", bulk=True)
        await asyncio.gather(*(zone.find(f"h{number}.example.com") for number in range(20)))
        return len(await zone.served_names()), client._held.total()

    assert api.run(job, limits()) == (500, 500 * module.ROW_BYTES)
    assert api.asked == ["/zones/z/dns_records"]


def test_records_that_cannot_be_read_are_asked_once() -> None:
    api = Api(lambda path, page: b"{}")

    async def job(client: Client) -> int:
        zone, failed = ZoneRecords(client, "z", "example.com", bulk=True), 0
        for number in range(5):
            try:
                await zone.find(f"h{number}.example.com")
            except ApiError:
                failed += 1
        return failed

    assert api.run(job, limits()) == 5
    assert len(api.asked) == 1


def test_a_character_beyond_ascii_weighs_as_much_as_it_costs() -> None:
    plain = envelope(b'["' + b"a" * 1_000 + b'"]')
    assert weight(plain) < 2_000 + 64 * 10
    for other in ("\U0001f600".encode(), rb"\ud83d\ude00"):
        assert weight(plain.replace(b"aa", other, 1)) > 4_000
