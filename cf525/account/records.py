"""The DNS records of a zone as its owner wrote them: what a proxied name really points to.

Public DNS shows the edge's addresses for proxied names, so the API is asked; wildcards are
matched as DNS does (RFC 4592). Names outside the zone are not looked at here.
"""

import asyncio
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from sys import intern
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.rights import Right
from cf525.errors import ApiError
from cf525.values import dataclass

BULK_PAGE: Final = 5000
_EXACT_PAGE: Final = 100
_LEADING: Final = ("A", "AAAA", "CNAME")
_LONGEST: Final = 256
"""No name is longer, and no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An A, AAAA or CNAME record, or one of another type that only proves the name exists.

    A ``shadowed`` one lies at or below a delegation to other nameservers: the zone holds it and
    answers nobody with it. Source: dns/manage-dns-records/reference/shadowed-records (documented).
    """

    type: str
    name: str
    content: str
    proxied: bool
    id: str = ""
    shadowed: bool = False

    @property
    def label(self) -> str:
        """The record in words, for provenance."""
        leads = f" to {self.content}" if self.type == "CNAME" else ""
        return f"{self.type} record {self.name}{leads}, " + (
            "proxied" if self.proxied else "DNS only"
        )


class ZoneRecords:
    """Looks names up in one zone: each by itself, or all of them in one go for an audit."""

    def __init__(self, client: Client, zone_id: str, zone_name: str, *, bulk: bool = False) -> None:
        self._client = client
        self._path = f"/zones/{zone_id}/dns_records"
        self._zone = zone_name
        self._bulk = bulk
        self._index: dict[str, list[Record]] = {}
        self._reading = asyncio.Lock()
        self._whole: bool | ApiError = False

    def covers(self, name: str) -> bool:
        """Whether ``name`` lies in the zone."""
        return name == self._zone or name.endswith("." + self._zone)

    async def find(self, name: str) -> tuple[Record, ...]:
        """The address and CNAME records that answer for ``name``, by a wildcard if need be.

        The name itself is asked first: most exist. Raises ApiError.
        """
        own, *ancestors = self._candidates(name)
        records = await self._named(own)
        if records:  # a name that exists, with whatever type, hides the wildcards above it
            return _leading(records)
        found = dict(
            zip(
                ancestors,
                await asyncio.gather(*(self._named(each) for each in ancestors)),
                strict=True,
            )
        )
        for candidate in ancestors:
            if found[candidate]:
                owner = candidate if candidate.startswith("*.") else "*." + candidate
                return _leading(found.get(owner, ()))
        return ()

    async def resembling(self, name: str) -> tuple[str, ...]:
        """Up to three names of the zone that are nearly this one, among the first records that
        the API lists. None where they cannot be read."""
        if self._bulk:
            names = set(self._index)
        else:
            try:
                asked = {"page": 1, "per_page": BULK_PAGE}
                rows = await self._client.rows(self._path, asked, needs=Right.DNS)
            except ApiError:
                return ()
            names = {str(row.get("name", "")) for row in rows}
        below = {each.removesuffix(f".{self._zone}"): each for each in sorted(names - {name})}
        wanted = name.removesuffix(f".{self._zone}")
        return tuple(below[each] for each in get_close_matches(wanted, below, n=3, cutoff=0.7))

    async def proxied_names(self) -> tuple[str, ...]:
        """Every hostname of the zone that the edge serves, wildcards left out.

        Reads the whole zone. Raises ApiError.
        """
        await self._read_whole()
        return tuple(
            name
            for name, records in self._index.items()
            if not name.startswith("*.") and any(record.proxied for record in records)
        )

    async def served_names(self) -> dict[str, bool]:
        """Every hostname and wildcard of the zone that leads somewhere, and whether the edge
        serves it. Reads the whole zone. Raises ApiError."""
        await self._read_whole()
        return {
            name: any(record.proxied for record in records)
            for name, records in self._index.items()
            if any(record.type in _LEADING for record in records)
        }

    def _candidates(self, name: str) -> list[str]:
        """The name, then from the closest ancestor up: the ancestor's wildcard, the ancestor."""
        candidates = [name]
        while name != self._zone:
            name = name.partition(".")[2]
            candidates.append("*." + name)
            if name != self._zone:
                candidates.append(name)
        return candidates

    async def _named(self, name: str) -> tuple[Record, ...]:
        if self._bulk:
            await self._read_whole()
            return tuple(self._index.get(name, ()))
        listing = await self._client.paged(
            self._path,
            {"name.exact": name, "include_shadow_metadata": "true"},
            per_page=_EXACT_PAGE,
            needs=Right.DNS,
        )
        return tuple(_record(row) for row in listing.rows)

    async def _read_whole(self) -> None:
        """Once, whatever comes of it; of each page only what matters is kept."""
        async with self._reading:
            if self._whole is False:
                try:
                    self._index = await self._indexed()
                    self._whole = True
                except ApiError as error:
                    self._whole = error
        if isinstance(self._whole, ApiError):
            raise self._whole

    async def _indexed(self) -> dict[str, list[Record]]:
        index: dict[str, list[Record]] = {}
        pages = self._client.pages(self._path, per_page=BULK_PAGE, needs=Right.DNS, keep=False)
        async for page in pages:
            if not page.complete:
                raise ApiError(f"the DNS records of {self._zone} could not be read to the end")
            for record in map(_record, page.rows):
                index.setdefault(record.name, []).append(record)
        return index


def _leading(records: Iterable[Record]) -> tuple[Record, ...]:
    """Those of a name's records that lead somewhere."""
    return tuple(each for each in records if each.type in _LEADING)


def _record(row: Mapping[str, Any]) -> Record:
    kind = intern(str(row.get("type", ""))[:16])
    content = str(row.get("content", ""))[:_LONGEST] if kind in _LEADING else ""
    return Record(
        type=kind,
        name=str(row.get("name", ""))[:_LONGEST],
        content=content.rstrip(".").lower(),
        proxied=row.get("proxied") is True,
        id=str(row.get("id", ""))[:_LONGEST],
        shadowed=_shadowed(row.get("meta")),
    )


def _shadowed(meta: Any) -> bool:
    """Glue below a delegation is served all the same."""
    if not isinstance(meta, Mapping) or meta.get("is_glue") is True:
        return False
    by = meta.get("shadowed_by")
    return isinstance(by, list) and bool(by)
