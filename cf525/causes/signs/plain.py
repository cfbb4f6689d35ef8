"""What a port made of plain text: of an HTTP request, or of the line that a PROXY header is.

A TLS hello met with silence or a close says little. The same port often gives itself away when it
is spoken to in clear: a web server without TLS serves the request, a TLS listener complains of
it, and another service answers in its own words.
"""

from enum import StrEnum
from typing import Final

from cf525.causes.case import Case
from cf525.causes.match import outcome, variation_label
from cf525.model import HttpAnswer, Observation, Variable
from cf525.tls.plaintext import looks_like_tls


class PlainReply(StrEnum):
    """What an answer to plain text shows the listener to be."""

    HTTP = "http"  # a web server that serves the request in clear
    TLS = "tls"  # a TLS listener that minds the missing TLS
    EITHER = "either"  # an answer that both kinds give
    OTHER = "other"  # another service
    NOTHING = ""  # no byte came, or nobody asked


PLAIN_TO_TLS: Final = (
    (b"plain HTTP request was sent to HTTPS port", "nginx or AWS"),
    (b"sent an HTTP request to an HTTPS server", "Go"),
    (b"speaking plain HTTP to an SSL-enabled server port", "Apache"),
    (b"combination of host and port requires TLS", "Tomcat"),
)
"""What servers say to plain HTTP on their TLS port, and whose words these are."""

_MOST_TELLING: Final = (PlainReply.TLS, PlainReply.OTHER, PlainReply.EITHER, PlainReply.HTTP)


def spoken(case: Case) -> tuple[PlainReply, Observation | None]:
    """What this port speaks, by the plain requests to it, and the probe that shows it.

    A sign of TLS outweighs an HTTP answer: a TLS listener may well answer plain HTTP, and a
    server without TLS never sends a TLS record.
    """
    said: dict[PlainReply, Observation] = {}
    for probe in case.varied(Variable.PLAIN, ""):
        if probe.http is not None:
            said.setdefault(_of_http(probe.http), probe)
    for probe in case.varied(Variable.PROXY):
        if probe.plaintext is not None:
            kind = PlainReply.EITHER if probe.plaintext.kind == "http" else PlainReply.OTHER
            said.setdefault(kind, probe)
    for kind in _MOST_TELLING:
        if kind in said:
            return kind, said[kind]
    return PlainReply.NOTHING, None


def _of_http(answer: HttpAnswer) -> PlainReply:
    if answer.status is None:
        return PlainReply.TLS if looks_like_tls(answer.body_head[:2]) else PlainReply.OTHER
    if any(words in answer.body_head for words, _ in PLAIN_TO_TLS):
        return PlainReply.TLS
    to_https = (answer.header("location") or "").lower().startswith("https://")
    # 400 is what many TLS listeners answer, and many may redirect to themselves (nginx, 497).
    return PlainReply.EITHER if answer.status == 400 or to_https else PlainReply.HTTP


def first_bytes(probe: Observation) -> bytes:
    """The first bytes of an answer in clear that is no HTTP answer."""
    if probe.plaintext is not None:
        return probe.plaintext.head
    return probe.http.body_head if probe.http is not None else b""


def facts(case: Case) -> dict[str, object]:
    """For the pages of causes that end in silence: what met plain text, as far as it was tried,
    so that no page claims what a probe contradicts."""
    kind, telling = spoken(case)
    shown = telling or next(case.varied(Variable.PLAIN, ""), None)
    text = ""
    if shown is not None and shown.variation is not None:
        text = f"{variation_label(shown.variation)} → {outcome(shown)}"
    return {"in_clear": str(kind), "told_in_clear": text}
