"""HAProxy's listeners and certificates: which bind is met, and which certificate a name gets.

Source: HAProxy 2.6, src/ssl_sock.c and src/listener.c; behaviour measured with 2.6.
"""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import Final

from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.pki.certificate import Certificate
from cf525.servers.certificates import Loaded, key_kind, load
from cf525.servers.haproxy.reader import Config, Line, Section
from cf525.servers.library import Absence, Library, What, decoded
from cf525.servers.tree import shown
from cf525.values import dataclass

FLAGS: Final = frozenset(
    ("ssl", "accept-proxy", "strict-sni", "transparent", "defer-accept", "v4v6", "v6only", "tfo",
     "force-sslv3", "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13", "no-sslv3",
     "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13", "no-tls-tickets", "no-ca-names",
     "allow-0rtt", "prefer-client-ciphers", "generate-certificates", "accept-netscaler-cip",
     "expose-fd", "quic-force-retry", "no-alpn", "default-crt", "tls-tickets")
)  # fmt: skip
VALUED: Final = frozenset(
    ("crt", "crt-list", "ca-file", "ca-verify-file", "crl-file", "verify", "ciphers",
     "ciphersuites", "curves", "ecdhe", "sigalgs", "client-sigalgs", "alpn", "npn", "ssl-min-ver",
     "ssl-max-ver", "name", "maxconn", "mode", "user", "group", "uid", "gid", "process", "thread",
     "shards", "level", "severity-output", "backlog", "interface", "mss", "namespace", "nice",
     "tcp-ut", "id", "proto", "crt-ignore-err", "ca-ignore-err", "ca-sign-file", "ca-sign-pass",
     "tls-ticket-keys", "ocsp-update", "default-crt", "accept-netscaler-cip", "idle-ping", "label",
     "nbconn", "cc", "guid-prefix", "quic-cc-algo", "quic-socket", "ktls")
)  # fmt: skip
_PLACE: Final = lazy_pattern(r"(?:(?:ipv[46]@)?(?P<host>.*?))?:(?P<low>\d+)(?:-(?P<high>\d+))?$")
_EXTRA: Final = (".key", ".ocsp", ".sctl", ".issuer", ".ocsp.issuer")
_BRACKETS: Final = lazy_pattern(r"\[([^\]]*)\]")
ANY: Final = ("", "*", "0.0.0.0", "::", "[::]")  # noqa: S104 - read, not bound


@dataclass(frozen=True, slots=True)
class Bind:
    """One address of a ``bind`` with its port or its range of ports, and the section it stands
    in. A socket of this host has its name as address and the port 0."""

    address: str
    low: int
    high: int
    line: Line
    section: Section
    own: Line | None = None
    """What a list of certificates says for the one that is shown, in brackets."""

    def on(self, port: int) -> bool:
        """Whether a connection to this port meets it."""
        return self.low <= port <= self.high

    @property
    def loopback(self) -> bool:
        """Whether only this host can connect to it."""
        named = self.address in ("::1", "localhost") or bool(socket_of(self.address))
        return self.address.startswith("127.") or named

    @property
    def six_alone(self) -> bool:
        """Whether no connection over IPv4 meets it, wherever it comes from."""
        return self.address == "::" and self.has("v6only")

    @property
    def options(self) -> dict[str, list[str]]:
        """The parameters, each with its values."""
        found: dict[str, list[str]] = {}
        words = iter((*self.line.words[2:], *(self.own.words if self.own is not None else ())))
        for word in words:
            if word in VALUED and word not in FLAGS:
                found.setdefault(word, []).append(next(words, ""))
            else:
                found.setdefault(word, [])
        return found

    def saying(self, name: str) -> Line:
        """The line that says so of a parameter that is there."""
        return self.own if self.own is not None and name in self.own.words else self.line

    def has(self, name: str) -> bool:
        return name in self.options

    def value(self, name: str) -> str:
        values = self.options.get(name, [])
        return values[-1] if values else ""

    @property
    def wild(self) -> bool:
        return self.address in ANY


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate of a bind, with the names it is shown for (empty: its own)."""

    loaded: Loaded
    place: Place
    written: str
    filters: tuple[str, ...] = ()
    chain: tuple[bytes, ...] = field(default=())
    options: tuple[str, ...] = ()

    @property
    def line(self) -> Line | None:
        """The options in brackets as a line; None where there are none."""
        if not self.options:
            return None
        place = self.place
        return Line(words=self.options, file=place.file, line=place.line, text=place.text)

    @property
    def leaf(self) -> Certificate | None:
        return self.loaded.leaf


def binds_of(config: Config) -> list[Bind]:
    """Every bind of every section that listens."""
    found: list[Bind] = []
    for section in config.sections:
        if section.kind not in ("frontend", "listen") or _off(section):
            continue
        lines = list(section.all("bind"))
        for line in lines:
            for part in (line.words[1] if len(line.words) > 1 else "").split(","):
                found += _bind(part, line, section)
    return found


def _off(section: Section) -> bool:
    """Whether a section is switched off."""
    switch = [each.words[0] for each in section.lines if each.words[0] in ("disabled", "enabled")]
    return bool(switch) and switch[-1] == "disabled"


def _bind(text: str, line: Line, section: Section) -> Iterator[Bind]:
    if socket_of(text):
        yield Bind(socket_of(text), 0, 0, line, section)
        return
    if text.startswith(("fd@", "quic", "sockpair@", "udp")):
        return
    match = _PLACE.match(text)
    if match is None:
        return
    low, high = int(match["low"]), int(match["high"] or match["low"])
    yield Bind((match["host"] or "").strip("[]"), low, high, line, section)


def socket_of(text: str) -> str:
    """The name of a socket of this host, written in one way; empty where it is none."""
    if text.startswith("/"):
        return f"unix@{text}"
    return text if text.startswith(("unix@", "abns@")) else ""


def met_by(binds: Sequence[Bind], port: int, address: str) -> list[Bind]:
    """The binds that a connection may meet, the exact addresses first."""
    on = [each for each in binds if each.on(port)]
    if address:
        exact = [each for each in on if each.address == address]
        return exact[:1] or [each for each in on if each.wild][:1]
    facing = [each for each in on if not each.loopback] or on
    return sorted(facing, key=_likely)


def _likely(bind: Bind) -> tuple[bool, ...]:
    """Rather a bind for an address, and one before which nothing sends a PROXY header."""
    return (":" in bind.address, bind.wild, bind.has("accept-proxy"))


class Store:
    """The certificates of a configuration as HAProxy loads them."""

    def __init__(self, config: Config, library: Library) -> None:
        self.config = config
        self.library = library
        self.issuers = tuple(self._issuers())

    def _issuers(self) -> Iterator[Loaded]:
        line = self.config.setting("issuers-chain-path")
        if line is None:
            return
        folder = self.path(line.words[1], "")
        for path in self.library.matching(posixpath.join(folder, "*")):
            yield load(self.library, path)

    def path(self, written: str, base: str) -> str:
        """A file as HAProxy resolves it: below crt-base or ca-base, else where it was started."""
        if written.startswith("/"):
            return written
        line = self.config.setting(base) if base else None
        folder = line.words[1] if line is not None and len(line.words) > 1 else ""
        if not folder.startswith("/"):
            folder = posixpath.join(posixpath.dirname(self.config.main), folder)
        return posixpath.join(folder, written)

    def entries(self, bind: Bind) -> Iterator[Entry]:
        """Every certificate of a bind in the order in which they are loaded."""
        for written in bind.options.get("crt", []):
            yield from self._crt(written, bind.line.place)
        for written in bind.options.get("crt-list", []):
            yield from self._list(self.path(written, ""))

    def _crt(self, written: str, place: Place, filters: tuple[str, ...] = ()) -> Iterator[Entry]:
        path = self.path(written, "crt-base")
        if self.library.read(path, What.CERTIFICATES) is Absence.FOLDER:
            for each in self.library.matching(posixpath.join(path, "*")):
                if (
                    not each.endswith(_EXTRA)
                    and self.library.read(each, What.CERTIFICATES) is not Absence.FOLDER
                ):
                    yield self._entry(each, each, place, filters)
            return
        if self.library.read(path, What.CERTIFICATES) is Absence.MISSING:
            bundle = [f"{path}.{kind}" for kind in ("rsa", "ecdsa", "dsa")]
            there = [
                each
                for each in bundle
                if isinstance(self.library.read(each, What.CERTIFICATES), bytes)
            ]
            if there:
                yield from (self._entry(each, written, place, filters) for each in there)
                return
        yield self._entry(path, written, place, filters)

    def _entry(self, path: str, written: str, place: Place, filters: tuple[str, ...]) -> Entry:
        loaded = load(self.library, path)
        return Entry(loaded, place, written, filters, self._chain(loaded))

    def _chain(self, loaded: Loaded) -> tuple[bytes, ...]:
        """What is sent: the file's own, or the chain that a lone leaf's issuer is found with."""
        own = loaded.certificates
        if len(own) != 1 or loaded.leaf is None:
            return own
        for each in self.issuers:
            if each.leaf is not None and each.leaf.issued(loaded.leaf):
                return (*own, *each.certificates)
        return own

    def _list(self, path: str) -> Iterator[Entry]:
        content = self.library.read(path)
        if isinstance(content, Absence):
            return
        for number, raw in enumerate(decoded(content).split("\n"), 1):
            text = raw.split("#", 1)[0]
            options = _BRACKETS.search(text)
            words = _BRACKETS.sub(" ", text).split()
            if words:
                place = Place(file=path, line=number, text=shown(raw))
                given = tuple(options[1].split()) if options is not None else ()
                for each in self._crt(words[0], place, tuple(words[1:])):
                    yield replace(each, options=given)


def names_of(entry: Entry) -> tuple[str, ...]:
    """The names an entry is shown for, in lower case."""
    if entry.filters:
        return tuple(each.lower() for each in entry.filters)
    if entry.leaf is None:
        return ()
    found = [each.decode("ascii", "replace").lower() for each in entry.leaf.extensions.dns_names]
    from cf525.pki.names import common_names

    found += [each.decode("utf-8", "replace").lower() for each in common_names(entry.leaf)]
    return tuple(found)


def chosen(entries: Sequence[Entry], host: str) -> list[Entry]:
    """The entry for a name, none where no certificate has it. The kind of key comes before the
    kind of name: an ECDSA wildcard before an RSA certificate for the very name."""
    denied = [e for e in entries if f"!{host}" in names_of(e)]
    pool = [each for each in entries if each not in denied]
    exact = [each for each in pool if host in names_of(each)]
    wild = f"*.{host.partition('.')[2]}"
    by_wild = [each for each in pool if wild in names_of(each) or "*" in each.filters]
    return _by_key([*exact, *by_wild])


def default(entries: Sequence[Entry]) -> list[Entry]:
    """What goes out for other names: the first one loaded, with its bundle."""
    return list(entries[:1])


def _by_key(entries: Sequence[Entry]) -> list[Entry]:
    """HAProxy looks at what the client can: ECDSA where it has that, whatever suites the server
    itself has on, then RSA, then other keys."""
    for wanted in ("ec", "rsa", ""):
        for each in entries:
            if each.leaf is not None and key_kind(each.leaf).startswith(wanted):
                return [each]
    return list(entries[:1])
