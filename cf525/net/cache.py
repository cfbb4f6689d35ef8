"""Where this tool keeps what it downloaded, and how it writes there.

One directory per user; files are replaced as a whole, so that two runs at once cannot leave half
a file. Losing the directory loses nothing but time.
"""

import contextlib
import os
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
        return Path(tempfile.gettempdir()) / "cf525"


def published_list() -> Path:
    """Where Cloudflare's published list of roots is kept."""
    return cache_dir() / "cfssl_trust-ca-bundle.crt"


def replace_file(path: Path, content: bytes) -> None:
    """Write ``path`` so that readers see the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
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
        if now - path.stat().st_mtime > max_age:
            return None
        return path.read_bytes()
    except OSError:
        return None
