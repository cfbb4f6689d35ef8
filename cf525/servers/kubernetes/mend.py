"""Edits of manifests: a host put under ``tls``, another secret, a setting of the controller."""

from collections.abc import Sequence
from typing import Final

from cf525.servers.certificates import certificate_of, covers
from cf525.servers.foretold import Edit
from cf525.servers.kubernetes.secrets import certificates_of, secret_of, space_of
from cf525.servers.library import Library
from cf525.servers.nodemend import NodeMender
from cf525.servers.nodes import Node
from cf525.servers.openssl import CIPHERS, CURVES

_PREFIX: Final = "nginx.ingress.kubernetes.io/"
_GOOD: Final = {
    "ssl-protocols": "TLSv1.2 TLSv1.3",
    "ssl-ciphers": CIPHERS,
    "ssl-ecdh-curve": CURVES,
}


class Mender:
    """Makes edits for one set of manifests."""

    def __init__(self, objects: Sequence[Node], library: Library, host: str) -> None:
        self.objects = objects
        self.host = host
        self.nodes = NodeMender(library)

    def setting(self, config: Node, name: str) -> tuple[Edit, ...]:
        """Another value of the controller's ConfigMap."""
        return self.nodes.scalar(config.at(name), _GOOD[name]) if config.there(name) else ()

    def _fitting(self, space: str) -> str:
        """The secret of a namespace whose certificate has the name."""
        for each in self.objects:
            own = str(each.at("kind")) == "Secret" and space_of(each) == space
            if own and self._covers(each):
                return str(each.at("metadata", "name"))
        return ""

    def _covers(self, secret: Node) -> bool:
        found = certificates_of(secret)
        leaf = certificate_of(found[0]) if found else None
        return leaf is not None and covers(leaf, self.host)

    def covering(self, ingress: Node, name: str) -> bool:
        """Whether the secret of this name is here and has the host in its certificate."""
        secret = secret_of(self.objects, name, space_of(ingress)) if name else None
        return secret is not None and self._covers(secret)

    def _unread(self, ingress: Node, block: Node) -> bool:
        """Whether a block names a secret that is not among the objects."""
        name = str(block.at("secretName"))
        return bool(name) and secret_of(self.objects, name, space_of(ingress)) is None

    def with_host(self, ingress: Node) -> tuple[Edit, ...]:
        """The name put under the secret that has it, or a block for that secret."""
        space = space_of(ingress)
        secret = self._fitting(space)
        blocks = ingress.at("spec", "tls")
        for block in blocks.list:
            if secret and str(block.at("secretName")) == secret and block.at("hosts").items:
                return self.nodes.item(block.at("hosts"), self.host)
        if not secret:
            alone = blocks.list[0] if len(blocks.list) == 1 else None
            hosts = alone.at("hosts") if alone is not None else None
            if (
                alone is None
                or hosts is None
                or not hosts.items
                or not self._unread(ingress, alone)
            ):
                return ()
            return self.nodes.item(hosts, self.host)  # who makes the certificate reads the hosts
        lines = ("hosts:", f"  - {self.host}", f"secretName: {secret}")
        if blocks.items:
            return () if blocks.flow else self.nodes.item(blocks, *lines)
        if ingress.at("spec").flow or ingress.there("spec", "tls"):
            return ()
        new = ("tls:", f"  - {lines[0]}", *(f"    {each}" for each in lines[1:]))
        return self.nodes.member(ingress.at("spec"), *new)

    def other_secret(self, name: Node, space: str) -> tuple[Edit, ...]:
        """The secret of the namespace that has the name, in place of one that has not."""
        found = self._fitting(space)
        return self.nodes.scalar(name, found) if found and found != str(name) else ()

    def without_demand(self, notes: Node) -> tuple[Edit, ...]:
        """No certificate asked of clients."""
        verify = f"{_PREFIX}auth-tls-verify-client"
        if notes.there(verify):
            return self.nodes.scalar(notes.at(verify), "off")
        new = f'{verify}: "off"'
        return self.nodes.member(notes, f'"{verify}": "off"' if notes.flow else new)

    def without_redirect(self, ingress: Node, notes: Node) -> tuple[Edit, ...]:
        """No redirect to HTTPS."""
        edits: tuple[Edit, ...] = ()
        forced, own = f"{_PREFIX}force-ssl-redirect", f"{_PREFIX}ssl-redirect"
        if notes.at(forced).on:
            edits = self.nodes.scalar(notes.at(forced), "false")
        if notes.there(own):
            return (*edits, *self.nodes.scalar(notes.at(own), "false"))
        if notes.members:
            new = f'"{own}": "false"' if notes.flow else f'{own}: "false"'
            return (*edits, *self.nodes.member(notes, new))
        return (
            *edits,
            *self.nodes.member(ingress.at("metadata"), "annotations:", f'  {own}: "false"'),
        )

    def listener(self, gateway: Node, like: Node) -> tuple[Edit, ...]:
        """A further listener for the name, where a secret of the namespace has it."""
        secret = self._fitting(space_of(gateway))
        listeners = gateway.at("spec", "listeners")
        if not secret or listeners.flow or not str(like.at("port")).isdigit():
            return ()
        name = self.host.replace(".", "-")[:60]
        return self.nodes.item(
            listeners,
            f"name: {name}",
            f"hostname: {self.host}",
            f"port: {like.at('port')}",
            "protocol: HTTPS",
            "tls:",
            "  certificateRefs:",
            f"    - name: {secret}",
        )
