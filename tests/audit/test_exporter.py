"""The exporter: the newest audit, served again and again."""

import socket
import threading
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from prometheus_client import CollectorRegistry

from cf525.audit.exporter import serve
from cf525.errors import ApiError, UsageError
from cf525.model import AuditReport, Severity
from cf525.net.scraping import MOST_CLIENTS, listen, parse_address
from tests.audit.rows import audited, row


def served(*answers: AuditReport | ApiError) -> list[str]:
    """What is scraped at the beginning of each audit but the first."""
    stop = threading.Event()
    pages: list[str] = []
    urls: list[str] = []
    left = list(answers)

    def audit() -> AuditReport:
        if len(left) < len(answers):
            with urllib.request.urlopen(urls[0], timeout=60) as answer:
                pages.append(answer.read().decode())
        if not left:
            stop.set()
            return audited()
        found = left.pop(0)
        if isinstance(found, ApiError):
            raise found
        return found

    ready: Callable[[str], None] = urls.append
    serve("127.0.0.1:0", audit, every=timedelta(0), ready=ready, stop=stop)
    return pages


def test_every_scrape_shows_the_newest_audit() -> None:
    first, second = served(audited(row()), audited(row(severity=Severity.BROKEN)))
    assert 'cf525_hosts{severity="ok"} 1.0' in first
    assert 'cf525_hosts{severity="broken"} 1.0' in second
    assert 'cf525_hosts{severity="ok"} 0.0' in second


def test_an_audit_that_cannot_begin_leaves_the_last_one_and_is_counted() -> None:
    _, after = served(audited(row()), ApiError("down"))
    assert 'cf525_hosts{severity="ok"} 1.0' in after
    assert "cf525_audit_failures_total 1.0" in after


def test_a_first_audit_that_cannot_begin_ends_the_exporter() -> None:
    with pytest.raises(ApiError):
        served(ApiError("refused"))


def test_addresses_are_read_and_a_taken_port_is_said() -> None:
    assert parse_address(":9525") == ("0.0.0.0", 9525)
    assert parse_address("[::1]:1") == ("::1", 1)
    for text in ("9525", "x:y", ":70000", ""):
        with pytest.raises(UsageError):
            parse_address(text)
    with pytest.raises(UsageError):
        serve("192.0.2.1:9525", audited, every=timedelta(0), ready=print)


def test_clients_that_hold_their_connections_keep_no_scrape_out() -> None:
    listening = listen("127.0.0.1:0", CollectorRegistry())
    place = urlsplit(listening.url)
    held = []
    try:
        for _ in range(5 * MOST_CLIENTS):
            held.append(socket.create_connection((place.hostname or "", place.port or 0), 60))
            held[-1].sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        with urllib.request.urlopen(listening.url, timeout=60) as answer:
            assert answer.status == 200
        ended = [each for each in held[:MOST_CLIENTS] if each.recv(1) == b""]
        assert len(ended) == MOST_CLIENTS
        assert threading.active_count() <= 3 * MOST_CLIENTS
    finally:
        for each in held:
            each.close()
        listening.stop()
