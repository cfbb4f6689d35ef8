"""Files that only their owner reads: written whole or not at all, locked against a second writer.

What is kept of a run (transcripts, captures, checkpoints) tells of hosts, origins and answers that
are nobody else's. Nothing here knows what is in them.
"""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

from cf525.errors import UsageError

MODE: Final = 0o600


def write(path: Path, content: bytes, *, force: bool = False) -> None:
    """Write a file that its owner alone may read; an existing one only with ``force``.

    A crash leaves the old file or the new one. What is no regular file (a pipe, a device) is
    written as it is. Raises UsageError.
    """
    write_pieces(path, (content,), force=force)


def write_pieces(path: Path, pieces: Iterable[bytes], *, force: bool = False) -> None:
    """The same of a content that comes in pieces, and need not fit into memory."""
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:
                device.writelines(pieces)
            return
        refuse_existing(path, force=force)
        handle, made = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            Path(made).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(made).unlink()
            raise
    except OSError as fault:
        raise UsageError(
            f"cannot write {path}: {fault.strerror}", hint="name a file in a writable folder"
        ) from None


def read(path: Path, most: int) -> bytes:
    """The first ``most`` bytes of a file of ours; a pipe or a device in its place is refused, as it
    would never end. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        return file.read(most)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise UsageError for a file that is there already, unless ``force`` says to replace it."""
    if path.is_file() and not force:
        raise UsageError(
            f"{path} exists already", hint="overwrite it with --force, or name another"
        )


def open_alone(path: Path, *, fresh: bool) -> IO[bytes]:
    """A file to append to, for its owner and for this process alone, until it is closed.

    ``fresh`` empties it. No link is followed: it may lead to what nobody meant. Raises OSError, and
    UsageError where another process writes to it.
    """
    flags = os.O_RDWR | (os.O_CREAT if fresh else 0) | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags, MODE)
    file = os.fdopen(handle, "r+b", buffering=0)
    try:
        _lock(file, path)
        if fresh and path.is_file():
            file.truncate(0)
    except BaseException:
        file.close()
        raise
    return file


def _lock(file: IO[bytes], path: Path) -> None:
    """A lock that ends with the process, where the system has such."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"another run writes to {path}", hint="wait for its end, or name another --checkpoint"
        ) from None
    except OSError:  # a file system without locks
        return
