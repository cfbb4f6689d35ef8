"""A Caddyfile as the JSON that Caddy itself makes of it: nobody else can.

The program is given a copy with the files it imports, so that a patch can be tried before a byte
of the configuration is touched.
"""

import posixpath
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cf525.errors import UsageError
from cf525.servers.library import Absence, Library, decoded

MAX_OUTPUT: Final = 8 << 20
MAX_FILES: Final = 300
SECONDS: Final = 20
_IMPORT: Final = re.compile(r"^(\s*import\s+)(\S+)(.*)$")


def adapted(library: Library, path: str) -> bytes:
    """The JSON. Raises UsageError where Caddy is not here or does not take the file."""
    binary = shutil.which("caddy")
    shown = library.shown(path)
    if binary is None:
        raise UsageError(
            f"{shown} is a Caddyfile, which only caddy itself reads, and it is not installed here",
            hint="on the server: caddy adapt --config FILE | cf525 lint - --host NAME",
        )
    with TemporaryDirectory(prefix="cf525-") as folder:
        place = _Copies(library, Path(folder)).of(path)
        try:
            done = subprocess.run(  # noqa: S603 - the program is Caddy, the file the user's
                [binary, "adapt", "--adapter", "caddyfile", "--config", str(place)],
                capture_output=True, check=False, timeout=SECONDS, cwd=folder,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            raise UsageError(f"caddy could not be run on {shown}") from None
        said = done.stderr.decode("utf-8", "replace").replace(str(place), shown)
    if done.returncode:
        last = said.strip().split("\n")[-1][:300]
        clean = "".join(each if each.isprintable() else "?" for each in last)
        raise UsageError(f"Caddy does not take {shown}: {clean}")
    return done.stdout[:MAX_OUTPUT]


def files_of(library: Library, path: str) -> tuple[str, ...]:
    """A Caddyfile and what it imports, as the library calls them."""
    found = [path]
    for each in found:
        content = library.read(each)
        for line in decoded(content).split("\n") if isinstance(content, bytes) else ():
            named = _IMPORT.match(line)
            if named is not None:
                found += [new for new in _matching(library, each, named[2]) if new not in found]
        if len(found) > MAX_FILES:
            break
    return tuple(found[:MAX_FILES])


def _matching(library: Library, by: str, written: str) -> Iterator[str]:
    """The files that an import means; none where it means a snippet."""
    pattern = posixpath.join(posixpath.dirname(by), written.strip("\"'`"))
    for each in library.matching(pattern):
        if library.read(each) is not Absence.FOLDER:
            yield each


class _Copies:
    """Copies of a Caddyfile and its imports in one folder."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.library = library
        self.folder = folder
        self.made: dict[str, Path] = {}

    def of(self, path: str) -> Path:
        if path in self.made:
            return self.made[path]
        if len(self.made) >= MAX_FILES:
            raise UsageError(f"{self.library.shown(path)} imports more than {MAX_FILES} files.")
        place = self.made[path] = self.folder / f"{len(self.made)}.caddyfile"
        content = self.library.read(path)
        if isinstance(content, Absence):
            raise UsageError(f"{self.library.shown(path)} cannot be read.")
        lines = [self._line(path, each) for each in decoded(content).split("\n")]
        place.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
        return place

    def _line(self, path: str, line: str) -> str:
        named = _IMPORT.match(line)
        if named is None:
            return line
        found = list(_matching(self.library, path, named[2]))
        if not found:
            return line
        return "\n".join(f"{named[1]}{self.of(each)}{named[3]}" for each in found)
