"""Causes that show before TLS: the port, the address, and what becomes of the hello."""

from collections.abc import Sequence
from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.families.edgeview import confirmed
from cf525.causes.match import Match, contrast, evidence
from cf525.causes.signs import plain
from cf525.edge.profile import GROUPS, suite_fact
from cf525.model import Confidence, Ending, Observation, Stage, Variable
from cf525.model.registry import SSL3, AlertCode

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


@cause("port-refused", rank=10)
def port_refused(case: Case) -> Match | None:
    """The TCP SYN is answered by RST."""
    if case.edge is None or case.edge.ending is not Ending.REFUSED:
        return None
    told = confirmed(case, "521")
    return Match(
        confidence=MEDIUM,
        reason=f"a firewall that rejects everybody{'' if told else ' but Cloudflare'} answers in "
        "the same way",
        evidence=(evidence(f"TCP to {case.where} is refused (RST to the SYN)", case.edge), *told),
    )


@cause("port-filtered", rank=10)
def port_filtered(case: Case) -> Match | None:
    """The TCP SYN is never answered."""
    if case.edge is None or case.edge.ending is not Ending.CONNECT_TIMEOUT:
        return None
    waited = case.edge.timings.total / 1000
    text = f"TCP to {case.where} is not answered in {waited:.1f} s"
    told = confirmed(case, "522")
    alike = "an origin that admits only Cloudflare's addresses, as recommended, looks the same"
    return Match(
        confidence=HIGH if told else LOW,
        reason="" if told else alike,
        evidence=(evidence(text, case.edge), *told),
        facts={"answer": "522" if told else ""},
        status="522",
    )


@cause("no-route", rank=10)
def no_route(case: Case) -> Match | None:
    """Routers or this machine say that the address cannot be reached."""
    if case.edge is None or case.edge.ending is not Ending.UNREACHABLE:
        return None
    text = f"{case.where} is unreachable from here ({case.edge.detail})"
    told = confirmed(case, "523")
    apart = "" if told else "the route from here is not the route from Cloudflare, and "
    return Match(
        confidence=MEDIUM if told else LOW,
        reason=f"{apart}a firewall that rejects by ICMP looks the same",
        evidence=(evidence(text, case.edge), *told),
        facts={"answer": "523" if told else ""},
        status="523",
    )


SPOKEN_TO_A_HELLO: Final = (
    *(AlertCode.HANDSHAKE_FAILURE, AlertCode.UNRECOGNIZED_NAME),
    *(AlertCode.CERTIFICATE_REQUIRED, AlertCode.NO_APPLICATION_PROTOCOL),
)
"""Alerts that answer a ClientHello. A TLS server that took the PROXY line itself for a record
would complain of a version, a message or a record instead."""


@cause("proxy-protocol-expected", rank=16)
def proxy_protocol(case: Case) -> Match | None:
    """The listener wants a PROXY header first; with one it reads the ClientHello.

    No TLS server reads "PROXY TCP4" as TLS, so a ServerHello behind it is a proof. Where an
    alert comes instead, the header was understood and there is a second fault behind it.
    """
    if (
        not (case.silent_close or case.silent)
        or case.offers_answered
        or case.answered(Variable.SNI)
    ):
        return None
    probe = case.answered(Variable.PROXY)
    if probe is not None:
        return Match(confidence=HIGH, evidence=(contrast(case, probe),), facts={"behind": ""})
    for refused in case.varied(Variable.PROXY):
        alert = refused.fatal_alert
        if alert is not None and alert.description in SPOKEN_TO_A_HELLO:
            return Match(
                confidence=HIGH if alert.description == AlertCode.UNRECOGNIZED_NAME else MEDIUM,
                reason="behind the header there is a second fault",
                evidence=(contrast(case, refused),),
                facts={"behind": f"alert {alert.description} {alert.name}"},
            )
    return None


@cause("split-clienthello", rank=30)
def split_clienthello(case: Case) -> Match | None:
    """Something on the path cannot read a ClientHello that comes in two packets.

    The zone sends its hybrid key share first, which makes the hello longer than one packet. A
    hello without it passes; the same short hello cut in two fails again.
    """
    if case.long_hello_lost:
        lost = case.varied(Variable.POST_QUANTUM, "preferred")
        return Match(
            confidence=HIGH,
            evidence=(contrast(case, *lost),),
            facts={"later": "yes"},
            contributing=True,
        )
    if not (case.silent_close or case.silent):
        return None
    short = case.answered(Variable.POST_QUANTUM, "off")
    if short is None:
        return None
    cut = [each for each in case.varied(Variable.SPLIT) if each.stage is Stage.HELLO_SENT]
    if case.answered(Variable.SPLIT) is not None:
        return None  # it minds the hybrid share or the length, not the cut
    if cut:
        return Match(confidence=HIGH, evidence=(contrast(case, short, *cut),))
    return Match(
        confidence=MEDIUM,
        reason="the shorter ClientHello passes; that the cut alone does harm was not shown",
        evidence=(contrast(case, short),),
    )


@cause("hello-intolerance", rank=35)
def hello_intolerance(case: Case) -> Match | None:
    """The edge's full offer is dropped, a plainer hello with the same name is answered."""
    if not (case.silent_close or case.silent) or case.name_decides or case.framing_decides:
        return None
    if case.answered(Variable.ALPN, "") is not None:
        return None
    if case.answered(Variable.POST_QUANTUM, "off") and not case.answered(Variable.SPLIT):
        return None
    plainer = [each for each in case.offers_answered if not _needs_other_parameters(each)]
    if not plainer:
        return None
    return Match(
        confidence=MEDIUM,
        reason="a box between here and the origin would do the same",
        evidence=(contrast(case, *plainer),),
        facts={"hybrid": "yes" if _minds_the_hybrid_share(case) else ""},
    )


def _minds_the_hybrid_share(case: Case) -> bool:
    """Whether the edge's own offer without post-quantum key exchange is answered, and the zone may
    offer that."""
    plain = case.answered(Variable.POST_QUANTUM, "off")
    return plain is not None and "pqh" not in case.route.compliance


def _needs_other_parameters(probe: Observation) -> bool:
    """Whether the server took something the edge does not offer: then that is the cause."""
    hello = probe.server_hello
    return hello is not None and (
        hello.version == SSL3
        or suite_fact(hello.suite) is None
        or (hello.group is not None and hello.group not in {fact.code for fact in GROUPS})
    )


@cause("silent-after-hello", rank=60, fallback=True)
def silent_after_hello(case: Case) -> Match | None:
    """TCP is up, the ClientHello is never answered, whatever it looks like."""
    if not case.silent or case.edge is None:
        return None
    tried = [each for each in case.probes if each.ending is Ending.TIMEOUT]
    return Match(
        confidence=LOW,
        reason="many things are silent in this way, and a slow origin cannot be excluded",
        evidence=(contrast(case, *_with_plain(case, tried[:4])),),
        facts={**plain.facts(case), "waited": f"{case.edge.timings.total / 1000:.1f} s"},
    )


@cause("tcp-passthrough-dead-backend", rank=50)
def closes_unasked(case: Case) -> Match | None:
    """The connection is accepted and closed before anything was said."""
    mute = next(iter(case.varied(Variable.MUTE)), None)
    if mute is None or not case.silent_close or any(probe.bytes_received for probe in case.probes):
        return None
    if mute.variation is None or mute.timings.total > 0.9 * float(mute.variation.value):
        return None
    said = f"nothing was said, and it closed after {mute.timings.total:.0f} ms"
    return Match(
        confidence=LOW,
        reason="a filter on source addresses and a limit on connections close alike",
        evidence=(contrast(case, *case.probes[:4]), evidence(said, mute)),
    )


@cause("closed-after-hello", rank=60, fallback=True)
def closed_after_hello(case: Case) -> Match | None:
    """The ClientHello is answered by a close and not one byte, whatever it looks like."""
    if not case.silent_close:
        return None
    return Match(
        confidence=LOW,
        reason="a filter, a balancer without a backend and a broken server close alike",
        evidence=(contrast(case, *_with_plain(case, case.probes[:4])),),
        facts=plain.facts(case),
    )


def _with_plain(case: Case, probes: Sequence[Observation]) -> tuple[Observation, ...]:
    """These probes, and the one that shows what the port speaks in clear."""
    _, telling = plain.spoken(case)
    return tuple(dict.fromkeys((*probes, telling) if telling is not None else probes))


@cause("stalls-mid-handshake", rank=40)
def stalls_mid_handshake(case: Case) -> Match | None:
    """The server begins the handshake and goes silent."""
    edge = case.edge
    if edge is None or not case.stalled:
        return None
    return Match(
        confidence=MEDIUM,
        reason="what was seen fits a lost large packet (MTU) and an overloaded server alike",
        evidence=(
            evidence(
                f"{edge.bytes_received} bytes came, and after {edge.timings.total / 1000:.1f} s "
                f"the handshake still stood behind {edge.stage.replace('_', ' ')}",
                edge,
                *case.varied(Variable.REPEAT),
            ),
        ),
    )


@cause("closes-mid-handshake", rank=41)
def closes_mid_handshake(case: Case) -> Match | None:
    """TLS records came, then the connection ended without an alert."""
    edge = case.edge
    if edge is None or edge.established or not edge.bytes_received or edge.plaintext is not None:
        return None
    if edge.ending not in (Ending.EOF, Ending.RESET) or edge.certificate_request is not None:
        return None
    if edge.fatal_alert is not None or edge.rejecting_notes or case.inconsistent:
        return None
    if not edge.answered:
        return _cut_in_the_first_message(case)
    shown = "after its certificate" if edge.certificates else "before any certificate"
    return Match(
        confidence=LOW,
        reason="a server that fails, and a filter on the path that cuts in, look alike",
        evidence=(
            evidence(
                f"a ServerHello came, then a close {shown}, without an alert "
                f"({edge.bytes_received} bytes in all)",
                edge,
            ),
        ),
        facts={"shown": shown},
    )


def _cut_in_the_first_message(case: Case) -> Match:
    assert case.edge is not None
    came = f"{case.edge.bytes_received} bytes of a TLS record came, then a close, without an alert"
    return Match(
        confidence=LOW,
        reason="a server that fails, and a filter on the path that cuts in, look alike",
        evidence=(evidence(came, case.edge),),
        facts={"shown": "in the middle of its first message"},
    )


@cause("port-80-only", rank=9)
def port_80_only(case: Case) -> Match | None:
    """Nothing answers on port 443 and the site answers on port 80."""
    edge = case.edge
    if case.route.scheme != "https":
        return None  # the edge asks over plain HTTP already: TLS is not what is missing
    if edge is None or edge.ending not in (Ending.REFUSED, Ending.CONNECT_TIMEOUT):
        return None
    plain = next((p for p in case.varied(Variable.PLAIN, "80") if p.http and p.http.status), None)
    if plain is None or plain.http is None:
        return None
    return Match(
        confidence=HIGH if edge.ending is Ending.REFUSED else MEDIUM,
        reason="" if edge.ending is Ending.REFUSED else "a firewall may admit Cloudflare alone",
        evidence=(
            evidence(f"port {case.route.port} is {edge.ending}", edge),
            evidence(f"port 80 of the same address answers HTTP {plain.http.status}", plain),
        ),
        status="521" if edge.ending is Ending.REFUSED else "522",
    )
