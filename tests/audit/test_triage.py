"""Who fails now, by the analytics, and what a token or a plan takes away of it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cf525.account.client import Client
from cf525.account.credentials import Credentials
from cf525.account.zone import list_zones
from cf525.audit.triage import Triage, triage
from cf525.errors import CredentialsError
from cf525.lab.api import Fault, State
from cf525.lab.api_server import ApiServer
from cf525.lab.world import ALL, Account, Token, Visits, World, Zone
from tests.account.labs import QUICK

NOW = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)


def world(*permissions: str, zones: int = 2, **changes: Any) -> World:
    """Zones with one host each that fails, the first of them more often."""
    names = [f"z{number}.example" for number in range(zones)]
    return World(
        accounts=(Account(name="lab"),),
        tokens=(Token(value="demo", permissions=ALL - set(permissions)),),
        zones=tuple(Zone(name=name) for name in names),
        visits=tuple(
            Visits(
                host=f"www.{name}",
                zone=name,
                statuses={200: 900, 525: 100 - number, 404: 3},
                places=("FRA", "AMS"),
            )
            for number, name in enumerate(names)
        ),
        **changes,
    )


def triaged(one: World, *faults: Fault) -> tuple[Triage, int]:
    async def run(base: str) -> tuple[Triage, int]:
        async with Client(Credentials("demo"), base_url=base, limits=QUICK) as client:
            zones = await list_zones(client)
            before = client.calls
            found = await triage(client, zones, since=timedelta(hours=1), now=NOW)
            return found, client.calls - before

    with ApiServer(State(one, faults)) as api:
        return asyncio.run(run(api.base_url))


def ids(found: Triage) -> list[str]:
    return [unknown.id for unknown in found.unknowns]


def test_one_account_costs_two_questions_and_tells_all() -> None:
    found, calls = triaged(world(zones=30))
    assert calls == 2
    assert len(found.traffic) == 30
    first = next(iter(found.traffic.values()))
    assert (first.host, first.zone, first.statuses) == (
        "www.z0.example",
        "z0.example",
        {"525": 100},
    )
    assert first.share == pytest.approx(100 / 1002, abs=0.001)
    assert set(first.data_centers) == {"FRA", "AMS"}
    assert first.first_seen == "2026-01-02T03:04:00Z"
    assert found.unknowns == ()


def test_nothing_failing_needs_no_question_about_shares() -> None:
    found, calls = triaged(World(zones=(Zone(name="z.example"),)))
    assert (found.traffic, calls) == ({}, 1)


def test_without_the_accounts_right_zones_are_asked_ten_at_a_time() -> None:
    found, calls = triaged(world("Account Analytics Read", zones=25))
    assert len(found.traffic) == 25
    assert calls == 1 + 1 + 3 * 2  # refused twice at the account, then three lots of zones
    assert found.unknowns == ()


def test_without_any_right_the_audit_goes_on_without_triage() -> None:
    found, calls = triaged(world("Account Analytics Read", "Analytics Read", zones=25))
    assert (found.traffic, ids(found)) == ({}, ["no-triage"])
    assert calls <= 5


@pytest.mark.parametrize(("field", "lost"), [("coloCode", "places"), ("datetimeMinute", "first")])
def test_a_field_the_plan_refuses_costs_that_field_alone(field: str, lost: str) -> None:
    found, _ = triaged(world(refused_fields=frozenset({field})))
    one = found.traffic["www.z0.example"]
    assert one.requests == 100
    assert (bool(one.data_centers), bool(one.first_seen)) == (lost != "places", lost != "first")
    assert one.share is not None
    assert ids(found) == [f"triage-without-{lost}"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path="/graphql", kind="status", status=503),
        Fault(path="/graphql", kind="status", status=403),
        Fault(path="/graphql", kind="html"),
        Fault(path="/graphql", kind="unsuccessful"),
        Fault(path="/graphql", kind="reset"),
    ],
)
def test_analytics_that_are_down_are_an_unknown(fault: Fault) -> None:
    found, _ = triaged(world(), fault)
    assert (found.traffic, ids(found)) == ({}, ["no-triage"])


def test_a_refused_token_is_an_error() -> None:
    with pytest.raises(CredentialsError):
        triaged(world(), Fault(path="/graphql", kind="status", status=401))


@pytest.mark.parametrize(
    "scopes",
    [
        [{"bad": "no list"}],
        [{"bad": [None, 3, {"count": "many", "dimensions": {}}, {"count": 1, "dimensions": []}]}],
        [{"bad": [{"count": 1, "dimensions": {"clientRequestHTTPHost": None, "zoneTag": "?"}}]}],
    ],
)
def test_nonsense_in_the_groups_is_left_out(scopes: Sequence[Any]) -> None:
    class Odd(Client):
        async def query(self, text: str, variables: Any, *, needs: str = "") -> Any:
            return {"data": {"viewer": {"scopes": scopes}}}

    async def run(base: str) -> Triage:
        async with Odd(Credentials("demo"), base_url=base, limits=QUICK) as client:
            zones = await list_zones(client)
            return await triage(client, zones, since=timedelta(hours=1), now=NOW)

    with ApiServer(State(world())) as api:
        assert asyncio.run(run(api.base_url)).traffic == {}
