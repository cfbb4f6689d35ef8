"""Edits of Traefik's dynamic files: an option with another value, a certificate that lacks."""

from collections.abc import Sequence
from typing import Final

from cf525.servers.foretold import Edit
from cf525.servers.library import Library
from cf525.servers.loaded import Pair
from cf525.servers.nodemend import NodeMender
from cf525.servers.nodes import Node
from cf525.servers.swap import instead, pair_for

_GOOD: Final = {
    "minVersion": "VersionTLS12",
    "maxVersion": "VersionTLS13",
    "curvePreferences": "[X25519, CurveP256]",
    "cipherSuites": (
        "[TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]"
    ),
}


class Mender:
    """Makes edits for the files of one Traefik."""

    def __init__(self, documents: Sequence[Node], library: Library, host: str) -> None:
        self.documents = documents
        self.library = library
        self.host = host
        self.nodes = NodeMender(library)

    def option(self, options: Node, name: str) -> tuple[Edit, ...]:
        """Another value of a TLS option."""
        if not options.there(name):
            return ()
        node = options.at(name)
        if name in ("minVersion", "maxVersion"):
            return self.nodes.scalar(node, _GOOD[name])
        return self.nodes.whole(node, _GOOD[name])

    def without_demand(self, wanted: Node) -> tuple[Edit, ...]:
        """No certificate asked of clients."""
        return self.nodes.scalar(wanted.at("clientAuthType"), "NoClientCert")

    def certificate(self, pairs: Sequence[Pair]) -> tuple[Edit, ...]:
        """A certificate for the name: in place of a file that cannot be loaded, else one more."""
        for each in pairs:
            if each.leaf is None and not each.loaded.unknown:
                edits = instead(self.library, each.file, each.key, (self.host,))
                if edits:
                    return edits
        near = [each.loaded.path for each in pairs][:3]
        found = pair_for(self.library, near, (self.host,)) if near else None
        if found is None:
            return ()
        for document in self.documents:
            listed = document.at("tls", "certificates")
            if listed.items and not listed.flow:
                file, key = (self._inside(each, pairs) for each in found)
                return self.nodes.item(listed, f"certFile: {file}", f"keyFile: {key}")
        return ()

    def _inside(self, path: str, pairs: Sequence[Pair]) -> str:
        """A path as the configuration calls the files beside it: a container has its own."""
        folder, _, name = path.rpartition("/")
        for each in pairs:
            if each.file.path.rpartition("/")[0] == folder and "/" in each.file.written:
                return f"{each.file.written.rpartition('/')[0]}/{name}"
        return path
