"""The files that an nginx configuration names for TLS: whether nginx would load them.

A file that is not here to be read is never taken for a missing one.
"""

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from cf525.model import KeyProof, Place
from cf525.pki.certificate import Certificate
from cf525.pki.files import public_keys_in
from cf525.pki.keys import decode
from cf525.servers import faults
from cf525.servers.certificates import (
    Loaded,
    asks_for_a_word,
    certificate_of,
    in_words,
    is_ca,
    key_kind,
    key_proof,
)
from cf525.servers.ciphers import evaluated
from cf525.servers.foretold import Edit, Fault, Named
from cf525.servers.library import Absence, Library, What, tells
from cf525.servers.nginx.mend import Mender
from cf525.servers.nginx.model import Server, sockets_of
from cf525.servers.nginx.variables import is_known, variables_in
from cf525.servers.nginx.words import KNOWN
from cf525.servers.opened import Opened
from cf525.servers.reorder import leaf_first
from cf525.servers.swap import instead, key_beside, key_of_another, named_anew, pair_for
from cf525.servers.tree import Directive, Tree

NGINX: Final = "nginx"
READ_AT_START: Final = ("ssl_session_ticket_key", "ssl_password_file", "ssl_crl")
_WORDS: Final = frozenset((*KNOWN, "listen", "server_name", "root", "location", "return"))
TICKET_KEYS: Final = (48, 80)
_OF_UPSTREAMS: Final = tuple(
    f"{kind}_ssl_{name}"
    for kind in ("proxy", "grpc", "uwsgi")
    for name in ("certificate", "certificate_key")
)
MAX_NESTED: Final = 30


class Files(Opened):
    """Reads every certificate file once."""

    def __init__(self, tree: Tree, library: Library, *, keys: bool) -> None:
        self.tree = tree
        super().__init__(library)
        self.keys = keys
        self.mender = Mender(library)

    def path(self, written: str) -> str:
        """A file as nginx resolves it: below the folder of the main file."""
        return posixpath.join(posixpath.dirname(self.tree.main), written)

    def files(self, servers: Sequence[Server]) -> Iterator[Fault]:
        seen: set[int] = set()
        for server in servers:
            for certificate, key in pairs(server):
                if id(certificate) in seen:
                    continue
                seen.add(id(certificate))
                if "$" in certificate.argument() or certificate.argument().startswith("data:"):
                    yield from self._undefined(certificate)
                    continue
                yield from self._pair(server, certificate, key)
            for name in ("ssl_client_certificate", "ssl_trusted_certificate", "ssl_dhparam"):
                found = server.setting(name)
                if found is not None and id(found) not in seen:
                    seen.add(id(found))
                    yield from self._present(found)
            verify = server.setting("ssl_verify_client")
            if verify is None or verify.argument() not in ("on", "optional"):
                continue
            if server.setting("ssl_client_certificate") is None and id(verify) not in seen:
                seen.add(id(verify))
                what = "ssl_verify_client without ssl_client_certificate"
                newer = server.setting("ssl_trusted_certificate") is not None
                reason = "nginx takes ssl_trusted_certificate for it since 1.27"
                edits = self.mender.replaced(verify, verify.name, "off")
                yield faults.not_loaded(
                    NGINX, what, verify.place, edits=edits, sure=not newer, reason=reason
                )

    def read_at_start(self, servers: Sequence[Server]) -> Iterator[Fault]:
        """Other files that nginx reads when it starts, for servers that have a certificate, and
        for what it connects to itself."""
        seen: set[int] = set()
        for server in servers:
            own = [each for name in READ_AT_START for each in server.settings(name)]
            own = own if any(True for _ in pairs(server)) else []
            for each in (*own, *_of_upstreams(server.directive)):
                if each.args and "$" not in each.argument() and id(each) not in seen:
                    seen.add(id(each))
                    yield from self._present(each)
                    yield from self._ticket_key(each)

    def _ticket_key(self, named: Directive) -> Iterator[Fault]:
        content = self.library.read(self.path(named.argument()), What.SIZE)
        ticket = named.name == "ssl_session_ticket_key" and isinstance(content, bytes)
        if ticket and len(content) not in TICKET_KEYS:
            what = f"the ticket key {named.argument()} must have 48 or 80 bytes"
            yield faults.not_loaded(NGINX, what, named.place)

    def _undefined(self, certificate: Directive) -> Iterator[Fault]:
        """A variable that nothing defines."""
        if not self.tree.whole or self.tree.unread:
            return
        for name in variables_in(certificate.argument()):
            if not is_known(self.tree, name):
                what = f'an unknown variable "{name}"'
                reason = "a module may define it"
                yield faults.not_loaded(NGINX, what, certificate.place, sure=False, reason=reason)

    def _present(self, named: Directive) -> Iterator[Fault]:
        path = self.path(named.argument())
        content = self.library.read(path, What.SIZE)
        if isinstance(content, Absence) and self._says(content):
            what = f"{self.library.shown(path)} {in_words(content)}"
            yield faults.file_absent(NGINX, what, content, named.place)

    def _says(self, absence: Absence) -> bool:
        return tells(self.library, absence)

    def _instead(
        self, server: Server, certificate: Directive, key: Directive | None
    ) -> tuple[Edit, ...]:
        """Another certificate for the server's names, where one is found."""
        names = [name for name, _ in server.names if name[:1].isalnum()]
        own = named(self, key) if key is not None else None
        return instead(self.library, named(self, certificate), own, names)

    def _pair(
        self, server: Server, certificate: Directive, key: Directive | None
    ) -> Iterator[Fault]:
        path = self.path(certificate.argument())
        loaded = self.load(path)
        shown = self.library.shown(path)
        if loaded.absence is not None:
            if self._says(loaded.absence):
                what = f"{shown} {in_words(loaded.absence)}"
                edits = self._instead(server, certificate, key)
                yield faults.file_absent(NGINX, what, loaded.absence, certificate.place, edits)
            return
        if loaded.refused:
            edits = self._instead(server, certificate, key)
            what = f"{shown} {loaded.refused}"
            yield faults.not_loaded(NGINX, what, certificate.place, edits=edits)
            return
        if key is None:
            what = f"no ssl_certificate_key belongs to {shown}"
            own = path if loaded.holds_key else key_beside(self.library, path)
            edits = self.mender.inserted(server.directive, f"ssl_certificate_key {own};")
            edits = edits if own else ()
            yield faults.not_loaded(NGINX, what, certificate.place, edits=edits)
            return
        yield from self._key(server, loaded, certificate, key)

    def _key(
        self, server: Server, loaded: Loaded, certificate: Directive, key: Directive
    ) -> Iterator[Fault]:
        leaf = loaded.leaf
        if leaf is None:
            what = f"{self.library.shown(loaded.path)} begins with a certificate that is damaged"
            yield faults.not_loaded(NGINX, what, certificate.place)
            return
        weak = decode(leaf.spki)
        listed = server.setting("ssl_ciphers")
        lowered = listed is not None and evaluated(listed.argument()).level in (0, 1)
        if weak.kind == "RSA" and 0 < weak.bits < 2048 and not lowered:
            what = f"the RSA key of {weak.bits} bits is too small for security level 2"
            reason = "with @SECLEVEL=1, or a library that begins there, it starts"
            yield faults.not_loaded(NGINX, what, certificate.place, sure=False, reason=reason)
        written = key.argument()
        if written.startswith(("engine:", "store:", "data:")) or "$" in written:
            return
        path = self.path(written)
        content = self.library.read(path, What.KEY)
        if isinstance(content, Absence):
            if self._says(content):
                what = f"the key {self.library.shown(path)} {in_words(content)}"
                own = loaded.path if loaded.holds_key else key_beside(self.library, loaded.path)
                edits = named_anew(self.library, named(self, key), own) if own else ()
                yield faults.file_absent(NGINX, what, content, key.place, edits)
            return
        if asks_for_a_word(content) and server.setting("ssl_password_file") is None:
            yield faults.locked_key(NGINX, self.library.shown(path), key.place)
        elif self._order(loaded):
            what = "the certificate of a CA stands first, and the key is that of the one behind it"
            edits = leaf_first(self.library, loaded)
            yield faults.not_loaded(NGINX, what, certificate.place, edits=edits)
        elif not self.keys:
            yield from self._misnamed(loaded, key)
        elif key_proof(self.library, path, leaf.encoded) is KeyProof.FAILED:
            kind = key_kind(leaf)
            if self._kind_of_key(path, kind):
                what = f"the key {self.library.shown(path)} is not that of the certificate"
                own = key_beside(self.library, loaded.path)
                edits = named_anew(self.library, named(self, key), own) if own else ()
                yield faults.not_loaded(NGINX, what, key.place, edits=edits)

    def _misnamed(self, loaded: Loaded, key: Directive) -> Iterator[Fault]:
        """A key that by its name belongs to another certificate of the same type."""
        path = self.path(key.argument())
        found = key_of_another(self.library, loaded.path, path)
        theirs = self.load(found[0]).leaf if found is not None else None
        if found is None or loaded.leaf is None or theirs is None:
            return
        if key_kind(theirs) == key_kind(loaded.leaf):
            what = f"the key {self.library.shown(path)} is that of {self.library.shown(found[0])}"
            edits = named_anew(self.library, named(self, key), found[1])
            reason = "the names of the files tell it; --keys compares the keys themselves"
            yield faults.not_loaded(NGINX, what, key.place, edits=edits, sure=False, reason=reason)

    def _kind_of_key(self, path: str, kind: str) -> bool:
        """Whether a key is of the same type as the certificate's: only then nginx minds."""
        content = self.library.read(path)
        found = public_keys_in(content) if isinstance(content, bytes) else ()
        kinds = {"rsa" if decode(each).kind == "RSA" else "ec" for each in found}
        return kind in kinds

    def _order(self, loaded: Loaded) -> bool:
        """Whether a CA stands first and the server's own, of the same key type, behind it."""
        own = own_behind(loaded)
        return (
            own is not None and loaded.leaf is not None and key_kind(own) == key_kind(loaded.leaf)
        )

    def uncertified(self, servers: Sequence[Server]) -> Iterator[Fault]:
        """A listener with TLS for which there is no certificate."""
        ports = {each.port for server in servers for each in server.listens}
        told: set[int] = set()
        for port in sorted(ports):
            for socket in sockets_of(servers, port):
                if socket.ssl is None:
                    continue
                default = socket.default
                if list(pairs(default)):
                    continue
                bare = [] if default.on("ssl_reject_handshake") else [default]
                if not bare:
                    bare = [
                        each
                        for each in socket.servers
                        if not list(pairs(each)) and not each.on("ssl_reject_handshake")
                    ]
                for server in bare[:1]:
                    if id(server) not in told:
                        told.add(id(server))
                        found = server.listen_on(socket.key)
                        place = found.directive.place if found else server.directive.place
                        what = f"no ssl_certificate for the listener with TLS on port {port}"
                        swallowed = _swallowed(server.directive)
                        if swallowed is not None:
                            what = f'{what}: the line before it is not ended by ";"'
                            place = swallowed.place
                        edits = self.ended(swallowed) if swallowed else self._pair_in(server)
                        yield faults.not_loaded(NGINX, what, place, edits=edits)

    def ended(self, swallowed: Directive) -> tuple[Edit, ...]:
        """The first line of a statement that took the next one, with its semicolon."""
        if not _took_another(swallowed):
            return ()
        line = self.mender.lines(swallowed.file)[swallowed.line - 1].rstrip()
        number = swallowed.line
        return (Edit(file=swallowed.file, first=number, last=number, lines=(f"{line};",)),)

    def _pair_in(self, server: Server) -> tuple[Edit, ...]:
        """A certificate for a server that has none, where one for its names is found."""
        names = [name for name, _ in server.names if name[:1].isalnum()]
        near = list(self.read())[:3]
        found = pair_for(self.library, near, names)
        if found is None:
            return ()
        certificate, key = found
        lines = (f"ssl_certificate {certificate};", f"ssl_certificate_key {key};")
        return self.mender.inserted(server.directive, *lines)


def _of_upstreams(scope: Directive, depth: int = 0) -> Iterator[Directive]:
    """The client certificates of a server for what it connects to, wherever they stand in it."""
    for each in scope.block or ():
        if each.name in _OF_UPSTREAMS:
            yield each
        if each.block and depth < MAX_NESTED:
            yield from _of_upstreams(each, depth + 1)


def _swallowed(block: Directive) -> Directive | None:
    """A statement that took the next one for its arguments, as its semicolon lacks."""
    for each in block.block or ():
        if _took_another(each):
            return each
    return None


def _took_another(each: Directive) -> bool:
    """Whether the name of a directive stands among the arguments, on a later line."""
    return each.end > each.line and any(word in _WORDS for word in each.args)


def own_behind(loaded: Loaded) -> Certificate | None:
    """The server's own certificate where a CA's stands before it."""
    if loaded.leaf is None or not is_ca(loaded.leaf):
        return None
    others = (certificate_of(each) for each in loaded.certificates[1:])
    return next((each for each in others if each is not None and not is_ca(each)), None)


def pairs(server: Server) -> Iterator[tuple[Directive, Directive | None]]:
    """The certificates of a server, each with its key."""
    certificates = server.settings("ssl_certificate")
    keys = server.settings("ssl_certificate_key")
    for number, each in enumerate(certificates):
        if each.args:
            yield each, keys[number] if number < len(keys) else None


def named(checker: Files, directive: Directive) -> Named:
    """The file that a directive names."""
    written = directive.argument()
    place: Place = directive.place
    return Named(path=checker.path(written), written=written, place=place)
