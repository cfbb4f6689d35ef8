"""The last whole reports, for an assistant that wants more than the answer: bounded, in memory."""

import json
from collections import OrderedDict
from typing import Final

MOST_REPORTS: Final = 20
PART: Final = 60_000
"""Characters of one part of a report."""


class Kept:
    """Reports as JSON by number, the oldest of which is forgotten."""

    def __init__(self) -> None:
        self._texts: OrderedDict[int, str] = OrderedDict()
        self._last = 0

    def keep(self, text: str) -> int:
        """Keep one; its number."""
        self._last += 1
        self._texts[self._last] = text
        while len(self._texts) > MOST_REPORTS:
            self._texts.popitem(last=False)
        return self._last

    def part(self, number: int, part: int) -> str:
        """One part as a JSON object: ``part``, ``parts``, ``text``. Raises KeyError.

        The text stands inside a string, so that no part of it can pass for the end of the part.
        """
        text = self._texts[number]
        parts = -(-len(text) // PART) or 1
        if not 1 <= part <= parts:
            raise KeyError(part)
        shown = text[(part - 1) * PART : part * PART]
        return json.dumps({"part": part, "parts": parts, "text": shown})
