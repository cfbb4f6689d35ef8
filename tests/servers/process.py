"""The one place that starts a server of the distribution's packages, awaits it and ends it."""

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"))
PATIENCE = 60.0
"""Seconds a server may take to come up: on a busy machine a JVM needs some."""
BELOW_EPHEMERAL = range(12_000, 32_000)
"""Ports that no outgoing connection of this machine is given by its kernel."""


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
    """A port of loopback that nobody listens on, and that no client is given by chance."""
    while True:
        port = random.choice(BELOW_EPHEMERAL)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


@contextmanager
def running(
    command: Sequence[str | Path],
    port: int,
    folder: Path,
    *,
    family: str = "127.0.0.1",
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
            _wait_for(ready or (lambda: _accepts(family, port)), process, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        if ready():
            return
        time.sleep(0.02)
    pytest.fail(f"{process.args!r} did not come up:\n{log.read_text(errors='replace')}")


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 5).close()
    except OSError:
        return False
    return True
