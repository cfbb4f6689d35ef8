"""What HAProxy would answer the edge: the bind, the certificate for the name, the settings."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from cf525.model import KeyProof
from cf525.model.registry import TLS13
from cf525.pki.bundles import certificates_in
from cf525.servers import faults
from cf525.servers.answer import demanded, with_tls
from cf525.servers.certificates import covers, key_proof, load
from cf525.servers.foretold import Chain, Edit, Fault, Foretold, Named, neighbouring, with_edited
from cf525.servers.haproxy.check import HAPROXY, Checker
from cf525.servers.haproxy.clients import refusing
from cf525.servers.haproxy.closing import closed
from cf525.servers.haproxy.model import (
    Bind,
    Entry,
    Store,
    binds_of,
    chosen,
    default,
    met_by,
    names_of,
)
from cf525.servers.haproxy.passing import Passing
from cf525.servers.haproxy.reader import Config, Line
from cf525.servers.haproxy.rules import HOSTS
from cf525.servers.haproxy.sources import turned_away as barring
from cf525.servers.haproxy.tls import Tls
from cf525.servers.library import Library, What
from cf525.servers.question import Question
from cf525.servers.swap import near

_MOST: Final = 60
"""Files beside that are looked at for an issuer."""
_DIRS: Final = ("/etc/haproxy/certs", "/etc/haproxy/ssl", "/etc/ssl/private")
MANY: Final = 20
"""Certificates from which on a folder is not written out."""
_GROUPS_OF_LISTS: Final = (
    "HAProxy 2.6 ignores the curves of a list's line; a newer one may follow them"
)
_DEFAULTS: Final = "the environment may set other values than the defaults of these variables"
_ENVIRONMENT: Final = "the bind holds a variable of the environment"


def foretell(config: Config, library: Library, question: Question) -> Foretold:
    """What the edge would meet."""
    return _Oracle(config, library, question).foretold()


class _Oracle:
    def __init__(self, config: Config, library: Library, question: Question) -> None:
        self.config = config
        self.library = library
        self.question = question
        self.store = Store(config, library)
        self.checker = Checker(config, library, self.store, keys=question.keys, host=question.host)
        self.mender = self.checker.mender
        self.tls = Tls(config, self.mender)
        self.binds = binds_of(config)
        self.passing = Passing(config, library, question, self.mender, self._at)

    def foretold(self) -> Foretold:
        stopping = chain(self.checker.faults(self.binds), self._void())
        stops = tuple(islice(stopping, faults.MOST))
        if stops:
            return Foretold(server=HAPROXY, faults=stops)
        variable = self._unresolved()
        if variable is not None and not self.binds:
            return Foretold(server=HAPROXY, told=False, site=variable.place, doubts=(_ENVIRONMENT,))
        if not self.binds and any(s.kind == "frontend" for s in self.config.sections):
            what = "no frontend is on that binds an address"
            place = next(s.head.place for s in self.config.sections if s.kind == "frontend")
            return Foretold(server=HAPROXY, faults=(faults.not_loaded(HAPROXY, what, place),))
        if not self.binds:
            return Foretold(server=HAPROXY, told=False, doubts=("no bind stands in these files",))
        plain = self.question.mode in ("off", "flexible")
        met = met_by(self.binds, 80 if plain else self.question.port, self.question.address)
        if not met and variable is not None:
            return Foretold(server=HAPROXY, told=False, site=variable.place, doubts=(_ENVIRONMENT,))
        if not met:
            clear = [each for each in self.binds if each.on(80)]
            places = tuple(each.line.place for each in clear[:1])
            fault = faults.nothing_listens(
                self.question.port, places, only_80=bool(clear), server=HAPROXY
            )
            return Foretold(server=HAPROXY, faults=(fault,))
        if not plain and not self.question.address and all(each.loopback for each in met):
            return self._unreachable(met)
        if not plain and not self.question.address and all(each.six_alone for each in met):
            place, port = met[0].line.place, self.question.port
            edits = self.mender.words(place, ("v6only",), ("v4v6",))
            fault = faults.six_alone(port, place, server=HAPROXY, edits=edits)
            return Foretold(server=HAPROXY, faults=(fault,))
        bind = met[0]
        base = Foretold(server=HAPROXY, site=bind.line.place, doubts=tuple(self._doubts(met)))
        if plain:
            return self._in_clear(replace(base, plain=True), bind)
        return replace(self._at(base, bind), leaves=self._leaves())

    def _void(self) -> Iterator[Fault]:
        """Lines of lists that leave no version on: HAProxy starts with none of them."""
        for bind in self.binds:
            place = self.tls.without_version(bind)
            if place is not None:
                what = "every version of TLS is switched off for a bind"
                edits = self.tls.newer(bind)
                yield faults.not_loaded(HAPROXY, what, place, edits=edits)
            for each in self.store.entries(bind):
                if each.line is not None and self.tls.void(replace(bind, own=each.line)):
                    what = "a line of the list leaves no version of TLS on"
                    edits = self.mender.words(
                        each.place, ("ssl-max-ver", each.line.after("ssl-max-ver")), ()
                    )
                    yield faults.not_loaded(HAPROXY, what, each.place, edits=edits)

    def _unreachable(self, binds: Sequence[Bind]) -> Foretold:
        """Only this host can connect to these."""
        edits: tuple[Edit, ...] = ()
        for each in binds:
            here = each.line.words[1]
            wide = f":::{each.low}" if ":" in each.address else f":{each.low}"
            if "," not in here and each.low == each.high:
                edits += self.mender.words(each.line.place, (here,), (wide,))
        fault = faults.loopback_alone(
            self.question.port, binds[0].line.place, server=HAPROXY, edits=edits
        )
        return Foretold(server=HAPROXY, faults=(fault,))

    def _unresolved(self) -> Line | None:
        """A bind whose address holds a variable that these files do not set."""
        lines = (
            each
            for section in self.config.sections
            if section.kind in ("frontend", "listen")
            for each in section.all("bind")
        )
        return next((each for each in lines if "$" in "".join(each.words[1:2])), None)

    def _leaves(self) -> frozenset[bytes]:
        entries = (each for bind in self.binds for each in self.store.entries(bind))
        return frozenset(each.loaded.certificates[0] for each in entries if each.leaf)

    def _doubts(self, met: Sequence[Bind]) -> Iterator[str]:
        if met[0].line.maybe:
            yield "the bind stands under a condition (.if)"
        rest = [each for each in met[1:] if ":" not in each.address]
        if rest and rest[0].line.words[2:] != met[0].line.words[2:]:
            yield f"{met[0].address or '*'} and {rest[0].address or '*'} may answer differently"
        same = [each for each in rest if each.address == met[0].address]
        if same and same[0].section is not met[0].section:
            yield "two sections bind the same address, and connections go to either"
        if any("${" in word or word.startswith("$") for word in met[0].line.words):
            yield _ENVIRONMENT
        if any(each.assumed for section in self.config.sections for each in section.lines):
            yield _DEFAULTS

    # -- one bind ---------------------------------------------------------------------------

    def _at(
        self, base: Foretold, bind: Bind, *, sent: bool = False, direct: bool = True
    ) -> Foretold:
        """What a connection to one bind meets. ``direct`` says that its address is the edge's, by
        itself or by the header that is ``sent``."""
        proxied = "" if sent else self._expects_proxy(bind)
        if isinstance(proxied, Fault):
            return replace(base, faults=(proxied,))
        if proxied:
            base = replace(base, doubts=(*base.doubts, proxied))
        barred, doubt = (None, "")
        if direct and not proxied:  # else the address is that of whom the header names
            where, asked = bind.section, self.question.host
            ends = bind.has("ssl")
            barred, doubt = barring(self.config, where, self.library, asked, ends_tls=ends)
        if doubt:
            base = replace(base, doubts=(*base.doubts, doubt))
        if barred is not None and barred.status == faults.S525:
            return replace(base, faults=(barred,))
        found = self._spoken(base, bind)
        return found if barred is None else replace(found, faults=(*found.faults, barred))

    def _spoken(self, base: Foretold, bind: Bind) -> Foretold:
        """What a connection meets that is let in."""
        if not bind.has("ssl"):
            if bind.section.mode == "tcp":
                return self.passing.met(base, bind)
            return replace(base, faults=(self._plain(bind),))
        entries = list(self.store.entries(bind))
        own = chosen(entries, self.question.host)
        base = replace(base, unmatched=not own, neighbours=self._neighbours(own))
        if not own and bind.has("strict-sni"):
            return replace(base, faults=(self._strict(bind, entries),))
        used = own or default(entries)
        if used and used[0].line is not None:
            bind = replace(bind, own=used[0].line)
        return self._tls(base, bind, used, entries, matched=bool(own))

    def _neighbours(self, own: Sequence[Entry]) -> frozenset[str]:
        """The names of other certificates, and those that rules set apart from the host."""
        mine = {name for each in own for name in names_of(each)}
        others = {
            name
            for bind in self.binds
            for each in self.store.entries(bind)
            for name in (pattern.removeprefix("!") for pattern in names_of(each))
            if name not in mine
        }
        for section in self.config.sections:
            for line in (*section.all("acl"), *section.all("use_backend")):
                asks = HOSTS.search(" ".join(line.words)) is not None
                if asks and self.question.host not in line.words:
                    others.update(line.words)
        return neighbouring(self.question.host, others)

    def _expects_proxy(self, bind: Bind) -> Fault | str:
        if bind.has("accept-proxy"):
            edits = self.mender.words(bind.line.place, ("accept-proxy",), ())
            return faults.proxy_header((bind.line.place,), edits)
        for line in bind.section.all("tcp-request", "connection", "expect-proxy"):
            if "if" in line.words or "unless" in line.words:
                return "a PROXY header is expected from some addresses"
            return faults.proxy_header((line.place,), self.mender.removed(line.place))
        return ""

    def _plain(self, bind: Bind) -> Fault:
        place = bind.line.place
        words = ["ssl"] if bind.has("crt") or bind.has("crt-list") else []
        if not words:
            found = next(self._covering(), "")
            words = ["ssl", "crt", found] if found else []
        edits = self.mender.added(place, *words) if words else ()
        why = "the bind says nothing of ssl"
        return faults.plain_http(self.question.port, (place,), why=why, edits=edits)

    def _strict(self, bind: Bind, entries: Sequence[Entry]) -> Fault:
        known = next(
            (name for each in entries for name in names_of(each) if name[:1].isalnum()), ""
        )
        found = next(self._covering(), "")
        edits = self.mender.added(bind.line.place, "crt", found) if found else ()
        edits = self._with_filter(entries) or edits
        places = [bind.line.place]
        denied = self._denied(entries)
        if denied is not None:  # the wildcard would let the other names in that are denied here
            edits = self._allowed(denied)
            places.insert(0, denied.place)
        return faults.name_refused(
            self.question.host,
            112,
            tuple(places),
            why="the bind says strict-sni, and none of its certificates has the name",
            known=known,
            edits=edits,
        )

    def _denied(self, entries: Sequence[Entry]) -> Entry | None:
        """The line of a list that denies the name."""
        return next((e for e in entries if f"!{self.question.host}" in names_of(e)), None)

    def _allowed(self, entry: Entry) -> tuple[Edit, ...]:
        """A line of a list that no longer denies the name."""
        denied = [each for each in entry.filters if each.lower() == f"!{self.question.host}"]
        return self.mender.words(entry.place, denied[:1], ())

    def _with_filter(self, entries: Sequence[Entry]) -> tuple[Edit, ...]:
        """The name put to a line of a list whose certificate has it, beside the names there."""
        for each in entries:
            denied = any(name.startswith("!") for name in each.filters)
            leaf = each.leaf if each.filters and not denied else None
            if leaf is not None and covers(leaf, self.question.host):
                return self.mender.added(each.place, self.question.host)
        return ()

    def _covering(self) -> Iterator[str]:
        """Files with certificate and key for the name, that a bind could take."""
        folders = {
            posixpath.dirname(e.loaded.path) for b in self.binds for e in self.store.entries(b)
        }
        for folder in dict.fromkeys((*sorted(folders), *_DIRS)):
            for loaded in near(self.library, f"{folder}/."):
                leaf = loaded.leaf
                if loaded.holds_key and leaf is not None and covers(leaf, self.question.host):
                    yield loaded.path

    def _issuers(self, used: Sequence[Entry]) -> Iterator[tuple[Edit, ...]]:
        """The folder beside that has the issuer of a lone leaf, for HAProxy to complete chains
        from: a file that holds a key is not to be edited."""
        heads = [each.head.place for each in self.config.sections if each.kind == "global"]
        for entry in used if heads else ():
            if entry.leaf is None or len(entry.loaded.certificates) != 1:
                continue
            folder = posixpath.dirname(entry.loaded.path)
            for path in self.library.matching(f"{posixpath.dirname(folder)}/*/*.pem")[:_MOST]:
                issuer = load(self.library, path).leaf
                beside = posixpath.dirname(path)
                if beside != folder and issuer is not None and issuer.issued(entry.leaf):
                    yield self.mender.behind(heads[0], f"issuers-chain-path {beside}")

    # -- the handshake ----------------------------------------------------------------------

    def _tls(
        self,
        base: Foretold,
        bind: Bind,
        used: Sequence[Entry],
        entries: Sequence[Entry],
        *,
        matched: bool,
    ) -> Foretold:
        leaves = [each.leaf for each in used if each.leaf is not None]
        chains = [self._chain(each) for each in used if each.leaf is not None]
        settings = self.tls.settings(bind)
        if self.tls.listed_groups(bind).isdisjoint(self.question.profile.groups):
            base = replace(base, doubts=(*base.doubts, _GROUPS_OF_LISTS))
        found = with_tls(
            base,
            settings,
            leaves,
            chains,
            self.question,
            lambda lack: self.tls.blame(lack, bind, used),
        )
        if not chains and used and found.decisive is None:
            shown = self.library.shown(used[0].loaded.path)
            found = replace(found, unknowns=(*found.unknowns, faults.unread(shown)))
        if found.decisive is not None:
            return found
        found = replace(found, others=(*found.others, *self._issuers(used)))
        if used:
            found = replace(found, others=(*found.others, self._without(bind, used[0], entries)))
        if not matched and leaves:
            file = next(self._covering(), "")
            edits = self.mender.added(bind.line.place, "crt", file) if file else ()
            if any(each.filters for each in entries):
                edits = self._with_filter(entries)
            denied = self._denied(entries)
            edits = self._allowed(denied) if denied is not None else edits
            places = tuple(each.place for each in (denied, used[0]) if each is not None)
            fault = faults.default_certificate(
                self.question.host, leaves[0], places, server=HAPROXY, edits=edits
            )
            found = replace(found, if_refused=with_edited(fault, self.mender.line))
        return self._closed(self._demand(found, bind), bind)

    def _closed(self, found: Foretold, bind: Bind) -> Foretold:
        """The same with a rule that closes behind the handshake."""
        asked = self.question.host
        fault, doubt = closed(self.config, bind.section, self.library, asked, self.mender)
        if fault is not None:
            return replace(found, faults=(*found.faults, fault))
        return replace(found, doubts=(*found.doubts, doubt)) if doubt else found

    def _without(self, bind: Bind, entry: Entry, entries: Sequence[Entry]) -> tuple[Edit, ...]:
        """A folder of certificates as the list of its other files."""
        own = posixpath.dirname(entry.loaded.path)
        for written in bind.options.get("crt", []):
            others = [e.loaded.path for e in entries if posixpath.dirname(e.loaded.path) == own]
            others.remove(entry.loaded.path)
            if self.store.path(written, "crt-base").rstrip("/") == own and 0 < len(others) < MANY:
                names = (posixpath.join(written, posixpath.basename(each)) for each in others)
                words = [word for each in names for word in ("crt", each)]
                return self.mender.words(bind.line.place, ("crt", written), words)
        return ()

    def _chain(self, entry: Entry) -> Chain:
        proof = KeyProof.UNKNOWN
        if self.question.keys and entry.loaded.holds_key:
            proof = key_proof(self.library, entry.loaded.path, entry.loaded.certificates[0])
        file = Named(path=entry.loaded.path, written=entry.written, place=entry.place)
        return Chain(certificates=entry.chain, file=file, proof=proof)

    def _demand(self, found: Foretold, bind: Bind) -> Foretold:
        rule: Line | None = None
        agreed = found.agreed
        later = agreed is not None and agreed.version >= TLS13
        status = faults.S520 if later else faults.S525
        how = "alert 116 after the handshake" if later else "alert 40"
        if bind.value("verify") != "required":
            turned = refusing(bind)
            if turned is None:
                return found
            rule, status, how = turned
        where = bind.saying("verify")
        path = self.store.path(bind.value("ca-file"), "ca-base")
        content = self.library.read(path, What.CERTIFICATES)
        authorities = certificates_in(content) if isinstance(content, bytes) else None
        edits = self.mender.words(where.place, ("verify", "required"), ("verify", "none"))
        if rule is not None:
            edits = self.mender.removed(rule.place)
        fault = faults.client_certificate(
            authorities,
            (where.place,) if rule is None else (rule.place, where.place),
            status=status,
            how=how,
            aop=self.question.client_certificate,
            edits=edits,
        )
        known = self.question.client_certificate in ("global", "zone", "host")
        return demanded(found, fault, pull=fault is None and not known)

    # -- without TLS of its own -------------------------------------------------------------

    def _in_clear(self, base: Foretold, bind: Bind) -> Foretold:
        for line in bind.section.lines:
            if not line.starts("redirect") and not line.starts("http-request", "redirect"):
                continue
            if line.after("scheme") != "https" and not line.after("location").startswith("https:"):
                continue
            text = " ".join(line.words)
            if "x-forwarded-proto" in text.lower() or "cf-visitor" in text.lower():
                continue
            sure = ("if" not in line.words and "unless" not in line.words) or "ssl_fc" in text
            confidence = faults.HIGH if sure else faults.MEDIUM
            fault = faults.redirects_to_https(self.question.host, (line.place,), confidence)
            return replace(base, faults=(fault,))
        return base
