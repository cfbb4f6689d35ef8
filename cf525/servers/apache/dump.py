"""What ``apachectl -t -D DUMP_VHOSTS`` prints: every virtual host with its names, file and line.

It tells which host a name selects, and neither certificates nor whether TLS is on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cf525.model import Place, Unknown
from cf525.patterns import lazy_pattern
from cf525.servers import faults
from cf525.servers.apache.model import WILD
from cf525.servers.foretold import Fault, Foretold
from cf525.servers.gotls import fits
from cf525.servers.question import Question

_HEAD: Final = lazy_pattern(r"^(?P<host>\S+):(?P<port>\d+|\*)\s+(?P<rest>.*)$")
_HOST: Final = lazy_pattern(r"(?P<name>\S+) \((?P<file>[^)]+):(?P<line>\d+)\)\s*$")
_ALIAS: Final = lazy_pattern(r"^\s+(?:wild )?alias (?P<name>\S+)\s*$")
_MARK: Final = "VirtualHost configuration:"


@dataclass(slots=True)
class _Host:
    place: Place
    names: list[str]


@dataclass(slots=True)
class _Group:
    """The hosts of one address, the default one first."""

    address: str
    port: int
    hosts: list[_Host] = field(default_factory=list)


def is_dump(text: str) -> bool:
    """Whether a text is what Apache prints of its virtual hosts."""
    return _MARK in text


def foretell(text: str, question: Question) -> Foretold:
    """Which host answers for the name."""
    groups = [each for each in _groups(text) if each.port in (0, question.port)]
    own = [each for each in groups if each.address == question.address]
    own = own or [each for each in groups if each.address not in WILD] or groups
    if not own or not own[0].hosts:
        text = f"no virtual host for port {question.port} was printed"
        return Foretold(server="Apache", told=False, doubts=(text,))
    hosts = own[0].hosts
    found = next(
        (each for each in hosts if any(fits(name, question.host) for name in each.names)), None
    )
    chosen = found or hosts[0]
    unknown = Unknown(
        id="certificate-not-read",
        text="Whether the host speaks TLS, and with which certificate: that was not printed.",
        next="Give the main file in its place, or add --wire ADDR.",
    )
    base = Foretold(
        server="Apache", site=chosen.place, unmatched=found is None, unknowns=(unknown,)
    )
    if found is not None or question.mode not in ("strict", "origin_pull"):
        return base
    fault = Fault(
        cause="default-vhost-cert",
        status=faults.S526,
        evidence=(f"no virtual host of port {question.port} has the name: the first one answers",),
        places=(chosen.place,),
        confidence=faults.MEDIUM,
        reason="the certificate of the first one may cover the name",
        facts={"served": hosts[0].names[0], "software": "Apache"},
    )
    return Foretold(server="Apache", site=chosen.place, unmatched=True, faults=(fault,))


def _groups(text: str) -> Iterator[_Group]:
    group: _Group | None = None
    for line in text.partition(_MARK)[2].splitlines():
        head = _HEAD.match(line)
        if head is not None:
            if group is not None:
                yield group
            port = 0 if head["port"] == "*" else int(head["port"])
            group = _Group(head["host"].lower(), port)
        alias = _ALIAS.match(line)
        if group is None:
            continue
        if alias is not None and group.hosts:
            group.hosts[-1].names.append(alias["name"].lower())
            continue
        found = _HOST.search(line)
        if found is not None and "default server" not in line:
            place = Place(file=found["file"], line=int(found["line"]), text=found["name"])
            group.hosts.append(_Host(place, [found["name"].lower()]))
    if group is not None:
        yield group
