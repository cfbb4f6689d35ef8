"""``python -m tests.fuzz.kills --count N``: kill -9 at random moments of an audit and of a ``fix``.

The tests kill an audit twenty times and a change at each of its requests; here the moments are any,
and many: the audit ends with the report of one that nobody killed, the journal knows of every
change that stands, and takes each back.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.audit.test_world import _hosts
from tests.audit.worlds import finish, serve, start_audit, wrong
from tests.cli.forked import CF525
from tests.fixing.test_faults import APPLY, _named, ours, planned
from tests.fixing.worlds import OTHERS, Bench, bench, world


def of_an_audit(count: int, random: Random) -> int:
    """Kill one audit so often, and continue it; returns how often it was still at work."""
    kills = 0
    with tempfile.TemporaryDirectory() as folder, serve(6 * count // 2, 10) as served:
        whole, pieces = Path(folder) / "whole.ndjson", Path(folder) / "pieces.ndjson"
        expected = finish(start_audit(served, whole), within=900)
        for _ in range(count):
            resume = pieces.exists() and pieces.stat().st_size > 0
            process = start_audit(served, pieces, resume=resume)
            assert process.stdout is not None
            if random.random() < 0.8:
                process.stdout.readline()  # the first host is done
            time.sleep(random.random() * 0.1)
            kills += process.poll() is None
            process.kill()
            process.communicate()
        resumed = finish(start_audit(served, pieces, resume=True), within=900)
        assert resumed["hosts"] == expected["hosts"]
        assert len(_hosts(pieces)) == len(set(_hosts(pieces))) == 30 * count
        assert wrong(served, resumed) == []
    return kills


def of_a_fix(count: int, random: Random) -> int:
    """Kill so many changes and takings back; returns how many were still at work."""
    kills = 0
    with tempfile.TemporaryDirectory() as folder, bench(world(), Path(folder)) as at:
        planned(at)
        began = time.monotonic()
        process = _started(at, ["--apply", *_named(at, APPLY)[1:]])
        assert process.wait() in (0, 1)
        usual = time.monotonic() - began
        _take_all_back(at)
        for number in range(count):
            (Path(folder) / "plan.json").unlink()
            planned(at)
            command = ["--apply", *_named(at, APPLY)[1:]]
            if number % 3 == 2:  # a taking back, of a change that was made
                at.run(*APPLY)
                (entry, *_) = at.json("--list")
                command = ["--undo", entry["id"], "--yes"]
            process = _started(at, command)
            time.sleep(random.random() * usual)
            kills += process.poll() is None
            process.kill()
            process.wait()
            assert len(ours(at)) <= len(at.json("--list")), (
                "a change that the journal does not know"
            )
            _take_all_back(at)
    return kills


def _started(at: Bench, arguments: list[str]) -> "subprocess.Popen[bytes]":
    """``cf525 fix`` as a person starts it."""
    return subprocess.Popen(
        [*CF525, "fix", *arguments],
        env=at.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _take_all_back(at: Bench) -> None:
    for entry in at.json("--list"):
        assert at.run("--undo", entry["id"], "--yes").returncode == 0
    assert not ours(at)
    assert at.json("--list") == []
    assert [each.expression for each in at.zone.config_rules] == [OTHERS.expression]


def main() -> int:
    """Carry out what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name, attack in (("a fix", of_a_fix), ("an audit", of_an_audit)):
        began = time.monotonic()
        kills = attack(options.count, Random(options.seed))
        print(f"{name}: {options.count} times, at work {kills} times, honest every time, "
              f"{time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
