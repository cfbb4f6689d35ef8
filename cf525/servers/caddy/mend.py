"""Edits for Caddy: of the Caddyfile where there is one, else of the JSON itself."""

import posixpath
from collections.abc import Sequence
from typing import Final

from cf525.servers.caddy.caddyfile import Caddyfile
from cf525.servers.foretold import Edit
from cf525.servers.library import Library
from cf525.servers.loaded import Pair
from cf525.servers.nodemend import NodeMender
from cf525.servers.nodes import Node
from cf525.servers.swap import instead, pair_for

_LINES: Final = {
    "version": ("protocols", "tls1.2", "tls1.3"),
    "legacy": ("protocols", "tls1.2", "tls1.3"),
    "group": ("curves",),
    "suite": ("ciphers",),
    "key-for-suite": ("ciphers",),
}
"""A statement of the Caddyfile as it should be; a name alone is better left out."""
_BESIDE: Final = (".", "certs/.", "ssl/.", "tls/.", "certificates/.")
"""Folders beside a Caddyfile that hold certificates."""
_MEMBERS: Final = {"group": "curves", "suite": "cipher_suites", "key-for-suite": "cipher_suites"}


class Mender:
    """Makes edits for one configuration."""

    def __init__(self, file: Caddyfile, library: Library, host: str) -> None:
        self.file = file
        self.library = library
        self.host = host
        self.nodes = NodeMender(library)

    def lacking(self, policy: Node, lack: str) -> tuple[Edit, ...]:
        """What a hello and the settings have not in common, put back into them."""
        if self.file.files:
            words = _LINES.get(lack)
            return self.file.with_words(*words) if words else ()
        if lack in ("version", "legacy"):
            return self.nodes.scalar(policy.at("protocol_max"), "tls1.3")
        name = _MEMBERS.get(lack, "")
        return self.nodes.removed(policy, name) if policy.there(name) else ()

    def without_demand(self, policy: Node) -> tuple[Edit, ...]:
        """No certificate asked of clients."""
        if self.file.files:
            return self.file.with_words("client_auth")
        return self.nodes.removed(policy, "client_authentication")

    def instead(self, pair: Pair) -> tuple[Edit, ...]:
        """Another file in place of one that cannot be loaded."""
        if self.file.files:
            return self.file.instead(pair.file, pair.key)
        return instead(self.library, pair.file, pair.key, (self.host,))

    def with_name(self, pairs: Sequence[Pair]) -> tuple[Edit, ...]:
        edits = self.file.with_name([(each.file, each.key) for each in pairs])
        if edits or not self.file.files:
            return edits
        found = pair_for(self.library, self._near(pairs), (self.host,))
        if found is None:
            return ()
        return self.file.secured(*found) or self.file.given(*found)

    def loaded(self, pairs: Sequence[Pair]) -> tuple[Edit, ...]:
        """A certificate from a file in place of one that Caddy would get by itself."""
        near = self._near(pairs)
        found = pair_for(self.library, near, (self.host,)) if self.file.files else None
        return self.file.with_words("tls", *found) if found is not None else ()

    def _near(self, pairs: Sequence[Pair]) -> list[str]:
        """Where certificates may lie: beside those that are named, else beside the Caddyfile."""
        folders = {posixpath.dirname(each) for each in self.file.files}
        beside = [f"{folder}/{each}" for folder in sorted(folders) for each in _BESIDE]
        return [*(each.file.path for each in pairs), *beside]

    def automatic(self) -> tuple[Edit, ...]:
        """Automatic HTTPS, where it was switched off."""
        return self.file.with_words("auto_https")
