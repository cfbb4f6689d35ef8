"""Each failing host is told of once, and once more when it is well; addresses stay secret."""

import asyncio
import json
from pathlib import Path

import pytest

from cf525.audit.alerts import MOST_LISTED, Alert, Told, news
from cf525.cli.notify import People, after_audit
from cf525.errors import UsageError
from cf525.model import HostRow, Severity
from cf525.model.status import Status
from tests.audit.rows import audited, row
from tests.series.test_watch import hook


def failing(host: str, cause: str = "cert-expired") -> HostRow:
    return row(host, Severity.BROKEN, edge_status=Status("526"), headline=cause)


def well(host: str) -> HostRow:
    return row(host, Severity.OK)


def test_a_failing_host_is_told_of_once_and_once_when_it_is_well() -> None:
    alerts, told = news(audited(failing("a.example"), well("b.example")), Told())
    assert [(each.trigger, len(each.lines)) for each in alerts] == [(True, 1)]
    assert "a.example: 526 cert-expired" in alerts[0].body
    assert news(audited(failing("a.example")), told) == ((), told)
    other, told = news(audited(failing("a.example", "self-signed")), told)
    assert "self-signed" in other[0].body
    ended, told = news(audited(well("a.example")), told)
    assert [each.trigger for each in ended] == [False]
    assert "was 526 self-signed" in ended[0].body
    assert told == Told()


def test_what_was_not_looked_at_or_cannot_be_told_stays_as_it_was() -> None:
    _, told = news(audited(failing("a.example")), Told())
    doubtful = row("a.example", Severity.UNKNOWN)
    assert news(audited(doubtful), told) == ((), told)
    assert news(audited(), told) == ((), told)


def test_a_long_list_is_cut_and_counted() -> None:
    (alert,), _ = news(audited(*(failing(f"h{n}.example") for n in range(50))), Told())
    assert alert.title == "cf525: 50 hosts fail"
    assert alert.body.count("\n") == MOST_LISTED
    assert alert.body.endswith("and 30 more")


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"null", b'{"schema":"x","hosts":{"a":"b"}}', b'{"schema":1}', b"[" * 9_999],
)
def test_a_file_that_is_none_of_ours_is_nothing(text: bytes) -> None:
    assert Told.parse(text) == Told()


def test_what_is_kept_is_read_again() -> None:
    told = Told({"a.example": "526 cert-expired"})
    assert Told.parse(told.dump()) == told


def test_people_are_told_and_the_next_audit_says_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    addresses = tmp_path / "addresses"
    with hook(200) as (url, heard):
        addresses.write_text(f"# the team\n\n{url.replace('http', 'json', 1)}\n")
        people = People(addresses)
        for _ in range(2):
            after_audit(people, audited(failing("a.example")))
        after_audit(people, audited(well("a.example")))
    told = [json.loads(each) for each in heard]
    assert [each["type"] for each in told] == ["failure", "success"]
    assert "a.example: 526 cert-expired" in told[0]["message"]
    assert (tmp_path / "cf525" / "told.json").stat().st_mode & 0o777 == 0o600


def test_what_nobody_got_is_told_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    addresses = tmp_path / "addresses"
    told = []
    for status in (500, 200):
        with hook(status) as (url, heard):
            addresses.write_text(url.replace("http", "json", 1))
            after_audit(People(addresses), audited(failing("a.example")))
        told.append(len(heard))
    assert told == [1, 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no address"),
        ("slack://sekrit", "line 1"),
        ("x\nnonsense://user:sekrit@host", "line 1"),
        ("sekrit://host", "line 1"),
        ("xoxb-sekrit/slack://host", "line 1"),
        ("json://localhost\nnonsense://user:sekrit@host", "line 2"),
    ],
)
def test_an_address_of_no_use_is_named_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "addresses"
    path.write_text(text)
    with pytest.raises(UsageError) as raised:
        People(path)
    assert said in raised.value.message
    assert "sekrit" not in raised.value.message + raised.value.hint


def test_who_cannot_be_reached_costs_a_remark_without_the_address(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "addresses"
    path.write_text("json://user:sekrit@127.0.0.1:9/")
    asyncio.run(People(path).tell(Alert("t", ("l",), trigger=True)))
    said = capfd.readouterr()
    assert "line 1" in said.err
    assert "not delivered" in said.err
    assert "sekrit" not in said.err + said.out
