"""What is refused in one sentence, with nothing written; and the questions that are asked."""

import json
import os
import pty
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cf525.lab.api import Fault
from cf525.lab.world import Origin, Record, Rule, World
from tests.fixing.cases import at as origins
from tests.fixing.cases import tls
from tests.fixing.worlds import ADDRESS, HOST, READ, WRITE, Bench, bench, world

QUICK = ("--no-fetch", "--no-edge")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((HOST, "mode-for-everybody"), 2, "is no remedy"),
        ((HOST, "mode-for-host", "--value", "sideways"), 2, "mode-for-host takes"),
        ((HOST, "port-for-host"), 2, "needs a port"),
        ((HOST, "port-for-host", "--value", "70000"), 2, "is no port"),
        ((HOST, "sni-for-host", "--value", "a b"), 2, "is no hostname"),
        ((HOST, "pq-off", "--value", "x"), 2, "takes no value"),
        ((HOST, "mode-for-host", "--until", "yesterday"), 2, "is no time"),
        ((HOST, "mode-for-host", "--until", "2020-01-01"), 2, "has passed"),
        ((HOST, "mode-for-host", "--until", "never"), 2, "it has an end"),
        ((HOST, "mode-for-host", "--until", "9990-01-01"), 2, "ends within 31 days"),
        ((HOST, "mode-for-host", "--reason", "a\nb"), 2, "control characters"),
        ((HOST, "sni-for-host", "--value", "b.example.com"), 1, "Enterprise"),
        ((HOST, "pool-endpoint-off"), 1, "not served by a pool"),
        ((HOST, "http1-to-origin"), 1, "526 stays 526"),
        ((HOST, "grey-record"), 1, "browsers refuse its certificate as well: expired"),
        ((HOST, "zone-mode", "--value", "full"), 1, "only goes upward"),
        (("grey.example.com", "mode-for-host"), 1, "is not proxied"),
        (("www.example.net", "mode-for-host"), 4, "no zone"),
        ((HOST, "mode-for-host", "--apply"), 2, "nothing was written"),
        (("--apply", HOST), 2, "needs a plan"),
        (("--apply", "nothing.json", "--yes"), 2, "cannot be read"),
        (("--undo", "../../etc"), 2, "is no id"),
        (("--undo", "00000000"), 2, "knows no change"),
        (("--list", "--undo", "00000000"), 2, "exclude each other"),
        ((), 2, "no host"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_written(
    arguments: tuple[str, ...], status: int, said: str, tmp_path: Path
) -> None:
    grey = Record(type="A", name="grey.example.com", content=ADDRESS, proxied=False)
    www = Record(type="A", name=HOST, content=ADDRESS)
    with bench(world(records=(www, grey)), tmp_path) as at:
        before = at.lab.state.world
        listing = arguments[:1] in (("--list",), ("--undo",)) or not arguments
        done = at.run(*arguments, *(() if listing else QUICK))
        assert done.returncode == status, done.stderr
        assert said in " ".join(done.stderr.split())
        assert at.lab.state.world is before
        assert not (at.journal / "lock").exists() or not list(at.journal.glob("*.json"))


def edited(plan: Any, **changes: Any) -> str:
    return json.dumps({**plan, **changes})


def redigested(plan: Any) -> str:
    """A forgery by somebody who has read how the digest is made."""
    from cf525.changes.plan import digest

    return json.dumps({**plan, "digest": digest(plan)})


def test_a_plan_that_was_edited_is_refused(tmp_path: Path) -> None:
    from cf525.changes.plan import digest

    with bench(world(), tmp_path) as at:
        assert at.run(HOST, "mode-for-host", "-o", "plan.json", *QUICK).returncode == 0
        path = tmp_path / "plan.json"
        plan = json.loads(path.read_text())
        before = at.lab.state.world
        wider = json.loads(json.dumps(plan))
        wider["requests"][0]["body"]["expression"] = "true"
        forged = {**wider, "digest": digest(wider)}
        put = json.loads(json.dumps(plan))
        put["requests"][0] |= {"method": "PUT", "path": f"zones/{at.zone.id}/rulesets/x"}
        put["digest"] = digest(put)
        for content, status in (
            (json.dumps(wider), 2),
            (edited(plan, host="shop.example.com"), 2),
            (edited(plan, schema="cf525.plan/9"), 2),
            (edited(plan, requests=[]), 2),
            (edited(plan, until="tomorrow"), 2),
            (redigested({**plan, "id": "../../x"}), 2),
            (redigested({**plan, "zone_id": "../zones"}), 2),
            (redigested({**plan, "scope": "zone"}), 2),
            (redigested({**plan, "zone_id": plan["zone_id"].upper()}), 2),
            (redigested({**plan, "fingerprint": {}}), 1),
            (redigested({**plan, "value": "off"}), 1),
            (redigested({**plan, "host": "shop.example.com"}), 1),
            (json.dumps(forged), 1),
            (json.dumps(put), 1),
            ("{}", 2),
            ("[]", 2),
            ("no json", 2),
            ("[" * 100_000, 2),
        ):
            path.write_text(content)
            done = at.run("--apply", "plan.json", "--yes", *QUICK)
            assert done.returncode == status, (content[:80], done.stderr, done.stdout)
            assert at.lab.state.world is before
            assert not list(at.journal.glob("*.json"))


def test_a_damaged_journal_is_said_and_the_rest_is_listed(tmp_path: Path) -> None:
    with bench(world(), tmp_path) as at:
        assert at.run(HOST, "mode-for-host", "--apply", "--yes", *QUICK).returncode == 0
        (entry,) = at.json("--list")
        for name, content in (("aaaaaaaa", "{"), ("bbbbbbbb", '{"schema": "cf525.fix/1"}')):
            (at.journal / f"{name}.json").write_text(content)
            undone = at.run("--undo", name, "--yes")
            assert undone.returncode == 2
            assert "damaged" in undone.stderr
        os.mkfifo(at.journal / "cccccccc.json")
        piped = at.run("--undo", "cccccccc", "--yes")
        assert piped.returncode == 2
        assert "knows no change" in piped.stderr
        listed = at.run("--list", "--format", "json")
        assert [each["id"] for each in json.loads(listed.stdout)] == [entry["id"]]
        assert listed.returncode == 2
        assert listed.stderr.count("json is damaged") == 2
        assert "cccccccc.json cannot be read: it is no regular file" in listed.stderr


def test_the_list_needs_neither_token_nor_api(tmp_path: Path) -> None:
    with bench(world(), tmp_path) as at:
        assert at.run(HOST, "mode-for-host", "--apply", "--yes", *QUICK).returncode == 0
        at.extra |= {"CLOUDFLARE_BASE_URL": "", "CLOUDFLARE_API_TOKEN": ""}
        at.extra |= {"CLOUDFLARE_FIX_TOKEN": ""}
        (entry,) = at.json("--list")
        wanted = ("id", "host", "remedy", "state", "until")
        assert [bool(entry[each]) for each in wanted] == [True] * 5


def test_a_whole_zone_needs_its_name(tmp_path: Path) -> None:
    one = world(origins(_443=tls(claims_h2=True)))
    with bench(one, tmp_path) as at:
        before = at.lab.state.world
        for option in (("--yes",), ("--yes-zone", "example.net")):
            done = at.run(HOST, "http1-to-origin", "--apply", *option, *QUICK)
            assert done.returncode == 2
            assert "nothing was written" in done.stderr
            assert at.lab.state.world is before
        done = at.run(HOST, "http1-to-origin", "--apply", "--yes-zone", "example.com", *QUICK)
        assert done.returncode == 0, done.stderr


def test_what_is_in_force_already_is_no_failure_and_what_has_ended_is_made_anew(
    tmp_path: Path,
) -> None:
    with bench(world(), tmp_path) as at:
        apply = (HOST, "mode-for-host", "--apply", "--yes", *QUICK)
        assert at.run(*apply).returncode == 0
        there = at.zone.config_rules
        again = at.run(*apply)
        assert again.returncode == 0
        said = " ".join(again.stdout.split())
        assert "in force already" in said
        (entry,) = at.json("--list")
        made = entry["made"][0]
        assert f"until {entry['until']}" in said
        assert f"cf525 fix --undo {entry['id']} takes it back" in said
        assert f"DELETE zones/{at.zone.id}/rulesets/{made['ruleset']}/rules/{made['item']}" in said
        assert at.zone.config_rules == there
        ended = tuple(
            replace(each, expression=each.expression.rpartition(" ")[0] + " 1700000000")
            if each.ref
            else each
            for each in there
        )
        at.lab.state.world = replace(
            at.lab.state.world, zones=(replace(at.zone, config_rules=ended),)
        )
        at.lab.state.zones = {each.id: each for each in at.lab.state.world.zones}
        anew = at.run(*apply)
        assert anew.returncode == 0, anew.stderr + anew.stdout
        assert "applied" in anew.stdout
        assert len([each for each in at.zone.config_rules if each.ref]) == 1


def test_a_key_takes_the_place_of_no_file(tmp_path: Path) -> None:
    with bench(world(), tmp_path) as at:
        key = tmp_path / f"{HOST}.key"
        key.write_text("mine")
        done = at.run(HOST, "origin-ca", "--apply", "--yes", "--out", str(tmp_path), *QUICK)
        assert done.returncode == 2
        assert key.read_text() == "mine"
        assert not at.zone.origin_ca


def test_pq_off_is_refused_where_nothing_else_is_allowed(tmp_path: Path) -> None:
    settings = {"ssl": "strict", "origin_pqe": "preferred"}
    one = world(
        origins(_443=tls(small_hello=1000)),
        settings={**settings, "origin_tls_compliance_modes": ("pqh",)},
    )
    with bench(one, tmp_path) as at:
        done = at.run(HOST, "pq-off", *QUICK)
        assert done.returncode == 1
        assert "pqh" in done.stderr


def test_a_higher_mode_of_a_zone_is_refused_while_a_host_would_break(tmp_path: Path) -> None:
    one = world(
        {
            f"{ADDRESS}:80": Origin(kind="http", options={"redirect": True}),
            f"{ADDRESS}:443": tls(),
            "203.0.113.8:443": Origin(kind="tls", options={"certificate": "self-signed"}),
            "203.0.113.8:80": Origin(kind="http"),
        },
        settings={"ssl": "flexible"},
        records=(
            Record(type="A", name=HOST, content=ADDRESS),
            Record(type="A", name="old.example.com", content="203.0.113.8"),
        ),
    )
    with bench(one, tmp_path) as at:
        done = at.run(HOST, "zone-mode", *QUICK)
        assert done.returncode == 1
        assert "old.example.com" in done.stderr


def test_the_last_endpoint_of_a_pool_stays(tmp_path: Path) -> None:
    from cf525.lab.world import PoolOrigin
    from tests.fixing.cases import CASES

    case = next(each for each in CASES if each.remedy == "pool-endpoint-off")
    one = case.world(tmp_path)
    (pool,) = one.accounts[0].pools
    alone = replace(pool, origins=(PoolOrigin(address="203.0.113.9"),))
    one = replace(one, accounts=(replace(one.accounts[0], pools=(alone,)),))
    with bench(one, tmp_path) as at:
        done = at.run(HOST, "pool-endpoint-off", *QUICK)
        assert done.returncode == 1
        assert "last endpoint" in done.stderr


def test_a_report_spares_the_diagnosis_and_another_host_is_refused(tmp_path: Path) -> None:
    from tests.cli import forked

    with bench(world(), tmp_path) as at:
        command = ["diagnose", HOST, "--json", *QUICK]
        kept = forked.run(command, at.environment(), 120)
        (tmp_path / "report.json").write_text(kept.stdout)
        opened = at.lab.origins[f"{ADDRESS}:443"].connections
        planned = at.run(HOST, "mode-for-host", "--report", "report.json", *QUICK)
        assert planned.returncode == 0, planned.stderr
        assert at.lab.origins[f"{ADDRESS}:443"].connections == opened
        other = at.run("b.example.com", "mode-for-host", "--report", "report.json", *QUICK)
        assert other.returncode == 2


def test_several_hosts_of_an_audit_are_planned_and_made_until_one_fails(tmp_path: Path) -> None:
    from tests.cli import forked

    names = ("a.example.com", "b.example.com")
    one = world(
        {
            f"203.0.113.{number}:443": Origin(
                kind="tls", options={"names": (name,), "certificate": "expired"}
            )
            for number, name in enumerate(names, 1)
        },
        records=tuple(
            Record(type="A", name=name, content=f"203.0.113.{number}")
            for number, name in enumerate(names, 1)
        ),
    )
    with bench(one, tmp_path) as at:
        audit = ["audit", "--format", "json", "--no-fetch", "--checkpoint", str(tmp_path / "c")]
        kept = forked.run(audit, at.environment(), 120)
        (tmp_path / "audit.json").write_text(kept.stdout)
        rows = {each["host"]: each["remedies"] for each in json.loads(kept.stdout)["hosts"]}
        assert all({"mode-for-host", "origin-ca"} <= set(each) for each in rows.values())
        several = ("--report", "audit.json", "--remedy", "mode-for-host", *QUICK)
        planned = at.run(*several, "--out", str(tmp_path))
        assert planned.returncode == 0, planned.stderr
        assert {each.name for each in tmp_path.glob("*.plan.json")} == {
            f"{name}.plan.json" for name in names
        }
        made = at.run(*several, "--apply", "--yes")
        assert made.returncode == 0, made.stderr + made.stdout
        assert len([each for each in at.zone.config_rules if each.ref]) == 2
        assert at.run("--report", "audit.json", "--remedy", "pq-off").returncode == 2


def two_expired() -> World:
    names = ("a.example.com", "b.example.com")
    return world(
        {
            f"203.0.113.{number}:443": Origin(
                kind="tls", options={"names": (name,), "certificate": "expired"}
            )
            for number, name in enumerate(names, 1)
        },
        records=tuple(
            Record(type="A", name=name, content=f"203.0.113.{number}")
            for number, name in enumerate(names, 1)
        ),
    )


def of_audit(*hosts: str) -> str:
    """What an audit wrote, as far as it is read for several hosts."""
    rows = [{"host": host, "severity": "broken", "remedies": ["mode-for-host"]} for host in hosts]
    return json.dumps({"schema": "cf525.audit/1", "hosts": rows})


def test_more_than_ten_hosts_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    names = [f"h{number}.example.com" for number in range(11)]
    (tmp_path / "audit.json").write_text(of_audit(*names))
    with bench(two_expired(), tmp_path) as at:
        several = ("--report", "audit.json", "--remedy", "mode-for-host", *QUICK)
        done = at.run(*several, "--apply", "--yes")
        assert done.returncode == 2
        assert "11 hosts of the audit would be changed, and 10 are the most" in done.stderr
        assert not any(each.ref for each in at.zone.config_rules)


def test_the_first_host_that_fails_ends_it(tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text(of_audit("a.example.com", "b.example.com"))
    with bench(two_expired(), tmp_path) as at:
        refusing = Fault(path="/rules(ets)?(/|$)", kind="status", status=503, methods=("POST",))
        at.lab.state.faults = (refusing,)
        several = ("--report", "audit.json", "--remedy", "mode-for-host", *QUICK)
        done = at.run(*several, "--apply", "--yes")
        assert done.returncode in (1, 4)
        assert "stopped at a.example.com; the hosts after it were left alone" in done.stderr
        assert "looking at b.example.com" not in done.stderr
        assert [each for each in at.zone.config_rules if each.ref] == []


@pytest.mark.parametrize(
    ("server", "line"), [("nginx", "ssl_certificate"), ("HAProxy", "haproxy"), (None, "")]
)
def test_where_the_new_certificate_goes_is_told_for_the_server_that_is_known(
    server: str | None, line: str, tmp_path: Path
) -> None:
    named = ("--server", server) if server else ()
    with bench(two_expired(), tmp_path) as at:
        done = at.run(
            *("a.example.com", "origin-ca", "--out", str(tmp_path), "--apply", "--yes"),
            *(*named, *QUICK, "--wait", "0"),
        )
        assert done.returncode == 0, done.stderr
        assert line in done.stdout + done.stderr
        other = "ssl_certificate" if server != "nginx" else "haproxy"
        assert other not in done.stdout + done.stderr


def asked(at: Bench, answer: bytes, *arguments: str) -> tuple[int, str]:
    """``cf525 fix`` on a terminal, with this typed when it asks."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cf525.cli", "fix", *arguments],
        env={**at.environment(), "TERM": "dumb"},
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=at.home,
        start_new_session=True,
    )
    os.close(follower)
    seen = b""
    typed = False
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if not typed and b"Type yes" in seen:
            typed = True
            listed = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode()
            assert READ.value not in listed
            assert WRITE.value not in listed
            time.sleep(0.1)
            if answer == b"^C":
                process.send_signal(2)
            else:
                os.write(leader, answer)
    os.close(leader)
    return process.wait(60), seen.decode(errors="replace")


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"yes\n", 0), (b"\n", 2), (b"n\n", 2), (b"y\n", 2), (b"\x04", 2), (b"^C", 130)],
    ids=["yes", "enter", "n", "y", "ctrl-d", "ctrl-c"],
)
def test_only_yes_is_a_yes(answer: bytes, status: int, tmp_path: Path) -> None:
    with bench(
        world(config_rules=(Rule(expression="true", parameters={"ssl": "strict"}),)), tmp_path
    ) as at:
        before = at.lab.state.world
        ended, seen = asked(at, answer, HOST, "mode-for-host", "--apply", *QUICK)
        assert ended == status, seen
        assert (at.lab.state.world is before) == (status != 0)
        assert READ.value not in seen
        assert WRITE.value not in seen


def test_where_nothing_helps_it_points_to_the_origin(tmp_path: Path) -> None:
    with bench(world(origins(_443=Origin(kind="reset"))), tmp_path) as at:
        done = at.run(HOST, *QUICK)
        assert done.returncode == 1
        assert "the origin must change" in done.stdout
        assert f"cf525 diagnose {HOST}" in done.stdout
        assert "525 stays 525 in Full" in " ".join(done.stdout.split())
        found = at.json(HOST, *QUICK)
        assert found["plans"] == []
        why = {each["remedy"]: each["why"] for each in found["refused"]}
        assert {"mode-for-host", "grey-record", "pq-off"} <= set(why)
        assert "Enterprise" in why["sni-for-host"]


def test_another_name_is_refused_for_what_was_seen_where_the_plan_has_it(tmp_path: Path) -> None:
    one = world(origins(_443=Origin(kind="reset")), plan="enterprise")
    with bench(one, tmp_path) as at:
        found = at.json(HOST, *QUICK)
        why = {each["remedy"]: each["why"] for each in found["refused"]}
        assert "does not hang on the name" in why["sni-for-host"]


def test_another_service_on_the_other_port_is_no_remedy(tmp_path: Path) -> None:
    other = Origin(kind="http", options={"status": "404 Not Found"})
    one = world({f"{ADDRESS}:443": Origin(kind="reset"), f"{ADDRESS}:80": other})
    with bench(one, tmp_path) as at:
        done = at.run(HOST, "mode-for-host", "--value", "flexible", *QUICK)
        assert done.returncode == 1
        assert "another service" in done.stderr


def test_one_token_for_both_will_do(tmp_path: Path) -> None:
    with bench(world(), tmp_path) as at:
        at.extra["CLOUDFLARE_API_TOKEN"] = ""
        token = tmp_path / "token"
        token.write_text(WRITE.value + "\n")
        made = at.run(HOST, "mode-for-host", "--apply", "--yes", *QUICK)
        assert made.returncode == 0, made.stderr
        (entry,) = at.json("--list")
        at.extra["CLOUDFLARE_FIX_TOKEN"] = ""
        refused = at.run("--undo", entry["id"], "--yes")
        assert refused.returncode == 4
        undone = at.run("--undo", entry["id"], "--yes", "--token-file", str(token))
        assert undone.returncode == 0, undone.stderr


def test_where_nothing_can_be_printed_what_was_done_is_said_all_the_same(tmp_path: Path) -> None:
    with bench(two_expired(), tmp_path) as at, Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "cf525.cli", "fix", "a.example.com", "mode-for-host"),
                *("--apply", "--yes", "--wait", "0", *QUICK),
            ],
            env=at.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=at.home,
        )
        assert "internal fault" not in done.stderr
        assert "cannot write to standard output: No space left" in done.stderr
        assert "cf525 fix --undo" in done.stderr
        assert len([each for each in at.zone.config_rules if each.ref]) == 1


def test_what_time_does_not_suffice_for_is_left_untried(tmp_path: Path) -> None:
    """A silent origin takes all of it: then nothing is said of what would help."""
    silent = {f"{ADDRESS}:443": Origin(kind="silent"), f"{ADDRESS}:80": Origin(kind="silent")}
    with bench(world(silent), tmp_path) as at:
        kept = at.run(HOST, "--timeout", "2", "--no-fetch", "--no-edge")
        found = at.json(HOST, "--timeout", "2", "--no-fetch", "--no-edge")
    assert kept.returncode == 3
    assert "not foretold in the time there was" in kept.stdout
    assert "nothing at Cloudflare would help" not in kept.stdout
    assert found["plans"] == []
    assert "mode-for-host --value full" in found["untried"]
