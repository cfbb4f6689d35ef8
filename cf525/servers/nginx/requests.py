"""Whether nginx closes (444) on a request for / of the edge: its ``return`` and ``if``, in order.

Only what the edge's request settles is evaluated: its name, that it is a GET over TLS. A test of
anything else leaves the answer open, and is never passed over.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from cf525.edge.budget import OverBudget, budget
from cf525.edge.regex import SET_STEPS, Unsupported, matches
from cf525.patterns import lazy_pattern
from cf525.servers.nginx.clear import root_locations
from cf525.servers.nginx.model import Server
from cf525.servers.nginx.variables import filled_in
from cf525.servers.tree import Directive, Tree
from cf525.values import dataclass

CLOSE: Final = "444"
_TEST: Final = lazy_pattern(r"^\(\s*(\$\{?\w+\}?)\s*(?:(!?=|!?~\*?)\s*(.*?))?\s*\)$", re.DOTALL)
_SETTLED: Final = {
    "$request_method": "GET", "$scheme": "https", "$https": "on", "$server_port": "443",
    "$uri": "/", "$request_uri": "/", "$document_uri": "/",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Closing:
    """The ``return 444``, and the test that these files do not decide where it stands in one."""

    directive: Directive
    doubt: str = ""


def closes(tree: Tree, server: Server, host: str) -> Closing | None:
    """What closes on a request for /; None where nothing does."""
    found: Closing | None = None
    for scope in (server.directive, *root_locations(server.directive)[:1]):
        for each in scope.all("return", "if", "rewrite"):
            if each.name == "return":
                return Closing(each) if each.argument() == CLOSE else found
            inner = each.first("return") if each.name == "if" else None
            if inner is None:
                continue
            truth = holds(tree, each, host, dict(known(host, server)))
            if truth and inner.argument() == CLOSE:
                return Closing(inner)
            if truth:
                return found
            if truth is None and inner.argument() == CLOSE and not _of_clients(each):
                text = " ".join(each.args)
                doubt = f"whether a request is closed is not decided by the name: if {text}"
                found = found or Closing(inner, doubt)
    return found


def _of_clients(test: Directive) -> bool:
    """Whether a test asks for the client's certificate, which is looked at elsewhere."""
    return any("$ssl_client_" in each for each in test.args)


def holds(tree: Tree, test: Directive, host: str, values: Mapping[str, str]) -> bool | None:
    """Whether the test of an ``if`` holds for these variables; None where they do not decide."""
    found = _TEST.match(" ".join(test.args))
    if found is None:
        return None
    value = filled_in(tree, found[1], host, known=values)
    if value is None:
        return None
    operator, wanted = found[2], (found[3] or "").strip("\"'")
    if not operator:
        return value not in ("", "0")
    truth: bool | None
    if "=" in operator:
        filled = filled_in(tree, wanted, host, known=values)
        truth = None if filled is None else value == filled
    else:
        truth = _matches(f"(?i){wanted}" if operator.endswith("*") else wanted, value)
    return truth if truth is None or not operator.startswith("!") else not truth


def _matches(pattern: str, value: str) -> bool | None:
    with budget(SET_STEPS, "the pattern of an if"):
        try:
            return matches(pattern, value)
        except (Unsupported, OverBudget):
            return None


def known(host: str, server: Server) -> Iterator[tuple[str, str]]:
    """The variables that the edge's request for / decides, over TLS."""
    yield from _SETTLED.items()
    yield from ((name, host) for name in ("$host", "$http_host"))
    first = next((name for name, _ in server.names), "")
    if first and not first.startswith(("~", "*", ".")):
        yield "$server_name", first
