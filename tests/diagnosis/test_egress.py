"""Dedicated egress addresses are told where an origin lets somebody in no further."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cf525.account.credentials import Credentials
from cf525.causes.case import Case, Context
from cf525.conclusion.bearing import BEARING
from cf525.diagnosis.beside import egress_doubts
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.diagnosis.routes import RoutePlan
from cf525.edge.status import edge_status
from cf525.edgeview.visit import Visited
from cf525.lab.world import World, Zone
from cf525.model import Ending, Observation, Stage, Status, Unknown, Visit, VisitOutcome, ZoneFacts
from tests.account.labs import lab, without, zone
from tests.causes.scenarios import TARGET, route

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ROUTE = route(("203.0.113.7", 443))


def case(ending: Ending) -> Case:
    stage = Stage.ESTABLISHED if ending is Ending.DONE else Stage.START
    seen = Observation(
        id="o1", route="r1", profile="cloudflare", variation=None, address="203.0.113.7", port=443,
        sni=TARGET.host, started_at=NOW, stage=stage, ending=ending,
    )  # fmt: skip
    return Case(
        context=Context(target=TARGET),
        route=ROUTE,
        status=edge_status(ROUTE, seen, None),
        edge=seen,
    )


def asked(
    ending: Ending,
    *,
    plan: str = "enterprise",
    enabled: bool = True,
    edge: str = "",
    **world: Any,
) -> tuple[tuple[Unknown, ...], int]:
    """What is open, and how many questions that took."""
    one: Zone = zone(plan=plan)
    path = f"/zones/{one.id}/settings/aegis"
    value = {"id": "aegis", "value": {"enabled": enabled, "pool_id": "pool-7"}}
    visit = Visit(outcome=VisitOutcome.ANSWERED, at=NOW, code=Status(edge))
    visited = Visited(visit=visit) if edge else None

    async def run(base: str) -> tuple[tuple[Unknown, ...], int]:
        options = Options(credentials=Credentials("demo"), api_base=base)
        facts = ZoneFacts(id=one.id, name=one.name, plan=plan)
        async with Outside(options) as outside:
            plan_ = RoutePlan(routes=(ROUTE,), zone=facts)
            found = await egress_doubts((case(ending),), visited, plan_, outside)
            return found, outside.api_calls

    given = World(zones=(one,), answers={path: value})
    with lab(replace(given, **world)) as running:
        return asyncio.run(run(running.api.base_url))


@pytest.mark.parametrize("ending", [Ending.REFUSED, Ending.CONNECT_TIMEOUT])
def test_an_origin_that_does_not_let_us_in_may_admit_those_addresses_alone(ending: Ending) -> None:
    (doubt,), calls = asked(ending)
    assert (doubt.id, calls) == ("dedicated-egress", 1)
    assert "pool-7" in doubt.text
    assert doubt.id in BEARING


def test_an_edge_that_is_kept_out_alone_may_come_from_them() -> None:
    (doubt,), _ = asked(Ending.DONE, edge="522")
    assert doubt.id == "dedicated-egress"


@pytest.mark.parametrize(
    ("ending", "changes"),
    [
        (Ending.DONE, {}),
        (Ending.REFUSED, {"plan": "free"}),
        (Ending.DONE, {"edge": "526"}),
    ],
)
def test_it_is_not_asked_for_where_it_bears_on_nothing(
    ending: Ending, changes: dict[str, Any]
) -> None:
    assert asked(ending, **changes) == ((), 0)


def test_a_zone_without_them_leaves_nothing_open() -> None:
    assert asked(Ending.REFUSED, enabled=False) == ((), 1)


def test_without_the_right_it_is_a_named_unknown() -> None:
    one = asked(Ending.REFUSED, tokens=(without("Zone Settings Read"),), answers={})
    assert [each.id for each in one[0]] == ["unread-aegis"]
