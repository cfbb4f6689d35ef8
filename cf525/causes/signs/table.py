"""Everything that can be recognised, as ``servers.toml`` tells it: names, kin and signs.

Reads the table and no more; what a case shows of it is told by ``signs.server``.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from cf525.patterns import lazy_pattern
from cf525.values import dataclass

OWN: Final = r"[^.]*(\.(local(domain|host)?|lan|home(\.arpa)?|internal|intern|intranet|corp|test))?"
"""The end of a name that no public domain is behind (RFC 6762 appendix G, RFC 8375, RFC 6761)."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing by which a platform is known. ``patterns`` must all be found, in any case of
    letters; what each fits begins with its one of ``starts``, in small letters."""

    platform: str
    patterns: tuple[re.Pattern[str], ...]
    starts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Platform:
    """A server, a platform or a device: its names, and whose remedies do for it."""

    name: str
    also: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()
    stand_in: bool = False
    renews: bool = False
    device: bool = False
    managed: bool = False
    chosen: bool = False
    unnamed: bool = False
    library: bool = False
    refuses_since: str = ""
    loads: str = ""

    @property
    def closed(self) -> bool:
        """Whether what holds for every server cannot be carried out there: it is a device, a
        service that is no site, somebody else's server, or one that has no sites in files."""
        return self.device or self.renews or self.managed


@cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    import tomllib

    file = resources.files("cf525.causes.signs") / "servers.toml"
    return tuple(tomllib.loads(file.read_text("utf-8"))["platform"])


@cache
def known_platforms() -> Mapping[str, Platform]:
    """Everything that can be recognised, by its name, in the order of the table."""
    flags = ("stand_in", "renews", "device", "managed", "chosen", "unnamed", "library")
    return {
        row["name"]: Platform(
            name=row["name"],
            also=tuple(row.get("also", ())),
            kin=tuple(row.get("kin", ())),
            refuses_since=row.get("refuses_since", ""),
            loads=row.get("loads", ""),
            **{flag: bool(row.get(flag)) for flag in flags},
        )
        for row in _rows()
    }


@cache
def signs(kind: str) -> tuple[Sign, ...]:
    """The signs of one kind: a member of the table's rows."""
    return tuple(
        Sign(
            row["name"],
            tuple(lazy_pattern(part, re.IGNORECASE) for part in parts),
            tuple(map(_start, parts)),
        )
        for row in _rows()
        for each in row.get(kind, ())
        for parts in [_parts(kind, each)]
    )


def _start(pattern: str) -> str:
    """The plain letters with which whatever fits a pattern begins: asked first, as to compile
    every pattern of a table takes longer than a verdict."""
    plain = re.match(r"[A-Za-z0-9 =-]*", pattern)
    assert plain is not None
    repeated = pattern[plain.end() : plain.end() + 1] in tuple("*?{")
    return plain[0][:-1].lower() if repeated else plain[0].lower()


def _parts(kind: str, written: str) -> list[str]:
    if kind not in ("subject", "issuer", "issuer_default"):
        return [written]
    return written.replace("@own", OWN).split("; ")


@cache
def domains() -> Mapping[str, str]:
    return {domain: row["name"] for row in _rows() for domain in row.get("domain", ())}


@cache
def _spellings() -> Mapping[str, str]:
    """Every way to name a platform that can be recognised, and its own name."""
    found = {_plain(each.name): each.name for each in known_platforms().values()}
    for each in known_platforms().values():
        for other in each.also:
            found.setdefault(_plain(other), each.name)
    return {said: name for said, name in found.items() if not known_platforms()[name].unnamed}


def named(text: str) -> str:
    """The platform that a person calls so, in any case and with any separators; empty if none."""
    return _spellings().get(_plain(text), "")


def resembling(text: str) -> tuple[str, ...]:
    """Platforms whose names resemble what a person wrote."""
    import difflib

    wanted = _plain(text)
    near = difflib.get_close_matches(wanted, _spellings(), n=4, cutoff=0.6)
    within = [each for each in _spellings() if len(wanted) > 2 and wanted in each]
    return tuple(dict.fromkeys(_spellings()[each] for each in (*near, *within)))[:4]


def _plain(text: str) -> str:
    return re.sub(r"[\s!_./-]+", "", text.lower())


def self_renewing(platform: str) -> bool:
    """Whether a platform gets a certificate for the customer's name by itself, and needs DNS or
    HTTP of that name to reach it for that."""
    known = known_platforms().get(platform)
    return known is not None and known.renews


def kin_of(platform: str) -> tuple[str, ...]:
    """Whose remedies do for a platform that has none of its own, the nearest first."""
    found: dict[str, None] = {}
    near = [platform]
    while near:
        known = known_platforms().get(near.pop(0))
        fresh = [each for each in (known.kin if known is not None else ()) if each not in found]
        found |= dict.fromkeys(fresh)
        near += fresh
    return tuple(each for each in found if each != platform)


def lenders_of(platform: str) -> tuple[str, ...]:
    """Whose remedies do for a platform, the nearest first: its kin, but no library's."""
    known = known_platforms()
    return tuple(each for each in kin_of(platform) if each in known and not known[each].library)
