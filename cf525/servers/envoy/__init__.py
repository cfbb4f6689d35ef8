"""Envoy, from its bootstrap: the listener, the filter chain for the name, its TLS context.

``server_names`` without the tls_inspector never match (measured with 1.40). Source: Envoy's API
reference, listener and tls transport socket.
"""

import re
from dataclasses import replace

from cf525.model import Place, Status
from cf525.model.registry import (
    P256,
    P384,
    P521,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    X25519,
    X25519MLKEM768,
)
from cf525.pki.bundles import certificates_in
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.answer import demanded, with_tls
from cf525.servers.certificates import certificate_of, load
from cf525.servers.ciphers import known_suite
from cf525.servers.foretold import Chain, Fault, Foretold, Named
from cf525.servers.handshake import Settings
from cf525.servers.library import Library, decoded
from cf525.servers.nodes import Node, read
from cf525.servers.question import Question

ENVOY = "Envoy"
_LOOKS = re.compile(r"static_resources[\"']?\s*:")
_VERSIONS = {"TLSv1_0": TLS10, "TLSv1_1": TLS11, "TLSv1_2": TLS12, "TLSv1_3": TLS13}
_CURVES = {"X25519": X25519, "P-256": P256, "P-384": P384, "P-521": P521,
           "X25519MLKEM768": X25519MLKEM768}  # fmt: skip
_SUITES = (0xC02B, 0xCCA9, 0xC02F, 0xCCA8, 0xC02C, 0xC030)


def looks_like(text: str) -> bool:
    """Whether a text is Envoy's bootstrap."""
    return _LOOKS.search(text) is not None


def foretell(library: Library, mains: tuple[str, ...], question: Question) -> Foretold:
    """What the edge would meet."""
    content = library.read(mains[0])
    root = next(iter(read(decoded(content) if isinstance(content, bytes) else "", mains[0])), None)
    if root is None:
        return Foretold(server=ENVOY, told=False, doubts=("the file is empty",))
    return _Oracle(root, library, question).foretold()


class _Oracle:
    def __init__(self, root: Node, library: Library, question: Question) -> None:
        self.root = root
        self.library = library
        self.question = question

    def foretold(self) -> Foretold:
        plain = self.question.mode in ("off", "flexible")
        port = str(80 if plain else self.question.port)
        listeners = [
            each
            for each in self.root.at("static_resources", "listeners").list
            if str(each.at("address", "socket_address", "port_value")) == port
        ]
        if not listeners:
            fault = faults.nothing_listens(int(port), (), only_80=False, server=ENVOY)
            return Foretold(server=ENVOY, faults=(fault,))
        listener = listeners[0]
        base = Foretold(server=ENVOY, site=listener.at("address").place, plain=plain)
        if plain:
            return base
        filters = [str(f.at("name")) for f in listener.at("listener_filters").list]
        types = [str(f.at("typed_config", "@type")) for f in listener.at("listener_filters").list]
        if any("proxy_protocol" in each for each in (*filters, *types)):
            place = listener.at("listener_filters").place
            return replace(base, faults=(faults.proxy_header((place,), ()),))
        inspected = any("tls_inspector" in e or "TlsInspector" in e for e in (*filters, *types))
        return self._chain(base, listener, inspected=inspected)

    def _chain(self, base: Foretold, listener: Node, *, inspected: bool) -> Foretold:
        chains = listener.at("filter_chains").list
        named = [e for e in chains if e.at("filter_chain_match", "server_names").texts]
        own = self._for_name(named) if inspected else None
        bare = next((e for e in chains if e not in named), None)
        default = listener.at("default_filter_chain")
        used = own or bare or (default if default.members else None)
        if used is not None:
            place = used.at("filter_chain_match", "server_names").place
            return self._context(replace(base, site=place if own else base.site), used)
        names = named[0].at("filter_chain_match", "server_names") if named else listener
        why = f"no filter chain has the name {self.question.host}, and there is no default one"
        if not inspected and self._for_name(named) is not None:
            why = "server_names never match: the listener has no tls_inspector"
        fault = Fault(
            cause="sni-reset",
            status=faults.S525,
            evidence=(why,),
            places=(names.place,),
            facts={"known_name": next(iter(names.texts), "") if inspected else ""},
        )
        return replace(base, unmatched=True, faults=(fault,))

    def _for_name(self, chains: list[Node]) -> Node | None:
        """The chain whose server_names fit best: exact, then the longest suffix."""
        host = self.question.host
        best: tuple[int, Node | None] = (0, None)
        for chain in chains:
            for name in chain.at("filter_chain_match", "server_names").texts:
                own = name.lower()
                if own == host:
                    return chain
                if own.startswith("*.") and host.endswith(own[1:]):
                    best = max(best, (len(own), chain), key=lambda pair: pair[0])
        return best[1]

    def _context(self, base: Foretold, chain: Node) -> Foretold:
        socket = chain.at("transport_socket")
        config = socket.at("typed_config")
        if not socket.members:
            why = "the filter chain has no transport_socket"
            fault = faults.plain_http(self.question.port, (chain.place,), why=why)
            return replace(base, faults=(fault,))
        common = config.at("common_tls_context")
        sent, leaves, stop = self._certificates(common)
        if stop is not None:
            return replace(base, faults=(stop,))
        params = common.at("tls_params")
        low = _VERSIONS.get(str(params.at("tls_minimum_protocol_version")), TLS12)
        high = _VERSIONS.get(str(params.at("tls_maximum_protocol_version")), TLS13)
        suites = tuple(
            code
            for each in params.at("cipher_suites").texts
            for part in each.strip("[]").split("|")
            if (code := known_suite(part)) is not None
        )
        groups = tuple(_CURVES[e] for e in params.at("ecdh_curves").texts if e in _CURVES)
        found = with_tls(
            base,
            Settings(
                versions=frozenset(v for v in _VERSIONS.values() if low <= v <= high),
                suites=suites or _SUITES,
                groups=groups or (X25519MLKEM768, X25519, P256),
                legacy=True,
            ),
            leaves,
            [sent] if sent is not None else [],
            self.question,
            lambda refusal: ((params.at(_WHERE.get(refusal.lack, "cipher_suites")).place,), ()),
        )
        if found.decisive is not None:
            return found
        if sent is None:
            found = replace(found, unknowns=(*found.unknowns, faults.unread("the certificate")))
        return self._demand(found, config, common)

    def _certificates(self, common: Node) -> tuple[Chain | None, list[Certificate], Fault | None]:
        for each in common.at("tls_certificates").list:
            node = each.at("certificate_chain", "filename")
            inline = each.at("certificate_chain", "inline_string")
            if node.text:
                loaded = load(self.library, str(node))
                if loaded.absence is not None and not loaded.unknown and self.library.complete:
                    what = f"{self.library.shown(loaded.path)} does not exist"
                    return None, [], faults.not_loaded(ENVOY, what, node.place)
                certificates, place, path = loaded.certificates, node.place, str(node)
            else:
                certificates = certificates_in(str(inline).encode())
                place, path = inline.place, "inline_string"
            leaf = certificate_of(certificates[0]) if certificates else None
            if leaf is not None:
                file = Named(path=path, written=path, place=place)
                return Chain(certificates=certificates, file=file), [leaf], None
        return None, [], None

    def _demand(self, found: Foretold, config: Node, common: Node) -> Foretold:
        if not config.at("require_client_certificate").on:
            return found
        trusted = common.at("validation_context", "trusted_ca", "filename")
        content = self.library.read(str(trusted)) if trusted.text else None
        cas = certificates_in(content) if isinstance(content, bytes) else None
        later = found.agreed is not None and found.agreed.version >= TLS13
        places: tuple[Place, ...] = (config.at("require_client_certificate").place,)
        fault = faults.client_certificate(
            cas,
            places,
            status=Status("520") if later else faults.S525,
            how="alert 116 after the handshake" if later else "alert 40",
            aop=self.question.client_certificate,
        )
        known = self.question.client_certificate in ("global", "zone", "host")
        return demanded(found, fault, pull=fault is None and not known)


_WHERE = {
    "version": "tls_maximum_protocol_version",
    "legacy": "tls_maximum_protocol_version",
    "group": "ecdh_curves",
}
