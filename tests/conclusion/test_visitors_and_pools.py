"""What visitors meet where a rule or a load balancer decides it: by worlds of the lab.

What each route leads to is given; which routes there are, and who takes them, is the account's.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cf525.causes.case import Case, Context
from cf525.conclusion import Seen, conclude
from cf525.lab.world import (
    Account,
    LoadBalancer,
    Pool,
    PoolOrigin,
    Record,
    Rule,
    World,
    ident,
)
from cf525.model import (
    Confidence,
    EdgeStatus,
    Ending,
    Observation,
    Report,
    Route,
    ServerHello,
    Stage,
    Status,
)
from cf525.model.parsing import parse_target
from cf525.model.registry import TLS13
from cf525.report.screen import render
from tests.account.labs import lab, zone

HOST = "www.example.com"
A, B = "203.0.113.10", "203.0.113.11"
NOW = datetime(2027, 3, 1, tzinfo=UTC)
Judge = Callable[[Route], str]


def concluded(one: World, status_of: Judge) -> Report:
    """The report where each route leads to the status that is given for it."""
    with lab(one) as running:
        resolution = running.resolve(HOST)
    context = Context(target=parse_target(HOST), zone=resolution.zone)
    return conclude(
        Seen(
            tool_version="1",
            started_at=NOW,
            context=context,
            cases=tuple(_case(context, each, status_of(each)) for each in resolution.routes),
            unknowns=resolution.unknowns,
        )
    )


def _case(context: Context, route: Route, status: str) -> Case:
    seen = Observation(
        id=f"{route.id}.1", route=route.id, profile="", variation=None, address=A, port=443,
        sni=HOST, started_at=NOW, stage=Stage.ESTABLISHED, ending=Ending.DONE,
        server_hello=ServerHello(version=TLS13, suite=0x1301),
    )  # fmt: skip
    reason = "The certificate expired yesterday." if status == "526" else "TLS works"
    edge = EdgeStatus(status=Status(status), confidence=Confidence.HIGH, reason=reason)
    return Case(context=context, route=route, status=edge, edge=seen)


def ids(report: Report) -> list[str]:
    return [each.id for each in report.findings]


def screen(report: Report) -> str:
    return "\n".join(each.label + each.text for each in render(report))


# -- a rule that looks at the visitor -------------------------------------------------------


def ruled(expression: str, *addresses: str) -> World:
    rule = Rule(
        expression=expression,
        parameters={"ssl": "full"},
        action="set_config",
        description="partners",
    )
    records = tuple(Record(type="A", name=HOST, content=each) for each in addresses or (A,))
    return World(zones=(zone(records=records, settings={"ssl": "strict"}, config_rules=(rule,)),))


def by_mode(route: Route) -> str:
    return "526" if route.mode == "strict" else "ok"


@pytest.mark.parametrize(
    "expression",
    [
        'ip.src.country in {"DE" "AT"}',
        'http.cookie contains "beta=1"',
        "ip.src in {198.51.100.0/24}",
    ],
)
@pytest.mark.parametrize("addresses", [(A,), (A, B)])
def test_what_a_rule_decides_is_no_broken_address(
    expression: str, addresses: tuple[str, ...]
) -> None:
    report = concluded(ruled(expression, *addresses), by_mode)
    assert "one-of-several-addresses" not in ids(report)
    assert "rule-for-some" in ids(report)
    assert (report.edge_status, report.confidence) == ("526", Confidence.MEDIUM)
    assert 'for some visitors (Configuration Rule "partners" does not match' in report.summary
    assert "Delete its record" not in screen(report)


def test_a_broken_address_under_a_rule_is_a_broken_address() -> None:
    one = ruled('ip.src.country eq "DE"', A, B)
    report = concluded(one, lambda each: "526" if each.address == B else "ok")
    assert report.headline == "one-of-several-addresses"
    assert "rule-for-some" not in ids(report)
    assert (report.edge_status, report.confidence) == ("526", Confidence.HIGH)


def test_a_rule_that_changes_nothing_of_the_outcome_is_not_named() -> None:
    report = concluded(ruled('ip.src.country eq "DE"'), lambda _: "526")
    assert "rule-for-some" not in ids(report)
    assert (report.edge_status, report.confidence) == ("526", Confidence.HIGH)


def test_a_rule_that_leads_elsewhere_is_no_broken_address() -> None:
    rule = Rule(
        expression='ip.src.country eq "DE"',
        parameters={"origin": {"port": 8443}},
        action="route",
        description="elsewhere",
    )
    records = (Record(type="A", name=HOST, content=A),)
    one = World(zones=(zone(records=records, settings={"ssl": "strict"}, origin_rules=(rule,)),))
    report = concluded(one, lambda each: "526" if each.port == 8443 else "ok")
    assert "one-of-several-addresses" not in ids(report)
    assert 'for some visitors (Origin Rule "elsewhere" matches' in report.summary


def test_two_ports_of_one_address_are_told_apart_by_the_port() -> None:
    pool = Pool(
        name="web", origins=(PoolOrigin(address=A, port=8443), PoolOrigin(address=A, port=9443))
    )
    one = balanced((pool,), ("web",))
    report = concluded(one, lambda each: "526" if each.port == 9443 else "ok")
    assert report.headline == "one-of-several-addresses"
    assert f"({A}:9443): The certificate expired yesterday" in report.findings[0].title


# -- pools ----------------------------------------------------------------------------------


def pool(name: str, address: str, **changes: Any) -> Pool:
    return Pool(name=name, origins=(PoolOrigin(address=address, **changes),))


FIRST, SECOND = pool("first", A), pool("second", B)


def balanced(pools: tuple[Pool, ...], default: tuple[str, ...], **changes: Any) -> World:
    balancer = LoadBalancer(name=HOST, pools=default, **changes)
    return World(
        accounts=(Account(name="lab", pools=pools),),
        zones=(zone(settings={"ssl": "strict"}, load_balancers=(balancer,)),),
    )


def second_fails(route: Route) -> str:
    return "526" if route.address == B else "ok"


def steered(policy: str) -> dict[str, Any]:
    return {"extra": {"steering_policy": policy}}


@pytest.mark.parametrize(
    ("default", "changes", "status"),
    [
        (("first",), {"fallback": "second"}, "ok"),
        (("first", "second"), {"fallback": "first"}, "ok"),
        (("first", "second"), steered("off"), "ok"),
        (("first", "second"), steered("random"), "526"),
        (("first", "second"), steered("dynamic_latency"), "526"),
        (("second", "first"), {"fallback": "first"}, "526"),
        (("first",), {"extra": {"country_pools": {"DE": [ident("pool", "lab", "second")]}}}, "ok"),
        (
            ("first",),
            {
                "extra": {
                    "steering_policy": "geo",
                    "country_pools": {"DE": [ident("pool", "lab", "second")]},
                }
            },
            "526",
        ),
    ],
)
def test_what_stands_by_is_a_risk_and_no_status(
    default: tuple[str, ...], changes: dict[str, Any], status: str
) -> None:
    report = concluded(balanced((FIRST, SECOND), default, **changes), second_fails)
    assert report.edge_status == status
    if status == "526":
        assert "standby-fails" not in ids(report)


def test_a_standby_that_would_fail_is_told() -> None:
    report = concluded(balanced((FIRST, SECOND), ("first",), fallback="second"), second_fails)
    assert (report.edge_status, report.headline) == ("ok", None)
    assert all(each.contributing for each in report.findings)
    assert "what stands by in pool second would answer 526" in screen(report)
    assert "the only origin address that serves now" in report.summary


@pytest.mark.parametrize(("weights", "status"), [((1, 0), "ok"), ((0, 0), "526"), ((1, 1), "526")])
def test_an_endpoint_without_weight_serves_nobody(
    weights: tuple[float, float], status: str
) -> None:
    origins = tuple(
        PoolOrigin(address=address, weight=weight)
        for address, weight in zip((A, B), weights, strict=True)
    )
    report = concluded(balanced((Pool(name="web", origins=origins),), ("web",)), second_fails)
    assert report.edge_status == status
    assert ("standby-fails" in ids(report)) is (status == "ok")


def test_a_standby_that_works_makes_no_broken_address_of_the_one_that_serves() -> None:
    one = balanced((FIRST, SECOND), ("second",), fallback="first")
    report = concluded(one, second_fails)
    assert report.edge_status == "526"
    assert "one-of-several-addresses" not in ids(report)


@pytest.mark.parametrize("dead", [{"enabled": False}, {"origins": ()}])
def test_the_fallback_serves_where_no_other_pool_can(dead: dict[str, Any]) -> None:
    first = Pool(**{"name": "first", "origins": (PoolOrigin(address=A),), **dead})
    one = balanced((first, SECOND), ("first",), fallback="second")
    report = concluded(one, second_fails)
    assert report.edge_status == "526"
    assert "standby-fails" not in ids(report)


# -- records beside balancers ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("balancer", "record", "address"),
    [
        ("*.example.com", HOST, B),
        ("*.example.com", "*.example.com", A),
        (HOST, HOST, A),
        (HOST, "*.example.com", A),
    ],
)
def test_the_more_specific_of_record_and_balancer_wins(
    balancer: str, record: str, address: str
) -> None:
    one = World(
        accounts=(Account(name="lab", pools=(FIRST,)),),
        zones=(
            zone(
                records=(Record(type="A", name=record, content=B),),
                load_balancers=(LoadBalancer(name=balancer, pools=("first",)),),
            ),
        ),
    )
    with lab(one) as running:
        found = running.resolve(HOST).routes
    assert [each.address for each in found] == [address]
