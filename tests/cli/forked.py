"""The command line in a process of its own, without the second it takes to import everything.

One helper a test process has imported the command line already, and diagnosed hosts of the lab with
it; each run is a fork of it, with its own arguments, environment and streams, that ends as the
process would. What the start itself does is tested with processes that really start.
"""

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NoReturn

CF525 = [sys.executable, "-m", "cf525.cli"]
ROOT = Path(__file__).parents[2]
WARMING = ("www.example.com", "expired.example.com", "healthy.example.com")
"""Hosts of the lab whose diagnosis loads and compiles most of what any run needs."""


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    timeout: float,
    folder: Path = ROOT,
    module: str = "cf525.cli.__main__",
) -> subprocess.CompletedProcess[str]:
    """``cf525`` with these arguments; its streams are files, its standard input is empty."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        started = start(module, arguments, environment, out, said, folder=folder)
        status = started.wait(timeout)
        texts = []
        for file in (out, said):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess([*CF525, *arguments], status, *texts)


class Started:
    """A fork that runs. There is one at a time: the next waits for the end of the last."""

    def __init__(self, pid: int, helper: "subprocess.Popen[bytes]", line: socket.socket) -> None:
        self.pid = pid
        self._helper = helper
        self._line = line

    def wait(self, timeout: float) -> int:
        """Its exit status, or the negative number of the signal that ended it."""
        self._line.settimeout(timeout)
        try:
            return int.from_bytes(_exactly(self._line, 4), signed=True)
        except TimeoutError:
            os.killpg(self._helper.pid, signal.SIGKILL)  # with the fork that is late
            _helper.cache_clear()
            raise

    def kill(self) -> int:
        """Its exit status after SIGKILL: 0 or more where it had ended by itself."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return self.wait(60)


def start(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    out: IO[bytes] | int,
    said: IO[bytes] | int,
    *,
    heard: int | None = None,
    folder: Path = ROOT,
) -> Started:
    """``main`` of a module in a process with these arguments and streams; without ``heard`` its
    standard input is empty."""
    asked = json.dumps(
        {
            "module": module,
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(folder),
        }
    ).encode()
    process, line = _helper()
    line.settimeout(60)
    with Path(os.devnull).open("rb") as nothing:
        given = (nothing if heard is None else heard, out, said)
        streams = [each if isinstance(each, int) else each.fileno() for each in given]
        socket.send_fds(line, [len(asked).to_bytes(4)], streams)
        line.sendall(asked)
        pid = int.from_bytes(_exactly(line, 4))
    return Started(pid, process, line)


@cache
def _helper() -> tuple["subprocess.Popen[bytes]", socket.socket]:
    """A helper in a group of its own, and the connection to it, with which it ends."""
    near, far = socket.socketpair()
    with far:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forked", str(far.fileno())],
            pass_fds=(far.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "COLUMNS": "80"},
        )
    atexit.register(_end, process, near)
    return process, near


def _end(process: "subprocess.Popen[bytes]", connection: socket.socket) -> None:
    connection.close()
    process.wait()


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise EOFError("the other side has gone")
        data += more
    return data


# --- The helper ---------------------------------------------------------------------------


def _serve(connection: socket.socket) -> None:
    import cf525

    for module in pkgutil.walk_packages(cf525.__path__, "cf525."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    import_module("cf525.cli.__main__")
    _warm()
    while True:
        head, streams, _, _ = socket.recv_fds(connection, 4, 3)
        if not head:
            return
        asked = json.loads(_exactly(connection, int.from_bytes(head)))
        child = os.fork()
        if not child:
            connection.close()
            _become(streams, asked)
        connection.sendall(child.to_bytes(4))
        for each in streams:
            os.close(each)
        _, status = os.waitpid(child, 0)
        connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))


def _warm() -> None:
    """Load and compile what depends on nothing that a run is given: every fork would do it anew.

    The lab's threads have ended before the first fork."""
    import httpx

    from cf525.lab.demo import run_demo
    from cf525.lab.running import start
    from cf525.lab.scenarios import SCENARIOS, WORLD

    # As in tests/conftest.py: the API is spoken to in clear.
    setattr(httpx._transports.default, "create_ssl_context", cache(httpx.create_ssl_context))  # noqa: B010
    with start(WORLD) as lab:
        run_demo(lab, [each for each in SCENARIOS if each.host in WARMING])
    gc.collect()
    gc.freeze()  # a fork that looks through what it has shared would copy all of it


def _become(streams: Sequence[int], asked: Mapping[str, Any]) -> NoReturn:
    status = 1
    try:
        for number, each in enumerate(streams):
            os.dup2(each, number)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["cf525", *asked["arguments"]]
        import_module(asked["module"]).main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
