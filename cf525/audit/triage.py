"""Triage: which hosts answer with the edge's own errors now, by Cloudflare's analytics.

One question an account covers all its zones; where the token or the plan refuses that, zones are
asked ten at a time, and where that is refused too, an unknown says so. A field that a plan
refuses fails its whole question, so after a refusal every optional part is asked by itself. What
an origin does is not looked at here.

Source: developers.cloudflare.com/analytics/graphql-api (limits, errors, sampling).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cf525.account.client import Client
from cf525.account.rights import Right
from cf525.edge.codes import EDGE_ERRORS
from cf525.errors import ApiError, CredentialsError
from cf525.model import Traffic, Unknown, ZoneFacts
from cf525.values import dataclass

LAG: Final = timedelta(minutes=2)
"""Behind now: the newest minutes are not complete yet."""
ZONES_A_QUERY: Final = 10
MOST_ZONE_QUERIES: Final = 100
MOST_ROWS: Final = 10_000
_MOST_HOSTS: Final = 500
_MOST_PLACES: Final = 12
NEEDS: Final = f"{Right.ACCOUNT_ANALYTICS}, or {Right.ANALYTICS} of the zones"

_ALL: Final = "datetime_geq: $from, datetime_lt: $to"
_BAD: Final = f"{_ALL}, edgeResponseStatus_in: {list(EDGE_ERRORS)}"

PARTS: Final[Mapping[str, str]] = {
    "bad": f"bad: httpRequestsAdaptiveGroups(limit: {MOST_ROWS}, orderBy: [count_DESC], "
    f"filter: {{{_BAD}}}) {{ count avg {{ sampleInterval }} "
    "dimensions { ZONE clientRequestHTTPHost edgeResponseStatus } }",
    "places": f"places: httpRequestsAdaptiveGroups(limit: {MOST_ROWS}, orderBy: [count_DESC], "
    f"filter: {{{_BAD}}}) {{ count dimensions {{ ZONE clientRequestHTTPHost coloCode }} }}",
    "first": f"first: httpRequestsAdaptiveGroups(limit: {MOST_ROWS}, "
    f"orderBy: [datetimeMinute_ASC], filter: {{{_BAD}}}) "
    "{ count dimensions { ZONE clientRequestHTTPHost datetimeMinute } }",
    "total": f"total: httpRequestsAdaptiveGroups(limit: {MOST_ROWS}, orderBy: [count_DESC], "
    f"filter: {{{_ALL}, clientRequestHTTPHost_in: $hosts}}) "
    "{ count dimensions { ZONE clientRequestHTTPHost } }",
}
"""The parts of a question; ``bad`` is the one that cannot be done without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """The failing hosts by name, the most requests first, and what could not be learned."""

    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    unknowns: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whom a question is about: an account, or up to ten of its zones."""

    account: str
    zones: tuple[str, ...] = ()

    def text(self, parts: Sequence[str]) -> str:
        hosts = ", $hosts: [string!]" if "total" in parts else ""
        if self.zones:
            body = " ".join(PARTS[each].replace("ZONE", "") for each in parts)
            return (
                f"query Triage($zones: [string!], $from: Time!, $to: Time!{hosts}) "
                f"{{ viewer {{ scopes: zones(filter: {{zoneTag_in: $zones}}) "
                f"{{ zoneTag {body} }} }} }}"
            )
        body = " ".join(PARTS[each].replace("ZONE", "zoneTag") for each in parts)
        return (
            f"query Triage($account: string!, $from: Time!, $to: Time!{hosts}) "
            f"{{ viewer {{ scopes: accounts(filter: {{accountTag: $account}}) {{ {body} }} }} }}"
        )

    def variables(self) -> dict[str, Any]:
        return {"zones": list(self.zones)} if self.zones else {"account": self.account}


@dataclass(slots=True)
class _Tally:
    """What was counted for one host so far."""

    zone: str
    statuses: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    first: str = ""
    total: int = 0
    sampled: bool = False


class _RefusedError(Exception):
    """The server gave no data: a right, a plan's limit or a field stands against it."""


async def triage(
    client: Client, zones: Sequence[ZoneFacts], *, since: timedelta, now: datetime
) -> Triage:
    """Who fails in the last ``since``. Raises CredentialsError alone."""
    until = (now.astimezone(UTC) - LAG).replace(second=0, microsecond=0)
    times = {"from": _time(until - since), "to": _time(until)}
    names = {zone.id: zone.name for zone in zones}
    tallies: dict[str, _Tally] = {}
    unknowns: list[Unknown] = []
    for account in sorted({zone.account_id for zone in zones}):
        own = [zone.id for zone in zones if zone.account_id == account]
        try:
            await _ask(client, _Scope(account), times, names, tallies, unknowns)
        except (ApiError, _RefusedError) as error:
            if isinstance(error, CredentialsError):
                raise
            await _by_zone(client, account, own, times, names, tallies, unknowns)
    found = sorted(
        ((host, _traffic(host, tally)) for host, tally in tallies.items()),
        key=lambda pair: (-pair[1].requests, pair[0]),
    )
    return Triage(traffic=dict(found), unknowns=tuple(dict.fromkeys(unknowns)))


async def _by_zone(
    client: Client,
    account: str,
    ids: Sequence[str],
    times: Mapping[str, str],
    names: Mapping[str, str],
    tallies: dict[str, _Tally],
    unknowns: list[Unknown],
) -> None:
    """Ten zones a question; the first refusal of all ends it, for the next would be the same."""
    chunks = [ids[at : at + ZONES_A_QUERY] for at in range(0, len(ids), ZONES_A_QUERY)]
    for number, chunk in enumerate(chunks):
        if number >= MOST_ZONE_QUERIES:
            unknowns.append(TOO_MANY_ZONES)
            return
        try:
            await _ask(client, _Scope(account, tuple(chunk)), times, names, tallies, unknowns)
        except (ApiError, _RefusedError) as error:
            if isinstance(error, CredentialsError):
                raise
            unknowns.append(NO_TRIAGE if number == 0 else SOME_ZONES)
            if number == 0:
                return


async def _ask(
    client: Client,
    scope: _Scope,
    times: Mapping[str, str],
    names: Mapping[str, str],
    tallies: dict[str, _Tally],
    unknowns: list[Unknown],
) -> None:
    """All parts in one question; after a refusal each by itself, the first being needed."""
    parts = ("bad", "places", "first")
    try:
        answers = [await _query(client, scope, parts, times)]
    except _RefusedError:
        answers = [await _query(client, scope, parts[:1], times)]
        for part in parts[1:]:
            try:
                answers.append(await _query(client, scope, (part,), times))
            except _RefusedError:
                unknowns.append(_part_refused(part))
    for answer in answers:
        _count(answer, names, tallies, unknowns)
    hosts = sorted(tallies, key=lambda host: -sum(tallies[host].statuses.values()))[:_MOST_HOSTS]
    if hosts:
        try:
            total = await _query(client, scope, ("total",), {**times, "hosts": hosts})
        except _RefusedError:
            unknowns.append(_part_refused("total"))
        else:
            _count(total, names, tallies, unknowns)


async def _query(
    client: Client, scope: _Scope, parts: Sequence[str], variables: Mapping[str, Any]
) -> Sequence[Mapping[str, Any]]:
    """The scopes of the answer. An empty list means that the token sees none of them."""
    answer = await client.query(scope.text(parts), {**scope.variables(), **variables}, needs=NEEDS)
    data = answer.get("data") if isinstance(answer, Mapping) else None
    viewer = data.get("viewer") if isinstance(data, Mapping) else None
    scopes = viewer.get("scopes") if isinstance(viewer, Mapping) else None
    rows = [row for row in scopes if isinstance(row, Mapping)] if isinstance(scopes, list) else []
    if answer.get("errors") or not rows:
        raise _RefusedError
    return rows


def _count(
    scopes: Iterable[Mapping[str, Any]],
    names: Mapping[str, str],
    tallies: dict[str, _Tally],
    unknowns: list[Unknown],
) -> None:
    """Add an answer's groups to the tallies. Hosts of zones that are not audited are left out."""
    for scope in scopes:
        for part in PARTS:
            groups = scope.get(part)
            if not isinstance(groups, list):
                continue
            if len(groups) >= MOST_ROWS:
                unknowns.append(CUT_SHORT)
            for group in groups:
                dimensions = group.get("dimensions") if isinstance(group, Mapping) else None
                count = group.get("count") if isinstance(group, Mapping) else None
                if not isinstance(dimensions, Mapping) or not isinstance(count, int):
                    continue
                zone = names.get(str(dimensions.get("zoneTag") or scope.get("zoneTag")))
                host = str(dimensions.get("clientRequestHTTPHost") or "").lower().rstrip(".")
                if zone is not None and host and (part == "bad" or host in tallies):
                    _add(tallies.setdefault(host, _Tally(zone)), part, dimensions, count, group)


def _add(
    tally: _Tally, part: str, dimensions: Mapping[str, Any], count: int, group: Mapping[str, Any]
) -> None:
    if part == "bad":
        tally.statuses[str(dimensions.get("edgeResponseStatus"))] += count
        average = group.get("avg")
        interval = average.get("sampleInterval") if isinstance(average, Mapping) else None
        tally.sampled |= isinstance(interval, int | float) and interval > 1
    elif part == "places":
        tally.places[str(dimensions.get("coloCode"))] += count
    elif part == "first":
        minute = str(dimensions.get("datetimeMinute") or "")
        tally.first = min(filter(None, (tally.first, minute)), default="")
    else:
        tally.total += count


def _traffic(host: str, tally: _Tally) -> Traffic:
    failing = sum(tally.statuses.values())
    return Traffic(
        host=host,
        zone=tally.zone,
        statuses=dict(tally.statuses.most_common()),
        share=min(1.0, failing / tally.total) if tally.total else None,
        data_centers=tuple(place for place, _ in tally.places.most_common(_MOST_PLACES)),
        first_seen=tally.first,
        sampled=tally.sampled,
    )


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


NO_TRIAGE: Final = Unknown(
    id="no-triage",
    text="Cloudflare's analytics could not be read: which hosts fail now is known only from "
    "their origins.",
    next=f"Give the token {NEEDS}.",
)
SOME_ZONES: Final = Unknown(
    id="triage-incomplete",
    text="The analytics of some zones could not be read.",
    next=f"Give the token {NEEDS}.",
)
TOO_MANY_ZONES: Final = replace(
    SOME_ZONES,
    text=f"Only the first {MOST_ZONE_QUERIES * ZONES_A_QUERY} zones were asked for failures: "
    "without the account's analytics each ten cost one query.",
    next=f"Give the token {Right.ACCOUNT_ANALYTICS}.",
)
CUT_SHORT: Final = Unknown(
    id="triage-cut-short",
    text=f"The analytics list more than {MOST_ROWS} failing groups; the rest was not read.",
    next="Look at a shorter time with --since.",
)


def _part_refused(part: str) -> Unknown:
    what = {
        "places": "The data centres where hosts fail",
        "first": "Since when hosts fail",
        "total": "Which share of the traffic fails",
    }[part]
    return Unknown(
        id=f"triage-without-{part}",
        text=f"{what} could not be read: the token or the plan refuses the field.",
        next="Look at the zone's analytics in the dashboard.",
    )
