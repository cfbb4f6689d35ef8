"""A generated world in a process of its own, and audits of it here or in another one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cf525.lab.generated import generate
from tests.cli import forked

ROOT = Path(__file__).parents[2]
PASSING_FAULTS: tuple[Mapping[str, Any], ...] = (
    {"path": "/settings/ssl$", "kind": "status", "status": 503, "times": 30},
    {"path": "/pagerules", "kind": "reset", "times": 20},
    {"path": "/rulesets$", "kind": "html", "times": 0},
    {
        "path": "/dns_records",
        "kind": "status",
        "status": 429,
        "code": 10000,
        "headers": {"Retry-After": "1"},
        "times": 3,
    },
)
"""What goes wrong at the API for a while, and is to cost no result."""


def _plain_environment() -> dict[str, str]:
    """Without coverage's hook: these processes are measured by what they find."""
    return {key: value for key, value in os.environ.items() if not key.startswith("COV")}


@dataclass(frozen=True)
class Served:
    """A world that is up. ``truth`` is what an audit of it must find."""

    process: "subprocess.Popen[str]"
    told: Mapping[str, Any]
    truth: Mapping[str, tuple[str, str | None]]

    def faults(self, *faults: Mapping[str, Any]) -> None:
        """What goes wrong from now on; nothing, without any."""
        self._say({"faults": list(faults)})

    def asked(self) -> int:
        """How many requests the API has had."""
        found = self._say({"asked": True})
        assert isinstance(found, int)
        return found

    def most(self) -> int:
        """The most connections that an origin had at once."""
        found = self._say({"most": True})
        assert isinstance(found, int)
        return found

    def _say(self, command: Mapping[str, Any]) -> object:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer: object = json.loads(self.process.stdout.readline())
        return answer


@contextmanager
def serve(zones: int, hosts: int, **given: Any) -> Iterator[Served]:
    """A world of that size until the block ends."""
    pairs = [f"{key}={json.dumps(value)}" for key, value in given.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.audit.serve_world", str(zones), str(hosts), *pairs],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=_plain_environment(),
    )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        given.pop("latency", None)
        yield Served(process, told, generate(zones, hosts, **given).truth)
    finally:
        process.communicate()  # closes its standard input, which ends it


@contextmanager
def forked_audit(
    served: Served, path: Path, *, resume: bool = False
) -> "Iterator[tuple[forked.Started, IO[str]]]":
    """An audit in a fork, to be killed, and what it prints."""
    job = {"served": served.told, "path": str(path), "resume": resume, "changes": {}}
    near, far = os.pipe()
    started = forked.start("tests.audit.run_audit", [json.dumps(job)], _plain_environment(), far, 2)
    os.close(far)
    with os.fdopen(near) as printed:
        yield started, printed


def start_audit(
    served: Served, path: Path, *, resume: bool = False, **changes: Any
) -> "subprocess.Popen[str]":
    """An audit in a process of its own."""
    job = {"served": served.told, "path": str(path), "resume": resume, "changes": changes}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.audit.run_audit", json.dumps(job)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=_plain_environment(),
    )


def finish(process: "subprocess.Popen[str]", *, within: float = 110) -> Mapping[str, Any]:
    """The summary of an audit that came to its end."""
    out, said = process.communicate(timeout=within)
    assert process.returncode == 0, said
    summary: Mapping[str, Any] = json.loads(out.splitlines()[-1])
    return summary


def wrong(served: Served, summary: Mapping[str, Any]) -> list[Any]:
    """The hosts whose result is not the truth, and those that are missing or too many."""
    found = {host: (status, cause) for host, status, cause, _ in summary["hosts"]}
    return sorted(
        (host, served.truth.get(host), found.get(host))
        for host in served.truth.keys() | found.keys()
        if served.truth.get(host) != found.get(host)
    )
