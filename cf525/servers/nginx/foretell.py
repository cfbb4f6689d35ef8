"""What nginx would answer the edge: the socket, the server, then directive by directive.

Decided in nginx's own order: does it load, which socket, which server, which scope for each
directive, which certificate. What files cannot tell (addresses in front, the running version,
whether origin pulls are on) is told as a doubt.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from cf525.model import Place, Unknown
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.answer import alike, preferred
from cf525.servers.dormant import commented, instead, led_to
from cf525.servers.foretold import Edit, Fault, Foretold, neighbouring, with_edited
from cf525.servers.handshake import Refusal, meet, rests_beyond
from cf525.servers.library import Absence, Library
from cf525.servers.nginx.chains import Chains
from cf525.servers.nginx.check import NGINX, Checker, pairs
from cf525.servers.nginx.clear import redirect
from cf525.servers.nginx.clients import demand
from cf525.servers.nginx.lacking import AGE, NEWER, lacking, left_open, of_older
from cf525.servers.nginx.model import (
    ANY4,
    Listen,
    Selection,
    Server,
    Socket,
    hidden_by,
    met_by,
    select,
    servers_of,
    sockets_of,
)
from cf525.servers.nginx.names import by_map, of_another, with_certificate, with_name
from cf525.servers.nginx.overtaken import overtaken
from cf525.servers.nginx.passing import Passing
from cf525.servers.nginx.reach import of_loopback, of_six
from cf525.servers.nginx.requests import Closing, closes
from cf525.servers.nginx.rounds import goes_round
from cf525.servers.nginx.sources import of_request
from cf525.servers.nginx.tls import by_command, protocols, settings_of
from cf525.servers.question import Question
from cf525.servers.tree import Tree


def foretell(tree: Tree, library: Library, question: Question) -> Foretold:
    """What the edge would meet, over all sockets it may connect to."""
    return _Oracle(tree, library, question).foretold()


class _Oracle:
    def __init__(self, tree: Tree, library: Library, question: Question) -> None:
        self.tree = tree
        self.question = question
        self.library = library
        self.checker = Checker(tree, library, keys=question.keys)
        self.mender = self.checker.mender
        self.http = servers_of(tree)
        self.stream = servers_of(tree, "stream")
        self.chains = Chains(tree, self.checker, self.http, question)
        self.passing = Passing(tree, self.http, self.mender, self._at, self._tls)

    def foretold(self) -> Foretold:
        stops = tuple(islice(self.checker.faults((*self.http, *self.stream)), faults.MOST))
        if stops:
            return Foretold(server=NGINX, faults=stops, doubts=self._doubts())
        if not self.http and not self.stream:
            return Foretold(server=NGINX, told=False, doubts=self._doubts())
        plain = self.question.mode in ("off", "flexible")
        found = self._in_clear() if plain else self._with_tls(self.question)
        return replace(found, doubts=(*self._doubts(), *found.doubts), leaves=self.checker.leaves())

    def _doubts(self) -> tuple[str, ...]:
        doubts: list[str] = []
        if any(each.directive.first("http2") is not None for each in self.http):
            doubts.append("nginx knows the directive http2 since 1.25.1; which one runs is open")
        if self.tree.unread:
            some = ", ".join(map(self._named, self.tree.unread[:3]))
            doubts.append(f"{some} was not there to be read, and may hold more sites")
        return tuple(doubts)

    # -- sockets --------------------------------------------------------------------------

    def _named(self, unread: str) -> str:
        """A file as it is shown; what is no file as it stands."""
        return self.library.shown(unread) if unread.startswith("/") else unread

    def _with_tls(self, question: Question) -> Foretold:
        sockets = sockets_of(self.http, question.port)
        streams = sockets_of(self.stream, question.port)
        met = self._met([*sockets, *streams])
        if not met and any(map(self._barred, self.tree.unread)):
            return Foretold(server=NGINX, told=False)
        if not met:
            return self._nothing(question)
        if not question.address and all(each.loopback for each in met):
            fault = of_loopback(met, question.port, self.mender)
            return Foretold(server=NGINX, faults=(fault,))
        if not question.address and all(each.six_alone for each in met):
            fault = of_six(met, question.port, self.mender)
            return Foretold(server=NGINX, faults=(fault,))
        found = [self._at(each, streams, question) for each in met]
        return _together(met, found)

    def _barred(self, path: str) -> bool:
        """Whether a file is there and not for this user to read: it may hold what is missing."""
        return path.startswith("/") and self.library.read(path) is Absence.UNREADABLE

    def _met(self, sockets: Sequence[Socket]) -> list[Socket]:
        """The sockets that the edge may connect to: that of a known address, else all that face
        the network, the exact addresses before the wildcards."""
        if self.question.address:
            one = met_by(sockets, self.question.address)
            return [one] if one is not None else []
        facing = [each for each in sockets if not each.loopback] or list(sockets)
        return sorted(facing, key=self._likely)

    def _likely(self, socket: Socket) -> tuple[bool, ...]:
        """Which of several sockets the edge meets: rather one for an address, one with the name,
        and one that nothing stands before which sends a PROXY header."""
        wild = socket.address == ANY4
        named = wild or select(socket, self.question.host).by is not None
        return (socket.six, wild, not named, socket.flagged("proxy_protocol") is not None)

    def _nothing(self, question: Question) -> Foretold:
        clear = sockets_of(self.http, 80)
        only_80 = next((each for each in clear), None)
        places: tuple[Place, ...] = ()
        if only_80 is not None:
            chosen = select(only_80, question.host)
            listen = chosen.server.listen_on(only_80.key)
            places = (listen.directive.place,) if listen is not None else ()
        fault = faults.nothing_listens(
            question.port, places, only_80=only_80 is not None, server=NGINX
        )
        edits = with_name(self.http, question, self.checker) if only_80 is not None else ()
        fault = replace(fault, edits=edits)
        udp = self._over_udp(question.port)
        if udp is not None:
            told = (
                f"nginx listens on port {question.port} for QUIC alone, which the edge never asks"
            )
            fault = replace(fault, evidence=(told,), places=(udp, *fault.places))
        if only_80 is not None and not edits:
            fault = led_to(fault, self.library, self.tree, question, ("server_name",))
        if "asleep" not in fault.facts:
            pattern = rf"listen\s+(?:\S*:)?{question.port}\b"
            fault = commented(fault, self.library, self.tree.files, pattern)
        return Foretold(server=NGINX, faults=(fault,))

    def _over_udp(self, port: int) -> Place | None:
        """The line that listens on the port over UDP."""
        for server in self.http:
            for each in server.directive.all("listen"):
                if "quic" in each.args and each.argument().rpartition(":")[2] == str(port):
                    return each.place
        return None

    def _at(
        self,
        socket: Socket,
        streams: Sequence[Socket],
        question: Question,
        *,
        sent: bool = False,
        direct: bool = True,
    ) -> Foretold:
        """What a connection to one socket meets. ``sent`` says that a PROXY header comes first,
        ``direct`` that it is the edge itself that connects."""
        if socket in streams:
            return self.passing.met(socket, question)
        chosen = select(socket, question.host)
        server = chosen.server
        site = self._site(chosen, socket)
        doubts = (chosen.doubt,) if chosen.doubt else ()
        others = (
            name
            for each in self.http
            if each is not server or chosen.by is None
            for name, _ in each.names
        )
        base = Foretold(
            server=NGINX,
            site=site,
            unmatched=chosen.by is None,
            doubts=doubts,
            neighbours=neighbouring(question.host, others),
        )
        ssl = socket.ssl
        header = socket.flagged("proxy_protocol")
        if header is not None and not sent:
            edits = tuple(
                edit
                for each in socket.listens
                if "proxy_protocol" in each.flags
                for edit in self.mender.without(each.directive, "proxy_protocol")
            )
            return replace(base, faults=(faults.proxy_header((header.directive.place,), edits),))
        if ssl is None:
            return replace(base, faults=(self._plain(socket, server, question),))
        if server.on("ssl_reject_handshake"):
            return replace(base, faults=(self._refused(chosen, socket, question),))
        return self._tls(base, chosen, socket, question, direct=direct)

    def _site(self, chosen: Selection, socket: Socket) -> Place:
        listen = chosen.server.listen_on(socket.key)
        if chosen.by is not None:
            return chosen.by.place
        return listen.directive.place if listen is not None else chosen.server.directive.place

    # -- faults before the certificate ------------------------------------------------------

    def _plain(self, socket: Socket, server: Server, question: Question) -> Fault:
        listen = server.listen_on(socket.key) or next(iter(socket.listens))
        edits: tuple[Edit, ...] = ()
        if list(pairs(server)):
            edits = self.mender.replaced(
                listen.directive, "listen", *_with(listen.directive.args, "ssl")
            )
        why = f"no listen of {socket.address}:{socket.port} says ssl"
        places = (listen.directive.place,)
        return faults.plain_http(question.port, places, why=why, edits=edits)

    def _refused(self, chosen: Selection, socket: Socket, question: Question) -> Fault:
        found = chosen.server.setting("ssl_reject_handshake")
        assert found is not None
        known = next(
            (
                name
                for server in socket.servers
                if not server.on("ssl_reject_handshake")
                for name, _ in server.names
                if name[:1].isalnum()
            ),
            "",
        )
        if chosen.by is None:
            why = "no server with TLS has the name, and the default one rejects"
            edits = with_name(self.http, question, self.checker)
        else:
            why = "the server that has the name rejects every handshake"
            edits = self.mender.replaced(found) if list(pairs(chosen.server)) else ()
        listen = chosen.server.listen_on(socket.key)
        places = (found.place, *((listen.directive.place,) if listen else ()))
        fault = faults.name_refused(question.host, 112, places, why=why, known=known, edits=edits)
        if chosen.by is None:
            fault = led_to(fault, self.library, self.tree, question, ("server_name",))
        return with_edited(fault, self.mender.line)

    # -- the handshake ----------------------------------------------------------------------

    def _tls(
        self,
        base: Foretold,
        chosen: Selection,
        socket: Socket,
        question: Question,
        *,
        direct: bool = True,
    ) -> Foretold:
        server = chosen.server
        own = by_command(server) or list(pairs(server)) or list(pairs(socket.default))
        leaves, chains, late = self.chains.of(own)
        if late is not None:
            edits = late.edits or by_map(server, own, question, self.checker)
            return replace(base, faults=(replace(late, edits=edits),))
        default = socket.default
        settings = settings_of(default, server, protocols_of=default)
        if protocols(default)[1] is None:
            older = of_older(settings, leaves, question)
            if older is not settings:
                base = replace(base, doubts=(*base.doubts, AGE))
            settings = older
        met = meet(settings, leaves, question.profile)
        if isinstance(met, Refusal):
            fault = lacking(met, default, server, leaves, question, self.mender)
            return replace(base, faults=(fault,), chain=chains[0] if chains else None)
        chain = chains[preferred(leaves, met)] if chains else None
        told = protocols(default)[1] is not None
        added = with_certificate(server, own, question, self.checker)
        served = self.chains.served(chain)
        lent = of_another(server, own, self.http, question, self.checker)
        met = replace(met, told=told)
        found = replace(base, chain=chain, agreed=met, served=served, others=(added, *lent))
        if chain is None and own:
            missing = self.library.shown(self.checker.path(own[0][0].argument()))
            found = replace(found, unknowns=(*found.unknowns, faults.unread(missing)))
        if default is not server and isinstance(
            meet(settings_of(default, server, protocols_of=server), leaves, question.profile),
            Refusal,
        ):
            found = replace(found, doubts=(*found.doubts, NEWER))
        found = replace(found, doubts=(*found.doubts, *left_open(server, default, own)))
        if rests_beyond(settings, leaves, question.profile):
            found = replace(found, doubts=(*found.doubts, faults.BEYOND))
        if chosen.by is None and not chosen.doubt:
            found = instead(found, self._default(socket, server, leaves, question))
        elif chosen.by is not None:
            taken = overtaken(chosen, socket, leaves, question, self.mender)
            foreign = taken is not None
            others = () if foreign else found.others
            found = replace(found, if_refused=taken, foreign=foreign, others=others)
        return self._behind(found, chosen, question, direct=direct)

    def _behind(
        self, found: Foretold, chosen: Selection, question: Question, *, direct: bool
    ) -> Foretold:
        """What follows a handshake that succeeds: a close, a filter of addresses, a demand."""
        extra: list[Fault] = []
        doubts: list[str] = []
        unknowns: list[Unknown] = []
        closed = closes(self.tree, chosen.server, question.host)
        if closed is not None and closed.doubt:
            doubts.append(closed.doubt)
        elif closed is not None:
            extra.append(self._closed(closed, chosen, question))
        else:
            extra += self._round(chosen.server, question)
        barred = of_request(chosen.server) if direct else ""  # else it comes from this host
        demanded = demand(chosen.server, self.checker, question)
        for each in (barred, demanded):
            if isinstance(each, Fault):
                extra.append(each)
            elif isinstance(each, str):
                doubts += [each] if each else []
            elif each is not None:
                unknowns.append(each)
        return replace(
            found,
            faults=tuple(extra),
            doubts=(*found.doubts, *doubts),
            unknowns=(*found.unknowns, *unknowns),
        )

    def _closed(self, closed: Closing, chosen: Selection, question: Question) -> Fault:
        """The handshake succeeds, and the request is answered with a close."""
        edits = with_name(self.http, question, self.checker) if chosen.by is None else ()
        how = "every request of the edge to this server is answered with a close (444)"
        fault = faults.unanswered(how, [closed.directive.place], edits=edits)
        return with_edited(fault, self.mender.line)

    def _round(self, server: Server, question: Question) -> Iterator[Fault]:
        """The handshake succeeds, and the request is sent to where it is already."""
        found = goes_round(self.tree, self.http, server, question.host, question.port)
        if found:
            more = {"root", "alias", "proxy_pass", "location", "fastcgi_pass", "try_files"}
            own = found[0] in (server.directive.block or ())
            served = any(each.name in more for each in server.directive.block or ())
            edits = self.mender.replaced(found[0]) if own and served else ()
            places = tuple(each.place for each in found)
            yield faults.redirects_to_itself(question.host, places, edits=edits)

    def _default(
        self, socket: Socket, server: Server, leaves: Sequence[Certificate], question: Question
    ) -> Fault:
        listen: Listen | None = server.listen_on(socket.key)
        places = [listen.directive.place] if listen is not None else []
        places += [each.place for each in server.settings("ssl_certificate")[:1]]
        hidden = hidden_by(self.http, socket, question.host, question.port)
        if hidden is not None:
            places.insert(0, hidden[1].place)
        edits: tuple[Edit, ...] = ()
        if hidden is not None:
            address = f"{socket.address}:{socket.port}"
            edits = self.mender.inserted(hidden[0].directive, f"listen {address} ssl;")
        else:
            edits = with_name(self.http, question, self.checker)
        fault = faults.default_certificate(
            question.host, leaves[0] if leaves else None, tuple(places), server=NGINX, edits=edits
        )
        if hidden is not None:
            text = (
                f"the server that has the name listens on another socket; on {socket.address} "
                "nginx looks only at the servers that name this address"
            )
            fault = replace(fault, evidence=(text,))
        if hidden is None:
            fault = led_to(fault, self.library, self.tree, question, ("server_name",))
        lacking = hidden is None and fault.edits == edits != ()  # the line that lacks the name
        return with_edited(fault, self.mender.line, first=lacking)

    # -- in clear ---------------------------------------------------------------------------

    def _in_clear(self) -> Foretold:
        sockets = self._met(sockets_of(self.http, 80))
        if not sockets:
            fault = faults.nothing_listens(80, (), only_80=False, server=NGINX)
            return Foretold(server=NGINX, faults=(fault,), plain=True)
        chosen = select(sockets[0], self.question.host)
        base = Foretold(
            server=NGINX, site=self._site(chosen, sockets[0]), plain=True, unmatched=not chosen.by
        )
        found = redirect(chosen.server)
        if found is None:
            return base
        directive, sure = found
        confidence = faults.HIGH if sure else faults.MEDIUM
        fault = faults.redirects_to_https(self.question.host, (directive.place,), confidence)
        return replace(base, faults=(fault,))


def _with(args: tuple[str, ...], flag: str) -> tuple[str, ...]:
    return (args[0], flag, *args[1:])


def _together(sockets: Sequence[Socket], found: Sequence[Foretold]) -> Foretold:
    """One answer for all the sockets that the edge may meet; the first is the likeliest."""
    first = found[0]
    for socket, other in zip(sockets[1:], found[1:], strict=True):
        ours, theirs = first.decisive, other.decisive
        if alike(first, other):
            continue
        if socket.six and theirs is not None and ours is None:
            told = replace(
                theirs,
                contributing=True,
                confidence=faults.MEDIUM,
                reason="it holds for IPv6 alone, and matters where an AAAA record is there",
            )
            first = replace(first, faults=(*first.faults, told))
        elif not socket.six:
            text = (
                f"{sockets[0].address} and {socket.address} answer differently, and which one the "
                "edge connects to is not in the files"
            )
            first = replace(first, doubts=(*first.doubts, text))
    return first
