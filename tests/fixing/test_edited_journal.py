"""The journal is a folder of files: an edited entry makes no other write than its remedy's, and a
folder that others can write is not believed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cf525.changes import steps
from cf525.changes.apply import apply
from cf525.changes.faithful import undo_shown, unfaithful
from cf525.changes.steps import Result
from cf525.changes.undo import undo
from cf525.model.change import Write
from cf525.model.fix import FixEntry
from tests.fixing.playing import Played, entry_of, planned, playground
from tests.fixing.test_steps import NOW
from tests.fixing.worlds import HOST, bench, world

ID = "0000000a"
QUICK = ("--no-fetch", "--no-edge")
REMEDIES = [
    ("mode-for-host", "full"),
    ("port-for-host", "8443"),
    ("sni-for-host", "other.example.com"),
    ("pool-endpoint-off", "origin-0"),
    ("origin-ca", "ecc"),
    ("pq-off", ""),
    ("http1-to-origin", ""),
    ("origin-pull", "on"),
    ("zone-mode", "origin_pull"),
    ("grey-record", ""),
]


def made(remedy: str = "pq-off", value: str = "") -> tuple[Played, FixEntry]:
    state = playground(rules=True)
    run = Played(state, apply(planned(state, remedy, value, NOW, ID)), {})
    assert run.to_the_end().result is Result.APPLIED
    return run, entry_of(run.journal[ID])


@pytest.mark.parametrize(("remedy", "value"), REMEDIES)
def test_what_a_change_leaves_is_faithful_at_every_moment(remedy: str, value: str) -> None:
    state = playground(rules=True)
    run = Played(state, apply(planned(state, remedy, value, NOW, ID)), {})
    kept = []
    while run.wants is not None:
        if isinstance(run.wants, steps.Keep):
            kept.append(run.wants.entry)
        run.step()
    assert len(kept) > 2
    assert [unfaithful(each) for each in kept] == [""] * len(kept)
    assert undo_shown(kept[-1])


def first(entry: FixEntry, **changes: Any) -> FixEntry:
    return replace(entry, requests=(replace(entry.requests[0], **changes), *entry.requests[1:]))


EDITS: list[Callable[[FixEntry], FixEntry]] = [
    lambda it: first(it, undo=Write(method="PATCH", path="zones/x/settings/ssl", body={"v": 1})),
    lambda it: first(it, undo=replace(it.requests[0].undo or Write(method="", path=""), body={})),
    lambda it: first(it, look=f"zones/{it.zone_id}/settings/ssl"),
    lambda it: first(it, path=f"zones/{it.zone_id}/settings/ssl"),
    lambda it: first(it, method="DELETE"),
    lambda it: first(it, before="zzz"),
    lambda it: replace(it, requests=it.requests[:1], made=it.made[:1]),
    lambda it: replace(it, remedy="origin-pull"),
    lambda it: replace(it, remedy="x\x1b[31m"),
    lambda it: replace(it, zone="throwaway.test", host="www.throwaway.test"),
    lambda it: replace(it, host="www.unrelated.test"),
    lambda it: replace(it, zone_id="../zones"),
    lambda it: replace(it, made=(replace(it.made[0], item="a/../b"), *it.made[1:])),
    lambda it: replace(it, before={}),
]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_entry_is_not_faithful(edit: Callable[[FixEntry], FixEntry]) -> None:
    _, entry = made()
    assert unfaithful(edit(entry))


def test_an_undo_is_of_the_zone_that_it_names() -> None:
    run, entry = made()
    named = {**entry.before, f"zones/{entry.zone_id}": {"name": "throwaway.test"}}
    forged = replace(entry, zone="throwaway.test", host="www.throwaway.test", before=named)
    back = Played(run.state, undo(forged), {})
    outcome = back.to_the_end()
    assert outcome.result is Result.STALE
    assert "is called example.com" in outcome.text
    assert not back.sent


def test_a_certificate_of_another_name_or_key_is_not_revoked() -> None:
    run, entry = made("origin-ca", "ecc")
    (request,) = entry.requests
    body = {**(request.body or {}), "hostnames": ["other.example.com"]}
    for forged in (replace(entry, requests=(replace(request, body=body),)),):
        back = Played(run.state, undo(forged), {})
        assert back.to_the_end().result is Result.UNDONE
        assert not back.sent


def test_a_journal_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    with bench(world(), tmp_path) as at:
        assert at.run(HOST, "mode-for-host", "--apply", "--yes", *QUICK).returncode == 0
        (entry,) = at.json("--list")
        path = at.journal / f"{entry['id']}.json"
        before = at.lab.state.world
        above = at.journal.parent
        for place, mode in (
            (path, 0o666),
            (at.journal, 0o777),
            (above, 0o777),
            (above.parent, 0o777),
        ):
            kept = place.stat().st_mode & 0o777
            place.chmod(mode)
            refused = at.run("--undo", entry["id"], "--yes")
            place.chmod(kept)
            assert refused.returncode == 2
            assert "can be written by others" in " ".join(refused.stderr.split())
            assert at.lab.state.world is before
        plain = json.loads(path.read_text())
        plain["requests"][0]["path"] = f"zones/{at.zone.id}/settings/ssl"
        kept_text = path.read_text()
        path.write_text(json.dumps(plain))
        refused = at.run("--undo", entry["id"], "--yes")
        assert refused.returncode == 2
        assert "was edited" in " ".join(refused.stderr.split())
        assert at.lab.state.world is before
        path.write_text(kept_text)
        asked = at.run("--undo", entry["id"])
        assert asked.returncode == 2
        assert f"DELETE zones/{at.zone.id}/rulesets" in asked.stderr
        assert at.run("--undo", entry["id"], "--yes").returncode == 0
