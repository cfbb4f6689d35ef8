"""``cf525 route`` and ``cf525 doctor`` through a subprocess."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cf525.lab.api import State
from cf525.lab.api_server import ApiServer
from cf525.lab.running import Lab
from cf525.lab.world import ALL, Record, Rule, Token, World, Zone
from cf525.report.plain import json_schema
from tests.cli.test_command_line import run

HOST = "www.example.com"
WORLD = World(
    tokens=(Token(value="few", permissions=ALL - {"Origin Rules Read"}), Token(value="demo")),
    zones=(
        Zone(
            name="example.com",
            settings={"ssl": "full"},
            records=(Record(type="A", name=HOST, content="203.0.113.7"),),
            config_rules=(
                Rule(expression='ip.src.country eq "DE"', parameters={"ssl": "strict"},
                     description="strict for Germany"),
            ),
        ),
    ),
)  # fmt: skip


def test_the_route_names_what_decided_every_value(lab: Lab) -> None:
    result = run("route", HOST, lab=lab)
    assert result.returncode == 0
    for part in ("Full (strict)", "zone setting ssl", "A record", "NOT DECISIVE", "sni"):
        assert part in result.stdout


def test_a_route_as_json_follows_the_schema(lab: Lab) -> None:
    result = run("route", "inside.example.com", "--format", "json", lab=lab)
    report = json.loads(result.stdout)
    Draft202012Validator(json_schema()).validate(report)
    assert report["routes"][0]["not_probeable"] == "cloudflare-address"
    assert report["connections"] == 0


def test_a_host_without_records_has_no_route(lab: Lab) -> None:
    result = run("route", "nothing.example.com", lab=lab)
    assert result.returncode == 3
    assert "no origin was found" in result.stdout


def test_a_country_decides_what_otherwise_depends() -> None:
    with ApiServer(State(WORLD)) as server:
        env = {"CLOUDFLARE_API_TOKEN": "demo", "CLOUDFLARE_BASE_URL": server.base_url}
        both = json.loads(run("route", HOST, "--format", "json", env=env).stdout)
        german = json.loads(
            run("route", HOST, "--country", "de", "--format", "json", env=env).stdout
        )
    assert [route["mode"] for route in both["routes"]] == ["full", "strict"]
    assert [route["mode"] for route in german["routes"]] == ["strict"]
    assert run("route", HOST, "--country", "Germany").returncode == 2
    assert run("route", HOST, "--header", "nonsense").returncode == 2


def test_the_doctor_finds_nothing_wrong_with_a_whole_token(lab: Lab) -> None:
    result = run("doctor", lab=lab)
    assert result.returncode == 0
    assert "Zone Settings Read" in result.stdout
    assert "within 30 s" in result.stdout


def test_the_doctor_names_the_right_that_is_missing() -> None:
    with ApiServer(State(WORLD)) as server:
        env = {"CLOUDFLARE_API_TOKEN": "few", "CLOUDFLARE_BASE_URL": server.base_url}
        result = run("doctor", "--format", "json", env=env)
    checks = {each["id"]: each["state"] for each in json.loads(result.stdout)["checks"]}
    assert checks["right Origin Rules Read"] == "wrong"
    assert checks["right DNS Read"] == "fine"
    assert checks["token"] == "fine"


def test_a_token_command_serves_in_place_of_a_token(lab: Lab) -> None:
    env = {"CLOUDFLARE_BASE_URL": lab.api_base}
    assert run("route", HOST, env=env).returncode == 4
    assert run("route", HOST, "--token-command", "echo demo", env=env).returncode == 0
    result = run("route", HOST, "--token-command", "false", env=env)
    assert result.returncode == 4
    assert "failed" in result.stderr


@pytest.mark.parametrize(
    "command", [("diagnose", HOST), ("route", HOST), ("watch", HOST), ("doctor",), ("audit",)]
)
def test_every_command_with_an_account_takes_a_command_or_a_profile(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    failed = run(*command, "--token-command", "false")
    assert (failed.returncode, "'false' failed" in failed.stderr) == (4, True)
    unknown = run(*command, "--profile", "nosuch", env={"XDG_CONFIG_HOME": str(tmp_path)})
    assert (unknown.returncode, "no profile 'nosuch'" in unknown.stderr) == (2, True)
