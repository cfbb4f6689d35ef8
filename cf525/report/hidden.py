"""What is not repeated of what was typed: a value that may be a credential, or hold one.

Nobody can tell a credential by its look, so that what is repeated is what plainly is none: words as
people name things, short, with digits behind the letters at most. A value that is hidden needlessly
costs whoever pastes the command a look at it; a token in a ticket costs the account.
"""

import re
from typing import Final

from cf525.patterns import lazy_pattern

HIDDEN: Final = "HIDDEN"
"""In the place of what is not repeated."""

_NAME: Final = r"(?:[A-Z]?[a-z]{0,14}\d{0,3}|[A-Z]{1,15}\d{0,3}|\d{1,8})"
_PLAIN: Final = lazy_pattern(rf"{_NAME}(?:[-_.]{_NAME})*")
_BETWEEN: Final = lazy_pattern(r"[\s/:=@~,'\"]+")
"""What stands between the names of a command: blanks, and what a path or an address is made of."""
_MIXED: Final = lazy_pattern(r"(?<![^\W_])(?=[^\W\d_]*\d)(?=\d*[^\W\d_])[^\W_]{16,}")
"""A run of letters and digits as no name has it."""
_TELLING: Final = lazy_pattern(
    r"(?i)auth|cookie|cred|key|token|secret|sess|jwt|pass|pwd|otp|code|pin$|^sid$|sig|hash"
)
_SAYS_IT: Final = lazy_pattern(r"(?i)(?:^|[\s/'\"])(?:echo|printf|bearer|basic)(?:[\s'\"]|$)")
"""What stands before a token itself, where other commands name where it is kept."""
_PASSWORD: Final = lazy_pattern(r"(://[^\s:@]*:)\S*@")
_USER: Final = lazy_pattern(r"(?<=://)([^/?#\s]*)@")
"""All before the host of a URL, as far as a URL's parser takes it."""


def harmless(option: str, value: str) -> str:
    """The value of the option, or an argument (no option), without what may be a credential."""
    if option == "--header":
        name, colon, _ = value.partition(":")
        return f"{name}:{HIDDEN}" if colon else HIDDEN
    if option == "--token-command":
        return value if _names_a_place(value) else HIDDEN
    if option == "--path" or "://" in value:
        return _address(value)
    return value


def without_passwords(sentence: str) -> str:
    """A sentence that repeats what was typed, which may be no URL at all where it is refused."""
    return _PASSWORD.sub(rf"\1{HIDDEN}@", sentence)


def _names_a_place(command: str) -> bool:
    """Whether a command plainly says where a token is kept, not what it is."""
    options = (word for word in command.split() if word.startswith("-"))
    return (
        _SAYS_IT.search(command) is None
        and not any(_TELLING.search(word) for word in options)
        and all(_plain(each.lstrip("-")) for each in _BETWEEN.split(command))
    )


def _address(text: str) -> str:
    """A URL, or the path of one, that names the same place to people."""
    before, query, values = _USER.sub(_user, text).partition("?")
    before = "/".join(HIDDEN if _MIXED.search(part) else part for part in before.split("/"))
    return before + query + "&".join(_pair(each) for each in values.split("&"))


def _user(found: "re.Match[str]") -> str:
    name, colon, _ = found[1].partition(":")
    return f"{name if _plain(name) else HIDDEN}{colon and f':{HIDDEN}'}@"


def _pair(text: str) -> str:
    name, equals, value = text.partition("=")
    if not equals:
        return name if _plain(name) else HIDDEN
    kept = _plain(value) and not _TELLING.search(name)
    return f"{HIDDEN if _MIXED.search(name) else name}={value if kept else HIDDEN}"


def _plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None
