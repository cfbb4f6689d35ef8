"""An audit on every core, and the second stage on a cluster: against one core, and against itself.

By default the plans are small enough for a few minutes; ``--full`` looks at a million hosts from
one, two and four workers.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.audit import audit_of, handshakes_on_both_cores
from benchmarks.measure import Figure, figure
from benchmarks.planned import make_plan
from tests.audit.clusters import cluster
from tests.audit.worlds import ROOT, serve

FEW, MANY = 2_000, 10_000
SAMPLE, ALL = 20_000, 1_000_000
ROUNDS = 3


def figures() -> Iterator[Figure]:
    """Every figure, each from one run side by side."""
    yield from _cores()
    yield from _cluster(full="--full" in sys.argv)


@contextmanager
def _on(cores: set[int]) -> Iterator[None]:
    """What is started in the block runs on these cores alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _cores() -> Iterator[Figure]:
    """The origins share the cores with the audit: on one core they take their time from it too."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    seconds = {1: list[float](), 2: list[float]()}
    for _ in range(ROUNDS):
        for number, taken in seconds.items():
            with _on(set(cores[:number])), serve(10, 200, faults=False) as served:
                taken.append(audit_of(served, processes=number)["seconds"])
    one, two = (min(taken) for taken in seconds.values())  # what else runs here only adds
    yield figure(
        "audit of 2,000 hosts on two cores against one",
        two / one,
        f"{two:.1f} s and {one:.1f} s",
    )
    with serve(10, 200, faults=False) as served:
        pairs = [
            (audit_of(served, processes=2)["seconds"], handshakes_on_both_cores(served))
            for _ in range(ROUNDS)
        ]
    ours, bare = (min(taken) for taken in zip(*pairs, strict=True))
    yield figure(
        "audit of 2,000 hosts against their bare handshakes, both on two cores",
        ours / bare,
        f"{ours:.1f} s and {bare:.1f} s",
    )


def _cluster(*, full: bool) -> Iterator[Figure]:
    """The client's memory, what the workers find, and what the origins count."""
    few, many, workers = (SAMPLE, ALL, (1, 2, 4)) if full else (FEW, MANY, (2,))
    with serve(1, 1) as served, tempfile.TemporaryDirectory() as name:
        # A world with every origin: its own zone and host are not asked for.
        folder = Path(name)
        plans = {count: folder / f"plan-{count}" for count in (few, many)}
        for count, plan in plans.items():
            plan.mkdir()
            make_plan(served, plan, count)
        before = served.asked()
        alone = _probe(folder, plans[few], processes=1)
        digests, memory = {alone["digest"]}, dict[int, float]()
        for number in workers:
            with cluster(folder, [()] * number) as running:
                for count in (few, many) if number == workers[0] else (few,):
                    found = _probe(folder, plans[count], engine=running.address)
                    assert found["hosts"] == count, found
                    memory.setdefault(count, found["memory"])
                    if count == few:
                        digests.add(found["digest"])
        asked = served.asked() - before
        most = served.most()
    yield figure(
        "memory of a cluster's client, five times the hosts over once",
        memory[many] / memory[few],
        f"{memory[many]:.0f} MB at {many:,}, {memory[few]:.0f} MB at {few:,}",
    )
    yield figure("other results from a cluster than from one process", len(digests) - 1)
    yield figure("API calls of the second stage", asked)
    yield figure("connections to one address at once, counted there", most)


def _probe(folder: Path, plan: Path, *, processes: int = 1, engine: str = "") -> Mapping[str, Any]:
    path = folder / "checkpoint"
    path.unlink(missing_ok=True)
    job = {"folder": str(plan), "path": str(path), "processes": processes, "engine": engine}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.planned", json.dumps(job)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    summary: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary
