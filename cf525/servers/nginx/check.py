"""What keeps nginx from starting: one such line stops every site.

Known are the checks that concern TLS and listeners, as nginx 1.22 with OpenSSL 3 makes them; a
file that is not here to be read is never taken for a missing one.
"""

import difflib
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace
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
    load,
)
from cf525.servers.ciphers import evaluated
from cf525.servers.foretold import Edit, Fault, Named
from cf525.servers.library import Absence, Library, is_pattern
from cf525.servers.nginx.mend import Mender
from cf525.servers.nginx.model import ONCE_EACH, Listen, Server, sockets_of
from cf525.servers.openssl import PROTOCOLS, read_groups
from cf525.servers.reorder import leaf_first
from cf525.servers.swap import instead, key_beside, key_of_another, named_anew, pair_for
from cf525.servers.tree import Broken, Directive, Tree

NGINX: Final = "nginx"
_LISTEN: Final = frozenset(
    ("default_server", "default", "ssl", "http2", "spdy", "quic", "proxy_protocol", "deferred",
     "reuseport", "bind", "udp")
)  # fmt: skip
_OF_SSL: Final = (
    "alpn", "buffer_size", "certificate", "certificate_key", "ciphers",
    "client_certificate", "conf_command", "crl", "dhparam", "early_data", "ecdh_curve",
    "engine", "handshake_timeout", "ocsp", "ocsp_cache", "ocsp_responder", "password_file",
    "prefer_server_ciphers", "preread", "protocols", "reject_handshake", "session_cache",
    "session_ticket_key", "session_tickets", "session_timeout", "stapling", "stapling_file",
    "stapling_responder", "stapling_verify", "trusted_certificate", "verify_client",
    "verify_depth", "object_cache_inheritable", "certificate_cache",
    "certificate_compression", "key_log", "ct", "ct_static_scts", "dyn_rec_enable",
    "dyn_rec_timeout", "dyn_rec_size_lo", "dyn_rec_size_hi", "dyn_rec_threshold",
    "ech_file", "session_fetch_by_lua_block", "session_store_by_lua_block",
    "client_hello_by_lua_block",
)  # fmt: skip
ONCE: Final = (
    "ssl_ciphers", "ssl_session_timeout", "ssl_prefer_server_ciphers", "ssl_session_tickets",
    "ssl_ecdh_curve", "ssl_verify_client", "ssl_verify_depth", "ssl_client_certificate",
    "ssl_trusted_certificate", "ssl_stapling", "ssl_stapling_verify", "ssl_buffer_size",
    "ssl_early_data", "ssl_reject_handshake", "ssl_password_file", "ssl_dhparam", "ssl_crl",
    "root", "client_max_body_size", "resolver", "keepalive_timeout", "sendfile", "gzip",
    "server_tokens", "types_hash_max_size", "default_type", "user", "pid", "worker_processes",
)  # fmt: skip
"""Directives that a block may have once (measured with 1.22)."""
_KNOWN: Final = frozenset(("ssl", *(f"ssl_{each}" for each in _OF_SSL)))


class Checker:
    """The checks of one configuration. Every certificate file is read once."""

    def __init__(self, tree: Tree, library: Library, *, keys: bool) -> None:
        self.tree = tree
        self.library = library
        self.keys = keys
        self.mender = Mender(library)
        self._loaded: dict[str, Loaded] = {}

    def load(self, path: str) -> Loaded:
        if path not in self._loaded:
            self._loaded[path] = load(self.library, path)
        return self._loaded[path]

    def leaves(self) -> frozenset[bytes]:
        """Every leaf that was read."""
        return frozenset(each.certificates[0] for each in self._loaded.values() if each.leaf)

    def path(self, written: str) -> str:
        """A file as nginx resolves it: below the folder of the main file."""
        return posixpath.join(posixpath.dirname(self.tree.main), written)

    def faults(self, servers: Sequence[Server]) -> Iterator[Fault]:
        """Everything that stops the start, in the order in which nginx meets it, roughly."""
        for each in self.tree.broken:
            yield faults.not_loaded(NGINX, each.text, each.place, edits=self._whole(each))
        yield from self._listens(servers)
        yield from self._twice(self.tree.root)
        seen = {id(self.tree.root)}
        for server in servers:
            for scope in (server.directive, *server.around):
                if id(scope) not in seen:
                    seen.add(id(scope))
                    yield from self._directives(scope)
                    yield from self._twice(scope)
        yield from self._zones(servers)
        yield from self._files(servers)
        yield from self._uncertified(servers)

    def _whole(self, broken: Broken) -> tuple[Edit, ...]:
        """The edit that undoes what broke the language itself, where it is plain what is meant."""
        place, lines = broken.place, self.mender.lines(broken.place.file)
        if not 0 < place.line <= len(lines):
            return ()
        line, last = lines[place.line - 1], len(lines) - (not lines[-1])

        def made(first: int, until: int, *new: str) -> tuple[Edit, ...]:
            return (Edit(file=place.file, first=first, last=until, lines=new),)

        if "byte-order mark" in broken.text:
            return made(1, 1, line.removeprefix("\ufeff"))
        if 'not ended by ";"' in broken.text:
            return made(place.line, place.line, f"{line.rstrip()};")
        if "is not closed" in broken.text:
            return made(last + 1, last, "}")
        if 'unexpected "}"' in broken.text and line.strip() == "}":
            return made(place.line, place.line)
        include = line.strip().startswith("include ") and line.count(";") == 1
        if include and "does not exist" in broken.text and not is_pattern(line):
            return made(place.line, place.line)
        return ()

    # -- listeners ------------------------------------------------------------------------

    def _listens(self, servers: Sequence[Server]) -> Iterator[Fault]:
        defaults: dict[tuple[str, int], Listen] = {}
        options: dict[tuple[str, int], Listen] = {}
        for server in servers:
            own: set[tuple[str, int]] = set()
            for each in server.listens:
                directive = each.directive
                if each.key in own:
                    text = f"a duplicate listen of {directive.argument()} in one server"
                    yield self._listen(text, each, self.mender.replaced(directive))
                own.add(each.key)
                if directive.name != "listen":
                    continue
                wrong = next((f for f in each.flags if f not in _LISTEN and "=" not in f), "")
                if wrong:
                    yield self._listen(f'an invalid parameter "{wrong}" of listen', each, ())
                if each.flags & {"default_server", "default"}:
                    if each.key in defaults:
                        text = f"a duplicate default server for {directive.argument()}"
                        edits = self.mender.without(directive, "default_server", "default")
                        yield self._listen(text, each, edits, defaults[each.key])
                    defaults.setdefault(each.key, each)
                once = [flag for flag in directive.args[1:] if ONCE_EACH.match(flag)]
                if once:
                    if each.key in options:
                        text = f"duplicate listen options for {directive.argument()}"
                        edits = self.mender.without(directive, *once)
                        yield self._listen(text, each, edits, options[each.key])
                    options.setdefault(each.key, each)

    def _zones(self, servers: Sequence[Server]) -> Iterator[Fault]:
        """Two sizes for one shared cache: certbot's file and one's own say so at times."""
        sizes: dict[str, tuple[str, Directive]] = {}
        for server in servers:
            for each in (*server.directive.all("ssl_session_cache"),):
                for value in each.args:
                    _, _, zone = value.partition("shared:")
                    name, _, size = zone.partition(":")
                    known = sizes.setdefault(name, (size, each)) if name else (size, each)
                    if known[0].lower() != size.lower():
                        what = f'two sizes of the shared zone "{name}": {known[0]} and {size}'
                        new = value.replace(size, known[0])
                        words = (each.name, *(new if v == value else v for v in each.args))
                        edits = self.mender.replaced(each, *words)
                        fault = faults.not_loaded(NGINX, what, each.place, edits=edits)
                        yield replace(fault, places=(*fault.places, known[1].place))

    def _listen(
        self, text: str, listen: Listen, edits: tuple[Edit, ...], other: Listen | None = None
    ) -> Fault:
        fault = faults.not_loaded(NGINX, text, listen.directive.place, edits=edits)
        more = (other.directive.place,) if other is not None else ()
        return replace(fault, places=(*fault.places, *more))

    # -- single directives ----------------------------------------------------------------

    def _directives(self, scope: Directive) -> Iterator[Fault]:
        for each in scope.block or ():
            wrong = self._value(each)
            if wrong:
                edits = self._righted(each)
                yield faults.not_loaded(NGINX, wrong, each.place, edits=edits)
            elif each.name.startswith("ssl_") and each.name not in _KNOWN:
                text = f'an unknown directive "{each.name}"'
                near = difflib.get_close_matches(each.name, _KNOWN, 1, 0.8)
                edits = self.mender.replaced(each, near[0], *each.args) if near else ()
                yield faults.not_loaded(NGINX, text, each.place, edits=edits, sure=False)
            elif each.name in ("ssl_ecdh_curve", "ssl_ciphers"):
                yield from self._lists(each)

    def _twice(self, scope: Directive) -> Iterator[Fault]:
        """Directives of one value that a block has twice, often by a file that it includes."""
        for name in ONCE:
            own = list(scope.all(name))
            for each in own[1:]:
                edits = self.mender.replaced(each)
                fault = faults.not_loaded(
                    NGINX, f'a second "{name}" in one block', each.place, edits=edits
                )
                yield replace(fault, places=(*fault.places, own[0].place))

    def _value(self, each: Directive) -> str:
        """What is wrong with the values of a directive; empty if nothing is."""
        if each.name == "ssl_protocols":
            wrong = [value for value in each.args if value not in PROTOCOLS]
            return f'an invalid value "{wrong[0]}" of ssl_protocols' if wrong else ""
        flags = ("ssl_reject_handshake", "ssl_prefer_server_ciphers", "ssl_session_tickets", "ssl")
        if each.name in flags and each.argument() not in ("on", "off"):
            return f'an invalid value "{each.argument()}" of {each.name}: it must be on or off'
        kinds = ("on", "off", "optional", "optional_no_ca")
        if each.name == "ssl_verify_client" and each.argument() not in kinds:
            return f'an invalid value "{each.argument()}" of ssl_verify_client'
        return ""

    def _righted(self, each: Directive) -> tuple[Edit, ...]:
        """The directive with a value that it may have."""
        if each.name == "ssl_protocols":
            return self.mender.replaced(each, each.name, "TLSv1.2", "TLSv1.3")
        return self.mender.replaced(each, each.name, "off")

    def _lists(self, each: Directive) -> Iterator[Fault]:
        if each.name == "ssl_ciphers":
            text = each.argument()
            plain = not text.upper().startswith(("PROFILE=", "@SECLEVEL")) and "$" not in text
            if plain and not evaluated(text).codes and "PSK" not in text:
                what = "ssl_ciphers names no suite that the library has (no cipher match)"
                good = self.mender.replaced(each, "ssl_ciphers", "HIGH:!aNULL:!MD5")
                yield faults.not_loaded(NGINX, what, each.place, edits=good)
            return
        if each.argument() == "auto":
            return
        _, newer, unknown = read_groups(each.argument())
        good = self.mender.replaced(each, "ssl_ecdh_curve", "X25519:prime256v1:secp384r1")
        if unknown:
            what = f"ssl_ecdh_curve names {unknown[0]}, which is no group of the library"
            yield faults.not_loaded(NGINX, what, each.place, edits=good)
        elif newer:
            what = f"ssl_ecdh_curve names {newer[0]}, which OpenSSL has since 3.5"
            reason = "with OpenSSL 3.5 or newer it starts: see nginx -V"
            yield faults.not_loaded(NGINX, what, each.place, edits=good, sure=False, reason=reason)

    # -- files ----------------------------------------------------------------------------

    def _files(self, servers: Sequence[Server]) -> Iterator[Fault]:
        seen: set[int] = set()
        for server in servers:
            for certificate, key in pairs(server):
                if id(certificate) in seen:
                    continue
                seen.add(id(certificate))
                if "$" in certificate.argument() or certificate.argument().startswith("data:"):
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

    def _present(self, named: Directive) -> Iterator[Fault]:
        path = self.path(named.argument())
        content = self.library.read(path)
        if isinstance(content, Absence) and self._says(content):
            what = f"{self.library.shown(path)} {in_words(content)}"
            yield faults.not_loaded(NGINX, what, named.place)

    def _says(self, absence: Absence) -> bool:
        return self.library.complete and absence not in (Absence.UNKNOWN, Absence.OUTSIDE)

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
                yield faults.not_loaded(NGINX, what, certificate.place, edits=edits)
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
        if weak.kind == "RSA" and 0 < weak.bits < 2048:
            what = f"the RSA key of {weak.bits} bits is too small for security level 2"
            reason = "with @SECLEVEL=1, or a library that begins there, it starts"
            yield faults.not_loaded(NGINX, what, certificate.place, sure=False, reason=reason)
        written = key.argument()
        if written.startswith(("engine:", "store:", "data:")) or "$" in written:
            return
        path = self.path(written)
        content = self.library.read(path)
        if isinstance(content, Absence):
            if self._says(content):
                what = f"the key {self.library.shown(path)} {in_words(content)}"
                own = loaded.path if loaded.holds_key else key_beside(self.library, loaded.path)
                edits = named_anew(self.library, named(self, key), own) if own else ()
                yield faults.not_loaded(NGINX, what, key.place, edits=edits)
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

    def _uncertified(self, servers: Sequence[Server]) -> Iterator[Fault]:
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
                        edits = self._ended(swallowed) if swallowed else self._pair_in(server)
                        yield faults.not_loaded(NGINX, what, place, edits=edits)

    def _ended(self, swallowed: Directive) -> tuple[Edit, ...]:
        """The first line of a statement that took the next one, with its semicolon."""
        line = self.mender.lines(swallowed.file)[swallowed.line - 1].rstrip()
        number = swallowed.line
        return (Edit(file=swallowed.file, first=number, last=number, lines=(f"{line};",)),)

    def _pair_in(self, server: Server) -> tuple[Edit, ...]:
        """A certificate for a server that has none, where one for its names is found."""
        names = [name for name, _ in server.names if name[:1].isalnum()]
        near = list(self._loaded)[:3]
        found = pair_for(self.library, near, names)
        if found is None:
            return ()
        certificate, key = found
        lines = (f"ssl_certificate {certificate};", f"ssl_certificate_key {key};")
        return self.mender.inserted(server.directive, *lines)


def _swallowed(block: Directive) -> Directive | None:
    """A statement that took the next one for its arguments, as its semicolon lacks."""
    for each in block.block or ():
        if each.end > each.line and any(word in _KNOWN or word == "listen" for word in each.args):
            return each
    return None


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


def named(checker: Checker, directive: Directive) -> Named:
    """The file that a directive names."""
    written = directive.argument()
    place: Place = directive.place
    return Named(path=checker.path(written), written=written, place=place)
