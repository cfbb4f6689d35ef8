"""Envoy, from its bootstrap: the listener, the filter chain for the name, its TLS context.

``server_names`` without the tls_inspector never match (measured with 1.40). Source: Envoy's API
reference, listener and tls transport socket.
"""

from dataclasses import replace
from itertools import takewhile

from cf525.model import KeyProof, Place, Status
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
from cf525.patterns import lazy_pattern
from cf525.pki.bundles import certificates_in
from cf525.pki.certificate import Certificate
from cf525.servers import faults
from cf525.servers.answer import demanded, with_tls
from cf525.servers.certificates import certificate_of, in_words, key_proof, load
from cf525.servers.ciphers import known_suite
from cf525.servers.documents import read
from cf525.servers.envoy.mend import Mender
from cf525.servers.foretold import Chain, Fault, Foretold, Named, neighbouring
from cf525.servers.handshake import Settings
from cf525.servers.library import Library, What, decoded
from cf525.servers.nodes import Node
from cf525.servers.question import Question
from cf525.servers.swap import key_beside, named_anew

ENVOY = "Envoy"
_LOOKS = lazy_pattern(r"static_resources[\"']?\s*:")
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
        self.mender = Mender(root, library, question.host)

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
            edits = self.mender.without_proxy(listener)
            return replace(base, faults=(faults.proxy_header((place,), edits),))
        inspected = any("tls_inspector" in e or "TlsInspector" in e for e in (*filters, *types))
        return self._chain(base, listener, inspected=inspected)

    def _chain(self, base: Foretold, listener: Node, *, inspected: bool) -> Foretold:
        chains = listener.at("filter_chains").list
        named = [e for e in chains if e.at("filter_chain_match", "server_names").texts]
        own = self._for_name(named) if inspected else None
        bare = next((e for e in chains if e not in named), None)
        default = listener.at("default_filter_chain")
        used = own or bare or (default if default.members else None)
        base = replace(base, neighbours=self._neighbours(chains, used))
        if used is not None:
            place = used.at("filter_chain_match", "server_names").place
            return self._context(replace(base, site=place if own else base.site), used)
        nearest = max(named, key=self._near, default=None)
        names = nearest.at("filter_chain_match", "server_names") if nearest else listener
        why = f"no filter chain has the name {self.question.host}, and there is no default one"
        edits = self.mender.with_name(listener)
        blind = not inspected and self._for_name(named) is not None
        if blind:
            why = "server_names never match: the listener has no tls_inspector"
            edits = self.mender.with_inspector(listener)
        fault = Fault(
            cause="sni-reset",
            status=faults.S525,
            evidence=(why,),
            places=(names.place,),
            facts={
                "known_name": faults.a_name(next(iter(names.texts), "")) if inspected else "",
                "blind": "yes" if blind else "",
            },
            edits=edits,
        )
        return replace(base, unmatched=True, faults=(fault,))

    def _neighbours(self, chains: list[Node], used: Node | None) -> frozenset[str]:
        """The names of other chains, and those of the virtual hosts that have not the host's."""
        names: set[str] = set()
        for chain in chains:
            if chain is not used:
                names.update(chain.at("filter_chain_match", "server_names").texts)
            for each in chain.at("filters").list:
                hosts = each.at("typed_config", "route_config", "virtual_hosts").list
                for domains in (host.at("domains").texts for host in hosts):
                    names.update(domains if self.question.host not in domains else ())
        return neighbouring(self.question.host, names)

    def _near(self, chain: Node) -> tuple[bool, int]:
        """How near the names of a chain are to the one that no chain has."""
        host = self.question.host
        labels = host.split(".")[::-1]

        def alike(pair: tuple[str, str]) -> bool:
            return pair[0] == pair[1]

        found = (each.lower() for each in chain.at("filter_chain_match", "server_names").texts)
        return max(
            (
                (
                    host.endswith(f".{name}") or name.endswith(f".{host}"),
                    sum(
                        1
                        for _ in takewhile(alike, zip(labels, name.split(".")[::-1], strict=False))
                    ),
                )
                for name in found
            ),
            default=(False, 0),
        )

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
            edits = self.mender.with_tls(chain)
            fault = faults.plain_http(self.question.port, (chain.place,), why=why, edits=edits)
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
            lambda refusal: (
                (params.at(_WHERE.get(refusal.lack, "cipher_suites")).place,),
                self.mender.params(params, _WHERE.get(refusal.lack, "cipher_suites")),
            ),
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
                    what = f"{self.library.shown(loaded.path)} {in_words(loaded.absence)}"
                    edits = self.mender.instead(_named(node), _key_of(each))
                    fault = faults.file_absent(ENVOY, what, loaded.absence, node.place, edits)
                    return None, [], fault
                if loaded.refused:
                    what = f"{self.library.shown(loaded.path)} {loaded.refused}"
                    edits = self.mender.instead(_named(node), _key_of(each))
                    return None, [], faults.not_loaded(ENVOY, what, node.place, edits=edits)
                certificates, place, path = loaded.certificates, node.place, str(node)
            else:
                certificates = certificates_in(str(inline).encode())
                place, path = inline.place, "inline_string"
            leaf = certificate_of(certificates[0]) if certificates else None
            if leaf is not None:
                file = Named(path=path, written=path, place=place)
                chain = Chain(certificates=certificates, file=file, key=_key_of(each))
                return chain, [leaf], self._mismatch(chain)
        return None, [], None

    def _mismatch(self, chain: Chain) -> Fault | None:
        """A key of another certificate: Envoy does not start."""
        key = chain.key
        if key is None or not self.question.keys:
            return None
        if key_proof(self.library, key.path, chain.certificates[0]) is not KeyProof.FAILED:
            return None
        what = f"the key {self.library.shown(key.path)} is not that of the certificate"
        own = key_beside(self.library, chain.file.path)
        edits = named_anew(self.library, key, own) if own else ()
        return faults.not_loaded(ENVOY, what, key.place, edits=edits)

    def _demand(self, found: Foretold, config: Node, common: Node) -> Foretold:
        if not config.at("require_client_certificate").on:
            return found
        trusted = common.at("validation_context", "trusted_ca", "filename")
        content = self.library.read(str(trusted), What.CERTIFICATES) if trusted.text else None
        cas = certificates_in(content) if isinstance(content, bytes) else None
        later = found.agreed is not None and found.agreed.version >= TLS13
        places: tuple[Place, ...] = (config.at("require_client_certificate").place,)
        fault = faults.client_certificate(
            cas,
            places,
            status=Status("520") if later else faults.S525,
            how="alert 116 after the handshake" if later else "alert 40",
            aop=self.question.client_certificate,
            edits=self.mender.nodes.scalar(config.at("require_client_certificate"), "false"),
        )
        known = self.question.client_certificate in ("global", "zone", "host")
        return demanded(found, fault, pull=fault is None and not known)


def _named(node: Node) -> Named:
    return Named(path=str(node), written=str(node), place=node.place)


def _key_of(each: Node) -> Named | None:
    """The line that names the key of a certificate."""
    node = each.at("private_key", "filename")
    return _named(node) if node.text else None


_WHERE = {
    "version": "tls_maximum_protocol_version",
    "legacy": "tls_maximum_protocol_version",
    "group": "ecdh_curves",
}
