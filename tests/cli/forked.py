"""The command line in a process of its own, without the second it takes to import everything.

One helper a test process has imported the command line already; each run is a fork of it, with its
own arguments, environment and streams, that ends as the process would. What the start itself does
is tested with processes that really start.
"""

import atexit
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
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

CF525 = [sys.executable, "-m", "cf525.cli"]
ROOT = Path(__file__).parents[2]


def run(
    arguments: Sequence[str], environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """``cf525`` with these arguments; its streams are files, its standard input is empty."""
    asked = json.dumps({"arguments": list(arguments), "environment": dict(environment)}).encode()
    with (
        Path(os.devnull).open("rb") as nothing,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as said,
    ):
        process, helper = _helper()
        helper.settimeout(timeout)
        streams = [nothing.fileno(), out.fileno(), said.fileno()]
        socket.send_fds(helper, [len(asked).to_bytes(4)], streams)
        helper.sendall(asked)
        try:
            status = int.from_bytes(_exactly(helper, 4), signed=True)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)  # with the fork that is late
            _helper.cache_clear()
            raise
        texts = []
        for file in (out, said):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess([*CF525, *arguments], status, *texts)


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
    while True:
        head, streams, _, _ = socket.recv_fds(connection, 4, 3)
        if not head:
            return
        asked = json.loads(_exactly(connection, int.from_bytes(head)))
        child = os.fork()
        if not child:
            _become(streams, asked)
        for each in streams:
            os.close(each)
        _, status = os.waitpid(child, 0)
        connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))


def _become(streams: Sequence[int], asked: Mapping[str, object]) -> NoReturn:
    status = 1
    try:
        for number, each in enumerate(streams):
            os.dup2(each, number)
        os.environ.clear()
        os.environ.update(asked["environment"])  # type: ignore[call-overload]
        sys.argv = ["cf525", *asked["arguments"]]  # type: ignore[misc]
        import_module("cf525.cli.__main__").main()
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
