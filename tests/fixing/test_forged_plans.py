"""A plan file by somebody who knows how they are made: it changes nothing but what it shows, and
shows nothing but what is read and made here."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cf525.changes.apply import apply
from cf525.changes.guards import refusal_of
from cf525.changes.plan import build, digest, fingerprint, looks
from cf525.changes.remedies import BY_ID
from cf525.changes.standing import ends_at, rules_of
from cf525.changes.steps import Result
from cf525.fixing.kept import spec_of
from cf525.lab.world import Record
from cf525.model.fix import FixPlan
from cf525.report.plain import from_plain, to_plain
from tests.fixing.playing import Played, planned, playground, read
from tests.fixing.worlds import ADDRESS, HOST, Bench, bench, world

QUICK = ("--no-fetch", "--no-edge")
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LIES = {
    "before": "HARMLESS",
    "after": "HARMLESS",
    "price": "HARMLESS",
    "undo": "HARMLESS",
    "terraform": "HARMLESS",
    "install": "HARMLESS",
    "plan": "HARMLESS",
    "notes": ["HARMLESS"],
    "rights": ["HARMLESS"],
    "predicted": {"edge_status": "ok", "was": "HARMLESS", "reason": "HARMLESS"},
}


def forged(at: Bench, **changes: Any) -> Any:
    """Whole and consistent: its requests, its fingerprint and its digest are what they would be."""
    plain = json.loads((at.home / "honest.json").read_text()) | changes
    plain["scope"] = BY_ID[plain["remedy"]].scope.value
    plan = from_plain(FixPlan, plain)
    spec = spec_of(plan)
    states = {path: read(at.lab.state, path) for path in looks(spec)}
    made = to_plain(
        replace(
            plan,
            requests=build(spec, states, plan.made_at),
            fingerprint=fingerprint(states),
        )
    )
    return {**made, "digest": digest(made)}


def applied(at: Bench, plain: Any, *more: str) -> Any:
    (at.home / "plan.json").write_text(json.dumps(plain))
    sure = ("--yes", "--yes-zone", "example.com", "-v")
    return at.run("--apply", "plan.json", *sure, *QUICK, *more)


FORGERIES: list[tuple[dict[str, Any], str]] = [
    ({"zone": "throwaway.test", "host": "www.throwaway.test"}, "is called example.com"),
    ({"zone": "throwaway.test"}, "is called example.com"),
    ({"host": "www.unrelated.test"}, "does not lie in the zone example.com"),
    ({"host": "notexample.com"}, "does not lie in the zone example.com"),
    ({"value": "off", "until": None}, "this plan has no end"),
    ({"until": None}, "this plan has no end"),
    ({"remedy": "grey-record", "value": "", "until": None}, "this plan has no end"),
    ({"until": "9990-01-01T00:00:00Z"}, "more than 31 days from now"),
    ({"remedy": "zone-mode", "value": "flexible", "until": None}, "only goes upward"),
    ({"remedy": "zone-mode", "value": "origin_pull", "until": None}, "hosts of example.com"),
]


@pytest.mark.parametrize(("changes", "said"), FORGERIES, ids=lambda each: str(each)[:40])
def test_what_a_plan_could_not_be_made_for_is_refused(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with bench(world(), tmp_path) as at:
        assert at.run(HOST, "mode-for-host", "-o", "honest.json", *QUICK).returncode == 0
        before = at.lab.state.world
        done = applied(at, forged(at, **changes, **LIES))
        assert done.returncode == 1, done.stderr + done.stdout
        assert said in " ".join((done.stderr + done.stdout).split())
        assert at.lab.state.world is before
        assert not list(at.journal.glob("*.json"))


def test_what_is_shown_is_not_the_files(tmp_path: Path) -> None:
    with bench(world(), tmp_path) as at:
        assert at.run(HOST, "mode-for-host", "-o", "honest.json", *QUICK).returncode == 0
        done = applied(at, forged(at, **LIES))
        assert done.returncode == 0, done.stderr
        assert "HARMLESS" not in done.stderr + done.stdout
        shown = " ".join(done.stderr.split())
        assert "NOW the zone in Full (strict)" in shown
        assert "THEN Full." in shown
        assert "anyone on the path can pose as the origin" in shown
        assert "http.request.timestamp.sec lt" in shown.partition("cloudflare_ruleset")[2]


def test_a_zone_is_named_as_the_api_names_it_before_it_is_typed(tmp_path: Path) -> None:
    with bench(world(records=(Record(type="A", name=HOST, content=ADDRESS),)), tmp_path) as at:
        assert at.run(HOST, "mode-for-host", "-o", "honest.json", *QUICK).returncode == 0
        plain = forged(at, remedy="pq-off", value="", until=None)
        (tmp_path / "plan.json").write_text(json.dumps(plain | {"zone": "other.test"}))
        before = at.lab.state.world
        done = at.run("--apply", "plan.json", "--yes-zone", "other.test", *QUICK)
        assert done.returncode == 2
        plain = {**plain, "zone": "other.test", "host": "www.other.test"}
        (tmp_path / "plan.json").write_text(json.dumps({**plain, "digest": digest(plain)}))
        done = at.run("--apply", "plan.json", "--yes-zone", "other.test", *QUICK)
        assert done.returncode == 1
        assert at.lab.state.world is before


def test_the_same_holds_for_whoever_carries_it_out_from_code() -> None:
    """No command line, no file: the steps themselves refuse."""
    state = playground(rules=True)
    for remedy, value in (("mode-for-host", "full"), ("grey-record", "")):
        job = planned(state, remedy, value, NOW, "0000000a")
        endless = replace(job, spec=replace(job.spec, until=None))
        assert Played(state, apply(endless), {}).to_the_end().result is Result.REFUSED
    raised = planned(state, "zone-mode", "origin_pull", NOW, "0000000a")
    blind = replace(raised, every_host_passed=False)
    outcome = Played(state, apply(blind), {}).to_the_end()
    assert outcome.result is Result.REFUSED
    assert "every host" in outcome.text
    assert Played(state, apply(raised), {}).to_the_end().result is Result.APPLIED


def test_an_endpoint_is_the_one_it_is_called_and_never_the_last() -> None:
    state = playground(rules=True)
    job = planned(state, "pool-endpoint-off", "origin-0", NOW, "0000000a")
    states = {path: read(state, path) for path in looks(job.spec)}
    assert refusal_of(job.spec, states, NOW) == ""
    assert "no single endpoint" in refusal_of(replace(job.spec, value="origin-1"), states, NOW)
    (path,) = (each for each in states if each.startswith("accounts/"))
    alone = {**states[path], "origins": states[path]["origins"][:1]}
    assert "the last endpoint" in refusal_of(job.spec, {**states, path: alone}, NOW)
    elsewhere = {**states[job.spec.place.zone], "account": {"id": "another"}}
    foreign = {**states, job.spec.place.zone: elsewhere}
    assert "another account" in refusal_of(job.spec, foreign, NOW)


def test_a_reason_says_nothing_of_an_end() -> None:
    """Where the API takes no rule that ends by itself, its end is read from the description."""
    state = playground(rules=True)
    job = planned(state, "mode-for-host", "full", NOW, "0000000a")
    spec = replace(job.spec, until=None, reason="x; until 2099-01-01T00:00:00Z")
    states = {path: read(state, path) for path in looks(spec)}
    (request,) = build(spec, states, NOW)
    assert request.body is not None
    assert "2099" in str(request.body)
    (rule,) = rules_of(request.body) or [request.body]
    assert ends_at(rule) is None
