"""Which differential probes would tell the causes of a failure apart.

``wanted`` looks at a case and names the variations still missing, one variable each. It is
asked again after every wave; when it has nothing more to ask, the causes are matched. A healthy
case asks for nothing.

    first wave     the same once more, and one change each of what most often decides
    second wave    only where nothing helped: whole other offers, which tell what there is
    last wave      only where something helped: both sides again. A server that fails every
                   other connection would otherwise "prove" whatever was tried in between
"""

from collections.abc import Iterator
from typing import Final

from cf525.causes.case import Case
from cf525.causes.signs import enumeration, renewing
from cf525.edge.profile import INFERRED_EXTENSIONS
from cf525.model import Ending, Observation, PostQuantum, Variable, Variation
from cf525.model.elimination import KINDS
from cf525.model.registry import AlertCode, extension_name
from cf525.pki.facts import describe

MAX_WAVES: Final = 4
DEEP_WAVES: Final = 40
MAX_CONNECTIONS: Final = 24
"""Connections to one address in one diagnosis, the edge's own probe included."""
DEEP_CONNECTIONS: Final = 80

UNKNOWN_NAME: Final = "no-such-name.cf525.invalid"
"""A name no server knows (RFC 6761 section 6.4)."""
MUTE_MS: Final = "500"
DEEP_REPEATS: Final = 10


def max_waves(case: Case) -> int:
    return DEEP_WAVES if case.deep else MAX_WAVES


def wanted(case: Case) -> tuple[Variation, ...]:
    """The variations to try next on this route, without those already tried, most telling first.

    At most as many as the connection budget of the address leaves.
    """
    tried = {probe.variation for probe in case.probes}
    fresh = list(dict.fromkeys(each for each in _suggest(case) if each not in tried))
    limit = DEEP_CONNECTIONS if case.deep else MAX_CONNECTIONS
    budget = limit - 1 - len(case.probes)
    return tuple(fresh[: max(0, budget)])


def _suggest(case: Case) -> Iterator[Variation]:
    edge = case.edge
    if edge is None:
        return
    if case.route.scheme != "https":
        return
    if edge.ending in (Ending.REFUSED, Ending.CONNECT_TIMEOUT):
        yield from _port(case)
    if case.inconsistent:
        yield from _repeats(2, 3, 4, 5)
    elif case.before_hello and edge.plaintext is None:
        yield from _before_hello(case)
    elif edge.plaintext is not None and edge.plaintext.kind == "http":
        yield from _repeats(1)
        yield Variation(variable=Variable.PLAIN, value="")
    elif (
        not edge.established
        and edge.fatal_alert
        and edge.fatal_alert.description == AlertCode.NO_APPLICATION_PROTOCOL
    ):
        yield Variation(variable=Variable.ALPN, value="")
        if "h2" in case.route.alpn:
            yield Variation(variable=Variable.ALPN, value="http/1.1")
    elif edge.established:
        yield from _after_handshake(case, edge)
    elif case.stalled:
        yield from _repeats(1)
    elif edge.ending in (Ending.EOF, Ending.RESET) and edge.certificate_request is None:
        yield from _cut_in_the_middle(case)
    if case.deep:
        yield from _repeats(*range(1, DEEP_REPEATS + 1))
        yield from enumeration.next_offers(case)
        yield from _long_hello(case, edge)


def _long_hello(case: Case, edge: Observation) -> Iterator[Variation]:
    """Where the edge's hello is short, whether the long one passes too: Cloudflare may put the
    post-quantum share first by itself, for a part of its connections."""
    if not edge.established or case.route.post_quantum is not PostQuantum.SUPPORTED:
        return
    yield Variation(variable=Variable.POST_QUANTUM, value="preferred")
    if any(case.varied(Variable.POST_QUANTUM)) and not case.answered(Variable.POST_QUANTUM):
        yield Variation(variable=Variable.POST_QUANTUM, value="preferred", attempt=2)
        yield Variation(variable=Variable.POST_QUANTUM, value="preferred", attempt=3)


def _before_hello(case: Case) -> Iterator[Variation]:
    yield from _repeats(1)
    if case.silent_close:
        yield from _closed(case)
    elif case.silent:
        yield from _silent(case)
    elif case.first_alert() is not None:
        yield from _refused(case)
    telling = _telling(case)
    if telling is not None:
        yield from _both_sides_again(case, telling)
    yield from enumeration.next_of_widened(case)


def _telling(case: Case) -> Variation | None:
    """The change on which a cause will rest: the first probe that did better than the edge's."""
    for probe in case.probes:
        change = probe.variation
        if change is not None and change.variable not in (
            Variable.REPEAT,
            Variable.PLAIN,
            Variable.MUTE,
            Variable.WITHOUT,
        ):
            framed = change.variable == Variable.PROXY and probe.bytes_received > 0
            if probe.answered or (framed and case.silent_close):
                return change
    return None


def _both_sides_again(case: Case, telling: Variation) -> Iterator[Variation]:
    # Another name helps and another offer for the same name helps: that smells of chance.
    strange = case.answered(Variable.SNI) is not None and bool(case.offers_answered)
    yield from _repeats(*((2, 3, 4, 5, 6) if strange else (2, 3)))
    # Where one server of three answers, two answers to one change are still chance.
    for attempt in (2, 3):
        yield Variation(variable=telling.variable, value=telling.value, attempt=attempt)
    if case.answered(Variable.ALPN, "") is not None and "h2" in case.route.alpn:
        yield Variation(variable=Variable.ALPN, value="http/1.1")  # what the zone could offer
    for variable in (Variable.ALPN, Variable.EXTENSIONS):
        if case.answered(variable, "") is not None:
            # The cause that rests on it does so whatever else helped first.
            yield Variation(variable=variable, value="", attempt=2)
            yield Variation(variable=variable, value="", attempt=3)
    if telling.variable == Variable.SNI and (case.silent_close or case.silent):
        yield Variation(variable=Variable.SNI, value=UNKNOWN_NAME)


def _repeats(*attempts: int) -> Iterator[Variation]:
    return (Variation(variable=Variable.REPEAT, value="", attempt=each) for each in attempts)


def other_names(case: Case) -> list[str]:
    """Names worth trying as SNI: none at all, the CNAME target, the apex or www, the zone's.

    At most four: every further name costs a connection and seldom tells more.
    """
    host = case.route.sni or case.target.host
    labels = host.split(".")
    parent = ".".join(labels[1:])
    names = ["", *case.own_names]
    if labels[0] == "www" or parent.count(".") >= 1:
        names.append(parent)
    if labels[0] != "www":
        names.append(f"www.{host}")
    if case.zone is not None:
        names.append(case.zone.name)
    return [each for each in dict.fromkeys(names) if each != host][:4]


def _names(case: Case, most: int = 4) -> Iterator[Variation]:
    names = other_names(case)[:most]
    served = _served_name(case, names)
    return (Variation(variable=Variable.SNI, value=name) for name in (*names, *served))


def _served_name(case: Case, tried: list[str]) -> list[str]:
    """A name of the certificate that another name brought forth: the site that is there."""
    shown = case.answered(Variable.SNI)
    if shown is None or not shown.certificates:
        return []
    names = describe(shown.certificates[0], 0).dns_names
    usable = (name.lower() for name in names if "*" not in name and name.lower() not in tried)
    return list(usable)[:1]


def _versions(*names: str) -> Iterator[Variation]:
    return (Variation(variable=Variable.VERSION, value=name) for name in names)


def _profiles(*names: str) -> Iterator[Variation]:
    return (Variation(variable=Variable.PROFILE, value=name) for name in names)


def _closed(case: Case) -> Iterator[Variation]:
    """Dropped without a byte: PROXY header, name, hello's length, version, or a plain filter."""
    yield Variation(variable=Variable.PROXY, value="v1")
    yield from _names(case)
    yield from _length(case)
    yield from _versions("TLS 1.2")
    yield from _profiles("legacy")
    yield Variation(variable=Variable.MUTE, value=MUTE_MS)
    if case.answered(Variable.PROFILE) is not None and case.answered(Variable.VERSION) is None:
        yield Variation(variable=Variable.ALPN, value="")  # the other profiles offer none
    plainer = case.answered(Variable.PROFILE) is not None
    plainer = plainer or case.answered(Variable.VERSION) is not None
    asked = any(case.varied(Variable.EXTENSIONS))
    if case.probes and (_telling(case) is None or plainer or asked):
        yield from _inferred(case)
    if case.probes and _telling(case) is None:
        yield Variation(variable=Variable.PROXY, value="v2")
        yield from _versions("TLS 1.0")
        yield Variation(variable=Variable.ALPN, value="")
        yield Variation(variable=Variable.PLAIN, value="")


def _silent(case: Case) -> Iterator[Variation]:
    """Never answered: few probes, all side by side, because each costs its deadline."""
    yield Variation(variable=Variable.PLAIN, value="")
    yield Variation(variable=Variable.PROXY, value="v1")
    yield Variation(variable=Variable.ALPN, value="")
    yield from _length(case)
    yield from _versions("TLS 1.2")
    yield from _names(case, 2)


def _length(case: Case) -> Iterator[Variation]:
    """Where the hybrid key share made the hello long, try it short, and then short and cut."""
    if case.route.post_quantum is not PostQuantum.PREFERRED:
        return
    yield Variation(variable=Variable.POST_QUANTUM, value="off")
    if case.answered(Variable.POST_QUANTUM, "off") is not None:
        yield Variation(variable=Variable.SPLIT, value="300")


def _refused(case: Case) -> Iterator[Variation]:
    """An alert before any ServerHello: the name first, then one kind of parameter at a time.

    Only when no single change helps are whole other offers made, which tell what the server
    has and not which one thing it lacked. They are made too where another name helps: a site
    with ciphers or a certificate of its own is not a site that is missing.
    """
    alert = case.first_alert()
    assert alert is not None
    if alert.description == AlertCode.NO_APPLICATION_PROTOCOL:
        yield Variation(variable=Variable.ALPN, value="")
        return
    yield from _names(case)
    if alert.description == AlertCode.UNRECOGNIZED_NAME:
        return
    if alert.description in (AlertCode.INTERNAL_ERROR, AlertCode.PROTOCOL_VERSION):
        yield from _versions("TLS 1.3", "TLS 1.2")
    else:
        yield from _kinds(case)
    if alert.description == AlertCode.INTERNAL_ERROR:
        yield Variation(variable=Variable.PLAIN, value="")
    # A version alone may help for the extensions that its hello has no use for.
    if case.probes and not any(case.answered(kind) for kind in KINDS):
        yield from _inferred(case)
    if not case.probes or case.offers_answered:
        return
    if alert.description != AlertCode.INTERNAL_ERROR:
        yield Variation(variable=Variable.SUITES, value="no FFDHE")
    yield Variation(variable=Variable.ALPN, value="")
    yield from _profiles("legacy", "permissive")
    if case.answered(Variable.SNI) is not None:
        return
    yield from _versions("TLS 1.3", "TLS 1.2", "TLS 1.0")
    if alert.description == AlertCode.INTERNAL_ERROR:
        yield from _kinds(case)
        yield from _versions("TLS 1.1")
        yield Variation(variable=Variable.SUITES, value="aead")
    yield from _profiles("ssl3")
    yield Variation(variable=Variable.PLAIN, value="")


def _inferred(case: Case) -> Iterator[Variation]:
    """Without what the edge is only inferred to send; where that helps, one at a time."""
    yield Variation(variable=Variable.EXTENSIONS, value="")
    if case.answered(Variable.EXTENSIONS, "") is not None:
        for code in INFERRED_EXTENSIONS:
            yield Variation(variable=Variable.EXTENSIONS, value=extension_name(code))


def _kinds(case: Case) -> Iterator[Variation]:
    for kind in KINDS:
        yield Variation(variable=kind, value="all")
    if case.route.post_quantum is PostQuantum.OFF:
        yield Variation(variable=Variable.POST_QUANTUM, value="supported")


def _after_handshake(case: Case, edge: Observation) -> Iterator[Variation]:
    """The handshake works: is the certificate the one for this name, and does HTTP follow?"""
    if case.verdict is not None and case.verdict.accepted is False and case.validated:
        yield from _repeats(1, 2)
    if case.verdict is not None and case.verdict.has("hostname_mismatch") and case.route.sni:
        yield Variation(variable=Variable.SNI, value="")
        for name in case.own_names:
            if name != case.route.sni:
                yield Variation(variable=Variable.SNI, value=name)
    if renewing.in_question(case) and case.route.port == 443 and case.route.dial is None:
        yield Variation(variable=Variable.CHALLENGE, value="80")
    hello = edge.server_hello
    if hello is not None and hello.alpn == "h2" and not _answers_h2(edge):
        yield Variation(variable=Variable.ALPN, value="http/1.1")
    if _http_minds_the_host(case, edge) and case.route.sni:
        yield Variation(variable=Variable.HOST, value=case.route.sni)


def _cut_in_the_middle(case: Case) -> Iterator[Variation]:
    """A ServerHello, then a close without a word: chance, the agreed protocol, or the version."""
    yield from _repeats(1)
    if "h2" in case.route.alpn:
        yield Variation(variable=Variable.ALPN, value="http/1.1")
    yield Variation(variable=Variable.ALPN, value="")
    yield from _versions("TLS 1.2")


def _answers_h2(edge: Observation) -> bool:
    """Whether HTTP/2 is spoken, as far as one can tell: a slow answer may yet come."""
    if edge.http is not None:
        return edge.http.status is not None
    return edge.http2_settings and edge.ending is Ending.TIMEOUT


def _http_minds_the_host(case: Case, edge: Observation) -> bool:
    status = edge.http.status if edge.http is not None else None
    return status in (400, 403, 404, 421, 495) and case.route.host_header != case.route.sni


def _port(case: Case) -> Iterator[Variation]:
    """Nothing on the TLS port: does the site stand on port 80 and nowhere else?"""
    if case.route.port == 443 and case.route.dial is None:
        yield Variation(variable=Variable.PLAIN, value="80")
