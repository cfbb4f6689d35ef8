"""What people type that is nearly right, and what a program reads where nothing is right."""

import json
from pathlib import Path

import jsonschema
import pytest

from cf525.lab.running import Lab
from cf525.model.failure import Failure
from cf525.report.schemas import json_schema
from tests.cli.test_command_line import run


def test_the_bare_command_says_how_to_begin() -> None:
    shown = run()
    assert shown.returncode == 0
    assert "cf525 diagnose www.example.com" in shown.stdout
    assert len(shown.stdout.splitlines()) <= 24


@pytest.mark.parametrize(
    ("typed", "meant"), [(("help", "diagnose"), ("diagnose", "--help")), (("help",), ("--help",))]
)
def test_help_is_a_word_as_well(typed: tuple[str, ...], meant: tuple[str, ...]) -> None:
    assert run(*typed).stdout == run(*meant).stdout != ""
    assert run("version").stdout == run("--version").stdout


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (("www.example.com",), "cf525 diagnose www.example.com"),
        (("https://www.example.com/",), "cf525 diagnose https://www.example.com/"),
        (("audit", "www.example.com"), "cf525 audit --zone NAME"),
        (("verify", "www.example.com"), "cf525 diagnose HOST"),
        (("verify", "https://www.example.com"), "cf525 diagnose HOST"),
        (("diagnos", "x.example"), "Did you mean 'diagnose'?"),
        (("diagnose", "--orgin", "203.0.113.7", "x.example"), "--origin"),
        (("diagnose", "SSL handshake failed Error code 525"), "cf525 explain 'SSL handshake"),
        (("diagnose",), "cf525 diagnose www.example.com"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(typed: tuple[str, ...], hint: str) -> None:
    shown = run(*typed)
    assert shown.returncode == 2
    assert hint in shown.stderr
    assert shown.stdout == ""


@pytest.mark.parametrize(
    "typed",
    [
        ("diagnose", "--json"),
        ("diagnose", "a b", "--format", "json"),
        ("verify", "nothing.pem", "--format=json"),
        ("explain", "what is this", "--json", "--format", "text"),
        ("nothing", "--json"),
    ],
)
def test_where_json_was_asked_for_an_error_is_an_object(typed: tuple[str, ...]) -> None:
    shown = run(*typed)
    failure = json.loads(shown.stdout)
    jsonschema.validate(failure, json_schema(Failure))
    assert failure["schema"] == "cf525.error/1"
    assert failure["exit_status"] == shown.returncode == 2
    assert failure["message"] in shown.stderr


def test_several_hosts_give_a_table_and_a_page_each(lab: Lab, tmp_path: Path) -> None:
    listed = tmp_path / "hosts.txt"
    listed.write_text("# ours\nwww.example.com\n\nexpired.example.com # old\n")
    shown = run("diagnose", "healthy.example.com", "-f", str(listed), lab=lab)
    assert shown.returncode == 1
    assert "3 hosts in 1 zone: 2 broken now" in shown.stdout
    assert "WHY   The certificate has expired" in shown.stdout
    assert "healthy.example.com" not in shown.stdout.partition("3 hosts in")[2]
    page = tmp_path / "all.html"
    made = run("diagnose", "-f", str(listed), "-o", str(page), lab=lab)
    assert made.returncode == 1
    assert page.read_text("utf-8").count("<article") == 2
    lines = run("diagnose", "-f", str(listed), "--format", "ndjson", lab=lab).stdout
    assert {json.loads(line)["edge_status"] for line in lines.splitlines()} == {"525", "526"}


@pytest.mark.parametrize("option", ["--message", "--pcap=x.pcapng", "--save-transcript=x.json"])
def test_what_is_for_one_host_is_refused_for_several(option: str) -> None:
    shown = run("diagnose", "a.example.com", "b.example.com", option)
    assert shown.returncode == 2
    assert "is for one host" in shown.stderr


def test_a_list_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty").write_bytes(b"# nothing\n")
    (tmp_path / "long").write_bytes(b"a.example\n" * 200_000)
    for name, said in (
        ("binary", "is no text"),
        ("empty", "no hosts were named"),
        ("long", "larger than 1 MiB"),
        ("gone", "cannot read"),
    ):
        shown = run("diagnose", "-f", str(tmp_path / name))
        assert (shown.returncode, said in shown.stderr) == (2, True)


def test_asked_twice_for_more_the_exchange_of_every_probe_is_shown(lab: Lab) -> None:
    once = run("diagnose", "www.example.com", "-v", lab=lab).stdout
    twice = run("diagnose", "www.example.com", "-vv", lab=lab).stdout
    assert "ClientHello\n" not in once
    assert twice.count("  ClientHello") >= 5
    assert "o1: as the edge asks" in twice


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("cf525 diagnose --mode st", "strict"),
        ("cf525 diagnose --server HA", "HAProxy"),
        ("cf525 explain sni-rejected-1", "sni-rejected-112"),
        ("cf525 diagnose leaf", "leafonly.example.com"),
        ("cf525 ver", "verify"),
        ("cf525 verify --mo", "--mode"),
    ],
)
def test_the_shell_offers_what_can_follow(typed: str, offered: str, lab: Lab) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    shown = run(env={"_CF525_COMPLETE": "complete_bash", **words}, lab=lab)
    assert offered in shown.stdout.split()


def test_a_host_that_is_nearly_a_record_is_told_which(lab: Lab) -> None:
    shown = run("diagnose", "expird.example.com", lab=lab)
    assert shown.returncode == 3
    assert "The nearest names there are: expired.example.com." in " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    "typed",
    [
        ("--via", "http://u:s3cret@proxy.example"),
        ("--via", "http://u:a/s3cret@proxy.example:x"),
        ("--resolver", "http://u:s3cret@192.0.2.1"),
        ("--origin", "https://u:s3cret@192.0.2.1"),
        ("--api-base", "https://u:s3cret@192.0.2.1"),
        ("--connect-to", "https://u:s3cret@192.0.2.1"),
        ("--header", "Authorization Bearer s3cret"),
        ("--token-command", "'echo s3cret"),
        ("--source", "http://u:s3cret@192.0.2.1"),
    ],
)
def test_a_refusal_repeats_no_credential(typed: tuple[str, str]) -> None:
    shown = run("diagnose", "www.example.com", *typed, "--json")
    assert shown.returncode == 2, shown.stdout
    assert json.loads(shown.stdout)["message"]
    assert "s3cret" not in shown.stdout + shown.stderr
