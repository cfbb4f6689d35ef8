"""Single moments of carrying a change out that chance meets too seldom."""

from datetime import UTC, datetime, timedelta

import pytest

from cf525.changes import steps
from cf525.changes.apply import apply
from cf525.changes.steps import Result
from cf525.changes.undo import undo
from cf525.lab.world import World
from cf525.model.fix import FixState
from tests.fixing.playing import Played, asked, entry_of, planned, playground, read

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def begun(remedy: str = "mode-for-host", value: str = "full", *, rules: bool = True) -> Played:
    state = playground(rules=rules)
    return Played(state, apply(planned(state, remedy, value, NOW, "0000000a")), {})


def until_write(run: Played, number: int = 1) -> None:
    """Up to the write of this number, which is not made yet."""
    seen = 0
    while run.wants is not None:
        if isinstance(run.wants, steps.Send) and not run.wants.dry:
            seen += 1
            if seen == number:
                return
        run.step()
    raise AssertionError("there was no such write")


def add_theirs(run: Played) -> None:
    zone = run.state.world.zones[0]
    entry = read(run.state, f"zones/{zone.id}/rulesets/phases/http_config_settings/entrypoint")
    body = {
        "expression": 'http.host eq "new.example.com"',
        "action": "set_config",
        "action_parameters": {"ssl": "off"},
    }
    assert asked(run.state, "POST", f"zones/{zone.id}/rulesets/{entry['id']}/rules", body)[0] == 200


def test_the_journal_is_kept_before_the_first_write() -> None:
    run = begun()
    until_write(run)
    assert entry_of(run.journal["0000000a"]).state is FixState.PENDING
    assert not run.sent


def test_what_others_write_after_our_last_look_is_told_and_is_no_failure() -> None:
    run = begun()
    until_write(run)
    add_theirs(run)
    outcome = run.to_the_end()
    assert outcome.result is Result.APPLIED
    assert any("is new since the plan was read" in each for each in outcome.notes)


def test_what_others_write_after_the_dry_run_makes_the_plan_stale() -> None:
    run = begun()
    while not (isinstance(run.wants, steps.Send) and run.wants.dry):
        run.step()
    run.step()
    add_theirs(run)
    outcome = run.to_the_end()
    assert outcome.result is Result.STALE
    assert not run.sent
    assert not run.journal


@pytest.mark.parametrize(("remedy", "value"), [("grey-record", ""), ("pq-off", "")])
@pytest.mark.parametrize("fault", ["busy", "before"])
def test_of_several_writes_all_are_made_or_none(remedy: str, value: str, fault: str) -> None:
    run = begun(remedy, value)
    before: World = run.state.world
    until_write(run, 2)
    run.step(fault)
    outcome = run.to_the_end()
    assert outcome.result is Result.API
    assert run.state.world.zones[0].records == before.zones[0].records
    for name in ("origin_pqe", "auto_origin_tls_kex"):
        assert run.state.world.zones[0].setting(name) == before.zones[0].setting(name)
    assert entry_of(run.journal["0000000a"]).state is FixState.NOT_APPLIED


def test_of_two_machines_at_the_same_moment_the_later_one_gives_way() -> None:
    state = playground(rules=True)
    runs = [
        Played(state, apply(planned(state, "mode-for-host", "full", NOW, f"0000000{name}")), {})
        for name in "ab"
    ]
    for run in runs:
        until_write(run)
    outcomes = [run.to_the_end().result for run in runs]
    assert outcomes == [Result.APPLIED, Result.ALREADY]
    refs = [each.ref for each in state.world.zones[0].config_rules if each.ref]
    assert len(refs) == 1
    assert refs[0].endswith("0000000a")
    assert entry_of(runs[1].journal["0000000b"]).state is FixState.UNDONE


def test_a_rule_that_has_ended_is_cleared_away_and_one_stands_after_it() -> None:
    state = playground(rules=True)
    first = planned(state, "mode-for-host", "full", NOW, "0000000a", NOW + timedelta(hours=1))
    Played(state, apply(first), {}).to_the_end()
    later = NOW + timedelta(hours=2)
    second = planned(state, "mode-for-host", "full", later, "0000000b", later + timedelta(hours=1))
    run = Played(state, apply(second), {})
    assert run.to_the_end().result is Result.APPLIED
    assert [each.method for each in run.sent] == ["DELETE", "POST"]
    assert len([each for each in state.world.zones[0].config_rules if each.ref]) == 1
    gone = Played(state, undo(entry_of(run.journal["0000000b"])), run.journal).to_the_end()
    assert gone.result is Result.UNDONE
    assert not [each for each in state.world.zones[0].config_rules if each.ref]


@pytest.mark.parametrize("fault", ["before", "after", "busy"])
def test_an_undo_whose_answer_is_lost_tells_what_stands_there(fault: str) -> None:
    run = begun()
    run.to_the_end()
    back = Played(run.state, undo(entry_of(run.journal["0000000a"])), run.journal)
    until_write(back)
    back.step(fault)
    outcome = back.to_the_end()
    there = [each for each in run.state.world.zones[0].config_rules if each.ref]
    state = entry_of(run.journal["0000000a"]).state
    if fault == "after":
        assert (outcome.result, state, there) == (Result.UNDONE, FixState.UNDONE, [])
    else:
        assert (outcome.result, state, len(there)) == (Result.API, FixState.APPLIED, 1)
