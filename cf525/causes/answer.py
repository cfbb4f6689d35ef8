"""Causes behind a finished handshake: HTTP/2 that is not spoken, names that HTTP minds.

The edge passes an origin's HTTP status on; what is matched here says why that status has to do
with TLS. Nothing here looks at the text of a page.
"""

from cf525.causes.case import Case, Match, contrast, evidence
from cf525.causes.cause import cause
from cf525.model import Confidence, Ending

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


@cause("h2-alpn-mismatch", "520", rank=66)
def h2_not_spoken(case: Case) -> Match | None:
    """The server chooses h2 and what stands behind it does not speak it."""
    edge = case.edge
    hello = edge.server_hello if edge is not None else None
    if edge is None or hello is None or not edge.established or hello.alpn != "h2":
        return None
    if edge.http2_settings or (edge.http is not None and edge.http.status is not None):
        return None
    plain = next((p for p in case.varied("alpn", "http/1.1") if p.http and p.http.status), None)
    if plain is None and edge.ending is Ending.TIMEOUT:
        return None
    return Match(
        confidence=HIGH if plain is not None else LOW,
        reason="" if plain is not None else "HTTP/1.1 is not answered either",
        evidence=(
            evidence("ALPN h2 was chosen, and no HTTP/2 SETTINGS frame followed", edge),
            *([contrast(case, plain)] if plain is not None else []),
        ),
        status="520",
    )


@cause("host-sni-mismatch", "origin-421", "origin-400", "origin-403", "origin-495", rank=67)
def host_and_sni_differ(case: Case) -> Match | None:
    """The TLS name and the Host header select different sites, and the server refuses."""
    edge = case.edge
    status = edge.http.status if edge is not None and edge.http is not None else None
    if edge is None or not edge.established or edge.certificate_request is not None:
        return None
    differs = case.route.sni is not None and case.route.sni != case.route.host_header
    if status == 421:
        confidence, reason = (HIGH, "") if differs else (MEDIUM, "both names are the same here")
    elif status in (400, 403, 404, 495) and differs:
        alike = (probe.http.status for probe in case.varied("host") if probe.http is not None)
        if next(alike, None) in (None, status):
            return None
        confidence, reason = (HIGH, "with Host and SNI alike the answer is another")
    else:
        return None
    text = f"SNI {case.route.sni}, Host {case.route.host_header} → HTTP {status}"
    others = [probe for probe in case.varied("host") if probe.http is not None]
    return Match(
        confidence=confidence,
        reason=reason,
        evidence=(evidence(text, edge), *([contrast(case, *others)] if others else [])),
        facts={"answer": str(status), "host_header": case.route.host_header},
        status=case.status.status,
    )
