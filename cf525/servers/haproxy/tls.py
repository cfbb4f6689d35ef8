"""HAProxy's TLS parameters as settings: of the bind, of a list's line, and of ``global``; and which
of them to blame where nothing is in common.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cf525.model import Place
from cf525.model.registry import TLS12, TLS13
from cf525.servers.ciphers import DEFAULT, evaluated
from cf525.servers.foretold import Edit
from cf525.servers.handshake import OPENSSL_GROUPS, SUITES13, Lack, Refusal, Settings
from cf525.servers.haproxy.check import VERSIONS
from cf525.servers.haproxy.model import (
    Bind,
    Entry,
)
from cf525.servers.haproxy.reader import Config, Line
from cf525.servers.lines import LineMender
from cf525.servers.openssl import CIPHERS, CURVES, PROTOCOLS, read_groups, read_suites13

_CODES: Final = {name: PROTOCOLS[name] for name in VERSIONS}
_WRITTEN: Final = {name.lower().replace(".", ""): name for name in VERSIONS}
"""``tlsv12`` and its like, as words that force a version or leave it out."""


class Tls:
    """The settings of one configuration."""

    def __init__(self, config: Config, mender: LineMender) -> None:
        self.config = config
        self.mender = mender

    def settings(self, bind: Bind) -> Settings:
        ciphers = self._value(bind, "ciphers")[0] or DEFAULT
        listed = evaluated("DEFAULT" if ciphers.startswith("PROFILE=") else ciphers)
        suites13 = self._value(bind, "ciphersuites")[0]
        curves = self._value(bind, "curves")[0] or self._value(bind, "ecdhe")[0]
        return Settings(
            versions=self._versions(bind)[0],
            suites=listed.codes,
            suites13=read_suites13(suites13) if suites13 else SUITES13,
            groups=read_groups(curves)[0] if curves else OPENSSL_GROUPS,
            legacy=listed.level == 0,
        )

    def _value(self, bind: Bind, name: str) -> tuple[str, Line | None]:
        """The value of a setting on the bind, else the default that ``global`` has. Groups are
        those of the bind: what a list's line says of them has no effect (measured with 2.6)."""
        if name in ("curves", "ecdhe"):
            bind = replace(bind, own=None)
        if bind.has(name):
            return bind.value(name), bind.saying(name)
        line = self.config.setting(f"ssl-default-bind-{name}")
        if line is None or len(line.words) < 2:
            return "", None
        return line.words[1], line

    def _versions(self, bind: Bind) -> tuple[frozenset[int], Line]:
        """The versions that are on, and the line that says so. Beside a lowest or a highest one
        HAProxy ignores which are switched off, with a warning; a highest one below its lowest is
        the only one."""
        low, high, where = "", "TLSv1.3", bind.line
        off: set[int] = set()
        without, bounded = where, False
        for line in (*self._options(), bind.line, bind.own):
            if line is None:
                continue
            for number, word in enumerate(line.words):
                value = line.words[number + 1] if number + 1 < len(line.words) else ""
                if word == "ssl-min-ver":
                    low, where, bounded = value, line, True
                elif word == "ssl-max-ver":
                    high, where, bounded = value, line, True
                elif word.startswith("force-") and word[6:] in _WRITTEN:
                    low = high = _WRITTEN[word[6:]]
                    where, bounded = line, True
                elif word.startswith("no-") and word[3:] in _WRITTEN:
                    off.add(_CODES[_WRITTEN[word[3:]]])
                    without = line
        if off and not bounded:
            where = without
        codes = list(_CODES.values())
        last = _CODES.get(high, TLS13)
        first = _CODES.get(low, min(TLS12, last))
        return frozenset(
            c for c in codes if first <= c <= last and (bounded or c not in off)
        ), where

    def _options(self) -> list[Line]:
        """The lines of ``global`` about all binds, which add up (measured with 2.6)."""
        return self.config.settings("ssl-default-bind-options")

    def listed_groups(self, bind: Bind) -> frozenset[int]:
        """The groups that a list's line asks for; every one where it asks for none."""
        own = bind.own
        text = own.after("curves") or own.after("ecdhe") if own is not None else ""
        return frozenset(read_groups(text)[0] if text else OPENSSL_GROUPS)

    def void(self, bind: Bind) -> bool:
        """Whether a list's line and its bind leave no version on together; a bind alone lowers
        its lowest version to its highest (measured with 2.6)."""
        own = _bounds(bind.own)
        if own == ("", ""):
            return False
        outer = "", ""
        for line in self._options():
            named = _bounds(line)
            outer = named[0] or outer[0], named[1] or outer[1]
        near = _bounds(bind.line)
        high = near[1] or outer[1]
        last = _CODES.get(high, TLS13)
        low = _CODES.get(near[0] or outer[0], min(TLS12, last))
        return _CODES.get(own[0], low) > _CODES.get(own[1], last)

    def without_version(self, bind: Bind) -> Place | None:
        """The line that leaves a bind with TLS no version: HAProxy does not start (measured with
        2.6)."""
        versions, where = self._versions(bind)
        return where.place if bind.has("ssl") and not versions else None

    def newer(self, bind: Bind) -> tuple[Edit, ...]:
        """The line that decides over the versions with the newer ones on."""
        return self._newer(self._versions(bind)[1])

    def blame(
        self, refusal: Refusal, bind: Bind, used: Sequence[Entry]
    ) -> tuple[tuple[Place, ...], tuple[Edit, ...]]:
        if refusal.lack in (Lack.VERSION, Lack.LEGACY):
            where = self._versions(bind)[1]
            return (where.place,), self._newer(where)
        if refusal.lack is Lack.KEY:
            return tuple(each.place for each in used[:1]), ()
        names = {Lack.GROUP: ("curves", "ecdhe"), Lack.SCHEME: ("sigalgs",)}
        wanted = names.get(refusal.lack, ("ciphers",))
        if refusal.lack is Lack.SUITE and refusal.version >= TLS13:
            wanted = ("ciphersuites",)
        for name in wanted:
            value, line = self._value(bind, name)
            if line is not None:
                good = {"ciphers": CIPHERS, "ciphersuites": "TLS_AES_128_GCM_SHA256"}.get(
                    name, CURVES
                )
                return (line.place,), self.mender.words(line.place, (value,), (good,))
        return (bind.line.place,), ()

    def _newer(self, line: Line) -> tuple[Edit, ...]:
        """The line with TLS 1.2 and newer on."""
        text = self.mender.line(line.place)
        if text is None:
            return ()
        new = re.sub(r"(ssl-max-ver\s+)\S+", r"\1TLSv1.3", text)
        new = re.sub(r"(ssl-min-ver\s+)\S+", r"\1TLSv1.2", new)
        new = re.sub(r"\s+(?:force-(?:sslv3|tlsv1[0-3])|no-tlsv1[23])\b", "", new)
        if new.split() == ["ssl-default-bind-options"]:
            return self.mender.removed(line.place)  # without a word HAProxy takes it for a mistake
        return self.mender.whole(line.place, new) if new != text else ()


def _bounds(line: Line | None) -> tuple[str, str]:
    """The lowest and the highest version that a line names; empty where it names none."""
    if line is None:
        return "", ""
    forced = next(
        (_WRITTEN[w[6:]] for w in line.words if w.startswith("force-") and w[6:] in _WRITTEN), ""
    )
    return line.after("ssl-min-ver") or forced, line.after("ssl-max-ver") or forced
