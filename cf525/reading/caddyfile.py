"""A Caddyfile as the JSON that Caddy itself makes of it: nobody else can.

The program is given a copy with the files it imports, so that a patch can be tried before a byte
of the configuration is touched.
"""

import posixpath
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cf525.environment import bare
from cf525.errors import UsageError
from cf525.patterns import lazy_pattern
from cf525.servers.caddy import refusal
from cf525.servers.library import Absence, Library, What, decoded

MAX_OUTPUT: Final = 8 << 20
MAX_FILES: Final = 300
MAX_LINES: Final = 200_000
MAX_IMPORTS: Final = 100
"""How deep imports may stand in each other."""
SECONDS: Final = 20
_ERROR: Final = lazy_pattern(
    r"^Error: (?:adapting config using caddyfile: )?(?:\S+?:\d+(?:: | - Error: ))?"
)
_AT: Final = lazy_pattern(r":(\d+)(?:: | - Error)")
_SNIPPET: Final = lazy_pattern(r"^\s*(\([^()\s]+\))\s*\{\s*(?:#.*)?$")
_IMPORT: Final = lazy_pattern(r"^(\s*import\s+)(\S+)(.*)$")
_OPENED: Final = lazy_pattern(r"^(\s*trusted_(?:ca|leaf)_cert_file\s+)(.+)$")
"""Statements whose files Caddy opens already where it reads a Caddyfile (2.6, and as obsolete ones
up to 2.11): all others name files that it opens when it starts."""
_FILLED: Final = lazy_pattern(r"\{[^{}]*\}")
_PATH: Final = lazy_pattern(r"(?<![^\s\"'`])/[^\s\"'`{}]+")
_VARIABLE: Final = lazy_pattern(r"\{\$([^{}:]+)\}")
"""A variable of the environment without a default."""
_BESIDE_TLS: Final = frozenset(
    (
        *("reverse_proxy", "to", "respond", "redir", "header", "root", "basic_auth", "basicauth"),
        *("email", "dns", "acme_dns", "key_id", "mac_key", "log", "output", "format", "rewrite"),
        *("uri", "handle_path", "php_fastcgi"),
    )
)
"""Statements whose words do not decide over a handshake."""
MAX_CERTIFICATE: Final = 1 << 20


def adapted(library: Library, path: str) -> bytes:
    """The JSON, or a refusal where Caddy does not take the file. Raises UsageError where Caddy is
    not here."""
    binary = shutil.which("caddy")
    shown = library.shown(path)
    if binary is None:
        raise UsageError(
            f"{shown} is a Caddyfile, which only caddy itself reads, and it is not installed here",
            hint="on the server: caddy adapt --config FILE | cf525 lint - --host NAME",
        )
    _bounded(library, path, shown)
    _known(library, path)
    with TemporaryDirectory(prefix="cf525-") as folder:
        copies = _Copies(library, Path(folder))
        place = copies.of(path)
        try:
            done = subprocess.run(  # noqa: S603 - the program is Caddy, the file the user's
                [binary, "adapt", "--adapter", "caddyfile", "--config", str(place)],
                capture_output=True, check=False, timeout=SECONDS, cwd=folder,
                stdin=subprocess.DEVNULL, env=bare(Path(folder)),
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            raise UsageError(f"caddy could not be run on {shown}") from None
        said = done.stderr.decode("utf-8", "replace").replace(str(place), shown)
        said = said.replace(str(copies.root), "")
    if done.returncode:
        last = said.strip().split("\n")[-1][:300]
        clean = "".join(each if each.isprintable() else "?" for each in last)
        return refusal(_ERROR.sub("", clean), _line_of(last))
    return done.stdout[:MAX_OUTPUT]


def _line_of(said: str) -> int:
    """The line that Caddy names; 0 where it names none."""
    found = _AT.search(said)
    return int(found[1]) if found is not None else 0


def _bounded(library: Library, path: str, shown: str) -> None:
    """Raises UsageError where imports unfold a few lines to more than anybody writes."""
    sizes = _Sizes(library, files_of(library, path))
    if sizes.of(path) > MAX_LINES:
        raise UsageError(
            f"{shown} unfolds to more than {MAX_LINES:,} lines by its imports: no configuration is "
            "so large",
            hint="name the one file that holds the site",
        )


def _known(library: Library, path: str) -> None:
    """Raises UsageError where a variable of the server's environment may decide: the environment of
    this program is another one, and holds what is not to be printed."""
    for file in files_of(library, path):
        content = library.read(file)
        for line in decoded(content).split("\n") if isinstance(content, bytes) else ():
            word = (line.split() or ["#"])[0]
            found = _VARIABLE.search(line)
            if found is None or word.startswith("#") or word in _BESIDE_TLS:
                continue
            name = "".join(each if each.isprintable() else "?" for each in found[1][:60])
            raise UsageError(
                f"{library.shown(file)} takes {{${name}}} from the environment of the server, "
                "which is not known here",
                hint="on the server: caddy adapt --config FILE | cf525 lint - --host NAME",
            )


def alone(text: str, name: str) -> None:
    """Raises UsageError where a text that came without its files imports one."""
    for line in text.split("\n"):
        found = _IMPORT.match(line)
        if found is not None and f"({found[2]})" not in text:
            raise UsageError(
                f"{name} imports files, which are not here",
                hint="on the server: caddy adapt --config FILE | cf525 lint - --host NAME",
            )


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
    """Copies of a Caddyfile, its imports and the files that Caddy opens while it reads them, in one
    folder: what stands in the Caddyfile is a path of the origin, and no file of this host."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.library = library
        self.folder = folder
        self.root = folder / "root"
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
            opened = _OPENED.match(line)
            return line if opened is None else opened[1] + self._opened(path, opened[2])
        found = list(_matching(self.library, path, named[2]))
        written = named[2].strip("\"'`")
        if not found and ("/" in written or "*" in written):
            return f"{named[1]}{self._rooted(path, written, self._imported)}{named[3]}"
        if not found:
            return line
        return "\n".join(f"{named[1]}{self.of(each)}{named[3]}" for each in found)

    def _opened(self, by: str, written: str) -> str:
        """The words of a statement that names files, naming their copies."""
        words = (each.strip("\"'`") for each in written.split())
        return " ".join(
            each if each in "{}" else self._rooted(by, each, self._kept) for each in words
        )

    def _rooted(self, by: str, written: str, kept: Callable[[str], None]) -> str:
        """A path below the folder of the copies, with copies of every file that it may mean: what
        an import gives to a snippet stands on other lines."""
        full = posixpath.join(posixpath.dirname(by), written)
        if written.startswith("{"):
            full = f"/{written}"
            for each in self._written():
                kept(each)
        else:
            pattern = _FILLED.sub("*", full)
            for each in (full, *self.library.matching(pattern)) if pattern != full else (full,):
                kept(each)
        return f"{self.root}{full}"

    def _written(self) -> Iterator[str]:
        """The paths that stand anywhere in the Caddyfile and its imports."""
        main = next(iter(self.made))
        for file in files_of(self.library, main):
            content = self.library.read(file)
            if isinstance(content, bytes):
                yield from _PATH.findall(decoded(content))

    def _kept(self, path: str) -> None:
        content = self.library.read(path, What.CERTIFICATES)
        if isinstance(content, bytes) and b"-----BEGIN CERTIFICATE" in content[:MAX_CERTIFICATE]:
            self._write(path, content)

    def _imported(self, path: str) -> None:
        made = self.of(path) if isinstance(self.library.read(path), bytes) else self.root
        if made.is_file():  # not while it is made: one that imports itself
            self._write(path, made.read_bytes())

    def _write(self, path: str, content: bytes) -> None:
        place = self.root / posixpath.normpath(path).lstrip("/")
        if place.resolve().is_relative_to(self.root.resolve()):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


class _Sizes:
    """How many lines files and snippets have with all that they import."""

    def __init__(self, library: Library, files: tuple[str, ...]) -> None:
        self.library = library
        self.lines: dict[str, int] = {}
        self.imports: dict[str, list[tuple[str, str]]] = {}
        self.known: dict[str, int] = {}
        for each in files:
            self._read(each)

    def _read(self, file: str) -> None:
        content = self.library.read(file)
        within, depth = file, 0
        for line in decoded(content).split("\n") if isinstance(content, bytes) else ():
            snippet = _SNIPPET.match(line) if within == file else None
            if snippet is not None:
                within, depth = snippet[1], 0
            bare = line.split(" #")[0].strip()
            depth += bare.endswith("{") - (bare == "}")
            self.lines[within] = self.lines.get(within, 0) + 1
            named = _IMPORT.match(line)
            if named is not None:
                self.imports.setdefault(within, []).append((file, named[2]))
            if within != file and depth <= 0:
                within = file

    def of(self, name: str, depth: int = 0) -> int:
        """The lines; those of what imports itself count once, as Caddy refuses it anyway."""
        if depth > MAX_IMPORTS:
            return MAX_LINES + 1
        if name not in self.known:
            self.known[name] = 0
            own = [
                each for file, text in self.imports.get(name, ()) for each in self._of(file, text)
            ]
            more = sum(self.of(each, depth + 1) for each in own)
            self.known[name] = self.lines.get(name, 0) + more
        return self.known[name]

    def _of(self, file: str, written: str) -> Iterator[str]:
        if f"({written})" in self.lines:
            yield f"({written})"
        else:
            yield from _matching(self.library, file, written)
