"""The certificates that nginx sends for a server, and what shows only when a handshake comes."""

from collections.abc import Sequence
from dataclasses import replace

from cf525.model import KeyProof
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.certificates import key_proof
from cf525.servers.foretold import Chain, Fault, Named
from cf525.servers.nginx.check import NGINX, Checker, named, own_behind
from cf525.servers.nginx.model import (
    Server,
)
from cf525.servers.nginx.variables import filled_in
from cf525.servers.question import Question
from cf525.servers.reorder import leaf_first
from cf525.servers.tree import Directive, Tree


class Chains:
    """The certificates of one configuration."""

    def __init__(
        self, tree: Tree, checker: Checker, http: Sequence[Server], question: Question
    ) -> None:
        self.tree = tree
        self.checker = checker
        self.library = checker.library
        self.http = http
        self.question = question

    def served(self, chain: Chain | None) -> frozenset[str]:
        """The names of the servers that have their certificate from the line of a chain."""
        if chain is None:
            return frozenset()
        place = chain.file.place
        return frozenset(
            name
            for server in self.http
            for each in server.settings("ssl_certificate")
            if (each.file, each.line) == (place.file, place.line)
            for name, _ in server.names
        )

    def of(
        self, own: Sequence[tuple[Directive, Directive | None]]
    ) -> tuple[list[Certificate], list[Chain], Fault | None]:
        """The leaves that are loaded, the chain that would be sent, and a fault that shows only
        when a handshake comes."""
        leaves: list[Certificate] = []
        chains: list[Chain] = []
        for directive, key in own:
            written = directive.argument()
            if "$" in written:
                filled = filled_in(self.tree, written, self.question.host)
                if filled is None:
                    return [], [], None
                written = filled
                late = self._late(directive, written)
                if late is not None:
                    return [], [], late
            if written.startswith("data:"):
                return [], [], None
            loaded = self.checker.load(self.checker.path(written))
            if not loaded.certificates or loaded.leaf is None:
                return [], [], None
            behind = own_behind(loaded)
            if behind is not None:
                edits = leaf_first(self.library, loaded)
                return [], [], faults.issuer_first(NGINX, directive.place, edits=edits)
            leaves.append(loaded.leaf)
            chains.append(self._chain(loaded.certificates, directive, key, written))
        for chain in chains:
            if chain.proof is KeyProof.FAILED:
                places = (chain.file.place, *((chain.key.place,) if chain.key else ()))
                return leaves, chains, faults.key_mismatch(places)
        return leaves, chains, None

    def _chain(
        self,
        certificates: tuple[bytes, ...],
        directive: Directive,
        key: Directive | None,
        written: str,
    ) -> Chain:
        file = replace(named(self.checker, directive), path=self.checker.path(written))
        own_key: Named | None = None
        proof = KeyProof.UNKNOWN
        if key is not None and "$" not in key.argument():
            own_key = named(self.checker, key)
            if self.question.keys:
                proof = key_proof(self.library, own_key.path, certificates[0])
        beside = tuple(
            self.checker.path(each.argument())
            for server in self.http
            for each in server.settings("ssl_trusted_certificate")
            if each.args
        )
        return Chain(
            certificates=certificates,
            file=file,
            key=own_key,
            beside=tuple(dict.fromkeys(beside)),
            proof=proof,
        )

    def _late(self, directive: Directive, path: str) -> Fault | None:
        """A file with a variable in its name is read at each handshake."""
        from cf525.servers.certificates import in_words

        loaded = self.checker.load(self.checker.path(path))
        if loaded.unknown or (loaded.absence is None and not loaded.refused):
            return None
        what = in_words(loaded.absence) if loaded.absence is not None else loaded.refused
        return faults.name_refused(
            self.question.host,
            80,
            (directive.place,),
            why=f"{self.library.shown(path)} {what}, and is read at each handshake",
        )
