"""The certificates that Caddy loads, and which of them it shows for a name.

Source: certmagic's handshake (exact name, then stars label by label; of several the first that
suits the client and is in force) and Caddy's certificate_selection, which where no certificate has
the name picks among all. Measured with 2.6 and 2.11.
"""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cf525.edge.profile import ClientProfile
from cf525.model import Place
from cf525.pki.bundles import certificates_in
from cf525.pki.certificate import Certificate
from cf525.servers.certificates import Loaded, covers, key_kind, key_name, load
from cf525.servers.foretold import Named
from cf525.servers.library import Absence, Library
from cf525.servers.loaded import Pair, names_of, patterns_for
from cf525.servers.nodes import Node
from cf525.values import dataclass

_KINDS: Final = {"rsa": "rsa", "ecdsa": "ec", "ed25519": "ed25519"}
_SCHEMES: Final = {
    "EC P-256": 0x0403, "EC P-384": 0x0503, "EC P-521": 0x0603, "Ed25519": 0x0807,
}  # fmt: skip
_READ: Final = frozenset(("load_files", "load_folders", "load_pem", "automate"))
PlaceOf = Callable[[Node], Place]
"""Says where a value of the JSON stands for people."""


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate in Caddy's store with its tags."""

    pair: Pair
    tags: tuple[str, ...]

    @property
    def leaf(self) -> Certificate | None:
        return self.pair.leaf


def held_in(root: Node, library: Library, place: PlaceOf, folder: str) -> Iterator[Held]:
    """What is loaded from files, folders and the configuration itself, in that order."""
    tls = root.at("apps", "tls", "certificates")
    for each in tls.at("load_files").list:
        cert, key = each.at("certificate"), each.at("key")
        file = Named(path=posixpath.join(folder, str(cert)), written=str(cert), place=place(cert))
        own = Named(path=posixpath.join(folder, str(key)), written=str(key), place=place(key))
        loaded = load(library, file.path)
        if loaded.absence is Absence.MISSING and not str(cert).startswith("/"):
            loaded = replace(loaded, absence=Absence.UNKNOWN)  # below where Caddy was started
        yield Held(Pair(loaded, file, own), each.at("tags").texts)
    for each in tls.at("load_folders").list:
        for path in library.matching(posixpath.join(folder, str(each), "*.pem")):
            yield Held(
                Pair(load(library, path), Named(path=path, written=str(each), place=place(each))),
                (),
            )
    for each in tls.at("load_pem").list:
        found = certificates_in(str(each.at("certificate")).encode("utf-8", "replace"))
        if found:
            file = Named(path="load_pem", written="load_pem", place=each.place)
            loaded = Loaded(path="load_pem", certificates=found)
            yield Held(Pair(loaded, file), each.at("tags").texts)


def unread(root: Node) -> bool:
    """Whether certificates are loaded from where nothing can be read."""
    tls = root.at("apps", "tls", "certificates")
    return any(name not in _READ for name, _ in tls.entries)


def shown(
    held: Sequence[Held], policy: Node, host: str, profile: ClientProfile, now: float
) -> Held | None:
    """What the store gives out for a name, without what Caddy issues by itself."""
    known = [each for each in held if each.leaf is not None]
    chosen = policy.at("certificate_selection")
    custom = bool(chosen.members)
    for name in patterns_for(host):
        found = [each for each in known if _has(each, name)]
        if not found and custom:
            found = known
        found = [each for each in found if not custom or _meets(each, chosen)]
        if found:
            return _first(found, host, profile, now)
    fallback = str(policy.at("fallback_sni"))
    if fallback:
        found = [each for each in known if _has(each, fallback.lower())]
        if found:
            return _first(found, host, profile, now)
    return None


def _has(each: Held, name: str) -> bool:
    return each.leaf is not None and name in names_of(each.leaf)


def _meets(each: Held, chosen: Node) -> bool:
    """Whether a certificate is what ``certificate_selection`` asks for."""
    leaf = each.leaf
    assert leaf is not None
    if chosen.at("any_tag").texts and not set(chosen.at("any_tag").texts) & set(each.tags):
        return False
    if not set(chosen.at("all_tags").texts) <= set(each.tags):
        return False
    serials = chosen.at("serial_number").texts
    if serials and str(int.from_bytes(leaf.serial, "big", signed=True)) not in serials:
        return False
    kind = str(chosen.at("public_key_algorithm")).lower()
    return not kind or key_kind(leaf) == _KINDS.get(kind, kind)


def _first(found: Sequence[Held], host: str, profile: ClientProfile, now: float) -> Held:
    """The first that suits the client and is in force, else the last that suits it, else the
    first of all."""
    if len(found) == 1:
        return found[0]
    best = found[0]
    for each in found:
        leaf = each.leaf
        assert leaf is not None
        if not covers(leaf, host) or not _signs(leaf, profile):
            continue
        best = each
        if leaf.not_before.posix < now < leaf.not_after.posix:
            return each
    return best


def _signs(leaf: Certificate, profile: ClientProfile) -> bool:
    scheme = _SCHEMES.get(key_name(leaf))
    return scheme is None or scheme in profile.signature_algorithms
