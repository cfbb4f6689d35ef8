"""One answer of the edge, read: the status, who made it, and what a hostile one cannot do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cf525.edgeview.own_path import hosts_doubt, hosts_entry
from cf525.edgeview.reading import read_visit
from cf525.model import (
    Alert,
    Ending,
    HttpAnswer,
    Maker,
    Observation,
    Stage,
    Timings,
    Visit,
    VisitOutcome,
)

RAY = ("cf-ray", "8f2c0123456789ab-FRA")
JSON = ("content-type", "application/json")


def seen(**values: object) -> Observation:
    base: dict[str, object] = {
        "id": "edge",
        "route": "edge",
        "profile": "visitor",
        "variation": None,
        "address": "104.16.0.25",
        "port": 443,
        "sni": "www.example.com",
        "started_at": datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC),
        "stage": Stage.APPLICATION_DATA,
        "ending": Ending.DONE,
        "timings": Timings(total=80.0),
    }
    return Observation(**{**base, **values})  # type: ignore[arg-type]


def answer(status: int, *headers: tuple[str, str], body: bytes = b"") -> Visit:
    http = HttpAnswer(status=status, headers=(RAY, *headers), body_head=body)
    return read_visit(seen(http=http), trusted=True)


def test_a_structured_body_names_the_code_and_its_maker() -> None:
    body = b'{"cloudflare_error": true, "error_code": 1016, "status": 530}'
    visit = answer(530, JSON, body=body)
    assert (visit.code, visit.maker, visit.form) == ("1016", Maker.CLOUDFLARE, "json")


def test_a_body_in_chunks_is_put_together() -> None:
    whole = b'{"cloudflare_error": true, "error_code": 525}'
    body = b"10\r\n" + whole[:16] + b"\r\n1d;x=y\r\n" + whole[16:] + b"\r\n0\r\n\r\n"
    visit = answer(525, JSON, ("transfer-encoding", "chunked"), body=body)
    assert visit.maker is Maker.CLOUDFLARE


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5_000,
        b"{" * 5_000,
        b'{"cloudflare_error": "true", "error_code": {"a": 1}}',
        b'{"error_code": "1016; rm -rf /"}',
        b"\xff\xfe{",
        b"error code: 200",
    ],
)
def test_a_hostile_body_changes_nothing(body: bytes) -> None:
    visit = answer(525, JSON, body=body)
    assert (visit.code, visit.maker) == ("525", Maker.UNKNOWN)


def test_an_origins_own_error_is_told_from_the_edges() -> None:
    visit = answer(503, ("cf-cache-status", "DYNAMIC"))
    assert (visit.code, visit.maker, visit.fails) == ("origin-503", Maker.ORIGIN, False)
    assert visit.reached_origin


def test_a_rule_that_blocks_says_nothing_about_the_origin() -> None:
    body = b'{"cloudflare_error": true, "error_code": 1020}'
    visit = answer(403, JSON, body=body)
    assert (visit.code, visit.told) == ("unknown", False)


def test_an_alert_is_the_edges_own_refusal_and_a_close_is_not() -> None:
    alert = Alert(
        level=2, description=40, direction="received", encrypted=False, stage=Stage.HELLO_SENT
    )
    refused = read_visit(
        seen(stage=Stage.HELLO_SENT, ending=Ending.ALERT, alerts=(alert,)), trusted=None
    )
    assert (refused.outcome, refused.code) == (VisitOutcome.TLS_REFUSED, "edge-tls")
    closed = read_visit(seen(stage=Stage.HELLO_SENT, ending=Ending.RESET), trusted=None)
    assert (closed.outcome, closed.code) == (VisitOutcome.UNREACHABLE, "unknown")


def test_a_date_that_is_none_gives_no_skew() -> None:
    assert answer(200, ("date", "yesterday")).skew is None
    assert answer(200, ("date", "Sat, 02 Jan 2027 03:04:05 GMT")).skew == pytest.approx(0.1)


def test_the_hosts_file_is_read_and_its_entry_told(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_bytes(b"# 10.9.9.9 www.example.com\n10.1.2.3 a.example WWW.example.com. \xff\n")
    assert hosts_entry("www.example.com", file) == "10.1.2.3"
    assert hosts_entry("other.example.com", file) is None
    doubt = hosts_doubt("www.example.com", file)
    assert doubt is not None
    assert "10.1.2.3" in doubt.text
    assert hosts_entry("www.example.com", tmp_path / "none") is None
