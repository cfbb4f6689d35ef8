"""What keeps HAProxy from starting, as far as it concerns listeners and certificates."""

import difflib
import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from cf525.model import KeyProof
from cf525.servers import faults
from cf525.servers.certificates import asks_for_a_word, in_words, is_ca, key_proof
from cf525.servers.ciphers import evaluated
from cf525.servers.foretold import Edit, Fault, Named
from cf525.servers.haproxy.model import FLAGS, VALUED, Bind, Entry, Store
from cf525.servers.haproxy.reader import Config, Line
from cf525.servers.haproxy.started import read_at_start
from cf525.servers.library import Absence, Library, What, tells
from cf525.servers.lines import LineMender
from cf525.servers.openssl import CIPHERS, CURVES, read_groups
from cf525.servers.reorder import leaf_first
from cf525.servers.slips import meant
from cf525.servers.swap import instead

HAPROXY: Final = "HAProxy"
PROXIES: Final = ("defaults", "frontend", "backend", "listen")
WORDS: Final = frozenset(
    ("default_backend", "use_backend", "http-request", "http-response", "http-after-response",
     "tcp-request", "tcp-response", "option", "timeout", "balance", "server", "server-template",
     "default-server", "redirect", "cookie", "stick-table", "stick", "errorfile", "errorfiles",
     "errorloc", "errorloc302", "errorloc303", "maxconn", "retries", "compression", "capture",
     "monitor-uri", "http-error", "http-reuse", "log-format", "unique-id-format", "filter",
     "description", "disabled", "enabled", "declare", "fullconn", "http-check", "tcp-check",
     "hash-type", "log-tag", "http-send-name-header", "use-server", "source", "backlog", "persist",
     "rate-limit", "retry-on", "force-persist", "ignore-persist", "load-server-state-from-file",
     "unique-id-header", "use-fcgi-app", "email-alert", "dispatch", "guid", "id", "external-check",
     "monitor", "server-state-file-name", "transparent", "error-log-format", "log-format-sd")
)  # fmt: skip
"""The first words of lines in a proxy."""
SHORT: Final = frozenset(("bind", "mode", "log", "acl"))
"""The short ones among them."""
VERSIONS: Final = ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")


class Checker:
    def __init__(
        self, config: Config, library: Library, store: Store, *, keys: bool, host: str
    ) -> None:
        self.host = host
        self.config = config
        self.library = library
        self.store = store
        self.keys = keys
        self.mender = LineMender(library)

    def faults(self, binds: Sequence[Bind]) -> Iterator[Fault]:
        """Everything that stops the start."""
        for each in self.config.broken:
            edits: tuple[Edit, ...] = ()
            if "newline" in each.text:
                line = self.mender.line(each.place)
                edits = self.mender.whole(each.place, line) if line is not None else ()
            yield faults.not_loaded(HAPROXY, each.text, each.place, edits=edits)
        seen: set[tuple[str, int]] = set()
        for bind in binds:
            key = (bind.line.file, bind.line.line)
            if key not in seen and not bind.line.maybe:
                seen.add(key)
                yield from self._bind(bind)
        yield from self._mistyped()
        yield from self._backends()
        yield from self._pages()
        for path, naming in read_at_start(self.config, self.store):
            yield from self._present(path, naming)
        for own in self.config.everywhere:
            name = own.words[0].removeprefix("ssl-default-bind-")
            yield from self._lists(own, name, own.words[-1])
            if name == "options" and own.words[0] != name:
                yield from self._options(own)

    def _options(self, line: Line) -> Iterator[Fault]:
        """The versions that a default for all binds names."""
        for word in ("ssl-min-ver", "ssl-max-ver"):
            value = line.after(word)
            if value and value not in VERSIONS:
                what = f'an unknown version "{value}" of {word}'
                near = [v for v in VERSIONS if v.lower() == value.strip(",;").lower()]
                edits = self.mender.words(line.place, (value,), near[:1]) if near else ()
                yield faults.not_loaded(HAPROXY, what, line.place, edits=edits)

    def _mistyped(self) -> Iterator[Fault]:
        """Lines whose first word HAProxy does not know."""
        for section in self.config.sections:
            lines = section.lines if section.kind in PROXIES else ()
            for line in lines:
                near = meant(line.words[0], WORDS) or meant(line.words[0], SHORT, 3)
                if near and not line.maybe:
                    what = f'an unknown keyword "{line.words[0]}"'
                    edits = self.mender.words(line.place, line.words[:1], (near,))
                    yield faults.not_loaded(HAPROXY, what, line.place, edits=edits, sure=False)

    def _pages(self) -> Iterator[Fault]:
        """Files that are sent for errors."""
        for section in self.config.sections:
            for line in section.all("errorfile"):
                path = line.words[2] if len(line.words) > 2 else ""
                if path.startswith("/") and not line.maybe:
                    yield from self._present(path, line)

    def _bind(self, bind: Bind) -> Iterator[Fault]:
        place = bind.line.place
        for word in bind.options:
            if word not in FLAGS and word not in VALUED:
                text = f'an unknown keyword "{word}" of bind'
                near = difflib.get_close_matches(word, FLAGS | VALUED, 1, 0.8)
                edits = self.mender.words(place, (word,), (near[0],)) if near else ()
                yield faults.not_loaded(HAPROXY, text, place, edits=edits, sure=False)
        if not bind.has("ssl"):
            return
        entries = list(self.store.entries(bind))
        if not entries and not any(
            f in bind.options for f in ("crt", "crt-list", "generate-certificates")
        ):
            yield faults.not_loaded(HAPROXY, "no certificate for a bind with ssl", place)
        for written in bind.options.get("crt-list", []):
            yield from self._present(self.store.path(written, ""), bind.line)
        if bind.value("verify") in ("required", "optional") and not bind.has("ca-file"):
            edits = self.mender.words(place, ("verify", bind.value("verify")), ("verify", "none"))
            what = "verify is on, and no ca-file is named"
            yield faults.not_loaded(HAPROXY, what, place, edits=edits)
        for name in ("ca-file", "crl-file"):
            if bind.has(name) and not bind.value(name).startswith("@"):
                yield from self._present(self.store.path(bind.value(name), "ca-base"), bind.line)
        for name in ("ssl-min-ver", "ssl-max-ver"):
            if bind.has(name) and bind.value(name) not in VERSIONS:
                what = f'an unknown version "{bind.value(name)}" of {name}'
                yield faults.not_loaded(HAPROXY, what, place)
        for name in ("ciphers", "ciphersuites", "curves", "ecdhe"):
            if bind.has(name):
                yield from self._lists(bind.line, name, bind.value(name))
        for entry in entries:
            yield from self._entry(entry)

    def _lists(self, line: Line, name: str, value: str) -> Iterator[Fault]:
        if name == "ciphers" and not evaluated(value).codes and "PROFILE=" not in value:
            edits = self.mender.words(line.place, (value,), (CIPHERS,))
            what = "the list of ciphers names none that the library has"
            yield faults.not_loaded(HAPROXY, what, line.place, edits=edits)
        if name == "ciphersuites" and "," in value:
            edits = self.mender.words(line.place, (value,), (value.replace(",", ":"),))
            what = f'"{value}": ciphersuites are divided by colons'
            yield faults.not_loaded(HAPROXY, what, line.place, edits=edits)
        if name in ("curves", "ecdhe"):
            _, newer, unknown = read_groups(value)
            if unknown or newer:
                edits = self.mender.words(line.place, (value,), (CURVES,))
                what = f"{(unknown or newer)[0]} is no group of the library"
                reason = "OpenSSL has it since 3.5"
                yield faults.not_loaded(
                    HAPROXY, what, line.place, edits=edits, sure=bool(unknown), reason=reason
                )

    def _present(self, path: str, line: Line) -> Iterator[Fault]:
        content = self.library.read(path, What.CERTIFICATES)
        if isinstance(content, Absence) and self._says(content):
            what = f"{self.library.shown(path)} {in_words(content)}"
            yield faults.file_absent(HAPROXY, what, content, line.place)

    def _says(self, absence: Absence) -> bool:
        return absence is not Absence.FOLDER and tells(self.library, absence)

    def _instead(self, entry: Entry) -> tuple[Edit, ...]:
        """Another file with certificate and key for the name that is asked for."""
        file = Named(path=entry.loaded.path, written=entry.written, place=entry.place)
        return instead(self.library, file, None, (self.host,))

    def _entry(self, entry: Entry) -> Iterator[Fault]:
        loaded, shown = entry.loaded, self.library.shown(entry.loaded.path)
        if loaded.absence is not None:
            if self._says(loaded.absence):
                what = f"{shown} {in_words(loaded.absence)}"
                edits = self._instead(entry)
                yield faults.file_absent(HAPROXY, what, loaded.absence, entry.place, edits)
            return
        if not loaded.certificates or loaded.leaf is None:
            what = f"{shown} {loaded.refused or 'holds no certificate'}"
            yield faults.not_loaded(HAPROXY, what, entry.place)
            return
        key = loaded.path if loaded.holds_key else self._key_beside(loaded.path)
        if not key:
            what = f"{shown} holds no private key, and none stands beside it"
            edits = self._instead(entry)
            yield faults.not_loaded(HAPROXY, what, entry.place, edits=edits)
        elif asks_for_a_word(self._content(key, own=key == loaded.path)):
            yield faults.locked_key(HAPROXY, self.library.shown(key), entry.place)
        elif len(loaded.certificates) > 1 and is_ca(loaded.leaf):
            what = f"{shown} begins with a CA's certificate, to which the key does not belong"
            edits = leaf_first(self.library, loaded)
            yield faults.not_loaded(HAPROXY, what, entry.place, edits=edits)
        elif self.keys and key_proof(self.library, key, loaded.certificates[0]) is KeyProof.FAILED:
            what = f"the key in {self.library.shown(key)} is not that of the certificate"
            yield faults.not_loaded(HAPROXY, what, entry.place)

    def _content(self, path: str, *, own: bool) -> bytes:
        content = self.library.read(path, What.CERTIFICATES if own else What.KEY)
        return content if isinstance(content, bytes) else b""

    def _key_beside(self, path: str) -> str:
        candidates = [f"{path}.key"]
        if self.config.setting("ssl-load-extra-del-ext") is not None:
            candidates.append(f"{posixpath.splitext(path)[0]}.key")
        return next(
            (e for e in candidates if isinstance(self.library.read(e, What.KEY), bytes)), ""
        )

    def _backends(self) -> Iterator[Fault]:
        for section in self.config.sections:
            if section.kind not in ("frontend", "listen"):
                continue
            for line in (*section.all("default_backend"), *section.all("use_backend")):
                name = line.words[1] if len(line.words) > 1 else ""
                if "%[" in name or line.maybe or self.config.named(name, "backend", "listen"):
                    continue
                what = f'there is no backend "{name}"'
                yield faults.not_loaded(HAPROXY, what, line.place)
