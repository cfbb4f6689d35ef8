"""Workers in processes of their own: the same results, the same bounds, and no secret in them."""

import asyncio
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cf525.audit.crew import FEWEST, LOOKS, WORKER_ENDED, Crew, _EndedError, _Worker
from cf525.audit.folder import host_of
from cf525.audit.keeping import Keeping
from cf525.audit.looking import Looked, here
from cf525.audit.planned import PlannedHost
from cf525.audit.probe import Local
from cf525.audit.run import audit
from cf525.model import HostRow
from tests.audit.planned_world import TOKEN, Planned, findings, probed, states
from tests.audit.run_audit import Quiet
from tests.cli.forked import CF525
from tests.cli.test_command_line import environment, run

pytestmark = pytest.mark.xdist_group("planned")


def hosts_of(world: Planned) -> list[PlannedHost]:
    plan = world.plan
    return [host_of(line) for number in plan.numbers for line in plan.lines(number)]


def _given(pid: int) -> bytes:
    """All that a process was started with."""
    return b"".join(Path(f"/proc/{pid}/{each}").read_bytes() for each in ("environ", "cmdline"))


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_three_workers_find_the_same_and_keep_the_bound_of_each_address(
    world: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    monkeypatch.setenv("SOME_SECRET", TOKEN)
    judging = world.plan.manifest.judging
    environments: list[bytes] = []

    async def run() -> list[Looked]:
        async with Crew(await here(judging), judging, processes=3) as crew:
            tasks = [asyncio.create_task(crew.look(each)) for each in hosts_of(world)]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            pids = crew.pids
            assert len(pids) == 3
            for pid in pids:
                environments.append(_given(pid))
            found = await asyncio.gather(*tasks)
            assert crew.connections >= len(found) // 2
        assert not any(map(_runs, pids))
        return list(found)

    world.most_at_once()
    found = asyncio.run(run())
    assert states(tuple(each.row for each in found)) == states(world.whole.hosts)
    assert 1 < world.most_at_once() <= judging.per_address
    assert environments
    assert not any(TOKEN.encode() in each for each in environments)
    assert not any(b"CLOUDFLARE" in each or b"SECRET" in each for each in environments)


def test_workers_killed_at_random_points_cost_no_result(world: Planned) -> None:
    chance = random.Random(525)
    judging = world.plan.manifest.judging
    killed = []

    async def run() -> tuple[HostRow, ...]:
        async with Crew(await here(judging), judging, processes=2) as crew:
            tasks = [asyncio.create_task(crew.look(each)) for each in hosts_of(world)]
            for after in sorted(chance.sample(range(5, 60), 2)):
                while sum(each.done() for each in tasks) < after:
                    await asyncio.wait(
                        [each for each in tasks if not each.done()],
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                with suppress(ProcessLookupError):
                    killed.append(chance.choice(crew.pids))
                    os.kill(killed[-1], signal.SIGKILL)
            return tuple(each.row for each in await asyncio.gather(*tasks))

    assert states(asyncio.run(run())) == states(world.whole.hosts)
    assert len(killed) == 2


def test_a_host_that_ends_every_worker_is_named_and_costs_the_others_nothing(
    world: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workers are not real here: those that are asked about it end, with all they had."""
    judging = world.plan.manifest.judging
    hosts = hosts_of(world)[:20]
    fatal = hosts[7].target.host
    looks: dict[str, int] = {}

    async def run() -> list[Looked]:
        eyes = await here(judging)
        ends: list[asyncio.Event] = [asyncio.Event()]

        async def ask(worker: _Worker, host: PlannedHost) -> Looked:
            name, end = host.target.host, ends[-1]
            looks[name] = looks.get(name, 0) + 1
            if name == fatal:
                ends.append(asyncio.Event())
                end.set()
                raise _EndedError
            looking = asyncio.create_task(eyes.look(host))
            ended = asyncio.create_task(end.wait())
            done, late = await asyncio.wait({looking, ended}, return_when=asyncio.FIRST_COMPLETED)
            for each in late:
                each.cancel()
            if looking not in done:
                raise _EndedError
            return looking.result()

        monkeypatch.setattr(_Worker, "ask", ask)
        async with Crew(eyes, judging, processes=2) as crew:
            return list(await asyncio.gather(*(crew.look(each) for each in hosts)))

    found = {each.row.host: each for each in asyncio.run(run())}
    expected = states(world.whole.hosts)
    assert looks[fatal] == LOOKS
    assert found[fatal].row.edge_status.unknown
    assert WORKER_ENDED.text.encode() in found[fatal].line
    others = tuple(each.row for name, each in found.items() if name != fatal)
    assert states(others) == {row.host: expected[row.host] for row in others}


def test_where_no_worker_starts_the_run_ends_with_a_sentence(
    world: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    stopped = probed(world.plan, tmp_path / "c", Local(processes=2)).report
    assert not stopped.complete
    assert "before it began" in stopped.stopped
    monkeypatch.undo()
    whole = probed(world.plan, tmp_path / "c", Local(processes=1), resume=True).report
    assert findings(whole) == findings(world.whole)


def test_an_audit_of_few_hosts_starts_no_process_and_one_of_many_finds_the_same(
    world: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    original = _Worker._running

    async def running(worker: _Worker) -> asyncio.subprocess.Process:
        process = await original(worker)
        started.append(process.pid)
        return process

    monkeypatch.setattr(_Worker, "_running", running)
    few = world.options(processes=2, zones=("z00000.example",))
    asyncio.run(audit(few, Keeping(path=tmp_path / "few"), Quiet()))
    assert started == []
    assert len(world.whole.hosts) >= FEWEST
    many = asyncio.run(audit(world.options(processes=2), Keeping(path=tmp_path / "m"), Quiet()))
    assert len(set(started)) == 2
    assert findings(many.report) == findings(world.whole)


def test_ctrl_c_keeps_what_was_gathered_and_leaves_no_process(
    world: Planned, tmp_path: Path
) -> None:
    path = tmp_path / "c"
    command = ["audit", "--processes", "2", "--no-fetch", "--checkpoint", str(path), "--json"]
    with _started(command, world, path) as (process, workers):
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=100)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert len(workers) == 2
    assert 0 < len(json.loads(out)["hosts"]) < len(world.whole.hosts)
    with _started([*command, "--resume"], world, path) as (process, others):
        process.kill()  # nobody ends the workers then: they hear that they are alone
        process.wait()
        _gone((*workers, *others))
    whole = run(*command, "--resume", lab=world.lab)
    assert whole.returncode == 1
    found = {row["host"]: row["headline"] for row in json.loads(whole.stdout)["hosts"]}
    assert found == {row.host: row.headline for row in world.whole.hosts}


@contextmanager
def _started(
    command: list[str], world: Planned, path: Path
) -> "Iterator[tuple[subprocess.Popen[str], tuple[int, ...]]]":
    """An audit that has kept a further host, and the processes that look for it."""
    before = path.read_bytes().count(b'"kind":"host"') if path.exists() else 0
    process = subprocess.Popen(
        [*CF525, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(world.lab),
    )
    while path.exists() is False or path.read_bytes().count(b'"kind":"host"') <= before:
        assert process.poll() is None
        time.sleep(0.01)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    try:
        yield process, tuple(map(int, children.split()))
    finally:
        process.kill()
        process.wait()


def _gone(pids: tuple[int, ...]) -> None:
    """Wait for the end of each."""
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            assert select.select([handle], [], [], 60)[0], f"{pid} still runs"
            os.close(handle)
