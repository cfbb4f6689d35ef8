"""Changes as data: safe to print, whole, and the same in code as in the shell."""

import json
import re
import subprocess
from shutil import which
from typing import Any

import pytest

from cf525.changes.catalogue import ENTERPRISE, MAKERS, Place, make
from cf525.changes.picking import jq, picked
from cf525.changes.render import dashboard, needs, shell, terraform, undo_shell
from cf525.model import Change, ChangeScope, Edit, Read, Write
from cf525.report.plain import from_plain, to_plain
from tests.servers.process import require

HOSTILE = "x'; touch /tmp/reached; echo '$(reboot)`id`\\${var.a}%{if}"
ARGUMENTS = {"value": "full", "name": "other.example.com", "port": "8443"}


def all_changes(place: Place, arguments: dict[str, str] = ARGUMENTS) -> list[Change]:
    return [
        change
        for name, (wanted, _) in MAKERS.items()
        for change in make(name, place, {each: arguments[each] for each in wanted})
    ]


CHANGES = all_changes(Place(host="www.example.com", zone_id="0123"))


def writes(change: Change) -> list[Write]:
    return [change.write, change.undo.write, *([change.otherwise] if change.otherwise else [])]


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.id)
def test_a_change_says_all_that_is_to_be_known_before_it(change: Change) -> None:
    for sentence in (change.text, change.cost, change.undo.text):
        assert sentence.endswith(".")
    assert change.right.endswith(" Edit")
    assert change.reads
    assert change.dashboard in dashboard(change)
    assert change.right in needs(change)


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.id)
def test_every_name_in_a_write_is_read_first(change: Change) -> None:
    made = {each.name for each in change.reads}
    undone = made | {each.name for each in change.undo.reads}
    for write, known in ((change.write, made), (change.undo.write, undone)):
        wanted = set(re.findall(r"\{([A-Z]+)\}", write.path + json.dumps(write.body)))
        assert wanted <= known
    if change.otherwise is not None:
        assert "{" not in change.otherwise.path


def test_no_ruleset_is_ever_replaced_as_a_whole() -> None:
    for change in CHANGES:
        for write in writes(change):
            assert not (write.method == "PUT" and "ruleset" in write.path)


def test_a_rule_acts_on_one_host_alone_and_bears_a_mark() -> None:
    for change in (each for each in CHANGES if each.id.endswith("-for-host")):
        assert change.write.body is not None
        assert change.write.body["expression"] == 'http.host eq "www.example.com"'
        assert change.write.body["ref"] == change.ref
        assert change.scope is ChangeScope.HOST
        (again,) = (each for each in all_changes(Place(host="a.example")) if each.id == change.id)
        assert again.ref != change.ref


def test_only_overrides_of_names_need_the_largest_plan() -> None:
    dear = {each.id for each in CHANGES if each.plan == ENTERPRISE}
    assert dear == {"sni-for-host", "host-header-for-host"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("mode-for-all", {}),
        ("mode-for-host", {}),
        ("mode-for-host", {"value": "Full"}),
        ("port-for-host", {"port": "0"}),
        ("port-for-host", {"port": "https"}),
        ("pq-off", {"value": "on"}),
    ],
)
def test_what_there_is_none_of_is_refused(name: str, arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make(name, Place(host="www.example.com"), arguments)


@pytest.mark.parametrize("host", ["www.example.com", HOSTILE])
def test_the_shell_takes_the_lines_whatever_is_in_them(host: str) -> None:
    require("bash")
    place = Place(host=host, zone_id=HOSTILE, account_id=HOSTILE, pool_id=HOSTILE, address=HOSTILE)
    for change in all_changes(place, ARGUMENTS | {"name": HOSTILE}):
        for lines in (shell(change), undo_shell(change)):
            assert not any("\n" in line for line in lines)
            subprocess.run(["bash", "-n", "-c", "\n".join(lines)], check=True, capture_output=True)


def test_a_hostile_value_stays_a_value(tmp_path: Any) -> None:
    """Run with a curl that only prints its arguments: nothing else may happen."""
    fake = tmp_path / "curl"
    fake.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    fake.chmod(0o755)
    (change,) = make("sni-for-host", Place(host="www.example.com"), {"name": HOSTILE})
    done = subprocess.run(
        ["sh", "-c", "\n".join(shell(change))],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "CLOUDFLARE_FIX_TOKEN": "t"},
        capture_output=True,
        text=True,
        check=True,
    )
    body = json.loads(done.stdout.splitlines()[-1])
    rule = body.get("rules", [body])[0]
    assert rule["action_parameters"] == {"sni": {"value": HOSTILE}}


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.id)
def test_a_change_survives_the_report(change: Change) -> None:
    assert from_plain(Change, json.loads(json.dumps(to_plain(change)))) == change


def test_terraform_is_of_version_5_and_keeps_templates_out() -> None:
    (change,) = make("sni-for-host", Place(host="www.example.com", zone_id="0123"), {"name": "a"})
    block = terraform(change)
    assert 'resource "cloudflare_ruleset" "http_request_origin" {' in block
    assert "  rules = [{" in block
    assert "    action_parameters = {" in block
    assert block.count("{") == block.count("}")
    (hostile,) = make("sni-for-host", Place(host="a.example"), {"name": HOSTILE})
    assert "$${var.a}%%{if}" in terraform(hostile)
    (mode,) = make("zone-mode", Place(host="a.example", zone_id="0123"), {"value": "strict"})
    assert terraform(mode).splitlines() == [
        'resource "cloudflare_zone_setting" "ssl" {',
        '  zone_id = "0123"',
        '  setting_id = "ssl"',
        '  value = "strict"',
        "}",
    ]


ANSWER = {
    "result": {
        "id": "r1",
        "enabled": False,
        "rules": [{"id": "1", "ref": "a"}, {"id": "2", "ref": "b"}, {"id": "3", "ref": "b"}],
        "origins": [{"address": "x", "enabled": True}, {"address": "y", "enabled": True}],
    }
}
OFF = Edit(where="address", equals="y", field="enabled", value=False)
READS: list[tuple[Read, list[object]]] = [
    (Read(name="A", path="", pick="result.id"), ["r1"]),
    (Read(name="A", path="", pick="result.enabled"), [False]),
    (Read(name="A", path="", pick="result.rules[ref=b].id", many=True), ["2", "3"]),
    (Read(name="A", path="", pick="result.rules[].id", many=True), ["1", "2", "3"]),
    (Read(name="A", path="", pick="result.rules[ref=c].id", many=True), []),
    (Read(name="A", path="", pick="result.nothing"), []),
    (
        Read(name="A", path="", pick="result.origins", edit=OFF),
        [[{"address": "x", "enabled": True}, {"address": "y", "enabled": False}]],
    ),
]


@pytest.mark.parametrize(("read", "expected"), READS, ids=[each.pick for each, _ in READS])
def test_code_and_jq_keep_the_same_of_an_answer(read: Read, expected: list[object]) -> None:
    assert picked(read, ANSWER) == expected
    assert picked(read, {"success": False, "result": None}) == []
    if which("jq") is not None:
        assert through_jq(read, ANSWER) == expected
        assert through_jq(read, {"success": False, "result": None}) == []


def through_jq(read: Read, answer: object) -> list[object]:
    done = subprocess.run(
        ["jq", "-c", jq(read)],
        input=json.dumps(answer),
        capture_output=True,
        text=True,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
