"""What the API may do to a write, and what is then said and left: over HTTP, as in an outage."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cf525.changes.standing import odd
from cf525.lab.api import Fault
from cf525.lab.world import ALL, Token
from cf525.lab.writes import EDIT
from tests.cli import forked
from tests.fixing.worlds import HOST, OTHERS, WRITE, Bench, bench, world

RULES = r"/rulesets/[^/]+/rules$"
PLAN = (HOST, "mode-for-host", "-o", "plan.json", "--no-fetch", "--no-edge")
APPLY = ("--apply", "plan.json", "--yes", "--no-fetch", "--no-edge", "--timeout", "2")


def ours(at: Bench) -> list[str]:
    return [each.ref for each in at.zone.config_rules if each.ref.startswith("cf525_")]


def with_fault(at: Bench, *faults: Fault) -> None:
    at.lab.state.faults = faults
    at.lab.state.hits.clear()


def planned(at: Bench) -> None:
    done = at.run(*PLAN)
    assert done.returncode == 0, done.stderr


def fault(kind: str, **more: Any) -> Fault:
    return Fault(path=RULES, kind=kind, methods=("POST",), times=1, **more)


LOST = [
    fault("status", status=502, after=True),
    fault("reset", after=True),
    fault("drip", after=True),
    fault("html", after=True),
    fault("unsuccessful", after=True),
    fault("redirect", after=True),
]
NEVER = [replace(each, after=False) for each in LOST]


@pytest.mark.parametrize("lost", LOST, ids=lambda each: each.kind)
def test_a_write_whose_answer_is_lost_is_found_and_not_repeated(
    lost: Fault, tmp_path: Path
) -> None:
    with bench(world(), tmp_path) as at:
        planned(at)
        with_fault(at, lost)
        made = at.run(*APPLY)
        assert made.returncode == 0, made.stderr + made.stdout
        assert len(ours(at)) == 1
        (entry,) = at.json("--list")
        assert entry["state"] == "applied"
        assert at.run("--undo", entry["id"], "--yes").returncode == 0
        assert [each.expression for each in at.zone.config_rules] == [OTHERS.expression]


@pytest.mark.parametrize("lost", NEVER[:1] + NEVER[3:4], ids=lambda each: each.kind)
def test_a_write_that_never_arrived_is_said_to_have_changed_nothing(
    lost: Fault, tmp_path: Path
) -> None:
    with bench(world(), tmp_path) as at:
        planned(at)
        with_fault(at, lost)
        made = at.run(*APPLY)
        assert made.returncode in (1, 4), made.stderr + made.stdout
        assert "nothing was changed" in " ".join(made.stdout.split())
        assert not ours(at)
        assert at.json("--list") == []


def test_a_write_that_nobody_can_look_for_is_unknown_and_undo_repairs_it(tmp_path: Path) -> None:
    with bench(world(), tmp_path) as at:
        planned(at)
        entrypoint = "/phases/http_config_settings/entrypoint"
        lost = fault("reset", after=True)
        with_fault(at, lost)
        seen = at.lab.state.asked[f"/zones/{at.zone.id}/rulesets{entrypoint}"]
        del seen
        # The two looks before the write are answered; none after it is.
        blind = _AfterTheWrite(at, entrypoint)
        made = at.run(*APPLY)
        blind.stop()
        assert made.returncode == 3, made.stderr + made.stdout
        assert len(ours(at)) == 1
        (entry,) = at.json("--list")
        assert entry["state"] == "unknown"
        assert "not known" in at.run("--list").stdout
        assert at.run("--undo", entry["id"], "--yes").returncode == 0
        assert not ours(at)
        assert at.json("--list") == []


class _AfterTheWrite:
    """Makes the API blind for one path as soon as the world has changed."""

    def __init__(self, at: Bench, path: str) -> None:
        self._state = at.lab.state
        before = self._state.changed

        def changed(newer: Any) -> None:
            if before is not None:
                before(newer)
            self._state.faults = (
                *self._state.faults,
                Fault(path=path, kind="status", status=503, methods=("GET",)),
            )

        self._state.changed = changed

    def stop(self) -> None:
        self._state.changed = None
        self._state.faults = ()


def test_a_certificate_whose_answer_is_lost_is_found_by_its_key_on_whatever_page(
    tmp_path: Path,
) -> None:
    from cf525.lab.ca import Authority

    issuer = Authority("Lab Origin CA")
    others = tuple(issuer.issue(f"n{each}.example.com").pem.decode() for each in range(25))
    with bench(world(origin_ca=others), tmp_path) as at:
        where = ("--out", str(tmp_path))
        lost = Fault(path="/certificates$", kind="reset", methods=("POST",), times=1, after=True)
        with_fault(at, lost)
        made = at.run(HOST, "origin-ca", "--apply", "--yes", *where, "--no-fetch", "--no-edge")
        assert made.returncode == 0, made.stderr + made.stdout
        assert len(at.zone.origin_ca) == len(others) + 1
        assert (tmp_path / f"{HOST}.pem").read_text() == at.zone.origin_ca[-1]
        (entry,) = at.json("--list")
        assert at.run("--undo", entry["id"], "--yes").returncode == 0
        assert at.zone.origin_ca == others


def test_a_rate_limit_of_minutes_is_told_and_not_waited_out(tmp_path: Path) -> None:
    with bench(world(), tmp_path) as at:
        planned(at)
        limited = fault("status", status=429, headers={"Retry-After": "300"})
        with_fault(at, limited)
        made = at.run(*APPLY)
        assert made.returncode == 4
        assert "300 s" in made.stdout
        assert not ours(at)


def test_a_token_that_only_reads_is_told_its_right_before_anything_is_written(
    tmp_path: Path,
) -> None:
    with bench(world(token=Token(value=WRITE.value, permissions=ALL)), tmp_path) as at:
        planned(at)
        made = at.run(*APPLY)
        assert made.returncode == 4
        said = " ".join(made.stdout.split())
        assert "Config Rules Edit" in said
        assert "developers.cloudflare.com/fundamentals/api/reference/permissions" in said
        assert not ours(at)
        assert at.json("--list") == []


def test_an_api_that_takes_no_ending_rule_gets_one_whose_end_is_kept_elsewhere(
    tmp_path: Path,
) -> None:
    with bench(replace(world(), untimed=True), tmp_path) as at:
        planned(at)
        made = at.run(*APPLY)
        assert made.returncode == 0, made.stderr
        (rule,) = [each for each in at.zone.config_rules if each.ref]
        assert "timestamp" not in rule.expression
        assert "until 20" in rule.description
        assert "due" in at.run("--list").stdout


Change = Callable[[Bench], None]


def _others_rule(at: Bench) -> None:
    at.lab.state.world = replace(
        at.lab.state.world,
        zones=(replace(at.zone, config_rules=(*at.zone.config_rules, OTHERS)),),
    )
    at.lab.state.zones = {each.id: each for each in at.lab.state.world.zones}


def _another_mode(at: Bench) -> None:
    at.lab.state.world = replace(
        at.lab.state.world, zones=(replace(at.zone, settings={"ssl": "full"}),)
    )
    at.lab.state.zones = {each.id: each for each in at.lab.state.world.zones}


@pytest.mark.parametrize("change", [_others_rule, _another_mode])
def test_a_plan_is_stale_once_somebody_else_was_there(change: Change, tmp_path: Path) -> None:
    with bench(world(), tmp_path) as at:
        planned(at)
        change(at)
        made = at.run(*APPLY)
        assert made.returncode == 1
        assert "stale" in made.stdout
        assert not ours(at)


def test_an_undo_is_refused_and_both_are_shown_when_somebody_changed_the_rule(
    tmp_path: Path,
) -> None:
    with bench(world(), tmp_path) as at:
        planned(at)
        assert at.run(*APPLY).returncode == 0
        changed = tuple(
            replace(each, parameters={"ssl": "off"}) if each.ref else each
            for each in at.zone.config_rules
        )
        world_now = replace(at.lab.state.world, zones=(replace(at.zone, config_rules=changed),))
        at.lab.state.world = world_now
        at.lab.state.zones = {each.id: each for each in world_now.zones}
        (entry,) = at.json("--list")
        undone = at.run("--undo", entry["id"], "--yes")
        assert undone.returncode == 1
        assert '"ssl": "full"' in undone.stdout
        assert '"ssl": "off"' in undone.stdout
        assert at.zone.config_rules == changed
        assert "DELETE" not in undone.stdout, "what somebody else made is not ours to delete"


LOOKS = r"/rulesets/phases/http_config_settings/entrypoint$"
NO_PROOF = [
    Fault(path=LOOKS, kind="status", status=404, code=7003),
    Fault(path=LOOKS, kind="html", status=404),
    Fault(path=LOOKS, kind="null"),
]


@pytest.mark.parametrize("answer", NO_PROOF, ids=lambda each: f"{each.kind}-{each.status}")
def test_what_does_not_prove_that_nothing_stands_there_closes_no_entry(
    answer: Fault, tmp_path: Path
) -> None:
    with bench(world(), tmp_path) as at:
        planned(at)
        assert at.run(*APPLY).returncode == 0
        (entry,) = at.json("--list")
        with_fault(at, answer)
        undone = at.run("--undo", entry["id"], "--yes", "--timeout", "2")
        assert undone.returncode == 4, undone.stdout
        assert "could not be read" in undone.stdout
        assert ours(at)
        with_fault(at)
        assert at.json("--list") == [entry]
        assert at.run("--undo", entry["id"], "--yes").returncode == 0
        assert not ours(at)


@pytest.mark.parametrize(
    ("path", "state", "why"),
    [
        ("zones/z/rulesets/phases/p/entrypoint", [], "is no ruleset"),
        ("zones/z/rulesets/phases/p/entrypoint", {"rules": []}, "has no id"),
        ("zones/z/rulesets/phases/p/entrypoint", {"id": "a", "rules": [{"id": "../x"}]}, "is none"),
        ("zones/z/rulesets/phases/p/entrypoint", {"id": "a/../b"}, "is none"),
        ("zones/z/dns_records?name=a", [{"id": "a b"}], "is none"),
        ("certificates/1", {"id": 7}, "is none"),
    ],
)
def test_an_id_that_is_none_goes_into_no_path(path: str, state: Any, why: str) -> None:
    assert why in odd(path, state)


@pytest.mark.parametrize("state", [None, {"id": "ssl", "value": "full"}, {"id": "a", "rules": []}])
def test_what_the_api_shows_is_taken_as_it_is(state: Any) -> None:
    assert not odd("zones/z/rulesets/phases/p/entrypoint", state)


@pytest.mark.parametrize("moment", range(2, 15, 3))
def test_a_kill_at_any_moment_leaves_what_list_and_undo_can_mend(
    moment: int, tmp_path: Path
) -> None:
    """``moment`` is the request at which the process dies, by SIGKILL of its own hand."""
    with bench(world(), tmp_path) as at:
        planned(at)
        done = forked.run(
            [str(moment), *_named(at, APPLY)],
            at.environment(),
            120,
            module="tests.fixing.killed",
        )
        assert done.returncode in (-signal.SIGKILL, 0), done.stderr
        open_entries = at.json("--list")
        assert len(ours(at)) <= len(open_entries)
        for entry in open_entries:
            assert at.run("--undo", entry["id"], "--yes").returncode == 0
        assert not ours(at)
        assert at.json("--list") == []
        assert [each.expression for each in at.zone.config_rules] == [OTHERS.expression]


def _named(at: Bench, arguments: tuple[str, ...]) -> list[str]:
    return [str(at.home / each) if each.endswith(".json") else each for each in arguments]


def test_a_second_run_waits_for_nobody_and_is_refused(tmp_path: Path) -> None:
    from cf525.fixing.journal import Journal

    with bench(world(), tmp_path) as at:
        planned(at)
        with Journal(at.journal).locked():
            made = at.run(*APPLY)
        assert made.returncode == 2
        assert "another cf525 fix" in made.stderr
        assert not ours(at)


def test_what_fix_prints_follows_its_schemas(tmp_path: Path) -> None:
    from jsonschema import Draft202012Validator

    from cf525.model.fix import FixEntry, FixPlan, FixResult, Offers
    from cf525.report.schemas import json_schema

    def faults(printed: object, kind: type[object]) -> list[str]:
        return [
            each.message for each in Draft202012Validator(json_schema(kind)).iter_errors(printed)
        ]

    with bench(world(token=Token(value=WRITE.value, permissions=ALL | EDIT)), tmp_path) as at:
        planned(at)
        plan = json.loads((tmp_path / "plan.json").read_text())
        assert faults(plan, FixPlan) == []
        assert faults(at.json(HOST, "--no-fetch", "--no-edge"), Offers) == []
        assert faults(at.json(*APPLY), FixResult) == []
        (entry,) = at.json("--list")
        assert faults(entry, FixEntry) == []


@pytest.mark.parametrize("status", [403, 400, 429])
def test_a_certificate_that_is_refused_leaves_no_key_and_the_next_try_is_made(
    tmp_path: Path, status: int
) -> None:
    with bench(world(), tmp_path) as at:
        out = tmp_path / "out"
        out.mkdir()
        run = (HOST, "origin-ca", "--apply", "--yes", "--out", str(out), "--no-fetch", "--no-edge")
        with_fault(
            at,
            Fault(path="/certificates$", kind="status", methods=("POST",), times=1, status=status),
        )
        refused = at.run(*run, "--timeout", "5")
        assert refused.returncode in (1, 4), refused.stderr + refused.stdout
        assert "nothing was changed" in " ".join((refused.stdout + refused.stderr).split())
        assert list(out.iterdir()) == []
        with_fault(at)
        made = at.run(*run)
        assert made.returncode == 0, made.stderr + made.stdout
        assert {each.name for each in out.iterdir()} == {f"{HOST}.key", f"{HOST}.pem"}
