"""What an audit tells people of: each failing host once, and once more when it is well. Pure.

``Told`` remembers what was told, by host and cause, so that a nightly audit does not repeat itself.
"""

import json
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from cf525.model import AuditReport, Severity
from cf525.model.decoding import decode
from cf525.values import dataclass

MOST_HOSTS: Final = 100_000
MOST_LISTED: Final = 20
SCHEMA: Final = "cf525.told/1"


@dataclass(frozen=True, slots=True)
class Alert:
    """One message. ``trigger`` is false for what has ended."""

    title: str
    lines: tuple[str, ...]
    trigger: bool

    @property
    def body(self) -> str:
        shown = self.lines[:MOST_LISTED]
        rest = len(self.lines) - len(shown)
        return "\n".join((*shown, f"and {rest} more") if rest else shown)


@dataclass(frozen=True, slots=True)
class Told:
    """Failing hosts that were told of, each with its cause."""

    causes: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def parse(text: bytes) -> "Told":
        """What a file holds; nothing, where it is none of ours: all is told again then."""
        try:
            found = decode(text)
            hosts = found["hosts"] if found["schema"] == SCHEMA else {}
            pairs = {host: cause for host, cause in hosts.items() if isinstance(cause, str)}
        except (ValueError, TypeError, KeyError, AttributeError):
            return Told()
        return Told(dict(list(pairs.items())[:MOST_HOSTS]))

    def dump(self) -> bytes:
        return json.dumps({"schema": SCHEMA, "hosts": dict(self.causes)}, indent=1).encode()


def news(report: AuditReport, told: Told) -> tuple[tuple[Alert, ...], Told]:
    """What there is to tell after this audit, and what is told by then.

    A host that was not looked at, or of which nothing can be told, stays as it was.
    """
    now = dict(told.causes)
    broken: list[str] = []
    mended: list[str] = []
    for row in report.hosts:
        if row.severity is Severity.BROKEN:
            cause = f"{row.edge_status} {row.headline or ''}".strip()
            if now.get(row.host) != cause:
                broken.append(f"{row.host}: {cause}. {row.summary}")
            now[row.host] = cause
        elif row.severity in (Severity.OK, Severity.AT_RISK) and row.host in now:
            mended.append(f"{row.host}: {row.edge_status} (was {now.pop(row.host)})")
    alerts = []
    if broken:
        alerts.append(Alert(_counted(len(broken), "fails", "fail"), tuple(broken), trigger=True))
    if mended:
        alerts.append(
            Alert(_counted(len(mended), "is well", "are well"), tuple(mended), trigger=False)
        )
    return tuple(alerts), Told(now)


def _counted(number: int, one: str, many: str) -> str:
    return f"cf525: {number} {'host ' + one if number == 1 else 'hosts ' + many}"
