"""``cf525 route`` and ``cf525 doctor`` through a subprocess."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cf525.lab.api import Fault, State
from cf525.lab.api_server import ApiServer
from cf525.lab.running import Lab
from cf525.lab.world import ALL, Account, Record, Rule, Token, Tunnel, World, Zone
from cf525.report.schemas import json_schema
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
    assert report["routes"][0]["not_probeable"] == "prohibited-address"
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
    (text,) = (
        each["text"]
        for each in json.loads(result.stdout)["checks"]
        if each["id"] == "right Origin Rules Read"
    )
    assert "the token lacks it; see https://developers.cloudflare.com/" in text


def test_an_endpoint_that_breaks_is_no_missing_right() -> None:
    fault = Fault(path="pagerules", kind="unsuccessful")
    with ApiServer(State(WORLD, (fault,))) as server:
        env = {"CLOUDFLARE_API_TOKEN": "demo", "CLOUDFLARE_BASE_URL": server.base_url}
        result = run("doctor", "--format", "json", env=env)
    checks = {each["id"]: each["state"] for each in json.loads(result.stdout)["checks"]}
    assert checks["right Page Rules Read"] == "unknown"


REFUSED = World(
    tokens=(
        Token(value="blind", permissions=ALL - {"Zone Read"}),
        Token(value="old", status="expired"),
    ),
    zones=WORLD.zones,
)


@pytest.mark.parametrize(
    "command", [("doctor",), ("audit", "--plan"), ("audit",), ("route", HOST), ("diagnose", HOST)]
)
@pytest.mark.parametrize(
    ("token", "said"),
    [("blind", "it needs Zone Read"), ("old", "does not accept the API token")],
)
def test_a_refused_token_is_told_from_a_missing_right(
    command: tuple[str, ...], token: str, said: str
) -> None:
    with ApiServer(State(REFUSED)) as server:
        env = {"CLOUDFLARE_API_TOKEN": token, "CLOUDFLARE_BASE_URL": server.base_url}
        result = run(*command, env=env)
    assert (result.returncode, said in result.stderr + result.stdout) == (4, True)


def test_a_private_address_is_drawn_as_no_way() -> None:
    record = Record(type="A", name=HOST, content="10.99.9.1")
    zone = Zone(name="example.com", settings={"ssl": "full"}, records=(record,))
    with ApiServer(State(World(zones=(zone,)))) as server:
        env = {"CLOUDFLARE_API_TOKEN": "demo", "CLOUDFLARE_BASE_URL": server.base_url}
        shown = run("route", HOST, env=env).stdout
        judged = run("diagnose", HOST, "--no-edge", "--format", "json", env=env)
    assert "visitor ──▶ Cloudflare: error 1002, no origin is asked" in shown
    assert "https://10.99.9.1" not in shown
    assert " sni " not in shown
    assert judged.returncode == 1
    report = json.loads(judged.stdout)
    assert (report["edge_status"], report["confidence"]) == ("1002", "high")
    assert report["headline"] == "private-address"


def test_a_tunnel_shows_its_rule_and_no_hop_that_does_not_exist() -> None:
    id = "11111111-2222-3333-4444-555555555555"
    rules = (
        {"hostname": HOST, "service": "https://localhost:443"},
        {"service": "http_status:404"},
    )
    account = Account(name="lab", tunnels=(Tunnel(name="home", id=id, ingress=rules),))
    record = Record(type="CNAME", name=HOST, content=f"{id}.cfargotunnel.com")
    zone = Zone(name="example.com", settings={"ssl": "full"}, records=(record,))
    with ApiServer(State(World(accounts=(account,), zones=(zone,)))) as server:
        env = {"CLOUDFLARE_API_TOKEN": "demo", "CLOUDFLARE_BASE_URL": server.base_url}
        shown = run("route", HOST, env=env).stdout
        judged = json.loads(run("diagnose", HOST, "--no-edge", "--json", env=env).stdout)
    assert "cloudflared ──▶ https://localhost:443" in shown
    assert "no server name" in shown
    assert not any(word in shown for word in (" sni ", " alpn ", " port "))
    assert (judged["headline"], judged["edge_status"]) == ("tunnel-ingress", "unknown")


@pytest.mark.parametrize("timeout", [[], ["--timeout", "4"]])
def test_a_stalled_answer_leaves_the_route(timeout: list[str]) -> None:
    fault = Fault(path="http_request_origin", kind="drip" if timeout else "null")
    with ApiServer(State(WORLD, (fault,))) as server:
        env = {"CLOUDFLARE_API_TOKEN": "demo", "CLOUDFLARE_BASE_URL": server.base_url}
        result = run("route", HOST, "--json", *timeout, env=env)
    report = json.loads(result.stdout)
    assert len(report["routes"]) == 2
    assert "unread-origin-rules" in {each["id"] for each in report["unknowns"]}


def test_a_token_command_serves_in_place_of_a_token(lab: Lab) -> None:
    env = {"CLOUDFLARE_BASE_URL": lab.api_base}
    assert run("route", HOST, env=env).returncode == 4
    assert run("route", HOST, "--token-command", "echo demo", env=env).returncode == 0
    result = run("route", HOST, "--token-command", "false", env=env)
    assert result.returncode == 4
    assert "failed" in result.stderr
    token = "cfut_Put0here1by2mistake"
    mistaken = run("route", HOST, env=env | {"CF525_TOKEN_COMMAND": token})
    assert mistaken.returncode == 2
    assert "the token command cannot be run" in mistaken.stderr
    assert token not in mistaken.stderr


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
