"""What keeps nginx from starting: one such line stops every site.

Known are the checks that concern TLS and listeners, as nginx 1.22 with OpenSSL 3 makes them; a
file that is not here to be read is never taken for a missing one.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.servers import faults
from cf525.servers.ciphers import evaluated
from cf525.servers.foretold import Edit, Fault
from cf525.servers.library import is_pattern
from cf525.servers.nginx.clashes import bound_for_both, clashes
from cf525.servers.nginx.files import NGINX, Files, named, own_behind, pairs
from cf525.servers.nginx.model import ONCE_EACH, Listen, Server
from cf525.servers.nginx.sizes import sizes
from cf525.servers.nginx.words import COMMON, KNOWN, LISTEN, OF_ONE, ONCE, OPAQUE
from cf525.servers.openssl import PROTOCOLS, read_groups
from cf525.servers.slips import meant
from cf525.servers.tree import Broken, Directive

MAX_NESTED: Final = 30
_CACHE: Final = lazy_pattern(r"off|none|builtin(:\d+)?|shared:[^:]+:\d+[kKmM]?")
"""What ``ssl_session_cache`` takes (ngx_http_ssl_session_cache; measured with 1.22)."""


class Checker(Files):
    """The checks of one configuration."""

    def faults(self, servers: Sequence[Server]) -> Iterator[Fault]:
        """Everything that stops the start, in the order in which nginx meets it, roughly."""
        for each in self.tree.broken:
            yield faults.not_loaded(NGINX, each.text, each.place, edits=self._whole(each))
        yield from self._listens(servers)
        yield from self._mistyped(self.tree.root)
        yield from self._twice(self.tree.root)
        seen = {id(self.tree.root)}
        for server in servers:
            for scope in (server.directive, *server.around):
                if id(scope) not in seen:
                    seen.add(id(scope))
                    yield from self._directives(scope)
                    yield from self._twice(scope)
        yield from self._zones(servers)
        streams = [each for each in servers if each.around[0].name == "stream"]
        http = [each for each in servers if each not in streams]
        yield from clashes(self.tree, http, streams)
        yield from bound_for_both(servers, self.mender)
        yield from sizes(self.tree, http, self.mender)
        yield from self.read_at_start(servers)
        yield from self.files(servers)
        yield from self.uncertified(servers)

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
                wrong = next((f for f in each.flags if f not in LISTEN and "=" not in f), "")
                if wrong:
                    yield self._listen(
                        f'an invalid parameter "{wrong}" of listen', each, self.ended(directive)
                    )
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
        above = {id(each): each for server in servers for each in server.around}
        for scope in (*above.values(), *(each.directive for each in servers)):
            for each in scope.all("ssl_session_cache"):
                for value in each.args:
                    if not _CACHE.fullmatch(value):
                        what = f'an invalid session cache "{value}"'
                        joined = self.mender.replaced(each, each.name, ":".join(each.args))
                        edits = joined if _CACHE.fullmatch(":".join(each.args)) else ()
                        yield faults.not_loaded(NGINX, what, each.place, edits=edits)
                        break
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
            if each.name in OF_ONE and len(each.args) != 1:
                text = f'an invalid number of arguments in "{each.name}"'
                yield faults.not_loaded(NGINX, text, each.place, edits=self._ended(each))
            elif wrong:
                edits = self._righted(each)
                yield faults.not_loaded(NGINX, wrong, each.place, edits=edits)
            elif each.name.startswith("ssl_") and each.name not in KNOWN:
                text = f'an unknown directive "{each.name}"'
                near = difflib.get_close_matches(each.name, KNOWN, 1, 0.8)
                edits = self.mender.replaced(each, near[0], *each.args) if near else ()
                yield faults.not_loaded(NGINX, text, each.place, edits=edits, sure=False)
            elif each.name in ("ssl_ecdh_curve", "ssl_ciphers"):
                yield from self._lists(each)

    def _ended(self, each: Directive) -> tuple[Edit, ...]:
        """A statement that took the next line with it, as its semicolon lacks."""
        if each.end <= each.line or not each.args:
            return ()
        line = self.mender.lines(each.file)[each.line - 1].rstrip()
        whole = line.endswith((each.args[0], f'{each.args[0]}"', f"{each.args[0]}'"))
        new = (f"{line};",)
        return (Edit(file=each.file, first=each.line, last=each.line, lines=new),) if whole else ()

    def _mistyped(self, scope: Directive, depth: int = 0) -> Iterator[Fault]:
        """Directives that nginx does not know, as they are nearly those that it does."""
        for each in scope.block or ():
            near = "" if each.name in KNOWN else meant(each.name, COMMON)
            if near:
                text = f'an unknown directive "{each.name}"'
                edits: tuple[Edit, ...] = ()
                if each.block is None:
                    edits = self.mender.replaced(each, near, *each.args)
                yield faults.not_loaded(NGINX, text, each.place, edits=edits, sure=False)
            if each.block and each.name not in OPAQUE and depth < MAX_NESTED:
                yield from self._mistyped(each, depth + 1)

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


__all__ = ["NGINX", "Checker", "named", "own_behind", "pairs"]
