"""Names that another virtual host of Apache answers than the one that is meant: the default one,
an earlier one with a pattern, one without TLS. Each with the line, and with the edits that mend it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final

from cf525.model import Place
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.apache.check import APACHE, Checker
from cf525.servers.apache.model import Host, Met, named
from cf525.servers.certificates import covers
from cf525.servers.dormant import led_to
from cf525.servers.foretold import Edit, Fault, with_edited
from cf525.servers.question import Question
from cf525.servers.tree import Directive, Tree

NAMING: Final = ("ServerName", "ServerAlias")


class Names:
    """The names of one configuration."""

    def __init__(
        self, tree: Tree, checker: Checker, hosts: Sequence[Host], question: Question
    ) -> None:
        self.tree = tree
        self.checker = checker
        self.library = checker.library
        self.mender = checker.mender
        self.hosts = hosts
        self.question = question

    def overtaken(self, found: Met, leaves: Sequence[Certificate]) -> Fault | None:
        """A pattern of an earlier host takes the name from the one that has it in full."""
        assert found.by is not None
        wanted = self.question.host
        names = (each for host in found.hosts for each in host.names)
        own = next((line for name, line in names if name == wanted), None)
        if own is None or own is found.by:
            return None
        edits: tuple[Edit, ...] = ()
        taking = next((e for e in found.by.args if fnmatchcase(wanted, e.lower())), "")
        if found.host is found.first and len(found.by.args) == 1:
            edits = self.mender.removed(found.by.place)  # it answers other names all the same
        elif found.host is found.first:
            edits = self.mender.words(found.by.place, (taking,), ())
        fault = faults.default_certificate(
            self.question.host,
            leaves[0] if leaves else None,
            (found.by.place, own.place),
            server=APACHE,
            edits=edits,
        )
        line = f"{found.by.name} {' '.join(found.by.args)}"
        text = f"{line} of an earlier virtual host takes the name"
        return replace(fault, evidence=(text,), facts={**fault.facts, "overtaken": line})

    def default(self, found: Met, leaves: Sequence[Certificate]) -> Fault:
        first = found.first
        places = [first.directive.place]
        files = first.all("SSLCertificateFile")
        places += [each.place for each in files[:1]]
        edits: tuple[Edit, ...] = ()
        if found.hidden is not None:
            host, directive = found.hidden
            places.insert(0, directive.place)
            address = next((f"{a.host}:{self.question.port}" for a in first.addresses), "")
            line = self.mender.line(host.directive.place)
            if line is not None and address:
                new = line.replace(">", f" {address}>", 1)
                edits = self.mender.whole(host.directive.place, new)
        else:
            edits = self._with_name()
        lacking = found.hidden is None and bool(edits)  # the line that lacks the name
        passed = self.passed_over()
        if passed is not None:
            places.insert(0, passed)
            edits = self._held(passed) or edits
        fault = faults.default_certificate(
            self.question.host,
            leaves[0] if leaves else None,
            tuple(places),
            server=APACHE,
            edits=edits,
        )
        if passed is not None:
            text = (
                "the site that has the name stands under a condition that does not hold: "
                f"{passed.text}"
            )
            fault = replace(fault, evidence=(text,))
        elif found.hidden is not None:
            text = (
                "the virtual host that has the name is for any address: on this one Apache looks "
                "only at those that name it"
            )
            fault = replace(fault, evidence=(text,))
        elif not edits and (elsewhere := self._at_another_port()) is not None:
            host, own = elsewhere
            text = "the virtual host that has the name is for another port"
            fault = replace(
                fault,
                evidence=(text,),
                places=(host.directive.place, own.place, *fault.places),
                edits=self._at_the_port(host),
            )
        else:
            fault = led_to(fault, self.library, self.tree, self.question, NAMING)
            lacking = lacking and fault.edits == edits
        return with_edited(fault, self.mender.line, first=lacking)

    def _at_another_port(self) -> tuple[Host, Directive] | None:
        """The host with TLS that has the name, at a port where the edge does not ask."""
        wanted = (0, self.question.port)
        for host in self.hosts:
            if host.engine == "on" and all(each.port not in wanted for each in host.addresses):
                line = next((line for name, line in host.names if name == self.question.host), None)
                if line is not None:
                    return host, line
        return None

    def _at_the_port(self, host: Host) -> tuple[Edit, ...]:
        """The host for the port of the edge too."""
        line = self.mender.line(host.directive.place)
        if line is None or line.count(">") != 1 or not host.addresses:
            return ()
        address = host.addresses[0].host or "*"
        new = line.replace(">", f" {address}:{self.question.port}>")
        return self.mender.whole(host.directive.place, new)

    def passed_over(self) -> Place | None:
        """The condition that does not hold, and has a site with TLS for the name within."""
        pattern = re.compile(
            rf"(?<![\w.-]){re.escape(self.question.host)}(?![\w.-])", re.IGNORECASE
        )
        for _, place in self.tree.off:
            kind, deep = place.text.lstrip("<").split(None, 1)[0].lower(), 0
            for line in self.mender.lines(place.file)[place.line - 1 :]:
                bare = line.strip().lower()
                deep += bare.startswith(f"<{kind}") - bare.startswith(f"</{kind}")
                if not bare.startswith("#") and pattern.search(line):
                    return place
                if deep <= 0:
                    break
        return None

    def _held(self, place: Place) -> tuple[Edit, ...]:
        """A condition on a module with the name that the module has."""
        line = self.mender.line(place) or ""
        found = re.search(
            r"<IfModule\s+\"?(?:mod_)?(\w+?)(?:\.so|_mod)?\"?\s*>", line, re.IGNORECASE
        )
        if found is None or found[1].endswith("_module"):
            return ()
        new = f"{line[: found.start()]}<IfModule mod_{found[1]}.c>{line[found.end() :]}"
        return self.mender.whole(place, new)

    def silent(self, found: Met, leaves: Sequence[Certificate]) -> Fault:
        """The host that has the name has no TLS on: the first one's certificate goes out."""
        engine = found.host.setting("SSLEngine")
        own = found.host.directive.place
        if engine is not None:
            old = (engine.name, engine.argument())
            edits = self.mender.words(engine.place, old, ("SSLEngine", "on"))
        else:
            edits = self.mender.behind(own, "SSLEngine on")
        fault = faults.default_certificate(
            self.question.host, leaves[0] if leaves else None, (own,), server=APACHE, edits=edits
        )
        text = "the virtual host that has the name has no SSLEngine on"
        return with_edited(replace(fault, evidence=(text,)), self.mender.line)

    def _with_name(self) -> tuple[Edit, ...]:
        """The name given to a host with TLS whose certificate has it; else TLS for the host that
        has the name in clear, where a certificate is there."""
        name, port = self.question.host, self.question.port
        with_tls_on = [
            each
            for each in self.hosts
            if each.engine == "on" and any(a.port in (0, port) for a in each.addresses)
        ]
        for host in with_tls_on:
            for file in host.all("SSLCertificateFile")[:1]:
                leaf = self.checker.load(self.checker.path(file.argument())).leaf
                if leaf is not None and covers(leaf, name):
                    return self._alias(host)
        return ()

    def _alias(self, host: Host) -> tuple[Edit, ...]:
        name = self.question.host
        alias = next(named(host.directive, "ServerAlias"), None)
        if alias is not None:
            return self.mender.added(alias.place, name)
        own = next(named(host.directive, "ServerName"), None)
        if own is not None:
            line = self.mender.line(own.place) or ""
            indent = line[: len(line) - len(line.lstrip())]
            text = f"{indent}ServerAlias {name}"
            return (Edit(file=own.file, first=own.line + 1, last=own.line, lines=(text,)),)
        return self.mender.behind(host.directive.place, f"ServerName {name}")
