"""How this program starts itself again: the words and the import path of a Python of its own.

It says where a child may import from, and no more: what the child gets to see of the environment is
the caller's to say. The working directory, which may be anybody's (a checkout, a shared folder), is
no place to import from: ``-m`` alone would put it before the standard library.
"""

import os
import sys
from typing import Final

PATH_VARIABLE: Final = "PYTHONPATH"
PYTHON: Final = sys.executable
"""The one in use; empty where it is not known."""


def words(module: str) -> tuple[str, ...]:
    """The command that runs a module of this program."""
    return (sys.executable, "-P", "-m", module)


def alone(file: str) -> tuple[str, ...]:
    """The command that runs one file of this program which imports nothing of it."""
    return (sys.executable, "-I", "-S", file)


def import_path() -> str:
    """From where this process imports, for the same variable of a child; never from where it
    happens to stand."""
    return os.pathsep.join(each for each in sys.path if each)
