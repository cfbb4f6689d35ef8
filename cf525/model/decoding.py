"""From the bytes of an answer or a file to plain data, within a budget and without odd values.

One place for all that an API, whoever poses as it, or whoever wrote a checkpoint or a plan may put
into JSON: too many values for the memory, numbers that are none, halves of characters. What is
refused is a ValueError.
"""

import json
from typing import Any, Final

from cf525.patterns import lazy_pattern

MOST_VALUES: Final = 600_000
"""Values of one answer, names of members among them: a page of 5,000 DNS records has 250,000."""
VALUE_BYTES: Final = 64
"""What a value costs in memory, at the least and nearly always."""
_MARKS: Final = (b",", b":", b"[", b"{")
_HALF: Final = lazy_pattern("[\\ud800-\\udfff]")


def values(content: bytes) -> int:
    """No fewer than there are, without reading them."""
    return sum(content.count(mark) for mark in _MARKS)


def weight(content: bytes) -> int:
    """About the bytes that the value will take in memory: one character beyond ASCII makes four of
    each that its text has."""
    wide = not content.isascii() or b"\\u" in content
    return len(content) * (4 if wide else 1) + VALUE_BYTES * values(content)


def decode(content: bytes, most: int = MOST_VALUES) -> Any:
    """The value. Raises ValueError for what is no JSON, and for what would cost too much."""
    if values(content) > most:
        raise ValueError(f"more than {most:,} values")
    try:
        found = json.loads(content, parse_constant=_no_number)
        return _whole(found) if b"\\ud" in content.lower() else found
    except RecursionError:
        raise ValueError("nested too deeply") from None


MOST_DIGITS: Final = 15


def whole_number(value: object) -> int | None:
    """A whole number that is not below nothing, written as one or as its decimal digits; None for
    all else that an API may give for one: other scripts' digits, too many, a truth value."""
    if isinstance(value, str):
        plain = value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS
        return int(value) if plain else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < 10**MOST_DIGITS else None


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
