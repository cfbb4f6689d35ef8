"""The files of another host, read with the system's ssh: nothing is written, no key leaves it.

What a look at the configuration asks for is noted, fetched in one go by a small script of the
shell, and asked for again, until nothing is missing. Of a file that holds a private key only the
certificates are sent.
"""

import asyncio
import shlex
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Final

from cf525.environment import for_ssh
from cf525.errors import UsageError
from cf525.patterns import lazy_pattern
from cf525.servers.library import MAX_FILES, Absence

ROUNDS: Final = 12
_SAFE: Final = lazy_pattern(r"/[A-Za-z0-9._/@+:,=*?\[\]-]*")
_STATES: Final = {
    "folder": Absence.FOLDER,
    "missing": Absence.MISSING,
    "special": Absence.SPECIAL,
    "unreadable": Absence.UNREADABLE,
    "large": Absence.LARGE,
}
KEPT: Final = b"-----BEGIN PRIVATE KEY----- (stays on its host)\n"
MAX_OUTPUT: Final = 128 << 20
PATIENCE: Final = 60.0

SCRIPT: Final = r"""
one() {
  if [ -d "$1" ]; then echo "= $2 folder"; return; fi
  if [ ! -e "$1" ]; then echo "= $2 missing"; return; fi
  if [ ! -f "$1" ]; then echo "= $2 special"; return; fi
  if [ ! -r "$1" ]; then echo "= $2 unreadable"; return; fi
  if [ "$(wc -c < "$1")" -gt 8388608 ]; then echo "= $2 large"; return; fi
  if grep -q "PRIVATE KEY" -- "$1"; then
    echo "= $2 key"
    sed -n '/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/,/-----END [A-Z0-9 ]*CERTIFICATE-----/p' "$1" |
      base64
  else
    echo "= $2 file"; base64 < "$1"
  fi
}
many() {
  for each in $1; do
    if [ -e "$each" ] || [ -L "$each" ]; then printf '+ %s %s\n' "$2" "$each"; fi
  done
}
"""


@dataclass(slots=True)
class Remote:
    """The files of ``login`` as a ``Library``; ``fetch`` gets what was asked for and missed."""

    login: str
    port: int | None = None
    options: tuple[str, ...] = ()
    complete: bool = True
    _files: dict[str, bytes | Absence] = field(default_factory=dict)
    _found: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _wanted: dict[str, None] = field(default_factory=dict)
    _patterns: dict[str, None] = field(default_factory=dict)

    def read(self, path: str) -> bytes | Absence:
        """The content, if it was fetched; else it is noted, and not known."""
        if path not in self._files:
            if not _SAFE.fullmatch(path) and not _plain(path):
                return Absence.UNKNOWN
            self._wanted[path] = None
        return self._files.get(path, Absence.UNKNOWN)

    def matching(self, pattern: str) -> tuple[str, ...]:
        if pattern not in self._found and _SAFE.fullmatch(pattern):
            self._patterns[pattern] = None
        return self._found.get(pattern, ())

    def shown(self, path: str) -> str:
        return path

    def real(self, path: str) -> str:
        return path

    @property
    def missing(self) -> bool:
        """Whether something was asked for that is not here yet."""
        return bool(self._wanted or self._patterns)

    async def fetch(self) -> None:
        """Gets it. Raises UsageError where the host cannot be reached."""
        files, patterns = list(self._wanted)[:MAX_FILES], list(self._patterns)
        self._wanted.clear()
        self._patterns.clear()
        lines = [SCRIPT]
        lines += [f"many {shlex.quote(each)} {n}" for n, each in enumerate(patterns)]
        lines += [f"one {shlex.quote(each)} {n}" for n, each in enumerate(files)]
        where = ("-p", str(self.port)) if self.port is not None else ()
        script = "\n".join(lines).encode()
        output = await _run(self.login, (*self.options, *where), script)
        for each in patterns:
            self._found[each] = ()
        for each in files:
            self._files[each] = Absence.UNKNOWN
        self._take(output, files, patterns)

    def _take(self, output: bytes, files: list[str], patterns: list[str]) -> None:
        body: list[bytes] = []
        current: tuple[str, bool] | None = None

        def close() -> None:
            if current is not None:
                path, key = current
                self._files[path] = _decoded(b"".join(body)) + (KEPT if key else b"")

        for line in output.split(b"\n"):
            if line.startswith(b"= "):
                close()
                body, current = [], None
                number, _, state = line[2:].decode("ascii", "replace").partition(" ")
                if not number.isdigit() or int(number) >= len(files):
                    continue
                path = files[int(number)]
                if state in _STATES:
                    self._files[path] = _STATES[state]
                else:
                    current = (path, state == "key")
            elif line.startswith(b"+ "):
                number, _, name = line[2:].decode("utf-8", "replace").partition(" ")
                if number.isdigit() and int(number) < len(patterns):
                    pattern = patterns[int(number)]
                    self._found[pattern] = tuple(sorted((*self._found[pattern], name)))
            else:
                body.append(line)
        close()


def _plain(path: str) -> bool:
    """Whether a path may be quoted for a shell: printable, and no pattern."""
    return path.startswith("/") and path.isprintable() and len(path) < 1024


def _decoded(text: bytes) -> bytes:
    try:
        return b64decode(text)
    except ValueError:
        return b""


async def _run(login: str, options: tuple[str, ...], script: bytes) -> bytes:
    own = "if [ $(id -u) != 0 ] && sudo -n true 2>/dev/null; then sudo -n sh -s; else sh -s; fi"
    try:
        process = await asyncio.create_subprocess_exec(
            *("ssh", "-T", "-o", "BatchMode=yes", *options, "--", login, own),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=for_ssh(),
        )
    except FileNotFoundError:
        raise UsageError(
            "there is no ssh on this machine", hint="install it, or copy the files"
        ) from None
    try:
        output, said = await asyncio.wait_for(process.communicate(script), PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise UsageError(f"ssh {login} did not answer within {PATIENCE:.0f} s") from None
    if process.returncode not in (0, 1):
        last = (said.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[-1]
        clean = "".join(each if each.isprintable() else "?" for each in last)[:200]
        raise UsageError(f"ssh {login} failed: {clean}", hint="try it by hand: ssh HOST true")
    return output[:MAX_OUTPUT]
