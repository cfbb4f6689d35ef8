"""Runs a program that reads what a stranger wrote: with nothing of this process's environment, in
a folder of its own, and with bounds on its memory, time, files and output.

On Linux the kernel lets it open no file but those of the folder and of the system's programs, and
talk to nobody (Landlock, where there is one), and ends it with this process, however that ends.
Elsewhere it has the bounds and the environment alone.
"""

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from cf525 import child
from cf525.environment import bare
from cf525.values import dataclass

_LAUNCHER: Final = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended, and what it printed up to a bound."""

    status: int
    output: bytes
    said: bytes


def confined(words: list[str], folder: Path, *, seconds: float, most: int) -> Ended:
    """What the program printed. Raises OSError where it does not start, and TimeoutError where it
    does not end in time or prints more than ``most`` bytes."""
    start = [*child.alone(str(_LAUNCHER)), str(os.getpid()), str(folder)]
    process = subprocess.Popen(  # noqa: S603 - the caller's program, without a shell
        (start if os.name == "posix" else []) + words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=bare(folder),
        start_new_session=True,
    )
    try:
        output, said = _printed(process, time.monotonic() + seconds, most)
        return Ended(process.wait(timeout=seconds), output, said)
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    finally:
        _end(process)


def _printed(process: "subprocess.Popen[bytes]", until: float, most: int) -> tuple[bytes, bytes]:
    if os.name != "posix":
        return process.communicate(timeout=until - time.monotonic())
    assert process.stdout is not None
    assert process.stderr is not None
    found: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    left = most
    with selectors.DefaultSelector() as selector:
        for number in found:
            selector.register(number, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                piece = os.read(key.fd, 1 << 16)
                left -= len(piece)
                if left < 0:
                    raise TimeoutError
                found[key.fd].append(piece)
                if not piece:
                    selector.unregister(key.fd)
    output, said = (b"".join(each) for each in found.values())
    return output, said


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends it with all that it started, and reads no more."""
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    for each in (process.stdout, process.stderr):
        if each is not None:
            each.close()
