"""What comes behind a finished handshake and is no answer, and the look-alikes that are one."""

import json
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cf525.causes.case import Case
from cf525.conclusion.overall import overall_of as overall
from cf525.edge.answer import HEAD_LIMIT
from cf525.model import Finding, Observation
from cf525.probe.driver import run_probe
from cf525.probe.plan import ProbePlan
from cf525.report.plain import from_plain, to_plain
from tests.causes.misleading import found_at
from tests.causes.scenarios import OK, Talk, diagnosed, route, scripted
from tests.causes.test_answers import SETTINGS, over_h2
from tests.causes.test_scenarios import GOOD, ISSUER, ROOT
from tests.servers.inprocess import OpenSSLPeer, openssl_context

GRACE = 0.1


def saying(*pieces: bytes, first: bool = False, pause: float = 0.0, stays: bool = False) -> Talk:
    """Completes the handshake, takes the request (not ``first``), says this, and closes."""
    context = openssl_context(GOOD)

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(context)
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))
            if not (peer.done and (first or peer.received)):
                continue
            for piece in pieces:
                time.sleep(pause)
                peer.connection.sendall(piece)
                connection.sendall(peer.exchange(b""))
            if not stays:
                connection.settimeout(GRACE)
                connection.recv(65536)  # closing over unread bytes would reset what was said
                return
            while connection.recv(65536):
                pass

    return talk


def looked_at(
    talk: Talk, folder: Path, *, mode: str = "strict"
) -> tuple[Case, tuple[Finding, ...]]:
    with scripted(talk) as place:
        (case,), found = diagnosed(route(place, mode=mode), trust=ROOT, folder=folder)
    return case, found


def huge(size: int) -> bytes:
    lines = b"".join(b"X-%05d: %s\r\n" % (number, b"a" * 990) for number in range(size // 1000))
    return b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n"


def page(words: bytes) -> bytes:
    return b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<h1>" + words + b"</h1>"


GOAWAY = bytes.fromhex("000008070000000000" + "00000000" + "00000001")
GOAWAY_LATER = bytes.fromhex("000008070000000000" + "00000001" + "00000000")
RST_STREAM = bytes.fromhex("000004030000000001" + "00000007")
NEEDS_HTTP1 = bytes.fromhex("000004030000000001" + "0000000d")
ANSWER = bytes.fromhex("000001010500000001") + b"\x88"

FAULTY = [
    ("h2 goaway", over_h2(SETTINGS + GOAWAY, closes=True), "closes-after-handshake", "medium",
     "GOAWAY PROTOCOL_ERROR (1)"),
    ("h2 reset", over_h2(SETTINGS + RST_STREAM, closes=False), "closes-after-handshake", "medium",
     "RST_STREAM REFUSED_STREAM (7)"),
    ("h2 closes", over_h2(SETTINGS, closes=True), "closes-after-handshake", "medium",
     "both Finished were exchanged, then the origin: "),  # a close or a reset: a race
    ("h2 is http/1", over_h2(b"HTTP/1.1 400 Bad Request\r\n\r\n", closes=False),
     "h2-alpn-mismatch", "high", "HTTP/1.1 400"),
    ("huge", saying(huge(200_000)), "bad-http-answer", "medium", "131,072 bytes"),
    ("cut short", saying(b"HTTP/1.1 200 OK\r\nServer: x\r\n"), "bad-http-answer", "medium",
     "before its headers do"),
    ("garbage", saying(bytes(range(200))), "bad-http-answer", "medium", r"\x00\x01\x02"),
    ("ssh", saying(b"SSH-2.0-OpenSSH_9.2\r\n", first=True), "wrong-port", "high", "SSH-2.0"),
    ("imap", saying(b"* OK [CAPA", b"BILITY] ready\r\n", first=True), "wrong-port", "high",
     "* OK [CAPABILITY]"),
    ("pop3", saying(b"+OK ready\r\n", first=True), "wrong-port", "high", "+OK"),
    ("mail or ftp", saying(b"220 ready\r\n", first=True), "wrong-port", "high", "220 ready"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("talk", "headline", "confidence", "proof"),
    [row[1:] for row in FAULTY],
    ids=[row[0] for row in FAULTY],
)
def test_what_is_no_answer_gives_520_with_its_proof(
    talk: Talk, headline: str, confidence: str, proof: str, tmp_path: Path
) -> None:
    case, found = looked_at(talk, tmp_path)
    assert (case.status.status, case.status.confidence) == ("520", "medium")
    assert (found[0].id, found[0].confidence, found[0].edge_status) == (headline, confidence, "520")
    assert proof in found[0].evidence[0].text
    assert found[0].remedies
    assert case.edge is not None
    again = from_plain(Observation, json.loads(json.dumps(to_plain(case.edge))))
    assert (again.http, again.http2_end) == (case.edge.http, case.edge.http2_end)


HEALTHY = [
    ("204", saying(b"HTTP/1.1 204 No Content\r\n\r\n")),
    ("no headers", saying(b"HTTP/1.0 200 OK\r\n\r\nhello")),
    ("interim", saying(b"HTTP/1.1 100 Continue\r\n\r\n", OK, pause=0.1)),
    ("pieces", saying(*(OK[at : at + 5] for at in range(0, len(OK), 5)), pause=0.01)),
    ("large", saying(huge(120_000))),
    ("h2 goaway and an answer", over_h2(SETTINGS + GOAWAY_LATER + ANSWER, closes=False)),
]


@pytest.mark.parametrize("talk", [row[1] for row in HEALTHY], ids=[row[0] for row in HEALTHY])
def test_what_is_an_answer_is_ok(talk: Talk, tmp_path: Path) -> None:
    case, found = looked_at(talk, tmp_path)
    assert (case.status.status, case.status.confidence) == ("ok", "high")
    assert found == ()


def test_an_application_that_takes_longer_than_a_handshake_may_is_ok(tmp_path: Path) -> None:
    plans: list[ProbePlan] = []

    async def hasty(plan: ProbePlan) -> Observation:
        plans.append(plan)
        return await run_probe(replace(plan, deadline=2_000, answer_deadline=60_000))

    with scripted(saying(OK, pause=2.5)) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path, runner=hasty)
    assert (case.status.status, case.status.confidence, found) == ("ok", "high", ())
    assert plans[0].answer_deadline > 2 * plans[0].deadline > 5_000


@pytest.mark.parametrize(
    "talk",
    [
        saying(stays=True),
        saying(b"HTTP/1.1 100 Continue\r\n\r\n", stays=True),
        saying(b"HTTP/1.1 200 OK\r\nServer", stays=True),
        saying(b"HTT", stays=True),
        over_h2(SETTINGS, closes=False),
        over_h2(b"", closes=False),
    ],
    ids=["silent", "interim", "half a head", "half a line", "h2", "h2 without SETTINGS"],
)
@pytest.mark.parametrize("mode", ["strict", "unknown"])
def test_an_answer_that_does_not_come_cannot_be_told(talk: Talk, mode: str, tmp_path: Path) -> None:
    case, found = looked_at(talk, tmp_path, mode=mode)
    assert (case.status.status, case.status.confidence) == ("unknown", "low")
    assert "neither 525 nor 526" in case.status.reason
    assert (found[0].id, found[0].confidence) == ("slow-application", "low")
    assert "no 525 or 526" in found[0].title
    assert any("--max-time" in each for each in found[0].remedies[0].commands)
    assert overall([case], found).summary.startswith("Cannot tell: TLS works")


def test_silence_behind_a_certificate_that_is_refused_stays_a_526(tmp_path: Path) -> None:
    context = openssl_context(ISSUER.issue("other.example"))

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(context)
        while data := connection.recv(65536):
            connection.sendall(peer.exchange(data))

    case, found = looked_at(talk, tmp_path)
    assert (case.status.status, found[0].id) == ("526", "default-vhost-cert")
    assert "slow-application" not in {each.id for each in found}
    case, found = looked_at(talk, tmp_path, mode="unknown")
    assert case.status.status == "unknown"
    assert "no 525;" in case.status.reason
    assert "(no 525)" in next(each.title for each in found if each.id == "slow-application")


def test_an_origin_that_wants_http1_behind_an_agreed_http2(tmp_path: Path) -> None:
    with scripted(over_h2(SETTINGS + NEEDS_HTTP1, closes=False)) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (case.status.status, case.status.confidence) == ("unknown", "low")
    assert "closes-after-handshake" not in {each.id for each in found}


@pytest.mark.parametrize(
    "words",
    [
        b"The plain HTTP request was sent to HTTPS port",
        b"Client sent an HTTP request to an HTTPS server.",
        b"Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
        b"This combination of host and port requires TLS.",
    ],
)
def test_a_page_that_tells_of_plain_http_to_a_tls_port(words: bytes, tmp_path: Path) -> None:
    head, _, body = page(words).partition(b"<h1>")
    case, found = looked_at(saying(head, body, pause=0.05), tmp_path)
    assert case.status.status == "origin-400"
    assert (found[0].id, found[0].confidence) == ("tls-in-tls", "medium")
    assert "only evidence" in found[0].confidence_reason
    summary = overall([case], found).summary
    assert "HTTP 400: TLS works, and behind it plain HTTP" in summary


def test_a_bad_request_of_another_kind_has_no_cause(tmp_path: Path) -> None:
    case, found = looked_at(saying(page(b"Bad Request"), stays=True), tmp_path)
    assert (case.status.status, found) == ("origin-400", ())
    summary = overall([case], found).summary
    assert "Nothing wrong" not in summary
    assert 'its own HTTP 400 "Bad Request": the origin makes this page' in summary


def test_the_words_in_a_page_that_is_fine_are_no_cause(tmp_path: Path) -> None:
    body = b"The plain HTTP request was sent to HTTPS port"
    case, found = looked_at(saying(b"HTTP/1.1 200 OK\r\n\r\n" + body), tmp_path)
    assert (case.status.status, found) == ("ok", ())


@pytest.mark.parametrize(("covered", "confidence"), [(True, "medium"), (False, "high")])
def test_jetty_says_that_certificate_and_host_do_not_fit(
    covered: bool, confidence: str, tmp_path: Path
) -> None:
    issued = GOOD if covered else ISSUER.issue("internal.example")
    context = openssl_context(issued, alpn=(b"http/1.1",))

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(context, answer=page(b"HTTP ERROR 400 Invalid SNI"))
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))

    with scripted(talk) as place:
        found = found_at(place, tmp_path, mode="full")
    assert (found[0].id, found[0].confidence) == ("host-sni-mismatch", confidence)
    assert ("does not cover" in found[0].title) is not covered
    java = next(each for each in found[0].remedies if each.platform == "Java")
    assert "jetty.ssl.sniHostCheck=false" in java.commands


def test_the_limit_is_the_edges() -> None:
    assert HEAD_LIMIT == 128 * 1024
