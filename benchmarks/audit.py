"""The audit: against sslyze, against bare handshakes, far away, and ten thousand hosts.

sslyze is looked for as ``sslyze`` in PATH or in the variable ``SSLYZE``; its figures are left out
without it. It is AGPL and no dependency: ``pip install sslyze`` into an environment of its own.
"""

import asyncio
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.far import far_away
from benchmarks.measure import Figure, figure
from tests.audit.worlds import PASSING_FAULTS, ROOT, Served, finish, serve, start_audit, wrong

AT_ONCE = 40
DEFAULT_SCAN_HOSTS = 10
"""sslyze's default scan is measured on so many and scaled: on 200 it takes minutes."""


def figures() -> Iterator[Figure]:
    """Every figure, each from one run side by side."""
    yield from _one_origin()
    yield from _bare()
    yield from _far()
    yield from _ten_thousand()
    yield from _calls()


def audit_of(served: Served, **changes: Any) -> dict[str, Any]:
    """The summary of one audit in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        summary = dict(finish(start_audit(served, Path(folder) / "c", **changes), within=600))
        return {**summary, "wall": time.perf_counter() - began}


def _one_origin() -> Iterator[Figure]:
    with serve(1, 200, faults=False) as served:
        ours = audit_of(served)
        sslyze = os.environ.get("SSLYZE") or shutil.which("sslyze")
        if sslyze is not None:
            theirs = _sslyze(sslyze, served, 200, "--certinfo")
            yield figure(
                "audit of 200 hosts of one origin against sslyze, certificates only",
                ours["wall"] / theirs,
                f"{ours['wall']:.1f} s and {theirs:.1f} s",
            )
            some = _sslyze(sslyze, served, DEFAULT_SCAN_HOSTS)
            whole = some * 200 / DEFAULT_SCAN_HOSTS
            yield figure(
                "audit of 200 hosts of one origin against sslyze, default scan",
                ours["wall"] / whole,
                f"{ours['wall']:.1f} s and {whole:.0f} s, scaled from {DEFAULT_SCAN_HOSTS} hosts",
            )
        yield figure("connections a host of that audit", ours["connections"] / 200)


def _sslyze(program: str, served: Served, hosts: int, *options: str) -> float:
    port = _ports(served.told)[0]
    targets = [f"h{number}.z00000.example:{port}{{127.0.0.1}}" for number in range(hosts)]
    began = time.perf_counter()
    subprocess.run([program, *options, *targets], capture_output=True, check=False)
    return time.perf_counter() - began


def _ports(told: Mapping[str, Any]) -> list[int]:
    """The loopback ports of the healthy origins, in their order."""
    rules = {host: port for host, _, _, port in told["connect_to"]}
    return [rules[f"203.0.113.{number + 1}"] for number in range(10)]


def _bare() -> Iterator[Figure]:
    with serve(10, 200, faults=False) as served:
        bare = asyncio.run(_handshakes(served.told))
        ours = audit_of(served)
    yield figure(
        "audit of 2,000 hosts against their bare handshakes, wall",
        ours["seconds"] / bare,
        f"{ours['seconds']:.1f} s and {bare:.1f} s",
    )


def handshakes_on_both_cores(served: Served) -> float:
    """Seconds of the same handshakes from two processes."""
    began = time.perf_counter()
    code = "import sys, benchmarks.audit as a; a.half(*map(int, sys.argv[2:]), sys.argv[1])"
    told = json.dumps(served.told)
    halves = [
        subprocess.Popen(
            [sys.executable, "-c", code, told, str(number)], stdout=subprocess.PIPE, cwd=ROOT
        )
        for number in (0, 1)
    ]
    seconds = [float(each.communicate()[0]) for each in halves]
    assert time.perf_counter() - began >= max(seconds)
    return max(seconds)


def half(number: int, told: str) -> None:
    """Print the seconds of one half of the handshakes."""
    print(asyncio.run(_handshakes(json.loads(told), range(number, 200, 2))))


async def _handshakes(told: Mapping[str, Any], hosts: Sequence[int] = range(200)) -> float:
    context = ssl.create_default_context(cafile=told["trust"])
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(zone: int, host: int) -> None:
        async with gate:
            _, writer = await asyncio.open_connection(
                "127.0.0.1",
                ports[zone],
                ssl=context,
                server_hostname=f"h{host}.z{zone:05}.example",
            )
            writer.transport.abort()

    ports = _ports(told)
    began = time.perf_counter()
    await asyncio.gather(*(one(zone, host) for host in hosts for zone in range(10)))
    return time.perf_counter() - began


def _far() -> Iterator[Figure]:
    with serve(10, 20, faults=False, latency=0.05) as served:
        rules = served.told["connect_to"]
        with far_away([rule[3] for rule in rules], milliseconds=50) as ports:
            told = [[*rule[:3], port] for rule, port in zip(rules, ports, strict=True)]
            there = Served(served.process, {**served.told, "connect_to": told}, served.truth)
            ours = audit_of(there)
    right = sum(status == "ok" for _, status, _, _ in ours["hosts"])
    yield figure(
        "audit of 200 hosts 50 ms away on ten addresses",
        ours["seconds"],
        f"{right} of 200 right",
    )


def _ten_thousand() -> Iterator[Figure]:
    with serve(1000, 10) as served:
        served.faults(*PASSING_FAULTS)
        ours = audit_of(served)
    yield figure(
        "audit of 10,000 hosts in 1,000 zones with API faults, hosts with a wrong result",
        len(wrong(served, ours)),
        f"{ours['seconds']:.0f} s",
    )
    yield figure("audit of 10,000 hosts in 1,000 zones, API calls", ours["api_calls"])
    yield figure("audit of 10,000 hosts in 1,000 zones, peak memory", ours["memory"])
    with serve(10, 1000) as served:
        ours = audit_of(served)
    yield figure(
        "audit of 10,000 hosts with faults, time a host",
        ours["seconds"] / 10,
        f"{10_000 / ours['seconds']:.0f} hosts a second",
    )
    yield figure("audit of 10,000 hosts with faults, CPU a host", ours["cpu"] / 10)
    yield figure("audit of 10,000 hosts with faults, peak memory", ours["memory"])
    with serve(10, 100) as served:
        few = audit_of(served)
    yield figure(
        "memory of an audit of 10,000 hosts over that of 1,000",
        ours["memory"] / few["memory"],
        f"{few['memory']} MB at 1,000",
    )


def _calls() -> Iterator[Figure]:
    with serve(1000, 2, visits_in=50) as served:
        ours = audit_of(served, hosts="failing")
    yield figure("API calls for 1,000 zones of which 50 fail", ours["api_calls"])
