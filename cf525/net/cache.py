"""Where this tool keeps what it downloaded, and how it writes there.

One directory per user, and nothing in it is believed that somebody else could have written; files
are replaced as a whole, so that two runs at once cannot leave half a file.
Losing the directory loses nothing but time.
"""

import contextlib
import errno
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Final

DIRECTORY_VARIABLE: Final = "CF525_CACHE_DIR"


def cache_dir() -> Path:
    """The user's cache directory for this tool; it need not exist."""
    chosen = os.environ.get(DIRECTORY_VARIABLE)
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        return Path(base).expanduser() / "cf525"
    except RuntimeError:  # no home directory
        return Path(tempfile.gettempdir()) / f"cf525-{os.geteuid()}"


def published_list() -> Path:
    """Where Cloudflare's published list of roots is kept."""
    return cache_dir() / "cfssl_trust-ca-bundle.crt"


def own(path: Path) -> bool:
    """Whether what stands at ``path`` is of this user (or of root) alone: nobody else can have
    written it, nor put it there. What is kept decides whom this tool believes.

    The folder it stands in counts too, and each above it as far as the cache goes.
    """
    if not hasattr(os, "geteuid"):  # Windows, whose folders of a user are the user's
        return True
    top = cache_dir()
    inside = path == top or top in path.parents
    try:
        while _of_this_user(path):
            if path == top or not inside:
                return inside or _of_this_user(path.parent)
            path = path.parent
    except OSError:
        pass
    return False


def _of_this_user(path: Path) -> bool:
    """A link counts as what it leads to, and has an owner of its own. Raises OSError."""
    found = path.stat()
    owners = {found.st_uid, path.lstat().st_uid}
    return owners <= {0, os.geteuid()} and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def replace_file(path: Path, content: bytes) -> None:
    """Write ``path`` so that readers see the old content or the new, never a part."""
    for folder in (*reversed(path.parent.parents), path.parent):  # of parents mkdir gives no mode
        folder.mkdir(exist_ok=True, mode=0o700)
    if not own(path.parent):
        raise PermissionError(errno.EPERM, "others can write to the folder, or made it")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def read_young(path: Path, now: float, max_age: float) -> bytes | None:
    """The content of ``path`` if it was written less than ``max_age`` seconds before ``now``."""
    try:
        if not own(path) or now - path.stat().st_mtime > max_age:
            return None
        return path.read_bytes()
    except OSError:
        return None
