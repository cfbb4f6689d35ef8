"""Ways to an origin that fail, lie or are misspelt; and the address a connection comes from."""

import asyncio
import socket

import pytest

from cf525.errors import UsageError
from cf525.model import Ending, Observation, Stage
from cf525.probe.driver import run_probe
from cf525.probe.plan import edge_plan
from cf525.probe.reach import Reach, parse_source, parse_via
from cf525.probe.transports import Direct, HttpConnect, Socks5, Ssh
from tests.causes.scenarios import TARGET, route
from tests.probe.conftest import Place, probe
from tests.servers.process import free_port


@pytest.mark.parametrize("kind", [Socks5, HttpConnect])
def test_a_proxy_that_is_not_there_is_a_local_error(kind: type, origin: Place) -> None:
    seen = probe(origin, kind("127.0.0.1", free_port()))
    assert (seen.ending, seen.detail) == (Ending.LOCAL_ERROR, "via_econnrefused")


@pytest.mark.parametrize(
    "said", [b"", b"\x05\xff", b"\x04\x00", b"HTTP/1.1 x\r\n\r\n", b"A" * 20_000]
)
@pytest.mark.parametrize("kind", [Socks5, HttpConnect])
def test_a_hostile_proxy_cannot_pass_for_an_origin(kind: type, said: bytes, origin: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        async def once() -> Observation:
            async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(said)
                writer.close()

            server = await asyncio.start_server(talk, sock=listener)
            plan = edge_plan(route(origin), TARGET, id="o1", deadline=60_000)
            place = listener.getsockname()
            async with server:
                return await run_probe(plan, transport=kind(*place))

        seen = asyncio.run(once())
    assert seen.ending is Ending.LOCAL_ERROR
    assert seen.stage is Stage.START


def test_the_connection_comes_from_the_source_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        async def once() -> str:
            loop = asyncio.get_running_loop()
            peer = loop.run_in_executor(None, _peer, listener)
            plan = edge_plan(route(listener.getsockname()), TARGET, id="o1", deadline=60_000)
            await Reach(transport=parse_source("127.0.0.3")).run(plan)
            return await peer

        assert asyncio.run(once()) == "127.0.0.3"


def _peer(listener: socket.socket) -> str:
    connection, (address, _) = listener.accept()
    connection.close()
    return str(address)


def test_ways_are_read_from_urls() -> None:
    assert parse_via("ssh://ops@bastion.example:2222") == Ssh("ops@bastion.example", 2222)
    assert parse_via("ssh://bastion") == Ssh("bastion")
    assert parse_via("socks5://127.0.0.1") == Socks5("127.0.0.1", 1080)
    assert parse_via("http://[::1]:3128") == HttpConnect("::1", 3128)
    assert parse_source("127.0.0.1") == Direct("127.0.0.1")
    assert Ssh("b").command("2001:db8::7", 443)[2] == "[2001:db8::7]:443"


@pytest.mark.parametrize(
    "text",
    [
        *("ssh://", "ftp://x", "http://u:p@x", "socks5://u@x", "ssh://u:p@x", "x", "http://x/y"),
        *("ssh://-oProxyCommand=sh", "http://x:99999", "http://[::1"),
    ],
)
def test_what_is_no_way_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_via(text)


@pytest.mark.parametrize("scheme", ["http", "ssh", "socks5", "odd"])
@pytest.mark.parametrize("user", ["u:s3cret", "s3cret", "u:a@s3cret/b", "u:s3cret@x:99999/"])
def test_a_refused_way_does_not_repeat_who_was_named(scheme: str, user: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_via(f"{scheme}://{user}@proxy.example:99999")
    assert "s3cret" not in refused.value.message + refused.value.hint
