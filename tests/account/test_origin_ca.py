"""An Origin CA certificate against the account's list."""

import asyncio
from datetime import UTC, datetime

import pytest

from cf525.account.client import Client
from cf525.account.credentials import Credentials
from cf525.account.origin_ca import NOT_LISTED, NOT_READ, origin_ca_doubt
from cf525.causes.case import Case, Context
from cf525.diagnosis.beside import origin_ca_doubts
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.diagnosis.routes import RoutePlan
from cf525.lab.api import State
from cf525.lab.api_server import ApiServer
from cf525.lab.ca import Authority
from cf525.lab.world import ALL, Token, World, Zone
from cf525.model import (
    ChainVerdict,
    Confidence,
    Defect,
    DefectClass,
    EdgeStatus,
    Ending,
    Observation,
    Stage,
    Status,
    Unknown,
    ZoneFacts,
)
from tests.causes.scenarios import TARGET, route

CA = Authority()
LISTED = CA.issue("example.com")
ZONE = Zone(name="example.com", origin_ca=(LISTED.pem.decode(),))


def world(*, permitted: bool = True) -> World:
    rights = ALL if permitted else ALL - {"SSL and Certificates Read"}
    return World(zones=(ZONE,), tokens=(Token(value="demo", permissions=rights),))


@pytest.mark.parametrize(
    ("leaf", "permitted", "doubt"),
    [
        (LISTED.der, True, None),
        (CA.issue("example.com").der, True, NOT_LISTED),
        (LISTED.der, False, NOT_READ),
    ],
)
def test_the_list_tells_what_it_can(leaf: bytes, permitted: bool, doubt: Unknown | None) -> None:
    async def ask(base_url: str) -> Unknown | None:
        async with Client(Credentials("demo"), base_url=base_url) as client:
            return await origin_ca_doubt(client, ZONE.id, leaf)

    with ApiServer(State(world(permitted=permitted))) as server:
        assert asyncio.run(ask(server.base_url)) == doubt


def test_an_origin_that_shows_an_origin_ca_certificate_gets_the_doubt() -> None:
    plan = RoutePlan(routes=(), zone=ZoneFacts(id=ZONE.id, name=ZONE.name))
    with ApiServer(State(world())) as server:
        options = Options(credentials=Credentials("demo"), api_base=server.base_url)

        async def ask(cases: tuple[Case, ...]) -> tuple[tuple[Unknown, ...], int]:
            outside = Outside(options)
            async with outside:
                return await origin_ca_doubts(cases, plan, outside), outside.api_calls

        assert asyncio.run(ask((_showing_origin_ca(),))) == ((NOT_LISTED,), 1)
        assert asyncio.run(ask(())) == ((), 0)
    assert asyncio.run(origin_ca_doubts((_showing_origin_ca(),), plan, None)) == ()


def _showing_origin_ca() -> Case:
    """A case as if Cloudflare's Origin CA had issued another certificate, seen on the wire."""
    seen = Observation(
        id="o1", route="r1", profile="", variation=None, address="203.0.113.7", port=443,
        sni="example.com", started_at=datetime.now(UTC), stage=Stage.ESTABLISHED,
        ending=Ending.DONE, certificates=(CA.issue("other.example").der,),
    )  # fmt: skip
    defect = Defect(code="cloudflare_origin_ca", kind=DefectClass.ADVICE, index=0, text="x")
    verdict = ChainVerdict(
        observation="o1", accepted=True, confidence=Confidence.HIGH, at=datetime.now(UTC),
        names=("example.com",), defects=(defect,),
    )  # fmt: skip
    return Case(
        context=Context(target=TARGET),
        route=route(("203.0.113.7", 443)),
        status=EdgeStatus(status=Status("ok"), confidence=Confidence.HIGH, reason="test"),
        edge=seen,
        verdict=verdict,
    )
