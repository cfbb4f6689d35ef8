"""The lab's GraphQL analytics: the errors that visitors met, as the real endpoint gives them.

A pure function from one query to one answer. It knows the one node that an audit asks and is no
GraphQL engine; rights, refused fields and scopes are as strict as the real thing's.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cf525.account.rights import Right
from cf525.lab.world import Token, Visits, World, Zone

ACCOUNT_RIGHT: Final = Right.ACCOUNT_ANALYTICS
ZONE_RIGHT: Final = Right.ANALYTICS
_MOST_ZONES: Final = 10

_PART = re.compile(
    r"(\w+): httpRequestsAdaptiveGroups\(limit: \d+, orderBy: \[\w+\], filter: \{(.*?)\}\) "
    r"\{ count (?:avg \{ sampleInterval \} )?dimensions \{\s*([\w ]*)\} \}"
)


def answer(world: World, token: Token, body: bytes) -> tuple[int, dict[str, Any]]:
    """Status and body for one POST."""
    try:
        asked = json.loads(body)
        query, variables = str(asked["query"]), dict(asked["variables"])
    except (ValueError, KeyError, TypeError):
        return 400, _failed("bad request", "bad_request")
    by_zone = "zones(filter" in query
    needs = {ZONE_RIGHT, ACCOUNT_RIGHT} if by_zone else {ACCOUNT_RIGHT}
    if not token.permissions.intersection(needs):
        return 200, _failed("not authorized for that account", "authz")
    refused = world.refused_fields.intersection(re.findall(r"\w+", query))
    if refused:
        what = min(refused)
        return 200, _failed(f"zone does not have access to the field '{what}'", "authz")
    if by_zone:
        tags = list(variables["zones"])
        if len(tags) > _MOST_ZONES:
            return 200, _failed("can't be more than 10 zones", "quota")
        scopes = [
            {"zoneTag": zone.id, **_parts(world, [zone], query, variables)}
            for zone in world.zones
            if zone.id in tags
        ]
    else:
        zones = [
            zone for zone in world.zones if world.account(zone.account).id == variables["account"]
        ]
        scopes = [_parts(world, zones, query, variables)]
    return 200, {"data": {"viewer": {"scopes": scopes}}, "errors": None}


def _parts(
    world: World, zones: list[Zone], query: str, variables: Mapping[str, Any]
) -> dict[str, Any]:
    own = {zone.name: zone for zone in zones}
    parts = {}
    for alias, condition, dimensions in _PART.findall(query):
        groups: Counter[tuple[tuple[str, Any], ...]] = Counter()
        for visits in world.visits:
            zone = own.get(visits.zone)
            wanted = variables.get("hosts", [visits.host])
            failing = "edgeResponseStatus_in" in condition
            if zone is not None and visits.host in wanted:
                for values, count in _groups(zone, visits, failing=failing):
                    groups[tuple((name, values[name]) for name in dimensions.split())] += count
        parts[alias] = [
            {"count": count, "avg": {"sampleInterval": 1}, "dimensions": dict(key)}
            for key, count in groups.most_common()
        ]
    return parts


def _groups(zone: Zone, visits: Visits, *, failing: bool) -> Iterator[tuple[dict[str, Any], int]]:
    base = {
        "zoneTag": zone.id,
        "clientRequestHTTPHost": visits.host,
        "datetimeMinute": visits.first_seen,
        "datetimeHour": visits.first_seen[:14] + "00:00Z",
        "originIP": visits.origins[0],
    }
    for status, count in visits.statuses.items():
        if not failing or status >= 520:
            for place in visits.places:
                values = {**base, "edgeResponseStatus": status, "coloCode": place}
                yield values, count // len(visits.places)


def _failed(message: str, code: str) -> dict[str, Any]:
    return {
        "data": None,
        "errors": [{"message": message, "path": ["viewer"], "extensions": {"code": code}}],
    }
