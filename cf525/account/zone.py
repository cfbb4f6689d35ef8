"""Finds the zone a hostname belongs to, in one round of API calls.

Every ancestor of the name is a candidate and all are asked at once; the longest that the token
can see wins. Reading the zone's settings is not done here.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.credentials import TokenKind
from cf525.account.refusals import refusal
from cf525.account.rights import Right
from cf525.errors import ApiError, CredentialsError, PermissionRefused
from cf525.model import Unknown, ZoneFacts

MAX_CANDIDATES: Final = 8


async def find_zone(client: Client, host: str, *, lean: bool = False) -> ZoneFacts | None:
    """The zone of ``host``; None when the token sees none. ``lean`` takes the shortest name that
    is a zone, one call after the other, and does not look for a zone below it.

    Raises CredentialsError when the token is refused, ApiError when the API cannot be asked.
    """
    labels = host.split(".")
    names = [".".join(labels[start:]) for start in range(len(labels) - 1)][-MAX_CANDIDATES:]
    try:
        if lean:
            answers = [await _first(client, reversed(names))]
        else:
            answers = await asyncio.gather(*(_named(client, name) for name in names))
    except PermissionRefused as error:
        raise await _explain(client, error) from None
    for rows in answers:
        if rows:
            return _facts(max(rows, key=lambda row: row.get("status") == "active"))
    return None


async def _first(client: Client, names: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    for name in names:
        rows = await _named(client, name)
        if rows:
            return rows
    return ()


def zone_among(zones: Iterable[ZoneFacts], host: str) -> ZoneFacts | None:
    """The zone of ``host`` among zones already listed: the longest, an active one first."""
    covering = [zone for zone in zones if host == zone.name or host.endswith("." + zone.name)]
    return max(covering, key=lambda zone: (len(zone.name), zone.status == "active"), default=None)


async def list_zones(client: Client) -> tuple[ZoneFacts, ...]:
    """Every zone that the token sees. Raises ApiError."""
    listing = await client.paged("/zones", per_page=50, needs=Right.ZONE)
    return tuple(_facts(row) for row in listing.rows)


def zone_not_found(host: str) -> Unknown:
    """The unknown for a hostname in no zone that the token sees."""
    return Unknown(
        id="zone-not-found",
        text=f"No zone that this token can see covers {host}, so its mode and its origin "
        "are not known.",
        next="Use a token of the account that holds the zone, or give --origin and --mode.",
    )


async def _named(client: Client, name: str) -> tuple[Mapping[str, Any], ...]:
    listing = await client.paged("/zones", {"name": name}, per_page=50, needs=Right.ZONE)
    return tuple(row for row in listing.rows if row.get("name") == name)


async def _explain(client: Client, refused: PermissionRefused) -> ApiError:
    """Tell a bad token from a good one without Zone Read: Cloudflare answers both with 403.

    Only a user's token can be verified without naming its account.
    """
    if client.credentials.kind is TokenKind.ACCOUNT:
        return refused
    try:
        state = await client.get("/user/tokens/verify")
    except CredentialsError as error:
        return error
    except PermissionRefused as error:
        return refusal(401, None, "/user/tokens/verify", error.needs)
    except ApiError:
        return refused
    status = state.get("status") if isinstance(state, Mapping) else None
    if status in ("disabled", "expired"):
        return CredentialsError(
            f"the API token is {status}", hint="create a new one", status=403, codes=refused.codes
        )
    return refused


def _facts(row: Mapping[str, Any]) -> ZoneFacts:
    account, plan = row.get("account"), row.get("plan")
    return ZoneFacts(
        id=str(row.get("id", "")),
        name=str(row.get("name", "")),
        status=str(row.get("status") or ""),
        paused=row.get("paused") is True,
        kind=str(row.get("type") or ""),
        plan=str(plan.get("legacy_id") or "") if isinstance(plan, Mapping) else "",
        account_id=str(account.get("id") or "") if isinstance(account, Mapping) else "",
    )
