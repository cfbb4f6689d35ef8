"""Load balancers: the pools that take the place of a hostname's DNS records.

Which endpoint a visitor gets depends on steering and on health, which is not emulated: every
enabled endpoint is one possible route, with the condition under which its pool is used. What gets
a visitor only once other pools fail stands by.
"""

import asyncio
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Final

from cf525.account.endpoints import EndpointFinder, Found, given
from cf525.account.expression import Facts, Truth, holds
from cf525.account.rights import Right
from cf525.model import NotProbeable, Provenance, Unknown
from cf525.values import dataclass

Row = Mapping[str, Any]

MAX_ENDPOINTS: Final = 64
_BY_PLACE: Final = {
    "region_pools": "region",
    "country_pools": "country",
    "pop_pools": "data centre",
}


@dataclass(frozen=True, slots=True)
class _Use:
    """A pool and when it is used; no condition means: for anybody. One that stands by serves
    nobody while the pools before it are healthy."""

    pool: str
    condition: str = ""
    stands_by: bool = False


def balancer_of(rows: Iterable[Row] | None, host: str, *, recorded: bool = False) -> Row | None:
    """The enabled load balancer of a hostname, its own before a wildcard's.

    A DNS record of the very name (``recorded``) is more specific than a wildcard's balancer, and
    wins over it; over a balancer of the same name it does not. Source: load-balancing/
    load-balancers/dns-records (documented).
    """
    enabled = {
        str(row.get("name") or "").lower(): row
        for row in rows or ()
        if row.get("enabled") is not False
    }
    wildcard = None if recorded else enabled.get("*." + host.partition(".")[2])
    return enabled.get(host) or wildcard


async def endpoints_of(
    balancer: Row,
    pools: Sequence[Row],
    finder: EndpointFinder,
    facts: Facts,
    monitors: Sequence[Row] = (),
) -> Found:
    """Every enabled endpoint of every pool the balancer may use."""
    lenient = {str(each.get("id")): each for each in monitors if _lenient(each)}
    name = str(balancer.get("name") or "")
    by_id = {str(pool.get("id")): pool for pool in pools}
    able = {id for id, pool in by_id.items() if pool.get("enabled") is not False and _origins(pool)}
    uses = _uses(balancer, facts, able)
    wanted = [
        (use, by_id[use.pool], origin)
        for use in uses
        if use.pool in by_id and by_id[use.pool].get("enabled") is not False
        for origin in _origins(by_id[use.pool])
    ][:MAX_ENDPOINTS]
    found = await asyncio.gather(
        *(_endpoint(name, use, pool, origin, finder) for use, pool, origin in wanted)
    )
    endpoints = [
        replace(endpoint, monitor=_monitored(pool, lenient))
        for each, (_, pool, _) in zip(found, wanted, strict=True)
        for endpoint in each.endpoints
    ]
    if balancer.get("proxied") is False:
        endpoints = [replace(each, not_probeable=NotProbeable.NOT_PROXIED) for each in endpoints]
    unknowns = [unknown for each in found for unknown in each.unknowns]
    missing = sorted({use.pool for use in uses} - by_id.keys())
    if missing:
        unknowns.append(_missing_pools(name, missing))
    return Found(tuple(endpoints), tuple(dict.fromkeys(unknowns)))


_IN_LINE: Final = ("off", "geo", "")
"""Steering policies under which a list of pools is a line: the first healthy one gets everybody.
Without a policy it is "geo" where pools are given by place, else "off" (documented: the API's
description of ``steering_policy``). All others spread visitors over the pools."""


def _uses(balancer: Row, facts: Facts, able: Container[str]) -> list[_Use]:
    """The pools in order of likelihood: default, by place, fallback; rules change the set.

    ``able`` are the pools that can serve at all. A pool that somebody meets while all are healthy
    does not stand by, whatever else it is listed for.
    """
    defaults, fallback = balancer.get("default_pools"), balancer.get("fallback_pool")
    policy = str(balancer.get("steering_policy") or "")
    extra: list[_Use] = []
    for rule in _items(balancer.get("rules")):
        overrides = rule.get("overrides") if isinstance(rule, Mapping) else None
        if not isinstance(overrides, Mapping) or rule.get("disabled") is True:
            continue
        answer = holds(str(rule.get("condition") or "true"), facts)
        if answer.truth is Truth.TRUE:
            defaults = overrides.get("default_pools", defaults)
            fallback = overrides.get("fallback_pool", fallback)
            policy = str(overrides.get("steering_policy") or policy)
        elif answer.truth is Truth.DEPENDS:
            condition = f"load balancer rule {rule.get('name')!r} matches (depends on "
            condition += f"{', '.join(answer.on)})"
            listed = _texts(overrides.get("default_pools"))
            extra += _lined(listed, policy in _IN_LINE, able, condition)
    uses = [*_lined(_texts(defaults), policy in _IN_LINE, able), *extra]
    for key, kind in _BY_PLACE.items():
        places = balancer.get(key)
        for place, listed in places.items() if isinstance(places, Mapping) else ():
            if policy != "off":  # without steering the default pools serve every place
                condition = f"visitors of {kind} {place}"
                uses += _lined(_texts(listed), policy in _IN_LINE, able, condition)
    uses += [_Use(pool, f"pool set {name}") for name, pool in _pool_sets(balancer)]
    serving = any(use.pool in able for use in uses)
    uses += [_Use(pool, "all other pools are down", serving) for pool in _texts([fallback])]
    first: dict[str, _Use] = {}
    for use in sorted(uses, key=lambda each: each.stands_by):
        first.setdefault(use.pool, use)
    return [first[pool] for pool in dict.fromkeys(use.pool for use in uses)]


def _lined(
    pools: Sequence[str], in_line: bool, able: Container[str], condition: str = ""
) -> Iterator[_Use]:
    """A list of pools. In a line each stands by until those before it fail: the first that can
    serve does."""
    later = "the pools before it are down"
    served = False
    for pool in pools:
        waits = in_line and served
        both = "; ".join(filter(None, (condition, later if waits else "")))
        yield _Use(pool, both, waits)
        served = served or pool in able


def _pool_sets(balancer: Row) -> Iterable[tuple[str, str]]:
    for each in _items(balancer.get("pool_sets")):
        if isinstance(each, Mapping) and each.get("disabled") is not True:
            overrides = each.get("overrides")
            listed = overrides.get("pools") if isinstance(overrides, Mapping) else None
            for pool in _texts(listed):
                yield str(each.get("name")), pool


def _origins(pool: Row) -> list[Row]:
    listed = pool.get("origins")
    return [
        origin
        for origin in (listed if isinstance(listed, list) else ())
        if isinstance(origin, Mapping) and origin.get("enabled") is not False
    ]


async def _endpoint(name: str, use: _Use, pool: Row, origin: Row, finder: EndpointFinder) -> Found:
    address = str(origin.get("address") or "").lower().rstrip(".")
    why = Provenance(
        source="api",
        detail=f"load balancer {name}, pool {pool.get('name')}, endpoint "
        f"{origin.get('name')} {address}",
        reference=str(pool.get("id") or ""),
    )
    found = await finder.from_address(address, why)
    if [each.address for each in found.endpoints] == [address]:
        found = replace(found, endpoints=tuple(map(given, found.endpoints)))
    port = origin.get("port")
    private = bool(origin.get("virtual_network_id"))
    return Found(
        tuple(
            replace(
                each,
                port=port if isinstance(port, int) and port > 0 else None,
                host=_host(origin),
                conditions=(use.condition,) if use.condition else (),
                standby=_standby(use, pool) if use.stands_by else _weightless(origin, pool),
                not_probeable=NotProbeable.PRIVATE_NETWORK if private else each.not_probeable,
                named=_named(address, pool) if _host(origin) is None else None,
            )
            for each in found.endpoints
        ),
        found.unknowns,
    )


def _standby(use: _Use, pool: Row) -> Provenance:
    """That visitors meet the pool only once others have failed."""
    called = str(pool.get("name") or pool.get("id") or "")
    detail = f"pool {called} stands by: it serves once {use.condition.rpartition('; ')[2]}"
    return Provenance(source="api", detail=detail, reference=called)


def _weightless(origin: Row, pool: Row) -> Provenance | None:
    """That an endpoint is given none of its pool's visitors: its share is its weight over the sum
    of all (documented, Load Balancing, traffic steering, endpoint-level policies)."""
    if origin.get("weight") != 0 or all(each.get("weight") == 0 for each in _origins(pool)):
        return None
    called = str(pool.get("name") or pool.get("id") or "")
    name = origin.get("name") or origin.get("address")
    detail = f"endpoint {name} of pool {called} has weight 0: it serves once that is raised"
    return Provenance(source="api", detail=detail, reference=called)


def _named(address: str, pool: Row) -> Provenance | None:
    """The endpoint's name, where it is one and no address: what the platform behind it answers to.

    The edge sends the visitor's name all the same, unless the endpoint has a Host header.
    """
    try:
        ip_address(address)
    except ValueError:
        return Provenance(source="api", detail=address, reference=str(pool.get("name") or ""))
    return None


def watched(pools: Iterable[Row]) -> bool:
    """Whether any of the pools has a monitor."""
    return any(isinstance(pool.get("monitor"), str) and pool.get("monitor") for pool in pools)


def _lenient(monitor: Row) -> bool:
    return monitor.get("type") == "https" and monitor.get("allow_insecure") is True


def _monitored(pool: Row, lenient: Mapping[str, Row]) -> Provenance | None:
    """The pool's monitor, where it takes any certificate (``allow_insecure``)."""
    monitor = lenient.get(str(pool.get("monitor") or ""))
    if monitor is None:
        return None
    called = monitor.get("description") or monitor.get("id")
    return Provenance(
        source="api",
        detail=f"monitor {called} of pool {pool.get('name')} takes any certificate "
        "(allow_insecure)",
        reference=str(monitor.get("id") or ""),
    )


def _host(origin: Row) -> str | None:
    header = origin.get("header")
    hosts = _texts(
        (header.get("Host") or header.get("host")) if isinstance(header, Mapping) else ()
    )
    return hosts[0].lower() if hosts else None


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _missing_pools(name: str, pools: Sequence[str]) -> Unknown:
    return Unknown(
        id="pools-not-visible",
        text=f"The load balancer {name} uses pools that the token cannot see: {', '.join(pools)}.",
        next=f"Give the token {Right.POOLS} for the account.",
    )


def _items(value: object) -> Sequence[Any]:
    """A list as the API gives it; nothing for whatever else stands in its place."""
    return value if isinstance(value, list | tuple) else ()
