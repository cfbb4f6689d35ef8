"""Apache's PROXY header: for which connections mod_remoteip waits for one.

It keeps two lists of addresses, those of the hosts that say On and of those that say Off, and looks
at them before any name is known: a connection waits that is in the first and not in the second.
Source: modules/metadata/mod_remoteip.c of httpd 2.4; measured with 2.4.
"""

from collections.abc import Sequence

from cf525.model import Place
from cf525.servers import faults
from cf525.servers.admission import of_edge
from cf525.servers.apache.model import WILD, Host, named
from cf525.servers.foretold import Edit, Fault
from cf525.servers.lines import LineMender
from cf525.servers.tree import Directive

NAME = "RemoteIPProxyProtocol"


def expected(
    hosts: Sequence[Host], main: Host, address: str, port: int, mender: LineMender
) -> Fault | str:
    """The fault of a listener that takes nothing without a header; a doubt where some addresses
    are let in without one, empty where none is waited for."""
    said = [
        each
        for host in (main, *hosts)
        if host is main or _concerns(host, address, port)
        for each in list(named(host.directive, NAME))[-1:]
    ]
    if any(each.argument().lower() == "off" for each in said):
        return ""
    asking = [each for each in said if each.argument().lower() == "on"]
    if not asking:
        return ""
    exempt = [word for each in named(main.directive, f"{NAME}Exceptions") for word in each.args]
    spared = of_edge(exempt)
    if spared:
        return ""
    if spared is None:
        return "a PROXY header is expected, but from some addresses"
    if all(each.maybe for each in asking):
        return asking[0].maybe
    places: tuple[Place, ...] = tuple(each.place for each in asking)
    return faults.proxy_header(places, _without(asking, mender))


def _concerns(host: Host, address: str, port: int) -> bool:
    return any(
        each.port in (0, port) and (each.host in WILD or each.host.strip("[]") == address)
        for each in host.addresses
    )


def _without(asking: Sequence[Directive], mender: LineMender) -> tuple[Edit, ...]:
    return tuple(edit for each in asking for edit in mender.removed(each.place))
