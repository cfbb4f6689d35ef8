"""Cloudflare's own eyes: what visitors met, what its health checks say, what was changed lately.

Every question stands for itself: one that the token or the plan refuses becomes an unknown and
costs nothing else. Optional fields of the analytics are asked separately, because a refused field
fails its whole query. Answers are read as data from outside: of any shape, bounded, never
trusted.

Sources: developers.cloudflare.com/analytics/graphql-api, /api (pool health, healthchecks,
audit_logs, radar/post_quantum), load-balancing/troubleshooting/common-error-codes.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cf525.account.changes import changes_among
from cf525.account.client import Client
from cf525.account.rights import Right
from cf525.edge.codes import EDGE_ERRORS
from cf525.errors import ApiError, CredentialsError
from cf525.model import Health, Insight, Route, Target, Unknown, ZoneFacts
from cf525.model.target import place_of
from cf525.values import dataclass

LAG: Final = timedelta(minutes=2)
"""Behind now: the newest minutes are not complete yet."""
BEFORE: Final = timedelta(hours=24)
"""How far before the window changes are looked for."""
MOST_ROWS: Final = 1_000
MOST_POOLS: Final = 6

_ALL: Final = "datetime_geq: $from, datetime_lt: $to, clientRequestHTTPHost_in: $hosts"
_BAD: Final = f"{_ALL}, edgeResponseStatus_in: {list(EDGE_ERRORS)}"


def _node(alias: str, order: str, condition: str, *dimensions: str, sampled: bool = False) -> str:
    average = "avg { sampleInterval } " if sampled else ""
    return (
        f"{alias}: httpRequestsAdaptiveGroups(limit: {MOST_ROWS}, orderBy: [{order}], "
        f"filter: {{{condition}}}) {{ count {average}dimensions {{ {' '.join(dimensions)} }} }}"
    )


QUERIES: Final[Mapping[str, str]] = {
    "visits": _node("bad", "count_DESC", _BAD, "edgeResponseStatus", sampled=True)
    + " "
    + _node("total", "count_DESC", _ALL, "clientRequestHTTPHost"),
    "colos": _node("colos", "count_DESC", _BAD, "coloCode"),
    "hours": _node("hours", "datetimeHour_ASC", _BAD, "datetimeHour"),
    "first": _node("first", "datetimeMinute_ASC", _BAD, "datetimeMinute"),
    "origins": _node("origins", "count_DESC", _BAD, "originIP"),
}
"""Each a query of its own; only ``visits`` cannot be done without."""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to look at: a target in its zone, over a span that ends about now."""

    zone: ZoneFacts
    target: Target
    routes: tuple[Route, ...]
    since: timedelta
    now: datetime

    @property
    def host(self) -> str:
        return self.target.host

    @property
    def until(self) -> datetime:
        return (self.now.astimezone(UTC) - LAG).replace(second=0, microsecond=0)

    @property
    def begin(self) -> datetime:
        return self.until - self.since

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(route.address for route in self.routes if route.address is not None)


async def read_insight(client: Client, asked: Question) -> tuple[Insight, tuple[Unknown, ...]]:
    """Everything that may be read, side by side. Raises CredentialsError alone."""
    unknowns: list[Unknown] = []
    groups, health, checks, radar, traced, changes = await asyncio.gather(
        _analytics(client, asked, unknowns),
        _or_unknown(_pool_health(client, asked), Right.POOLS, "pool-health", unknowns),
        _or_unknown(_health_checks(client, asked), Right.HEALTH_CHECKS, "health-checks", unknowns),
        _or_unknown(_radar(client, asked), Right.USER_DETAILS, "radar", unknowns),
        _or_unknown(_trace(client, asked), Right.TRACER, "trace", unknowns),
        _or_unknown(_audit_log(client, asked), Right.ACCOUNT_SETTINGS, "audit-log", unknowns),
    )
    bad = groups.get("bad", ())
    first = _first(groups.get("first", ()))
    insight = Insight(
        since=asked.begin,
        until=asked.until,
        requests=sum(map(_count, groups["total"])) if "total" in groups else None,
        statuses=_by(bad, "edgeResponseStatus"),
        colos=_by(groups.get("colos", ()), "coloCode"),
        origins=_by(groups.get("origins", ()), "originIP"),
        hours=dict(sorted(_by(groups.get("hours", ()), "datetimeHour").items())),
        first=first,
        sampled=any(_sampled(row) for row in bad),
        health=(*health, *checks, *radar, *traced),
        changes=changes_among(changes, asked.zone, asked.host, until=first or asked.until),
        audited=all(each.id != "unread-audit-log" for each in unknowns),
    )
    return insight, tuple(unknowns)


async def _or_unknown(
    reading: Awaitable[Sequence[Any]], needs: str, id: str, unknowns: list[Unknown]
) -> Sequence[Any]:
    try:
        return await reading
    except CredentialsError:
        raise
    except ApiError as error:
        unknowns.append(_unread(id, error, needs))
        return ()


def _unread(id: str, error: ApiError, needs: str) -> Unknown:
    what = {
        "pool-health": "What the load balancer's monitors say of the origins",
        "health-checks": "What Cloudflare's Health Checks say",
        "radar": "How the origin takes a post-quantum handshake from Cloudflare's network",
        "trace": "What Cloudflare gets when it asks for the URL itself",
        "audit-log": "Which settings were changed around the start of the failure",
        "visits": "What visitors met over the time asked for",
        "colos": "At which data centres visitors fail",
        "hours": "When visitors failed",
        "first": "Since when visitors fail",
        "origins": "With which origin addresses visitors fail",
    }[id]
    why = "no answer" if error.status == 0 else f"status {error.status}"
    return Unknown(
        id=f"unread-{id}",
        text=f"{what}: the token or the plan does not give it ({why}).",
        next=f"Give the token {needs}.",
    )


# -- analytics ----------------------------------------------------------------------------------


async def _analytics(client: Client, asked: Question, unknowns: list[Unknown]) -> dict[str, Rows]:
    variables = {
        "zones": [asked.zone.id],
        "hosts": [asked.host],
        "from": _time(asked.begin),
        "to": _time(asked.until),
    }

    async def one(id: str) -> dict[str, Rows]:
        text = (
            "query Insight($zones: [string!], $hosts: [string!], $from: Time!, $to: Time!) "
            "{ viewer { scopes: zones(filter: {zoneTag_in: $zones}) "
            f"{{ zoneTag {QUERIES[id]} }} }} }}"
        )
        try:
            return _groups(await client.query(text, variables, needs=Right.ANALYTICS))
        except CredentialsError:
            raise
        except ApiError as error:
            unknowns.append(_unread(id, error, Right.ANALYTICS))
            return {}

    found: dict[str, Rows] = {}
    for groups in await asyncio.gather(*(one(id) for id in QUERIES)):
        found |= groups
    return found


def _groups(answer: object) -> dict[str, Rows]:
    """The rows by alias. Raises ApiError when the server gave errors in place of data."""
    data = _mapping(answer).get("data")
    scopes = _mapping(_mapping(data).get("viewer")).get("scopes")
    if not isinstance(scopes, list) or not scopes:
        raise ApiError("the analytics gave no data")
    return {
        alias: [row for row in rows if isinstance(row, Mapping)][:MOST_ROWS]
        for alias, rows in _mapping(scopes[0]).items()
        if isinstance(rows, list)
    }


def _by(rows: Rows, dimension: str) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for row in rows:
        value = _mapping(row.get("dimensions")).get(dimension)
        if isinstance(value, str | int):
            counted[str(value)[:64]] += _count(row)
    return dict(counted.most_common())


def _count(row: Mapping[str, Any]) -> int:
    count = row.get("count")
    return count if isinstance(count, int) and count >= 0 else 0


def _sampled(row: Mapping[str, Any]) -> bool:
    interval = _mapping(row.get("avg")).get("sampleInterval")
    return isinstance(interval, int | float) and interval > 1


def _first(rows: Rows) -> datetime | None:
    minutes = (_moment(_mapping(row.get("dimensions")).get("datetimeMinute")) for row in rows)
    return min((minute for minute in minutes if minute is not None), default=None)


# -- health -------------------------------------------------------------------------------------


async def _pool_health(client: Client, asked: Question) -> list[Health]:
    account = asked.zone.account_id
    pools = await client.rows(f"/accounts/{account}/load_balancers/pools", needs=Right.POOLS)
    ours = [pool for pool in pools if asked.addresses & set(_addresses(pool))][:MOST_POOLS]
    found: list[Health] = []
    for pool in ours:
        path = f"/accounts/{account}/load_balancers/pools/{pool.get('id')}/health"
        answer = _mapping(await client.get(path, needs=Right.POOLS))
        found += _of_pool(str(pool.get("name", "pool")), answer, asked.addresses)
    return found


def _addresses(pool: Mapping[str, Any]) -> Iterable[str]:
    origins = pool.get("origins")
    for origin in origins if isinstance(origins, list) else ():
        yield str(_mapping(origin).get("address"))


def _of_pool(name: str, answer: Mapping[str, Any], addresses: frozenset[str]) -> Iterable[Health]:
    """One line an address: unhealthy where any place says so, with the reason it gives."""
    seen: dict[str, Health] = {}
    for place in _mapping(answer.get("pop_health")).values():
        origins = _mapping(place).get("origins")
        for entry in origins if isinstance(origins, list) else ():
            for address, state in _mapping(entry).items():
                if address not in addresses:
                    continue
                healthy = _mapping(state).get("healthy") is True
                reason = str(_mapping(state).get("failure_reason") or "")[:120]
                if address not in seen or not healthy:
                    seen[address] = Health(
                        name=f"pool {name[:60]}",
                        address=address,
                        healthy=healthy,
                        reason="" if healthy else reason,
                    )
    return seen.values()


async def _health_checks(client: Client, asked: Question) -> list[Health]:
    rows = await client.rows(f"/zones/{asked.zone.id}/healthchecks", needs=Right.HEALTH_CHECKS)
    wanted = asked.addresses | {asked.host}
    return [
        Health(
            name=f"health check {str(row.get('name', ''))[:60]}",
            address=str(row.get("address")),
            healthy=row.get("status") == "healthy",
            reason=str(row.get("failure_reason") or "")[:120],
        )
        for row in rows
        if row.get("address") in wanted and row.get("status") in ("healthy", "unhealthy")
    ]


async def _radar(client: Client, asked: Question) -> list[Health]:
    """Radar's own handshake with each address: the one TLS probe made from Cloudflare."""
    found = []
    for route in asked.routes[:2]:
        if route.address is None or route.scheme != "https" or not route.probeable:
            continue
        path = "/radar/post_quantum/tls/support"
        answer = _mapping(await client.get(path, {"host": place_of(route.address, route.port)}))
        flags = _mapping(answer.get("bugs")).items()
        bugs = [str(bug)[:40] for bug, shown in flags if shown is True]
        found.append(
            Health(
                name="Radar post-quantum probe",
                address=route.address,
                healthy=not bugs,
                reason=", ".join(bugs),
            )
        )
    return found


async def _trace(client: Client, asked: Question) -> list[Health]:
    """Trace with the origin asked: a request made inside Cloudflare, whatever this path does."""
    path = f"/accounts/{asked.zone.account_id}/request-tracer/trace"
    body = {"method": "GET", "url": asked.target.url, "skip_response": False}
    status = _mapping(await client.post(path, body, needs=Right.TRACER)).get("status_code")
    if not isinstance(status, int) or not 100 <= status <= 999:
        return []
    return [
        Health(
            name="Cloudflare Trace",
            address=asked.host,
            healthy=status not in EDGE_ERRORS,
            reason=f"HTTP {status}",
        )
    ]


# -- changes ------------------------------------------------------------------------------------


async def _audit_log(client: Client, asked: Question) -> tuple[Mapping[str, Any], ...]:
    params: dict[str, str | int] = {
        "zone.name": asked.zone.name,
        "since": _time(asked.begin - BEFORE),
        "before": _time(asked.until),
        "direction": "desc",
        "per_page": 100,
    }
    return await client.rows(
        f"/accounts/{asked.zone.account_id}/audit_logs", params, needs=Right.ACCOUNT_SETTINGS
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found is not None else None


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
