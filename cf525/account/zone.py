"""Finds the zone a hostname belongs to, in one call wherever that is possible.

The zones that end as the name does are asked for; where that yields none, every ancestor of the
name by itself, all at once. The longest that the token can see wins. Reading the zone's settings
is not done here.

Source: developers.cloudflare.com/api/resources/zones/methods/list (``name`` and its operators).
"""

import asyncio
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.credentials import TokenKind
from cf525.account.refusals import refusal
from cf525.account.rights import Right
from cf525.errors import ApiError, CredentialsError, PermissionRefused
from cf525.model import Unknown, ZoneFacts

MAX_CANDIDATES: Final = 8
MOST_NAMED: Final = 5
_ALIKE: Final = 0.75
"""From here on a zone's name looks like a slip of the one asked for."""
_SHARED: Final = frozenset(("ac", "co", "com", "edu", "gob", "gov", "go", "ne", "net", "or", "org"))
"""Labels below a country's that many zones end in: ``co.uk``, ``com.br``."""


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
            answers = [await _ending(client, names)]
            if not any(answers):
                answers = await asyncio.gather(*(_named(client, name) for name in names))
    except PermissionRefused as error:
        raise await _explain(client, error) from None
    for rows in answers:
        if rows:
            return _facts(max(rows, key=lambda row: row.get("status") == "active"))
    return None


async def _ending(client: Client, names: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """The zone of the longest of ``names``, out of all that end as the shortest of them does."""
    if not names:
        return ()
    common = names[-1]
    below, _, country = common.rpartition(".")
    if len(names) > 1 and len(country) == 2 and below in _SHARED:
        common = names[-2]
    try:
        listing = await client.paged(
            "/zones", {"name": f"ends_with:{common}"}, per_page=50, needs=Right.ZONE
        )
    except (CredentialsError, PermissionRefused):
        raise
    except ApiError as error:
        if error.status in (0, 429) or error.status >= 500:
            raise
        return ()  # an API without that operator is asked by name
    for name in names:
        rows = tuple(row for row in listing.rows if row.get("name") == name)
        if rows:
            return rows
    return ()


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
    """Every zone that the token sees. Raises CredentialsError or another ApiError."""
    try:
        listing = await client.paged("/zones", per_page=50, needs=Right.ZONE)
    except PermissionRefused as error:
        raise await _explain(client, error) from None
    return tuple(_facts(row) for row in listing.rows)


def zone_not_found(host: str, zones: Sequence[ZoneFacts] = ()) -> Unknown:
    """The unknown for a hostname in no zone that the token sees, with those that it does see."""
    seen = [zone.name for zone in zones]
    text = f"No zone that this token can see covers {host}, so its mode and its origin "
    text += "are not known."
    settle = "Use a token of the account that holds the zone, or give --origin and --mode."
    if not seen:
        return Unknown(id="zone-not-found", text=text, next=settle)
    near = nearest(host, seen)
    listed = [*near, *(name for name in seen if name not in near)]
    more = f" and {len(seen) - MOST_NAMED} more" if len(seen) > MOST_NAMED else ""
    text += f" It sees {', '.join(listed[:MOST_NAMED])}{more}."
    meant = f"If {near[0]} was meant, correct the name; otherwise use" if near else "Use"
    return Unknown(id="zone-not-found", text=text, next=f"{meant}{settle.removeprefix('Use')}")


def nearest(host: str, zones: Sequence[str]) -> list[str]:
    """The zone whose name is most like the end of ``host``; empty when none is like it."""
    labels = host.split(".")
    ends = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    found = [
        (difflib.SequenceMatcher(None, end, name).ratio(), name) for end in ends for name in zones
    ]
    ratio, name = max(found, default=(0.0, ""))
    return [name] if ratio >= _ALIKE else []


async def _named(client: Client, name: str) -> tuple[Mapping[str, Any], ...]:
    listing = await client.paged("/zones", {"name": name}, per_page=50, needs=Right.ZONE)
    return tuple(row for row in listing.rows if row.get("name") == name)


async def _explain(client: Client, refused: PermissionRefused) -> ApiError:
    """Tell a bad token from a good one without Zone Read: Cloudflare answers both with 403.

    Only a user's token can be verified without naming its account.
    """
    if client.credentials.kind is TokenKind.ACCOUNT:
        ended = "an account's token that has ended looks the same from here"
        refused.hint = f"{ended}; {refused.hint}" if refused.hint else ended
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
