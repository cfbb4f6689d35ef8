"""Sentences of a page where only a part of them is shown, or where they stand behind a name."""

import re
from typing import Final

from cf525.patterns import lazy_pattern

_BETWEEN: Final = lazy_pattern(r"(?<=[.?!])(?<!e\.g\.)(?<!i\.e\.) (?=[A-Z`\"(])")
"""Between two sentences; a colon or a semicolon ends none."""

_PLAIN_WORDS: Final = (
    *("Add", "Give", "Use", "Put", "See", "Let", "Set", "Renew", "Take", "Write", "Import", "Make"),
    *("Install", "Map", "Choose", "Restart", "Reload", "Copy", "Find", "Connect", "Point", "Load"),
    *("Forward", "Order", "Name", "Allow", "Switch", "Enable", "Upload", "Export", "Read", "Send"),
    *("Remove", "Drop", "End", "Keep", "Ask", "Start", "Stop", "Turn", "Try", "Change", "Replace"),
    *("Move", "Mount", "Append", "Delete", "Create", "Build", "Trust", "Bind", "Open", "Close"),
    *(
        "Offer",
        "Look",
        "Search",
        "Update",
        "Upgrade",
        "Check",
        "Get",
        "Bring",
        "Compare",
        "Raise",
        "Lower",
    ),
    *("One", "Every", "No", "Either", "For", "As", "By", "From", "After", "Before", "Until"),
    *("Without", "Under", "This", "That", "These", "Its", "There", "Behind", "Beside", "Such"),
    *(
        "Exempt",
        "The",
        "A",
        "An",
        "What",
        "Where",
        "In",
        "On",
        "With",
        "At",
        "If",
        "It",
        "Both",
        "Files",
    ),
)
"""Words that are written small behind a platform's name; all others may be names themselves."""


def after_name(platform: str, words: str) -> str:
    """A sentence as it reads behind 'platform: ', without the name once more."""
    if words.lower().startswith(f"{platform.lower()} "):
        return words[len(platform) + 1 :]
    return small(words)


def small(words: str) -> str:
    """A sentence as it reads behind a colon."""
    first = words.partition(" ")[0]
    return words[:1].lower() + words[1:] if first in _PLAIN_WORDS else words


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, each with what ends it."""
    return tuple(each for each in _BETWEEN.split(text) if each)


def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a sentence."""
    return re.split(r"(?<=[.;]) (?=[A-Z])", text, maxsplit=1)[0]
