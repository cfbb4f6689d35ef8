"""A job opens one TLS connection to the API, however many questions it asks at once."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import httpx
import pytest

from cf525.account.credentials import Credentials
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.lab.ca import Authority

CA = Authority()
LEAF = CA.issue("localhost", "127.0.0.1")
ANSWER = json.dumps({"success": True, "errors": [], "messages": [], "result": {"a": 1}}).encode()


class Api:
    """Answers any GET with the same envelope, over HTTP/2, and counts connections."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        talk.initiate_connection()
        writer.write(talk.data_to_send())
        while data := await reader.read(65_536):
            for event in talk.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self.requests += 1
                    assert event.stream_id is not None
                    headers = [(":status", "200"), ("content-type", "application/json")]
                    talk.send_headers(event.stream_id, headers)
                    talk.send_data(event.stream_id, ANSWER, end_stream=True)
            writer.write(talk.data_to_send())
            await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Api, int]]:
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(LEAF.pem)
    key.write_bytes(LEAF.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    context.set_alpn_protocols(["h2"])
    api = Api()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield api, server.sockets[0].getsockname()[1]


def test_questions_asked_at_once_share_one_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(CA.pem)
    monkeypatch.setattr("certifi.where", lambda: str(roots))
    # Not the context that the other tests share.
    make = getattr(httpx.create_ssl_context, "__wrapped__", httpx.create_ssl_context)
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", make)

    async def ask() -> tuple[int, int, int]:
        async with serving(tmp_path) as (api, port):
            options = Options(
                credentials=Credentials("demo"), api_base=f"https://127.0.0.1:{port}/client/v4"
            )
            async with Outside(options) as outside:
                client = outside.client
                assert client is not None
                await asyncio.gather(*(client.get(f"/zones/{number}") for number in range(12)))
                return api.connections, api.requests, outside.api_calls

    assert asyncio.run(ask()) == (1, 12, 12)
