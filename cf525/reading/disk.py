"""The files of this machine, or of a copied tree below a folder, as a ``Library``.

With a root everything stays below it: absolute links are resolved inside, ``..`` is stopped
there. Devices, sockets, pipes and what the kernel makes up (/proc, /sys) are never opened: they
hold the environment of this program, or wait without end. What is too large is not read.
"""

import errno
import fnmatch
import os
import posixpath
import stat
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Final

from cf525.servers.library import (
    MAX_FILES,
    MAX_SIZE,
    Absence,
    What,
    in_place_of,
    is_pattern,
    names_key,
)

MAX_BYTES: Final = 8 << 20
MAX_TOTAL: Final = 64 << 20
MAX_LINKS: Final = 40
_LINE: Final = 80
_OWN_DEPTH: Final = 2
"""Folders as deep as /etc/ssl say something of what lies in them; /etc is in every tree."""
_KERNEL: Final = ("proc", "sys", "dev")
"""Folders at the top that hold no files of anybody's."""
_SHARED: Final = "shm"
"""But for this one below /dev, which is memory to put files into."""
_ERRORS: Final = {
    errno.ENOENT: Absence.MISSING,
    errno.ENOTDIR: Absence.MISSING,
    errno.ELOOP: Absence.LOOP,
    errno.EISDIR: Absence.FOLDER,
}


@dataclass(slots=True)
class Disk:
    """``root`` is put before every path; ``folder`` is where the command was called, by which
    files are shown as short as they were given. ``own`` is the folder of a configuration that is
    not at its place on this host (a repository, a copy): what it names outside of that, in folders
    that are not here, belongs to another machine and is not known to be missing."""

    root: Path | None = None
    folder: Path = field(default_factory=Path.cwd)
    own: str = ""
    complete: bool = True
    _read: dict[tuple[str, What], bytes | Absence] = field(default_factory=dict)
    _listed: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _total: int = 0

    def read(self, path: str, what: What = What.TEXT) -> bytes | Absence:
        """The content of a regular file, or why there is none. Of a key no byte is read but of the
        lines before it."""
        what = What.TEXT if what is What.CERTIFICATES else what
        if (path, what) not in self._read:
            found = self._content(path, what)
            if found is Absence.MISSING and is_pattern(path):
                found = Absence.UNREADABLE  # a folder that may not be listed
            if found is Absence.MISSING and self.root is not None and _is_packaged(path):
                found = Absence.UNKNOWN
            elif found is Absence.MISSING and self._elsewhere(path):
                known = self._beside(path) and not _is_key(path)
                found = Absence.GONE if known else Absence.UNKNOWN
            elif found is Absence.MISSING and self.root is not None and _is_key(path):
                found = Absence.GONE
            self._read[path, what] = found
        return self._read[path, what]

    def _elsewhere(self, path: str) -> bool:
        """Whether a missing file belongs to another machine."""
        if not self.own or posixpath.normpath(path).startswith(f"{self.own.rstrip('/')}/"):
            return False
        folder = self._resolved(posixpath.dirname(path))
        return isinstance(folder, Absence) or not _is_folder(folder)

    def _beside(self, path: str) -> bool:
        """Whether a copied tree has what is above the folder of a missing file, as it has certbot's
        folder without the one of this certificate."""
        above = posixpath.dirname(posixpath.normpath(path))
        while self.root is not None and above.count("/") >= _OWN_DEPTH:
            folder = self._resolved(above)
            if not isinstance(folder, Absence) and _is_folder(folder):
                return True
            above = posixpath.dirname(above)
        return False

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The paths a pattern stands for, sorted; a link that leads nowhere is one of them."""
        found = ["/"]
        for part in posixpath.normpath(pattern).strip("/").split("/"):
            found = [each for base in found for each in self._once(base, part)][: 2 * MAX_FILES]
        return tuple(sorted(found))

    def shown(self, path: str) -> str:
        """As short as it can be called from where the command was given."""
        place = self._joined(path)
        try:
            return place.relative_to(self.folder).as_posix()
        except ValueError:
            return str(place)

    def real(self, path: str) -> str:
        """The same for the file that is meant in the end."""
        place = self._resolved(path)
        if isinstance(place, Absence):
            return self.shown(path)
        try:
            return place.relative_to(self.folder.resolve()).as_posix()
        except ValueError:
            return str(place)

    # -- the file system ------------------------------------------------------------------

    def _content(self, path: str, what: What) -> bytes | Absence:
        place = self._resolved(path)
        if isinstance(place, Absence):
            return place
        try:
            if self._special(place):
                return Absence.SPECIAL
            found = place.stat()
            if stat.S_ISDIR(found.st_mode):
                return Absence.FOLDER
            if not stat.S_ISREG(found.st_mode):
                return Absence.SPECIAL
            if found.st_size > MAX_BYTES or self._total + found.st_size > MAX_TOTAL:
                return Absence.LARGE
            content = _read_once(place, what)
        except OSError as error:
            return _ERRORS.get(error.errno or 0, Absence.UNREADABLE)
        except ValueError:  # a null byte in the name
            return Absence.MISSING
        self._total += len(content)
        return content if len(content) <= MAX_BYTES else Absence.LARGE

    def _special(self, place: Path) -> bool:
        """Whether what is behind all links is the kernel's, of this host or of the tree."""
        roots = [Path("/")] if self.root is None else [Path("/"), self.root.resolve()]
        below = [place.relative_to(each).parts for each in roots if place.is_relative_to(each)]
        return any(_made_up(parts) for parts in below) or _on_kernel_device(place)

    def _joined(self, path: str) -> Path:
        clean = posixpath.normpath(f"/{path}").lstrip("/")
        return self.root / clean if self.root is not None else Path("/") / clean

    def _resolved(self, path: str) -> Path | Absence:
        """The file behind all links; inside the root where there is one."""
        if self.root is None:
            try:
                return Path(f"/{path}").resolve()
            except (OSError, RuntimeError):
                return Absence.LOOP
            except ValueError:
                return Absence.MISSING
        root = self.root.resolve()
        parts = [each for each in path.split("/") if each not in ("", ".")]
        done: list[str] = []
        links = 0
        while parts:
            part = parts.pop(0)
            if part == "..":
                done = done[:-1]
                continue
            place = root.joinpath(*done, part)
            try:
                target = place.readlink().as_posix() if place.is_symlink() else None
            except (OSError, ValueError):
                return Absence.UNREADABLE
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > MAX_LINKS:
                return Absence.LOOP
            if target.startswith("/"):
                done = []
            parts = [each for each in target.split("/") if each not in ("", ".")] + parts
        return root.joinpath(*done)

    def _once(self, base: str, part: str) -> list[str]:
        """A folder is listed once, as a file is read once."""
        if (base, part) not in self._listed:
            self._listed[base, part] = self._below(base, part)
        return self._listed[base, part]

    def _below(self, base: str, part: str) -> list[str]:
        if not is_pattern(part):
            path = posixpath.join(base, part)
            return [path] if self._exists(path) else []
        folder = self._resolved(base)
        if isinstance(folder, Absence) or self._special(folder):
            return []
        try:
            names = sorted(each.name for each in folder.iterdir())[: 2 * MAX_FILES]
        except PermissionError:
            return [posixpath.join(base, part)]  # read in its turn, it is what may not be read
        except OSError:
            return []
        return [
            posixpath.join(base, name)
            for name in names
            if fnmatch.fnmatchcase(name, part) and (part.startswith(".") or name[0] != ".")
        ]

    def _exists(self, path: str) -> bool:
        place = self._resolved(path)
        try:
            return isinstance(place, Absence) or place.exists() or self._joined(path).is_symlink()
        except PermissionError:
            return True


def _is_folder(place: Path) -> bool:
    """Whether there is such a folder; one that this user may not see into may be there."""
    try:
        return place.is_dir()
    except OSError:
        return True


def _read_once(place: Path, what: What = What.TEXT) -> bytes:
    """No more of a file than its size was when it was opened: what has none, and yet content, is no
    file. The path has no links in it, and nothing is waited for."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    opened = os.open(place, flags | getattr(os, "O_BINARY", 0))
    with os.fdopen(opened, "rb", buffering=0 if what is not What.TEXT else -1) as file:
        size = os.fstat(file.fileno())
        if not stat.S_ISREG(size.st_mode):
            raise OSError(errno.ENXIO, "no regular file")
        if what is What.SIZE:
            return bytes(min(size.st_size, MAX_SIZE))
        if what is What.KEY:
            found = _before_key(file)
            if b"CERTIFICATE" not in found:
                return found
            file.seek(0)  # one that holds both is read for its certificates
        return file.read(min(size.st_size, MAX_BYTES + 1))


def _before_key(file: IO[bytes]) -> bytes:
    """What the lines before a key say, read byte by byte so that none of the key is. Where there
    are none (DER), one byte was."""
    first, second = _line(file, b"-----BEGIN "), b""
    if first.startswith(b"-----BEGIN "):
        second = _line(file, b"Proc-Type: 4,ENCRYPTED")
    return in_place_of(first, second)


def _line(file: IO[bytes], head: bytes) -> bytes:
    """A line that begins with ``head``; where it does not, no more than shows it."""
    line = b""
    while len(line) < _LINE and not line.endswith(b"\n"):
        more = file.read(1)
        line += more
        if not more or (len(line) <= len(head) and not head.startswith(line)):
            break
    return line


def _made_up(parts: tuple[str, ...]) -> bool:
    """Whether a path, in parts from the top, leads to what is no file."""
    return parts[:1] in [(each,) for each in _KERNEL] and parts[1:2] != (_SHARED,)


@cache
def _kernel_devices() -> frozenset[int]:
    """The file systems of /proc and /sys, wherever else they are seen."""
    top = Path("/").stat().st_dev
    found = (Path(each).stat().st_dev for each in ("/proc", "/sys") if Path(each).is_dir())
    return frozenset(each for each in found if each != top)


def _on_kernel_device(place: Path) -> bool:
    """Whether a path lies in such a file system; one that is not there lies in none."""
    try:
        return place.stat().st_dev in _kernel_devices()
    except OSError:
        return False


def _is_key(path: str) -> bool:
    """Whether it is a private key by its place or name: who copies a tree leaves those out."""
    return posixpath.basename(posixpath.dirname(path)) == "private" or names_key(path)


_PACKAGED: Final = frozenset(
    (
        *("mime.types", "fastcgi_params", "fastcgi.conf", "proxy_params", "scgi_params"),
        *("uwsgi_params", "koi-utf", "koi-win", "win-utf"),
    )
)
"""Files that come with nginx: a tree of one's own files has none of them, every host has."""


def _is_packaged(path: str) -> bool:
    return posixpath.basename(path) in _PACKAGED
