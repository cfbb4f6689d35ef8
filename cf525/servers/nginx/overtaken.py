"""A pattern of another server that takes a name from the one whose regular expression is for it.

nginx looks names up in full first, then by stars, then by regular expressions: the order of the
files does not matter. No certificate is judged here.
"""

from collections.abc import Sequence
from dataclasses import replace

from cf525.edge.budget import OverBudget, budget
from cf525.edge.regex import SET_STEPS, Unsupported, matches
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.certificates import covers
from cf525.servers.foretold import Fault
from cf525.servers.nginx.mend import Mender
from cf525.servers.nginx.model import Selection, Server, Socket
from cf525.servers.question import Question
from cf525.servers.tree import Directive


def overtaken(
    chosen: Selection,
    socket: Socket,
    leaves: Sequence[Certificate],
    question: Question,
    mender: Mender,
) -> Fault | None:
    """The fault of a name with a star that comes before a regular expression for the host."""
    assert chosen.by is not None
    host = question.host
    if host in (name for name, _ in chosen.server.names):
        return None
    if leaves and covers(leaves[0], host):
        return None
    meant = _meant(chosen, socket, host)
    if meant is None:
        return None
    _, line = meant
    edits = mender.replaced(line, line.name, host, *line.args)
    taking = f"{chosen.by.name} {' '.join(chosen.by.args)}"
    fault = faults.default_certificate(
        host,
        leaves[0] if leaves else None,
        (chosen.by.place, line.place),
        server="nginx",
        edits=edits,
    )
    text = f"{taking} of another server comes before the regular expression that has the name"
    return replace(fault, evidence=(text,), facts={**fault.facts, "overtaken": taking})


def _meant(chosen: Selection, socket: Socket, host: str) -> tuple[Server, Directive] | None:
    others = ((s, name, line) for s in socket.servers if s is not chosen.server
              for name, line in s.names if name.startswith("~"))  # fmt: skip
    with budget(SET_STEPS, "the patterns of a socket"):
        for server, name, line in others:
            try:
                if matches(f"(?i){name[1:]}", host):
                    return server, line
            except (Unsupported, OverBudget):
                return None
    return None
