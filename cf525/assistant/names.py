"""What an assistant may be pointed at: names in the account, and what was allowed at the start.

An assistant takes its targets from text that anybody may have written, so that no name and no
address is probed only because it was named. Nothing is resolved here.
"""

import asyncio
import ipaddress
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from cf525.account.zone import list_zones, zone_among
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.errors import UsageError
from cf525.model import ZoneFacts
from cf525.model.parsing import parse_hostname, parse_origin
from cf525.values import dataclass

FRESH_SECONDS: Final = 600.0
"""How long the list of the account's zones is believed."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Allowed:
    """What was allowed at the start: patterns of names, and networks of addresses."""

    names: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()

    @staticmethod
    def of(patterns: Sequence[str]) -> "Allowed":
        """From what was written. Raises UsageError for what is neither a name nor an address."""
        names: list[str] = []
        networks: list[Network] = []
        for pattern in patterns:
            try:
                networks.append(ipaddress.ip_network(pattern.strip("[]"), strict=False))
            except ValueError:
                names.append(_pattern(pattern))
        return Allowed(tuple(names), tuple(networks))

    def name(self, host: str) -> bool:
        """Is this name among those?"""
        return any(fnmatchcase(host, each) for each in self.names)

    def address(self, address: str) -> bool:
        """Is this IP address in one of those networks?"""
        found = ipaddress.ip_address(address)
        return any(found.version == each.version and found in each for each in self.networks)


def _pattern(written: str) -> str:
    star, name = ("*.", written[2:]) if written.startswith("*.") else ("", written)
    return star + parse_hostname(name)


class Reachable:
    """What may be asked about by one running server. ``options`` say which account is read."""

    def __init__(self, allowed: Allowed, options: Options) -> None:
        self._allowed = allowed
        self._options = options
        self._lock = asyncio.Lock()
        self._zones: tuple[ZoneFacts, ...] = ()
        self._read = 0.0

    async def host(self, host: str) -> None:
        """Raises UsageError for a name that is neither allowed nor in the account."""
        if self._allowed.name(host) or zone_among(await self._of_account(), host):
            return
        where = "in the account, nor " if self._options.credentials else ""
        raise UsageError(
            f"{host} is not {where}among the names that this server was started for",
            hint=f"start it with: cf525 mcp --allow {host}",
        )

    def place(self, written: str) -> tuple[str, int | None]:
        """An origin's address. Raises UsageError for one that was not allowed at the start."""
        address, port = parse_origin(written)
        if self._allowed.address(address):
            return address, port
        raise UsageError(
            f"{address} is not among the addresses that this server was started for",
            hint=f"start it with: cf525 mcp --allow {address}",
        )

    async def _of_account(self) -> tuple[ZoneFacts, ...]:
        if self._options.credentials is None:
            return ()
        async with self._lock:
            if not self._zones or time.monotonic() - self._read > FRESH_SECONDS:
                async with Outside(self._options) as outside:
                    assert outside.client is not None
                    self._zones = await list_zones(outside.client)
                self._read = time.monotonic()
        return self._zones
