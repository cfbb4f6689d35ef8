"""Ways to an origin through real programs on loopback: sshd, a SOCKS and an HTTP proxy."""

import asyncio
import getpass
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cf525.errors import UsageError
from cf525.lab.ca import Authority
from cf525.model import Ending, Observation, Stage
from cf525.probe.driver import run_probe
from cf525.probe.plan import edge_plan
from cf525.probe.reach import Reach, parse_source, parse_via
from cf525.probe.transports import Direct, HttpConnect, Socks5, Ssh, Transport
from tests.causes.scenarios import HOST, TARGET, route
from tests.servers.inprocess import OpenSSLPeer, listening, openssl_context
from tests.servers.real import free_port, running

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

Place = tuple[str, int]


@pytest.fixture(scope="module")
def origin() -> Iterator[Place]:
    context = openssl_context(Authority().issue(HOST))
    with listening(lambda: OpenSSLPeer(context, answer=ANSWER)) as place:
        yield place


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ssh]:
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    (folder / "authorized").write_bytes((folder / "user.pub").read_bytes())
    port = free_port()
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/authorized\nPidFile none\nPermitRootLogin yes\n"
    )
    (folder / "config").write_text(
        f"IdentityFile {folder}/user\nStrictHostKeyChecking no\nIdentitiesOnly yes\n"
        "UserKnownHostsFile /dev/null\nLogLevel QUIET\n"
    )
    if getpass.getuser() == "root":
        Path("/run/sshd").mkdir(exist_ok=True)
    daemon = shutil.which("sshd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert daemon is not None
    command = [daemon, "-D", "-e", "-f", str(folder / "sshd_config")]
    with running(command, port, directory=folder):
        login = f"{getpass.getuser()}@127.0.0.1"
        yield Ssh(login, port, options=("-F", str(folder / "config")))


@pytest.fixture(scope="module")
def socks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Socks5]:
    port = free_port()
    command = ["microsocks", "-i", "127.0.0.1", "-p", str(port)]
    with running(command, port, directory=tmp_path_factory.mktemp("socks")):
        yield Socks5("127.0.0.1", port)


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpConnect]:
    folder = tmp_path_factory.mktemp("http")
    port = free_port()
    (folder / "conf").write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 20\nMaxClients 10\n")
    command = ["tinyproxy", "-d", "-c", str(folder / "conf")]
    with running(command, port, directory=folder):
        yield HttpConnect("127.0.0.1", port)


@pytest.fixture
def way(request: pytest.FixtureRequest) -> Transport:
    transport: Transport = request.getfixturevalue(request.param)
    return transport


def probe(place: Place, transport: Transport, deadline: float = 4_000) -> Observation:
    plan = edge_plan(route(place), TARGET, id="o1", deadline=deadline)
    return asyncio.run(run_probe(plan, transport=transport))


pytestmark = pytest.mark.xdist_group("transports")
WAYS = pytest.mark.parametrize("way", ["ssh", "socks", "http"], indirect=True)


@WAYS
def test_an_origin_is_probed_through_somebody_else(way: Transport, origin: Place) -> None:
    seen = probe(origin, way)
    assert (seen.stage, seen.ending) == (Stage.APPLICATION_DATA, Ending.DONE)
    assert seen.http is not None
    assert seen.http.status == 200


@WAYS
def test_a_closed_port_behind_somebody_else_is_not_called_an_origin_fault(way: Transport) -> None:
    seen = probe(("127.0.0.1", free_port()), way)
    if isinstance(way, Socks5):
        assert seen.ending is Ending.REFUSED
    else:
        assert seen.ending is Ending.LOCAL_ERROR
        assert not seen.answered


@WAYS
def test_an_early_close_behind_somebody_else_is_the_origins(way: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        async def once() -> Observation:
            loop = asyncio.get_running_loop()
            accepted = loop.run_in_executor(None, _accept_and_close, listener)
            plan = edge_plan(route(listener.getsockname()), TARGET, id="o1", deadline=4_000)
            seen = await run_probe(plan, transport=way)
            await accepted
            return seen

        seen = asyncio.run(once())
    assert seen.ending in (Ending.EOF, Ending.RESET)


def _accept_and_close(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)


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
            plan = edge_plan(route(origin), TARGET, id="o1", deadline=2_000)
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
            plan = edge_plan(route(listener.getsockname()), TARGET, id="o1", deadline=2_000)
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
    assert parse_source("::1") == Direct("::1")
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
