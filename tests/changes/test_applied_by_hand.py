"""The printed lines do what they say: run by sh against an API that takes such writes.

Each change is made on a zone that never had a rule and on one that has some, and taken back;
what others put there stays untouched.
"""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from cf525.changes.catalogue import MAKERS, Place, make
from cf525.changes.render import shell, undo_shell
from cf525.lab import payloads
from cf525.lab.api import State
from cf525.lab.api_server import ApiServer
from cf525.lab.world import ALL, Account, Pool, PoolOrigin, Record, Rule, Token, World, Zone
from cf525.lab.writes import EDIT
from cf525.model import Change
from tests.servers.process import require

HOST = "www.example.com"
ARGUMENTS = {"value": "full", "name": "other.example.com", "port": "8443"}
OTHERS = Rule(expression='http.host eq "shop.example.com"', parameters={"ssl": "off"})
ROUTED = Rule(expression='http.host eq "shop.example.com"', parameters={"origin": {"port": 444}})
POOL = Pool(name="pool", origins=(PoolOrigin(address="203.0.113.7"), PoolOrigin(address="b.test")))
TOKEN = Token(value="fix", permissions=ALL | EDIT)


@pytest.fixture(autouse=True)
def _programs() -> None:
    for program in ("sh", "curl", "jq"):
        require(program)


def world(*, rules: bool, plan: str = "enterprise", token: Token = TOKEN) -> World:
    zone = Zone(
        name="example.com",
        plan=plan,
        records=(
            Record(type="A", name=HOST, content="203.0.113.7"),
            Record(type="A", name=HOST, content="203.0.113.8"),
            Record(type="A", name=HOST, content="203.0.113.9", proxied=False),
            Record(type="A", name="shop.example.com", content="203.0.113.7"),
        ),
        config_rules=(OTHERS,) if rules else (),
        origin_rules=(ROUTED,) if rules else (),
    )
    return World(accounts=(Account(name="lab", pools=(POOL,)),), tokens=(token,), zones=(zone,))


@dataclass
class Bench:
    """An API with one world, and a shell beside it."""

    state: State
    base: str

    @property
    def zone(self) -> Zone:
        return self.state.world.zones[0]

    def place(self) -> Place:
        account = self.state.world.accounts[0]
        return Place(
            host=HOST,
            zone_id=self.zone.id,
            account_id=account.id,
            pool_id=payloads.pool(account, POOL)["id"],
            address="203.0.113.7",
        )

    def changes(self, name: str) -> tuple[Change, ...]:
        wanted, _ = MAKERS[name]
        return make(name, self.place(), {each: ARGUMENTS[each] for each in wanted})

    def run(self, *lines: str, shell: str = "sh") -> str:
        done = subprocess.run(
            [shell, "-eu", "-c", "\n".join(lines)],
            env={
                "PATH": "/usr/bin:/bin:/usr/local/bin",
                "CLOUDFLARE_BASE_URL": self.base,
                "CLOUDFLARE_FIX_TOKEN": TOKEN.value,
                "NO_PROXY": "*",
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def bench(body: Callable[[Bench], None], **of: Any) -> None:
    state = State(world(**of))
    with ApiServer(state) as api:
        body(Bench(state, api.base_url))


def seen(zone: Zone, account: Account, name: str) -> object:
    """What a change of this name is about, as it stands now."""
    match name:
        case "mode-for-host":
            return tuple((each.expression, dict(each.parameters)) for each in zone.config_rules)
        case "sni-for-host" | "host-header-for-host" | "port-for-host":
            return tuple((each.expression, dict(each.parameters)) for each in zone.origin_rules)
        case "grey-record":
            return tuple(each.proxied for each in zone.records)
        case "pool-endpoint-off":
            return tuple((each.address, each.enabled) for each in account.pools[0].origins)
        case _:
            names = ("ssl", "ssl_automatic_mode", "tls_client_auth", "origin_max_http_version")
            kex = ("auto_origin_tls_kex", "origin_pqe")
            return tuple(zone.setting(each) for each in (*names, *kex))


HERE = f'http.host eq "{HOST}"'
AFTER: dict[str, object] = {
    "mode-for-host": (HERE, {"ssl": "full"}),
    "sni-for-host": (HERE, {"sni": {"value": "other.example.com"}}),
    "host-header-for-host": (HERE, {"host_header": "other.example.com"}),
    "port-for-host": (HERE, {"origin": {"port": 8443}}),
    "grey-record": (False, False, False, True),
    "pool-endpoint-off": (("203.0.113.7", False), ("b.test", True)),
    "zone-mode": ("full", "auto", "off", "2", True, "preferred"),
    "automatic-mode-off": ("strict", "custom", "off", "2", True, "preferred"),
    "origin-pull": ("strict", "auto", "on", "2", True, "preferred"),
    "origin-pull-off": ("strict", "auto", "off", "2", True, "preferred"),
    "http1-to-origin": ("strict", "auto", "off", "1", True, "preferred"),
    "pq-off": ("strict", "auto", "off", "2", False, "off"),
    "pq-supported": ("strict", "auto", "off", "2", False, "supported"),
}
BEFORE = {
    "ssl": "strict",
    "ssl_automatic_mode": "auto",
    "auto_origin_tls_kex": True,
    "origin_pqe": "preferred",
}


def set_up(at: Bench) -> None:
    """Settings that are not what the change would write, so that the undo has work to do."""
    zone = replace(at.zone, settings=BEFORE)
    at.state.world = replace(at.state.world, zones=(zone,))
    at.state.zones = {zone.id: zone}


@pytest.mark.parametrize("rules", [False, True], ids=["no-ruleset-yet", "ruleset-exists"])
@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_change_is_made_and_taken_back_by_its_printed_lines(name: str, rules: bool) -> None:
    def body(at: Bench) -> None:
        set_up(at)
        before = seen(at.zone, at.state.world.accounts[0], name)
        changes = at.changes(name)
        lines = [line for each in changes for line in shell(each)]
        at.run(*lines)
        after = seen(at.zone, at.state.world.accounts[0], name)
        if name.endswith("-for-host"):
            assert isinstance(before, tuple)
            assert after == (*before, AFTER[name])
        else:
            assert after == AFTER[name]
        values = [line for line in at.run(*lines).splitlines() if "='" in line]
        assert len(values) == (0 if name.endswith("-for-host") else len(changes))

    bench(body, rules=rules)


@pytest.mark.parametrize("rules", [False, True], ids=["no-ruleset-yet", "ruleset-exists"])
@pytest.mark.parametrize("name", sorted(MAKERS))
def test_the_undo_leaves_what_stood_there(name: str, rules: bool) -> None:
    def body(at: Bench) -> None:
        set_up(at)
        before = seen(at.zone, at.state.world.accounts[0], name)
        changes = at.changes(name)
        made = [line for each in changes for line in shell(each)]
        undone = [line for each in changes for line in undo_shell(each)]
        at.run(*made, *undone)
        assert seen(at.zone, at.state.world.accounts[0], name) == before

    bench(body, rules=rules)


def test_the_undo_of_a_rule_works_in_another_shell() -> None:
    def body(at: Bench) -> None:
        (change,) = at.changes("mode-for-host")
        at.run(*shell(change))
        at.run(*undo_shell(change))
        assert [each.expression for each in at.zone.config_rules] == [OTHERS.expression]

    bench(body, rules=True)


def test_the_undo_of_a_setting_works_in_another_shell_with_the_line_that_was_printed() -> None:
    def body(at: Bench) -> None:
        set_up(at)
        changes = at.changes("pq-off")
        told = at.run(*(line for each in changes for line in shell(each)))
        kept = [line for line in told.splitlines() if "='" in line]
        at.run(*kept, *(line for each in changes for line in undo_shell(each)))
        assert (at.zone.setting("origin_pqe"), at.zone.setting("auto_origin_tls_kex")) == (
            "preferred",
            True,
        )

    bench(body, rules=True)


def test_a_token_that_only_reads_changes_nothing_and_is_told_so() -> None:
    def body(at: Bench) -> None:
        (change,) = at.changes("mode-for-host")
        assert "Authentication error" in at.run(*shell(change))
        assert not at.zone.config_rules

    bench(body, rules=False, token=replace(TOKEN, permissions=ALL))


def test_a_plan_that_lacks_the_feature_is_told_by_the_api() -> None:
    def body(at: Bench) -> None:
        (change,) = at.changes("sni-for-host")
        assert "not entitled" in at.run(*shell(change))
        assert not at.zone.origin_rules

    bench(body, rules=False, plan="free")


@pytest.mark.parametrize("shell_name", ["bash", "dash", "zsh"])
def test_the_lines_mean_the_same_in_every_shell(shell_name: str) -> None:
    require(shell_name)

    def body(at: Bench) -> None:
        (change,) = at.changes("grey-record")
        at.run(*shell(change), shell=shell_name)
        assert seen(at.zone, at.state.world.accounts[0], "grey-record") == AFTER["grey-record"]

    bench(body, rules=False)
