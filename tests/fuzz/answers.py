"""Answers of the API: bytes for the decoder, and configurations of any shape for those who read
them."""

import json
from random import Random
from typing import Any

from cf525.account.doubts import about_settings
from cf525.account.readings import ALWAYS_HTTPS, READINGS, ReadResult
from cf525.account.rules import apply_rules, redirect_unknown
from cf525.account.settings import handshake, zone_facts
from cf525.account.treatment import base_plan
from cf525.account.workers import in_the_origins_place
from cf525.model import ZoneFacts
from cf525.model.decoding import decode
from tests.account.test_hostile_answers import FACTS, TARGET
from tests.fuzz import expressions
from tests.fuzz.mutations import mutated, odd


def _rule(dice: Random, action: str, **parameters: Any) -> dict[str, Any]:
    known = ("true", 'http.host eq "www.example.com"', "ssl", expressions.made(dice)[:300])
    return {
        "id": "r",
        "enabled": True,
        "action": action,
        "description": "a rule",
        "expression": dice.choice(known),
        "action_parameters": parameters,
    }


def configuration(dice: Random) -> dict[str, Any]:
    """What a zone may have, by reading."""
    own = {"host": "origin.example.com", "port": 8443}
    shape: dict[str, Any] = {
        "ssl": {"id": "ssl", "value": "strict", "certificate_status": "active"},
        "config_rules": {"rules": [_rule(dice, "set_config", ssl="full")]},
        "origin_rules": {
            "rules": [_rule(dice, "route", origin=own, host_header="h.example", sni={"value": "s"})]
        },
        "page_rules": [
            {
                "status": "active",
                "priority": 1,
                "targets": [{"constraint": {"operator": "matches", "value": "*example.com/*"}}],
                "actions": [{"id": "ssl", "value": "flexible"}],
            }
        ],
        "worker_routes": [{"pattern": "*.example.com/*", "script": "shop"}],
    }
    usual = {"id": "x", "value": "on", "enabled": True, "status": "active", "hostname": "a"}
    return {each.id: shape.get(each.id, usual) for each in (*READINGS, ALWAYS_HTTPS)}


def attack(dice: Random) -> str:
    """Through the decoder, as bytes, and on to what is made of a zone's configuration."""
    content = json.dumps(odd(configuration(dice), dice)).encode()
    content = mutated(content, dice) if dice.random() < 0.2 else content
    try:
        answer = decode(content)
    except ValueError:
        return "refused"
    json.dumps(answer, ensure_ascii=False).encode()
    if not isinstance(answer, dict):
        return "odd"
    read = {
        each.id: _result(answer.get(each.id), listed=bool(each.listed or each.per_page))
        for each in (*READINGS, ALWAYS_HTTPS)
    }
    plans = apply_rules(base_plan(TARGET, read), TARGET, read, FACTS)
    assert 1 <= len(plans.plans) <= 16
    assert handshake(read).trust.value in ("public", "custom")
    assert zone_facts(ZoneFacts(id="z", name="example.com"), read).name == "example.com"
    said = [*about_settings(read), *in_the_origins_place(TARGET, read, FACTS)]
    said += [each for each in (redirect_unknown(TARGET, read),) if each is not None]
    assert all(unknown.text for unknown in said)
    return f"{len(plans.plans)} plans"


def _result(value: Any, *, listed: bool) -> ReadResult:
    """As the client gives it out: a list holds objects, or there is none."""
    if listed:
        rows = value if isinstance(value, list) else [value]
        return ReadResult(tuple(each for each in rows if isinstance(each, dict)))
    return ReadResult(value)
