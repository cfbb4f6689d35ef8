"""Which differential probes would tell the causes of a failure apart.

``wanted`` looks at a case and names the variations still missing, one variable each. It is
asked again after every wave; when it has nothing more to ask, the causes are matched. A healthy
case asks for nothing.
"""

from collections.abc import Iterator
from typing import Final

from cf525.causes.case import Case
from cf525.model import PostQuantum, Variation

MAX_WAVES: Final = 3
MAX_CONNECTIONS: Final = 24
"""Connections to one address in one diagnosis, the edge's own probe included."""

VERSIONS: Final = ("TLS 1.3", "TLS 1.2", "TLS 1.0")

PROTOCOL_VERSION: Final = 70
INTERNAL_ERROR: Final = 80
UNRECOGNIZED_NAME: Final = 112


def wanted(case: Case) -> tuple[Variation, ...]:
    """The variations to try next on this route, without those already tried, most telling first.

    At most as many as the connection budget of the address leaves.
    """
    tried = {probe.variation for probe in case.probes}
    fresh = list(dict.fromkeys(each for each in _suggest(case) if each not in tried))
    budget = MAX_CONNECTIONS - 1 - len(case.probes)
    return tuple(fresh[: max(0, budget)])


def _suggest(case: Case) -> Iterator[Variation]:
    edge = case.edge
    if edge is None or case.route.scheme != "https":
        return
    if case.silent_close:
        yield from _closed(case)
    elif case.silent:
        yield from _silent(case)
    elif case.first_alert() is not None:
        yield from _refused(case)
    elif edge.established and case.verdict is not None and case.verdict.has("hostname_mismatch"):
        yield from _served_name(case)
    if not edge.established and edge.fatal_alert and edge.fatal_alert.description == 120:
        yield Variation(variable="alpn", value="")


def other_names(case: Case) -> list[str]:
    """Names worth trying as SNI: none at all, the apex or www, and the CNAME target."""
    host = case.route.sni or case.target.host
    labels = host.split(".")
    parent = ".".join(labels[1:])
    names = ["", *case.route.accepted_names]
    if labels[0] == "www" or parent.count(".") >= 1:
        names.append(parent)
    if labels[0] != "www":
        names.append(f"www.{host}")
    if case.zone is not None:
        names.append(case.zone.name)
    return [each for each in dict.fromkeys(names) if each != host]


def _names(case: Case) -> Iterator[Variation]:
    return (Variation(variable="sni", value=name) for name in other_names(case))


def _versions(*names: str) -> Iterator[Variation]:
    return (Variation(variable="version", value=name) for name in names)


def _profiles(*names: str) -> Iterator[Variation]:
    return (Variation(variable="profile", value=name) for name in names)


def _closed(case: Case) -> Iterator[Variation]:
    """Dropped without a byte: PROXY header, name, hello's length, version, or a plain filter."""
    yield Variation(variable="proxy", value="v1")
    yield from _names(case)
    yield from _length(case)
    yield from _versions("TLS 1.2", "TLS 1.0")
    yield from _profiles("legacy")
    yield Variation(variable="plain", value="")


def _silent(case: Case) -> Iterator[Variation]:
    """Never answered: few probes, side by side, because each costs its deadline."""
    yield Variation(variable="plain", value="")
    yield Variation(variable="proxy", value="v1")
    yield from _length(case)
    yield from _versions("TLS 1.2")
    yield Variation(variable="sni", value="")


def _length(case: Case) -> Iterator[Variation]:
    """Where the hybrid key share made the hello long, try it short, and then short and cut."""
    if case.route.post_quantum is not PostQuantum.PREFERRED:
        return
    yield Variation(variable="post_quantum", value="off")
    if case.answered("post_quantum", "off") is not None:
        yield Variation(variable="split", value="300")


def _refused(case: Case) -> Iterator[Variation]:
    """An alert before any ServerHello: the name first, then one kind of parameter at a time.

    Only when no single change helps are whole other offers made, which tell what the server
    has and not which one thing it lacked.
    """
    alert = case.first_alert()
    assert alert is not None
    yield from _names(case)
    if alert.description == UNRECOGNIZED_NAME:
        return
    if alert.description in (INTERNAL_ERROR, PROTOCOL_VERSION):
        yield from _versions("TLS 1.3", "TLS 1.2")
    if alert.description == INTERNAL_ERROR:
        yield Variation(variable="plain", value="")
    if alert.description != PROTOCOL_VERSION:
        for kind in ("suites", "groups", "signature_algorithms"):
            yield Variation(variable=kind, value="all")
    if case.route.post_quantum is PostQuantum.OFF:
        yield Variation(variable="post_quantum", value="supported")
    if case.probes and not case.any_answered:
        if alert.description == INTERNAL_ERROR:
            yield from _versions("TLS 1.1")
            yield Variation(variable="suites", value="aead")
        yield from _versions(*VERSIONS)
        yield from _profiles("legacy", "permissive", "ssl3")
        yield Variation(variable="plain", value="")


def _served_name(case: Case) -> Iterator[Variation]:
    """Is the wrong certificate the one for this name, or the one for any name?"""
    if case.route.sni:
        yield Variation(variable="sni", value="")
