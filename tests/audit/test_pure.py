"""Selection, sharding, the plan, merging and comparing: functions over data."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cf525.account.credentials import Credentials
from cf525.audit.options import AuditOptions, Hosts, Shard, parse_shard, parse_since
from cf525.audit.plan import plan_audit
from cf525.audit.select import choose_hosts, choose_zones
from cf525.audit.tally import changed, merge
from cf525.diagnosis.options import Options
from cf525.errors import UsageError
from cf525.model import Severity, ZoneFacts, ZoneGap
from tests.audit.rows import NOW, audited, row, traffic

ZONES = tuple(
    ZoneFacts(id=str(number), name=name, status="active", account_id=account)
    for number, (name, account) in enumerate(
        (("b.example", "1"), ("a.example", "1"), ("c.test", "2"), ("d.test", "2"))
    )
)


def options(**changes: Any) -> AuditOptions:
    return AuditOptions(base=Options(credentials=Credentials("x")), **changes)


def names(**changes: Any) -> list[str]:
    return [zone.name for zone in choose_zones(ZONES, options(**changes))]


def test_zones_are_chosen_by_name_pattern_and_account_in_order() -> None:
    assert names() == ["a.example", "b.example", "c.test", "d.test"]
    assert names(zones=("b.example", "*.test")) == ["b.example", "c.test", "d.test"]
    assert names(account="1") == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"zones": ("nope.example",)}, "nope.example"), ({"account": "9"}, "'9'")],
)
def test_a_selection_that_matches_nothing_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        names(**changes)
    assert said in refused.value.message


def test_a_token_that_sees_no_zone_is_refused() -> None:
    with pytest.raises(UsageError):
        choose_zones((), options())


@pytest.mark.parametrize("of", [1, 2, 7, 16])
def test_every_zone_is_in_exactly_one_shard(of: int) -> None:
    zones = [f"zone-{number}.example" for number in range(500)]
    held = Counter(
        zone for number in range(1, of + 1) for zone in zones if Shard(number, of).holds(zone)
    )
    assert held == Counter(zones)


def test_a_shard_does_not_depend_on_the_run() -> None:
    assert [Shard(n, 4).holds("example.com") for n in range(1, 5)] == [False, True, False, False]


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "1/0", "a/b", "-1/2", "1/2/3", ""])
def test_a_shard_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_shard(text)


def test_spans_are_read_and_bounded() -> None:
    assert parse_since("90m") == timedelta(minutes=90)
    for text in ("0m", "8d", "h", "1w", "1.5h"):
        with pytest.raises(UsageError):
            parse_since(text)


SERVED = {"a.z.example": True, "*.z.example": True, "grey.z.example": False, "m.z.example": True}


def test_hosts_are_chosen_failing_first_and_a_wildcard_through_a_sample() -> None:
    chosen = choose_hosts(SERVED, ("m.z.example", "gone.z.example"), options())
    assert chosen == (
        "m.z.example", "gone.z.example", "cf525-sample.z.example", "a.z.example",
    )  # fmt: skip
    assert choose_hosts(SERVED, ("m.z.example",), options(hosts=Hosts.FAILING)) == ("m.z.example",)
    assert "grey.z.example" in choose_hosts(SERVED, (), options(hosts=Hosts.ALL))
    narrowed = options(match=("?.z.example",), exclude=("m.*",))
    assert choose_hosts(SERVED, (), narrowed) == ("a.z.example",)


def test_the_plan_counts_failing_zones_only_when_only_those_are_read() -> None:
    common: dict[str, Any] = {
        "zones": 1000, "accounts": 1, "spent": 22, "failing_zones": 50, "failing_hosts": 60,
    }  # fmt: skip
    failing = plan_audit(**common, hosts=Hosts.FAILING, sampled=())
    assert (failing.exact, failing.hosts) == (True, 60)
    assert failing.spent + failing.calls <= 650
    everything = plan_audit(**common, hosts=Hosts.PROXIED, sampled=(8, 12))
    assert (everything.exact, everything.hosts) == (False, 10_000)
    assert everything.calls > 11_000
    assert everything.seconds > 3000
    assert "about 10000 hosts" in everything.sentences()[0]


def test_a_report_begins_with_the_worst_and_the_most_visited() -> None:
    report = audited(
        row("ok.z.example"),
        row("quiet.z.example", Severity.BROKEN),
        row("loud.z.example", Severity.BROKEN, traffic=traffic()),
        row("risk.z.example", Severity.AT_RISK),
    )
    assert [each.host.partition(".")[0] for each in report.hosts] == ["loud", "quiet", "risk", "ok"]
    assert report.counts == {
        "broken": 2, "at-risk": 1, "unknown": 0, "ok": 1, "accepted": 0, "not-applicable": 0,
    }  # fmt: skip


def test_a_zone_is_a_safe_upgrade_only_when_all_its_hosts_are() -> None:
    report = audited(
        row("a.good.example", upgrade=True),
        row("grey.good.example", Severity.NOT_APPLICABLE),
        row("a.bad.example", upgrade=True),
        row("b.bad.example", upgrade=False),
        row("a.unclear.example", upgrade=None),
    )
    assert report.safe_upgrades == ("good.example",)


def test_parts_merge_to_the_whole_and_the_newest_result_wins() -> None:
    old = audited(row("a.z.example"), row("b.z.example"), zones=2, api_calls=3, connections=5)
    new = audited(
        row("b.z.example", Severity.BROKEN, headline="cert-expired"),
        started_at=NOW + timedelta(hours=1),
        complete=False,
        stopped="interrupted",
        gaps=(ZoneGap(zone="x", reason="y"),),
        api_calls=4,
    )
    whole = merge([new, old])
    assert [each.severity for each in whole.hosts] == [Severity.BROKEN, Severity.OK]
    assert (whole.zones, whole.api_calls, whole.connections) == (3, 7, 5)
    assert (whole.complete, whole.stopped, len(whole.gaps)) == (False, "interrupted", 1)
    assert whole.causes == {"cert-expired": 1}


def test_parts_of_different_questions_do_not_merge() -> None:
    with pytest.raises(UsageError):
        merge([audited(), audited(what_if="strict")])


def test_a_baseline_leaves_what_changed() -> None:
    before = audited(row("a.z.example"), row("b.z.example", Severity.BROKEN, headline="reset"))
    after = audited(
        row("a.z.example"),
        row("b.z.example", Severity.BROKEN, headline="cert-expired"),
        row("c.z.example"),
    )
    assert {each.host for each in changed(after, before).hosts} == {"b.z.example", "c.z.example"}
    same = replace(after, started_at=NOW + timedelta(days=1))
    assert changed(same, after).hosts == ()
