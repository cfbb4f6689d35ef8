"""Traefik's routers, out of its dynamic files and the labels of containers."""

from collections.abc import Iterator
from typing import Final

from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.servers.nodes import Node
from cf525.values import dataclass

_HOST: Final = lazy_pattern(r"Host(?:SNI)?\(([^)]*)\)")
_NAME: Final = lazy_pattern(r"[`\"']([^`\"']+)[`\"']")


@dataclass(frozen=True, slots=True)
class Router:
    """A router with the names of its rule, and whether it has TLS."""

    name: str
    hosts: tuple[str, ...]
    tls: bool
    options: str
    passthrough: bool
    entry_points: tuple[str, ...]
    place: Place


def routers_of(documents: list[Node]) -> Iterator[Router]:
    """Those of the files, then those of the labels."""
    for document in documents:
        for kind in ("http", "tcp"):
            for name, node in document.at(kind, "routers").entries:
                rule = node.at("rule")
                yield Router(
                    name=name,
                    hosts=_hosts(str(rule)),
                    tls=node.there("tls"),
                    options=str(node.at("tls", "options")),
                    passthrough=node.at("tls", "passthrough").on,
                    entry_points=node.at("entryPoints").texts,
                    place=rule.place if rule.line else node.place,
                )
    yield from _labelled(documents)


def _hosts(rule: str) -> tuple[str, ...]:
    return tuple(name.lower() for inner in _HOST.findall(rule) for name in _NAME.findall(inner))


def labels_of(documents: list[Node]) -> Iterator[tuple[str, Node]]:
    """The labels of a Compose file as they are written: name and value."""
    for document in documents:
        for _, service in document.at("services").entries:
            for labels in (service.at("labels"), service.at("deploy", "labels")):
                yield from labels.entries
                for each in labels.items or []:
                    name, _, text = str(each).partition("=")
                    yield name, Node(each.file, each.line, text=text, source=each.source)


def _labelled(documents: list[Node]) -> Iterator[Router]:
    """The routers that the labels of containers make."""
    flags = list(labels_of(documents))
    for key, value in flags:
        parts = key.split(".")
        if len(parts) != 5 or parts[2] != "routers" or parts[4] != "rule":
            continue
        prefix = ".".join(parts[:4])
        own = {k.removeprefix(f"{prefix}."): v for k, v in flags if k.startswith(f"{prefix}.")}
        own = {name.lower(): each for name, each in own.items()}
        tls = any(n == "tls" or n.startswith("tls.") for n in own)
        tls = tls and str(own.get("tls", "true")).lower() != "false"
        yield Router(
            name=parts[3],
            hosts=_hosts(str(value)),
            tls=tls,
            options=str(own.get("tls.options", "")),
            passthrough=str(own.get("tls.passthrough", "")).lower() == "true",
            entry_points=tuple(str(own.get("entrypoints", "")).split(",")),
            place=value.place,
        )
