"""Regular expressions that are compiled when they are first used.

A command loads the modules of many causes and readers and uses the patterns of few; to compile
them all took longer than a verdict. Patterns stay constants beside the code that uses them.
"""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as lazy_pattern
else:

    class lazy_pattern:  # noqa: N801  # stands where re.compile stood
        """As ``re.compile``: what it is asked for comes from the compiled pattern, and is kept."""

        def __init__(self, text: str | bytes, flags: int = 0) -> None:
            self._given = (text, flags)

        def __getattr__(self, name: str) -> Any:
            found = getattr(re.compile(*self._given), name)
            setattr(self, name, found)
            return found

        def __reduce__(self) -> Any:
            return re.compile, self._given


__all__ = ["lazy_pattern"]
