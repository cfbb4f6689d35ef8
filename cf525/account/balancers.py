"""Load balancers: the pools that take the place of a hostname's DNS records.

Which endpoint a visitor gets depends on steering and health, which are not emulated: every
enabled endpoint is one possible route, with the condition under which its pool is used.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Final

from cf525.account.endpoints import EndpointFinder, Found
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
    """A pool and when it is used; no condition means: for anybody."""

    pool: str
    condition: str = ""


def balancer_of(rows: Iterable[Row] | None, host: str) -> Row | None:
    """The enabled load balancer of a hostname, its own before a wildcard's."""
    enabled = {
        str(row.get("name") or "").lower(): row
        for row in rows or ()
        if row.get("enabled") is not False
    }
    return enabled.get(host) or enabled.get("*." + host.partition(".")[2])


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
    uses = _uses(balancer, facts)
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


def _uses(balancer: Row, facts: Facts) -> list[_Use]:
    """The pools in order of likelihood: default, by place, fallback; rules change the set."""
    defaults, fallback = balancer.get("default_pools"), balancer.get("fallback_pool")
    extra: list[_Use] = []
    for rule in _items(balancer.get("rules")):
        overrides = rule.get("overrides") if isinstance(rule, Mapping) else None
        if not isinstance(overrides, Mapping) or rule.get("disabled") is True:
            continue
        answer = holds(str(rule.get("condition") or "true"), facts)
        if answer.truth is Truth.TRUE:
            defaults = overrides.get("default_pools", defaults)
            fallback = overrides.get("fallback_pool", fallback)
        elif answer.truth is Truth.DEPENDS:
            condition = f"load balancer rule {rule.get('name')!r} matches (depends on "
            condition += f"{', '.join(answer.on)})"
            extra += [_Use(pool, condition) for pool in _texts(overrides.get("default_pools"))]
    uses = [*_default_uses(balancer, _texts(defaults)), *extra]
    for key, kind in _BY_PLACE.items():
        places = balancer.get(key)
        for place, listed in places.items() if isinstance(places, Mapping) else ():
            uses += [_Use(pool, f"visitors of {kind} {place}") for pool in _texts(listed)]
    uses += [_Use(pool, f"pool set {name}") for name, pool in _pool_sets(balancer)]
    uses += [_Use(pool, "all other pools are down") for pool in _texts([fallback])]
    first: dict[str, _Use] = {}
    for use in uses:
        first.setdefault(use.pool, use)
    return list(first.values())


def _default_uses(balancer: Row, pools: Sequence[str]) -> list[_Use]:
    """Without steering the default pools are a line: each waits for those before it to fail."""
    in_line = balancer.get("steering_policy") in ("off", "", None)
    later = "the pools before it are down" if in_line else ""
    return [_Use(pool, later if place else "") for place, pool in enumerate(pools)]


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
    port = origin.get("port")
    private = bool(origin.get("virtual_network_id"))
    return Found(
        tuple(
            replace(
                each,
                port=port if isinstance(port, int) and port > 0 else None,
                host=_host(origin),
                conditions=(use.condition,) if use.condition else (),
                not_probeable=NotProbeable.PRIVATE_NETWORK if private else each.not_probeable,
                named=_named(address, pool) if _host(origin) is None else None,
            )
            for each in found.endpoints
        ),
        found.unknowns,
    )


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
