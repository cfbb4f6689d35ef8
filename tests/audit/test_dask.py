"""An existing cluster as the eyes of an audit: real schedulers and workers, on loopback."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cf525.audit.checkpoint import host_line, read_progress
from cf525.audit.engine import task
from cf525.audit.engine.apart import ENDED, Apart
from cf525.audit.engine.client import HOST
from cf525.audit.engine.dask import Dask
from cf525.audit.engine.vantage import DIFFERS, differing, together
from cf525.audit.folder import open_plan
from cf525.audit.keeping import Keeping
from cf525.audit.looking import Looked
from cf525.audit.probe import probe
from cf525.audit.read import read
from cf525.errors import UsageError
from cf525.lab.running import start
from cf525.lab.world import Account, Origin, Record, World, Zone
from cf525.model import Confidence, HostRow, Severity, Status
from cf525.report.plain import to_plain
from tests.audit.clusters import Cluster, cluster
from tests.audit.from_elsewhere import ADDRESS
from tests.audit.hostile_worker import LOOT
from tests.audit.planned_world import TOKEN, Planned, findings, probed, states
from tests.audit.rows import audited, report, row
from tests.audit.run_audit import Quiet
from tests.cli.test_command_line import run

pytestmark = pytest.mark.xdist_group("planned")

ELSEWHERE = ("--preload", "tests.audit.from_elsewhere", "--resources", "vantage-us=1")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers, in two places."""
    places = (("--resources", "vantage-eu=1"), ELSEWHERE)
    with cluster(tmp_path_factory.mktemp("workers"), places) as running:
        yield running


def engine(running: Cluster, *places: str) -> Dask:
    return Dask(running.address, places)


def test_two_workers_find_the_same_and_keep_the_bound_of_each_address(
    world: Planned, two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    before = sum(world.lab.state.asked.values())
    world.most_at_once()
    found = probed(world.plan, tmp_path / "c", engine(two)).report
    assert findings(found) == findings(world.whole)
    assert 1 < world.most_at_once() <= 4
    assert found.connections >= len(found.hosts) // 2
    assert sum(world.lab.state.asked.values()) == before
    for worker in two.workers:
        given = Path(f"/proc/{worker.pid}/environ").read_bytes()
        assert TOKEN.encode() not in given
    assert not any(TOKEN in line for line in two.log)


def test_both_stages_in_one_command(world: Planned, two: Cluster, tmp_path: Path) -> None:
    ran = run(
        "audit", "--engine", two.engine, "--no-fetch", "--format", "json", "-q",
        "--zone", "z0000[0-2].example",
        lab=world.lab, env={"CF525_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    found = json.loads(ran.stdout)
    expected = {h: s for h, s in states(world.whole.hosts).items() if h[-9] in "012"}
    assert {each["host"]: (each["edge_status"], each["headline"]) for each in found["hosts"]} == (
        expected
    )
    assert not list(tmp_path.glob("audits/*.plan"))  # what was needed between the stages is gone


def test_what_fails_from_one_place_alone_is_said_as_that(two: Cluster, tmp_path: Path) -> None:
    """Real origins: one resets whoever comes from the other worker's address."""
    options = {"refused_from": ADDRESS}
    made = World(
        accounts=(Account(name="a"),),
        zones=(
            Zone(
                name="z.example",
                account="a",
                settings={"ssl": "strict"},
                records=tuple(
                    Record(type="A", name=f"{name}.z.example", content=f"203.0.113.{at}")
                    for at, name in enumerate(("good", "filtered"), 1)
                ),
            ),
        ),
        origins={
            "203.0.113.1:443": Origin(kind="tls", options={"each_zone": True}),
            "203.0.113.2:443": Origin(kind="tls", options={"each_zone": True, **options}),
        },
    )
    with start(made) as lab:
        planned = Planned(lab, tmp_path / "plans", audited())
        asyncio.run(read(planned.options(), planned.folder, Quiet()))
        found = probed(open_plan([planned.folder]), tmp_path / "c", engine(two, "eu", "us"))
    rows = {each.host.partition(".")[0]: each for each in found.report.hosts}
    assert (rows["good"].edge_status, rows["good"].confidence) == ("ok", Confidence.HIGH)
    filtered = rows["filtered"]
    assert filtered.severity is Severity.BROKEN
    assert filtered.confidence is not Confidence.HIGH
    assert filtered.summary.startswith("From us alone it answers 525")
    assert "from eu: ok" in filtered.summary
    assert found.report.plan is not None
    assert found.report.plan.places == ("eu", "us")


def test_a_place_where_nobody_is_and_a_scheduler_that_is_none_are_said(
    world: Planned, two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="no worker is in 'mars'"):
        probed(world.plan, tmp_path / "1", engine(two, "eu", "mars"))
    monkeypatch.setattr("cf525.audit.engine.dask.CONNECTING", 0.5)
    nowhere = probed(world.plan, tmp_path / "2", Dask("tcp://127.0.0.1:9")).report
    assert not nowhere.complete
    assert "no Dask scheduler answers" in nowhere.stopped


def test_a_worker_of_another_version_is_refused(
    world: Planned, two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cf525.audit.engine.dask.__version__", "9.9")
    with pytest.raises(UsageError, match=r"this is 9\.9"):
        probed(world.plan, tmp_path / "c", engine(two))


def test_a_lost_worker_costs_nothing_and_a_lost_scheduler_no_more_than_its_time(
    world: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "HOSTS", 3)
    path = tmp_path / "c"

    class Violent(Quiet):
        """Ends a worker after some hosts, and the scheduler after some more."""

        count = 0

        def host_done(self, row: HostRow, line: bytes) -> None:
            self.count += 1
            if self.count == 9:
                os.kill(running.workers[0].pid, signal.SIGKILL)
                running.work(folder=tmp_path)
            if self.count == 30:
                os.kill(running.scheduler.pid, signal.SIGKILL)

    with cluster(tmp_path, [(), ()]) as running:
        stopped = asyncio.run(
            probe(world.plan, Keeping(path=path), Violent(), engine(running))
        ).report
    assert not stopped.complete
    assert "scheduler" in stopped.stopped
    assert 30 <= len(read_progress(path).rows) < len(world.whole.hosts)
    with cluster(tmp_path, [()]) as running:
        whole = probed(world.plan, path, engine(running), resume=True).report
    assert findings(whole) == findings(world.whole)


def test_code_of_a_worker_runs_where_no_token_is(
    world: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask lets its peers run code in whoever speaks with them."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    with (
        cluster(tmp_path, [("--preload", "tests.audit.hostile_worker")]) as running,
        pytest.raises(UsageError, match="no cf525 that can be run"),
    ):
        probed(world.plan, tmp_path / "c", Apart(running.address))
    (loot,) = tmp_path.rglob(LOOT)
    told = loot.read_text()
    assert "PYTHONPATH=" in told
    assert TOKEN not in told


def test_a_client_that_ends_loses_nothing(
    world: Planned, two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c"
    monkeypatch.setattr(task, "HOSTS", 3)

    class Violent(Quiet):
        """Ends the process that speaks with the scheduler, after some hosts."""

        count = 0

        def host_done(self, row: HostRow, line: bytes) -> None:
            self.count += 1
            if self.count == 5:
                (client,) = _children("cf525.audit.engine.client")
                os.kill(client, signal.SIGKILL)

    stopped = asyncio.run(
        probe(world.plan, Keeping(path=path), Violent(), Apart(two.address))
    ).report
    assert stopped.stopped == ENDED
    assert len(read_progress(path).rows) >= 5
    whole = probed(world.plan, path, Apart(two.address), resume=True).report
    assert findings(whole) == findings(world.whole)


@pytest.mark.parametrize("name", ["stranger.example", "done before"])
def test_a_client_whose_results_are_of_other_hosts_is_not_believed(
    world: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    host = world.whole.hosts[0].host if name == "done before" else name
    own = replace(row(severity=Severity.OK, headline=None), host=host)
    line = host_line(own, to_plain(report("ok")))
    script = tmp_path / "client.py"
    script.write_text(f"import sys\nsys.stdout.buffer.write({2 * (HOST + line)!r})\n")
    monkeypatch.setattr(
        "cf525.audit.engine.apart.child.words", lambda _: (sys.executable, str(script))
    )
    found = probed(world.plan, tmp_path / "c", Apart("tcp://127.0.0.1:9")).report
    assert found.stopped == "what came from the cluster is no result"
    assert len(found.hosts) == (1 if name == "done before" else 0)


def _children(module: str) -> list[int]:
    """The processes of this one that run a module."""
    below = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    ran = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in below}
    return [pid for pid, words in ran.items() if module.encode() in words]


# --- What comes back is believed only as far as it fits ---


def test_a_task_refuses_another_version_and_what_is_no_answer_is_none(
    world: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = list(world.plan.lines(1))[:1]
    asked = task.question(world.plan.manifest.judging, lines)
    assert TOKEN.encode() not in task._unpacked(asked)
    monkeypatch.setattr(task, "__version__", "9.9")
    assert "9.9" in task.answer(task.look_at(asked)).refused
    for content in (b"", b"no", asked[:40], task._packed({"connections": "x"}, ())):
        with pytest.raises(task.NotOursError):
            task.answer(content)
    for line in (b"{}", b"[", b'{"row": {"host": 1}}'):
        with pytest.raises(task.NotOursError):
            task.looked(line)


def test_where_all_places_agree_nothing_is_said_of_them() -> None:
    same = _looked("525", Severity.BROKEN, "sni-reset")
    assert together({"eu": same, "us": same}) is same


def test_the_worst_of_several_places_stands_for_the_host_and_is_less_sure() -> None:
    found = together(
        {
            "ap": _looked("ok", Severity.OK, None),
            "eu": _looked("526", Severity.BROKEN, "cert-expired"),
            "us": _looked("ok", Severity.OK, None),
        }
    )
    assert (found.row.edge_status, found.row.confidence) == ("526", Confidence.MEDIUM)
    kept = json.loads(found.line)["report"]
    assert kept["unknowns"][0]["id"] == DIFFERS
    assert kept["confidence"] == "medium"
    told = "From eu alone it answers 526 (cert-expired); from ap, us: ok."
    assert kept["summary"].startswith(told)
    rows = {"eu": found.row, "us": found.row}
    assert differing(rows) == "From eu, us it answers 526 (cert-expired)."


def _looked(status: str, severity: Severity, headline: str | None) -> Looked:
    own = row(severity=severity, headline=headline, edge_status=Status(status))
    return Looked(own, host_line(own, to_plain(report(status, edge_status=status))))
