"""Traefik, from its static and dynamic files and the labels of a Compose file.

An entry point takes TLS and plain HTTP alike; which certificate goes out is a matter of the name
and of all certificates that are loaded, whatever router has the name. Of acme.json only names are
read, never a key. Source: Traefik 3 documentation, pkg/tls/tlsmanager.go.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from cf525.model import Place, Status
from cf525.model.registry import TLS13
from cf525.patterns import lazy_pattern
from cf525.pki.bundles import certificates_in
from cf525.servers import faults
from cf525.servers.answer import demanded, with_tls
from cf525.servers.certificates import load
from cf525.servers.documents import read
from cf525.servers.foretold import Fault, Foretold, Named, neighbouring
from cf525.servers.gotls import fits, settings
from cf525.servers.library import Library, What, decoded
from cf525.servers.loaded import Pair, unloaded, with_own_key
from cf525.servers.nodes import Node
from cf525.servers.question import Question
from cf525.servers.traefik.mend import Mender
from cf525.servers.traefik.routers import Router, labels_of, routers_of
from cf525.servers.traefik.static import Mapped, provided, with_flags
from cf525.servers.traefik.store import shown

TRAEFIK = "Traefik"
_LOOKS = lazy_pattern(
    r"(?:^|\n)[ \t]*(?:entryPoints|entrypoints|certificatesResolvers)[ \t]*:"
    r"|traefik\.(?:http|tcp|enable)"
    r"|(?:^|\n)(?:http|tls):[ \t]*\n(?:[ \t#].*\n|\n)*?"
    r"[ \t]+(?:routers|certificates|options|stores)[ \t]*:"
    r"|\[(?:entryPoints|http\.routers|tls\.)",
)


def looks_like(text: str) -> bool:
    """Whether a text is one of Traefik's, or a Compose file with its labels."""
    return _LOOKS.search(text) is not None


def foretell(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    """What the edge would meet."""
    documents: list[Node] = []
    for main in mains:
        content = library.read(main)
        if isinstance(content, bytes):
            documents += read(decoded(content), main)
    return _Oracle(documents, library, mains, question).foretold()


class _Oracle:
    def __init__(
        self, documents: list[Node], library: Library, mains: tuple[str, ...], question: Question
    ) -> None:
        self.library = library
        self.question = question
        self.folder = posixpath.dirname(mains[0])
        self.mapped = Mapped(library, documents, self.folder)
        static = [*documents, *with_flags(documents)]
        self.documents = [*static, *provided(static, self.mapped)]
        self.labels = dict(labels_of(self.documents))
        self.routers = list(routers_of(self.documents))
        self.pairs = [pair for doc in self.documents for pair in self._pairs(doc)]
        self.mender = Mender(self.documents, library, question.host)

    def _pairs(self, document: Node) -> Iterator[Pair]:
        stores = [store for _, store in document.at("tls", "stores").entries]
        nodes = [*document.at("tls", "certificates").list]
        nodes += [store.at("defaultCertificate") for store in stores]
        for each in nodes:
            if not each.there("certFile"):
                continue
            cert, key = each.at("certFile"), each.at("keyFile")
            if str(cert).startswith("-----BEGIN"):
                continue
            paths = self.mapped.path(str(cert)), self.mapped.path(str(key))
            pair = Pair(
                load(self.library, paths[0]),
                Named(path=paths[0], written=str(cert), place=cert.place),
                Named(path=paths[1], written=str(key), place=key.place),
            )
            yield with_own_key(pair, self.library) if self.question.keys else pair

    # -- the answer -------------------------------------------------------------------------

    def foretold(self) -> Foretold:
        stops = unloaded(TRAEFIK, self.pairs, self.library)
        if stops is not None:  # Traefik logs it and goes on with its own certificate
            stops = replace(stops, confidence=faults.MEDIUM, contributing=True)
        own = [r for r in self.routers if any(fits(h, self.question.host) for h in r.hosts)]
        router = next((r for r in own if r.tls), None)
        place = (router or own[0]).place if own else None
        contributing = (stops,) if stops is not None else ()
        base = Foretold(
            server=TRAEFIK, site=place, unmatched=router is None, faults=contributing,
            neighbours=neighbouring(
                self.question.host, (h for r in self.routers if r not in own for h in r.hosts)
            ),
            leaves=frozenset(p.loaded.certificates[0] for p in self.pairs if p.leaf),
        )  # fmt: skip
        if not self.routers and not self.pairs:
            return replace(base, told=False, doubts=("no router stands in these files",))
        entry = self._entry_point()
        if self.question.mode in ("off", "flexible"):
            return self._in_clear(replace(base, plain=True))
        if entry is not None and entry.there("http", "tls") and router is None and own:
            router = replace(own[0], tls=True)
            base = replace(base, unmatched=False)
        if router is not None and router.passthrough:
            text = f"the router {router.name} hands TLS on, and its service's is not here"
            return replace(base, told=False, doubts=(text,))
        if entry is not None and entry.there("proxyProtocol"):
            text = "a PROXY header is read from the addresses that are trusted"
            base = replace(base, doubts=(*base.doubts, text))
        return self._tls(base, own, router)

    def _entry_point(self) -> Node | None:
        wanted = str(self.question.port)
        for document in self.documents:
            for _, node in document.at("entryPoints").entries:
                if str(node.at("address")).partition("/")[0].rpartition(":")[2] == wanted:
                    return node
        return None

    def _tls(self, base: Foretold, own: list[Router], router: Router | None) -> Foretold:
        options = self._options(router.options if router is not None else "")
        pair, doubt = shown(self.pairs, self.question.host)
        if doubt:
            base = replace(base, doubts=(*base.doubts, doubt))
        managed = router is not None and self._acme(router)
        default = self._default()
        if pair is None and not managed and options.at("sniStrict").on:
            # What Traefik 3.7 sends, observed.
            fault = faults.name_refused(
                self.question.host, 112, (options.at("sniStrict").place,),
                why="sniStrict is on, and no certificate has the name",
                edits=self.mender.certificate(self.pairs)
                or self.mender.nodes.scalar(options.at("sniStrict"), "false"),
            )  # fmt: skip
            return replace(base, faults=(*base.faults, fault))
        used = pair or (None if managed else default)
        found = with_tls(
            base,
            settings(
                str(options.at("minVersion")),
                str(options.at("maxVersion")),
                options.at("cipherSuites").texts,
                options.at("curvePreferences").texts,
            ),
            [used.leaf] if used is not None and used.leaf is not None else [],
            [used.chain] if used is not None and used.leaf is not None else [],
            self.question,
            lambda refusal: (
                (options.at(_WHERE.get(refusal.lack, "cipherSuites")).place,),
                self.mender.option(options, _WHERE.get(refusal.lack, "cipherSuites")),
            ),
        )
        if found.decisive is not None:
            return found
        found = self._demand(found, options)
        if managed and pair is None:
            return replace(
                found, unknowns=(*found.unknowns, faults.unread("acme.json's own", managed=True))
            )
        places = tuple(each.place for each in own[:1]) or self._any_place()
        leaf = used.leaf if used is not None else None
        fault = faults.default_certificate(
            self.question.host,
            leaf,
            places,
            server=TRAEFIK,
            edits=self.mender.certificate(self.pairs),
        )
        if pair is None and used is None:
            text = "no certificate has the name: Traefik shows the one it makes itself"
            fault = replace(fault, evidence=(text,))
        fault = self._nested(fault)
        if pair is None and used is None:
            if self.question.mode in ("strict", "origin_pull"):
                return replace(found, faults=(*found.faults, fault))
            return found
        return replace(found, if_refused=fault) if pair is None else found

    def _nested(self, fault: Fault) -> Fault:
        """The fault of a certificate that is written where Traefik looks for none."""
        parent = next(
            (each.at("http") for each in self.documents if each.there("http", "tls")), None
        )
        if parent is None:
            return fault
        text = "tls: stands under http:, where Traefik looks for no certificates"
        return replace(
            fault,
            places=(parent.at("tls").place, *fault.places),
            evidence=(*fault.evidence, text),
            edits=self.mender.nodes.to_the_top(parent, "tls"),
        )

    def _any_place(self) -> tuple[Place, ...]:
        return (self.routers[0].place,) if self.routers else ()

    def _default(self) -> Pair | None:
        for document in self.documents:
            node = document.at("tls", "stores", "default", "defaultCertificate")
            if node.there("certFile"):
                wanted = str(node.at("certFile"))
                return next((p for p in self.pairs if p.file.written == wanted), None)
        return None

    def _options(self, name: str) -> Node:
        bare = name.partition("@")[0] or "default"
        for document in self.documents:
            if document.there("tls", "options", bare):
                return document.at("tls", "options", bare)
        return Node(self.documents[0].file if self.documents else "")

    def _acme(self, router: Router) -> bool:
        """Whether a resolver of ACME looks after the names of a router."""
        for document in self.documents:
            node = document.at("http", "routers", router.name, "tls", "certResolver")
            if node.text:
                return True
            points = document.at("entryPoints").entries
            if any(each.there("http", "tls", "certResolver") for _, each in points):
                return True
        return any(f"{router.name}.tls.certresolver" in key.lower() for key in self.labels)

    def _demand(self, found: Foretold, options: Node) -> Foretold:
        wanted = options.at("clientAuth")
        kind = str(wanted.at("clientAuthType"))
        if kind not in ("RequireAnyClientCert", "RequireAndVerifyClientCert"):
            return found
        authorities: list[bytes] = []
        for path in wanted.at("caFiles").texts:
            content = self.library.read(self.mapped.path(path), What.CERTIFICATES)
            authorities += certificates_in(content) if isinstance(content, bytes) else ()
        later = found.agreed is not None and found.agreed.version >= TLS13
        fault = faults.client_certificate(
            authorities or None,
            (wanted.at("clientAuthType").place,),
            status=Status("520") if later else faults.S525,
            how="alert 116 after the handshake" if later else "alert 42",
            aop=self.question.client_certificate,
            edits=self.mender.without_demand(wanted),
        )
        known = self.question.client_certificate in ("global", "zone", "host")
        return demanded(found, fault, pull=fault is None and not known)

    def _in_clear(self, base: Foretold) -> Foretold:
        for document in self.documents:
            for _, node in document.at("entryPoints").entries:
                target = node.at("http", "redirections", "entryPoint")
                if str(node.at("address")).endswith(":80") and target.there("to"):
                    places = (target.at("to").place,)
                    fault = faults.redirects_to_https(self.question.host, places, faults.HIGH)
                    edits = self.mender.nodes.removed(node.at("http"), "redirections")
                    return replace(base, faults=(replace(fault, edits=edits),))
        return base


_WHERE = {
    "version": "maxVersion", "legacy": "maxVersion", "group": "curvePreferences",
    "suite": "cipherSuites", "key-for-suite": "cipherSuites",
}  # fmt: skip
