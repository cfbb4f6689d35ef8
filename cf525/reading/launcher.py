"""Started as a program by ``confined``: takes away what the next program does not need, then
becomes it. Imports nothing of this package, so that it starts at once.

Its words: the process that it ends with, the only folder to write in, the program and its words.
"""

import ctypes
import os
import resource
import signal
import struct
import sys

MEMORY = 512 << 20
SPACE = 8 << 30
"""Of addresses: Go sets aside far more than it uses."""
SECONDS = 20
PROGRAMS = (
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr/bin", "/usr/sbin", "/usr/lib"),
    *("/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/local/bin", "/usr/local/lib"),
    *("/nix/store", "/gnu/store", "/usr/share/zoneinfo", "/etc/localtime"),
    *("/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld.so.conf"),
)
"""Where programs and libraries are: what a program needs to start, and nothing of anybody's."""
_PARENT_DIES, _NO_NEW_RIGHTS = 1, 38
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_FILE, _ALL_FILES = 0b0110, 0x1FFF  # reading is bit 2, writing 1, executing 0
_READ = 0b1101  # execute, read a file, list a folder
_OF_A_FILE = 0b0111


def limited() -> None:
    """Bounds, none of them above what this process has."""
    for kind, most in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_AS, SPACE),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            continue


def bound_to(parent: int) -> None:
    """Ends with the process that asked, on Linux."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PARENT_DIES, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before
        os._exit(1)


def shut_in(folder: str, program: str) -> None:
    """Only programs can be read, and the folder; no address can be reached. Nothing happens where
    the kernel has no Landlock."""
    if not sys.platform.startswith("linux"):
        return
    system = ctypes.CDLL(None, use_errno=True).syscall
    version = system(_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return
    files = _ALL_FILES | (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0)
    rules = struct.pack("=QQ", files, 0b11 if version >= 4 else 0)
    ruleset = system(_CREATE, rules, ctypes.c_size_t(len(rules) if version >= 4 else 8), 0)
    if ruleset < 0:
        return
    for place in (*PROGRAMS, os.path.realpath(program)):
        _allow(system, ruleset, place, _READ)
    _allow(system, ruleset, folder, files & ~1)
    _allow(system, ruleset, "/dev/null", _OF_A_FILE & ~1)
    ctypes.CDLL(None).prctl(_NO_NEW_RIGHTS, 1, 0, 0, 0)
    system(_RESTRICT, ruleset, 0)
    os.close(ruleset)


def _allow(system: "ctypes._NamedFuncPointer", ruleset: int, place: str, rights: int) -> None:
    try:
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(place):  # noqa: PTH112 - pathlib would take longer than all else
        rights &= _OF_A_FILE
    system(_ADD, ruleset, 1, struct.pack("=Qi", rights, opened), 0)
    os.close(opened)


def main(words: list[str]) -> None:
    parent, folder, *program = words
    bound_to(int(parent))
    limited()
    shut_in(folder, program[0])
    try:
        os.execv(program[0], program)  # noqa: S606 - the caller's program, without a shell
    except OSError:
        os._exit(126)


if __name__ == "__main__":
    main(sys.argv[1:])
