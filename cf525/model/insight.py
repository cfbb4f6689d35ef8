"""What Cloudflare itself saw: counts of visits, health checks, recent changes to settings.

All of it is optional: a token or a plan may not allow it, and then it is absent and an unknown
says so.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChange:
    """One entry of the audit log that could bear on the handshake."""

    at: datetime
    what: str
    who: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a health check or a pool's monitor says of one address."""

    name: str
    address: str
    healthy: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """Cloudflare's own view of the host over a window of time.

    ``statuses``, ``colos`` and ``origins`` count failing requests; ``hours`` maps the start of an
    hour to its failing requests, in order. ``first`` is the first failing minute seen. ``audited``
    says whether the audit log was read, so that no ``changes`` means that there were none.
    """

    since: datetime
    until: datetime
    requests: int | None = None
    statuses: Mapping[str, int] = field(default_factory=dict)
    colos: Mapping[str, int] = field(default_factory=dict)
    origins: Mapping[str, int] = field(default_factory=dict)
    hours: Mapping[str, int] = field(default_factory=dict)
    first: datetime | None = None
    sampled: bool = False
    health: tuple[Health, ...] = ()
    changes: tuple[LoggedChange, ...] = ()
    audited: bool = False

    @property
    def failures(self) -> int:
        return sum(self.statuses.values())
