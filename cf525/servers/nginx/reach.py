"""Sockets of nginx that the edge cannot connect to: of loopback, or of IPv6 alone.

Which sockets a configuration has is told by ``model``; what answers on them is not looked at.
"""

from collections.abc import Sequence

from cf525.servers import faults
from cf525.servers.foretold import Edit, Fault
from cf525.servers.nginx.files import NGINX
from cf525.servers.nginx.mend import Mender
from cf525.servers.nginx.model import Socket


def of_loopback(sockets: Sequence[Socket], port: int, mender: Mender) -> Fault:
    """Only this host can connect to these."""
    listens = [listen for each in sockets for listen in each.listens]
    edits: tuple[Edit, ...] = ()
    for each in listens:
        own = each.directive
        wide = f"[::]:{port}" if own.argument().startswith("[") else str(port)
        edits += mender.replaced(own, "listen", wide, *own.args[1:])
    return faults.loopback_alone(port, listens[0].directive.place, server=NGINX, edits=edits)


def of_six(sockets: Sequence[Socket], port: int, mender: Mender) -> Fault:
    """Since 1.3.4 these take no connection over IPv4 unless they say ipv6only=off."""
    listens = [listen for each in sockets for listen in each.listens]
    edits: tuple[Edit, ...] = ()
    for each in listens:
        own = each.directive
        flags = [word for word in own.args[1:] if "=" not in word]
        both = ("listen", " ".join((str(port), *flags)) + ";")
        edits += mender.replaced(own, *both, own.name, *own.args)
    return faults.six_alone(port, listens[0].directive.place, server=NGINX, edits=edits)
