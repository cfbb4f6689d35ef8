"""Trace beside our own evaluation of the rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cf525.lab.world import Rule, World
from tests.account.labs import lab, unknown_ids, without, world, zone

HOST = "www.example.com"
URL = f"https://{HOST}/"
HERE = f'http.host eq "{HOST}"'


def step(action: str, *, matched: bool = True, **parameters: Any) -> Mapping[str, Any]:
    rule = {"type": "rule", "action": action, "action_parameters": parameters, "matched": matched}
    return {"type": "phase", "step_name": "x", "matched": True, "trace": [rule]}


def one(*rules: Rule, steps: Sequence[Mapping[str, Any]]) -> World:
    return world(config_rules=rules, traces={URL: steps})


FULL = Rule(expression=HERE, parameters={"ssl": "full"}, description="full here")
ABROAD = Rule(expression='ip.src.country eq "DE"', parameters={"ssl": "full"}, description="x")


def test_an_answer_that_agrees_says_nothing() -> None:
    with lab(one(FULL, steps=[step("set_config", ssl="full")])) as running:
        resolution = running.resolve(HOST)
    assert [route.mode for route in resolution.routes] == ["full"]
    assert unknown_ids(resolution) == set()


def test_an_answer_we_could_not_have_come_to_is_followed_and_told() -> None:
    with lab(one(FULL, steps=[step("set_config", ssl="off")])) as running:
        resolution = running.resolve(HOST)
    assert [route.mode for route in resolution.routes] == ["off"]
    assert resolution.routes[0].provenance["mode"].detail.startswith("Cloudflare Trace")
    assert "trace-differs" in unknown_ids(resolution)


def test_a_rule_by_country_keeps_both_routes() -> None:
    with lab(one(ABROAD, steps=[step("set_config", ssl="strict")])) as running:
        resolution = running.resolve(HOST)
    assert [route.mode for route in resolution.routes] == ["strict", "full"]
    assert "trace-takes-one" in unknown_ids(resolution)


def test_origin_values_are_compared_too() -> None:
    steps = [step("route", host_header="b.example", origin={"port": 8443}, sni={"value": "s.x"})]
    rule = Rule(expression=HERE, parameters={"host_header": "a.example"})
    with lab(world(origin_rules=(rule,), traces={URL: steps})) as running:
        (route,) = running.resolve(HOST).routes
    assert (route.host_header, route.sni, route.port) == ("b.example", "s.x", 8443)


def test_without_rules_trace_is_not_asked() -> None:
    with lab(world(traces={URL: [step("set_config", ssl="off")]})) as running:
        resolution = running.resolve(HOST)
        asked = [each.path for each in running.api.log]
    assert [route.mode for route in resolution.routes] == ["strict"]
    assert not any("request-tracer" in path for path in asked)


@pytest.mark.parametrize(
    "steps",
    [
        [step("set_config", matched=False, ssl="off")],
        [step("a-new-action", ssl="off")],
        [{"matched": True, "action": "set_config", "action_parameters": "nonsense"}],
        [{"matched": True, "action": "route", "action_parameters": {"origin": 5, "sni": 5}}],
        ["nonsense", None],
        [],
    ],
)
def test_nonsense_changes_nothing(steps: Sequence[Any]) -> None:
    with lab(one(FULL, steps=steps)) as running:
        assert [route.mode for route in running.resolve(HOST).routes] == ["full"]


def test_a_token_without_the_right_goes_without() -> None:
    steps = [step("set_config", ssl="off")]
    token = without("Allow Request Tracer Read")
    blind = World(tokens=(token,), zones=(zone(config_rules=(FULL,), traces={URL: steps}),))
    with lab(blind) as running:
        resolution = running.resolve(HOST)
    assert [route.mode for route in resolution.routes] == ["full"]
