"""The secrets of a set of manifests: of each ``tls.crt`` or ``ca.crt`` alone is decoded."""

from base64 import b64decode
from collections.abc import Sequence

from cf525.pki.bundles import certificates_in
from cf525.servers.nodes import Node


def space_of(each: Node) -> str:
    """The namespace of an object."""
    return str(each.at("metadata", "namespace")) or "default"


def secret_of(objects: Sequence[Node], name: str, space: str) -> Node | None:
    """The secret of a name in a namespace."""
    for each in objects:
        named = str(each.at("kind")) == "Secret" and str(each.at("metadata", "name")) == name
        if named and space_of(each) == space:
            return each
    return None


def certificates_of(secret: Node, name: str = "tls.crt") -> tuple[bytes, ...]:
    """The certificates of a secret: this one member, and no other, is decoded."""
    text = str(secret.at("data", name))
    try:
        content = b64decode("".join(text.split())) if text else b""
    except ValueError:
        content = b""
    return certificates_in(content or str(secret.at("stringData", name)).encode())
