"""The last steps that all servers have in common: settings and certificates to what is foretold."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from cf525.model import Place
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.certificates import key_kind
from cf525.servers.foretold import Chain, Edit, Fault, Foretold
from cf525.servers.handshake import Refusal, Settings, meet, rests_beyond
from cf525.servers.question import Question

Blame = Callable[[Refusal], tuple[tuple[Place, ...], tuple[Edit, ...]]]
"""The lines that bring a refusal about, and the edits that mend it."""


def with_tls(
    base: Foretold,
    settings: Settings,
    leaves: Sequence[Certificate],
    chain: Chain | None,
    question: Question,
    blame: Blame,
) -> Foretold:
    """What comes of a hello where TLS is spoken: the refusal, or the chain that is sent."""
    met = meet(settings, leaves, question.profile)
    if isinstance(met, Refusal):
        places, edits = blame(met)
        fault = faults.lacking(met, places, edits=edits)
        return replace(base, faults=(fault,), chain=chain)
    found = replace(base, chain=chain, agreed=met)
    if rests_beyond(settings, leaves, question.profile):
        found = replace(found, doubts=(*found.doubts, faults.BEYOND))
    return found


def preferred(leaves: Sequence[Certificate]) -> int:
    """Which of several certificates goes out: the edge's list begins with ECDSA."""
    return next((n for n, leaf in enumerate(leaves) if key_kind(leaf) == "ec"), 0)


def demanded(found: Foretold, demand: "Fault | None", *, pull: bool) -> Foretold:
    """The same with a demand for a client certificate; ``pull`` where the edge may well have it."""
    if demand is not None:
        return replace(found, faults=(*found.faults, demand))
    return replace(found, unknowns=(*found.unknowns, faults.ORIGIN_PULL)) if pull else found
