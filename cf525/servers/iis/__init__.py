"""IIS: its bindings out of applicationHost.config, or what ``netsh http show sslcert`` prints.

Certificates stand in the machine's store and are known by a thumbprint alone: whether one is good
is not told here. Without a binding for the name and none for all, HTTP.SYS drops the connection.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from cf525.model import Place, Unknown
from cf525.patterns import lazy_pattern
from cf525.servers import faults
from cf525.servers.foretold import Fault, Foretold
from cf525.servers.gotls import fits
from cf525.servers.library import Library, decoded
from cf525.servers.question import Question
from cf525.servers.tree import shown
from cf525.values import dataclass

IIS = "IIS"
_BINDING = lazy_pattern(r"<binding\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = lazy_pattern(r"(\w+)\s*=\s*\"([^\"]*)\"")
_FIELD = lazy_pattern(r"^\s*(?P<name>[^:]+?(?::port|: ?port)?)\s+: (?P<value>.*?)\s*$")


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding: ``host`` is empty for all names of the address."""

    host: str
    port: int
    secure: bool
    place: Place
    thumbprint: str = ""
    negotiates: bool = False


def looks_like(text: str) -> bool:
    """Whether a text is netsh's or IIS's own configuration."""
    return "Certificate Hash" in text or ("<bindings>" in text and "<site " in text)


def foretell(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    """What the edge would meet."""
    found: list[Binding] = []
    printed = False
    for main in mains:
        content = library.read(main)
        text = decoded(content) if isinstance(content, bytes) else ""
        printed = printed or "Certificate Hash" in text
        found += _printed(text, main) if "Certificate Hash" in text else _configured(text, main)
    if question.mode in ("off", "flexible"):
        return Foretold(server=IIS, plain=True)
    return _judged(found, question, printed=printed)


def _judged(bindings: list[Binding], question: Question, *, printed: bool) -> Foretold:
    on = [each for each in bindings if each.port == question.port]
    secure = [each for each in on if each.secure]
    if not on:
        fault = faults.nothing_listens(question.port, (), only_80=False, server=IIS)
        return Foretold(server=IIS, faults=(fault,))
    if not secure:
        fault = faults.plain_http(question.port, (on[0].place,), why="the binding is of type http")
        return Foretold(server=IIS, faults=(fault,))
    exact = [e for e in secure if e.host and fits(e.host, question.host)]
    exact.sort(key=lambda each: each.host.startswith("*"))
    chosen = next(iter(exact), None) or next((e for e in secure if not e.host), None)
    if chosen is None:
        fault = Fault(
            cause="sni-reset",
            status=faults.S525,
            evidence=(f"no https binding has the name {question.host} or is for all",),
            places=(secure[0].place,),
            facts={"known_name": faults.a_name(secure[0].host)},
        )
        return Foretold(server=IIS, site=secure[0].place, unmatched=True, faults=(fault,))
    base = Foretold(server=IIS, site=chosen.place, unmatched=not chosen.host)
    if printed and not chosen.thumbprint:
        fault = Fault(
            cause="sni-reset",
            status=faults.S525,
            evidence=("the binding has no certificate",),
            places=(chosen.place,),
            facts={"known_name": ""},
        )
        return replace(base, faults=(fault,))
    if chosen.negotiates:
        demand = faults.client_certificate(
            None,
            (chosen.place,),
            status=faults.S525,
            how="a close",
            aop=question.client_certificate,
        )
        text = "IIS negotiates a client certificate; whether it insists is set for the site"
        base = replace(base, doubts=(text,))
        if demand is not None:
            base = replace(base, faults=(replace(demand, contributing=True),))
    unknown = Unknown(
        id="certificate-not-read",
        text=f"Whether the edge takes the certificate {chosen.thumbprint[:12]}: it stands in the "
        "machine's store.",
        next="Ask the running server: add --wire ADDR.",
    )
    return replace(base, unknowns=(unknown,))


def _configured(text: str, file: str) -> Iterator[Binding]:
    line, counted = 1, 0
    for found in _BINDING.finditer(text):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        values = {name.lower(): value for name, value in _ATTRIBUTE.findall(found[0])}
        parts = values.get("bindinginformation", "").rsplit(":", 2)
        if len(parts) != 3 or not parts[1].isdigit():
            continue
        yield Binding(
            host=parts[2].lower(),
            port=int(parts[1]),
            secure=values.get("protocol", "").lower() == "https",
            place=Place(file=file, line=line, text=shown(found[0])),
        )


def _printed(text: str, file: str) -> Iterator[Binding]:
    """Netsh's blocks: each begins with an address or a host and its port."""
    current: Binding | None = None
    for number, line in enumerate(text.split("\n"), 1):
        found = _FIELD.match(line.rstrip("\r"))
        if found is None:
            continue
        name, value = found["name"].strip().lower(), found["value"]
        if name.endswith(":port"):
            if current is not None:
                yield current
            host, _, port = value.rpartition(":")
            own = "" if name.startswith("ip") else host.lower()
            place = Place(file=file, line=number, text=shown(line))
            current = Binding(own, int(port) if port.isdigit() else 0, True, place)
        elif current is not None and name == "certificate hash":
            current = replace(current, thumbprint=value)
        elif current is not None and name == "negotiate client certificate":
            current = replace(current, negotiates=value.lower() == "enabled")
    if current is not None:
        yield current
