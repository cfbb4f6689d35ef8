"""The other sites of a configuration: no patch may change what they demand or serve.

Each is judged with the files before and behind an edit. A site that turns away who shows no client
certificate, or who comes from elsewhere, or everybody who asks for its name, must go on doing so;
one that works must go on working, with a certificate as good as before.
"""

from collections.abc import Callable, Sequence
from typing import Final

from cf525.servers import faults
from cf525.servers.certificates import certificate_of
from cf525.servers.foretold import Fault, Foretold, neighbouring
from cf525.values import dataclass

FEW: Final = 16
"""Names of other sites that are all looked at."""
OF_MANY: Final = 6
"""Names that are looked at of more, from all over them: each means two looks at every file."""
OF_ITS_OWN: Final = 4
"""Names of the certificate that is shown."""
GUARDS: Final = frozenset(
    (
        "client-cert-required",
        "mtls-unrelated",
        "aop-wrong-ca-at-origin",
        "cf-ips-firewalled",
        "closes-after-handshake",
        "sni-rejected-112",
        "sni-reset",
    )
)
"""What a site does to whom it does not want."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What is foretold of another name, and whether the edge takes its certificate."""

    foretold: Foretold
    accepted: bool

    @property
    def guarded(self) -> bool:
        """Whether it turns away whom it does not want."""
        meant = (each for each in self.foretold.faults if not each.facts.get("blind"))
        found = {each.cause for each in meant} & GUARDS
        pulls = any(each.id == faults.ORIGIN_PULL.id for each in self.foretold.unknowns)
        return bool(found) or pulls

    @property
    def decisive(self) -> Fault | None:
        return self.foretold.decisive

    @property
    def leaf(self) -> bytes | None:
        chain = self.foretold.chain
        return chain.certificates[0] if chain is not None else None


def names(foretold: Foretold) -> tuple[str, ...]:
    """The names of other sites that are looked at."""
    own = sorted(foretold.neighbours)
    step = 1 if len(own) <= FEW else -(-len(own) // OF_MANY)
    return tuple(own[::step])


def shown(foretold: Foretold, host: str) -> frozenset[str]:
    """The names of the certificate that the host meets before an edit. A site with a pattern for
    its name may serve them without saying so."""
    chain = foretold.chain
    leaf = certificate_of(chain.certificates[0]) if chain and chain.certificates else None
    found = [each.decode("ascii", "replace") for each in leaf.extensions.dns_names] if leaf else []
    return neighbouring(host, found[:OF_ITS_OWN])


def unharmed(
    wanted: Sequence[str],
    before: Callable[[str], Neighbour],
    after: Callable[[str], Neighbour],
) -> bool:
    """Whether every one of these names is as it was, or better."""
    return all(_kept(before(name), after(name)) for name in wanted)


def _kept(before: Neighbour, after: Neighbour) -> bool:
    stopped = before.decisive
    if stopped is not None and stopped.cause == "configuration-not-loaded":
        return True
    if before.guarded and not after.guarded:
        return False
    if stopped is None and after.decisive is not None:
        return False
    return before.leaf == after.leaf or after.accepted or not before.accepted
