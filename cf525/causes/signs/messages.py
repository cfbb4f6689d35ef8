"""What error messages and log lines mean, by the software that writes them.

For people who paste a line and want to know what it says of the link between Cloudflare and the
origin. Nothing else in the product looks at a message's text: a diagnosis rests on bytes. The
table is ``messages.toml``.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

LONGEST: Final = 4_000
"""Characters of a pasted text that are looked at."""


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One kind of message, who writes it, what it means, and the causes it fits."""

    patterns: tuple[re.Pattern[str], ...]
    software: str
    meaning: str
    causes: tuple[str, ...]


def fitting(text: str) -> tuple[LogMessage, ...]:
    """The messages that a pasted text contains, the longest match first."""
    found = sorted(_found(text[:LONGEST]), key=lambda pair: -pair[0])
    return tuple(message for _, message in found)


def _found(text: str) -> Iterator[tuple[int, LogMessage]]:
    for message in messages():
        lengths = [len(hit[0]) for each in message.patterns if (hit := each.search(text))]
        if lengths:
            yield max(lengths), message


@cache
def messages() -> tuple[LogMessage, ...]:
    """The whole table."""
    file = resources.files("cf525.causes.signs") / "messages.toml"
    return tuple(
        LogMessage(
            patterns=tuple(re.compile(each, re.IGNORECASE) for each in row["patterns"]),
            software=row["software"],
            meaning=row["meaning"],
            causes=tuple(row["causes"]),
        )
        for row in tomllib.loads(file.read_text("utf-8"))["message"]
    )
