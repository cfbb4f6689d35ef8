"""Causes that Cloudflare's own records tell, each beside the situation that looks like it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.matching import matches
from cf525.conclusion import Seen, conclude
from cf525.edge.monitors import MONITOR_SUITES_END, monitor_differs
from cf525.edge.status import edge_status
from cf525.lab.world import Account, CustomHostname, Record, Tunnel, World
from cf525.model import (
    Confidence,
    EdgeStatus,
    Ending,
    Health,
    Insight,
    Observation,
    Provenance,
    Report,
    Route,
    ServerHello,
    Stage,
    Status,
)
from cf525.model.parsing import parse_target
from cf525.model.registry import TLS12, TLS13
from tests.account.labs import lab, world, zone
from tests.causes.scenarios import TARGET, route

HOST = "www.example.com"
ADDRESS = "203.0.113.7"
TUNNEL_ID = "11111111-2222-3333-4444-555555555555"
NOW = datetime(2027, 3, 1, tzinfo=UTC)


def told(one: World, name: str = HOST) -> Report:
    """What is concluded where nothing could be probed."""
    target = parse_target(name)
    with lab(one) as running:
        resolution = running.resolve(name)
    context = Context(target=target, zone=resolution.zone)
    cases = tuple(
        Case(context=context, route=each, status=edge_status(each, None, None))
        for each in resolution.routes
    )
    return conclude(
        Seen(
            tool_version="1",
            started_at=NOW,
            context=context,
            cases=cases,
            unknowns=resolution.unknowns,
        )
    )


def record(content: str = ADDRESS, **meta: Any) -> Record:
    return Record(type="A", name=HOST, content=content, meta=meta)


def tunnelled(status: str = "healthy", service: str = "http://localhost:80") -> World:
    rules: tuple[Mapping[str, Any], ...] = (
        {"hostname": HOST, "service": service},
        {"service": "http_status:404"},
    )
    tunnel = Tunnel(name="home", id=TUNNEL_ID, ingress=rules, status=status)
    cname = Record(type="CNAME", name=HOST, content=f"{TUNNEL_ID}.cfargotunnel.com")
    return World(
        accounts=(Account(name="lab", tunnels=(tunnel,)),), zones=(zone(records=(cname,)),)
    )


def saas(status: str) -> World:
    return world(
        records=(Record(type="A", name="o.example.com", content="10.0.0.1"),),
        custom_hostnames=(CustomHostname(hostname="shop.customer.org", status=status),),
        fallback_origin="o.example.com",
    )


DNS_ONLY = World(accounts=(Account(name="lab", dns_only=True),), zones=(zone(),))


@pytest.mark.parametrize(
    ("one", "name", "headline", "status", "confidence"),
    [
        (DNS_ONLY, HOST, "enforce-dns-only", "not-applicable", "high"),
        (
            world(records=(replace(record(), proxied=False),)),
            HOST,
            "not-proxied",
            "not-applicable",
            "high",
        ),
        (world(records=(record(shadowed_by=["x"]),)), HOST, "record-shadowed", "unknown", "low"),
        (world(records=(record("10.9.9.1"),)), HOST, "private-address", "1002", "high"),
        (world(records=(record("104.16.0.9"),)), HOST, "points-to-cloudflare", "1000", "medium"),
        (world(records=(record("192.0.2.1"),)), HOST, "placeholder-address", "unknown", "low"),
        (saas("pending"), "shop.customer.org", "custom-hostname-not-served", "1016", "high"),
        (saas("active"), "shop.customer.org", "private-address", "1002", "high"),
        (tunnelled("down"), HOST, "tunnel-not-connected", "1033", "high"),
        (tunnelled(), HOST, "tunnel", "unknown", "low"),
        (tunnelled(service="https://localhost"), HOST, "tunnel-ingress", "unknown", "low"),
    ],
)
def test_what_the_records_tell_is_the_headline(
    one: World, name: str, headline: str, status: str, confidence: str
) -> None:
    report = told(one, name)
    assert (report.headline, report.edge_status, report.confidence) == (
        headline,
        status,
        confidence,
    )


def test_a_tunnel_without_a_connector_is_told_once() -> None:
    assert [each.id for each in told(tunnelled("down", "https://localhost")).findings] == [
        "tunnel-not-connected"
    ]


# -- a share ------------------------------------------------------------------------------


def by_lot(id: str, how: str, status: str, *, lot: bool = True) -> Case:
    share = {"share": Provenance(source="api", detail=f"the rule {how}: 10 % of requests")}
    one = replace(route((ADDRESS, 443)), id=id, provenance=share if lot else {})
    edge = EdgeStatus(status=Status(status), confidence=Confidence.HIGH, reason="test")
    return Case(context=Context(target=TARGET), route=one, status=edge)


@pytest.mark.parametrize(
    ("first", "second", "lot", "held"),
    [
        ("526", "ok", True, True),
        ("526", "526", True, False),
        ("ok", "ok", True, False),
        ("526", "ok", False, False),
    ],
)
def test_a_lot_is_a_cause_where_one_of_its_routes_alone_fails(
    first: str, second: str, lot: bool, held: bool
) -> None:
    one = by_lot("r1", "matches", first, lot=lot)
    other = by_lot("r2", "does not match", second, lot=lot)
    found = {cause.id: match for cause, match in matches(replace(one, siblings=(other,)))}
    assert ("rule-for-a-share" in found) is held
    if held:
        assert "10 % of requests" in found["rule-for-a-share"].evidence[0].text


# -- monitors -----------------------------------------------------------------------------


def seen(version: int, suite: int, at: datetime) -> Observation:
    return Observation(
        id="o1",
        route="r1",
        profile="cloudflare",
        variation=None,
        address=ADDRESS,
        port=443,
        sni=HOST,
        started_at=at,
        stage=Stage.ESTABLISHED,
        ending=Ending.DONE,
        server_hello=ServerHello(version=version, suite=suite),
    )


def watched(suite: int, *, version: int = TLS12, at: datetime = NOW, healthy: bool = False) -> Case:
    health = (Health(name="pool eu", address=ADDRESS, healthy=healthy, reason="TLS"),)
    insight = Insight(since=at - timedelta(hours=1), until=at, health=health)
    return Case(
        context=Context(target=TARGET, insight=insight),
        route=route((ADDRESS, 443)),
        status=EdgeStatus(status=Status("ok"), confidence=Confidence.HIGH, reason="test"),
        edge=seen(version, suite, at),
    )


@pytest.mark.parametrize(
    ("case", "held"),
    [
        (watched(0x002F), True),
        (watched(0x000A), True),
        (watched(0x002F, healthy=True), False),
        (watched(0xC02F), False),
        (watched(0x1301, version=TLS13), False),
        (watched(0x002F, at=datetime(2027, 1, 31, tzinfo=UTC)), False),
        (watched(0x002F, at=datetime(2027, 2, 1, tzinfo=UTC)), True),
    ],
)
def test_a_monitor_that_lacks_a_suite_of_the_edges_is_told_from_its_last_day_on(
    case: Case, held: bool
) -> None:
    assert ("monitor-not-the-edge" in {cause.id for cause, _ in matches(case)}) is held


@pytest.mark.parametrize(("status", "held"), [("526", True), ("ok", False), ("525", False)])
def test_a_monitor_that_takes_any_certificate_matters_where_the_edge_does_not(
    status: str, held: bool
) -> None:
    why = Provenance(source="api", detail="monitor web of pool eu takes any certificate")
    lenient: Route = replace(route((ADDRESS, 443)), provenance={"monitor": why})
    edge = EdgeStatus(status=Status(status), confidence=Confidence.HIGH, reason="test")
    case = Case(
        context=Context(target=TARGET), route=lenient, status=edge, edge=seen(TLS12, 0xC02F, NOW)
    )
    assert ("monitor-not-the-edge" in {cause.id for cause, _ in matches(case)}) is held


def test_the_edge_and_its_monitors_differ_in_what_ends_alone() -> None:
    assert MONITOR_SUITES_END.isoformat() == "2027-02-01"
    assert monitor_differs(TLS12, 0x009C)
    assert not monitor_differs(TLS12, 0xC013)
    assert not monitor_differs(TLS13, 0x1301)
