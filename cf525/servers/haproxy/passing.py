"""What a hello meets that HAProxy hands on in mode tcp: rules that look at its name, the backend
and its server, and the bind of this same process that the server may be.

What stands behind a server that is not here is not told.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from cf525.model import Place
from cf525.servers import faults
from cf525.servers.answer import alike
from cf525.servers.certificates import certificate_of
from cf525.servers.foretold import Edit, Fault, Foretold
from cf525.servers.haproxy.check import HAPROXY
from cf525.servers.haproxy.model import Bind, binds_of, met_by, socket_of
from cf525.servers.haproxy.reader import Config, Line, Section
from cf525.servers.haproxy.rules import Rules, Taken, awaits, by_name, split, turned_away
from cf525.servers.library import Library
from cf525.servers.lines import LineMender
from cf525.servers.question import Question
from cf525.servers.slips import meant


class Meet(Protocol):
    """What a connection to a bind meets."""

    def __call__(
        self, base: Foretold, bind: Bind, *, sent: bool = False, direct: bool = True
    ) -> Foretold: ...


class Passing:
    """The connections of one configuration that are handed on. ``meet`` tells what a bind of it
    answers."""

    def __init__(
        self,
        config: Config,
        library: Library,
        question: Question,
        mender: LineMender,
        meet: Meet,
    ) -> None:
        self.config = config
        self.library = library
        self.question = question
        self.mender = mender
        self.binds = binds_of(config)
        self._meet = meet

    def met(self, base: Foretold, bind: Bind) -> Foretold:
        """Mode tcp: the hello is handed to a backend, which the name may decide over."""
        section = bind.section
        rules = Rules(self.config, section, self.library, self.question.host)
        turned = rules.rejected()
        if turned.rule is not None:
            return replace(base, faults=(turned_away(turned.rule, self.question.host),))
        taken = rules.backend()
        doubt = turned.doubt or taken.doubt
        if doubt is not None:
            what = " ".join(doubt.words)
            text = f"whether the rule of line {doubt.line} holds is not evaluated here: {what}"
            return replace(base, told=False, site=doubt.place, doubts=(text,))
        nowhere = self._nowhere(section, taken, rules)
        if nowhere is not None:
            return replace(base, site=nowhere.places[0], faults=(nowhere,))
        empty = self._without_servers(section, taken)
        if empty is not None:
            return replace(base, faults=(empty,))
        found = self._led(base, section, taken.backend)
        asking = [each for each in section.all("use_backend") if by_name(each, section)]
        if not asking or awaits(section):
            return found
        found = replace(found, faults=(*found.faults, split(asking[0].place, bind.line.place)))
        if taken.rule is None or not by_name(taken.rule, section):
            return found
        return self._early(found, self._led(base, section, ""), taken.rule, bind)

    def _early(self, found: Foretold, other: Foretold, rule: Line, bind: Bind) -> Foretold:
        """The name is looked for at once: mostly before the hello is there, and then the default
        backend is taken (measured with 2.6)."""
        if alike(found, other):
            return found
        text = (
            f"the rule of line {rule.line} looks for the name at once: mostly the hello has not "
            "come yet, and default_backend is taken"
        )
        if not other.told:
            return replace(found, doubts=(*found.doubts, text))
        leaf = certificate_of(other.chain.certificates[0]) if other.chain is not None else None
        fault = faults.default_certificate(
            self.question.host,
            leaf,
            (rule.place, bind.line.place),
            server=HAPROXY,
            edits=self._delay(bind),
        )
        early = replace(fault, evidence=(text,), facts={**fault.facts, "early": "yes"})
        return replace(other, doubts=(*other.doubts, text), if_refused=early)

    def _delay(self, bind: Bind) -> tuple[Edit, ...]:
        """The hello waited for; none where other rules on the content stand there already."""
        if any(True for _ in bind.section.all("tcp-request", "content")):
            return ()
        delay = () if bind.section.last("tcp-request", "inspect-delay") else ("5s",)
        lines = [f"tcp-request inspect-delay {each}" for each in delay]
        lines.append("tcp-request content accept if { req.ssl_hello_type 1 }")
        return self.mender.behind(bind.line.place, *lines)

    def _nowhere(self, section: Section, taken: Taken, rules: Rules) -> Fault | None:
        """No backend for the name, as no rule and no map has it: the connection is closed."""
        if taken.backend or section.kind != "frontend" or section.last("default_backend"):
            return None
        asking = taken.rule or next(section.all("use_backend"), None)
        where = asking if asking is not None else section.head
        places, edits = [where.place], tuple[Edit, ...]()
        path = rules.map_of(where)
        keys = {key: (n, value) for n, key, value in rules.entries(path) or ()}
        slip = next((key for key in keys if meant(key, frozenset((self.question.host,)))), "")
        if slip:
            number, value = keys[slip]
            places.insert(0, Place(file=path, line=number, text=f"{slip} {value}"))
            edits = self.mender.words(places[0], (slip,), (self.question.host,))
        edits = edits or self._told_too(section)
        how = f"no backend is told for {self.question.host}, and there is no default one"
        return faults.closed_at_once(how, tuple(places), edits=edits)

    def _without_servers(self, section: Section, taken: Taken) -> Fault | None:
        """A backend that these files leave without any server: it closes every connection."""
        backend = self._backend(section, taken.backend)
        leading = ("server", "server-template", "dispatch", "use-server")
        if backend is None or backend is section or backend.mode != "tcp":
            return None
        if any(line.words[0] in leading or "transparent" in line.words for line in backend.lines):
            return None
        rule = taken.rule or section.last("default_backend")
        places = (rule.place, backend.head.place) if rule is not None else (backend.head.place,)
        how = f"the hello is handed on to {backend.name}, which has no server"
        edits = self._told_too(section) if taken.rule is None else ()
        return faults.closed_at_once(how, places, edits=edits)

    def _told_too(self, section: Section) -> tuple[Edit, ...]:
        """The name put beside that of a rule which leads to a bind of this process."""
        for rule in section.all("use_backend"):
            name = rule.words[1] if len(rule.words) > 1 else ""
            if not by_name(rule, section) or self._inner(section, name)[0] is None:
                continue
            if rule.words.count("}") == 1 and "unless" not in rule.words:
                return self.mender.words(rule.place, ("}",), (self.question.host, "}"))
            named = {each.lstrip("!") for each in rule.words[2:]}
            lists = [each for each in section.all("acl") if each.words[1] in named]
            if len(lists) == 1 and not any(each.startswith("!") for each in rule.words):
                return self.mender.added(lists[0].place, self.question.host)
        return ()

    def _led(self, base: Foretold, section: Section, backend: str) -> Foretold:
        """What a hello meets that is handed on to a backend."""
        inner, server, shown = self._inner(section, backend)
        if inner is None:
            text = f"TLS is not ended here: the hello is handed on to {shown}, which is not here"
            return replace(base, told=False, doubts=(text,))
        header = next((word for word in server.words if word.startswith("send-proxy")), "")
        if header and not self._takes_header(inner):
            edits = self.mender.words(server.place, (header,), ())
            fault = faults.unwanted_header((server.place, inner.line.place), edits)
            return replace(base, site=inner.line.place, faults=(fault,))
        base = replace(base, site=inner.line.place)
        found = self._meet(base, inner, sent=bool(header), direct=bool(header))
        waiting = found.faults[0] if found.faults else None
        if waiting is not None and waiting.cause == "proxy-protocol-expected":
            return replace(found, faults=(faults.header_not_sent(waiting, server.place),))
        return found

    def _takes_header(self, bind: Bind) -> bool:
        rules = bind.section.all("tcp-request", "connection", "expect-proxy")
        return bind.has("accept-proxy") or any(True for _ in rules)

    def _inner(self, section: Section, chosen: str) -> tuple[Bind | None, Line, str]:
        """The bind of this same process that a connection is handed on to, the line of the server
        that it is, and the target in words."""
        backend = self._backend(section, chosen)
        servers = list(backend.all("server")) if backend is not None else []
        server = servers[0] if servers else None
        if backend is None or server is None or len(server.words) < 3:
            return None, section.head, "a backend"
        if any(True for _ in backend.all("use-server")):
            told = self._told(backend, servers)
            if told is None or len(told.words) < 3:
                return None, server, f"one of the servers of {backend.name}"
            server = told
        name = socket_of(server.words[2])
        if name:
            same = (each for each in self.binds if each.address == name)
            return next(same, None), server, server.words[2]
        address, _, port = server.words[2].rpartition(":")
        here = address.startswith(("127.", "localhost")) and port.isdigit()
        address = "127.0.0.1" if address == "localhost" else address
        met = met_by(self.binds, int(port), address) if here else []
        return (met[0] if met else None), server, server.words[2]

    def _told(self, backend: Section, servers: Sequence[Line]) -> Line | None:
        """The server that the first use-server that holds names; where none holds, the only one
        with a weight. None where that is not decided here."""
        rules = Rules(self.config, backend, self.library, self.question.host)
        for line in backend.all("use-server"):
            truth = rules.holds(line)
            if truth is None:
                return None
            if truth:
                named = line.words[1] if len(line.words) > 1 else ""
                return next((each for each in servers if each.words[1] == named), None)
        weighing = [each for each in servers if each.after("weight") != "0"]
        return weighing[0] if len(weighing) == 1 else None

    def _backend(self, section: Section, chosen: str) -> Section | None:
        other = section.last("default_backend")
        name = chosen or (other.words[1] if other is not None and len(other.words) > 1 else "")
        return self.config.named(name, "backend", "listen") if name else section
