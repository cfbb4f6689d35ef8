"""Audits of generated worlds against the worlds' own truth, whole and cut to pieces."""

import json
import random
import time
from pathlib import Path

import pytest

from cf525.audit.checkpoint import CheckpointError, read_progress
from cf525.audit.tally import merge
from tests.audit.run_audit import run
from tests.audit.worlds import PASSING_FAULTS, finish, forked_audit, serve, start_audit, wrong

pytestmark = pytest.mark.xdist_group("worlds")


def test_a_thousand_hosts_under_faults_all_come_out_right(tmp_path: Path) -> None:
    """Ten thousand are a benchmark."""
    path = tmp_path / "audit.ndjson"
    with serve(40, 25) as served:
        served.faults(*PASSING_FAULTS)
        summary = finish(start_audit(served, path))
        asked = served.asked()
    assert wrong(served, summary) == []
    assert len(summary["hosts"]) == 1_000
    assert summary["stopped"] == ""
    assert summary["api_calls"] == asked < 700
    assert summary["connections"] < 2 * len(summary["hosts"])


def test_failing_zones_alone_are_read_and_many_zones_cost_few_calls(tmp_path: Path) -> None:
    with serve(200, 2, visits_in=10) as served:
        outcome = run(served.told, tmp_path / "audit.ndjson", hosts="failing")
        asked = served.asked()
    assert len(outcome.report.hosts) == 10
    assert all(row.traffic is not None for row in outcome.report.hosts)
    assert outcome.report.api_calls == asked <= 130


def test_an_audit_killed_twenty_times_ends_with_the_same_report(tmp_path: Path) -> None:
    whole, pieces = tmp_path / "whole.ndjson", tmp_path / "pieces.ndjson"
    chance = random.Random(525)
    kills = 0
    with serve(10, 25) as served:
        expected = finish(start_audit(served, whole))
        for _ in range(20):
            resume = pieces.exists() and pieces.stat().st_size > 0
            with forked_audit(served, pieces, resume=resume) as (started, printed):
                if chance.random() < 0.8:
                    printed.readline()  # the first host is done
                time.sleep(chance.random() * 0.05)
                kills += started.kill() < 0
        lines = _hosts(pieces)
        resumed = finish(start_audit(served, pieces, resume=True))
    assert kills >= 15
    assert len(lines) == len(set(lines))
    assert len(set(lines)) < 250
    assert len(_hosts(pieces)) == 250
    assert resumed["hosts"] == expected["hosts"]
    assert wrong(served, resumed) == []


def test_two_shards_make_the_whole(tmp_path: Path) -> None:
    with serve(30, 5) as served:
        whole = run(served.told, tmp_path / "whole.ndjson").report
        parts = [run(served.told, tmp_path / f"{n}.ndjson", shard=f"{n}/2").report for n in (1, 2)]
    joined = merge(parts)
    assert all(part.hosts for part in parts)
    assert [row.host for row in joined.hosts] == [row.host for row in whole.hosts]
    assert [row.edge_status for row in joined.hosts] == [row.edge_status for row in whole.hosts]
    assert (joined.counts, joined.causes, joined.zones) == (whole.counts, whole.causes, whole.zones)
    assert joined.safe_upgrades == whole.safe_upgrades


def test_a_lockout_longer_than_patience_stops_and_resumes(tmp_path: Path) -> None:
    path = tmp_path / "audit.ndjson"
    locked = {"kind": "status", "status": 429, "code": 10000, "headers": {"Retry-After": "300"}}
    with serve(20, 5) as served:
        served.faults({"path": "z00012|/settings/ssl$", **locked})
        first = run(served.told, path, limits={"patience": 5.0}).report
        served.faults()
        second = run(served.told, path, resume=True).report
    assert not first.complete
    assert "rate limit" in first.stopped or "300" in first.stopped
    assert second.complete
    assert len(second.hosts) == 100
    assert {row.edge_status for row in first.hosts} <= {row.edge_status for row in second.hosts}
    assert {row.host: (row.edge_status, row.headline) for row in second.hosts} == dict(served.truth)


def test_an_api_that_goes_away_stops_the_audit_and_costs_no_wrong_result(tmp_path: Path) -> None:
    path = tmp_path / "audit.ndjson"
    with serve(10, 4) as served:
        served.faults({"path": "/zones/", "kind": "reset"})
        first = run(served.told, path, limits={"retries": 0}).report
        served.faults()
        second = run(served.told, path, resume=True).report
    assert (first.complete, first.hosts) == (False, ())
    assert second.complete
    assert {row.host: (row.edge_status, row.headline) for row in second.hosts} == dict(served.truth)


def test_a_disk_that_fills_up_stops_the_audit_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "audit.ndjson"
    with serve(8, 10) as served:
        first = finish(start_audit(served, path, most_bytes=200_000))
        second = finish(start_audit(served, path, resume=True))
    assert "cannot be written" in first["stopped"]
    assert 0 < len(first["hosts"]) < 80
    assert (second["stopped"], wrong(served, second)) == ("", [])


def test_a_disk_that_is_full_already_is_an_error_with_a_sentence() -> None:
    with serve(1, 1) as served, pytest.raises(CheckpointError) as failed:
        run(served.told, Path("/dev/full"))
    assert "No space left" in failed.value.message


def test_what_if_strict_names_what_full_hides(tmp_path: Path) -> None:
    with serve(10, 10) as served:
        now = run(served.told, tmp_path / "now.ndjson", zones=("z0000[36].example",)).report
        asked = run(served.told, tmp_path / "if.ndjson", what_if="strict").report
    assert now.safe_upgrades
    broken = {row.host for row in asked.hosts if row.severity == "broken"}
    for row in now.hosts:
        assert (row.host in broken) is (row.upgrade is not True)
    assert {row.mode for row in asked.hosts} == {"strict"}


def test_slow_pages_and_missing_rights_leave_gaps_not_wrong_results(tmp_path: Path) -> None:
    with serve(4, 3) as served:
        served.faults(
            {"path": "/dns_records", "kind": "status", "status": 403, "times": 1},
            {"path": "/graphql", "kind": "status", "status": 403},
        )
        report = run(served.told, tmp_path / "audit.ndjson").report
    assert len(report.gaps) == 1
    assert len(report.hosts) == 9
    assert {unknown.id for unknown in report.unknowns} == {"no-triage"}
    for row in report.hosts:
        assert (row.edge_status, row.headline) == served.truth[row.host]


def _hosts(path: Path) -> list[str]:
    """The hosts in a checkpoint, one for each whole line."""
    progress = read_progress(path)
    lines = path.read_bytes()[: progress.end].splitlines()
    entries = (json.loads(line) for line in lines)
    return [each["row"]["host"] for each in entries if each.get("kind") == "host"]
