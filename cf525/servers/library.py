"""Where configuration and certificate files come from, as the servers' readers ask for them.

A ``Library`` answers with content or with why there is none, and bounds both; who implements it
reads a disk, a copied tree, a printed configuration or another host. Paths are those that stand
in the configuration: absolute, with forward slashes.
"""

import fnmatch
import posixpath
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Protocol

from cf525.patterns import lazy_pattern
from cf525.values import dataclass

MAX_FILES: Final = 3_000
MAX_DEPTH: Final = 12
"""How deep files may include each other; nginx and Apache have no bound, people never reach it."""


_KEY_NAMES: Final = lazy_pattern(r"privkey|private|^key\b|[-_.]key\.pem$|\.key$")


def names_key(path: str) -> bool:
    """Whether a file is a private key by its name."""
    return _KEY_NAMES.search(posixpath.basename(path).lower()) is not None


class Absence(StrEnum):
    """Why a file has no content."""

    MISSING = "missing"
    GONE = "gone"  # of a copied tree, which may lack it: the whole folder, or a private key
    FOLDER = "folder"
    UNREADABLE = "unreadable"  # by this user; the server's may be another
    LOOP = "loop"  # symbolic links that lead to each other
    OUTSIDE = "outside"  # not below the folder that everything is to be read from
    SPECIAL = "special"  # a device, a socket, a pipe
    LARGE = "large"
    UNKNOWN = "unknown"  # text from another machine, without its files


NOT_KNOWN: Final = (Absence.UNKNOWN, Absence.OUTSIDE, Absence.UNREADABLE)
"""Of what is absent so, nothing is known: the server may well read it."""


class What(StrEnum):
    """What is asked of a file; less than its text is read, and leaves another host, for most."""

    TEXT = "text"  # a configuration, which is read as it is
    CERTIFICATES = "certificates"  # those that stand in it; another host sends these blocks alone
    KEY = "key"  # whether one is there: in its place ``in_place_of`` comes, never the key
    SIZE = "size"  # as many null bytes as a secret has, at most MAX_SIZE


MAX_SIZE: Final = 4_096
KEPT: Final = b"-----BEGIN PRIVATE KEY----- (not read)\n"
LOCKED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY----- (not read)\n"


def in_place_of(first: bytes, second: bytes) -> bytes:
    """What stands for the content of a key's file, by its first two lines."""
    if b"CERTIFICATE" in first or not first:
        return first
    locked = b"ENCRYPTED" in first or second.startswith(b"Proc-Type: 4,ENCRYPTED")
    return LOCKED if locked else KEPT


class Library(Protocol):
    """``complete`` is false where absence says nothing: a printed configuration."""

    @property
    def complete(self) -> bool: ...

    def read(self, path: str, what: What = What.TEXT) -> bytes | Absence:
        """The content of a file as far as it is asked for, or why there is none."""

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The paths that a pattern of the shell stands for, in the order of their names."""

    def shown(self, path: str) -> str:
        """The file's name for people, as it was given on the command line."""

    def real(self, path: str) -> str:
        """The same for the file behind a link, which is the one to be patched."""


def tells(library: Library, absence: Absence) -> bool:
    """Whether that a file is absent so says anything of the server."""
    return library.complete and absence not in NOT_KNOWN


@dataclass(frozen=True, slots=True)
class Given:
    """A printed configuration: the files it holds and no others."""

    texts: Mapping[str, str]
    complete: bool = False

    def read(self, path: str, what: What = What.TEXT) -> bytes | Absence:  # noqa: ARG002
        text = self.texts.get(posixpath.normpath(path))
        return Absence.UNKNOWN if text is None else text.encode("utf-8", "surrogateescape")

    def matching(self, pattern: str) -> tuple[str, ...]:
        wanted = posixpath.normpath(pattern)
        parts = wanted.count("/")
        return tuple(
            each
            for each in sorted(self.texts)
            if each.count("/") == parts and fnmatch.fnmatchcase(each, wanted)
        )

    def shown(self, path: str) -> str:
        return path

    def real(self, path: str) -> str:
        return path


@dataclass(frozen=True, slots=True)
class Beside:
    """A library with further texts that stand in no file of it."""

    below: Library
    texts: Mapping[str, bytes]

    @property
    def complete(self) -> bool:
        return self.below.complete

    def read(self, path: str, what: What = What.TEXT) -> bytes | Absence:
        return self.texts[path] if path in self.texts else self.below.read(path, what)

    def matching(self, pattern: str) -> tuple[str, ...]:
        return self.below.matching(pattern)

    def shown(self, path: str) -> str:
        return self.below.shown(path)

    def real(self, path: str) -> str:
        return self.below.real(path)


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A library as it would be with some files changed, by the names of the real ones."""

    below: Library
    texts: Mapping[str, bytes]

    @property
    def complete(self) -> bool:
        return self.below.complete

    def read(self, path: str, what: What = What.TEXT) -> bytes | Absence:
        changed = self.texts.get(self.below.real(path)) if self.texts else None
        return self.below.read(path, what) if changed is None else changed

    def matching(self, pattern: str) -> tuple[str, ...]:
        return self.below.matching(pattern)

    def shown(self, path: str) -> str:
        return self.below.shown(path)

    def real(self, path: str) -> str:
        return self.below.real(path)


def decoded(content: bytes) -> str:
    """The text of a configuration file: UTF-8, every other byte kept as it is."""
    return content.decode("utf-8", "surrogateescape")


def is_pattern(path: str) -> bool:
    """Whether a path stands for several files."""
    return any(each in path for each in "*?[")
