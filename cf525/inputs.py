"""Opens the files that a person names: certificates, reports, tokens, plans.

A named pipe is read as ``<(command)`` of a shell gives one; one that nobody writes to is empty, and
not waited for without end. How much is read is the reader's.
"""

import os
from pathlib import Path
from typing import IO


def open_given(path: Path) -> IO[bytes]:
    """The file for reading. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    if hasattr(os, "set_blocking"):
        os.set_blocking(handle, True)
    try:
        return os.fdopen(handle, "rb")
    except OSError:
        os.close(handle)
        raise
