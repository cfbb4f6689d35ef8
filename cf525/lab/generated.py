"""A generated world of any size: zones full of hosts over some thirty origins, twenty of them
faulty, and for every host the truth that an audit must find.

Most hosts are healthy, as in life. Every origin serves all its hosts, with a certificate for each
zone where one is due. Nothing here starts anything.
"""

from collections.abc import Iterator
from dataclasses import field
from typing import Any, Final

from cf525.lab.world import Account, Origin, Record, Visits, World, Zone
from cf525.values import dataclass

MODES: Final = ("strict", "strict", "strict", "full", "strict", "strict", "full", "strict")
FAULTY_EVERY: Final = 23
"""One host in so many has a fault; coprime to the usual numbers of hosts a zone."""
HEALTHY_ORIGINS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of origin, and what visitors get of it in Full and in Full (strict)."""

    name: str
    kind: str
    full: tuple[str, str | None]
    strict: tuple[str, str | None]
    port: int = 443
    options: dict[str, Any] = field(default_factory=dict)


def _handshake(
    name: str, cause: str, kind: str = "tls", status: str = "525", **options: Any
) -> Fault:
    """A fault that mode makes no difference to."""
    truth = (status, cause)
    return Fault(name=name, kind=kind, full=truth, strict=truth, options=options)


def _certificate(name: str, cause: str, certificate: str) -> Fault:
    """A fault that Full does not look at."""
    return Fault(
        name=name,
        kind="tls",
        full=("ok", None),
        strict=("526", cause),
        options={"certificate": certificate},
    )


_OLD: Final[dict[str, Any]] = {"certificate": "rsa", "versions": ("TLS 1.2", "TLS 1.2")}

_ONE_FOR_ALL: Final = ("wrong-name", "ingress")
"""Origins with the same certificate for whatever name is asked."""

FAULTS: Final = (
    _handshake("unknown-name", "sni-rejected-112", known_names=("nobody.example",)),
    _handshake("go", "sni-rejected-80", known_names=("nobody.example",), refusal=80),
    _handshake("plain", "no-tls-on-443", "http"),
    _handshake("proxy", "proxy-protocol-expected", proxy=True),
    _handshake("dhe", "no-common-cipher", ciphers="DHE-RSA-AES128-GCM-SHA256", **_OLD),
    _handshake("chacha", "no-common-cipher", ciphers="ECDHE-RSA-CHACHA20-POLY1305", **_OLD),
    _handshake("ed25519", "unusable-key-type", certificate="ed25519"),
    _handshake(
        "mtls", "client-cert-required", client_certificate=True, versions=("TLS 1.2", "TLS 1.2")
    ),
    _handshake("reset", "closed-after-hello", "reset"),
    _handshake("refused", "port-refused", "refused", "521"),
    _handshake("banner", "wrong-port", "banner", bytes=b"SSH-2.0-OpenSSH_9.6\r\n"),
    _certificate("expired", "cert-expired", "expired"),
    _certificate("not-yet", "cert-not-yet-valid", "not-yet-valid"),
    _certificate("self-signed", "self-signed", "self-signed"),
    _certificate("wrong-name", "default-vhost-cert", "other-name"),
    _certificate("leaf-only", "incomplete-chain", "no-intermediate"),
    _certificate("private", "untrusted-issuer", "private-ca"),
    _certificate("ingress", "default-vhost-cert", "fake-ingress"),
    _handshake("alert", "no-certificate-loaded", "alert", number=40),
    _handshake(
        "name-reset", "closed-after-hello", known_names=("nobody.example",), refusal="reset"
    ),
)


def truth_of(fault: Fault | None, mode: str) -> tuple[str, str | None]:
    """Edge status and cause of a host."""
    if fault is None:
        return ("ok", None)
    return fault.full if mode == "full" else fault.strict


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """A world, and what is true in it: hostname to edge status and cause."""

    world: World
    truth: dict[str, tuple[str, str | None]]


def generate(
    zones: int, hosts: int, *, faults: bool = True, visits_in: int = 0, accounts: int = 1
) -> Generated:
    """``zones`` zones of ``hosts`` hosts each; visitors met failures in ``visits_in`` of them."""
    kinds = list(FAULTS) if faults else []
    made: list[Zone] = []
    truth: dict[str, tuple[str, str | None]] = {}
    visits: list[Visits] = []
    for number in range(zones):
        name, mode = f"z{number:05}.example", MODES[number % len(MODES)]
        records: list[Record] = []
        for host, at in _hosts(name, number, hosts):
            address, fault = number % HEALTHY_ORIGINS, None
            if kinds and at % FAULTY_EVERY == 0:
                kind = at // FAULTY_EVERY % len(kinds)
                address, fault = HEALTHY_ORIGINS + kind, kinds[kind]
            records.append(Record(type="A", name=host, content=_address(address)))
            truth[host] = truth_of(fault, mode)
        if number < visits_in:
            visits.append(Visits(host=records[0].name, zone=name, statuses={200: 900, 525: 100}))
        account = f"account-{number % accounts}"
        made.append(
            Zone(name=name, account=account, settings={"ssl": mode}, records=tuple(records))
        )
    world = World(
        accounts=tuple(Account(name=f"account-{number}") for number in range(accounts)),
        zones=tuple(made),
        origins=_origins(kinds),
        visits=tuple(visits),
    )
    return Generated(world=world, truth=truth)


def _hosts(zone: str, number: int, hosts: int) -> Iterator[tuple[str, int]]:
    """The hosts of a zone with their numbers in the whole world."""
    return ((f"h{index}.{zone}", number * hosts + index) for index in range(hosts))


def _address(number: int) -> str:
    return f"203.0.113.{number + 1}"


def _origins(kinds: list[Fault]) -> dict[str, Origin]:
    healthy = {
        f"{_address(number)}:443": Origin(kind="tls", options={"each_zone": True})
        for number in range(HEALTHY_ORIGINS)
    }
    faulty = {
        f"{_address(number + HEALTHY_ORIGINS)}:{fault.port}": Origin(
            kind=fault.kind, options={"each_zone": fault.name not in _ONE_FOR_ALL, **fault.options}
        )
        for number, fault in enumerate(kinds)
    }
    return {**healthy, **faulty}
