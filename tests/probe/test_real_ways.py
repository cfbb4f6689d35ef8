"""Ways to an origin through real programs on loopback: sshd, a SOCKS and an HTTP proxy."""

import asyncio
import getpass
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cf525.model import Ending, Observation, Stage
from cf525.probe.driver import run_probe
from cf525.probe.plan import edge_plan
from cf525.probe.transports import HttpConnect, Socks5, Ssh, Transport
from tests.causes.scenarios import TARGET, route
from tests.probe.conftest import Place, probe
from tests.servers.process import free_port, require, running


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
    command = [require("sshd"), "-D", "-e", "-f", str(folder / "sshd_config")]
    with running(command, port, folder):
        login = f"{getpass.getuser()}@127.0.0.1"
        yield Ssh(login, port, options=("-F", str(folder / "config")))


@pytest.fixture(scope="module")
def socks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Socks5]:
    port = free_port()
    command = ["microsocks", "-i", "127.0.0.1", "-p", str(port)]
    with running(command, port, tmp_path_factory.mktemp("socks")):
        yield Socks5("127.0.0.1", port)


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpConnect]:
    folder = tmp_path_factory.mktemp("http")
    port = free_port()
    (folder / "conf").write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 20\nMaxClients 10\n")
    command = ["tinyproxy", "-d", "-c", str(folder / "conf")]
    with running(command, port, folder):
        yield HttpConnect("127.0.0.1", port)


@pytest.fixture
def way(request: pytest.FixtureRequest) -> Transport:
    transport: Transport = request.getfixturevalue(request.param)
    return transport


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
            plan = edge_plan(route(listener.getsockname()), TARGET, id="o1", deadline=60_000)
            seen = await run_probe(plan, transport=way)
            await accepted
            return seen

        seen = asyncio.run(once())
    assert seen.ending in (Ending.EOF, Ending.RESET)


def _accept_and_close(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
