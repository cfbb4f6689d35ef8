"""A series of 200 probes: how long it takes, and what it costs the origin."""

import asyncio
import resource
import time
from collections.abc import Iterator

from benchmarks.measure import Figure, figure
from benchmarks.server import HOST, tls_server
from cf525.model import Route, Target
from cf525.probe.driver import run_probe
from cf525.probe.plan import edge_plan
from cf525.series.run import Collected, Repeat, run_series

COUNT = 200
A_SECOND = 20
"""The pace at which the origin's share of a core is given."""


def figures() -> Iterator[Figure]:
    """The figures of a series on loopback."""
    once, wall = _run(COUNT)
    twice, _ = _run(2 * COUNT)
    yield figure(f"--repeat {COUNT} on loopback", wall)
    share = max(0.0, twice - once) / COUNT * A_SECOND * 100
    yield figure(
        f"the origin's share of a core at {A_SECOND} connections a second",
        share,
        "(Python's ssl, RSA 2048)",
    )


def _run(count: int) -> tuple[float, float]:
    """CPU seconds of the server's whole life, and wall seconds of the series."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tls_server() as port:
        began = time.perf_counter()
        asyncio.run(_series(port, count))
        wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, wall


async def _series(port: int, count: int) -> None:
    route = Route(
        id="r1",
        mode="full",
        scheme="https",
        address="127.0.0.1",
        port=port,
        sni=HOST,
        host_header=HOST,
    )
    plan = edge_plan(route, Target(scheme="https", host=HOST, port=443), id="")
    collected = Collected()
    repeat = Repeat(count=count, parallel=0)
    await run_series(plan, repeat, runner=run_probe, into=collected, tag="s1")
    assert all(each.established for each in collected.sequential)
