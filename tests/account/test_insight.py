"""What Cloudflare itself saw: analytics, health, Radar and the audit log, whole and in part."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cf525.account.changes import changes_among
from cf525.jobs.diagnose import diagnose
from cf525.lab.api import Fault
from cf525.lab.running import start
from cf525.lab.world import (
    ALL,
    Account,
    Origin,
    Pool,
    PoolOrigin,
    Record,
    Token,
    Visits,
    World,
    Zone,
)
from cf525.model import Insight, Report, ZoneFacts
from cf525.report.text import render

HOST = "www.example.com"
ADDRESS = "203.0.113.10"
ZONE = Zone(
    name="example.com",
    settings={"ssl": "full"},
    records=(Record(type="A", name=HOST, content=ADDRESS),),
    traces={f"https://{HOST}/": ()},
)
ACCOUNT = Account(name="lab", pools=(Pool(name="primary", origins=(PoolOrigin(address=ADDRESS),)),))
FACTS = ZoneFacts(id=ZONE.id, name="example.com")
CHANGED = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=34)
FIRST = CHANGED + timedelta(minutes=14)


def entry(**values: Any) -> dict[str, Any]:
    return {
        "action": {"type": "change_setting", "result": True},
        "actor": {"type": "user", "email": "ops@example.com"},
        "when": CHANGED.isoformat().replace("+00:00", "Z"),
        "resource": {"type": "zone", "id": "ssl"},
        "metadata": {"zone_name": "example.com"},
        "oldValue": "full",
        "newValue": "strict",
        **values,
    }


def world(**values: Any) -> World:
    account = f"/accounts/{ACCOUNT.id}"
    pool = _pool_id()
    base: dict[str, Any] = {
        "accounts": (ACCOUNT,),
        "zones": (ZONE,),
        "origins": {f"{ADDRESS}:443": Origin(kind="tls", options={"names": (HOST,)})},
        "visits": (
            Visits(
                host=HOST,
                zone="example.com",
                statuses={200: 900, 526: 90, 525: 10},
                first_seen=FIRST.strftime("%Y-%m-%dT%H:%M:00Z"),
                origins=(ADDRESS,),
            ),
        ),
        "answers": {
            f"{account}/audit_logs": [entry()],
            f"{account}/load_balancers/pools/{pool}/health": {
                "pop_health": {
                    "Frankfurt, DE": {
                        "healthy": False,
                        "origins": [
                            {
                                ADDRESS: {
                                    "healthy": False,
                                    "failure_reason": "TLS untrusted certificate error",
                                }
                            }
                        ],
                    },
                    "Amsterdam, NL": {"origins": [{ADDRESS: {"healthy": True}}]},
                }
            },
            f"/zones/{ZONE.id}/healthchecks": [
                {
                    "name": "front",
                    "address": HOST,
                    "status": "unhealthy",
                    "failure_reason": "TLS handshake failure",
                },
                {"name": "other", "address": "198.51.100.1", "status": "unhealthy"},
            ],
            "/radar/post_quantum/tls/support": {"pq": True, "bugs": {"splitClientHello": True}},
        },
    }
    return World(**{**base, **values})


def _pool_id() -> str:
    from cf525.lab.payloads import pool as payload

    return str(payload(ACCOUNT, ACCOUNT.pools[0])["id"])


def report(made: World, **changes: object) -> Report:
    with start(made) as lab:
        options = replace(lab.options(), since=timedelta(hours=6), **changes)  # type: ignore[arg-type]
        return asyncio.run(diagnose(HOST, options))


def insight(made: World) -> Insight:
    found = report(made).insight
    assert found is not None
    return found


def test_visits_health_and_changes_are_told() -> None:
    found = report(world())
    seen = found.insight
    assert seen is not None
    assert seen.audited
    assert (seen.requests, dict(seen.statuses)) == (1000, {"526": 90, "525": 10})
    assert dict(seen.colos) == {"FRA": 50, "AMS": 50}
    assert dict(seen.origins) == {ADDRESS: 100}
    assert seen.first == FIRST
    assert [(each.name, each.healthy, each.reason) for each in seen.health] == [
        ("pool primary", False, "TLS untrusted certificate error"),
        ("health check front", False, "TLS handshake failure"),
        ("Radar post-quantum probe", False, "splitClientHello"),
        ("Cloudflare Trace", True, "HTTP 200"),
    ]
    assert [(each.what, each.old, each.new, each.who) for each in seen.changes] == [
        ("mode (SSL/TLS)", "full", "strict", "ops@example.com")
    ]
    shown = " ".join(" ".join(line.text for line in render(found)).split())
    assert "14 minutes before the first failure" in shown
    assert "ops@example.com" in shown
    assert "100 of 1000 requests failed in 6 h" in shown
    assert "changed-just-before" in [each.id for each in found.findings]


def test_without_since_the_account_is_asked_nothing_more() -> None:
    made = world()
    with start(made) as lab:
        plain = asyncio.run(diagnose(HOST, lab.options()))
        more = asyncio.run(diagnose(HOST, replace(lab.options(), since=timedelta(hours=6))))
    assert plain.insight is None
    assert plain.api_calls < more.api_calls <= plain.api_calls + 12


def test_a_token_without_rights_weakens_the_report_and_fails_nothing() -> None:
    rights = ALL - {"Analytics Read", "Account Analytics Read"}
    made = world(tokens=(Token(value="weak", permissions=rights),), answers={})
    found = report(made)
    assert found.edge_status == "ok"
    ids = {each.id for each in found.unknowns}
    assert {"unread-visits", "unread-audit-log", "unread-health-checks", "unread-radar"} <= ids
    assert found.insight is not None
    assert not found.insight.audited


def test_a_field_the_plan_refuses_costs_only_itself() -> None:
    seen = insight(world(refused_fields=frozenset({"originIP"})))
    assert seen.failures == 100
    assert dict(seen.origins) == {}
    assert dict(seen.colos)


@pytest.mark.parametrize("result", [None, [], {}, "x", [1, None, "x", [], {"when": 5}]])
def test_answers_of_any_shape_are_survived(result: Any) -> None:
    made = world()
    found = report(replace(made, answers=dict.fromkeys(made.answers, result)))
    assert found.edge_status == "ok"
    assert found.insight is not None
    assert found.insight.changes == ()


@pytest.mark.parametrize(
    ("values", "what", "old", "new"),
    [
        ({}, "mode (SSL/TLS)", "full", "strict"),
        (
            {"oldValue": "", "newValueJson": {"id": "ssl", "value": "strict"}},
            *("mode (SSL/TLS)", "", "strict"),
        ),
        (
            {
                "resource": {"type": "DNS_record", "id": "x"},
                "newValue": '{"type": "A", "name": "www.example.com", "content": "203.0.113.9"}',
                "oldValue": None,
            },
            *("DNS record", "", "A www.example.com 203.0.113.9"),
        ),
        ({"action": {"type": "rec_set"}, "resource": {}}, "DNS record", "full", "strict"),
        (
            {"resource": {"type": "zone", "id": "tls_client_auth"}},
            *("Authenticated Origin Pulls", "full", "strict"),
        ),
    ],
)
def test_entries_are_recognised_by_what_they_changed(
    values: dict[str, Any], what: str, old: str, new: str
) -> None:
    found = changes_among([entry(**values)], FACTS, HOST, until=FIRST)
    assert [(each.what, each.old, each.new) for each in found] == [(what, old, new)]


@pytest.mark.parametrize(
    "values",
    [
        {"resource": {"type": "zone", "id": "minify"}},
        {"action": {"type": "change_setting", "result": False}},
        {"metadata": {"zone_name": "example.org"}},
        {"when": "yesterday"},
        {"when": "2099-01-01T00:00:00Z"},
    ],
)
def test_entries_that_do_not_matter_are_left_out(values: dict[str, Any]) -> None:
    assert changes_among([entry(**values)], FACTS, HOST, until=FIRST) == ()


def test_an_api_that_fails_in_between_keeps_the_verdict() -> None:
    from cf525.lab.api import State
    from cf525.lab.api_server import ApiServer

    made = world()
    fault = Fault(path="/graphql|/audit_logs", kind="reset")
    with start(made) as lab, ApiServer(State(made, faults=(fault,))) as api:
        options = replace(lab.options(), since=timedelta(hours=6), api_base=api.base_url)
        found = asyncio.run(diagnose(HOST, options))
    assert found.edge_status == "ok"
    assert "unread-visits" in {each.id for each in found.unknowns}
