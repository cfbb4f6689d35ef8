"""From the bytes of an answer to plain data, within a budget and without odd values.

One place for all that an API, or whoever poses as it, may put into JSON: too many values for the
memory, numbers that are none, halves of characters. What is refused is a ValueError.
"""

import json
import re
from typing import Any, Final

MOST_VALUES: Final = 1_500_000
"""Values of one answer, names of members among them: a page of 5,000 DNS records has about 200,000;
each costs some 60 bytes once it is an object."""
_MARKS: Final = (b",", b":", b"[", b"{")
_HALF: Final = re.compile("[\\ud800-\\udfff]")


def decode(content: bytes) -> Any:
    """The value. Raises ValueError for what is no JSON, and for what would cost too much."""
    values = sum(content.count(mark) for mark in _MARKS)
    if values > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES:,} values")
    try:
        found = json.loads(content, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return _whole(found) if b"\\ud" in content.lower() else found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _whole(value: Any) -> Any:
    """The same with a replacement character for each half of one, which no encoding can write."""
    if isinstance(value, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(each) for name, each in value.items()}
    return value
