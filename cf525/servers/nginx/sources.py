"""nginx's ``allow`` and ``deny``: whether the edge's own addresses are let in.

In ``stream`` the connection is closed, in ``http`` the request is answered with 403. Where nginx
takes the visitor's address from a header, the rules there are for visitors.
"""

from collections.abc import Iterator

from cf525.model import Status
from cf525.servers import faults
from cf525.servers.admission import doubted, edge, parted, shut_out
from cf525.servers.foretold import Fault
from cf525.servers.nginx.model import Server
from cf525.servers.tree import Directive


def rules(scopes: Iterator[Directive]) -> list[Directive]:
    """The rules of the nearest scope that has any."""
    return next((found for each in scopes if (found := list(each.all("allow", "deny")))), [])


def refused(found: list[Directive], *, status: Status, how: str) -> Fault | str:
    """The fault of rules that turn the edge away; a doubt where they are not decided or do so
    with a part of it, empty where it is let in."""
    left = list(edge())
    admitted, shut = False, None
    for each in found:
        try:
            meant, left = parted(left, each.argument())
        except ValueError:
            return doubted(f"{each.name} {each.argument()}")
        admitted = admitted or bool(meant and each.name == "allow")
        shut = shut or (each if meant and each.name == "deny" else None)
    if shut is None:
        return ""
    if admitted or left:
        return doubted(f"{shut.name} {shut.argument()}")
    return shut_out([shut.place], status=status, how=f"deny {shut.argument()} leads to {how}")


def of_stream(server: Server) -> Fault | str:
    """What a server of ``stream`` does to a connection of the edge."""
    scopes = iter((server.directive, *server.around))
    return refused(rules(scopes), status=faults.S525, how="a close before any handshake")


def of_request(server: Server) -> Fault | str:
    """What a request for / of the edge is answered with."""
    if server.setting("real_ip_header") is not None or server.setting("satisfy") is not None:
        return ""
    root = [each for each in server.directive.all("location") if each.args == ("/",)]
    scopes = iter((*root, server.directive, *server.around))
    return refused(rules(scopes), status=Status("origin-403"), how="HTTP 403")
