"""A generated world that runs in this process, read into a plan, and what an audit of it finds."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cf525.account.client import Limits
from cf525.audit.folder import Plan, open_plan
from cf525.audit.keeping import Keeping
from cf525.audit.options import AuditOptions
from cf525.audit.probe import Looker, probe
from cf525.audit.read import read
from cf525.audit.run import Audited, audit
from cf525.lab.generated import generate
from cf525.lab.running import Lab, start
from cf525.model import AuditReport, HostRow
from cf525.report.plain import to_plain
from tests.audit.run_audit import FAST, Quiet

PART = 12
"""Hosts of a part: some six parts, an address of ten hosts in each."""
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN = "demo-token-that-is-nowhere-to-be-found"


@dataclass(frozen=True)
class Planned:
    """The world, its plan, and the report of one audit in one process."""

    lab: Lab
    folder: Path
    whole: AuditReport

    @property
    def plan(self) -> Plan:
        return open_plan([self.folder])

    def options(self, **changes: Any) -> AuditOptions:
        """Those of an audit of this world."""
        limits = Limits(**FAST)
        return AuditOptions(base=self.lab.options(), limits=limits, **changes)

    def most_at_once(self) -> int:
        """Connections that were open at once to one address since this was asked last."""
        most = max(each.most for each in self.lab.origins.values())
        for each in self.lab.origins.values():
            each.most = 0
        return most


@contextmanager
def planned_world(folder: Path, *, zones: int = 8, hosts: int = 9) -> Iterator[Planned]:
    """Up until the block ends."""
    world = generate(zones, hosts).world
    world = replace(world, tokens=(replace(world.tokens[0], value=TOKEN),))
    with start(world) as lab:
        made = Planned(lab, folder / "plans", AuditReport(tool_version="", started_at=_EPOCH))
        whole = asyncio.run(audit(made.options(), Keeping(path=folder / "whole"), Quiet()))
        found = asyncio.run(read(made.options(), made.folder, Quiet(), size=PART))
        assert found.plan is not None
        yield replace(made, whole=whole.report)


def probed(plan: Plan, path: Path, looker: Looker, *, resume: bool = False) -> Audited:
    """The second stage."""
    return asyncio.run(probe(plan, Keeping(path=path, resume=resume), Quiet(), looker))


def findings(report: AuditReport) -> Mapping[str, Any]:
    """What must be the same wherever it was found: all but times, ids and what it took."""
    plain = to_plain(report)
    for name in ("started_at", "ended_at", "plan", "connections", "api_calls"):
        del plain[name]
    for row in plain["hosts"]:
        del row["connections"]
    return json.loads(json.dumps(plain))  # type: ignore[no-any-return]


def states(rows: tuple[HostRow, ...]) -> dict[str, tuple[str, str | None]]:
    return {row.host: (row.edge_status, row.headline) for row in rows}
