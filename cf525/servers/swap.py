"""A better chain from the files that are there: the edits that would make a server send it.

Candidates stand beside the file in use, where certbot keeps its files, and in what the
configuration names besides. Which of them is good is asked of the judge; what is a key by its name
is not opened.
"""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.pki.certificate import Certificate
from cf525.servers.certificates import Loaded, certificate_of, covers, is_ca, load
from cf525.servers.foretold import Chain, Edit, Named
from cf525.servers.library import Absence, Library, What, decoded, is_pattern, names_key
from cf525.servers.reorder import appended, leaf_first

MOST: Final = 40
LIVE: Final = "/etc/letsencrypt/live/*/fullchain.pem"
_PATTERNS: Final = ("fullchain*.pem", "*.pem", "*.crt", "*.cer", "*.ca-bundle", "*")
"""The last one stands for people who name their files otherwise."""

_CERTIFICATES: Final = (".crt", ".pem", ".cer", ".cert", ".full", "-fullchain.pem")
_KEYS: Final = (".key", "-key.pem", ".key.pem")
_NO_CERTIFICATES: Final = (".key", ".csr", ".conf", ".cnf", ".old", ".bak", ".der", ".p12", ".pfx")
_SECRET: Final = lazy_pattern(r"htpasswd|passw|^pass\b|secret|ticket|token|\bkeys?\b|^\.env$")
"""What names say of files that hold secrets: where folders are looked through they stay shut."""

Good = Callable[[tuple[bytes, ...]], bool]


def better_chains(
    library: Library, chain: Chain, host: str, good: Good, served: frozenset[str] | None = None
) -> list[tuple[Edit, ...]]:
    """What to try, the least change first. No other certificate is put where a site would lose
    the one it has; the names of such sites are ``served``, or those of the certificate itself."""
    loaded = load(library, chain.file.path)
    leaf = loaded.leaf
    if leaf is None:
        return []
    found: list[tuple[Edit, ...]] = []
    near_by = list(_others(library, chain))
    kept = _names_of(leaf) if served is None else served
    kept = frozenset(each for each in kept - {host} if covers(leaf, each.replace("*", "any")))
    others = [each for each in near_by if each.leaf is None or _takes_none(each.leaf, kept)]
    for other in others:  # the same key: only the file changes
        theirs = other.leaf
        if theirs is not None and theirs.spki == leaf.spki and good(other.certificates):
            found.append(_renamed(library, chain.file, other.path))
    extra = [each for other in near_by for each in other.certificates]
    more = _issuers(loaded.certificates, extra)
    if more and not loaded.holds_key and good((*loaded.certificates, *more)):
        found.append(appended(library, loaded.path, more))
    found.append(leaf_first(library, loaded))
    found += [
        _with_key(library, chain, other)
        for other in others
        if other.leaf is not None and covers(other.leaf, host) and good(other.certificates)
    ]
    return [each for each in found if each]


def _names_of(leaf: Certificate) -> frozenset[str]:
    """The names of a certificate that may be a site's."""
    names = (each.decode("ascii", "replace").lower() for each in leaf.extensions.dns_names)
    return frozenset(each for each in names if "." in each)


def _takes_none(leaf: Certificate, kept: frozenset[str]) -> bool:
    """Whether a certificate is one for all of these names too."""
    return all(covers(leaf, each.replace("*", "any")) for each in kept)


def instead(
    library: Library, file: Named, key: Named | None, names: Sequence[str]
) -> tuple[Edit, ...]:
    """The edits that name another certificate, for one of these names, in place of a file that
    cannot be loaded; none where no such file with its key is found."""
    for path in _places(library, file.path, key):
        loaded = load(library, path) if path != file.path else None
        if loaded is None or loaded.refused or loaded.leaf is None or is_ca(loaded.leaf):
            continue
        if not any(covers(loaded.leaf, name) for name in names):
            continue
        if key is None:
            if loaded.holds_key:
                return _renamed(library, file, path)
            continue
        own = path if loaded.holds_key else key_beside(library, path)
        if own == key.path:
            return _renamed(library, file, path)
        if own:
            both = (*_renamed(library, file, path), *_renamed(library, key, own))
            return both if len(both) == 2 else ()
    return ()


def named_anew(library: Library, named: Named, path: str) -> tuple[Edit, ...]:
    """The line that names a file, naming another."""
    return _renamed(library, named, path)


def pair_for(library: Library, near: Sequence[str], names: Sequence[str]) -> tuple[str, str] | None:
    """A certificate file for one of these names and its key, beside these files or certbot's."""
    for path in (each for start in near or ("/",) for each in _places(library, start)):
        loaded = load(library, path)
        if loaded.refused or loaded.leaf is None or is_ca(loaded.leaf):
            continue
        own = path if loaded.holds_key else key_beside(library, path)
        if own and any(covers(loaded.leaf, name) for name in names):
            return path, own
    return None


def near(
    library: Library, path: str, more: Sequence[str] = (), key: Named | None = None
) -> Iterator[Loaded]:
    """The certificate files that can be loaded in the folder of one, under its name in the folders
    beside that (a panel's), in certbot's, and ``more``. The ``key`` is not opened for it."""
    folder = posixpath.dirname(path)
    paths = list(more)
    for pattern in _PATTERNS:
        own = library.matching(posixpath.join(folder, pattern))
        paths += (each for each in own if not _looks_private(each))
    siblings = posixpath.join(posixpath.dirname(folder), "*", posixpath.basename(path))
    elsewhere = (*library.matching(siblings)[:MOST], *library.matching(LIVE)[:MOST])
    others = (each for each in elsewhere if not _looks_private(each))
    for each in dict.fromkeys((*list(dict.fromkeys(paths))[:MOST], *others)):
        if key is not None and each == key.path != path:
            continue
        loaded = load(library, each)
        if loaded.certificates and not loaded.refused:
            yield loaded


def _looks_private(path: str) -> bool:
    """Whether a file is a key, a secret or no certificate by its name, whatever it holds."""
    name = posixpath.basename(path).lower()
    end = posixpath.splitext(name)[1]
    if end in (".crt", ".cer", ".cert", ".ca-bundle") or name.startswith("fullchain"):
        return False
    secret = end != ".pem" and _SECRET.search(name) is not None
    return secret or end in _NO_CERTIFICATES or names_key(name)


def _places(library: Library, path: str, key: Named | None = None) -> list[str]:
    """Certificate files beside one, those of certbot's folders, chains before lone leaves."""
    found = sorted(near(library, path, key=key), key=lambda each: -len(each.certificates))
    return list(dict.fromkeys(each.path for each in found))


def _others(library: Library, chain: Chain) -> Iterator[Loaded]:
    found = near(library, chain.file.path, chain.beside, chain.key)
    return (each for each in found if each.path != chain.file.path)


def _issuers(chain: tuple[bytes, ...], extra: list[bytes]) -> tuple[bytes, ...]:
    """What is to be put behind a chain: from the last certificate up, roots left out."""
    last = certificate_of(chain[-1])
    pool = [each for each in map(certificate_of, extra) if each is not None]
    found: list[bytes] = []
    while last is not None and len(found) < 4:
        issuer = next((each for each in pool if each.issued(last) and not each.self_signed), None)
        if issuer is None or issuer.encoded in found:
            break
        found.append(issuer.encoded)
        last = issuer
    return tuple(found)


def _renamed(library: Library, named: Named, path: str) -> tuple[Edit, ...]:
    """The line that names a file, naming another."""
    content = library.read(named.place.file)
    if isinstance(content, Absence) or not named.place.line:
        return ()
    lines = decoded(content).split("\n")
    line = lines[named.place.line - 1].rstrip("\r")
    beside = posixpath.dirname(path) == posixpath.dirname(named.path)
    base = f"/{posixpath.basename(named.written)}"
    if line.count(named.written) != 1 and beside and line.count(base) == 1:
        named = replace(named, written=base)  # the folder is a macro's or a variable's
    if line.count(named.written) != 1:
        return ()
    new = path
    if beside:
        new = posixpath.join(posixpath.dirname(named.written), posixpath.basename(path))
    number = named.place.line
    text = line.replace(named.written, new)
    return (Edit(file=named.place.file, first=number, last=number, lines=(text,)),)


def _with_key(library: Library, chain: Chain, other: Loaded) -> tuple[Edit, ...]:
    """Another certificate together with the key that stands beside it."""
    if chain.key is None:
        return _renamed(library, chain.file, other.path) if other.holds_key else ()
    key = key_beside(library, other.path)
    if not key:
        return ()
    first = _renamed(library, chain.file, other.path)
    if first and chain.key.place == chain.file.place:
        (edit,) = first
        line = edit.lines[0]
        both = line.replace(chain.key.written, key) if line.count(chain.key.written) == 1 else ""
        return (replace(edit, lines=(both,)),) if both else ()
    second = _renamed(library, chain.key, key)
    return (*first, *second) if first and second else ()


def key_of_another(library: Library, file: str, key: str) -> tuple[str, str] | None:
    """The certificate that a key is named after, which is another one with another key, and the
    key that stands beside the file itself, or in the folder of keys: names alone tell it, no key is
    read."""
    stem = posixpath.splitext(key)[0]
    name = posixpath.basename(stem)
    if posixpath.splitext(posixpath.basename(file))[0] == name:
        return None
    stems = dict.fromkeys((stem, posixpath.join(posixpath.dirname(file), name)))
    for path in (f"{each}{suffix}" for each in stems for suffix in _CERTIFICATES):
        other = load(library, path).leaf if path not in (file, key) else None
        leaf = load(library, file).leaf if other is not None else None
        if other is None or leaf is None or is_ca(other) or other.spki == leaf.spki:
            continue
        among_keys = posixpath.join(posixpath.dirname(key), posixpath.basename(file))
        own = key_beside(library, file) or key_beside(library, among_keys)
        if own not in ("", key):
            return path, own
    return None


def other_keys(library: Library, file: str, key: str) -> tuple[str, ...]:
    """Further keys that are named after a certificate and belong to no other one: which of them
    is its own no name tells."""
    stem = posixpath.splitext(posixpath.basename(file))[0]
    folder = posixpath.dirname(key)
    found = (library.matching(posixpath.join(folder, f"{stem}*{end}")) for end in _KEYS)
    if not stem or is_pattern(f"{folder}{stem}") or key == file:
        return ()
    return tuple(
        path
        for path in dict.fromkeys(each for some in found for each in some[:MOST])
        if path not in (key, file)
        and library.real(path) != library.real(key)
        and not any(
            library.matching(f"{posixpath.splitext(path)[0]}{suffix}") for suffix in _CERTIFICATES
        )
    )


def key_beside(library: Library, path: str) -> str:
    """The private key that stands beside a certificate file, by the names people give them."""
    folder, name = posixpath.split(path)
    stem = name.rpartition(".")[0]
    names = ["privkey.pem"] if name.startswith("fullchain") else []
    names += [
        f"{stem}.key",
        f"{stem}-key.pem",
        f"{stem}.key.pem",
        name.replace("fullchain", "privkey"),
    ]
    for each in names:
        candidate = posixpath.join(folder, each)
        content = library.read(candidate, What.KEY)
        if isinstance(content, bytes) and b"PRIVATE KEY-----" in content and candidate != path:
            return candidate
    return ""
