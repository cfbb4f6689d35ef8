"""Certificates that a configuration loads into one store, from which the name picks: Go's way."""

from collections.abc import Iterable
from dataclasses import replace

from cf525.model import KeyProof
from cf525.pki.certificate import Certificate
from cf525.pki.names import common_names
from cf525.servers import faults
from cf525.servers.certificates import Loaded, in_words, key_proof
from cf525.servers.foretold import Chain, Fault, Named
from cf525.servers.library import Library, tells
from cf525.values import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate file and the line that names it; the key's where that is another."""

    loaded: Loaded
    file: Named
    key: Named | None = None

    @property
    def leaf(self) -> Certificate | None:
        return self.loaded.leaf

    @property
    def chain(self) -> Chain:
        return Chain(certificates=self.loaded.certificates, file=self.file, key=self.key)


def with_own_key(pair: Pair, library: Library) -> Pair:
    """The pair as Go loads it: one whose key is another certificate's is refused as a whole
    (measured with Caddy 2.6 and Traefik 3)."""
    path = pair.key.path if pair.key is not None else pair.loaded.path
    if not pair.loaded.certificates:
        return pair
    if key_proof(library, path, pair.loaded.certificates[0]) is not KeyProof.FAILED:
        return pair
    what = f"is not the certificate of the key {library.shown(path)}"
    return replace(pair, loaded=replace(pair.loaded, certificates=(), refused=what))


def names_of(leaf: Certificate) -> tuple[str, ...]:
    """The names that Go's stores know a certificate by: its common name too, in lower case."""
    found = [each.decode("utf-8", "replace") for each in common_names(leaf)]
    found += [each.decode("ascii", "replace") for each in leaf.extensions.dns_names]
    return tuple(dict.fromkeys(each.lower() for each in found))


def patterns_for(host: str) -> tuple[str, ...]:
    """The names under which a host is looked for: itself, then with stars for its first labels."""
    labels = host.split(".")
    stars = (".".join(["*"] * n + labels[n:]) for n in range(1, len(labels) + 1))
    return (host, *stars)


def unloaded(server: str, pairs: Iterable[Pair], library: Library) -> Fault | None:
    """The fault of a certificate file that cannot be loaded, which stops the server."""
    for each in pairs:
        found = each.loaded
        if found.absence is not None and tells(library, found.absence):
            what = f"{library.shown(found.path)} {in_words(found.absence)}"
            return faults.file_absent(server, what, found.absence, each.file.place)
        if found.refused:
            what = f"{library.shown(found.path)} {found.refused}"
            fault = faults.not_loaded(server, what, each.file.place)
            own = (each.key.place,) if each.key is not None else ()
            return replace(fault, places=tuple(dict.fromkeys((*fault.places, *own))))
    return None
