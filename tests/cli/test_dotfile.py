"""``.cf525.toml``: defaults that the command line overrides, and risks somebody answers for."""

import json
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cf525.audit.severity import weighed
from cf525.cli.dotfile import find
from cf525.errors import UsageError
from cf525.lab.running import Lab
from cf525.model import Risk, Severity
from cf525.model.audit import Accepted
from tests.audit.rows import row
from tests.cli import forked
from tests.cli.test_command_line import environment

ACCEPTED = """
[[accepted]]
host = "expired.example.com"
cause = "cert-expired"
owner = "web@example.com"
reason = "shut down soon"
until = {until}
"""


def run(folder: Path, *arguments: str, lab: Lab, **more: str) -> "subprocess.CompletedProcess[str]":
    """The command line in this working directory."""
    return forked.run(arguments, environment(lab) | more, 120, folder)


def put(folder: Path, text: str) -> Path:
    (folder / ".cf525.toml").write_text(text)
    (folder / ".cf525.toml").chmod(0o644)
    return folder


def test_the_nearest_file_upwards_counts(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find(put(tmp_path, "") / "a" / "b").path == tmp_path / ".cf525.toml"
    put(tmp_path / "a", "[defaults]\nserver = 'nginx'\n")
    assert find(below).defaults(("diagnose",)) == {"diagnose": {"server": "nginx"}}


def test_one_text_is_a_list_of_one_where_several_are_taken(tmp_path: Path) -> None:
    put(tmp_path, "[defaults]\nexclude = '*.test'\n[defaults.audit]\nzone = 'example.com'\n")
    told = find(tmp_path).defaults(("audit", "diagnose"))
    assert told["audit"] == {"exclude": ["*.test"], "zone": ["example.com"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[defaults]\ntoken_file = 'x'", "'token_file' cannot be given a default"),
        ("[defaults]\nconnect-to = ['x']", "'connect-to' cannot be given a default"),
        ("[defaults]\nmode = 'full'", "'mode' cannot be given a default"),
        ("[defaults]\nno-edge = true", "'no-edge' cannot be given a default"),
        ("[defaults.audit]\nfail-on = 'never'", "'fail-on' cannot be given a default"),
        ("[defaults.audit]\nwhat-if = 'off'", "'what-if' cannot be given a default"),
        ("[defaults.nothing]\nserver = 'nginx'", "[defaults.nothing] is no command"),
        ("defaults = 3", "[defaults] is no table"),
        ("[[accepted]]\nhost = 'a'", "needs host, cause, owner, reason and until"),
        ("accepted = 1", "accepted is no list"),
        ("[defaults]\ntimeout = inf", "timeout is no finite number"),
        ("[defaults]\nexpiring = nan", "expiring is no finite number"),
        ("[defaults]\nserver = ['nginx']", "server takes one text, number or true and false"),
        ("[defaults]\nzone = ['a']", "zone takes one text, number or true and false"),
        ("[defaults]\ntimeout = 2027-03-31", "timeout takes one text, number"),
        ("[defaults.audit]\nmatch = [1]", "match takes texts"),
        ("= broken", "is no TOML"),
        ("[" * 3000, "is no TOML"),
        ("a." * 40_000 + "a = 1", "nested deeper than any configuration"),
        ("#" * 300_000, "is larger than"),
    ],
)
def test_what_is_malformed_is_said_with_the_file(text: str, said: str, tmp_path: Path) -> None:
    def read() -> None:
        found = find(put(tmp_path, text))
        found.defaults(("diagnose", "audit"))
        found.accepted()

    with pytest.raises(UsageError) as caught:
        read()
    assert said in caught.value.message
    assert ".cf525.toml" in caught.value.message


def test_a_file_that_others_could_have_written_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "")
    (tmp_path / ".cf525.toml").chmod(0o666)
    with pytest.raises(UsageError, match="written by others"):
        find(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of another user's")
def test_a_link_of_somebody_else_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "").joinpath(".cf525.toml").rename(tmp_path / "mine.toml")
    link = tmp_path / ".cf525.toml"
    link.symlink_to("mine.toml")
    find(tmp_path)
    os.chown(link, 65534, 65534, follow_symlinks=False)
    with pytest.raises(UsageError, match="written by others"):
        find(tmp_path)


def test_a_default_holds_until_the_command_line_says_otherwise(lab: Lab, tmp_path: Path) -> None:
    put(tmp_path, "[defaults]\nformat = 'json'\n[defaults.audit]\nzone = ['x']\n")
    asked = ("diagnose", "www.example.com", "--no-edge", "--no-fetch")
    assert json.loads(run(tmp_path, *asked, lab=lab).stdout)["edge_status"] == "525"
    assert "WHY" in run(tmp_path, *asked, "--format", "text", lab=lab).stdout


def test_what_a_file_sets_is_said_and_a_stranger_is_not_asked(lab: Lab, tmp_path: Path) -> None:
    text = "[defaults]\nserver = 'nginx'\nformat = 'json'\n[defaults.audit]\nexclude = 'www.*'\n"
    put(tmp_path, text)
    asked = ("diagnose", "www.example.com", "--no-edge", "--no-fetch")
    said = run(tmp_path, *asked, lab=lab).stderr
    assert f"{tmp_path}/.cf525.toml sets --server, --format of diagnose" in said.replace("\n", " ")
    assert run(tmp_path, *asked, "--quiet", lab=lab).stderr == ""
    plan = ("audit", "--plan", "--quiet")
    assert "sets --exclude of audit" in run(tmp_path, *plan, lab=lab).stderr
    alone = run(tmp_path, *asked, lab=lab, CF525_DEFAULTS="none")
    assert (alone.stderr, "WHY" in alone.stdout) == ("", True)


@pytest.mark.parametrize(
    ("until", "status", "said"),
    [
        (datetime.now(UTC) + timedelta(days=9), 0, "shut down soon (web@example.com, until"),
        (datetime.now(UTC) - timedelta(days=9), 1, "was accepted by web@example.com until"),
    ],
    ids=["in time", "ended"],
)
def test_an_audit_sets_aside_what_somebody_answers_for(
    until: datetime, status: int, said: str, lab: Lab, tmp_path: Path
) -> None:
    put(tmp_path, ACCEPTED.format(until=f"{until:%Y-%m-%d}"))
    asked = ("audit", "--match", "expired.*", "--no-edge", "--quiet")
    shown = run(tmp_path, *asked, lab=lab, CF525_CACHE_DIR=str(tmp_path / "cache"))
    assert shown.returncode == status
    assert said in " ".join(shown.stdout.split())


def test_a_host_is_set_aside_only_where_all_that_is_wrong_is_accepted() -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    one = Accepted(host="*.example.com", cause="expires-soon", owner="o", reason="r", until=now)
    at_risk = replace(
        row("A.example.com", Severity.AT_RISK), risks=(Risk.EXPIRES, Risk.FLEXIBLE), headline=None
    )
    assert weighed(at_risk, (one,), now).severity is Severity.AT_RISK
    both = (one, replace(one, cause="flexible"))
    assert weighed(at_risk, both, now).severity is Severity.ACCEPTED
    assert weighed(at_risk, both, now + timedelta(days=1)).severity is Severity.AT_RISK
    fine = row("a.example.com", Severity.OK)
    assert weighed(fine, both, now) is fine
