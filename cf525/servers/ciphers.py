"""OpenSSL's cipher strings, evaluated as OpenSSL 3 does: which suites a server has switched on.

The suites are those of the registry that a usual build of OpenSSL 3 has; suites with a
pre-shared key, SRP or GOST are left out, as no edge offers them. What a string says of those is
read and has no effect here.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from cf525.model.registry import SUITES
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

_SEPARATORS: Final = lazy_pattern(r"[:, ;]+")
_ABSENT: Final = lazy_pattern(r"RC4|DES-CBC|IDEA|MD5|NULL-SHA$|CAMELLIA.*GCM|KRB5|DSS-SEED|EXP")
"""Suites that the usual build of OpenSSL 3 has not (``no-weak-ssl-ciphers``, no IDEA)."""


@dataclass(frozen=True, slots=True)
class _Suite:
    code: int
    name: str
    tags: frozenset[str]
    bits: int


def _tags(name: str) -> frozenset[str]:
    parts = name.split("-")
    tags: set[str] = {"ALL"}
    if name.startswith("ADH"):
        tags |= {"ADH", "aNULL", "kDHE", "kEDH", "DH"}
    elif name.startswith("DHE"):
        tags |= {"DHE", "EDH", "kDHE", "kEDH", "DH"}
        tags |= {"aDSS", "DSS"} if "DSS" in parts else {"aRSA"}
    elif name.startswith("ECDHE"):
        tags |= {"ECDHE", "EECDH", "kECDHE", "kEECDH", "ECDH"}
        tags |= {"aECDSA", "ECDSA"} if "ECDSA" in parts else {"aRSA"}
    else:
        tags |= {"kRSA", "RSA", "aRSA"}
    tags |= _bulk(name)
    aead = any(each in name for each in ("GCM", "CCM", "POLY1305"))
    if aead:
        tags |= {"TLSv1.2"}
    elif name.endswith(("SHA256", "SHA384")):
        tags |= {"TLSv1.2", name[-6:]}
    else:
        tags |= {"SHA", "SHA1"}
        tags |= {"TLSv1", "TLSv1.0"} if name.startswith("ECDHE") else {"SSLv3"}
    return frozenset(tags)


def _bulk(name: str) -> set[str]:
    if "NULL" in name:
        return {"eNULL", "NULL"}
    for kind in ("CAMELLIA", "ARIA", "AES"):
        found = re.search(rf"{kind}(128|256)", name)
        if found is None:
            continue
        tags = {kind, f"{kind}{found[1]}", "HIGH"}
        if kind == "AES" and "GCM" in name:
            tags |= {"AESGCM"}
        elif kind == "ARIA":
            tags |= {"ARIAGCM"}
        elif "CCM" in name:
            tags |= {"AESCCM"} | ({"AESCCM8"} if name.endswith("CCM8") else set())
        return tags
    if "CHACHA20" in name:
        return {"CHACHA20", "HIGH"}
    return {"SEED", "MEDIUM"} if "SEED" in name else {"3DES", "MEDIUM"}


def _bits(name: str) -> int:
    if "256" in name.replace("SHA256", "") or "CHACHA20" in name:
        return 256
    return 0 if "NULL" in name else 128


@cache
def _all() -> tuple[_Suite, ...]:
    """Every suite up to TLS 1.2 that OpenSSL 3 has, in some order."""
    names = {
        code: name
        for code, name in SUITES.items()
        if not name.startswith("TLS_") and not _ABSENT.search(name)
    }
    names |= {0x003B: "NULL-SHA256", 0x0002: "NULL-SHA"}
    return tuple(_Suite(code, name, _tags(name), _bits(name)) for code, name in names.items())


@dataclass(frozen=True, slots=True)
class CipherList:
    """The suites that are on, and the security level that the string sets (None: the default)."""

    codes: tuple[int, ...]
    level: int | None = None


@lru_cache(maxsize=256)
def evaluated(text: str) -> CipherList:
    """The suites of TLS 1.2 and older that a cipher string switches on."""
    on: list[_Suite] = []
    dead: set[int] = set()
    level: int | None = None
    for written in _SEPARATORS.split(text.strip().strip("\"'")):
        token, _, command = written.partition("@")
        name, _, value = command.partition("=")
        if name == "SECLEVEL" and value.isdigit():
            level = int(value)
        if not token:
            continue
        sign = token[0] if token[0] in "!-+" else ""
        found = _selected(token[len(sign) :])
        codes = {each.code for each in found}
        if sign == "!":
            dead |= codes
        if sign in ("!", "-"):
            on = [each for each in on if each.code not in codes]
        elif sign == "+":
            moved = [each for each in on if each.code in codes]
            on = [each for each in on if each.code not in codes] + moved
        else:
            have = {each.code for each in on} | dead
            on += [each for each in found if each.code not in have]
    least = 2 if level is None else level
    return CipherList(tuple(each.code for each in on if _allowed(each, least)), level)


def _allowed(suite: _Suite, level: int) -> bool:
    """OpenSSL's security levels (SSL_CTX_set_security_level), for suites alone."""
    if level == 0:
        return True
    if "aNULL" in suite.tags or "eNULL" in suite.tags:
        return False
    if level >= 3 and "kRSA" in suite.tags:
        return False
    return suite.bits >= {1: 80, 2: 112, 3: 128, 4: 192}.get(level, 256)


@lru_cache(maxsize=1024)
def _selected(expression: str) -> tuple[_Suite, ...]:
    return tuple(_matching(expression))


def _matching(expression: str) -> list[_Suite]:
    if expression in ("DEFAULT", "COMPLEMENTOFDEFAULT"):
        return _default() if expression == "DEFAULT" else []
    if expression == "COMPLEMENTOFALL":
        return [each for each in _all() if "eNULL" in each.tags]
    by_name = [each for each in _all() if each.name == expression]
    if by_name:
        return by_name
    wanted = expression.split("+")
    known = _known()
    if any(each not in known for each in wanted):
        return []
    names_null = any(each in ("eNULL", "NULL") for each in wanted)
    return [
        each
        for each in _all()
        if all(tag in each.tags for tag in wanted) and (names_null or "eNULL" not in each.tags)
    ]


@cache
def _known() -> frozenset[str]:
    return frozenset(tag for each in _all() for tag in each.tags)


def _default() -> list[_Suite]:
    """ALL without what authenticates or encrypts nothing."""
    return [
        each
        for each in _all()
        if not each.tags & {"aNULL", "eNULL", "aDSS", "CAMELLIA", "ARIA", "SEED", "AESCCM"}
    ]


def known_suite(name: str) -> int | None:
    """The code point of a suite by its OpenSSL name, of any version."""
    return _by_name().get(name)


@cache
def _by_name() -> dict[str, int]:
    return {name: code for code, name in SUITES.items()}


def names_of(codes: Iterable[int], most: int = 4) -> str:
    """The suites in words, the first ones of many."""
    names = [SUITES.get(code, f"0x{code:04X}") for code in codes]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


DEFAULT: Final = "DEFAULT"
