"""Starts a real server on a free loopback port, and diagnoses it without an account."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from cf525.diagnosis.options import Options
from cf525.jobs.diagnose import diagnose
from cf525.lab.ca import Authority, Issued
from cf525.model import Report

HOST = "www.example.com"
OTHER = "shop.example.org"
SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def require(command: str) -> str:
    """The path of a server's binary. Where servers are demanded, a missing one fails."""
    path = shutil.which(command, path=SEARCH)
    return path or missing(f"{command} is not installed; .ci/run installs it")


def missing(what: str) -> NoReturn:
    """Give up the test for want of something: a failure where servers are demanded."""
    if os.environ.get("CF525_REQUIRE_SERVERS"):
        pytest.fail(what)
    pytest.skip(what)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Files:
    """Certificates, keys and configuration of one test, in its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = Authority("Real Servers Root CA")
        self.authority = self.root.intermediate("Real Servers Intermediate CA")
        self.trust = self.write("ca.pem", self.root.pem)

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def pair(self, issued: Issued, name: str = "site", *, chain: bool = True) -> tuple[Path, Path]:
        """The certificate file (with its chain) and the key file."""
        pem = issued.chain_pem if chain else issued.pem
        return self.write(f"{name}.crt", pem), self.write(f"{name}.key", issued.key_pem)

    def bundle(self, issued: Issued, name: str = "site") -> Path:
        """Certificate, chain and key in one file, as HAProxy and others want it."""
        return self.write(f"{name}.pem", issued.chain_pem + issued.key_pem)


@contextmanager
def running(
    command: Sequence[str | Path],
    port: int,
    folder: Path,
    *,
    family: str = "127.0.0.1",
    wait: float = 20.0,
    env: dict[str, str] | None = None,
    ready: Callable[[], bool] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; fails with its output when it does not come up.

    It is up when its port accepts, or by what ``ready`` says of a place not reached from here.
    """
    log = folder / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [str(each) for each in command],
            stdout=sink,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **(env or {})},
        )
        try:
            _wait_for(ready or (lambda: _accepts(family, port)), process, wait, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def _wait_for(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], wait: float, log: Path
) -> None:
    until = time.monotonic() + wait
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        if ready():
            return
        time.sleep(0.02)
    pytest.fail(f"{process.args!r} did not come up:\n{log.read_text(errors='replace')}")


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 0.5).close()
    except OSError:
        return False
    return True


def diagnosed(
    port: int,
    files: Files,
    *,
    host: str = HOST,
    mode: str = "strict",
    addresses: Sequence[str] = ("127.0.0.1",),
) -> Report:
    """The report of a diagnosis of ``host`` at these addresses, trusting the test's CA."""
    options = Options(
        origins=tuple((address, port) for address in addresses),
        mode=mode,
        trust_files=(files.trust,),
        edge=False,
        fetch=False,
    )
    return asyncio.run(diagnose(host, options))


def outcome(report: Report) -> tuple[str, str | None]:
    return report.edge_status, report.headline
