"""Causes that show before TLS: the port, the address, the listener."""

from cf525.causes.case import Case, Match, contrast, evidence
from cf525.causes.cause import cause
from cf525.model import Confidence, Ending, Stage

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


@cause("port-refused", "521", rank=10)
def port_refused(case: Case) -> Match | None:
    """The TCP SYN is answered by RST."""
    if case.edge is None or case.edge.ending is not Ending.REFUSED:
        return None
    return Match(
        confidence=MEDIUM,
        reason="a firewall that rejects everybody but Cloudflare answers in the same way",
        evidence=(evidence(f"TCP to {case.where} is refused (RST to the SYN)", case.edge),),
    )


@cause("port-filtered", "522", rank=10)
def port_filtered(case: Case) -> Match | None:
    """The TCP SYN is never answered."""
    if case.edge is None or case.edge.ending is not Ending.CONNECT_TIMEOUT:
        return None
    waited = case.edge.timings.total / 1000
    return Match(
        confidence=LOW,
        reason="an origin that admits only Cloudflare's addresses, as recommended, looks the same",
        evidence=(evidence(f"TCP to {case.where} is not answered in {waited:.1f} s", case.edge),),
        status="522",
    )


@cause("no-route", "523", rank=10)
def no_route(case: Case) -> Match | None:
    """Routers or this machine say that the address cannot be reached."""
    if case.edge is None or case.edge.ending is not Ending.UNREACHABLE:
        return None
    return Match(
        confidence=LOW,
        reason="the route from here is not the route from Cloudflare",
        evidence=(
            evidence(f"{case.where} is unreachable from here ({case.edge.detail})", case.edge),
        ),
        status="523",
    )


@cause("no-tls-on-443", "525", rank=20)
def no_tls(case: Case) -> Match | None:
    """The ClientHello is answered by HTTP in the clear."""
    plaintext = case.edge.plaintext if case.edge is not None else None
    if plaintext is None or plaintext.kind != "http":
        return None
    line = plaintext.status_line or plaintext.head[:40].decode("latin-1")
    return Match(
        confidence=HIGH,
        evidence=(
            evidence(f"the answer to the ClientHello is no TLS record but: {line}", case.edge),
        ),
        facts={"line": line},
    )


@cause("wrong-port", "525", rank=20)
def wrong_port(case: Case) -> Match | None:
    """Another protocol's banner, or bytes that are no protocol we know."""
    plaintext = case.edge.plaintext if case.edge is not None else None
    if plaintext is None or plaintext.kind == "http":
        return None
    service = {"ssh": "SSH", "smtp": "SMTP", "ftp": "FTP"}.get(plaintext.kind, "unknown")
    shown = plaintext.head[:40]
    text = shown.decode("latin-1") if service != "unknown" else shown.hex(" ")
    return Match(
        confidence=HIGH if service != "unknown" else MEDIUM,
        evidence=(evidence(f"the first bytes from the port are: {text}", case.edge),),
        facts={"service": service},
    )


@cause("proxy-protocol-expected", "525", rank=20)
def proxy_protocol(case: Case) -> Match | None:
    """The listener wants a PROXY header first; with one it shakes hands."""
    probe = case.answered("proxy")
    if probe is None or not case.before_hello or case.edge is None:
        return None
    return Match(confidence=HIGH, evidence=(contrast(case, probe),))


@cause("split-clienthello", "525", rank=30)
def split_clienthello(case: Case) -> Match | None:
    """Something on the path cannot read a ClientHello that comes in two packets.

    The zone sends its hybrid key share first, which makes the hello longer than one packet. A
    hello without it passes; the same short hello cut in two fails again.
    """
    if not (case.silent_close or case.silent):
        return None
    short = case.answered("post_quantum", "off")
    if short is None:
        return None
    cut = [each for each in case.varied("split") if each.stage is Stage.HELLO_SENT]
    if cut:
        return Match(confidence=HIGH, evidence=(contrast(case, short, *cut),))
    return Match(
        confidence=MEDIUM,
        reason="the shorter ClientHello passes; that the cut alone does harm was not shown",
        evidence=(contrast(case, short),),
    )


@cause("hello-intolerance", "525", rank=35)
def hello_intolerance(case: Case) -> Match | None:
    """The edge's full offer is dropped, a plainer hello of one version is answered."""
    if not (case.silent_close or case.silent):
        return None
    if case.answered("sni") or case.answered("proxy") or case.answered("post_quantum", "off"):
        return None
    plainer = [each for each in case.varied("version") if each.answered]
    if not plainer:
        return None
    return Match(
        confidence=MEDIUM,
        reason="a box between here and the origin would do the same",
        evidence=(contrast(case, *plainer),),
    )


@cause("silent-after-hello", "525", rank=60, fallback=True)
def silent_after_hello(case: Case) -> Match | None:
    """TCP is up, the ClientHello is never answered, whatever it looks like."""
    if not case.silent:
        return None
    tried = [each for each in case.probes if each.ending is Ending.TIMEOUT]
    return Match(
        confidence=LOW,
        reason="many things are silent in this way, and a slow origin cannot be excluded",
        evidence=(contrast(case, *tried[:4]),),
    )


@cause("closed-after-hello", "525", rank=60, fallback=True)
def closed_after_hello(case: Case) -> Match | None:
    """The ClientHello is answered by a close and not one byte, whatever it looks like."""
    if not case.silent_close:
        return None
    return Match(
        confidence=LOW,
        reason="a filter, a balancer without a backend and a broken server close alike",
        evidence=(contrast(case, *case.probes[:4]),),
    )


@cause("stalls-mid-handshake", "525", rank=40)
def stalls_mid_handshake(case: Case) -> Match | None:
    """The server begins the handshake and goes silent."""
    edge = case.edge
    if edge is None or edge.established or edge.ending is not Ending.TIMEOUT:
        return None
    if not edge.bytes_received or edge.plaintext is not None:
        return None
    return Match(
        confidence=MEDIUM,
        reason="what was seen fits a lost large packet (MTU) and an overloaded server alike",
        evidence=(
            evidence(
                f"{edge.bytes_received} bytes came, the handshake stood at {edge.stage}, "
                f"then nothing for the rest of {edge.timings.total / 1000:.1f} s",
                edge,
            ),
        ),
    )


@cause("closes-after-handshake", "520", rank=70)
def closes_after_handshake(case: Case) -> Match | None:
    """The handshake finishes; then the connection ends without an HTTP answer."""
    edge = case.edge
    if edge is None or not edge.established or edge.http is not None:
        return None
    if edge.certificate_request is not None:
        return None
    if edge.ending not in (Ending.EOF, Ending.RESET, Ending.ALERT):
        return None
    return Match(
        confidence=MEDIUM,
        evidence=(evidence(f"both Finished were exchanged, then the origin: {edge.ending}", edge),),
        status="520",
    )
