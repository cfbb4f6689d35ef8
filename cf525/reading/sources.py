"""What the command line names, as a source of configuration: which server, which files, from where.

A path may be the main file, a folder, a manifest, or text that a server printed; ``-`` is standard
input. Without a path the usual places of this host are looked at.
"""

import json
import posixpath
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Final

from cf525.errors import UsageError
from cf525.reading.caddyfile import adapted, alone, files_of
from cf525.reading.disk import Disk
from cf525.reading.ssh import ROUNDS, Remote
from cf525.servers import nginx
from cf525.servers.library import Absence, Beside, Given, Library, decoded
from cf525.servers.registry import KINDS, recognised
from cf525.values import dataclass

MAX_INPUT: Final = 8 << 20
STDIN: Final = "standard-input"
_KEY: Final = b"PRIVATE KEY-----"
Aside = Callable[[Callable[[], "Source"]], Awaitable["Source"]]
"""Does work that only computes where a cancellation need not wait for it."""


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration to judge: the server's ``kind``, its ``mains`` as the library calls them,
    ``named`` as people do."""

    kind: str
    library: Library
    mains: tuple[str, ...]
    named: tuple[str, ...]
    on_disk: bool = field(default=True)
    renewed: Callable[[Library], Library] | None = field(default=None, repr=False)
    """What is made of the files where these are others (a Caddyfile's JSON)."""

    def paths_of(self, real: str) -> Iterator[str]:
        """How a file that is called ``real`` for people is called in the library."""
        library = self.library.below if isinstance(self.library, Beside) else self.library
        if isinstance(library, Disk):
            place = Path(real)
            absolute = place if place.is_absolute() else library.folder / place
            root = library.root
            if root is not None:
                base = root.resolve()
                resolved = absolute.resolve()
                if resolved.is_relative_to(base):
                    yield f"/{resolved.relative_to(base).as_posix()}"
                return
            yield str(absolute)
        else:
            yield real

    def absolute(self, names: Iterable[str]) -> bool:
        """Whether a patch of files that are called so does not apply in the current folder."""
        library = self.library.below if isinstance(self.library, Beside) else self.library
        if not isinstance(library, Disk):
            return True
        return any(each.startswith("/") or not (library.folder / each).is_file() for each in names)


def named(
    paths: tuple[str, ...], server: str, root: Path | None, text: bytes | None = None
) -> Source:
    """The source that the options name. Raises UsageError where nothing is to be read."""
    if paths == ("-",):
        content = text if text is not None else _standard_input()
        return of_text(content, server, "standard input")
    if "-" in paths:
        raise UsageError("- and files exclude each other", hint="give one of them")
    return of_paths(paths, server, root)


async def of_host(remote: Remote, paths: tuple[str, ...], server: str, aside: Aside) -> Source:
    """The configuration of another host: the file that is named, or the first at a usual place."""
    kinds = [KINDS[server]] if server else list(KINDS.values())
    usual = [(kind.name, path) for kind in kinds for path in kind.usual]
    wanted = [(server, path) for path in paths] or usual
    for _, path in wanted:
        remote.read(path)
    await remote.fetch()
    for kind, path in wanted:
        content = remote.read(path)
        if isinstance(content, Absence):
            continue
        name = f"{remote.login}:{path}"
        found = kind or recognised(_checked(content, name))
        if found == "caddy" and not _is_json(decoded(content)):
            return await _adapted_there(remote, path, name, aside)
        if found:
            return Source(found, remote, (path,), (name,), on_disk=False)
    raise UsageError(
        f"no server's configuration was found on {remote.login}",
        hint="name its main file and --server",
    )


def of_text(content: bytes, server: str, name: str) -> Source:
    """What a server printed, or a file without its surroundings."""
    if len(content) > MAX_INPUT:
        raise UsageError(f"{name} has more than {MAX_INPUT >> 20} MB: no configuration is so large")
    text = _checked(content, name)
    kind = server or recognised(text)
    if not kind:
        raise UsageError(
            f"{name} looks like no server's configuration",
            hint=f"name the server with --server: {', '.join(KINDS)}",
        )
    files: Mapping[str, str] = {f"/{STDIN}": text}
    if kind == "nginx" and nginx.is_dump(text):
        files = nginx.split_dump(text)
    mains = (next(iter(files)),)
    if kind == "caddy" and not _is_json(text):
        alone(name, Given(files), mains[0])
        return _adapted(Given(files), mains[0], name, on_disk=False)
    return Source(kind, Given(files), mains, (name,), on_disk=False)


def of_paths(paths: tuple[str, ...], server: str, root: Path | None) -> Source:
    """Files and folders of this machine."""
    if root is not None and not root.is_dir():
        raise UsageError(f"--root {root} is not a folder", hint="name the folder of a copied tree")
    disk = Disk(root.absolute() if root is not None else None)
    if not paths:
        return _usual(disk, server)
    given = [_inside(each, disk) for each in paths]
    mains = [each for path in given for each in _mains(disk, path, server)]
    if not mains:
        raise UsageError(f"{paths[0]} holds no configuration", hint="name the server's main file")
    usual = {path for kind in KINDS.values() for path in kind.usual}
    if mains[0] not in usual or disk.root is not None:
        disk.own = posixpath.dirname(mains[0])
    texts = []
    for each in mains:
        content = disk.read(each)
        if isinstance(content, Absence):
            raise UsageError(f"{disk.shown(each)} {_why(content)}.")
        texts.append(_checked(content, disk.shown(each)))
    kind = server or next(filter(None, map(recognised, texts)), "")
    if not server and posixpath.basename(mains[0]).startswith("Caddyfile"):
        kind = "caddy"
    if not kind:
        raise UsageError(
            f"{disk.shown(mains[0])} looks like no server's configuration",
            hint=f"name the server with --server: {', '.join(KINDS)}",
        )
    if kind == "caddy" and not _is_json(texts[0]):
        return _adapted(disk, mains[0], disk.shown(mains[0]))
    named = tuple(disk.shown(each) for each in mains)
    if len(mains) == 1 and kind == "nginx" and nginx.is_dump(texts[0]):
        files = nginx.split_dump(texts[0])
        return Source(kind, Given(files), (next(iter(files)),), named, on_disk=False)
    return Source(kind, disk, tuple(mains), named)


def _standard_input() -> bytes:
    """All of it, up to more than is taken. Read without the stream's buffer, whose lock would keep
    an interrupted program from ending."""
    stream = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    content = b""
    while len(content) <= MAX_INPUT:
        more = stream.read(1 << 20)
        if not more:
            break
        content += more
    return content


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


async def _adapted_there(remote: Remote, path: str, name: str, aside: Aside) -> Source:
    """The Caddyfile of another host, with what it imports and Caddy opens."""
    for _ in range(ROUNDS):
        files_of(remote, path)
        if not remote.missing:
            source = await aside(lambda: _adapted(remote, path, name, on_disk=False))
            if not remote.missing:
                return source
        await remote.fetch()
    raise UsageError(f"{name} imports files that import each other without end")


def _adapted(library: Library, path: str, name: str, *, on_disk: bool = True) -> Source:
    """A Caddyfile as JSON, which is made anew where the text is another."""
    made = f"/adapted/{STDIN}"

    def renewed(library: Library) -> Library:
        return Beside(library, {made: adapted(library, path)})

    mains = (made, *files_of(library, path))
    return Source("caddy", renewed(library), mains, (name,), on_disk=on_disk, renewed=renewed)


def _why(absence: Absence) -> str:
    from cf525.servers.certificates import in_words

    return in_words(absence).replace("certificate", "configuration")


def _inside(path: str, disk: Disk) -> str:
    """A path of the command line as the library calls it."""
    if disk.root is None:
        return str(Path(path).absolute()) if path else path
    place = Path(path)
    if place.exists() and place.absolute().is_relative_to(disk.root):
        return f"/{place.absolute().relative_to(disk.root).as_posix()}"
    return posixpath.normpath(f"/{path.lstrip('/')}")


def _mains(disk: Disk, path: str, server: str) -> Iterator[str]:
    content = disk.read(path)
    if content is not Absence.FOLDER:
        yield path
        return
    kinds = [KINDS[server]] if server else list(KINDS.values())
    for kind in kinds:
        for name in kind.mains:
            candidate = posixpath.join(path, name)
            if isinstance(disk.read(candidate), bytes):
                yield candidate
                return
    for suffix in ("conf", "cfg", "yml", "yaml", "json", "toml", "xml"):
        found = disk.matching(posixpath.join(path, f"*.{suffix}"))
        yield from (each for each in found if isinstance(disk.read(each), bytes))


def _usual(disk: Disk, server: str) -> Source:
    kinds = [KINDS[server]] if server else list(KINDS.values())
    for kind in kinds:
        for path in kind.usual:
            if isinstance(disk.read(path), bytes):
                disk.own = posixpath.dirname(path) if disk.root is not None else ""
                return Source(kind.name, disk, (path,), (disk.shown(path),))
    looked = ", ".join(path for kind in kinds for path in kind.usual[:1])
    raise UsageError(
        f"no server's configuration was found at its usual places ({looked})",
        hint="name the main file, or - for text that is piped in",
    )


def _checked(content: bytes, name: str) -> str:
    """The text, where it is one. A key in place of a configuration is never looked at closer."""
    if b"\0" in content[:65536]:
        raise UsageError(f"{name} is no text.")
    head = content[:4096].lstrip()
    if head.startswith(b"-----BEGIN") and _KEY in head.split(b"\n", 1)[0]:
        raise UsageError(
            f"{name} is a private key and no configuration.",
            hint="Name the server's main file; keys are not needed here.",
        )
    return decoded(content)
