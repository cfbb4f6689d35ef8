"""The packages that only one feature needs, and what to type where one is missing.

The one table of them beside pyproject.toml, to which a test holds it. Installs nothing, and names
no index: the packages are put beside cf525, however that was installed.
"""

import os
import shlex
import sys
from typing import Final

from cf525 import child
from cf525.errors import UsageError

EXTRAS: Final = {
    "dask": "distributed>=2025.1",
    "lint": "pyyaml>=6",
    "mcp": "mcp>=2.3,<3",
    "notify": "apprise>=1.9",
}
"""The package of each extra, as pip takes it."""


def missing(what: str, extra: str) -> UsageError:
    """The error of a feature whose package is not here."""
    return UsageError(
        f"{what} needs a package that is not installed (the extra {extra})", hint=_how(extra)
    )


def _how(extra: str) -> str:
    package = shlex.quote(EXTRAS[extra])
    if os.environ.get("PEX"):  # set by the single file for what it runs
        return f"it is not in the single file; install the wheel: pipx install 'FILE.whl[{extra}]'"
    if "/pipx/venvs/" in f"{sys.prefix}/":
        return f"pipx inject cf525 {package}"
    python = shlex.quote(child.PYTHON or "python3")
    if "/uv/tools/" in f"{sys.prefix}/":
        return f"uv pip install --python {python} {package}"
    return f"{python} -P -m pip install {package}"
