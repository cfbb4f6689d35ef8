"""What searches of transparency logs give, read; and what in it succeeds a certificate."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.pki.transparency import parse, successors

CRT_SH = [
    {
        "issuer_ca_id": 295815,
        "issuer_name": "C=US, O=Let's Encrypt, CN=R10",
        "common_name": "www.example.com",
        "name_value": "www.example.com\nexample.com",
        "id": number,
        "entry_timestamp": f"2026-0{month}-02T03:04:05.678",
        "not_before": f"2026-0{month}-01T00:00:00",
        "not_after": f"2026-0{month + 3}-01T00:00:00",
        "serial_number": f"0{month}ab",
    }
    for number, month in ((1, 3), (2, 3), (3, 6))  # the second is the precertificate of the first
]
CERT_SPOTTER = [
    {
        "id": "1",
        "dns_names": ["*.Example.com", "example.com"],
        "issuer": {"friendly_name": "Google", "name": "C=US, O=Google Trust Services, CN=WE1"},
        "not_before": "2026-05-01T00:00:00Z",
        "not_after": "2026-07-30T00:00:00Z",
    },
    {
        "dns_names": ["example.com"],
        "not_before": "2026-04-01T00:00:00Z",
        "not_after": "2026-06-30T00:00:00Z",
    },
]


def day(month: int, day: int = 1) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def test_crt_sh_lists_each_certificate_once_the_newest_first() -> None:
    found = parse(json.dumps(CRT_SH).encode())
    assert [each.serial for each in found] == ["6ab", "3ab"]
    assert found[0].names == ("example.com", "www.example.com")
    assert (found[0].not_before, found[0].not_after) == (day(6), day(9))
    assert "Let's Encrypt" in found[0].issuer


def test_cert_spotter_tells_no_serial() -> None:
    found = parse(json.dumps(CERT_SPOTTER).encode())
    assert [each.serial for each in found] == ["", ""]
    assert found[0].names == ("*.example.com", "example.com")
    assert "Google Trust Services" in found[0].issuer
    assert found[1].issuer == ""


@pytest.mark.parametrize(
    ("host", "after", "at", "count"),
    [
        ("www.example.com", day(3), day(6, 2), 1),
        ("www.example.com", day(2), day(4), 1),
        ("www.example.com", day(6), day(7), 0),  # began no later
        ("www.example.com", day(3), day(5), 0),  # begins after the time in question
        ("www.example.com", day(3), day(10), 0),  # has ended too
        ("shop.example.com", day(3), day(6, 2), 0),
    ],
)
def test_a_successor_covers_the_name_and_is_valid_then(
    host: str, after: datetime, at: datetime, count: int
) -> None:
    logged = parse(json.dumps(CRT_SH).encode())
    assert len(successors(logged, host, after=after, at=at)) == count


def test_a_wildcard_covers_one_label() -> None:
    logged = parse(json.dumps(CERT_SPOTTER).encode())
    assert len(successors(logged, "a.example.com", after=day(4), at=day(6))) == 1
    assert successors(logged, "a.b.example.com", after=day(4), at=day(6)) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"{}",
        b"[1]",
        b'[{"name_value": "a", "not_before": "x", "not_after": "y"}]',
        b'[{"dns_names": "a", "not_before": "2026-01-01", "not_after": "2026-01-01"}]',
        b'[{"name_value": "a"}]',
    ],
)
def test_what_is_no_answer_of_a_search_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse(data)


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_be_refused(data: bytes) -> None:
    try:
        found = parse(data)
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    # So few bytes hold no whole certificate: what is no error is an empty list.
    assert found == ()
