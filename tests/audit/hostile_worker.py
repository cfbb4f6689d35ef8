"""Preloaded into a worker of Dask: what it says of its version runs a program where it is read.

It leaves what that process knows of the environment in the file ``loot`` of the worker's folder.
"""

import os
from pathlib import Path
from typing import Any

from cf525.audit.engine import task

LOOT = "loot"


class _Loaded:
    def __init__(self, file: str) -> None:
        self._file = file

    def __reduce__(self) -> Any:
        return os.system, (f"tr '\\0' '\\n' </proc/$PPID/environ >'{self._file}'",)


def dask_setup(worker: Any) -> None:
    """What Dask calls as the worker starts."""
    file = str(Path(worker.local_directory) / LOOT)
    setattr(task, "version", lambda: _Loaded(file))  # noqa: B010
