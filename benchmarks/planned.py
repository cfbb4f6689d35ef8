"""The second stage of an audit in a process of its own, over a plan of any size that no API was
asked for. Reads its job as JSON from the first argument, and prints a summary as one line.
"""

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.measure import peak_megabytes
from cf525.audit.checkpoint import PLANNED
from cf525.audit.engine.dask import Dask
from cf525.audit.folder import Manifest, open_plan, write_plan
from cf525.audit.keeping import Keeping
from cf525.audit.planned import Anchors, Judging, PlannedHost
from cf525.audit.probe import Local, Looker, probe
from cf525.cli.audit_run import spare_the_collector
from cf525.diagnosis.routes import RoutePlan
from cf525.lab.generated import FAULTS, FAULTY_EVERY, HEALTHY_ORIGINS, MODES
from cf525.model import Provenance, Route, Target, ZoneFacts
from cf525.report.plain import to_plain
from cf525.version import __version__
from tests.audit.run_audit import Quiet
from tests.audit.worlds import Served

ZONES = 200
"""Few, so that the certificates of an origin's zones take no memory to speak of."""


def make_plan(served: Served, folder: Path, hosts: int) -> None:
    """A plan of so many hosts at the origins of a served world, one in 23 of them faulty."""
    reading = folder / "reading"
    with reading.open("wb") as file:
        for number in range(ZONES):
            for host in _hosts(served, number, hosts):
                line = json.dumps(to_plain(host), separators=(",", ":")).encode()
                file.write(PLANNED + line + b"}\n")
            zone = {"kind": "zone", "zone": f"p{number:05}.example", "gap": ""}
            file.write(json.dumps(zone).encode() + b"\n")
    trust = Path(served.told["trust"])
    manifest = Manifest(
        tool_version=__version__,
        started_at="2026-01-01T00:00:00+00:00",
        accounts=("generated",),
        scope={},
        judging=Judging(
            fetch=False,
            trust=(Anchors(name=str(trust), content=trust.read_bytes()),),
            timeout=120.0,  # no host is to be late on a busy machine
        ),
        zones=ZONES,
        api_calls=0,
    )
    write_plan(folder, reading, manifest)
    reading.unlink()


def _hosts(served: Served, zone: int, of: int) -> Iterator[PlannedHost]:
    rules = {host: (to, int(port)) for host, _, to, port in served.told["connect_to"]}
    name, mode = f"p{zone:05}.example", MODES[zone % len(MODES)]
    for number in range(zone, of, ZONES):
        at = number % HEALTHY_ORIGINS
        if number % FAULTY_EVERY == 0:
            at = HEALTHY_ORIGINS + number // FAULTY_EVERY % len(FAULTS)
        address, host = f"203.0.113.{at + 1}", f"h{number}.{name}"
        route = Route(
            id="r1",
            mode=mode,
            scheme="https",
            address=address,
            port=443,
            sni=host,
            host_header=host,
            accepted_names=(host,),
            dial=rules[address],
            provenance={"mode": Provenance(source="api", detail=f"the zone's SSL mode: {mode}")},
        )
        yield PlannedHost(
            zone=name,
            target=Target(scheme="https", host=host, port=443),
            plan=RoutePlan(routes=(route,), zone=ZoneFacts(id=name, name=name, ssl=mode)),
        )


def main() -> None:
    """Look, and say how it went."""
    job: Mapping[str, Any] = json.loads(sys.argv[1])
    spare_the_collector()
    plan = open_plan([Path(job["folder"])])
    looker: Looker = Local(processes=job["processes"])
    if job["engine"]:
        looker = Dask(job["engine"])
    began = time.perf_counter()
    found = asyncio.run(probe(plan, Keeping(path=Path(job["path"])), Quiet(), looker))
    seconds, memory = time.perf_counter() - began, peak_megabytes()
    states = [[row.host, row.edge_status, row.headline] for row in found.report.hosts]
    summary = {
        "seconds": seconds,
        "memory": memory,
        "hosts": len(states),
        "stopped": found.report.stopped,
        "digest": hashlib.sha256(json.dumps(sorted(states)).encode()).hexdigest(),
    }
    print(json.dumps(summary), flush=True)


if __name__ == "__main__":
    main()
