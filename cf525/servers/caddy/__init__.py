"""Caddy, from the JSON it runs with: what ``caddy adapt`` makes of a Caddyfile.

A loaded certificate answers for its names whether a site has them or not; a name that no
certificate is loaded or managed for ends in alert 80 (measured with 2.6). Lines are lost in the
JSON: the site's address is looked for in the Caddyfile that it was made from.
"""

from collections.abc import Iterator
from dataclasses import replace

from cf525.model import Place, Status, Unknown
from cf525.model.registry import TLS13
from cf525.pki.bundles import certificates_in
from cf525.servers import faults
from cf525.servers.answer import demanded, with_tls
from cf525.servers.documents import read
from cf525.servers.foretold import Fault, Foretold
from cf525.servers.gotls import fits, settings
from cf525.servers.library import Library, decoded
from cf525.servers.loaded import for_name, pair_of, unloaded
from cf525.servers.nodes import Node
from cf525.servers.question import Question

CADDY = "Caddy"
INTERNAL = "internal"


def looks_like(text: str) -> bool:
    """Whether a text is Caddy's JSON."""
    return text.lstrip().startswith("{") and '"apps"' in text[:4096] and '"http"' in text


def foretell(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    """What the edge would meet."""
    content = library.read(mains[0])
    text = decoded(content) if isinstance(content, bytes) else ""
    root = next(iter(read(text, mains[0])), Node(mains[0]))
    return _Oracle(root, library, mains, question).foretold()


class _Oracle:
    def __init__(
        self, root: Node, library: Library, mains: tuple[str, ...], question: Question
    ) -> None:
        self.root = root
        self.library = library
        self.question = question
        self.sources = mains[1:] or mains[:1]
        tls = root.at("apps", "tls", "certificates")
        self.pairs = [
            pair_of(
                library,
                str(each.at("certificate")),
                self.place(str(each.at("certificate")), each),
                (str(each.at("key")), self.place(str(each.at("key")), each)),
            )
            for each in tls.at("load_files").list
        ]

    def place(self, text: str, node: Node) -> Place:
        """The first line on which something stands, in the Caddyfile or else in the JSON."""
        for source in self.sources:
            content = self.library.read(source)
            lines = decoded(content).split("\n") if isinstance(content, bytes) else []
            for number, line in enumerate(lines, 1):
                if text and text in line and not line.lstrip().startswith("#"):
                    return Place(file=source, line=number, text=line.strip())
        return node.place

    def foretold(self) -> Foretold:
        stops = unloaded(CADDY, self.pairs, self.library)
        if stops is not None:
            return Foretold(server=CADDY, faults=(stops,))
        plain = self.question.mode in ("off", "flexible")
        port = 80 if plain else self.question.port
        servers = [s for _, s in self.root.at("apps", "http", "servers").entries if _on(s, port)]
        if plain:
            return self._in_clear(servers)
        if not servers:
            fault = faults.nothing_listens(port, (), only_80=False, server=CADDY)
            return Foretold(server=CADDY, faults=(fault,))
        server = servers[0]
        site = self._site(server)
        base = Foretold(server=CADDY, site=site, unmatched=site is None, leaves=self._leaves())
        if any(
            "proxy_protocol" in str(w.at("wrapper")) for w in server.at("listener_wrappers").list
        ):
            text = "a PROXY header may be expected, from the addresses that the wrapper allows"
            base = replace(base, doubts=(text,))
        if not self._speaks(server, port):
            where = (site,) if site is not None else ()
            why = "the server has no TLS connection policy, and automatic HTTPS is off"
            return replace(base, faults=(faults.plain_http(port, where, why=why),))
        return self._tls(base, server)

    def _leaves(self) -> frozenset[bytes]:
        return frozenset(each.loaded.certificates[0] for each in self.pairs if each.leaf)

    def _site(self, server: Node) -> Place | None:
        """The place of the site for the name."""
        own = [name for name in _hosts(server) if fits(name, self.question.host)]
        if not own:
            return None
        exact = self.question.host if self.question.host in own else own[0]
        return self.place(exact, server)

    def _speaks(self, server: Node, port: int) -> bool:
        if server.there("tls_connection_policies"):
            return True
        automatic = not server.at("automatic_https", "disable").on
        return automatic and port != 80 and any(True for _ in _hosts(server))

    # -- the handshake ----------------------------------------------------------------------

    def _policy(self, server: Node) -> Node:
        """The first connection policy that the name meets."""
        for each in server.at("tls_connection_policies").list:
            names = each.at("match", "sni").texts
            if not names or any(fits(name, self.question.host) for name in names):
                return each
        return Node(server.file)

    def _tls(self, base: Foretold, server: Node) -> Foretold:
        policy = self._policy(server)
        policies = server.at("tls_connection_policies").list
        if policies and policy not in policies:
            return replace(base, faults=(self._refused(server),))
        pair = for_name(self.pairs, self.question.host)
        managed = self._managed(server)
        other = str(policy.at("fallback_sni") if policy.there("fallback_sni") else "")
        if pair is None and not managed and other:
            pair = for_name(self.pairs, other)
        if pair is None and not managed:
            return replace(base, faults=(self._refused(server),))
        curves = policy.at("curves").texts
        found = with_tls(
            base,
            settings(
                str(policy.at("protocol_min")),
                str(policy.at("protocol_max")),
                policy.at("cipher_suites").texts,
                curves,
            ),
            [pair.leaf] if pair is not None and pair.leaf is not None else [],
            [pair.chain] if pair is not None and pair.leaf is not None else [],
            self.question,
            lambda refusal: ((self._where(base, refusal.lack),), ()),
        )
        if found.decisive is not None:
            return found
        if pair is None:
            found = self._by_itself(found, managed)
        return self._demand(found, policy)

    def _where(self, base: Foretold, lack: str) -> Place:
        words = {
            "version": "protocols",
            "group": "curves",
            "suite": "ciphers",
            "key-for-suite": "ciphers",
        }
        found = self.place(words.get(lack, "tls "), self.root)
        return found if found.line else base.site or found

    def _refused(self, server: Node) -> Fault:
        names = [name for name in _hosts(server) if name[:1].isalnum()]
        places = (self.place(names[0], server),) if names else (server.place,)
        return faults.name_refused(
            self.question.host,
            80,
            places,
            why="no certificate is loaded or managed for the name",
            known=names[0] if names else "",
        )

    def _managed(self, server: Node) -> str:
        """Who issues the certificate of the name: a module's name, empty where nobody does."""
        host = self.question.host
        automated = self.root.at("apps", "tls", "certificates", "automate").texts
        off = server.at("automatic_https")
        skipped = (*off.at("skip").texts, *off.at("skip_certificates").texts)
        own = not off.at("disable").on and not off.at("disable_certificates").on
        wanted = own and host not in skipped and any(fits(n, host) for n in _hosts(server))
        if not wanted and not any(fits(name, host) for name in automated):
            return "on demand" if self._on_demand(server) else ""
        for policy in self.root.at("apps", "tls", "automation", "policies").list:
            subjects = policy.at("subjects").texts
            if subjects and not any(fits(each, host) for each in subjects):
                continue
            issuer = next(iter(policy.at("issuers").list), None)
            return str(issuer.at("module")) if issuer is not None else "acme"
        return "acme"

    def _on_demand(self, server: Node) -> bool:
        policies = self.root.at("apps", "tls", "automation", "policies").list
        wide = any(not p.at("subjects").texts and p.at("on_demand").on for p in policies)
        return wide and not server.at("automatic_https", "disable").on

    def _by_itself(self, found: Foretold, issuer: str) -> Foretold:
        """A certificate that Caddy gets by itself is not in the files."""
        if issuer == INTERNAL:
            place = self.place("internal", self.root)
            fault = Fault(
                cause="untrusted-issuer",
                status=faults.S526,
                evidence=("Caddy's own CA issues it, and the edge does not know that CA",),
                places=(place,),
                facts={
                    "defect": "Caddy's own CA issued the certificate.",
                    "mend": "Load a certificate of Cloudflare's Origin CA, or let ACME issue one.",
                },
            )
            if self.question.mode in ("strict", "origin_pull"):
                return replace(found, faults=(*found.faults, fault))
            return found
        unknown = Unknown(
            id="certificate-not-read",
            text="Whether the certificate that Caddy gets by itself (ACME) is there and good.",
            next="Lay the files beside the handshake: add --wire ADDR.",
        )
        return replace(found, unknowns=(*found.unknowns, unknown))

    def _demand(self, found: Foretold, policy: Node) -> Foretold:
        wanted = policy.at("client_authentication")
        mode = str(wanted.at("mode"))
        cas = [*wanted.at("trusted_ca_certs").texts, *wanted.at("trusted_ca_certs_pem_files").texts]
        cas += [*wanted.at("ca", "trusted_ca_certs").texts, *wanted.at("ca", "pem_files").texts]
        if not wanted.members or mode in ("request", "verify_if_given"):
            return found
        if not mode.startswith("require") and not cas:
            return found
        later = found.agreed is not None and found.agreed.version >= TLS13
        fault = faults.client_certificate(
            self._authorities(cas),
            (self.place("client_auth", wanted),),
            status=Status("520") if later else faults.S525,
            how="alert 116 after the handshake" if later else "alert 42",
            aop=self.question.client_certificate,
        )
        known = self.question.client_certificate in ("global", "zone", "host")
        return demanded(found, fault, pull=fault is None and not known)

    def _authorities(self, written: list[str]) -> tuple[bytes, ...] | None:
        found: list[bytes] = []
        for each in written:
            content = self.library.read(each) if each.startswith("/") else None
            if isinstance(content, bytes):
                found += certificates_in(content)
            else:
                pem = f"-----BEGIN CERTIFICATE-----\n{each}\n-----END CERTIFICATE-----\n"
                found += certificates_in(pem.encode())
        return tuple(found) or None

    def _in_clear(self, servers: list[Node]) -> Foretold:
        base = Foretold(server=CADDY, plain=True)
        secure = [s for _, s in self.root.at("apps", "http", "servers").entries if _on(s, 443)]
        for server in secure:
            off = server.at("automatic_https")
            redirected = any(fits(name, self.question.host) for name in _hosts(server))
            if redirected and not off.at("disable").on and not off.at("disable_redirects").on:
                site = self._site(server)
                places = (site,) if site is not None else ()
                fault = faults.redirects_to_https(self.question.host, places, faults.HIGH)
                return replace(base, site=site, faults=(fault,))
        if not servers:
            fault = faults.nothing_listens(80, (), only_80=False, server=CADDY)
            return replace(base, faults=(fault,))
        return base


def _on(server: Node, port: int) -> bool:
    return any(each.rpartition(":")[2] == str(port) for each in server.at("listen").texts)


def _hosts(server: Node) -> Iterator[str]:
    """The names that a server's routes match, those of routes within them too."""
    todo = list(server.at("routes").list)
    seen = 0
    while todo and seen < 20_000:
        route = todo.pop(0)
        seen += 1
        for match in route.at("match").list:
            yield from match.at("host").texts
        for handler in route.at("handle").list:
            todo += handler.at("routes").list
