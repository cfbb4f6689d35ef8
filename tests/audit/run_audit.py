"""One audit of a served world as a process of its own, to be killed at will.

Reads its job as JSON from the first argument; prints a line when it has begun and its summary at
the end.
"""

import asyncio
import gc
import json
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.measure import peak_megabytes
from cf525.account.client import Limits
from cf525.account.credentials import Credentials
from cf525.audit.keeping import Keeping
from cf525.audit.options import AuditOptions, Hosts, parse_shard
from cf525.audit.plan import AuditPlan
from cf525.audit.run import Audited, audit
from cf525.diagnosis.options import Options
from cf525.model import HostRow
from cf525.model.parsing import ConnectTo

FAST: Mapping[str, Any] = {
    "rate": 1e6,
    "backoff": 0.01,
    "patience": 30.0,
    "timeout": 60.0,
    "retries": 4,
}


class Quiet:
    """Prints that the first host is done, and nothing else."""

    def __init__(self) -> None:
        self.begun = False

    def planned(self, plan: AuditPlan, *, done: int) -> None:
        del plan, done

    def zone_done(self, api_calls: int) -> None:
        del api_calls

    def host_done(self, row: HostRow, line: bytes) -> None:
        del row, line
        if not self.begun:
            self.begun = True
            print("begun", flush=True)


def options_of(served: Mapping[str, Any], **changes: Any) -> AuditOptions:
    """The options for an audit of a served world."""
    base = Options(
        credentials=Credentials("demo"),
        api_base=served["api_base"],
        resolver=(served["resolver"][0], served["resolver"][1]),
        connect_to=tuple(ConnectTo(*each) for each in served["connect_to"]),
        trust_files=(Path(served["trust"]),),
        edge=False,
        fetch=False,
    )
    limits = Limits(**{**FAST, **changes.pop("limits", {})})
    if "hosts" in changes:
        changes["hosts"] = Hosts(changes["hosts"])
    if "shard" in changes:
        changes["shard"] = parse_shard(changes["shard"])
    return AuditOptions(base=base, limits=limits, **changes)


def run(served: Mapping[str, Any], path: Path, *, resume: bool = False, **changes: Any) -> Audited:
    """One audit in this process."""
    keeping = Keeping(path=path, resume=resume)
    return asyncio.run(audit(options_of(served, **changes), keeping, Quiet()))


def main() -> None:
    """Run, and say how it went."""
    job: Mapping[str, Any] = json.loads(sys.argv[1])
    changes = dict(job["changes"])
    if "most_bytes" in changes:
        most = changes.pop("most_bytes")
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    gc.freeze()  # as the command does
    gc.set_threshold(20_000, 20, 50)
    began = time.perf_counter()
    outcome = run(job["served"], Path(job["path"]), resume=job["resume"], **changes)
    report = outcome.report
    summary = {
        "seconds": time.perf_counter() - began,
        "memory": round(peak_megabytes()),
        "cpu": time.process_time(),
        "stopped": report.stopped,
        "api_calls": report.api_calls,
        "connections": report.connections,
        "hosts": [
            [row.host, row.edge_status, row.headline, row.severity.value] for row in report.hosts
        ],
    }
    print(json.dumps(summary), flush=True)


if __name__ == "__main__":
    main()
