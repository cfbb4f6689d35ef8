"""The command line as a user meets it: through a subprocess, never with a traceback."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cf525.lab.running import Lab
from cf525.report.schemas import json_schema
from tests.cli import forked
from tests.cli.forked import CF525


def run(
    *arguments: str, env: dict[str, str] | None = None, lab: Lab | None = None, timeout: float = 100
) -> subprocess.CompletedProcess[str]:
    if arguments[:1] == ("diagnose",):
        arguments = (*arguments, "--no-fetch", "--no-edge")  # loopback is all there is
    result = forked.run(arguments, environment(lab) | (env or {}), timeout)
    assert "Traceback" not in result.stderr
    assert "Traceback" not in result.stdout
    return result


def environment(lab: Lab | None) -> dict[str, str]:
    base = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "COLUMNS": "80"}
    if "COVERAGE_PROCESS_START" in os.environ:
        base["COVERAGE_PROCESS_START"] = os.environ["COVERAGE_PROCESS_START"]
    if lab is None:
        return base
    rules = " ".join(
        f"{rule.host}:{rule.port}:{rule.to_host}:{rule.to_port}" for rule in lab.connect_to
    )
    return base | {
        "CLOUDFLARE_BASE_URL": lab.api_base,
        "CLOUDFLARE_API_TOKEN": lab.world.tokens[0].value,
        "CF525_RESOLVER": f"{lab.resolver[0]}:{lab.resolver[1]}",
        "CF525_TRUST": str(lab.trust),
        "CF525_CONNECT_TO": rules,
    }


def test_a_broken_host_is_diagnosed_with_cause_proof_fix_and_exit_status_1(lab: Lab) -> None:
    result = run("diagnose", "www.example.com", "--verbose", lab=lab)
    assert result.returncode == 1
    assert result.stderr == ""
    for part in ("525", "CAUSE", "sni-rejected-112", "PROOF", "FIX", "server_name www.example.com"):
        assert part in result.stdout
    prose = [line for line in result.stdout.splitlines() if not line.startswith(" " * 14)]
    assert max(len(line) for line in prose) <= 80
    assert "\x1b[" not in result.stdout


def test_the_first_screen_names_status_cause_fix_and_next_command(lab: Lab) -> None:
    result = run("diagnose", "www.example.com", "--server", "NGINX", lab=lab)
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert len(lines) <= 24
    assert max(len(line) for line in lines) <= 80
    for part in (" 525  ", "WHY ", "FIX   nginx: ", "NOW ", "cf525 watch www.example.com"):
        assert part in result.stdout
    assert "server_name www.example.com" in result.stdout
    assert "\x1b[" not in result.stdout


def test_the_next_command_runs_as_pasted_under_the_same_options(lab: Lab) -> None:
    api, resolver = lab.api_base, f"{lab.resolver[0]}:{lab.resolver[1]}"
    where = [f"--connect-to={r.host}:{r.port}:{r.to_host}:{r.to_port}" for r in lab.connect_to]
    given = ("--api-base", api, "--resolver", resolver, "--trust", str(lab.trust), *where)
    token = {"CLOUDFLARE_API_TOKEN": lab.world.tokens[0].value}
    shown = run("diagnose", "www.example.com", "--server", "nginx", *given, env=token)
    screen = shown.stdout.partition("after FIX:")[2].partition("PASTE")[0]
    assert "-v prints them whole" in shown.stdout
    words = shlex.split(screen.replace("\\\n", " "))
    assert words[:3] == ["cf525", "watch", "www.example.com"]
    assert words[words.index("--api-base") + 1] == api
    assert {"--resolver", "--connect-to", "--trust"} < set(words)
    assert "--server" not in words
    assert token["CLOUDFLARE_API_TOKEN"] not in shown.stdout
    again = run(*words[1:], "--until", "fail", "--format", "json", env=token)
    assert again.returncode == 1, again.stderr
    assert json.loads(again.stdout)["headline"] == "sni-rejected-112"


def test_a_healthy_host_is_ok_with_exit_status_0(lab: Lab) -> None:
    result = run("diagnose", "https://healthy.example.com:443/", lab=lab)
    assert result.returncode == 0
    assert " OK " in result.stdout
    assert len(result.stdout.splitlines()) <= 8
    assert "CANNOT TELL" in run("diagnose", "healthy.example.com", "-v", lab=lab).stdout


def test_json_follows_its_schema_and_has_the_promised_members(lab: Lab) -> None:
    result = run("diagnose", "expired.example.com", "--format", "json", lab=lab)
    assert result.returncode == 1
    report = json.loads(result.stdout)
    Draft202012Validator(json_schema()).validate(report)
    assert report["schema"] == "cf525.report/2"
    assert report["edge_status"] == "526"
    assert report["headline"] == "cert-expired"
    assert report["routes"][0]["provenance"]["mode"]["source"] == "api"
    assert report["findings"][0]["remedies"]
    assert report["connections"] == len(report["observations"])
    promised = {
        "tool_version", "started_at", "target", "confidence", "summary", "observations",
        "chain_verdicts", "unknowns", "api_calls", "timings",
    }  # fmt: skip
    assert promised <= set(report)


def test_the_schema_command_prints_the_schema() -> None:
    result = run("schema")
    assert result.returncode == 0
    Draft202012Validator.check_schema(json.loads(result.stdout))


def test_the_token_appears_nowhere(lab: Lab, tmp_path: Path) -> None:
    secret = "s3cr3t-" + "x" * 33
    for format_ in ("text", "json"):
        result = run(
            "diagnose", "www.example.com", "--format", format_, "--debug",
            lab=lab, env={"CLOUDFLARE_API_TOKEN": secret},
        )  # fmt: skip
        assert result.returncode == 4
        assert secret not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["diagnose", "203.0.113.7"], 2, "203.0.113.7"),
        (["diagnose", "x.example:0"], 2, "port"),
        (["diagnose", "x.example:70000"], 2, "70000"),
        (["diagnose", ""], 2, "empty"),
        (["diagnose", "two words"], 2, "space"),
        (["diagnose", "ftp://x.example"], 2, "ftp"),
        (["diagnose", "x.example", "--mode", "half"], 2, "half"),
        (["diagnose", "x.example", "--origin", "nonsense"], 2, "nonsense"),
        (["diagnose", "x.example", "--connect-to", "a:b"], 2, "a:b"),
        (["diagnose", "x.example", "--at", "yesterday"], 2, "yesterday"),
        (["diagnose", "x.example", "--trust", "/no/such/file"], 2, "/no/such/file"),
        (["diagnose", "x.example", "--trust-only"], 2, "--trust"),
        (["diagnose", "x.example", "--resolver", "here"], 2, "here"),
        (["diagnose", "x.example", "--token-file", "/no/such/file"], 2, "/no/such/file"),
        (["diagnose", "x.example", "--timeout", "soon"], 2, "--timeout"),
        (["diagnose", "x.example", "--format", "xml"], 2, "xml"),
        (["diagnose"], 2, "no hosts were named"),
        (["nonsense"], 2, "nonsense"),
        (["explain", "nonsense-xyz"], 2, "nonsense-xyz"),
        (["diagnose", "x.example"], 4, "token"),
        (["diagnose", "x.example", "--api-base", "nonsense"], 2, "nonsense"),
    ],
)
def test_what_is_malformed_gets_a_sentence_that_names_it(
    arguments: Sequence[str], status: int, said: str
) -> None:
    result = run(*arguments)
    assert result.returncode == status
    assert result.stdout == ""
    assert said in result.stderr
    assert result.stderr.startswith("cf525: ")


@pytest.mark.parametrize(
    ("variables", "status", "said"),
    [
        ({"CLOUDFLARE_API_TOKEN": ""}, 4, "empty"),
        ({"CLOUDFLARE_API_TOKEN": "wrong-token"}, 4, "token"),
        ({"CLOUDFLARE_API_TOKEN": "has space"}, 4, "space"),
        ({"CLOUDFLARE_BASE_URL": "http://127.0.0.1:1/client/v4"}, 4, "127.0.0.1:1"),
    ],
)
def test_trouble_with_the_account_exits_4(
    lab: Lab, variables: dict[str, str], status: int, said: str
) -> None:
    result = run("diagnose", "www.example.com", lab=lab, env=variables, timeout=60)
    assert result.returncode == status
    assert said in result.stderr


def test_an_api_that_answers_html_exits_4(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        process = subprocess.Popen(
            [*CF525, "diagnose", "www.example.com", "--no-fetch"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(lab) | {"CLOUDFLARE_BASE_URL": f"http://127.0.0.1:{port}/client/v4"},
        )
        server.settimeout(0.2)
        page = b"<html>portal</html>"
        while process.poll() is None:
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.recv(65536)
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(page), page)
                )
        output, errors = process.communicate(timeout=100)
    assert process.returncode == 4
    assert output == ""
    assert "Traceback" not in errors
    assert "127.0.0.1" in errors or "API" in errors


def test_an_unreachable_api_does_not_stop_an_origin_that_is_given(lab: Lab) -> None:
    port = lab.origins["203.0.113.30:443"].port
    result = run(
        "diagnose", "expired.example.com", "--origin", f"127.0.0.1:{port}", "--mode", "strict",
        lab=lab, env={"CLOUDFLARE_BASE_URL": "http://127.0.0.1:1/client/v4"}, timeout=60,
    )  # fmt: skip
    assert result.returncode == 1
    assert "cert-expired" in result.stdout
    assert "ERROR" in result.stdout


def test_without_an_account_an_unknown_mode_is_said_to_be_unknown(lab: Lab) -> None:
    port = lab.origins["203.0.113.30:443"].port
    arguments = ("diagnose", "expired.example.com", "--origin", f"127.0.0.1:{port}")
    result = run(*arguments, "--trust", str(lab.trust))
    assert result.returncode == 3
    assert "--mode" in result.stdout


def test_an_internationalised_host_is_shown_as_typed_and_sent_as_a_labels(lab: Lab) -> None:
    port = lab.origins["203.0.113.10:443"].port
    result = run(
        "diagnose", "bücher.example", "--origin", f"127.0.0.1:{port}", "--mode", "full",
        "--format", "json",
    )  # fmt: skip
    report = json.loads(result.stdout)
    assert report["target"]["host"] == "xn--bcher-kva.example"
    assert report["observations"][0]["sni"] == "xn--bcher-kva.example"


@pytest.mark.parametrize("host", ["nosuch.example.com", "www.nosuch-zone.example"])
def test_an_unknown_host_cannot_be_told_and_says_why(lab: Lab, host: str) -> None:
    result = run("diagnose", host, lab=lab)
    assert result.returncode == 3
    assert host in result.stdout
    assert "THEN" in result.stdout


def test_an_underscore_host_is_accepted(lab: Lab) -> None:
    port = lab.origins["203.0.113.10:443"].port
    arguments = ("--origin", f"127.0.0.1:{port}", "--mode", "full")
    assert run("diagnose", "my_shop.example.com", *arguments).returncode == 0


def test_a_closed_stdout_is_no_error(lab: Lab) -> None:
    process = subprocess.Popen(
        [*CF525, "diagnose", "www.example.com", "--no-edge", "--no-fetch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(lab),
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=100)
    assert b"Traceback" not in errors
    assert process.returncode == 1


def test_a_closed_stdin_is_no_error(lab: Lab) -> None:
    process = subprocess.run(
        f"exec {' '.join(CF525)} diagnose healthy.example.com --no-edge --no-fetch <&-",
        shell=True,
        capture_output=True,
        env=environment(lab),
        timeout=100,
    )
    assert process.returncode == 0
    assert b"Traceback" not in process.stderr


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("gathered", [False, True])
def test_an_interruption_exits_130_and_prints_what_is_known(
    lab: Lab, gathered: bool, by: signal.Signals
) -> None:
    accepted = lab.origins["203.0.113.19:443"]
    before = accepted.connections
    process = subprocess.Popen(
        [*CF525, "diagnose", "silent.example.com", "--no-edge", "--no-fetch", "-v"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(lab),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    # The second connection is opened when the first look is over and in the report.
    wanted = before + (2 if gathered else 1)
    while accepted.connections < wanted:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(by)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert b"interrupted" in output
    assert b"203.0.113.19:443" in output
    assert b"Full (strict)" in output
    assert (re.search(rb"\b525\b", output) is not None) is gathered


def test_help_lists_every_command() -> None:
    result = run("--help")
    assert result.returncode == 0
    for command in ("diagnose", "probe", "explain", "demo", "schema"):
        assert command in result.stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from cf525.cli.__main__ import _status\n"
        "status = _status(['--help'])\n"
        "heavy = ('cloudflare', 'httpx', 'cryptography', 'OpenSSL', 'dns', 'jinja2', 'idna',\n"
        "         'pydantic', 'h2', 'asyncio', 'ssl', 'certifi')\n"
        "loaded = [name for name in heavy if name in sys.modules]\n"
        "ours = sorted(name for name in sys.modules if name.startswith('cf525'))\n"
        "print(loaded, ours, file=sys.stderr)\n"
        "sys.exit(status or (9 if loaded else 0))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(None)
    )
    assert result.returncode == 0, result.stderr
    loaded = result.stderr.rpartition("[] ")[2]
    assert "cf525.tls" not in loaded
    assert "cf525.account" not in loaded
    assert "cf525.pki" not in loaded


def test_probe_shows_the_exchange_message_by_message(lab: Lab) -> None:
    port = lab.origins["203.0.113.10:443"].port
    result = run("probe", f"127.0.0.1:{port}", "--sni", "healthy.example.com")
    assert result.returncode == 0
    steps = ["TCP connect", "ClientHello", "ServerHello", "Certificate", "Finished"]
    places = [result.stdout.index(step) for step in steps]
    assert places == sorted(places)


def test_probe_never_says_of_an_unjudged_certificate_that_the_edge_takes_it(lab: Lab) -> None:
    port = lab.origins["203.0.113.30:443"].port
    result = run("probe", f"127.0.0.1:{port}", "--sni", "expired.example.com", "--format", "json")
    report = json.loads(result.stdout)
    assert (report["edge_status"], result.returncode) == ("unknown", 0)
    assert "the certificate was not judged" in report["route_statuses"][0]["edge"]["reason"]
    assert "the edge can reach" not in result.stdout


def test_probe_follows_connect_to_for_an_address(lab: Lab) -> None:
    result = run("probe", "203.0.113.10", "--sni", "healthy.example.com", lab=lab)
    assert result.returncode == 0
    assert "127.0.0.1" in result.stdout


def test_probe_of_a_closed_port_says_so(lab: Lab) -> None:
    result = run("probe", f"127.0.0.1:{lab.origins['203.0.113.20:443'].port}")
    assert result.returncode == 1
    assert "refused" in result.stdout


@pytest.mark.parametrize("topic", ["525", "526", "alert 112", "handshake_failure", "no-tls-on-443"])
def test_explain_works_offline(topic: str) -> None:
    result = run("explain", *topic.split())
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) > 4


def test_explain_lists_the_causes_and_prints_markdown() -> None:
    assert "proxy-protocol-expected" in run("explain").stdout
    page = run("explain", "cert-expired", "--format", "markdown").stdout
    assert page.startswith("# cert-expired")
    assert "{{" not in page


def test_a_report_can_be_written_to_a_file(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    result = run("diagnose", "plain.example.com", "-o", str(file), lab=lab)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "no-tls-on-443" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "said"), [("CF_API_TOKEN", "CLOUDFLARE_API_TOKEN"), ("CLOUDFLARE_API_KEY", "Global")]
)
def test_a_credential_that_nobody_reads_is_mentioned_and_not_shown(name: str, said: str) -> None:
    result = run("diagnose", "www.example.com", "--no-edge", env={name: "s3cret-of-mine"})
    assert result.returncode == 4
    assert name in result.stderr
    assert said in result.stderr
    assert "s3cret" not in result.stdout + result.stderr
