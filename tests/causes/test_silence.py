"""Ports that leave the ClientHello without an answer, and what they say when spoken to in clear."""

import socket
from pathlib import Path

import pytest

from cf525.model import Finding
from tests.causes.misleading import answering, by_chance, found_at
from tests.causes.scenarios import Talk, hello_of, scripted
from tests.causes.test_scenarios import GOOD, silent
from tests.servers.inprocess import openssl_context

CONTEXT = openssl_context(GOOD)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
NGINX_400 = (
    b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 62\r\n\r\n"
    b"<center>The plain HTTP request was sent to HTTPS port</center>"
)
BARE_400 = b"HTTP/1.1 400 Bad Request\r\n\r\n"
TO_HTTPS = b"HTTP/1.1 301 Moved\r\nLocation: https://www.example.com/\r\n\r\n"
TLS_ALERT = bytes.fromhex("1503010002020a")
REDIS = b"-ERR unknown command 'PROXY', with args beginning with: 'TCP4'\r\n"


def in_clear(answer: bytes, *, proxy: bytes = b"", otherwise: Talk = silent) -> Talk:
    """Answers a plain request, or a PROXY line; to a TLS hello it is ``otherwise``."""

    def talk(connection: socket.socket) -> None:
        first = connection.recv(5, socket.MSG_PEEK)
        said = {b"GET /": answer, b"PROXY": proxy}.get(first, b"")
        connection.recv(4096) if said else None
        connection.sendall(said)
        if not said:
            otherwise(connection)

    return talk


def drops_hello(connection: socket.socket) -> None:
    hello_of(connection)


def shown(finding: Finding) -> str:
    return " ".join(each.text for each in finding.evidence)


@pytest.mark.parametrize("dead", [silent, drops_hello])
def test_a_port_that_serves_plain_http_and_ignores_tls_has_none(dead: Talk, tmp_path: Path) -> None:
    with scripted(in_clear(OK, otherwise=dead)) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("no-tls-on-443", "medium")
    assert "plain HTTP → HTTP 200" in shown(found[0])
    assert "without an answer" in found[0].explanation
    assert "hands TLS to a dead server" in found[0].confidence_reason


@pytest.mark.parametrize("answer", [NGINX_400, TLS_ALERT])
@pytest.mark.parametrize("dead", [silent, drops_hello])
def test_a_complaint_about_plain_http_shows_that_tls_is_alive(
    dead: Talk, answer: bytes, tmp_path: Path
) -> None:
    with scripted(in_clear(answer, otherwise=dead)) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == ("silent-after-hello" if dead is silent else "closed-after-hello")
    assert found[0].confidence == "low"
    assert "complains" in found[0].explanation
    assert "alive" in found[0].explanation
    assert "no-tls-on-443" not in {each.id for each in found}


@pytest.mark.parametrize("answer", [BARE_400, TO_HTTPS])
def test_an_answer_that_both_kinds_of_listener_give_settles_nothing(
    answer: bytes, tmp_path: Path
) -> None:
    with scripted(in_clear(answer)) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("silent-after-hello", "low")
    assert "does not tell a listener without TLS" in found[0].explanation
    assert "plain HTTP → HTTP" in shown(found[0])


def test_a_port_that_says_nothing_to_anybody_is_only_silent(tmp_path: Path) -> None:
    with scripted(silent) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "silent-after-hello"
    assert "gets none either (plain HTTP → no answer" in found[0].explanation


@pytest.mark.parametrize(
    ("answer", "proxy", "service", "confidence"),
    [
        (b"", REDIS, "Redis", "high"),
        (REDIS, b"", "Redis", "high"),
        (b"\x00\x07garbage", b"", "unknown", "medium"),
    ],
)
def test_another_service_gives_itself_away_in_clear(
    answer: bytes, proxy: bytes, service: str, confidence: str, tmp_path: Path
) -> None:
    with scripted(in_clear(answer, proxy=proxy)) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("wrong-port", confidence)
    assert service in found[0].title
    assert "the hello gets no answer" in shown(found[0])


def without_alpn_only(clear: bytes = b"") -> Talk:
    """Swallows every hello that offers h2, and may answer plain HTTP."""

    def talk(connection: socket.socket) -> None:
        if connection.recv(5, socket.MSG_PEEK) == b"GET /":
            connection.sendall(clear)
            return
        hello = hello_of(connection)
        if b"\x02h2" in hello:
            silent(connection)
        else:
            answering(connection, hello, CONTEXT)

    return talk


@pytest.mark.parametrize("clear", [b"", NGINX_400, OK])
def test_a_hello_that_is_swallowed_for_its_alpn_is_told_from_plain_silence(
    clear: bytes, tmp_path: Path
) -> None:
    with scripted(without_alpn_only(clear)) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("alpn-no-overlap", "medium")
    assert "no ALPN (3 times) → TLS 1.3" in shown(found[0])
    assert "filter on the path" in found[0].confidence_reason


def test_one_answer_by_chance_is_not_laid_to_the_missing_alpn(tmp_path: Path) -> None:
    def good(connection: socket.socket) -> None:
        answering(connection, hello_of(connection), CONTEXT)

    with scripted(by_chance((silent, silent, good))) as place:
        found = found_at(place, tmp_path)
    assert found[0].id in ("one-bad-backend", "intermittent-conn-limit")
    assert "alpn-no-overlap" not in {each.id for each in found}
