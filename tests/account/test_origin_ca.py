"""An Origin CA certificate against the account's list."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from cf525.account.client import Client
from cf525.account.credentials import Credentials
from cf525.account.origin_ca import NOT_LISTED, NOT_READ, origin_ca_doubt
from cf525.diagnosis.options import Options
from cf525.jobs import diagnose as run
from cf525.jobs.verify import Verification, verify
from cf525.lab.api import State
from cf525.lab.api_server import ApiServer
from cf525.lab.ca import Authority
from cf525.lab.world import ALL, Token, World, Zone
from cf525.model import ChainVerdict, Defect, DefectClass, Report, Unknown

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


def test_a_report_with_an_origin_ca_certificate_gets_the_doubt(tmp_path: Path) -> None:
    file = tmp_path / "leaf.pem"
    file.write_bytes(LISTED.pem)
    job = Verification(paths=(file,), hosts=("example.com",), fetch=False)
    report = _as_origin_ca(asyncio.run(verify(job)))
    with ApiServer(State(world())) as server:
        options = Options(credentials=Credentials("demo"), api_base=server.base_url)
        told = asyncio.run(run._with_origin_ca(report, options))
    assert NOT_LISTED in told.unknowns
    assert told.api_calls == 1
    assert asyncio.run(run._with_origin_ca(report, Options())) == report


def _as_origin_ca(report: Report) -> Report:
    """The report as if Cloudflare's Origin CA had issued another certificate, seen on the wire."""
    from datetime import UTC, datetime

    from cf525.model import Ending, Observation, Stage, ZoneFacts

    seen = Observation(
        id="o1", route="r1", profile="", variation=None, address="203.0.113.7", port=443,
        sni="example.com", started_at=datetime.now(UTC), stage=Stage.ESTABLISHED,
        ending=Ending.DONE, certificates=(CA.issue("other.example").der,),
    )  # fmt: skip
    (verdict,) = report.chain_verdicts
    defect = Defect(code="cloudflare_origin_ca", kind=DefectClass.ADVICE, index=0, text="x")
    marked: ChainVerdict = replace(verdict, observation="o1", defects=(defect,))
    zone = ZoneFacts(id=ZONE.id, name=ZONE.name)
    return replace(report, chain_verdicts=(marked,), observations=(seen,), zone=zone)
