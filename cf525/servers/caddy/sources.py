"""Caddy's ``remote_ip``: whether a site turns the edge's own addresses away."""

from cf525.model import Place, Status
from cf525.servers import faults
from cf525.servers.admission import of_edge, shut_out
from cf525.servers.foretold import Fault
from cf525.servers.nodes import Node

MANY = 200


def turned_away(routes: list[Node], place: Place) -> Fault | None:
    """The first route that closes, or answers with an error, to the addresses of the edge."""
    todo, seen = list(routes), 0
    while todo and seen < MANY:
        route = todo.pop(0)
        seen += 1
        meant = _of_edge(route)
        for handler in route.at("handle").list:
            if meant is None and not route.there("match"):
                todo = [*handler.at("routes").list, *todo]
            if not meant or str(handler.at("handler")) != "static_response":
                continue
            code = str(handler.at("status_code"))
            if handler.at("abort").on:
                return shut_out([place], status=faults.S520, how="its requests are aborted")
            if code.startswith("4"):
                how = f"its requests are answered with HTTP {code}"
                return shut_out([place], status=Status(f"origin-{code}"), how=how)
    return None


def _of_edge(route: Node) -> bool | None:
    """Whether a route is for the edge by its address alone; None where it asks for more."""
    matches = route.at("match").list
    if len(matches) != 1 or len(matches[0].members or {}) != 1:
        return None
    match = matches[0]
    if match.there("remote_ip"):
        return of_edge(match.at("remote_ip", "ranges").texts)
    if match.there("not"):
        inner = match.at("not").list
        if len(inner) == 1 and list(inner[0].members or {}) == ["remote_ip"]:
            found = of_edge(inner[0].at("remote_ip", "ranges").texts)
            return None if found is None else not found
    return None
