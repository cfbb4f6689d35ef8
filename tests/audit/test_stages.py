"""Reading and looking apart: a plan without a token, parts that join, and no plan believed that
does not fit."""

import asyncio
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cf525.audit.checkpoint import read_progress
from cf525.audit.folder import MANIFEST, READING, Manifest, host_of, open_plan, write_plan
from cf525.audit.keeping import Keeping
from cf525.audit.options import Hosts, Shard
from cf525.audit.planned import Judging
from cf525.audit.probe import Local, probe, shard_of
from cf525.audit.read import Read, read
from cf525.audit.run import audit
from cf525.audit.tally import merge
from cf525.cli.audit_engine import engine_of
from cf525.cli.audit_results import load_results
from cf525.errors import UsageError
from cf525.model import HostRow, PlanShare
from cf525.report.plain import from_plain, to_plain
from tests.audit.planned_world import (
    PART,
    TOKEN,
    Planned,
    findings,
    probed,
    states,
)
from tests.audit.run_audit import Quiet
from tests.cli import forked
from tests.cli.test_command_line import environment, run

pytestmark = pytest.mark.xdist_group("planned")

HERE = Local(processes=1)


@pytest.fixture
def copied(world: Planned, tmp_path: Path) -> Path:
    """The plan in a folder of its own, to be spoiled."""
    return shutil.copytree(world.folder, tmp_path / "plans")


# --- The plan ---


def test_a_plan_holds_every_host_once_and_no_address_in_two_parts(world: Planned) -> None:
    plan = world.plan
    hosts = {n: [host_of(line) for line in plan.lines(n)] for n in plan.numbers}
    names = [each.target.host for part in hosts.values() for each in part]
    assert sorted(names) == sorted(row.host for row in world.whole.hosts)
    assert len(plan.numbers) >= 4
    where = [{a for each in part for a in each.addresses} for part in hosts.values()]
    assert sum(map(len, where)) == len(set().union(*where))
    assert all(len(part) <= PART or len(where[n - 1]) == 1 for n, part in hosts.items())


def test_the_files_are_the_owners_alone_and_nowhere_is_the_token(world: Planned) -> None:
    files = sorted(world.folder.iterdir())
    assert READING not in [each.name for each in files]
    assert len(files) == len(world.plan.numbers) + 1
    for each in files:
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
        assert TOKEN.encode() not in each.read_bytes()


def test_a_host_comes_back_from_its_line_as_it_was_planned(world: Planned) -> None:
    plan = world.plan
    for line in plan.lines(1):
        assert json.loads(line) == to_plain(host_of(line))
    assert from_plain(Manifest, to_plain(plan.manifest)) == plan.manifest


def test_what_if_is_judged_by_the_plan_as_by_one_audit(world: Planned, tmp_path: Path) -> None:
    options = world.options(what_if="strict", zones=("z0000[36].example",))
    whole = asyncio.run(audit(options, Keeping(path=tmp_path / "whole"), Quiet())).report
    found = asyncio.run(read(options, tmp_path / "plans", Quiet()))
    assert found.plan is not None
    apart = probed(found.plan, tmp_path / "c", HERE).report
    assert apart.what_if == "strict"
    assert {row.was for row in apart.hosts} == {"ok"}  # by its own routes, in the mode in force
    assert findings(apart) == findings(whole)


# --- Looking by a plan ---


def test_the_second_stage_finds_what_one_audit_finds_and_asks_no_api(
    world: Planned, tmp_path: Path
) -> None:
    before = sum(world.lab.state.asked.values())
    world.most_at_once()
    report = probed(world.plan, tmp_path / "c", Local(processes=2)).report
    assert findings(report) == findings(world.whole)
    assert sum(world.lab.state.asked.values()) == before
    assert report.api_calls == world.plan.manifest.api_calls > 0
    assert world.most_at_once() <= 4


def test_the_parts_of_several_machines_join_into_the_whole(world: Planned, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.ndjson" for number in (1, 2, 3)]
    parts = [
        probed(shard_of(world.plan, Shard(number, 3)), path, HERE).report
        for number, path in enumerate(paths, 1)
    ]
    assert all(part.hosts and part.complete for part in parts)
    assert all(part.safe_upgrades == () for part in parts)  # a zone's other hosts are elsewhere
    for joined in (merge(parts), merge([each.report for each in load_results(paths)])):
        assert joined.complete
        assert findings(joined) == findings(world.whole)
        assert joined.api_calls == world.plan.manifest.api_calls
    without = merge(parts[:2])
    assert not without.complete
    assert "missing" in without.stopped


def test_an_interrupted_run_continues_where_it_was(world: Planned, tmp_path: Path) -> None:
    path, running = tmp_path / "c", list["asyncio.Task[Any] | None"]()

    class Impatient(Quiet):
        count = 0

        def host_done(self, row: HostRow, line: bytes) -> None:
            self.count += 1
            if self.count == 30:
                _cancel(running)

    async def interrupted() -> bool:
        running.append(asyncio.current_task())
        found = await probe(world.plan, Keeping(path=path), Impatient(), HERE)
        return found.report.complete

    assert asyncio.run(interrupted()) is False
    done = len(read_progress(path).rows)
    assert 30 <= done < len(world.whole.hosts)
    whole = probed(world.plan, path, HERE, resume=True).report
    assert findings(whole) == findings(world.whole)
    with pytest.raises(UsageError, match="other parts of the plan"):
        probed(shard_of(world.plan, Shard(1, 2)), path, HERE, resume=True)


def test_an_interrupted_reading_continues_and_makes_the_same_plan(
    world: Planned, tmp_path: Path
) -> None:
    options, folder = world.options(), tmp_path / "plans"
    running = list["asyncio.Task[Any] | None"]()

    class Impatient(Quiet):
        count = 0

        def zone_done(self, api_calls: int) -> None:
            self.count += 1
            if self.count == 2:
                _cancel(running)

    async def interrupted() -> Read:
        running.append(asyncio.current_task())
        return await read(options, folder, Impatient(), size=PART)

    first = asyncio.run(interrupted())
    assert (first.plan, first.stopped) == (None, "interrupted")
    assert 0 < first.hosts < len(world.whole.hosts)
    assert not (folder / MANIFEST).exists()
    with (folder / READING).open("ab") as file:  # what a kill may leave: a zone without its end
        lines = (folder / READING).read_bytes().splitlines(keepends=True)
        file.write(next(each for each in lines if each.startswith(b'{"kind":"planned"')))
    second = asyncio.run(read(options, folder, Quiet(), resume=True, size=PART))
    assert second.plan is not None
    assert _hosts(folder) == _hosts(world.folder)


def _cancel(running: "list[asyncio.Task[Any] | None]") -> None:
    task = running[-1]
    assert task is not None
    task.cancel()


def _hosts(folder: Path) -> dict[str, Any]:
    plan = open_plan([folder])
    return {
        host_of(line).target.host: host_of(line).plan.routes
        for number in plan.numbers
        for line in plan.lines(number)
    }


# --- What is refused ---


def _edit(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        plain = json.loads((folder / MANIFEST).read_text())
        change(plain)
        (folder / MANIFEST).write_text(json.dumps(plain))

    return spoil


def _append(folder: Path) -> None:
    part = folder / "part-00002.ndjson"
    part.write_bytes(part.read_bytes().replace(b"203.0.113.", b"203.0.114."))


SPOILED: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "no manifest": (lambda folder: (folder / MANIFEST).unlink(), "no plan"),
    "no JSON": (lambda folder: _write(folder, "{"), "no plan of an audit"),
    "a list": (lambda folder: _write(folder, "[]"), "no plan of an audit"),
    "deep": (lambda folder: _write(folder, "[" * 100_000), "no plan of an audit"),
    "another version": (_edit(lambda it: it.update(tool_version="9.9")), "another version"),
    "another schema": (_edit(lambda it: it.update(schema="cf525.audit-plan/9")), "another version"),
    "another account": (_edit(lambda it: it.update(accounts=["f" * 32])), "not as it was written"),
    "another mode": (_edit(lambda it: it["judging"].update(what_if="off")), "not as it was"),
    "a part less": (_edit(lambda it: it["parts"].pop()), "not as it was written"),
    "a part elsewhere": (
        _edit(lambda it: it["parts"][0].update(name="../../etc/passwd")), "not as it was written",
    ),
    "not the types": (_edit(lambda it: it.update(parts=[1])), "not as it was written"),
    "a part changed": (_append, "not the one that its plan"),
    "a part gone": (lambda folder: (folder / "part-00001.ndjson").unlink(), "cannot be read"),
}  # fmt: skip


def _write(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)


@pytest.mark.parametrize("name", SPOILED)
def test_a_plan_that_does_not_fit_is_refused_in_one_sentence(
    copied: Path, tmp_path: Path, name: str
) -> None:
    spoil, said = SPOILED[name]
    spoil(copied)
    meant = {"CF525_CONNECT_TO": "::127.0.0.1:"}
    ran = run("audit", "probe", str(copied), "--processes", "1", "--quiet", env=meant)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) <= 3


def test_results_of_other_plans_do_not_join(world: Planned, tmp_path: Path) -> None:
    mine = probed(replace(world.plan, numbers=(1,)), tmp_path / "1", HERE).report
    assert mine.plan is not None
    other = replace(mine, plan=replace(mine.plan, id="0" * 64, numbers=(2,)))
    places = replace(mine, plan=replace(mine.plan, numbers=(2,), places=("eu", "us")))
    for parts, said in (
        ([mine, other], "one plan"),
        ([mine, world.whole], "one plan"),
        ([mine, places], "vantage points"),
    ):
        with pytest.raises(UsageError, match=said):
            merge(parts)


def test_a_part_of_another_plan_or_folder_is_none_of_this_one(world: Planned, copied: Path) -> None:
    for paths, said in (
        ([world.folder / "part-00001.ndjson", copied / "part-00002.ndjson"], "several folders"),
        ([world.folder / "part-99999.ndjson"], "no part of the plan"),
    ):
        with pytest.raises(UsageError, match=said):
            open_plan(paths)
    assert open_plan([world.folder / "part-00002.ndjson"]).numbers == (2,)


def test_a_plan_without_hosts_says_what_stood_behind_it(world: Planned, tmp_path: Path) -> None:
    found = asyncio.run(read(world.options(hosts=Hosts.FAILING), tmp_path / "p", Quiet()))
    assert found.plan is not None
    report = probed(found.plan, tmp_path / "c", HERE).report
    assert (report.hosts, report.complete) == ((), True)
    assert "no 52x" in report.looked_at


# --- As a user meets it ---


def test_the_stages_from_the_command_line(world: Planned, tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    bare["CF525_CONNECT_TO"] = "::127.0.0.1:"  # as the lab's origins are reached
    plans, cache = tmp_path / "plans", {"CF525_CACHE_DIR": str(tmp_path / "cache")}
    zones = ("--zone", "z0000[0-2].example")
    made = run("audit", "read", "-o", str(plans), *zones, "--no-fetch", lab=world.lab, env=cache)
    assert (made.returncode, made.stdout) == (0, "")
    assert "27 hosts in 1 part" in made.stderr
    assert TOKEN not in made.stderr
    again = run("audit", "read", "-o", str(plans), *zones, "--no-fetch", lab=world.lab, env=cache)
    assert again.returncode == 2
    assert "--force" in again.stderr
    # Nothing but a path to programs: no token, no address of an API, no resolver.
    result = tmp_path / "part.json"
    command = ["audit", "probe", str(plans / "part-00001.ndjson"), "-q", "-o", str(result)]
    probe_run = forked.run(command, bare, 100)
    assert probe_run.returncode == 1, probe_run.stderr
    whole = run("audit", *zones, "--no-fetch", "--format", "json", "-q", lab=world.lab, env=cache)
    rows = [json.loads(text)["hosts"] for text in (result.read_text(), whole.stdout)]
    assert [(row["host"], row["edge_status"]) for row in rows[0]] == [
        (row["host"], row["edge_status"]) for row in rows[1]
    ]
    merged = run("audit", "merge", str(result), "--format", "json")
    assert merged.returncode == 1
    assert json.loads(merged.stdout)["complete"] is True


def test_a_reading_is_no_result(world: Planned, tmp_path: Path) -> None:
    unfinished = tmp_path / READING
    head = {
        "tool_version": "1",
        "started_at": "2026-06-01T12:00:00+00:00",
        "accounts": [],
        "scope": {"reading": True},
        "schema": "cf525.audit-checkpoint/2",
    }
    unfinished.write_text(json.dumps(head) + "\n")
    ran = run("audit", "merge", str(unfinished))
    assert ran.returncode == 2
    assert "audit read --resume" in ran.stderr


def test_an_engine_that_is_not_installed_is_said_with_the_line_that_installs_it(
    world: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "cf525.audit.engine.dask", raising=False)
    monkeypatch.delattr("cf525.audit.engine.dask", raising=False)
    with pytest.raises(UsageError) as refused:
        engine_of("dask://127.0.0.1:8786", None)
    assert "not installed" in refused.value.message
    assert "pip install '.[dask]'" in refused.value.hint


@pytest.mark.parametrize(
    "change",
    [{"per_address": 0}, {"per_address": 65}, {"timeout": 1e9}, {"gap": -1}, {"at_once": 0}],
)
def test_a_plan_asks_for_nothing_that_a_command_line_could_not(
    world: Planned, change: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="not within"):
        from_plain(Judging, {**to_plain(world.plan.manifest.judging), **change})


@pytest.mark.parametrize(
    "change",
    [
        {"address": "127.0.0.1", "dial": None, "port": 6379},
        {"address": "169.254.169.254", "dial": None},
        {"address": "10.0.0.1", "dial": None},
        {"address": "::ffff:127.0.0.1", "dial": None},
    ],
    ids=str,
)
def test_a_plan_asks_no_address_that_nobody_named(
    world: Planned, change: dict[str, object]
) -> None:
    plain = _a_line(world)
    assert host_of(json.dumps(plain).encode()).plan.routes
    route = {**plain["plan"]["routes"][0], **change}
    forged = {**plain, "plan": {**plain["plan"], "routes": [route]}}
    with pytest.raises(UsageError, match="damaged"):
        host_of(json.dumps(forged).encode())


def test_a_plan_writes_nothing_into_a_request(world: Planned) -> None:
    plain = _a_line(world)
    forged = {**plain, "target": {**plain["target"], "path": "/\r\nCONFIG SET dir /tmp"}}
    with pytest.raises(UsageError, match="damaged"):
        host_of(json.dumps(forged).encode())


@pytest.mark.parametrize("member", ["host_header", "sni"])
def test_a_plan_writes_nothing_into_the_names_of_a_route(world: Planned, member: str) -> None:
    plain = _a_line(world)
    route = {**plain["plan"]["routes"][0], member: "a\r\n\r\nDELETE /evil HTTP/1.1"}
    forged = {**plain, "plan": {**plain["plan"], "routes": [route]}}
    with pytest.raises(UsageError, match="damaged"):
        host_of(json.dumps(forged).encode())


def test_a_plan_connects_elsewhere_only_where_somebody_here_said_so(world: Planned) -> None:
    host = host_of(json.dumps(_a_line(world)).encode())
    assert any(each.dial is not None for each in host.plan.routes)
    world.plan.allow(host)
    with pytest.raises(UsageError, match="connects elsewhere"):
        replace(world.plan, redirected=False).allow(host)


def _a_line(world: Planned) -> Any:
    """A host of the plan whose origin is asked."""
    lines = (line for number in world.plan.numbers for line in world.plan.lines(number))
    plain = (json.loads(line) for line in lines)
    return next(each for each in plain if any(r["address"] for r in each["plan"]["routes"]))


def test_a_share_of_any_number_of_parts_is_told_of_at_once() -> None:
    """What somebody else wrote may speak of more parts than there is time for."""
    share = PlanShare(id="x", numbers=(2, 2, -1), parts=1 << 62)
    assert (share.whole, share.missing(3)) == (False, (1, 3, 4))
    assert PlanShare(id="x", numbers=(1, 2, 2), parts=2).whole


def test_from_without_an_engine_and_an_engine_that_is_none_are_said(world: Planned) -> None:
    for arguments, said in (
        (("--from", "eu,us"), "--engine"),
        (("--engine", "ray://x:1"), "no engine"),
        (("--engine", "dask://x:0"), "no engine"),
        (("--engine", "dask://x:8786", "--from", "eu"), "no places"),
    ):
        ran = run("audit", "probe", str(world.folder), *arguments)
        assert ran.returncode == 2
        assert said in ran.stderr


def test_a_plan_of_a_size_keeps_its_hosts(world: Planned, tmp_path: Path) -> None:
    """The same reading, laid into parts of other sizes."""
    lines = [line for n in world.plan.numbers for line in world.plan.lines(n)]
    reading = tmp_path / "reading"
    zones: dict[str, list[bytes]] = {}
    for line in lines:
        zones.setdefault(host_of(line).zone, []).append(line.rstrip())
    with reading.open("wb") as file:
        for zone, own in zones.items():
            file.writelines(b'{"kind":"planned","host":' + each + b"}\n" for each in own)
            file.write(json.dumps({"kind": "zone", "zone": zone, "gap": ""}).encode() + b"\n")
    for size in (1, 7, 1_000):
        plan = write_plan(tmp_path, reading, world.plan.manifest, size=size)
        assert plan.hosts == len(lines)
        assert states(world.whole.hosts).keys() == {
            host_of(line).target.host for n in plan.numbers for line in plan.lines(n)
        }


def test_the_environment_of_the_tests_has_a_token(world: Planned) -> None:
    """Else the absence of it elsewhere would say nothing."""
    assert environment(world.lab)["CLOUDFLARE_API_TOKEN"] == TOKEN
