"""Edits of Envoy's bootstrap: the value, filter or name that makes it answer the edge."""

from typing import Final

from cf525.servers.certificates import covers, load
from cf525.servers.foretold import Edit, Named
from cf525.servers.library import Library
from cf525.servers.nodemend import NodeMender
from cf525.servers.nodes import Node
from cf525.servers.swap import instead

_FILTERS: Final = "type.googleapis.com/envoy.extensions.filters.listener"
_INSPECTOR: Final = (
    "name: envoy.filters.listener.tls_inspector",
    "typed_config:",
    f'  "@type": {_FILTERS}.tls_inspector.v3.TlsInspector',
)
_GOOD: Final = {
    "tls_maximum_protocol_version": "TLSv1_3",
    "ecdh_curves": "[X25519, P-256]",
    "cipher_suites": (
        "[ECDHE-ECDSA-AES128-GCM-SHA256, ECDHE-RSA-AES128-GCM-SHA256, "
        "ECDHE-ECDSA-AES256-GCM-SHA384, ECDHE-RSA-AES256-GCM-SHA384]"
    ),
}


class Mender:
    """Makes edits for one bootstrap."""

    def __init__(self, root: Node, library: Library, host: str) -> None:
        self.root = root
        self.library = library
        self.host = host
        self.nodes = NodeMender(library)

    def params(self, params: Node, name: str) -> tuple[Edit, ...]:
        """Another value of one of ``tls_params``."""
        node = params.at(name)
        if not params.there(name):
            return ()
        if name == "tls_maximum_protocol_version":
            return self.nodes.scalar(node, _GOOD[name])
        return self.nodes.whole(node, _GOOD[name])

    def without_proxy(self, listener: Node) -> tuple[Edit, ...]:
        """The listener without the filter that wants a PROXY header."""
        filters = listener.at("listener_filters")
        found = [e for e in filters.list if "proxy_protocol" in f"{e.at('name')}{_type(e)}"]
        if len(found) == len(filters.list):
            return self.nodes.removed(listener, "listener_filters")
        return tuple(edit for each in found for edit in self.nodes.without_item(filters, each))

    def with_inspector(self, listener: Node) -> tuple[Edit, ...]:
        """The listener with the filter that reads the name."""
        filters = listener.at("listener_filters")
        if filters.items:
            return () if filters.flow else self.nodes.item(filters, *_INSPECTOR)
        if listener.there("listener_filters") or listener.flow:
            return ()
        first, *rest = _INSPECTOR
        lines = (f"- {first}", *(f"  {each}" for each in rest))
        return self.nodes.member(listener, "listener_filters:", *lines)

    def with_name(self, listener: Node) -> tuple[Edit, ...]:
        """The name given to the filter chain whose certificate has it."""
        for chain in listener.at("filter_chains").list:
            names = chain.at("filter_chain_match", "server_names")
            tls = chain.at("transport_socket", "typed_config", "common_tls_context")
            files = [
                str(each.at("certificate_chain", "filename"))
                for each in tls.at("tls_certificates").list
            ]
            if names.items and any(self._covers(each) for each in files):
                return self.nodes.item(names, self.host)
        return ()

    def _covers(self, path: str) -> bool:
        leaf = load(self.library, path).leaf if path else None
        return leaf is not None and covers(leaf, self.host)

    def with_tls(self, chain: Node) -> tuple[Edit, ...]:
        """A chain in clear with the TLS that another one has, where its certificate fits."""
        for listener in self.root.at("static_resources", "listeners").list:
            for other in listener.at("filter_chains").list:
                tls = other.at("transport_socket")
                each = tls.at("typed_config", "common_tls_context", "tls_certificates").list
                path = str(each[0].at("certificate_chain", "filename")) if each else ""
                if self._covers(path) and tls.key is not None and tls.span is not None:
                    lines = self.nodes.lines(tls.file)[tls.key.line : tls.span.end_line + 1]
                    column = tls.key.column
                    if any(line[:column].strip() for line in lines) or chain.flow:
                        continue
                    return self.nodes.member(chain, *(line[column:] for line in lines))
        return ()

    def instead(self, file: Named, key: Named | None) -> tuple[Edit, ...]:
        """A file that lies beside in place of one that cannot be loaded."""
        return instead(self.library, file, key, (self.host,))


def _type(each: Node) -> str:
    return str(each.at("typed_config", "@type"))
