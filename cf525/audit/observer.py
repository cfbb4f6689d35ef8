"""Who hears of an audit's progress."""

from typing import Protocol

from cf525.audit.plan import AuditPlan
from cf525.model import HostRow


class Observer(Protocol):
    """Hears of an audit's progress. Nothing it does changes the audit."""

    def planned(self, plan: AuditPlan, *, done: int) -> None:
        """Before the first host; ``done`` hosts were taken from the checkpoint."""

    def zone_done(self, api_calls: int) -> None:
        """A zone is finished; so many calls were made until now."""

    def host_done(self, row: HostRow, line: bytes) -> None:
        """One host is finished, and its line, the report in it, is in the checkpoint."""
