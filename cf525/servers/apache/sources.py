"""Apache's ``Require ip``: whether the edge's own addresses are let into a host.

The rules of ``<Location />`` take the place of those of the folder. Where mod_remoteip takes the
visitor's address from a header, the rules are for visitors.
"""

from cf525.model import Status
from cf525.servers.admission import doubted, of_edge, shut_out
from cf525.servers.apache.clients import whole
from cf525.servers.apache.model import Host, named
from cf525.servers.foretold import Fault
from cf525.servers.tree import Directive


def refused(host: Host) -> Fault | str:
    """The fault of rules that let none of the edge in; a doubt where they let some of it in."""
    if host.setting("RemoteIPHeader") is not None:
        return ""
    found = _rules(host)
    if not found or any(each.argument().lower() not in ("ip", "local") for each in found):
        return ""
    words = [word for each in found for word in each.args[1:]]
    holds = of_edge(words)
    if holds is None:
        return doubted(f"Require {' '.join(found[0].args)}")
    how = "a request is answered with HTTP 403"
    places = [each.place for each in found[:3]]
    return "" if holds else shut_out(places, status=Status("origin-403"), how=how)


def _rules(host: Host) -> list[Directive]:
    sections = sorted(whole(host), key=lambda each: each.name.lower() != "location")
    return next((own for each in sections if (own := list(named(each, "Require")))), [])
