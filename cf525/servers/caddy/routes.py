"""Whether Caddy's routes abort the edge's request for /: one that no answer ever comes to.

Routes are followed in their order, with their groups, as far as the name and a GET for / settle
which of them are met; what else a matcher asks for leaves the answer open.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from cf525.servers.admission import of_edge
from cf525.servers.gotls import fits
from cf525.servers.nodes import Node
from cf525.values import dataclass

Truth = bool | None
MOST: Final = 2_000
"""Routes that are looked at."""
_ANSWERING: Final = frozenset(
    ("static_response", "reverse_proxy", "file_server", "error", "metrics")
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``abort`` is the handler that aborts, ``sure`` whether it is certainly met; ``over`` says
    that a route answered before any other one can."""

    abort: Node | None = None
    sure: bool = True
    over: bool = False


def aborts(routes: Sequence[Node], host: str) -> Outcome:
    """What a request for / of a name meets."""
    return _Walk(host).through(routes)


class _Walk:
    def __init__(self, host: str) -> None:
        self.host = host
        self.seen = 0

    def through(self, routes: Sequence[Node]) -> Outcome:
        maybe: Node | None = None
        done: set[str] = set()
        open_ = False  # whether an answer may have come before
        for route in routes:
            self.seen += 1
            group = str(route.at("group")) if route.there("group") else ""
            truth = self._matched(route)
            if self.seen > MOST or truth is False or (group and group in done):
                continue
            if group and truth:
                done.add(group)
            found = self._handled(route)
            if found.abort is not None:
                if truth and found.sure and not open_ and maybe is None:
                    return found
                maybe = maybe or found.abort
            over = found.over or route.at("terminal").on
            if over and truth:
                return Outcome(maybe, sure=False, over=True)
            open_ = open_ or (over and truth is None)
        return Outcome(maybe, sure=False)

    def _handled(self, route: Node) -> Outcome:
        maybe: Node | None = None
        for handler in route.at("handle").list:
            kind = str(handler.at("handler"))
            if kind == "subroute":
                found = self.through(handler.at("routes").list)
                if found.abort is not None and found.sure:
                    return found if maybe is None else Outcome(maybe, sure=False, over=True)
                maybe = maybe or found.abort
                if found.over:
                    return Outcome(maybe, sure=False, over=True)
            elif kind == "static_response" and handler.at("abort").on:
                return Outcome(handler, sure=maybe is None, over=True)
            elif kind in _ANSWERING:
                return Outcome(maybe, sure=False, over=True)
        return Outcome(maybe, sure=False)

    # -- matchers ---------------------------------------------------------------------------

    def _matched(self, route: Node) -> Truth:
        sets = route.at("match").list
        return True if not sets else _any(self._set(each) for each in sets)

    def _set(self, matchers: Node) -> Truth:
        truths = [self._one(name, value) for name, value in matchers.entries]
        if any(each is False for each in truths):
            return False
        return None if any(each is None for each in truths) else True

    def _one(self, name: str, value: Node) -> Truth:
        if name == "host":
            if any("{" in each for each in value.texts):
                return None
            return any(fits(each.lower(), self.host) for each in value.texts)
        if name == "path":
            return None if any("{" in e for e in value.texts) else any(map(_root, value.texts))
        if name == "method":
            return "GET" in value.texts
        if name == "protocol":
            return {"https": True, "http": False}.get(str(value))
        if name == "remote_ip":
            return of_edge(value.at("ranges").texts)
        if name == "not":
            found = _any(self._set(each) for each in value.list)
            return None if found is None else not found
        return None


def _root(pattern: str) -> bool:
    """Whether a pattern of paths stands for /."""
    if pattern.startswith("*") and len(pattern) > 1:
        return pattern.strip("*") in ("", "/")
    return "/".startswith(pattern[:-1]) if pattern.endswith("*") else pattern == "/"


def _any(truths: Iterator[Truth]) -> Truth:
    found = list(truths)
    if any(each is True for each in found):
        return True
    return None if any(each is None for each in found) else False
