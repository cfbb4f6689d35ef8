"""Traefik's static side: the files it is told to read, its flags, and a container's folders."""

import posixpath
from collections.abc import Iterator
from typing import Final

from cf525.servers.documents import read
from cf525.servers.library import Absence, Library, decoded
from cf525.servers.nodes import Node

_SPELLED: Final = {
    each.lower(): each
    for each in ("entryPoints", "entryPoint", "certResolver", "proxyProtocol", "providers",
                 "file", "directory", "filename", "trustedIPs")
}  # fmt: skip
_MOST: Final = 200


class Mapped:
    """A library in which a container's paths stand for those of the host, as ``volumes`` say."""

    def __init__(self, library: Library, documents: list[Node], folder: str) -> None:
        self.library = library
        self.folder = folder
        self.volumes = dict(_volumes(documents, folder))

    def path(self, written: str) -> str:
        """A path of the configuration as the library calls it."""
        for inside in sorted(self.volumes, key=len, reverse=True):
            if written == inside or written.startswith(f"{inside.rstrip('/')}/"):
                return self.volumes[inside] + written[len(inside.rstrip("/")) :]
        return posixpath.join(self.folder, written)


def _volumes(documents: list[Node], folder: str) -> Iterator[tuple[str, str]]:
    """The folders and files that Traefik's container sees, by their path inside."""
    for document in documents:
        for _, service in document.at("services").entries:
            if not _is_traefik(service):
                continue
            for each in service.at("volumes").list:
                source, target = str(each.at("source")), str(each.at("target"))
                if each.text is not None:
                    source, _, target = each.text.partition(":")
                    target = target.partition(":")[0]
                if source.startswith((".", "/")) and target.startswith("/"):
                    yield target, posixpath.normpath(posixpath.join(folder, source))


def _is_traefik(service: Node) -> bool:
    return "traefik" in str(service.at("image")).rpartition("/")[2]


def with_flags(documents: list[Node]) -> Iterator[Node]:
    """What the flags of a Compose file's Traefik say, as if it stood in its static file."""
    for document in documents:
        for _, service in document.at("services").entries:
            if not _is_traefik(service):
                continue
            root = Node(document.file, members={})
            command = service.at("command")
            for each in command.items or [command]:
                for word in str(each).split() if each is command else [str(each)]:
                    if word.startswith("--"):
                        _put(root, word[2:], each)
            if root.members:
                yield root


def _put(root: Node, flag: str, at: Node) -> None:
    name, given, value = flag.partition("=")
    node = root
    for part in name.split(".")[:8]:
        members = node.members if node.members is not None else {}
        node.members = members
        plain = _SPELLED.get(part.lower(), part)
        node = members.setdefault(plain, Node(at.file, at.line, source=at.source))
    node.text = value if given else "true"


def provided(documents: list[Node], mapped: Mapped) -> Iterator[Node]:
    """The files of the file provider."""
    library = mapped.library
    for document in documents:
        own = document.at("providers", "file")
        names = [mapped.path(str(own.at("filename")))] if own.there("filename") else []
        if own.there("directory"):
            names += _below(library, mapped.path(str(own.at("directory"))), 0)
        for name in names[:_MOST]:
            content = library.read(name)
            if isinstance(content, bytes):
                yield from read(decoded(content), name)


def _below(library: Library, folder: str, depth: int) -> list[str]:
    """Traefik reads folders with all that is below."""
    found: list[str] = []
    for each in library.matching(posixpath.join(folder, "*"))[:_MOST]:
        if each.endswith((".yml", ".yaml", ".toml")):
            found.append(each)
        elif depth < 4 and library.read(each) is Absence.FOLDER:
            found += _below(library, each, depth + 1)
    return found
