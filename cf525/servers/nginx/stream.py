"""nginx's ``stream``: where a connection is handed on to, as far as the hello decides over it."""

import re
from typing import Final

from cf525.edge.profile import ALPN_H2
from cf525.model import Place
from cf525.servers.nginx.model import UNIX, Server
from cf525.servers.nginx.variables import filled_in, mapped
from cf525.servers.question import Question
from cf525.servers.tree import Directive, Tree
from cf525.values import dataclass

_HERE: Final = ("127.", "localhost", "[::1]", "0.0.0.0")  # noqa: S104 - read, not bound
_NAME: Final = "$ssl_preread_server_name"
_READ: Final = {
    "$ssl_preread_alpn_protocols": ",".join(ALPN_H2),
    "$ssl_preread_protocol": "TLSv1.3",
}
"""What nginx reads of the edge's hello besides its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """Where to: an address and port of this host, or None and why it is not known. ``header``
    says that a PROXY header is sent ahead; ``decided`` is the entry of a map that leads there."""

    place: Place
    decided: Directive | None = None
    address: str = ""
    port: int | None = None
    header: bool = False
    text: str = ""
    nowhere: bool = False  # the name of what it is handed on to is empty: nginx closes


def passed_on(tree: Tree, server: Server, question: Question) -> There:
    """Where a server of ``stream`` hands a connection on to."""
    target = server.setting("proxy_pass")
    if target is None:
        return There(place=server.directive.place, text="the stream server hands nothing on")
    name, decided = _value(tree, target.argument(), server, question)
    if name is None:
        text = f"where {target.argument()} leads to is not decided by the hello alone"
        return There(place=target.place, text=text)
    if not name:
        text = f"{target.argument()} is empty for {question.host}: nginx closes the connection"
        return There(place=target.place, decided=decided, text=text, nowhere=True)
    address = _upstream(tree, name)
    if address.startswith(UNIX):
        header = server.on("proxy_protocol")
        return There(place=target.place, decided=decided, address=address, port=0, header=header)
    found = re.fullmatch(r"(.+):(\d+)", address)
    if found is None or not found[1].lower().startswith(_HERE):
        text = f"the connection is handed on to {address}, whose TLS is not in these files"
        return There(place=target.place, text=text)
    there = "127.0.0.1" if found[1].lower() == "localhost" else found[1].strip("[]")
    return There(
        place=target.place,
        decided=decided,
        address=there,
        port=int(found[2]),
        header=server.on("proxy_protocol"),
    )


def _value(
    tree: Tree, text: str, server: Server, question: Question
) -> tuple[str | None, Directive | None]:
    """A value with its variable evaluated, and the entry of the map that gives it; None where it
    depends on more than the name."""
    if not text.startswith("$"):
        return (None if "$" in text else text), None
    name = question.host if server.on("ssl_preread") else ""
    if text == _NAME:
        return name, None
    for block in tree.root.all("stream"):
        for each in block.all("map"):
            if len(each.args) == 2 and each.args[1] == text and each.args[0] == _NAME:
                value = mapped(each, name)
                giving = [entry for entry in each.block or () if entry.argument() == value]
                giving.sort(key=lambda entry: _rank(entry.name.lower(), name))
                return value, next(iter(giving), None)
    read = server.on("ssl_preread")
    known = {each: value if read else "" for each, value in {**_READ, _NAME: name}.items()}
    return filled_in(tree, text, question.host, known=known, kind="stream"), None


def _rank(entry: str, name: str) -> int:
    """How likely an entry is the one that gives a name its value, where several give the same."""
    if entry == name:
        return 0
    if entry[:1] in ("*", ".", "~") or entry.endswith(".*"):
        return 1
    return 2 if entry == "default" else 3


def map_of(tree: Tree, decided: Directive) -> Directive | None:
    """The map of ``stream`` that an entry stands in."""
    maps = (each for block in tree.root.all("stream") for each in block.all("map"))
    return next((each for each in maps if any(one is decided for one in each.block or ())), None)


def _upstream(tree: Tree, name: str) -> str:
    """The first server of an upstream, or the name itself."""
    for block in tree.root.all("stream"):
        for each in block.all("upstream"):
            if each.argument() == name:
                first = each.first("server")
                return first.argument() if first is not None else name
    return name
