"""From what follows a finished handshake, or a plain connection, to the status a visitor gets.

The other half of ``status``: no TLS fault is left, and the origin's answer decides. Only an
answer that came whole makes an "ok"; silence does not.

Sources: developers.cloudflare.com/support/troubleshooting/http-status-codes (520, 524);
fundamentals/reference/connection-limits; speed/optimization/protocol/http2-to-origin;
cloudflare/pingora c0845a86, which renegotiates freely with origins (boringssl_openssl/mod.rs).
"""

from dataclasses import replace
from typing import Final
from urllib.parse import urljoin, urlsplit

from cf525.edge.codes import EDGE_ERRORS
from cf525.edge.mutual import refused_without, refuses_in_http, shows_own
from cf525.model import (
    Confidence,
    EdgeStatus,
    Ending,
    Http2End,
    HttpAnswer,
    Observation,
    Route,
    Stage,
)
from cf525.model.registry import HTTP_1_1_REQUIRED
from cf525.model.status import OK, REDIRECT_LOOP, UNKNOWN, Status

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

HEAD_LIMIT: Final = 131_072
"""Bytes of response headers above which the edge answers 520 (its page on 520: 128 KB)."""
ANSWER_SECONDS: Final = 120
"""How long the edge waits for an HTTP answer before it answers 524."""


def after_handshake(route: Route, observation: Observation, excluded: str) -> EdgeStatus:
    """What follows a finished handshake: the request, or the origin's late refusal.

    ``excluded`` names the codes of TLS that are out of the question by now.
    """
    alert = observation.fatal_alert
    closed = alert is not None or observation.ending in (Ending.EOF, Ending.RESET)
    if observation.certificate_request is not None and not shows_own(route):
        if closed and observation.http is None:
            return refused_without(route, Status("520"))
        if refuses_in_http(observation):
            assert observation.http is not None
            assert observation.http.status is not None
            return refused_without(route, Status.of_origin(observation.http.status))
    if observation.http is not None:
        found = answered(observation, observation.http, excluded)
        return _renegotiating(found) if observation.asks_to_renegotiate else found
    end = observation.http2_end
    if end is not None and end.code == HTTP_1_1_REQUIRED:
        return _of(
            UNKNOWN,
            LOW,
            "the origin asks for HTTP/1.1 behind an agreed HTTP/2, and Cloudflare does not say "
            "whether the edge asks again",
        )
    if end is not None:
        return _of(
            Status("520"), MEDIUM, f"the handshake finishes, then the origin sends {refusal(end)}"
        )
    if observation.ending in (Ending.PROTOCOL_ERROR, Ending.LIMIT) or _broken_late(observation):
        return _of(Status("520"), MEDIUM, "the origin breaks TLS after the handshake")
    if observation.asks_to_renegotiate:
        return _of(
            OK,
            MEDIUM,
            "the handshake finishes, then the origin asks for another one; as far as Cloudflare's "
            "public source shows, the edge takes part in it",
        )
    if closed:
        return _of(
            Status("520"),
            MEDIUM,
            "the handshake finishes, then the origin closes without an HTTP answer",
        )
    if observation.ending is Ending.TIMEOUT:
        return _silent(observation, excluded)
    return _of(OK, MEDIUM, "the handshake finishes; no HTTP answer was awaited")


def _broken_late(observation: Observation) -> bool:
    notes = observation.rejecting_notes
    return any(note.stage.reached(Stage.ESTABLISHED) for note in notes)


def _renegotiating(found: EdgeStatus) -> EdgeStatus:
    """What came around a HelloRequest: that the edge would have renegotiated is inferred."""
    return replace(found, confidence=max(found.confidence, MEDIUM, key=lambda each: each.rank))


def _of(status: Status, confidence: Confidence, reason: str) -> EdgeStatus:
    return EdgeStatus(status=status, confidence=confidence, reason=reason)


def refusal(end: Http2End) -> str:
    """'RST_STREAM PROTOCOL_ERROR (1) in place of an answer'."""
    return f"{end.frame} {end.name} ({end.code}) in place of an HTTP/2 answer"


def _silent(observation: Observation, excluded: str) -> EdgeStatus:
    waited = f"{observation.timings.total / 1000:.1f} s"
    return _of(
        UNKNOWN,
        LOW,
        f"TLS works, so visitors get {excluded}; no HTTP answer came in {waited}, and the edge "
        f"waits {ANSWER_SECONDS} s before it gives up with 524",
    )


def answered(observation: Observation, answer: HttpAnswer, excluded: str = "") -> EdgeStatus:
    """What the bytes that came in answer to the request make of it."""
    if answer.head_size > HEAD_LIMIT:
        text = f"the origin's answer has more than {HEAD_LIMIT // 1024} KB of headers"
        return _of(Status("520"), MEDIUM, text)
    if not answer.head_complete:
        if observation.ending is Ending.TIMEOUT and excluded:
            return _silent(observation, excluded)
        if observation.ending is Ending.TIMEOUT:
            return _of(UNKNOWN, LOW, "the origin's answer begins and is not finished in time")
        return _of(Status("520"), MEDIUM, "the origin's answer ends before its headers do")
    if answer.status is None:
        return _of(Status("520"), MEDIUM, "the origin's answer is not HTTP")
    return _passed_on(answer.status, "TLS works" if excluded else "plain HTTP works")


REDIRECTS: Final = (301, 302, 303, 307, 308)


def going_round(found: EdgeStatus, answer: HttpAnswer | None, url: str) -> EdgeStatus:
    """The status where the origin redirects the URL that was asked for to itself: visitors go
    round. One that sets a cookie may let its visitor pass the second time."""
    if not redirects_to_itself(answer, url) or found.status != OK:
        return found
    return _of(
        REDIRECT_LOOP,
        MEDIUM,
        "TLS works, and the origin redirects the very URL that was asked for to itself",
    )


def redirects_to_itself(answer: HttpAnswer | None, url: str) -> bool:
    """Whether an answer sends a visitor without cookies to where he is already."""
    if answer is None or answer.status not in REDIRECTS or answer.header("set-cookie"):
        return False
    try:
        there = urlsplit(urljoin(url, answer.header("location") or "x"))
    except ValueError:
        return False
    here = urlsplit(url)
    ports = {"https": 443, "http": 80}
    try:
        same_port = (there.port or ports.get(there.scheme)) == (here.port or ports[here.scheme])
    except ValueError:
        return False
    same = (there.scheme, there.hostname, there.path or "/", there.query) == (
        here.scheme, here.hostname, here.path or "/", here.query
    )  # fmt: skip
    return same and same_port


def _passed_on(status: int, works: str) -> EdgeStatus:
    if status in EDGE_ERRORS:
        return _of(
            Status.of_origin(status),
            HIGH,
            f"the origin itself answers {status}: another proxy stands behind it",
        )
    if status == 403:
        return _of(
            Status.of_origin(status),
            MEDIUM,
            f"{works}; the origin answers HTTP 403, which passes through unchanged unless it "
            "forbids this machine's address alone",
        )
    if status >= 400:
        return _of(
            Status.of_origin(status),
            HIGH,
            f"{works}; the origin answers HTTP {status}, which passes through unchanged",
        )
    return _of(OK, HIGH, f"{works}; HTTP {status}")
