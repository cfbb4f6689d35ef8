"""What a target tells about the visitor's request, as fields of the Rules language.

What every visitor of that URL shares: host, scheme, port, path and query. Address, method,
headers and country differ from visitor to visitor and stay unknown, unless a ``Visitor`` says.

Source: developers.cloudflare.com/ruleset-engine/rules-language/fields/reference.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final
from urllib.parse import parse_qsl

from cf525.account.expression.evaluate import Facts, Undetermined
from cf525.model import Target
from cf525.values import dataclass

_OWN_FIELDS: Final = {
    "cookie": "http.cookie",
    "referer": "http.referer",
    "user-agent": "http.user_agent",
    "x-forwarded-for": "http.x_forwarded_for",
}
"""Headers that the language also knows under a field of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """What is known of one visitor: a two-letter country, and headers (names in lower case)."""

    country: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


ANYBODY: Final = Visitor()


def facts(target: Target, zone: str, visitor: Visitor = ANYBODY, *, at: int | None = None) -> Facts:
    """The fields known for ``target`` in the zone of that name, in the second ``at`` of Unix time.

    A rule may name the second in which it ends; without ``at`` it stays open whether it holds.
    """
    path, _, query = target.path.partition("?")
    last = path.rpartition("/")[2]
    arguments: dict[str, list[str]] = {}
    pairs = parse_qsl(query, keep_blank_values=True)
    for key, value in pairs:
        arguments.setdefault(key, []).append(value)
    known: dict[str, Any] = {
        "http.host": target.host,
        "ssl": target.scheme == "https",
        "cf.edge.server_port": target.port,
        "cf.zone.name": zone,
        "http.request.full_uri": target.url,
        "http.request.uri": target.path,
        "http.request.uri.path": path,
        "http.request.uri.path.extension": last.rpartition(".")[2].lower() if "." in last else "",
        "http.request.uri.query": query,
        "http.request.uri.args": arguments,
        "http.request.uri.args.names": [key for key, _ in pairs],
        "http.request.uri.args.values": [value for _, value in pairs],
        "http.request.headers": {
            "host": [target.host],
            **{name: [value] for name, value in visitor.headers.items()},
            None: Undetermined(frozenset({"http.request.headers"})),
        },
    }
    for name in ("full_uri", "uri", "uri.path", "uri.query"):
        known[f"raw.http.request.{name}"] = known[f"http.request.{name}"]
    if at is not None:
        known["http.request.timestamp.sec"] = at
    if visitor.country:
        known["ip.src.country"] = known["ip.geoip.country"] = visitor.country
    for header, known_as in _OWN_FIELDS.items():
        if header in visitor.headers:
            known[known_as] = visitor.headers[header]
    return known
