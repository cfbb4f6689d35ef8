"""Certificates that a configuration loads into one store, from which the name picks: Go's way."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from cf525.model import Place
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.certificates import Loaded, covers, in_words, load
from cf525.servers.foretold import Chain, Fault, Named
from cf525.servers.library import Absence, Library


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


def pair_of(
    library: Library,
    path: str,
    place: Place,
    key: tuple[str, Place] | None = None,
    *,
    base: str = "",
) -> Pair:
    """The pair that a configuration names."""
    full = posixpath.join(base, path)
    own = Named(path=posixpath.join(base, key[0]), written=key[0], place=key[1]) if key else None
    return Pair(load(library, full), Named(path=full, written=path, place=place), own)


def for_name(pairs: Iterable[Pair], host: str) -> Pair | None:
    """The first that has the name."""
    return next((p for p in pairs if p.leaf is not None and covers(p.leaf, host)), None)


def unloaded(server: str, pairs: Iterable[Pair], library: Library) -> Fault | None:
    """The fault of a certificate file that cannot be loaded, which stops the server."""
    for each in pairs:
        found = each.loaded
        known = (Absence.UNKNOWN, Absence.OUTSIDE)
        if found.absence is not None and library.complete and found.absence not in known:
            what = f"{library.shown(found.path)} {in_words(found.absence)}"
            return faults.not_loaded(server, what, each.file.place)
        if found.refused:
            what = f"{library.shown(found.path)} {found.refused}"
            return faults.not_loaded(server, what, each.file.place)
    return None
