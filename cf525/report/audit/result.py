"""What the formats of an audit render: its report, and a way to the full reports of its hosts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cf525.model import AuditReport
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """An audit to be rendered.

    ``full`` gives the full reports of hosts as plain data, one at a time, and leaves out those
    that were not kept. ``fail_at_risk`` is whether a host at risk counts as failed.
    """

    report: AuditReport
    full: Callable[[Sequence[str]], Iterator[Mapping[str, Any]]]
    fail_at_risk: bool = False
