"""Encryption modes: what each makes of a visitor's request on the way to the origin.

Sources: developers.cloudflare.com/ssl/origin-configuration/ssl-modes (index, off, flexible,
full, full-strict, ssl-only-origin-pull).
"""

from typing import Final

NAMES: Final = {
    "off": "Off (not secure)",
    "flexible": "Flexible",
    "full": "Full",
    "strict": "Full (strict)",
    "origin_pull": "Strict (SSL-Only Origin Pull)",
}

UNKNOWN: Final = "unknown"

SPELLINGS: Final = {
    "off": "off",
    "offnotsecure": "off",
    "flexible": "flexible",
    "full": "full",
    "fullnotstrict": "full",
    "strict": "strict",
    "fullstrict": "strict",
    "originpull": "origin_pull",
    "strictoriginpull": "origin_pull",
    "sslonlyoriginpull": "origin_pull",
    "strictsslonlyoriginpull": "origin_pull",
}
"""How the API, the dashboard, Terraform and people write a mode, in letters alone: case, spaces
and punctuation tell nothing."""


def read_mode(text: str) -> str | None:
    """The API's value of a mode as anybody writes it; None for what is no mode."""
    return SPELLINGS.get("".join(each for each in text.lower() if each.isalnum()))


def mode_name(mode: str) -> str:
    """The dashboard's name of an API value; an unknown value prints as itself."""
    return NAMES.get(mode, mode)


def validates(mode: str) -> bool | None:
    """Whether the edge judges the origin's certificate in this mode; None if it is not known."""
    if mode in ("strict", "origin_pull"):
        return True
    return False if mode in NAMES else None


def origin_leg(mode: str, scheme: str, port: int, fixed: int | None = None) -> tuple[str, int]:
    """Scheme and port the edge uses towards the origin for a visitor's scheme and port. A port
    that an Origin Rule, an endpoint or a person has ``fixed`` holds in every mode.

    Full and strict mirror the visitor's scheme; Flexible speaks plain HTTP only for visitors on
    443 and acts as Full on the other HTTPS ports; SSL-Only Origin Pull always speaks TLS. An
    unknown mode is taken to mirror the visitor, which the caller must say.
    """
    spoken, asked = _by_mode(mode, scheme, port)
    return (spoken, asked if fixed is None else fixed)


def _by_mode(mode: str, scheme: str, port: int) -> tuple[str, int]:
    if mode == "origin_pull":
        return ("https", 443 if port == 80 else port)
    if mode == "off":
        return ("http", 80 if scheme == "https" and port == 443 else port)
    if mode == "flexible" and scheme == "https" and port == 443:
        return ("http", 80)
    return (scheme, port)
