"""Every remedy from plan to undo, as a person types it, seen at an edge that works."""

import asyncio
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cf525.fixing.watching import until_seen
from cf525.lab import payloads
from cf525.model.parsing import parse_target
from cf525.model.status import OK
from tests.fixing.cases import CASES, Case
from tests.fixing.worlds import HOST, READ, WRITE, Bench, bench
from tests.servers.process import require


def state(at: Bench) -> Any:
    """Everything the API shows of the zone and its pools, but for versions and times."""
    zone, account = at.zone, at.lab.state.world.accounts[0]
    shown = {
        "settings": {name: zone.setting(name) for name in (*zone.settings, *SETTINGS)},
        "records": [payloads.record(each) for each in zone.records],
        "config": payloads.ruleset(zone, CONFIG, "set_config", zone.config_rules)["rules"],
        "origin": payloads.ruleset(zone, ORIGIN, "route", zone.origin_rules)["rules"],
        "pools": [payloads.pool(account, each) for each in account.pools],
        "certificates": list(zone.origin_ca),
    }
    return json.dumps(shown, sort_keys=True)


SETTINGS = (
    "ssl",
    "tls_client_auth",
    "origin_max_http_version",
    "origin_pqe",
    "auto_origin_tls_kex",
)


CONFIG, ORIGIN = "http_config_settings", "http_request_origin"


def at_the_edge(at: Bench) -> int | None:
    """The HTTP status a visitor gets now; None where the name leads past the edge."""
    options = replace(at.lab.options(), edge=True)
    seen = asyncio.run(until_seen(parse_target(HOST), options, OK, within=0))
    if seen.status is None or seen.status == "not-applicable":
        return None
    return 200 if seen.status == "ok" else int(seen.status.code)


def confirmed(case: Case) -> tuple[str, ...]:
    return ("--yes", "--yes-zone", "example.com") if case.whole_zone else ("--yes",)


def name_of(case: Case) -> str:
    return f"{case.remedy}-{case.value}" if case.value else case.remedy


@pytest.mark.parametrize("case", CASES, ids=name_of)
@pytest.mark.parametrize("by", ["undo", "curl"])
def test_a_remedy_is_planned_made_seen_and_taken_back(case: Case, by: str, tmp_path: Path) -> None:
    for program in ("sh", "curl"):
        require(program)
    with bench(case.world(tmp_path), tmp_path) as at:
        before = state(at)
        assert at_the_edge(at) == case.was
        value = ("--value", case.value) if case.value else ()
        where = ("--out", str(tmp_path)) if case.remedy == "origin-ca" else ()
        planned = at.run(HOST, case.remedy, *value, *where, "-o", "plan.json", "--no-fetch")
        assert planned.returncode == 0, planned.stderr
        plan = json.loads((tmp_path / "plan.json").read_text())
        assert plan["predicted"]["edge_status"] == case.predicted
        assert plan["predicted"]["was"] != case.predicted
        assert state(at) == before, "a plan changed something"

        made = at.run("--apply", "plan.json", *confirmed(case), "--no-fetch", "--wait", "0", *where)
        assert made.returncode == 0, made.stderr + made.stdout
        assert state(at) != before
        assert at_the_edge(at) == case.then
        (entry,) = at.json("--list")
        assert (entry["host"], entry["remedy"], entry["state"]) == (HOST, case.remedy, "applied")
        assert f"cf525 fix --undo {entry['id']}" in made.stdout

        if by == "undo":
            undone = at.run("--undo", entry["id"], "--yes")
            assert undone.returncode == 0, undone.stderr + undone.stdout
        else:
            lines = [each.strip() for each in made.stdout.splitlines() if "curl -sS" in each]
            assert len(lines) == len(plan["requests"])
            run_by_hand(lines)
            closed = at.run("--undo", entry["id"], "--yes")
            assert closed.returncode == 0, closed.stderr + closed.stdout
        assert state(at) == before
        assert at.json("--list") == []
        if case.remedy != "origin-ca":  # a server keeps what it has loaded
            assert at_the_edge(at) == case.was
        searched(at, made, planned)


def run_by_hand(lines: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-eu", "-c", "\n".join(lines)],
        env={
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "CLOUDFLARE_FIX_TOKEN": WRITE.value,
            "NO_PROXY": "*",
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert '"success": true' in done.stdout


def searched(at: Bench, *runs: "subprocess.CompletedProcess[str]") -> None:
    """No token and no key in any output, plan or journal; nobody else may read the journal."""
    secrets = [READ.value, WRITE.value, "PRIVATE KEY"]
    texts = [each.stdout + each.stderr for each in runs]
    texts.append((at.home / "plan.json").read_text())
    for path in at.journal.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        texts.append(path.read_text())
    for key in at.home.glob("*.key"):
        assert key.stat().st_mode & 0o077 == 0
        secrets += [each for each in key.read_text().splitlines() if len(each) > 40]
    for text in texts:
        assert not any(secret in text for secret in secrets)
