"""Causes in what listens on the port: a web server without TLS, or another service."""

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.families import inspection
from cf525.causes.match import Match, contrast, evidence, outcome, variation_label
from cf525.causes.signs import greeting, plain
from cf525.causes.signs.server import server_header
from cf525.model import Confidence, Variable

HIGH, MEDIUM = Confidence.HIGH, Confidence.MEDIUM


@cause("no-tls-on-443", rank=20)
def no_tls(case: Case) -> Match | None:
    """The ClientHello is answered by HTTP in the clear."""
    plaintext = case.edge.plaintext if case.edge is not None else None
    if plaintext is None:
        return _serves_in_clear(case)
    if greeting.is_http2(plaintext.head):
        line = "HTTP/2 SETTINGS (HTTP/2 or gRPC in clear)"
        text = f"the first bytes from the port are no TLS record but: {line}"
        return Match(
            confidence=HIGH,
            evidence=(evidence(text, case.edge),),
            facts={"line": line, "unanswered": False, "framed": False},
        )
    if plaintext.kind != "http":
        return None
    line = plaintext.status_line or plaintext.head[:40].decode("latin-1")
    reason = _unsure_of_clear(case, line)
    proofs = [evidence(f"the answer to the ClientHello is no TLS record but: {line}", case.edge)]
    clear = next((each for each in case.varied(Variable.PLAIN, "") if each.http is not None), None)
    if clear is not None:
        proofs.append(evidence(f"a plain HTTP request gets: {outcome(clear)}", clear))
    return Match(
        confidence=MEDIUM if reason else HIGH,
        reason=reason,
        evidence=tuple(proofs),
        facts={"line": line, "unanswered": False, "framed": "PROXY" in reason},
    )


def _unsure_of_clear(case: Case, line: str) -> str:
    """What else could have answered a hello in clear; empty where nothing could."""
    if inspection.is_forward_proxy(server_header(case) or "", line):
        return "a proxy between here and the origin may have answered"
    spoken, _ = plain.spoken(case)
    if " 400 " in f"{line} " and spoken is not plain.PlainReply.HTTP:
        return (
            "plain HTTP is not served either: a balancer in front that puts a PROXY header before "
            "the hello, for a server that expects none, looks the same"
        )
    return ""


def _serves_in_clear(case: Case) -> Match | None:
    """The hello meets silence or a close, and the same port serves a plain request."""
    kind, probe = plain.spoken(case)
    if kind is not plain.PlainReply.HTTP or probe is None or not _dead_to_tls(case):
        return None
    return Match(
        confidence=MEDIUM,
        reason="a port that tells TLS from HTTP and hands TLS to a dead server looks the same",
        evidence=(contrast(case, *case.varied(Variable.REPEAT), probe),),
        facts={"line": outcome(probe), "unanswered": True, "framed": False},
    )


def _dead_to_tls(case: Case) -> bool:
    """Whether neither the edge's hello nor any other drew as much as an alert."""
    if not (case.silent or case.silent_close):
        return False
    return not any(each.answered or each.fatal_alert for each in case.probes)


@cause("wrong-port", rank=20)
def wrong_port(case: Case) -> Match | None:
    """Another protocol's greeting, in the clear or inside TLS, its answer to plain text, or bytes
    of no protocol we know."""
    inside = greeting.within_tls(case)
    if inside and greeting.service(inside):
        return Match(
            confidence=HIGH,
            evidence=(
                evidence(f"inside TLS the first bytes are: {greeting.shown(inside)}", case.edge),
            ),
            facts={"service": greeting.service(inside), "inside": "yes"},
            status="520",
        )
    plaintext = case.edge.plaintext if case.edge is not None else None
    if plaintext is not None and greeting.is_http2(plaintext.head):
        return None
    if plaintext is not None and plaintext.kind != "http":
        head, said, proof = plaintext.head, "the first bytes from the port are", case.edge
    else:
        kind, proof = plain.spoken(case)
        if kind is not plain.PlainReply.OTHER or proof is None or not _dead_to_tls(case):
            return None
        assert proof.variation is not None
        asked = variation_label(proof.variation)
        head, said = plain.first_bytes(proof), f"the hello gets no answer; {asked} gets"
    service = greeting.service(head)
    text = greeting.shown(head) if service else head[:40].hex(" ")
    return Match(
        confidence=HIGH if service else MEDIUM,
        reason="" if service else "no service that is known here begins with these bytes",
        evidence=(evidence(f"{said}: {text}", case.edge, proof),),
        facts={"service": service or "unknown", "inside": ""},
    )
