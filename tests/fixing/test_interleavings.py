"""Our steps, other hands, faults and kills in any order: others' things stay as they are, there are
never two rules of ours, an undo is exact or refused, and the journal does not lie."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from cf525.changes import standing
from cf525.changes.apply import apply
from cf525.changes.making import Job
from cf525.changes.plan import CannotBeMade
from cf525.changes.steps import Result
from cf525.changes.undo import undo
from cf525.model.fix import FixState
from tests.fixing.playing import Played, asked, entry_of, later, planned, read
from tests.fixing.playing import playground as fresh
from tests.fixing.worlds import HOST

REMEDIES = (
    ("mode-for-host", "full"),
    ("mode-for-host", "flexible"),
    ("port-for-host", "8443"),
    ("pq-off", ""),
    ("grey-record", ""),
    ("pool-endpoint-off", "origin-0"),
    ("origin-ca", "ecc"),
)
FAULTS = st.sampled_from(("", "", "", "before", "after", "busy"))
CONFIG = "http_config_settings"
ORIGIN = "http_request_origin"
ACTIONS: dict[str, dict[str, Any]] = {
    CONFIG: {"action": "set_config", "action_parameters": {"ssl": "off"}},
    ORIGIN: {"action": "route", "action_parameters": {"origin": {"port": 444}}},
}
VALUES = {
    "settings/ssl": ("value", ("strict", "full")),
    "cache/origin_post_quantum_encryption": ("value", ("preferred", "supported", "off")),
    "settings/auto_origin_tls_kex": ("enabled", (True, False)),
}


class Interleavings(RuleBasedStateMachine):
    """One person with ``cf525 fix``, whose runs may be killed, and somebody else."""

    @initialize(rules=st.booleans(), mostly=st.sampled_from(REMEDIES))
    def begin(self, rules: bool, mostly: tuple[str, str]) -> None:
        self.mostly = mostly
        self.state = fresh(rules=rules)
        self.now = datetime(2026, 11, 28, 12, tzinfo=UTC)
        self.journal: dict[str, str] = {}
        self.job: Job | None = None
        self.run: Played | None = None
        self.number = 0
        self.tampered = False
        self.edited: set[str] = set()
        zone = self.state.world.zones[0]
        self.zone = f"zones/{zone.id}"
        self.theirs = {phase: self.foreign(phase) for phase in ACTIONS}
        self.settings = {path: self.value(path) for path in VALUES}
        self.others = self.rest()

    # -- what there is ----------------------------------------------------------------------

    def entrypoint(self, phase: str) -> Any:
        return read(self.state, f"{self.zone}/rulesets/phases/{phase}/entrypoint")

    def foreign(self, phase: str) -> list[Any]:
        rules = standing.rules_of(self.entrypoint(phase))
        return [standing.shown(each) for each in rules if "cf525" not in str(each.get("ref"))]

    def ours(self) -> list[Any]:
        found = []
        for phase in ACTIONS:
            rules = standing.rules_of(self.entrypoint(phase))
            found += [each for each in rules if str(each.get("ref")).startswith("cf525_")]
        return found

    def value(self, path: str) -> Any:
        return read(self.state, f"{self.zone}/{path}")[VALUES[path][0]]

    def rest(self) -> Any:
        zone, account = self.state.world.zones[0], self.state.world.accounts[0]
        return (zone.records, account.pools, zone.origin_ca)

    # -- us ---------------------------------------------------------------------------------

    @precondition(lambda self: self.run is None)
    @rule(which=st.sampled_from(REMEDIES), ends=st.booleans())
    def plan_another(self, which: tuple[str, str], ends: bool) -> None:
        self.plan(which, ends)

    @precondition(lambda self: self.run is None)
    @rule(ends=st.booleans())
    def plan_and_start(self, ends: bool) -> None:
        self.plan(self.mostly, ends)
        if self.job is not None:
            self.start()

    def plan(self, which: tuple[str, str], ends: bool) -> None:
        self.number += 1
        until = self.now + timedelta(hours=3) if ends else None
        try:
            self.job = planned(self.state, *which, self.now, f"{self.number:08x}", until)
        except CannotBeMade:
            self.job = None

    @precondition(lambda self: self.run is None and self.job is not None)
    @rule()
    def start_the_last_plan(self) -> None:
        self.start()

    def start(self) -> None:
        assert self.job is not None
        kept = self.journal.get(self.job.plan.id)
        earlier = entry_of(kept) if kept is not None else None
        self.run = Played(self.state, apply(later(self.job, self.now, earlier)), self.journal)
        self.ended()

    @precondition(lambda self: self.run is None and self.journal)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.journal)))
        self.run = Played(self.state, undo(entry_of(self.journal[id])), self.journal)
        self.ended()

    @precondition(lambda self: self.run is not None)
    @rule(fault=FAULTS)
    def step(self, fault: str) -> None:
        assert self.run is not None
        self.run.step(fault)
        self.ended()

    @precondition(lambda self: self.run is not None)
    @rule(steps=st.integers(2, 20))
    def steps(self, steps: int) -> None:
        for _ in range(steps):
            if self.run is not None:
                self.step("")

    @precondition(lambda self: self.run is not None)
    @rule()
    def finish(self) -> None:
        while self.run is not None:
            self.step("")

    @precondition(lambda self: self.run is not None)
    @rule()
    def kill(self) -> None:
        self.run = None

    @rule()
    def hours_pass(self) -> None:
        self.now += timedelta(hours=2)

    def ended(self) -> None:
        """A run that is over has told the truth."""
        if self.run is None or self.run.outcome is None:
            return
        outcome, wrote = self.run.outcome, self.run.sent
        self.run = None
        if outcome.result in (Result.STALE, Result.REFUSED):
            before_any = not wrote or outcome.entry is not None
            assert before_any, "it said that nothing was written"
        if outcome.entry is not None and not self.tampered:
            self.truth(outcome.entry.id)

    def truth(self, id: str) -> None:
        entry = entry_of(self.journal[id])
        refs = {each.ref for each in entry.requests if each.kind == "rule"}
        there = bool(refs & {str(each["ref"]) for each in self.ours()})
        if refs and entry.state is FixState.APPLIED:
            assert there
        if entry.state in (FixState.UNDONE, FixState.NOT_APPLIED):
            assert not there

    # -- somebody else ----------------------------------------------------------------------

    @rule(phase=st.sampled_from(sorted(ACTIONS)))
    def other_adds(self, phase: str) -> None:
        entry = self.entrypoint(phase)
        body = {"expression": f'http.host eq "n{self.number}.example.com"', **ACTIONS[phase]}
        if entry is None:
            whole = {"name": "d", "kind": "zone", "phase": phase, "rules": [body]}
            asked(self.state, "POST", f"{self.zone}/rulesets", whole)
        else:
            asked(self.state, "POST", f"{self.zone}/rulesets/{entry['id']}/rules", body)
        self.theirs[phase] = self.foreign(phase)

    @rule(phase=st.sampled_from(sorted(ACTIONS)))
    def other_deletes_their_own(self, phase: str) -> None:
        entry = self.entrypoint(phase)
        for each in standing.rules_of(entry):
            if "cf525" not in str(each.get("ref")):
                path = f"{self.zone}/rulesets/{entry['id']}/rules/{each['id']}"
                assert asked(self.state, "DELETE", path)[0] == 200
                break
        self.theirs[phase] = self.foreign(phase)

    @rule()
    def other_deletes_ours(self) -> None:
        for phase in ACTIONS:
            entry = self.entrypoint(phase)
            for each in standing.rules_of(entry):
                if str(each.get("ref")).startswith("cf525_"):
                    path = f"{self.zone}/rulesets/{entry['id']}/rules/{each['id']}"
                    asked(self.state, "DELETE", path)
                    self.tampered = True

    @rule()
    def other_edits_ours(self) -> None:
        """As in the dashboard: another description, and so no longer what we wrote."""
        zone = self.state.world.zones[0]
        changed: dict[str, Any] = {
            name: tuple(
                replace(each, description="mine now") if each.ref.startswith("cf525_") else each
                for each in getattr(zone, name)
            )
            for name in ("config_rules", "origin_rules")
        }
        newer = replace(zone, **changed)
        self.state.world = replace(self.state.world, zones=(newer,))
        self.state.zones = {newer.id: newer}
        if self.ours():
            self.tampered = True
            self.edited |= {str(each["ref"]) for each in self.ours()}

    @rule(path=st.sampled_from(sorted(VALUES)), data=st.data())
    def other_sets(self, path: str, data: st.DataObject) -> None:
        key, values = VALUES[path]
        value = data.draw(st.sampled_from(values))
        method = "PUT" if path.startswith("cache/") else "PATCH"
        assert asked(self.state, method, f"{self.zone}/{path}", {key: value})[0] == 200
        self.settings[path] = value
        self.tampered = True

    # -- what always holds ------------------------------------------------------------------

    @invariant()
    def others_rules_are_as_they_made_them(self) -> None:
        if hasattr(self, "theirs"):
            for phase in ACTIONS:
                assert self.foreign(phase) == self.theirs[phase]

    @invariant()
    def there_are_never_two_rules_of_ours(self) -> None:
        if hasattr(self, "theirs"):
            marks = [standing.mark_of(str(each["ref"])) for each in self.ours()]
            assert len(set(marks)) == len(marks)

    def teardown(self) -> None:
        """At the end everything is taken back: what is open is undone, or refused with a reason."""
        if not hasattr(self, "theirs"):
            return
        self.run = None
        for id in sorted(self.journal, reverse=True):
            entry = entry_of(self.journal[id])
            outcome = Played(self.state, undo(entry), self.journal).to_the_end()
            assert outcome.result is Result.UNDONE or (
                self.tampered and outcome.result is Result.STALE
            ), outcome
        left = {str(each["ref"]) for each in self.ours()}
        assert left <= self.edited
        assert all(each["description"] == "mine now" for each in self.ours())
        self.others_rules_are_as_they_made_them()
        if not self.tampered:
            assert self.rest() == self.others
            assert {path: self.value(path) for path in VALUES} == self.settings
        assert HOST


Interleavings.TestCase.settings = settings(
    max_examples=int(os.environ.get("INTERLEAVINGS", "250")),  # ``make fuzz`` takes 1,000
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestInterleavings = Interleavings.TestCase
