"""Routes: a zone with 5,000 records, 125 rules for one host, and the calls one host costs."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.measure import Figure, figure, peak_megabytes
from cf525.account.client import Client
from cf525.account.credentials import Credentials
from cf525.account.expression import Facts, facts, holds
from cf525.account.records import ZoneRecords
from cf525.account.resolve import resolve
from cf525.lab.api import State
from cf525.lab.api_server import ApiServer
from cf525.lab.dns_server import DnsServer
from cf525.lab.world import Record, Rule, World, Zone
from cf525.model.parsing import parse_target
from cf525.net.dns import Resolver

RECORDS = 5_000
RULES = 125
HOST = "www.example.com"


def figures() -> Iterator[Figure]:
    code = "from benchmarks.routes import measure\nmeasure()\n"
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    names = (
        f"a zone with {RECORDS:,} records, resolved (CPU)",
        "peak memory of that zone, server and all",
        f"{RULES} rules evaluated for one host (CPU)",
        "API calls for one host, in full",
        "API calls for one host, --lean",
    )
    for name, value in zip(names, result.stdout.split(), strict=True):
        yield figure(name, float(value))


def _zone(records: int) -> Zone:
    return Zone(
        name="example.com",
        settings={"ssl": "strict"},
        records=(
            Record(type="A", name=HOST, content="203.0.113.7"),
            *(
                Record(type="A", name=f"h{n}.example.com", content="203.0.113.8")
                for n in range(records)
            ),
        ),
    )


def _traced(zone: Zone) -> Zone:
    """The zone with a rule in play, so that Trace is asked too."""
    rule = Rule(expression=f'http.host eq "{HOST}"', parameters={"origin": {"port": 8443}})
    step = {"action": "route", "matched": True, "action_parameters": {"origin": {"port": 8443}}}
    return replace(zone, origin_rules=(rule,), traces={f"https://{HOST}/": [step]})


def measure() -> None:
    """Prints the five values, for ``figures``."""
    large = _zone(RECORDS)
    with ApiServer(State(World(zones=(large,)))) as server:

        async def whole() -> None:
            async with Client(Credentials("demo"), base_url=server.base_url) as client:
                zones: dict[str, ZoneRecords] = {}
                found = await resolve(
                    parse_target(HOST), client=client, resolver=Resolver(), whole_zones=zones
                )
                assert found.routes[0].address == "203.0.113.7"

        before = time.process_time()
        asyncio.run(whole())
        print(time.process_time() - before)
        print(peak_megabytes())
    print(_rules())
    print(_calls(World(zones=(_traced(_zone(0)),)), lean=False))
    print(_calls(World(zones=(_zone(0),)), lean=True))


def _calls(world: World, *, lean: bool) -> int:
    with ApiServer(State(world)) as server, DnsServer(world) as dns:

        async def once() -> int:
            async with Client(Credentials("demo"), base_url=server.base_url) as client:
                found = await resolve(
                    parse_target(HOST), client=client, resolver=Resolver(dns.address), lean=lean
                )
                return found.api_calls

        return asyncio.run(once())


def _rules() -> float:
    """Milliseconds of CPU, parsing included: each expression is new. The median of five."""
    known = facts(parse_target(HOST), "example.com")
    holds("true", known)  # the grammar, once a process
    return statistics.median(_evaluated(run, known) for run in range(5))


def _evaluated(run: int, known: Facts) -> float:
    expressions = [
        f'http.host eq "h{n}.example.com" and (starts_with(http.request.uri.path, "/v{run}/{n}") '
        'or ip.src.country in {"DE" "FR"}) and not ssl'
        for n in range(RULES)
    ]
    began = time.process_time()
    for expression in expressions:
        holds(expression, known)
    return (time.process_time() - began) * 1000
