"""What a file that somebody else wrote may hold: of its types exactly, and harmless when shown."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cf525.audit.checkpoint import read_progress, read_reports
from cf525.cli.audit_results import joined, load_results
from cf525.errors import UsageError
from cf525.model import AuditReport, HostRow, Report, SeriesPart, Severity
from cf525.model.decoding import decode
from cf525.report import beside
from cf525.report.audit import junit
from cf525.report.formats import Layout, formats_of
from cf525.report.plain import from_plain, to_plain
from tests.audit.rows import audited, report, row

PLAIN = to_plain(report("525"))
EVIL = "\x1b[2Jevil\x00\u202e"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("routes", "no list"),
        ("routes", {"a": 1}),
        ("route_statuses", [["route", "edge"]]),
        ("started_at", "0001-01-01T00:00:00+14:00"),
        ("started_at", "9999-12-31T23:59:59-14:00"),
        ("api_calls", True),
        ("api_calls", "7"),
        ("api_calls", 1 << 63),
        ("api_calls", 10**400),
        ("timings", {"total": float("inf")}),
        ("target", []),
        ("summary", None),
    ],
)
def test_what_is_not_of_its_type_is_refused(name: str, value: Any) -> None:
    assert from_plain(Report, PLAIN) == report("525")
    with pytest.raises((TypeError, ValueError, KeyError)):
        from_plain(Report, {**PLAIN, name: value})


def checkpoint(path: Path, kept: Any) -> Path:
    head = {
        "tool_version": EVIL,
        "started_at": "2026-06-01T12:00:00+00:00",
        "accounts": [],
        "scope": {},
        "schema": "cf525.audit-checkpoint/2",
    }
    own = row("a.z.example", Severity.BROKEN, headline=EVIL, summary=EVIL, mode=EVIL, zone=EVIL)
    lines = [head, {"kind": "host", "row": to_plain(own), "report": kept}]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


@pytest.mark.parametrize("name", [each.name for each in formats_of("audit")])
def test_a_checkpoint_of_others_acts_on_no_screen(name: str, tmp_path: Path) -> None:
    evil = {**PLAIN, "summary": EVIL}
    (kept,) = load_results((checkpoint(tmp_path / "c", evil),))
    result = joined(kept.report, [kept], fail_at_risk=False)
    form = next(each for each in formats_of("audit") if each.name == name)
    for verbose in (0, 1):
        pieces = list(form.render(result, Layout(width=80, verbose=verbose)))
        text = "".join(each if isinstance(each, str) else each.label + each.text for each in pieces)
        assert "evil" in text
        assert not set(text) & {"\x1b", "\x00"}
        assert "\u202e" not in text or name in ("json", "ndjson")


@pytest.mark.parametrize("kept", [None, [], "x", {"schema": 7}, {**PLAIN, "routes": 7}])
def test_a_full_report_that_is_none_is_left_out(kept: Any, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "c", kept)
    progress = read_progress(path)
    assert list(read_reports(path, progress.places, iter(["a.z.example"]))) == []


@pytest.mark.parametrize(
    "content",
    [
        b'{"schema": ["cf525.audit/1"]}',
        b"[" * 100_000,
        b'{"schema": NaN}',
        b"\xff",
        b"[[[]]]",
        b"7",
    ],
)
def test_a_baseline_that_is_none_is_wrong_usage(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        load_results((path,))


def test_junit_is_whole_whatever_a_row_is_called() -> None:
    rows = [
        HostRow(**{**vars_of(row("x.z.example", each)), "headline": EVIL + "\ufffe", "title": EVIL})
        for each in Severity
    ]
    text = junit.render(audited(*rows, stopped=EVIL, complete=False))
    ET.fromstring(text)
    assert "\ufffe" not in text


def vars_of(given: HostRow) -> dict[str, Any]:
    return {name: getattr(given, name) for name in given.__dataclass_fields__}


def test_halves_of_characters_of_a_file_can_be_written() -> None:
    plain = decode(json.dumps(to_plain(audited(row(summary="\ud800")))).encode())
    text = "".join(map(str, from_plain(AuditReport, plain).hosts))
    assert "\ufffd" in text
    text.encode()


def test_a_series_of_nothing_is_told() -> None:
    part = from_plain(
        SeriesPart,
        {"phase": "full", "total": 0, "failures": 0, "outcomes": {"ok": 3},
         "rate": 0.0, "low": 0.0, "high": 0.0},
    )  # fmt: skip
    assert next(each.text for each in beside._part(part)).split()[:2] == ["full", "ok"]


@pytest.mark.parametrize(
    "change",
    [
        {"host": 'a" or http.host ne "b'},
        {"host": "../out/www.example.com"},
        {"host": "--token-command=/tmp/x www.example.com"},
        {"host": "a;touch${IFS}x;.example.com"},
        {"host": "-www.example.com"},
        {"path": "/\r\nCONFIG SET dir /tmp"},
        {"path": "/a b"},
        {"display": "www.example.com\n THEN  run this"},
        {"scheme": "gopher"},
        {"port": 0},
    ],
    ids=str,
)
def test_no_file_asks_for_what_no_visitor_can(change: dict[str, Any]) -> None:
    """It would stand in a rule's expression, a path of a file, a command or a request."""
    assert from_plain(Report, PLAIN).target.host
    with pytest.raises(ValueError, match="no such"):
        from_plain(Report, {**PLAIN, "target": {**PLAIN["target"], **change}})
