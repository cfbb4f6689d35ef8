"""Whatever JSON the API answers, reading a configuration out of it never raises."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cf525.account.balancers import balancer_of, endpoints_of
from cf525.account.client import Client
from cf525.account.credentials import Credentials
from cf525.account.doubts import about_settings
from cf525.account.endpoints import EndpointFinder
from cf525.account.expression import facts
from cf525.account.readings import ALWAYS_HTTPS, READINGS, ReadResult
from cf525.account.records import ZoneRecords
from cf525.account.rules import apply_rules, redirect_unknown
from cf525.account.settings import handshake, zone_facts
from cf525.account.spectrum import spectrum_application
from cf525.account.treatment import base_plan
from cf525.account.workers import in_the_origins_place
from cf525.model import ZoneFacts
from cf525.model.parsing import parse_target
from cf525.net.dns import Resolver

TARGET = parse_target("https://www.example.com/x")
FACTS = facts(TARGET, "example.com")
WORDS = st.sampled_from(
    ["on", "off", "full", "strict", "active", "route", "set_config", "www.example.com", "", "true"]
    * 2
    + ["*example.com/*", "203.0.113.7", "ip.src eq 192.0.2.1", "tcp/22", "tcp/x-y", "a" * 300]
)
KEYS = st.sampled_from(
    [
        *("value", "enabled", "status", "rules", "action", "action_parameters", "expression"),
        *("ssl", "host_header", "origin", "sni", "port", "host", "parameters", "name", "hostname"),
        *("targets", "constraint", "actions", "id", "priority", "pattern", "script", "protocol"),
        *("default_pools", "fallback_pool", "origins", "address", "header", "Host", "overrides"),
        *("country_pools", "pool_sets", "pools", "condition", "proxied", "dns", "certificate"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 70000) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)
ROWS = st.lists(st.dictionaries(KEYS, JSON, max_size=8), max_size=3).map(tuple)


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, ReadResult]:
    return {
        reading.id: ReadResult(draw(ROWS if reading.listed or reading.per_page else JSON))
        for reading in (*READINGS, ALWAYS_HTTPS)
    }


@settings(max_examples=60, deadline=None)
@given(configurations())
def test_settings_and_rules_of_any_shape_are_survived(read: dict[str, ReadResult]) -> None:
    plans = apply_rules(base_plan(TARGET, read), TARGET, read, FACTS)
    assert 1 <= len(plans.plans) <= 16
    assert handshake(read).trust.value in ("public", "custom")
    assert zone_facts(ZoneFacts(id="z", name="example.com"), read).name == "example.com"
    said = [*about_settings(read), *in_the_origins_place(TARGET, read, FACTS)]
    said += [each for each in (redirect_unknown(TARGET, read),) if each is not None]
    assert all(unknown.text for unknown in said)


ORIGINS = st.lists(
    st.dictionaries(KEYS, JSON, max_size=5).map(lambda row: {**row, "address": "203.0.113.7"}),
    max_size=2,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=8), ROWS, ORIGINS)
def test_balancers_of_any_shape_are_survived(
    junk: dict[str, Any], pools: tuple[dict[str, Any], ...], origins: list[dict[str, Any]]
) -> None:
    async def run() -> set[str | None]:
        records = ZoneRecords(Client(Credentials("demo")), "z", "example.com")
        finder = EndpointFinder(records, Resolver(("127.0.0.1", 9)))
        balancer = {**junk, "name": TARGET.host, "enabled": True, "default_pools": ["p"]}
        found = balancer_of([junk, balancer], TARGET.host)
        assert found is balancer
        known = [{**pool, "id": "p", "origins": origins} for pool in pools]
        reached = await endpoints_of(balancer, known, finder, FACTS)
        return {endpoint.address for endpoint in reached.endpoints}

    assert asyncio.run(run()) <= {"203.0.113.7"}


@given(ROWS)
def test_spectrum_applications_of_any_shape_are_survived(rows: tuple[dict[str, Any], ...]) -> None:
    mine = {"dns": {"name": TARGET.host}, "protocol": "tcp/443"}
    found = spectrum_application((*rows, mine), TARGET)
    assert found is not None
    assert found.id == "spectrum-application"
