"""What Apache would answer the edge: the listener, the virtual host, directive by directive."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from cf525.model import Place, Status
from cf525.model.registry import TLS13
from cf525.pki.bundles import certificates_in
from cf525.servers import faults
from cf525.servers.answer import alike, demanded, with_tls
from cf525.servers.apache.chains import Chains
from cf525.servers.apache.check import APACHE, Checker
from cf525.servers.apache.clear import in_clear
from cf525.servers.apache.clients import asked_later, turned_away
from cf525.servers.apache.model import WILD, Host, Met, hosts_of, is_name, listens_of, met, named
from cf525.servers.apache.naming import NAMING, Names
from cf525.servers.apache.proxied import expected
from cf525.servers.apache.rounds import goes_round
from cf525.servers.apache.sources import refused
from cf525.servers.apache.tls import blame, settings_of
from cf525.servers.certificates import covers
from cf525.servers.dormant import commented, instead, led_to
from cf525.servers.foretold import Chain, Edit, Fault, Foretold, neighbouring
from cf525.servers.library import Library, What
from cf525.servers.question import Question
from cf525.servers.tree import Directive, Tree

OTHERS: Final = "203.0.113.255"
"""An address of no virtual host's own."""
MANY: Final = 20
NEAR: Final = 20
"""Lines of a condition that are looked at."""

SHORTEST: Final = 3
"""Letters of a word of a macro that is looked for in the names of files."""


def foretell(tree: Tree, library: Library, question: Question) -> Foretold:
    """What the edge would meet."""
    return _Oracle(tree, library, question).foretold()


class _Oracle:
    def __init__(self, tree: Tree, library: Library, question: Question) -> None:
        self.tree = tree
        self.library = library
        self.question = question
        self.checker = Checker(tree, library, keys=question.keys)
        self.mender = self.checker.mender
        self.hosts = hosts_of(tree)
        self.main = Host(tree.root, tree.root)
        self.names = Names(tree, self.checker, self.hosts, question)

    def foretold(self) -> Foretold:
        stops = tuple(islice(self.checker.faults(self.hosts or [self.main]), faults.MOST))
        if stops:
            return Foretold(server=APACHE, faults=stops)
        plain = self.question.mode in ("off", "flexible")
        port = 80 if plain else self.question.port
        listens = [each for each in listens_of(self.tree) if each[1] == port]
        if not listens and self.tree.whole:
            return self._nothing(port)
        if not plain and not self.question.address and listens and all(map(_loopback, listens)):
            return self._unreachable(listens)
        addresses = self._addresses()
        first, *more = (self._reached(each, listens, port, plain=plain) for each in addresses)
        for address, other in zip(addresses[1:], more, strict=True):
            if not alike(first, other):
                apart = "other addresses" if address == OTHERS else address
                doubt = (
                    f"{addresses[0]} and {apart} answer differently, and which one the edge "
                    "connects to is not in the files"
                )
                first = replace(first, doubts=(*first.doubts, doubt))
        return first

    def _reached(
        self,
        address: str,
        listens: Sequence[tuple[str, int, str, Directive]],
        port: int,
        *,
        plain: bool,
    ) -> Foretold:
        """What a connection to one address meets."""
        found = met(self.hosts, self.main, address, port, self.question.host)
        place = found.by.place if found.by is not None else found.host.directive.place
        doubts = tuple(self._doubts(found, listens))
        others = (
            name
            for host in self.hosts
            if host is not found.host or found.by is None
            for name, _ in host.names
        )
        base = Foretold(
            server=APACHE,
            site=place,
            unmatched=found.by is None,
            doubts=doubts,
            plain=plain,
            neighbours=neighbouring(self.question.host, others),
        )
        if plain:
            return in_clear(base, found.host, self.question.host)
        header = expected(self.hosts, self.main, address, port, self.mender)
        if isinstance(header, Fault):
            return replace(base, faults=(header,))
        if header:
            base = replace(base, doubts=(*base.doubts, header))
        judged = self._at(base, found, port, any(each[2] == "https" for each in listens))
        return replace(judged, leaves=self.checker.leaves())

    def _addresses(self) -> list[str]:
        """The addresses that may be connected to: the known one, or those that some hosts alone
        are for (a panel's own), which on such a machine are the public ones, and any other."""
        if self.question.address:
            return [self.question.address]
        port = self.question.port
        of_hosts = [(e, host) for host in self.hosts for e in host.addresses if e.port in (0, port)]
        own = {each.host.strip("[]") for each, _ in of_hosts if each.host[:1].isdigit()}
        facing = sorted(each for each in own if not each.startswith(("127.", "0.")))

        def unnamed(address: str) -> bool:
            return met(self.hosts, self.main, address, port, self.question.host).by is None

        facing.sort(key=unnamed)
        wild = any(each.host in WILD for each, _ in of_hosts)
        return [*facing[:MANY], OTHERS] if wild or not facing else facing[:MANY]

    def _named(self, unread: str) -> str:
        """A file as it is shown; what is no file as it stands."""
        return self.library.shown(unread) if unread.startswith("/") else unread

    def _doubts(
        self, found: Met, listens: Sequence[tuple[str, int, str, Directive]]
    ) -> Iterator[str]:
        if self.tree.unread:
            some = ", ".join(map(self._named, self.tree.unread[:3]))
            yield f"{some} was not there to be read"
        name = next((e.host for e in found.first.addresses if is_name(e.host)), "")
        if name:
            yield f"to which address {name} of a VirtualHost leads is not in the files"
        for host in (found.first, found.host):
            if host.maybe:
                yield host.maybe
        if listens and all(each[3].maybe for each in listens):
            yield listens[0][3].maybe
        if not found.by and any(each.maybe for each in self.hosts):
            yield "some virtual hosts stand under a condition"

    def _unreachable(self, listens: Sequence[tuple[str, int, str, Directive]]) -> Foretold:
        """Only this host can connect to these."""
        edits: tuple[Edit, ...] = ()
        named = [e for host in self.hosts for e in host.addresses if _here(e.host)]
        for _, port, _, directive in listens:
            if not named:
                here = directive.argument()
                wide = f"[::]:{port}" if here.startswith("[") else str(port)
                edits += self.mender.words(directive.place, (here,), (wide,))
        place = listens[0][3].place
        fault = faults.loopback_alone(self.question.port, place, server=APACHE, edits=edits)
        return Foretold(server=APACHE, faults=(fault,))

    def _nothing(self, port: int) -> Foretold:
        clear = [each for each in listens_of(self.tree) if each[1] == 80]
        others = clear or listens_of(self.tree)
        places = tuple(each[3].place for each in others[:1])
        fault = faults.nothing_listens(port, places, only_80=bool(clear), server=APACHE)
        wanted = any(a.port == port for host in self.hosts for a in host.addresses)
        edits = self.mender.behind(places[0], f"Listen {port}") if places and wanted else ()
        off = next((each for each in self._off(port)), None)
        if off is not None:
            text = "the module ssl is not loaded: a2enmod ssl, then systemctl restart apache2"
            told = (text, *fault.evidence)
            facts = {"module": "ssl", "sited": "yes" if self.names.passed_over() else ""}
            fault = replace(fault, places=(off, *places), evidence=told)
            fault = replace(fault, facts=facts if clear else {})
            edits = ()
        elif clear and not edits:
            fault = led_to(fault, self.library, self.tree, self.question, NAMING)
        if off is None and "asleep" not in fault.facts:
            pattern = rf"Listen\s+(?:\S*:)?{port}\b"
            fault = commented(fault, self.library, self.tree.files, pattern)
        return Foretold(server=APACHE, faults=(replace(fault, edits=edits or fault.edits),))

    def _off(self, port: int) -> Iterator[Place]:
        """The conditions on the module ssl that do not hold, with the port's Listen within."""
        for _, place in self.tree.off:
            if "ssl" in place.text.lower() and "ifmodule" in place.text.lower():
                for line in self.mender.lines(place.file)[place.line : place.line + NEAR]:
                    if line.strip().lower().startswith("</ifmodule"):
                        break
                    if re.match(rf"\s*Listen\s+(?:\S*:)?{port}\b", line, re.IGNORECASE):
                        yield place

    # -- one virtual host -------------------------------------------------------------------

    def _at(self, base: Foretold, found: Met, port: int, https: bool) -> Foretold:
        first = found.first
        if not self._speaks(first, port, https):
            return replace(base, faults=(self._plain(first, found.host, port),))
        host = found.host
        silent = host is not first and not self._speaks(host, port, https)
        if silent:  # it has no TLS of its own: all of it is the first one's
            host = first
        host_files = host if host.all("SSLCertificateFile") else first
        made = Chains(self.checker, self.question)
        leaves, chains = made.of(host_files)
        settings = settings_of(first, host)
        told = with_tls(
            base,
            settings,
            leaves,
            chains,
            self.question,
            lambda lack: blame(lack, first, host, self.mender),
        )
        if told.decisive is not None:
            return told
        if not chains:
            files = host_files.all("SSLCertificateFile")
            shown = files[0].argument() if files else "what mod_md keeps"
            unread = faults.unread(shown, managed=not files)
            told = replace(told, unknowns=(*told.unknowns, unread))
        if told.chain is not None:
            others = (*made.instead(host_files, told.chain), *self._by_macro(told.chain))
            told = replace(told, others=others, served=self._served(told.chain.file.place))
        if silent:
            told = replace(told, if_refused=self.names.silent(found, leaves))
        elif found.by is None:
            told = instead(told, self.names.default(found, leaves))
        else:
            overtaken = self.names.overtaken(found, leaves)
            foreign = overtaken is not None
            others = () if foreign else told.others
            told = replace(told, if_refused=overtaken, others=others, foreign=foreign)
        return self._demand(told, host)

    def _by_macro(self, chain: Chain) -> Iterator[tuple[Edit, ...]]:
        """A macro used with another folder or name: files beside, of which one has the name."""
        for used in self.tree.uses:
            for word in used.args[1:]:
                if len(word) < SHORTEST or chain.file.path.count(word) != 1:
                    continue
                head, tail = chain.file.path.split(word)
                for path in self.checker.library.matching(f"{head}*{tail}")[:MANY]:
                    other = path[len(head) : len(path) - len(tail)]
                    leaf = self.checker.load(path).leaf
                    if other != word and leaf is not None and covers(leaf, self.question.host):
                        yield self.mender.words(used.place, (word,), (other,))

    def _served(self, place: Place) -> frozenset[str]:
        """The names of the hosts that have their certificate from one line."""
        return frozenset(
            name
            for host in self.hosts
            for each in host.all("SSLCertificateFile")
            if (each.file, each.line) == (place.file, place.line)
            for name, _ in host.names
        )

    def _speaks(self, first: Host, port: int, https: bool) -> bool:
        engine = first.engine
        if engine in ("on", "off"):
            return engine == "on"
        certified = bool(first.all("SSLCertificateFile"))
        return certified and (port == 443 or https)

    def _plain(self, first: Host, host: Host, port: int) -> Fault:
        engine = first.setting("SSLEngine")
        place = engine.place if engine is not None else first.directive.place
        if not place.line:  # the main server: no virtual host is for the port
            listens = (each[3].place for each in listens_of(self.tree) if each[1] == port)
            place = next(listens, place)
        edits: tuple[Edit, ...] = ()
        if first.all("SSLCertificateFile"):
            if engine is not None:
                old = (engine.name, engine.argument())
                edits = self.mender.words(engine.place, old, ("SSLEngine", "on"))
            else:
                edits = self.mender.behind(first.directive.place, "SSLEngine on")
        elif host is not first and host.all("SSLCertificateFile") and engine is None:
            lines = ["SSLEngine on"]
            for name in ("SSLCertificateFile", "SSLCertificateKeyFile"):
                lines += [f"{name} {each.argument()}" for each in host.all(name)[:1]]
            edits = self.mender.behind(first.directive.place, *lines)
        why = "the first virtual host of the port has SSLEngine off"
        off = [where for into, where in self.tree.off if into is first.directive]
        if engine is None:
            why = "the first virtual host of the port has no SSLEngine on"
            why += " but under a condition that does not hold" if off else ""
        return faults.plain_http(port, (place, *off), why=why, edits=edits)

    def _demand(self, told: Foretold, host: Host) -> Foretold:
        barred = refused(host)
        round_trip = goes_round(host, self.question.host, self.question.port, self.mender)
        if isinstance(barred, Fault):
            told = replace(told, faults=(*told.faults, barred))
        elif round_trip is not None and round_trip.directive.place.line:
            place, edits = round_trip.directive.place, round_trip.edits
            again = faults.redirects_to_itself(self.question.host, (place,), edits=edits)
            told = replace(told, faults=(*told.faults, again))
        elif barred:
            told = replace(told, doubts=(*told.doubts, barred))
        verify = host.setting("SSLVerifyClient")
        if verify is None or verify.argument().lower() != "require":
            later = next(self._later(host), None)
            return demanded(told, later, pull=False)
        agreed = told.agreed
        after = agreed is not None and agreed.version >= TLS13
        status = Status("520") if after else faults.S525
        how = "alert 116 after the handshake" if after else "alert 40"
        file = host.setting("SSLCACertificateFile")
        content = (
            self.library.read(self.checker.path(file.argument()), What.CERTIFICATES)
            if file
            else None
        )
        authorities = certificates_in(content) if isinstance(content, bytes) else None
        old = (verify.name, verify.argument())
        if verify in named(host.directive, "SSLVerifyClient"):
            edits = self.mender.words(verify.place, old, (verify.name, "none"))
        else:  # the line is for every host: this one alone is to do without
            edits = self.mender.behind(host.directive.place, "SSLVerifyClient none")
        fault = faults.client_certificate(
            authorities,
            (verify.place, *((file.place,) if file is not None else ())),
            status=status,
            how=how,
            aop=self.question.client_certificate,
            edits=edits,
        )
        known = self.question.client_certificate in ("global", "zone", "host")
        return demanded(told, fault, pull=fault is None and not known)

    def _later(self, host: Host) -> Iterator[Fault]:
        """A demand for the whole site that is made when the request is there."""
        for where in asked_later(host):
            yield self._turned_away(
                where.place,
                "a client certificate is demanded once the path is known",
                "what the edge does when asked after the handshake is inferred",
                later="yes",
            )
        turned = turned_away(host)
        if turned is not None:
            yield self._turned_away(
                turned.place,
                "who shows no client certificate is answered with HTTP 403",
                "whether the edge shows one that is taken is not in the files",
                edits=self.mender.removed(turned.place),
            )

    def _turned_away(
        self, place: Place, text: str, reason: str, *, later: str = "", edits: tuple[Edit, ...] = ()
    ) -> Fault:
        """A request that is answered with 403 for want of a client certificate."""
        return Fault(
            cause="client-cert-required",
            status=Status("origin-403"),
            evidence=(text,),
            places=(place,),
            confidence=faults.MEDIUM,
            reason=reason,
            facts={"aop": self.question.client_certificate, "how": "HTTP 403", "later": later},
            edits=edits,
            price=faults.OPENED if edits else "",
        )


def _here(address: str) -> bool:
    return address.startswith("127.") or address in ("localhost", "[::1]", "::1")


def _loopback(listen: tuple[str, int, str, Directive]) -> bool:
    return _here(listen[0])
