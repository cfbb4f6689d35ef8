"""The last steps that all servers have in common: settings and certificates to what is foretold."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from cf525.model import Place
from cf525.model.registry import TLS13
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.certificates import key_kind, key_name
from cf525.servers.foretold import Agreed, Chain, Edit, Fault, Foretold
from cf525.servers.handshake import Refusal, Settings, meet, rests_beyond
from cf525.servers.question import Question
from cf525.tls.suites import suite

Blame = Callable[[Refusal], tuple[tuple[Place, ...], tuple[Edit, ...]]]
"""The lines that bring a refusal about, and the edits that mend it."""


def with_tls(
    base: Foretold,
    settings: Settings,
    leaves: Sequence[Certificate],
    chains: Sequence[Chain],
    question: Question,
    blame: Blame,
) -> Foretold:
    """What comes of a hello where TLS is spoken: the refusal, or the chain that is sent, which is
    one of ``chains``, in the order of ``leaves``."""
    met = meet(settings, leaves, question.profile)
    if isinstance(met, Refusal):
        places, edits = blame(met)
        fault = faults.lacking(met, places, edits=edits)
        return replace(base, faults=(*base.faults, fault), chain=chains[0] if chains else None)
    chain = chains[preferred(leaves, met)] if chains else None
    found = replace(base, chain=chain, agreed=met)
    if rests_beyond(settings, leaves, question.profile):
        found = replace(found, doubts=(*found.doubts, faults.BEYOND))
    return found


_ORDER = ("EC P-256", "RSA", "EC P-384", "EC P-521")
"""In which order the edge's signature algorithms ask for keys, where TLS 1.3 leaves the choice."""


def preferred(leaves: Sequence[Certificate], agreed: Agreed | None = None) -> int:
    """Which of several certificates goes out: the one that the suite is for, or whose signature
    algorithm the edge names first."""
    if agreed is not None and agreed.version < TLS13:
        wanted = {"rsa": "rsa", "ecdsa": "ec"}.get(suite(agreed.suite).authentication, "")
        return next((n for n, leaf in enumerate(leaves) if key_kind(leaf) == wanted), 0)
    return min(range(len(leaves)), key=lambda n: _rank(leaves[n]), default=0)


def _rank(leaf: Certificate) -> int:
    name = key_name(leaf)
    name = "RSA" if name.startswith("RSA ") else name
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def alike(one: Foretold, other: Foretold) -> bool:
    """Whether two ways into a server lead to the same."""
    ours, theirs = one.decisive, other.decisive
    causes = (ours.cause if ours else "", theirs.cause if theirs else "")
    return causes[0] == causes[1] and _leaf(one) == _leaf(other) and one.told == other.told


def _leaf(foretold: Foretold) -> bytes | None:
    return foretold.chain.certificates[0] if foretold.chain is not None else None


def demanded(found: Foretold, demand: "Fault | None", *, pull: bool) -> Foretold:
    """The same with a demand for a client certificate; ``pull`` where the edge may well have it."""
    if demand is not None:
        return replace(found, faults=(*found.faults, demand))
    return replace(found, unknowns=(*found.unknowns, faults.ORIGIN_PULL)) if pull else found
