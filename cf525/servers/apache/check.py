"""What keeps Apache from starting, as far as it concerns listeners and certificates."""

import difflib
import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from cf525.model import KeyProof
from cf525.patterns import lazy_pattern
from cf525.servers import faults
from cf525.servers.apache.arguments import wrong
from cf525.servers.apache.model import Host, listens_of, named
from cf525.servers.apache.words import COMMON, NAMES, OF_MODULES, SECTIONS
from cf525.servers.certificates import Loaded, asks_for_a_word, in_words, is_ca, key_proof
from cf525.servers.ciphers import evaluated
from cf525.servers.foretold import Edit, Fault, Named
from cf525.servers.library import Absence, Library, What, is_pattern, tells
from cf525.servers.lines import LineMender
from cf525.servers.opened import Opened
from cf525.servers.openssl import CIPHERS, PROTOCOLS
from cf525.servers.reorder import leaf_first
from cf525.servers.slips import meant
from cf525.servers.swap import instead, key_beside, key_of_another, named_anew, pair_for
from cf525.servers.tree import Broken, Directive, Tree

APACHE: Final = "Apache"
MAX_NESTED: Final = 30
_COMMAND: Final = lazy_pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_ENGINE: Final = ("on", "off", "optional")
_PRESENT: Final = (
    "SSLCACertificateFile", "SSLCertificateChainFile", "SSLCertificateKeyFile",
    "SSLCARevocationFile", "SSLCADNRequestFile", "SSLSessionTicketKeyFile",
    "SSLOCSPResponderCertificateFile", "SSLProxyMachineCertificateFile",
    "SSLProxyMachineCertificateChainFile", "SSLProxyCACertificateFile",
    "SSLProxyCARevocationFile",
)  # fmt: skip
"""Files that Apache wants to be there when it starts (measured with 2.4)."""
_CACHES: Final = ("sslsessioncache", "sslstaplingcache", "cachesocache", "authncachesocache")
_PROVIDERS: Final = ("shmcb", "dbm", "memcache", "redis", "dc")
_SSL: Final = frozenset(
    ("cacertificatefile", "cacertificatepath", "cadnrequestfile", "cadnrequestpath",
     "carevocationcheck", "carevocationfile", "carevocationpath", "certificatechainfile",
     "certificatefile", "certificatekeyfile", "ciphersuite", "compression", "cryptodevice",
     "engine", "fips", "honorcipherorder", "insecurerenegotiation", "ocspdefaultresponder",
     "ocspenable", "ocspnoverify", "ocspoverrideresponder", "ocspproxyurl",
     "ocsprespondercertificatefile", "ocsprespondertimeout", "ocspresponsemaxage",
     "ocspresponsetimeskew", "ocspuserequestnonce", "opensslconfcmd", "options",
     "passphrasedialog", "policy", "protocol", "randomseed", "renegbuffersize", "require",
     "requiressl", "sessioncache", "sessioncachetimeout", "sessionticketkeyfile",
     "sessiontickets", "srpunknownuserseed", "srpverifierfile", "staplingcache",
     "staplingerrorcachetimeout", "staplingfaketrylater", "staplingforceurl",
     "staplingrespondertimeout", "staplingresponsemaxage", "staplingresponsetimeskew",
     "staplingreturnrespondererrors", "staplingstandardcachetimeout", "strictsnivhostcheck",
     "username", "usestapling", "verifyclient", "verifydepth", "vhostsnipolicy", "clienthellovars")
)  # fmt: skip
_VARIABLE: Final = lazy_pattern(r"\$\{(\w{1,64})\}")


class Checker(Opened):
    def __init__(self, tree: Tree, library: Library, *, keys: bool) -> None:
        self.tree = tree
        super().__init__(library)
        self.keys = keys
        self.mender = LineMender(library)
        roots = [each.argument() for each in named(tree.root, "ServerRoot")]
        self.root = roots[0] if roots else posixpath.dirname(tree.main)
        self.managed = frozenset(
            name.lower()
            for directive in ("MDomain", "<MDomainSet", "MDomainSet")
            for each in named(tree.root, directive)
            for name in each.args
        )

    def path(self, written: str) -> str:
        """A file as Apache resolves it: below ServerRoot."""
        return posixpath.join(self.root, written)

    def faults(self, hosts: Sequence[Host]) -> Iterator[Fault]:
        for each in self.tree.broken:
            edits = self._whole(each)
            why = "" if each.sure else "it stands under a condition"
            yield faults.not_loaded(
                APACHE, each.text, each.place, edits=edits, sure=each.sure, reason=why
            )
        yield from self._listens()
        seen: set[int] = set()
        for host in hosts:
            for scope in (host.directive, host.main):
                if id(scope) not in seen:
                    seen.add(id(scope))
                    yield from self._directives(scope)
        yield from self._mistyped()
        yield from self._unloaded()
        for host in hosts:
            yield from self._host(host)

    def _whole(self, broken: Broken) -> tuple[Edit, ...]:
        """The edit that undoes what broke the language itself, where it is plain what is meant."""
        line = self.mender.line(broken.place)
        if line is None:
            return ()
        if "is not closed" in broken.text:
            lines = self.mender.lines(broken.place.file)
            last = len(lines) - (not lines[-1])
            name = broken.text.partition(">")[0].lstrip("<")
            edit = Edit(file=broken.place.file, first=last + 1, last=last, lines=(f"</{name}>",))
            return (edit,)
        gone = "does not exist" in broken.text and not is_pattern(line)
        if gone and line.strip().lower().startswith("include "):
            return self.mender.removed(broken.place)
        return ()

    def _mistyped(self) -> Iterator[Fault]:
        """Commands that Apache does not know: no module has one with such a character in it, or
        they are nearly those that it does."""
        for each in _nested(self.tree.root):
            if not _COMMAND.fullmatch(each.name) and "${" not in each.name:
                what = f'an invalid command "{each.name}"'
                yield faults.not_loaded(APACHE, what, each.place)
                continue
            near = meant(each.name.lower(), NAMES)
            if near:
                what = f'an invalid command "{each.name}"'
                edits: tuple[Edit, ...] = ()
                if each.block is None:
                    edits = self.mender.words(each.place, (each.name,), (COMMON[near],))
                yield faults.not_loaded(APACHE, what, each.place, edits=edits, sure=False)

    def _unloaded(self) -> Iterator[Fault]:
        """Commands of a module that is not loaded, where others are."""
        loaded = {each.argument() for each in named(self.tree.root, "LoadModule")}
        if not loaded or not self.tree.whole or self.tree.unread:
            return
        told: set[str] = set()
        for each in _nested(self.tree.root):
            module = OF_MODULES.get(each.name.lower(), "") or _cache(each)
            if module and module not in loaded and module not in told:
                told.add(module)
                said = "" if _cache(each) else "an invalid command "
                what = f'{said}"{each.name}": {module} is not loaded'
                reason = "a build may have the module within"
                yield faults.not_loaded(APACHE, what, each.place, sure=False, reason=reason)

    def _listens(self) -> Iterator[Fault]:
        seen: dict[tuple[str, int], Directive] = {}
        for host, port, _, directive in listens_of(self.tree):
            key = (host, port)
            if key in seen and not directive.maybe:
                what = f"a second Listen {directive.argument()}"
                edits = self.mender.removed(directive.place)
                yield faults.not_loaded(APACHE, what, directive.place, edits=edits)
            seen.setdefault(key, directive)

    def _directives(self, scope: Directive) -> Iterator[Fault]:
        for each in scope.block or ():
            name = each.name.lower()
            if each.maybe:
                continue
            yield from wrong(each, self.mender)
            if name.startswith("ssl") and name[3:] not in _SSL and not name.startswith("sslproxy"):
                what = f'an invalid command "{each.name}"'
                near = difflib.get_close_matches(name[3:], _SSL, 1, 0.8)
                old = (each.name, *each.args)
                edits = (
                    self.mender.words(each.place, old, (f"SSL{near[0]}", *each.args))
                    if near
                    else ()
                )
                yield faults.not_loaded(APACHE, what, each.place, edits=edits, sure=False)
            elif name == "sslprotocol":
                odd = [a for a in each.args if a.lstrip("+-").lower() not in _versions()]
                if odd:
                    what = f'SSLProtocol has the illegal protocol "{odd[0]}"'
                    new = (each.name, "-all", "+TLSv1.2", "+TLSv1.3")
                    edits = self.mender.words(each.place, (each.name, *each.args), new)
                    yield faults.not_loaded(APACHE, what, each.place, edits=edits)
            elif name == "sslciphersuite":
                text = each.args[-1] if each.args else ""
                plain = len(each.args) == 1 and not text.startswith("PROFILE=")
                if plain and not evaluated(text).codes:
                    edits = self.mender.words(each.place, (text,), (CIPHERS,))
                    what = "SSLCipherSuite names no suite that the library has"
                    yield faults.not_loaded(APACHE, what, each.place, edits=edits)
            elif name == "servername" and set(each.argument()) & set("*?"):
                what = f'"{each.argument()}" is no ServerName: a pattern stands in ServerAlias'
                edits = self.mender.words(
                    each.place, (each.name, each.argument()), ("ServerAlias", each.argument())
                )
                yield faults.not_loaded(APACHE, what, each.place, edits=edits)
            elif each.block is not None and name not in SECTIONS:
                what = f'an unknown section "<{each.name}>"'
                yield faults.not_loaded(APACHE, what, each.place, sure=False)
            elif name == "sslengine" and each.argument().lower() not in _ENGINE:
                yield faults.not_loaded(APACHE, f"SSLEngine {each.argument()}", each.place)

    def _host(self, host: Host) -> Iterator[Fault]:
        if host.maybe:
            return
        files = host.all("SSLCertificateFile")
        keys = host.all("SSLCertificateKeyFile")
        for number, each in enumerate(files):
            own = keys[number] if number < len(keys) else None
            if each.maybe:
                continue
            yield from self._present(each, host, own)
            if host.engine == "on":
                yield from self._pair(each, own)
        for name in _PRESENT:
            for each in host.all(name):
                if not each.maybe:
                    yield from self._present(each)
        if host.engine == "on" and not files and not self._managed(host):
            engine = host.setting("SSLEngine")
            place = engine.place if engine is not None else host.directive.place
            names = [name for name, _ in host.names if "*" not in name]
            found = pair_for(self.library, list(self.read())[:3], names)
            edits: tuple[Edit, ...] = ()
            if found is not None and engine is not None:
                lines = (f"SSLCertificateFile {found[0]}", f"SSLCertificateKeyFile {found[1]}")
                edits = self.mender.behind(place, *lines)
            what = "SSLEngine on without SSLCertificateFile"
            yield faults.not_loaded(APACHE, what, place, edits=edits)

    def _managed(self, host: Host) -> bool:
        """Whether mod_md looks after the certificate of a host."""
        return bool(self.managed) and any(name in self.managed for name, _ in host.names)

    def named(self, each: Directive) -> Named:
        """The file that a directive names."""
        return Named(path=self.path(each.argument()), written=each.argument(), place=each.place)

    def _instead(self, each: Directive, host: Host, key: Directive | None) -> tuple[Edit, ...]:
        """Another certificate for the host's names, where one is found."""
        names = [name for name, _ in host.names if "*" not in name]
        own = self.named(key) if key is not None else None
        return instead(self.library, self.named(each), own, names)

    def _present(
        self, each: Directive, host: Host | None = None, key: Directive | None = None
    ) -> Iterator[Fault]:
        if "${" in each.argument():
            yield from self._undefined(each)
            return
        if ":" in each.argument()[:10]:
            return
        path = self.path(each.argument())
        is_key = each.name.lower() == "sslcertificatekeyfile"
        content = self.library.read(path, What.KEY if is_key else What.CERTIFICATES)
        empty = content == b""
        if empty or (isinstance(content, Absence) and self._says(content)):
            why = "is empty" if empty else in_words(content)  # type: ignore[arg-type]
            what = f"{each.name}: {self.library.shown(path)} {why}"
            edits: tuple[Edit, ...] = ()
            if host is not None:
                edits = self._instead(each, host, key)
            elif is_key:
                edits = self._other_key(each)
            gone = content if isinstance(content, Absence) else Absence.MISSING
            yield faults.file_absent(APACHE, what, gone, each.place, edits)

    def _undefined(self, each: Directive) -> Iterator[Fault]:
        """A variable that no Define gives a value stays as it is written, and the file is not
        there; unless the environment that Apache is started with has it."""
        found = _VARIABLE.search(each.argument())
        if found is None or found[1].startswith("APACHE_") or self._exported(found[1]):
            return
        what = f"{each.name}: {found[0]} has no value, so that there is no such file"
        near = difflib.get_close_matches(found[1], self.tree.defined, 1, 0.8)
        new = each.argument().replace(found[0], f"${{{near[0]}}}") if near else ""
        edits = self.mender.words(each.place, (each.argument(),), (new,)) if near else ()
        reason = "the environment that Apache is started with may have it"
        yield faults.not_loaded(APACHE, what, each.place, edits=edits, sure=False, reason=reason)

    def _exported(self, name: str) -> bool:
        """Whether what Debian's start reads before Apache gives a variable a value."""
        content = self.library.read(self.path("envvars"))
        return isinstance(content, bytes) and name.encode() in content

    def _other_key(self, each: Directive) -> tuple[Edit, ...]:
        """The key that stands beside the certificate of the same line of files."""
        for path, loaded in self.read().items():
            if posixpath.dirname(path) == posixpath.dirname(self.path(each.argument())):
                own = path if loaded.holds_key else key_beside(self.library, path)
                if own:
                    return named_anew(self.library, self.named(each), own)
        return ()

    def _says(self, absence: Absence) -> bool:
        return tells(self.library, absence)

    def _pair(self, each: Directive, key: Directive | None) -> Iterator[Fault]:
        loaded = self.load(self.path(each.argument()))
        if loaded.absence is not None:
            return
        shown = self.library.shown(loaded.path)
        leaf = loaded.leaf
        if loaded.refused or leaf is None:
            yield faults.not_loaded(APACHE, f"{shown} {loaded.refused}", each.place)
        elif key is None and not loaded.holds_key:
            what = f"no SSLCertificateKeyFile belongs to {shown}"
            yield faults.not_loaded(APACHE, what, each.place)
        elif self._locked(key, loaded):
            asking = key or each
            file = self.library.shown(self.path(asking.argument()))
            yield faults.locked_key(APACHE, file, asking.place)
        elif is_ca(leaf) and len(loaded.certificates) > 1:
            what = f"{shown} begins with a CA's certificate, to which the key does not belong"
            edits = leaf_first(self.library, loaded)
            yield faults.not_loaded(APACHE, what, each.place, edits=edits)
        elif not self.keys and key is not None:
            yield from self._misnamed(loaded, key)
        elif self.keys:
            path = self.path(key.argument()) if key is not None else loaded.path
            if key_proof(self.library, path, leaf.encoded) is KeyProof.FAILED:
                what = f"the key {self.library.shown(path)} is not that of the certificate"
                place = key.place if key is not None else each.place
                own = key_beside(self.library, loaded.path)
                edits = named_anew(self.library, self.named(key), own) if key and own else ()
                yield faults.not_loaded(APACHE, what, place, edits=edits)

    def _locked(self, key: Directive | None, loaded: Loaded) -> bool:
        """Whether the key asks for a password that no program gives."""
        path = self.path(key.argument()) if key is not None else loaded.path
        content = self.library.read(path, What.KEY if key is not None else What.CERTIFICATES)
        dialogs = [each.argument() for each in named(self.tree.root, "SSLPassPhraseDialog")]
        given = any(each.startswith(("exec:", "|")) for each in dialogs)
        return isinstance(content, bytes) and asks_for_a_word(content) and not given

    def _misnamed(self, loaded: Loaded, key: Directive) -> Iterator[Fault]:
        """A key that by its name belongs to another certificate."""
        path = self.path(key.argument())
        found = key_of_another(self.library, loaded.path, path)
        if found is not None:
            other, own = found
            what = f"the key {self.library.shown(path)} is that of {self.library.shown(other)}"
            edits = named_anew(self.library, self.named(key), own)
            reason = "the names of the files tell it; --keys compares the keys themselves"
            yield faults.not_loaded(APACHE, what, key.place, edits=edits, sure=False, reason=reason)


def _nested(scope: Directive, depth: int = 0) -> Iterator[Directive]:
    """Every command that is in force, those in sections too."""
    for each in scope.block or ():
        if not each.maybe:
            yield each
            if each.block and depth < MAX_NESTED and each.name.lower() != "perl":
                yield from _nested(each, depth + 1)


def _cache(each: Directive) -> str:
    """The module that a cache is kept by; empty for what needs none."""
    if each.name.lower() not in _CACHES:
        return ""
    provider = each.argument().partition(":")[0].lower()
    return f"socache_{provider}_module" if provider in _PROVIDERS else ""


def _versions() -> frozenset[str]:
    return frozenset((*(name.lower() for name in PROTOCOLS), "all"))
