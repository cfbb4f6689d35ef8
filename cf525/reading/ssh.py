"""The files of another host, read with the system's ssh: nothing is written, no key leaves it.

What a look at the configuration asks for is noted, fetched in one go by a small script of the
shell, and asked for again, until nothing is missing. The script decides what is sent: of a file
with certificates those blocks alone, of a key's whether it is there, of a configuration its text,
unless it holds a key.
"""

import asyncio
import shlex
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from cf525.model.decoding import whole_number
from cf525.patterns import lazy_pattern
from cf525.reading import sshclient
from cf525.reading.sshclient import output_of
from cf525.servers import telling
from cf525.servers.library import KEPT, LOCKED, MAX_FILES, MAX_SIZE, Absence, What

ROUNDS: Final = 12
_SAFE: Final = lazy_pattern(r"/[A-Za-z0-9._/@+:,=*?\[\]-]*")
_STATES: Final = {
    "folder": Absence.FOLDER,
    "missing": Absence.MISSING,
    "special": Absence.SPECIAL,
    "unreadable": Absence.UNREADABLE,
    "large": Absence.LARGE,
    "binary": Absence.UNKNOWN,
}
MAX_OUTPUT: Final = 64 << 20
"""Bytes that all fetches from a host may take."""
_BESIDE: Final = {"key": KEPT, "locked": LOCKED}
"""What stands for the key that a file holds."""
_END: Final = b"\x01\n"
"""What stands behind a configuration that was filtered to its end; no text file has it."""
_JOBS: Final = {
    What.TEXT: "text",
    What.CERTIFICATES: "certificates",
    What.KEY: "key",
    What.SIZE: "size",
}
_SHELL: Final = r"""
LC_ALL=C; export LC_ALL
ulimit -t 30 2>/dev/null  # seconds, of each program
barred() {
  case "$1" in *[*?[]*) return 0;; esac
  up=$1
  while [ "$up" != / ] && [ "$up" != . ]; do
    up=$(dirname -- "$up")
    if [ -d "$up" ]; then if [ -x "$up" ]; then return 1; else return 0; fi; fi
  done
  return 1
}
there() {
  if [ ! -e "$1" ]; then
    if barred "$1"; then echo "= $2 unreadable"; else echo "= $2 missing"; fi
    return 1
  fi
  at=$(readlink -f -- "$1" 2>/dev/null)
  case "$at" in
    /dev/shm/*) ;;
    /proc|/proc/*|/sys|/sys/*|/dev|/dev/*) echo "= $2 special"; return 1;;
  esac
  if [ -d "$1" ]; then echo "= $2 folder"; return 1; fi
  if [ ! -f "$1" ]; then echo "= $2 special"; return 1; fi
  if [ ! -r "$1" ]; then echo "= $2 unreadable"; return 1; fi
  if [ ! -s "$1" ]; then echo "= $2 file"; return 1; fi
  if [ "$(wc -c < "$1")" -gt 8388608 ]; then echo "= $2 large"; return 1; fi
}
blocks() {
  awk '{ was = on }
    /-----BEGIN / { on = 0 }
    /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/ { on = 1 }
    on || (was && /-----END /) { sub(/PRIVATE KEY-----.*/, "PRIVATE KEY-----"); print }
    /-----END / { on = 0 }' < "$1"
}
state() {
  if ! grep -q "PRIVATE KEY" < "$1"; then echo file
  elif grep -q -e "BEGIN ENCRYPTED PRIVATE" -e "^Proc-Type: 4,ENCRYPTED" < "$1"; then echo locked
  else echo key; fi
}
certificates() {
  there "$1" "$2" || return
  echo "= $2 $(state "$1")"
  if grep -q -E -e "-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----" < "$1"; then
    blocks "$1" | base64
  elif command -v openssl > /dev/null; then
    openssl x509 -inform DER -outform DER < "$1" 2>/dev/null | base64
  fi
}
key() {
  there "$1" "$2" || return
  case "$(state "$1")" in
    locked) echo "= $2 locked";;
    *) echo "= $2 key";;
  esac
}
size() {
  there "$1" "$2" || return
  echo "= $2 file"; wc -c < "$1"
}
text() {
  there "$1" "$2" || return
  if grep -q "PRIVATE KEY" < "$1"; then certificates "$1" "$2"; return; fi
  if [ "$(tr -d '\000-\010\016-\032\034-\037' < "$1" | wc -c)" -ne "$(wc -c < "$1")" ]; then
    echo "= $2 binary"; return
  fi
  echo "= $2 text"
  awk -v HIDDEN=LS0tLS0= '@FILTER@' < "$1" | base64
}
many() {
  folder=$(dirname -- "$1"); shut=
  case "$folder" in
    *[*?[]*) ;;
    *) if [ -d "$folder" ]; then { [ -r "$folder" ] && [ -x "$folder" ]; } || shut=yes
       elif barred "$folder"; then shut=yes; fi;;
  esac
  if [ -n "$shut" ]; then printf '+ %s %s\n' "$2" "$1"; return; fi
  for each in $1; do
    case "$each" in /proc/*|/sys/*|/dev/*) continue;; esac
    if [ -e "$each" ] || [ -L "$each" ]; then printf '+ %s %s\n' "$2" "$each"; fi
  done
}
"""


def _encoded(text: bytes) -> str:
    """A pattern for what Base64 makes of a text, wherever in its threes of bytes it begins."""
    found = []
    for before in range(3):
        whole = b64encode(b"\0" * before + text).decode().rstrip("=")
        spoilt = (len(text) + before) % 3 != 0  # the last one depends on what follows
        found.append(whole[(before * 8 + 5) // 6 : len(whole) - spoilt].replace("+", "[+]"))
    return "|".join(found).replace("/", "\\/")


@cache
def script() -> str:
    """The functions of the shell that decide what is sent."""
    text = Path(__file__).with_name("filter.awk").read_text("utf-8")
    lines = (each for each in text.split("\n") if not each.startswith("#"))
    filtering = "\n".join(lines)
    for name, pattern in (
        ("PRIVATE", _encoded(b"PRIVATE KEY")),
        ("CERTIFICATE", _encoded(b"CERTIFICATE-----")),
        ("TELLING", telling.TELLING),
        ("IN_CAPITALS", telling.IN_CAPITALS),
        ("HARMLESS", telling.HARMLESS),
    ):
        filtering = filtering.replace(f"@{name}@", pattern)
    return _SHELL.replace("@FILTER@", filtering)


@dataclass(slots=True)
class Remote:
    """The files of ``login`` as a ``Library``; ``fetch`` gets what was asked for and missed."""

    login: str
    port: int | None = None
    options: tuple[str, ...] = ()
    complete: bool = True
    _files: dict[tuple[str, What], bytes | Absence] = field(default_factory=dict)
    _found: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _wanted: dict[tuple[str, What], None] = field(default_factory=dict)
    _patterns: dict[str, None] = field(default_factory=dict)
    _left: int = MAX_OUTPUT
    _until: float = 0.0

    def read(self, path: str, what: What = What.TEXT) -> bytes | Absence:
        """The content, if it was fetched; else it is noted, and not known."""
        if (path, what) not in self._files:
            if not _SAFE.fullmatch(path) and not _plain(path):
                return Absence.UNKNOWN
            self._wanted[path, what] = None
        return self._files.get((path, what), Absence.UNKNOWN)

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
        """Gets it. Raises UsageError where the host cannot be reached, or its time is over: all
        that is fetched from a host has one."""
        files, patterns = list(self._wanted)[:MAX_FILES], list(self._patterns)
        self._wanted.clear()
        self._patterns.clear()
        lines = [script()]
        lines += [f"many {shlex.quote(each)} {n}" for n, each in enumerate(patterns)]
        lines += [f"{_JOBS[what]} {shlex.quote(each)} {n}" for n, (each, what) in enumerate(files)]
        where = ("-p", str(self.port)) if self.port is not None else ()
        text = "\n".join(lines).encode()
        self._until = self._until or asyncio.get_running_loop().time() + sshclient.PATIENCE
        options = (*self.options, *where)
        output = await output_of(self.login, options, text, self._left, self._until)
        self._left -= len(output)
        for each in patterns:
            self._found[each] = ()
        for asked in files:
            self._files[asked] = Absence.UNKNOWN
        self._take(output, files, patterns)

    def _take(self, output: bytes, files: list[tuple[str, What]], patterns: list[str]) -> None:
        body: list[bytes] = []
        current: tuple[tuple[str, What], str] | None = None

        def close() -> None:
            if current is not None:
                asked, state = current
                self._files[asked] = _content(asked[1], state, body)

        for line in output.split(b"\n"):
            if line.startswith(b"= "):
                close()
                body, current = [], None
                number, _, state = line[2:].decode("ascii", "replace").partition(" ")
                place = whole_number(number)
                if place is None or place >= len(files):
                    continue
                asked = files[place]
                if state in _STATES:
                    self._files[asked] = _STATES[state]
                else:
                    current = (asked, state)
            elif line.startswith(b"+ "):
                number, _, name = line[2:].decode("utf-8", "replace").partition(" ")
                place = whole_number(number)
                if place is not None and place < len(patterns):
                    pattern = patterns[place]
                    self._found[pattern] = tuple(sorted((*self._found[pattern], name)))
            else:
                body.append(line)
        close()


def _plain(path: str) -> bool:
    """Whether a path may be quoted for a shell: printable, and no pattern."""
    return path.startswith("/") and path.isprintable() and len(path) < 1024


def _content(what: What, state: str, body: list[bytes]) -> bytes | Absence:
    """What was sent of a file; of a secret its size in null bytes. A configuration that does not
    come to its end is none: half of it would say something else."""
    if what is What.SIZE:
        number = whole_number(b"".join(body).strip().decode("ascii", "replace"))
        return bytes(min(number or 0, MAX_SIZE))
    content = _decoded(b"".join(body))
    if state == "text":
        return content.removesuffix(_END) if content.endswith(_END) else Absence.LARGE
    return content + _BESIDE.get(state, b"")


def _decoded(text: bytes) -> bytes:
    try:
        return b64decode(text)
    except ValueError:
        return b""
