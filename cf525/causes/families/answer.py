"""Causes behind a finished handshake: no answer, one that is no HTTP, and errors that TLS explains.

The edge passes an origin's HTTP status on; what is matched here says why that status has to do
with TLS. The text of a page is looked at for one status alone, 400: servers send it for all that
they cannot parse, and say nowhere else what it was.
"""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.families.edgeview import edge_says, only_at_the_edge
from cf525.causes.match import Match, contrast, evidence
from cf525.causes.signs import greeting
from cf525.causes.signs.plain import PLAIN_TO_TLS
from cf525.edge.answer import HEAD_LIMIT, redirects_to_itself, refusal
from cf525.model import Confidence, Ending, Observation, Variable
from cf525.model.registry import HTTP_1_1_REQUIRED
from cf525.model.status import REDIRECT_LOOP

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

INVALID_SNI: Final = (b"Invalid SNI", b"SNI required")
"""What Jetty's SniHostCheck and sniRequired say when the certificate and the Host do not fit."""


def _page(case: Case) -> bytes:
    """The page of an HTTP 400 that came through TLS and that visitors get as it is."""
    answer = case.edge.http if case.edge is not None and case.edge.established else None
    passed_on = case.status.status == "origin-400" and answer is not None and answer.status == 400
    return answer.body_head if answer is not None and passed_on else b""


def _over_http1(case: Case) -> Observation | None:
    """The probe that offered HTTP/1.1 alone and had an answer."""
    probes = case.varied(Variable.ALPN, "http/1.1")
    return next((each for each in probes if each.http and each.http.status), None)


@cause("h2-alpn-mismatch", rank=66, replaces=("bad-http-answer",))
def h2_not_spoken(case: Case) -> Match | None:
    """The server chooses h2, and what stands behind it does not speak it or refuses it."""
    edge = case.edge
    hello = edge.server_hello if edge is not None else None
    if edge is None or hello is None or not edge.established or hello.alpn != "h2":
        return None
    if edge.http is not None and edge.http.status is not None:
        return None
    if edge.certificate_request is not None and edge.fatal_alert is not None:
        return None  # the refusal of a missing client certificate, and nothing of HTTP/2
    if edge.http is not None and edge.http.body_head.startswith(b"HTTP/1."):
        proof = evidence(f"ALPN h2 was chosen, and {_instead(edge)}", edge)
        return Match(confidence=HIGH, evidence=(proof,), status="520", facts={"frames": ""})
    plain = _over_http1(case)
    if plain is None and (edge.http2_settings or edge.ending is Ending.TIMEOUT):
        return None
    told = case.status.status == "520"
    reason = "" if told else "the edge may wait, or ask again over HTTP/1.1"
    return Match(
        confidence=(HIGH if told else MEDIUM) if plain is not None else LOW,
        reason=reason if plain is not None else "HTTP/1.1 is not answered either",
        evidence=(
            evidence(f"ALPN h2 was chosen, and {_instead(edge)}", edge),
            *([contrast(case, plain)] if plain is not None else []),
        ),
        status="520" if told or plain is None else case.status.status,
        contributing=plain is None,
        facts={"frames": "yes" if edge.http2_settings or edge.http2_end is not None else ""},
    )


def _instead(edge: Observation) -> str:
    """What came where HTTP/2 was agreed."""
    if edge.http2_end is not None:
        return f"the origin sent {refusal(edge.http2_end)}"
    if edge.http is not None:
        return f"what came is no HTTP/2: {greeting.shown(edge.http.body_head)}"
    if edge.http2_settings:
        return "no HTTP/2 answer followed its SETTINGS"
    return "no HTTP/2 SETTINGS frame followed"


@cause("host-sni-mismatch", rank=67)
def host_and_sni_differ(case: Case) -> Match | None:
    """The TLS name and the Host header select different sites, and the server refuses."""
    edge = case.edge
    status = edge.http.status if edge is not None and edge.http is not None else None
    if edge is None or not edge.established or edge.certificate_request is not None:
        return None
    said = next((each for each in INVALID_SNI if each in _page(case)), None)
    if said is not None:
        return _invalid_sni(case, edge, said)
    differs = case.route.sni is not None and case.route.sni != case.route.host_header
    if status == 421:
        confidence, reason = (HIGH, "") if differs else (MEDIUM, "both names are the same here")
    elif status in (400, 403, 404, 495) and differs:
        alike = (
            probe.http.status for probe in case.varied(Variable.HOST) if probe.http is not None
        )
        if next(alike, None) in (None, status):
            return None
        confidence, reason = (HIGH, "with Host and SNI alike the answer is another")
    else:
        return None
    text = f"SNI {case.route.sni}, Host {case.route.host_header} → HTTP {status}"
    others = [probe for probe in case.varied(Variable.HOST) if probe.http is not None]
    return Match(
        confidence=confidence,
        reason=reason,
        evidence=(evidence(text, edge), *([contrast(case, *others)] if others else [])),
        facts={"answer": str(status), "host_header": case.route.host_header, "uncovered": ""},
        status=case.status.status,
    )


def _invalid_sni(case: Case, edge: Observation, said: bytes) -> Match:
    """Jetty says so; where its certificate does not cover the Host, the wire says so too."""
    uncovered = case.verdict is not None and case.verdict.has("hostname_mismatch")
    names = ", ".join(case.leaf.dns_names[:4]) if case.leaf is not None else ""
    return Match(
        confidence=HIGH if uncovered else MEDIUM,
        reason="" if uncovered else "the words of the page are the only evidence",
        evidence=(
            evidence(f'HTTP 400, and the page says "{said.decode()}"', edge),
            *(
                [evidence(f"the certificate covers {names or 'no name'}", edge)]
                if uncovered
                else []
            ),
        ),
        facts={
            "answer": "400",
            "host_header": case.route.host_header,
            "uncovered": "yes" if uncovered else "",
        },
        status=case.status.status,
    )


@cause("tls-in-tls", rank=65)
def plain_http_to_a_tls_port(case: Case) -> Match | None:
    """TLS is ended, and the request goes on in the clear to a port that wants TLS again."""
    page = _page(case)
    found = next(((words, who) for words, who in PLAIN_TO_TLS if words in page), None)
    if found is None:
        return None
    words, who = found
    return Match(
        confidence=MEDIUM,
        reason="the words of the page are the only evidence there is",
        evidence=(
            evidence(
                f'HTTP 400 inside TLS, and the page says "{words.decode()}": the words of {who}',
                case.edge,
            ),
        ),
        status=case.status.status,
    )


@cause("redirect-to-itself", rank=30)
def redirect_to_itself(case: Case) -> Match | None:
    """The origin redirects the URL it is asked for to that very URL."""
    edge = case.edge
    if edge is None or case.status.status != REDIRECT_LOOP or case.route.scheme != "https":
        return None
    if not redirects_to_itself(edge.http, case.target.url):
        return None
    assert edge.http is not None
    location = edge.http.header("location") or ""
    return Match(
        confidence=MEDIUM,
        reason="a site that knows its visitors by more than cookies may let them pass",
        evidence=(
            evidence(
                f"HTTPS to {case.where} answers {edge.http.status} → {location}, without a cookie",
                edge,
            ),
        ),
        facts={"answer": str(edge.http.status)},
    )


UPSTREAM_WORDS: Final = (
    (b"TLS_error", "Envoy"),
    (b"CERTIFICATE_VERIFY_FAILED", "a proxy on BoringSSL or OpenSSL"),
    (b"Error during SSL Handshake with remote server", "Apache mod_proxy"),
    (b"tls: failed to verify certificate", "a proxy in Go"),
    (b"tls: handshake failure", "a proxy in Go"),
    (b"x509: certificate", "a proxy in Go"),
    (b"unable to verify the first certificate", "a proxy on Node"),
    (b"ERR_TLS_CERT_ALTNAME_INVALID", "a proxy on Node"),
    (b"DEPTH_ZERO_SELF_SIGNED_CERT", "a proxy on Node"),
    (b"does not match certificate's altnames", "a proxy on Node"),
    (b"PKIX path building failed", "a proxy in Java"),
    (b"SSLHandshakeException", "a proxy in Java"),
    (b"The remote certificate is invalid", "a proxy on .NET"),
)
"""How proxies say, in the page of their own 5xx, that TLS to what stands behind them failed.
Source: the words of these programs' own sources (observed)."""


@cause("proxy-refuses-its-upstream", rank=64)
def refuses_its_upstream(case: Case) -> Match | None:
    """The edge is served; the proxy that serves it cannot shake hands with its own upstream."""
    edge = case.edge
    if edge is None or edge.http is None or edge.http.status not in (500, 502, 503, 504):
        return None
    page = edge.http.body_head
    found = next(((words, who) for words, who in UPSTREAM_WORDS if words in page), None)
    if found is None:
        return None
    words, who = found
    said = f'HTTP {edge.http.status}, and the page says "{words.decode()}": the words of {who}'
    return Match(
        confidence=MEDIUM,
        reason="the words of the page are the only evidence there is",
        evidence=(evidence(said, edge),),
        facts={"who": who, "answer": str(edge.http.status)},
        status=case.status.status,
    )


@cause("bad-http-answer", rank=7)
def bad_http_answer(case: Case) -> Match | None:
    """What comes is no HTTP answer the edge can use, or the edge says so itself."""
    if only_at_the_edge(case, "520"):
        return edge_says(case, "one request without cookies may not meet what visitors meet")
    edge = case.edge
    if edge is None or case.status.status != "520" or _over_http1(case) is not None:
        return None
    proof = _unusable(case, edge)
    if not proof:
        return None
    return Match(
        confidence=MEDIUM,
        reason="Cloudflare names what leads to 520, not how exactly the edge counts and parses",
        evidence=(evidence(proof, edge),),
        status="520",
    )


def _unusable(case: Case, edge: Observation) -> str:
    """What is wrong with the answer that came; empty where none came or another cause says it."""
    answer = edge.http
    if answer is None:
        broken = edge.established and edge.ending in (Ending.PROTOCOL_ERROR, Ending.LIMIT)
        return f"TLS breaks after the handshake: {edge.detail}" if broken else ""
    if answer.head_size > HEAD_LIMIT:
        return (
            f"the headers of the answer have more than {HEAD_LIMIT:,} bytes, and the edge takes "
            f"{HEAD_LIMIT // 1024} KB in all"
        )
    if answer.status is not None:
        return (
            f"the answer (HTTP {answer.status}) ends after {answer.head_size} bytes, before its "
            "headers do"
        )
    if greeting.service(greeting.within_tls(case)):
        return ""
    return f"the first bytes of the answer are: {greeting.shown(answer.body_head)}"


@cause("slow-application", needs=(), rank=7)
def slow_application(case: Case) -> Match | None:
    """No answer comes: the edge says so, or it does not come here either."""
    if case.visit is not None and case.visit.code == "524":
        return edge_says(case, "")
    edge = case.edge
    if edge is None or case.status.status != "unknown" or edge.ending is not Ending.TIMEOUT:
        return None
    trusted = case.verdict is not None and case.verdict.accepted
    if not edge.established or (case.validated and not trusted) or _over_http1(case) is not None:
        return None
    excluded = "no 525" if case.validated is None and not trusted else "no 525 or 526"
    waited = f"{edge.timings.total / 1000:.0f} s"
    return Match(
        confidence=LOW,
        reason="a slow application and one that never answers are alike until the edge gives up",
        evidence=(
            evidence(f"both Finished were exchanged, and then {_silence(edge)} in {waited}", edge),
        ),
        facts={"waited": waited, "excluded": excluded},
        status="unknown",
    )


def _silence(edge: Observation) -> str:
    if edge.http is not None:
        return f"{edge.http.head_size} bytes of an answer without the end of its headers came"
    if edge.http2_settings:
        return "no HTTP/2 answer but SETTINGS came"
    return "no byte of an HTTP answer came"


@cause("closes-after-handshake", rank=70)
def closes_after_handshake(case: Case) -> Match | None:
    """The handshake finishes; then the connection or the request ends without an HTTP answer."""
    edge = case.edge
    if edge is None or not edge.established or edge.http is not None:
        return None
    if edge.certificate_request is not None or _over_http1(case) is not None:
        return None
    end = edge.http2_end
    if end is not None and end.code != HTTP_1_1_REQUIRED:
        text = f"both Finished were exchanged, then the origin sent {refusal(end)}"
    elif end is None and edge.ending in (Ending.EOF, Ending.RESET, Ending.ALERT):
        text = f"both Finished were exchanged, then the origin: {edge.ending}"
    else:
        return None
    return Match(confidence=MEDIUM, evidence=(evidence(text, edge),), status="520")
