"""What a caller may choose about an audit, and a few choices as values of their own."""

import hashlib
import re
from dataclasses import field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from cf525.account.client import Limits
from cf525.diagnosis.options import Options
from cf525.errors import UsageError
from cf525.model.audit import Accepted
from cf525.values import dataclass

PATIENCE: Final = 900.0
"""Seconds to wait for one answer of the API: a lock-out lasts 300, and may come twice."""


class Hosts(StrEnum):
    """Which hostnames of a zone are looked at."""

    FAILING = "failing"
    PROXIED = "proxied"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``number`` of ``of``: every zone belongs to exactly one, by its name alone."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, zone: str) -> bool:
        digest = hashlib.sha256(zone.encode()).digest()
        return int.from_bytes(digest[:8]) % self.of == self.number - 1


def parse_shard(text: str) -> Shard:
    """A shard from ``3/16``. Raises UsageError for another form or a number out of range."""
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(
            f"--shard {text!r} is no part of a whole", hint="write 1/16 for the first of sixteen"
        )
    return Shard(int(match[1]), int(match[2]))


def parse_since(text: str, option: str = "--since") -> timedelta:
    """A span from ``90m``, ``6h`` or ``2d``. Raises UsageError beyond what analytics keep."""
    match = re.fullmatch(r"(\d{1,4})([mhd])", text)
    unit = {"m": "minutes", "h": "hours", "d": "days"}
    span = timedelta(**{unit[match[2]]: int(match[1])}) if match else timedelta(0)
    if not timedelta(minutes=1) <= span <= timedelta(days=7):
        raise UsageError(f"{option} {text!r} is no span", hint="write 30m, 6h or 2d, 7d at most")
    return span


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOptions:
    """Choices for one audit.

    ``base`` holds what a diagnosis of each host needs. ``zones``, ``match`` and ``exclude`` are
    names or shell patterns, the last two of hostnames. ``per_address`` bounds the connections at
    once to one origin address, ``gap`` is the least time between two of them in seconds;
    ``at_once`` bounds the hosts looked at together, over all ``processes`` that look. ``what_if``
    judges in that mode; what is ``accepted`` is set aside.
    """

    base: Options
    zones: tuple[str, ...] = ()
    account: str = ""
    match: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    hosts: Hosts = Hosts.PROXIED
    shard: Shard | None = None
    since: timedelta = timedelta(hours=1)
    expiring: int | None = None
    what_if: str = ""
    accepted: tuple[Accepted, ...] = ()
    per_address: int = 4
    gap: float = 0.002
    at_once: int = 96
    processes: int = 1
    limits: Limits = field(default_factory=lambda: Limits(patience=PATIENCE, retries=4))

    @property
    def scope(self) -> dict[str, object]:
        """What decides which hosts are looked at and how they are judged: two runs with the same
        scope can be continued one by the other."""
        return {
            "zones": sorted(self.zones),
            "account": self.account,
            "match": sorted(self.match),
            "exclude": sorted(self.exclude),
            "hosts": self.hosts.value,
            "shard": str(self.shard or ""),
            "what_if": self.what_if,
        }
