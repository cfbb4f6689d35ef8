"""An API that shows an older state for a while, answers a write that it made with a refusal, or
never hears of ``dry_run``: what stands there is told, and never "nothing was changed"."""

from collections.abc import Callable
from typing import Any

import pytest

from cf525.changes import steps
from cf525.changes.steps import Result
from cf525.changes.undo import undo
from cf525.errors import ApiError, PermissionRefused
from cf525.model.fix import FixState
from tests.fixing.playing import Played, asked, entry_of, read
from tests.fixing.test_steps import begun, until_write

KINDS = [
    ("mode-for-host", "full"),
    ("pq-off", ""),
    ("grey-record", ""),
    ("pool-endpoint-off", "origin-0"),
]
ID = "0000000a"


def stale(run: Played, looks: int, before: Callable[[str], Any]) -> None:
    """Carry out what is wanted; the next looks are answered with what stood there before."""
    while looks and run.wants is not None:
        if isinstance(run.wants, steps.Look):
            run._advance(steps.Found(before(run.wants.path)))
            looks -= 1
        else:
            run.step()


def memory(run: Played) -> Callable[[str], Any]:
    kept: dict[str, Any] = {}
    inner = run._seen

    def seen(path: str) -> Any:
        kept[path] = inner(path)
        return kept[path]

    run._seen = seen  # type: ignore[method-assign]
    return lambda path: kept[path]


def written(remedy: str, value: str) -> tuple[Played, Callable[[str], Any]]:
    run = begun(remedy, value)
    before = memory(run)
    before_of: dict[str, Any] = {}
    until_write(run)
    run.step()
    assert isinstance(run.wants, steps.Look)
    path = run.wants.path
    try:
        before_of[path] = before(path)
    except KeyError:  # one record of a list: as it was, it is proxied
        before_of[path] = {**read(run.state, path), "proxied": True}
    return run, lambda _: before_of[path]


@pytest.mark.parametrize(("remedy", "value"), KINDS)
@pytest.mark.parametrize("looks", [1, 2])
def test_a_stale_read_after_a_confirmed_write_is_looked_at_again(
    looks: int, remedy: str, value: str
) -> None:
    run, before = written(remedy, value)
    stale(run, looks, before)
    assert run.to_the_end().result is Result.APPLIED
    assert entry_of(run.journal[ID]).state is FixState.APPLIED


@pytest.mark.parametrize(("remedy", "value"), KINDS)
def test_a_confirmed_write_that_does_not_show_is_unknown_and_undo_repairs_it(
    remedy: str, value: str
) -> None:
    run, before = written(remedy, value)
    stale(run, 3, before)
    outcome = run.to_the_end()
    assert outcome.result is Result.UNKNOWN
    assert "nothing was changed" not in outcome.text
    entry = entry_of(run.journal[ID])
    assert entry.open
    back = Played(run.state, undo(entry), {})
    assert back.to_the_end().result is Result.UNDONE
    assert back.sent


def test_an_undo_believes_absence_after_several_looks_alone() -> None:
    run = begun()
    run.to_the_end()
    entry = entry_of(run.journal[ID])
    path = entry.requests[0].look
    back = Played(run.state, undo(entry), {})
    while not (isinstance(back.wants, steps.Look) and back.wants.path == path):
        back.step()
    back._advance(steps.Found({**read(run.state, path), "rules": []}))
    assert back.to_the_end().result is Result.UNDONE
    assert [each.method for each in back.sent] == ["DELETE"]


@pytest.mark.parametrize(
    "error", [PermissionRefused("no", needs="", status=403), ApiError("no", status=400)]
)
def test_an_undo_that_was_made_and_answered_with_a_refusal_is_undone(error: ApiError) -> None:
    run = begun()
    run.to_the_end()
    back = Played(run.state, undo(entry_of(run.journal[ID])), {})
    until_write(back)
    assert isinstance(back.wants, steps.Send)
    assert asked(back.state, back.wants.method, back.wants.path)[0] == 200
    back._advance(steps.Refused(error))
    assert back.to_the_end().result is Result.UNDONE
    assert entry_of(back.journal[ID]).state is FixState.UNDONE


@pytest.mark.parametrize("rules", [True, False])
@pytest.mark.parametrize("lost", [True, False])
def test_a_dry_run_that_was_written_is_found_and_taken_back(lost: bool, rules: bool) -> None:
    run = begun(rules=rules)
    while not (isinstance(run.wants, steps.Send) and run.wants.dry):
        run.step()
    wants = run.wants
    status, body = asked(run.state, wants.method, wants.path, wants.body)
    assert status == 200
    error = ApiError("the connection broke off")
    run._advance(steps.Unclear(error) if lost else steps.Done(status, body["result"]))
    outcome = run.to_the_end()
    assert "nothing was changed" not in outcome.text
    assert "dry_run" in outcome.text
    assert entry_of(run.journal[ID]).state is FixState.NOT_APPLIED
    refs = [each.ref for each in run.state.world.zones[0].config_rules]
    assert not [each for each in refs if each.startswith("cf525_")]
    assert [each.method for each in run.sent] == ["DELETE"]
