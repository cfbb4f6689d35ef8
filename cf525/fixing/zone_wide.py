"""Whether every host of a zone would pass a higher mode: the what-if of an audit, of one zone.

A change of the whole zone is planned only after that; nothing of the audit is kept.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from cf525.audit.keeping import Keeping
from cf525.audit.options import AuditOptions
from cf525.audit.plan import AuditPlan
from cf525.audit.run import audit
from cf525.diagnosis.options import Options
from cf525.errors import NoRemedy
from cf525.model import HostRow, Severity

MOST_NAMED = 5


class _Nobody:
    """Hears of the audit's progress and says nothing."""

    def planned(self, plan: AuditPlan, *, done: int) -> None: ...
    def zone_done(self, api_calls: int) -> None: ...
    def host_done(self, row: HostRow, line: bytes) -> None: ...


async def every_host_passes(options: Options, zone: str, mode: str) -> list[str]:
    """What was looked at, as a sentence. Raises NoRemedy where a host would break, or may."""
    wanted = AuditOptions(base=replace(options, edge=False), zones=(zone,), what_if=mode)
    with tempfile.TemporaryDirectory(prefix="cf525-") as folder:
        kept = Keeping(path=Path(folder) / "checkpoint")
        report = (await audit(wanted, kept, _Nobody())).report
    if report.stopped:
        raise NoRemedy(f"whether every host of {zone} would pass was not learned: {report.stopped}")
    if report.gaps:
        raise NoRemedy(f"not every host of {zone} could be looked at: {report.gaps[0].reason}")
    broken = [each.host for each in report.hosts if each.severity is Severity.BROKEN]
    unsure = [each.host for each in report.hosts if each.severity is Severity.UNKNOWN]
    for hosts, what in ((broken, "would break"), (unsure, "could not be told of")):
        if hosts:
            named = ", ".join(hosts[:MOST_NAMED]) + (" ..." if len(hosts) > MOST_NAMED else "")
            raise NoRemedy(f"{len(hosts)} of {len(report.hosts)} hosts of {zone} {what}: {named}")
    return [f"all {len(report.hosts)} proxied hosts of {zone} were looked at, and would pass"]
