"""Caddy, from the JSON it runs with: what ``caddy adapt`` makes of a Caddyfile.

A loaded certificate answers for its names whether a site has them or not; a name that no
certificate is loaded or managed for ends in alert 80 (measured with 2.6). Lines are lost in the
JSON: the site's address is looked for in the Caddyfile that it was made from.
"""

import json
import posixpath
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from cf525.model import Place, Status, Unknown
from cf525.model.registry import TLS13
from cf525.pki.bundles import certificates_in
from cf525.servers import faults
from cf525.servers.answer import demanded, with_tls
from cf525.servers.caddy.caddyfile import Caddyfile
from cf525.servers.caddy.mend import Mender
from cf525.servers.caddy.routes import aborts
from cf525.servers.caddy.sources import turned_away
from cf525.servers.caddy.store import held_in, shown, unread
from cf525.servers.caddy.unfolding import NOT_READ
from cf525.servers.documents import read
from cf525.servers.foretold import Fault, Foretold, neighbouring
from cf525.servers.gotls import fits, settings
from cf525.servers.library import Library, What, decoded
from cf525.servers.loaded import names_of, patterns_for, unloaded, with_own_key
from cf525.servers.nodes import Node
from cf525.servers.question import Question

CADDY = "Caddy"
INTERNAL = "internal"
REFUSED: Final = "refused"


def refusal(text: str, line: int) -> bytes:
    """What stands in place of the JSON of a Caddyfile that Caddy does not take."""
    return json.dumps({REFUSED: text, "line": line}).encode()


def looks_like(text: str) -> bool:
    """Whether a text is Caddy's JSON."""
    return text.lstrip().startswith("{") and '"apps"' in text[:4096] and '"http"' in text


def foretell(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    """What the edge would meet."""
    content = library.read(mains[0])
    text = decoded(content) if isinstance(content, bytes) else ""
    root = next(iter(read(text, mains[0])), Node(mains[0]))
    if root.there(REFUSED):
        file = Caddyfile(library, mains[1:], question.host)
        what = str(root.at(REFUSED))
        place = file.at_line(int(str(root.at("line"))))
        reason = "the origin's Caddy may be another one, or have a module for it"
        fault = faults.not_loaded(CADDY, what, place, sure=False, reason=reason)
        return Foretold(server=CADDY, faults=(fault,))
    return _Oracle(root, library, mains, question).foretold()


class _Oracle:
    def __init__(
        self, root: Node, library: Library, mains: tuple[str, ...], question: Question
    ) -> None:
        self.root = root
        self.library = library
        self.question = question
        self.file = Caddyfile(library, mains[1:], question.host)
        self.mender = Mender(self.file, library, question.host)
        folder = posixpath.dirname((mains[1:] or mains)[0])
        self.held = list(held_in(root, library, lambda node: self.place(str(node), node), folder))
        if question.keys:
            self.held = [replace(e, pair=with_own_key(e.pair, library)) for e in self.held]
        self.pairs = [each.pair for each in self.held]

    def place(self, text: str, node: Node) -> Place:
        """The line on which something stands, in the Caddyfile or else in the JSON."""
        return self.file.place(text) or node.place

    def foretold(self) -> Foretold:
        stops = unloaded(CADDY, self.pairs, self.library)
        if stops is not None:
            bad = next((p for p in self.pairs if p.file.place in stops.places), None)
            edits = self.mender.instead(bad) if bad is not None else ()
            return Foretold(server=CADDY, faults=(replace(stops, edits=edits),))
        plain = self.question.mode in ("off", "flexible")
        port = 80 if plain else self.question.port
        servers = [s for _, s in self.root.at("apps", "http", "servers").entries if _on(s, port)]
        if plain:
            return self._in_clear(servers)
        if not servers:
            fault = faults.nothing_listens(port, (), only_80=False, server=CADDY)
            return Foretold(server=CADDY, faults=(fault,))
        if not self.question.address and all(map(_here, servers)):
            near = self._site(servers[0]) or servers[0].at("listen").place
            fault = faults.loopback_alone(port, near, server=CADDY)
            return Foretold(server=CADDY, faults=(fault,))
        server, doubt = self._server(servers)
        site = self._site(server)
        base = Foretold(server=CADDY, site=site, unmatched=site is None, leaves=self._leaves())
        base = replace(base, neighbours=self._neighbours())
        if doubt:
            base = replace(base, doubts=(doubt,))
        if any(
            "proxy_protocol" in str(w.at("wrapper")) for w in server.at("listener_wrappers").list
        ):
            text = "a PROXY header may be expected, from the addresses that the wrapper allows"
            base = replace(base, doubts=(*base.doubts, text))
        if not self._speaks(server, port):
            where = (site,) if site is not None else ()
            why = "the server has no TLS connection policy, and automatic HTTPS is off"
            edits = self.mender.automatic()
            return replace(base, faults=(faults.plain_http(port, where, why=why, edits=edits),))
        return self._tls(base, server)

    def _server(self, servers: list[Node]) -> tuple[Node, str]:
        """The server of the address that is connected to, and what is not known of it."""
        wanted = self.question.address
        exact = [each for each in servers if wanted and wanted in _addresses(each)]
        wild = [each for each in servers if "" in _addresses(each)]
        found = exact or (wild if wanted else servers) or servers
        if len(servers) < 2 or wanted:
            return found[0], ""
        return found[0], "several servers listen on the port, at different addresses"

    def _neighbours(self) -> frozenset[str]:
        """The names of all sites, those beside the host's in its own site too."""
        servers = self.root.at("apps", "http", "servers").entries
        names = {name for _, server in servers for name in _hosts(server)}
        return neighbouring(self.question.host, names)

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
        """The first connection policy that the name meets; its first reason for doubt."""
        for each in server.at("tls_connection_policies").list:
            names = each.at("match", "sni").texts
            if not names or set(names) & set(patterns_for(self.question.host)):
                return each
        return Node(server.file)

    def _tls(self, base: Foretold, server: Node) -> Foretold:
        policy = self._policy(server)
        policies = server.at("tls_connection_policies").list
        if policies and policy not in policies:
            return replace(base, faults=(self._refused(server),))
        base = replace(base, doubts=(*base.doubts, *self._doubts(policies, policy)))
        now = (self.question.at or datetime.now(UTC)).timestamp()
        held = shown(self.held, policy, self.question.host, self.question.profile, now)
        managed = self._managed(server)
        pair = held.pair if held is not None else None
        if pair is None and not managed:
            if any(each.loaded.unknown for each in self.pairs) or unread(self.root):
                unknown = faults.unread("a certificate file that it names")
                return replace(base, unknowns=(*base.unknowns, unknown))
            return replace(base, faults=(self._refused(server),))
        if pair is not None and managed and not policy.there("certificate_selection"):
            text = "Caddy may have got a certificate for the name by itself, beside those it loads"
            base = replace(base, doubts=(*base.doubts, text))
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
            lambda refusal: (
                (self._where(base, policy, refusal.lack),),
                self.mender.lacking(policy, refusal.lack),
            ),
        )
        if found.decisive is not None:
            return found
        if pair is None:
            found = self._by_itself(found, managed)
        return self._aborted(self._barred(self._demand(found, policy), server), server)

    def _aborted(self, found: Foretold, server: Node) -> Foretold:
        """The same with a route that aborts the request."""
        met = aborts(server.at("routes").list, self.question.host)
        if met.abort is None or found.decisive is not None:
            return found
        place = self.file.directive("abort") or found.site or met.abort.place
        if not met.sure:
            doubt = "whether a route aborts the request is not decided by the name alone"
            return replace(found, doubts=(*found.doubts, doubt))
        how = "the routes abort every request of the edge: no answer comes"
        return replace(found, faults=(*found.faults, faults.unanswered(how, [place])))

    def _barred(self, found: Foretold, server: Node) -> Foretold:
        """The same with a rule that turns the edge's addresses away."""
        place = self.file.directive("abort") or self.file.directive("respond") or found.site
        own = [e for e in server.at("routes").list if self._matches(e)]
        inner = [each for route in own for handler in route.at("handle").list
                 for each in handler.at("routes").list]  # fmt: skip
        fault = turned_away(inner, place or server.place)
        return found if fault is None else replace(found, faults=(*found.faults, fault))

    def _matches(self, route: Node) -> bool:
        return any(fits(name, self.question.host) for name in _hosts_of([route]))

    def _doubts(self, policies: list[Node], policy: Node) -> Iterator[str]:
        """What files do not tell of which certificate it is."""
        before = policies[: policies.index(policy) + 1] if policy in policies else []
        if any(name != "sni" for each in before for name, _ in each.at("match").entries):
            yield "a TLS connection policy depends on more than the name"
        if policy.there("fallback_sni"):
            yield "Caddy knows fallback_sni since 2.7: an older one does not start"
        if unread(self.root):
            yield "further certificates are loaded from where nothing can be read"
        if any(each.loaded.unknown for each in self.pairs):
            yield "some certificate files are not here to be read"

    def _where(self, base: Foretold, policy: Node, lack: str) -> Place:
        """The line that says which versions, suites or curves are on."""
        word, member = _WORDS.get(lack, ("tls", ""))
        if policy.there(member):
            return self.file.directive(word) or policy.at(member).place
        return self.file.directive(word) or base.site or self.root.place

    def _refused(self, server: Node) -> Fault:
        names = [name for name in _hosts(server) if name[:1].isalnum()]
        clear = self.file.in_clear()
        near = self.place(names[0], server) if names else server.place
        places = (near,) if clear is None else (clear, near)
        return faults.name_refused(
            self.question.host,
            80,
            places,
            why="no certificate is loaded or managed for the name",
            known=names[0] if names else "",
            edits=self.mender.with_name(self.pairs),
        )

    def _managed(self, server: Node) -> str:
        """Who issues the certificate of the name: a module's name, empty where nobody does."""
        host = self.question.host
        automated = self.root.at("apps", "tls", "certificates", "automate").texts
        off = server.at("automatic_https")
        skipped = (*off.at("skip").texts, *off.at("skip_certificates").texts)
        own = not off.at("disable").on and not off.at("disable_certificates").on
        wanted = own and host not in skipped and any(fits(n, host) for n in _hosts(server))
        if not off.at("ignore_loaded_certificates").on and any(
            each.leaf is not None and set(names_of(each.leaf)) & set(patterns_for(host))
            for each in self.held
        ):
            wanted = False  # Caddy looks after no name that a loaded certificate has
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
            place = self.file.own_ca() or self.place("internal", self.root)
            own = "internal" in place.text and self.file.alone(place)
            fault = Fault(
                cause="untrusted-issuer",
                status=faults.S526,
                evidence=("Caddy's own CA issues it, and the edge does not know that CA",),
                places=(place,),
                facts={
                    "defect": "Caddy's own CA issued the certificate.",
                    "mend": "Load a certificate of Cloudflare's Origin CA, or let ACME issue one.",
                },
                edits=self.mender.loaded(self.pairs) if own else (),
            )
            if self.question.mode in ("strict", "origin_pull"):
                return replace(found, faults=(*found.faults, fault))
            return found
        unknown = Unknown(
            id=faults.MANAGED,
            text="Whether the certificate that Caddy gets by itself (ACME) is there and good.",
            next="Lay the files beside the handshake: add --wire ADDR.",
        )
        return replace(found, unknowns=(*found.unknowns, unknown))

    def _demand(self, found: Foretold, policy: Node) -> Foretold:
        wanted = policy.at("client_authentication")
        mode = str(wanted.at("mode"))
        cas = [*wanted.at("trusted_ca_certs").texts, *wanted.at("trusted_ca_certs_pem_files").texts]
        cas += [*wanted.at("ca", "trusted_ca_certs").texts, *wanted.at("ca", "pem_files").texts]
        if NOT_READ in (*cas, *wanted.at("trusted_leaf_certs").texts):
            text = "a file of the CAs whose client certificates it takes cannot be read here"
            found = replace(found, doubts=(*found.doubts, text))
        if not wanted.members or mode in ("request", "verify_if_given"):
            return found
        if not mode.startswith("require") and not cas:
            return found
        later = found.agreed is not None and found.agreed.version >= TLS13
        fault = faults.client_certificate(
            self._authorities(cas),
            tuple(self._asking(wanted)),
            status=Status("520") if later else faults.S525,
            how="alert 116 after the handshake" if later else "alert 42",
            aop=self.question.client_certificate,
            edits=self.mender.without_demand(policy),
        )
        known = self.question.client_certificate in ("global", "zone", "host")
        return demanded(found, fault, pull=fault is None and not known)

    def _asking(self, wanted: Node) -> Iterator[Place]:
        """The lines that demand a certificate: what is demanded, and the block."""
        block = self.file.directive("client_auth")
        mode = self.file.within(block, "mode") if block is not None else None
        if mode is not None:
            yield mode
        yield block or wanted.place

    def _authorities(self, written: list[str]) -> tuple[bytes, ...] | None:
        found: list[bytes] = []
        if NOT_READ in written:
            return None
        for each in written:
            content = self.library.read(each, What.CERTIFICATES) if each.startswith("/") else None
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


_WORDS: Final = {
    "version": ("protocols", "protocol_max"),
    "legacy": ("protocols", "protocol_max"),
    "group": ("curves", "curves"),
    "suite": ("ciphers", "cipher_suites"),
    "key-for-suite": ("ciphers", "cipher_suites"),
}
"""What a Caddyfile and the JSON call the thing that lacks."""


def _on(server: Node, port: int) -> bool:
    return any(each.rpartition(":")[2] == str(port) for each in server.at("listen").texts)


def _hosts(server: Node) -> Iterator[str]:
    """The names that a server's routes match, those of routes within them too."""
    yield from _hosts_of(server.at("routes").list)


def _hosts_of(routes: list[Node]) -> Iterator[str]:
    todo = list(routes)
    seen = 0
    while todo and seen < 20_000:
        route = todo.pop(0)
        seen += 1
        for match in route.at("match").list:
            yield from match.at("host").texts
        for handler in route.at("handle").list:
            todo += handler.at("routes").list


def _addresses(server: Node) -> list[str]:
    """Where a server listens; an empty text for everywhere."""
    return [
        each.rpartition(":")[0].rpartition("/")[2].strip("[]") for each in server.at("listen").texts
    ]


def _here(server: Node) -> bool:
    """Whether only this host can connect to a server."""
    return all(
        each.startswith("127.") or each in ("::1", "localhost") for each in _addresses(server)
    )
