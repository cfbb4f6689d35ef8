"""A Dask scheduler and workers as processes of their own, to be killed at will."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.forked import ROOT


@dataclass
class Cluster:
    """``engine`` is what --engine takes."""

    address: str
    scheduler: "subprocess.Popen[str]"
    workers: list["subprocess.Popen[str]"] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    """All that any of them said."""

    @property
    def engine(self) -> str:
        return self.address.replace("tcp://", "dask://")

    def work(self, *arguments: str, folder: Path) -> "subprocess.Popen[str]":
        """One more worker: one process with one thread."""
        started = _dask(
            "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--local-directory", str(folder), "--death-timeout", "60", *arguments,
        )  # fmt: skip
        self.workers.append(started)
        self.listen(started)
        return started

    def listen(self, process: "subprocess.Popen[str]") -> None:
        """Keep what a process says, which would stop where nobody reads it."""
        assert process.stderr is not None
        threading.Thread(target=self.log.extend, args=(process.stderr,), daemon=True).start()


@contextmanager
def cluster(folder: Path, workers: Sequence[Sequence[str]]) -> Iterator[Cluster]:
    """A scheduler with these workers, each with its arguments, until the block ends."""
    scheduler = _dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                      "--no-show")  # fmt: skip
    made = Cluster("", scheduler)
    try:
        assert scheduler.stderr is not None
        line = next(line for line in scheduler.stderr if "Scheduler at:" in line)
        made.address = line.split()[-1]
        made.listen(scheduler)
        for each in workers:
            made.work(*each, folder=folder)
        yield made
    finally:
        for process in (*made.workers, scheduler):
            process.kill()
            process.wait()


def _dask(program: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{program}", *arguments],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
