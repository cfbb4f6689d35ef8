"""What error messages and log lines mean, by the software that writes them.

For people who paste a line and want to know what it says of the link between Cloudflare and the
origin. Nothing else in the product looks at a message's text: a diagnosis rests on bytes. The
table is ``messages.toml``; alerts are read by ``alerts.py``, statuses of Cloudflare's here.

A line is read in four steps: who speaks, and of which connection; every reason that stands in it;
what of these only surrounds another one is left out; the rest in the order of the text. What is
in no table is not known, and nothing is made of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any, Final

from cf525.causes.signs.alerts import alerts_in
from cf525.edge.codes import CODES, title_of
from cf525.values import dataclass

LONGEST: Final = 4_000
"""Characters of a pasted text that are looked at."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says a thing, and of which connection."""

    id: str
    hop: str
    title: str
    patterns: tuple[re.Pattern[str], ...]
    meaning: str = ""
    mend: str = ""
    causes: tuple[str, ...] = ()

    @property
    def elsewhere(self) -> bool:
        """Whether it speaks of a connection that the catalogue is not about."""
        return self.hop in ("upstream", "check", "other")


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One kind of message, who writes it, what it means, and the causes it fits."""

    id: str
    software: str
    patterns: tuple[re.Pattern[str], ...]
    meaning: str
    causes: tuple[str, ...]
    mend: str = ""
    around: bool = False
    over: tuple[str, ...] = ()
    speaker: str = ""
    itself: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that stands in a text: a message, an alert or a status, and where it stands."""

    id: str
    start: int
    end: int
    message: LogMessage | None = None
    alert: int | None = None
    status: str = ""

    @property
    def around(self) -> bool:
        return self.message is not None and self.message.around


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says. ``from_client`` tells that its alerts come from a client of the server."""

    speaker: Speaker | None = None
    said: tuple[Said, ...] = ()
    from_client: bool = False


def read(text: str) -> Reading:
    """What a pasted text says, in the order of the text; empty if nothing of it is known."""
    text = text[:LONGEST]
    speaker = next((each for each in speakers() if _first(each.patterns, text)), None)
    if speaker is not None and speaker.hop == "none":
        return Reading()
    alerts = tuple(alerts_in(text))
    found = [
        *(Said("alert", each.start, each.end, alert=each.number) for each in alerts),
        *_statuses(text),
        *_messages(text, speaker.id if speaker is not None else ""),
    ]
    said = _told(found)
    if said and all(each.message is not None and each.message.itself for each in said):
        speaker = None
    own = speaker is not None and speaker.hop == "client"
    sent = any(each.from_client for each in alerts)
    # The words of the side that took the connection, whoever else they are told by.
    own = own or (speaker is not None and speaker.hop == "other" and "SSL_accept" in text)
    return Reading(speaker if said else None, said, from_client=own or sent)


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    """The longest of what the patterns find."""
    hits = [hit for each in patterns if (hit := each.search(text)) is not None]
    return max(hits, key=lambda hit: hit.end() - hit.start(), default=None)


def _messages(text: str, speaker: str) -> Iterator[Said]:
    own = {each.id for each in messages() if each.speaker and each.speaker == speaker}
    for message in messages():
        if message.speaker != speaker and (message.speaker or message.id in _inherited() & own):
            continue
        hit = _first(message.patterns, text)
        if hit is not None:
            yield Said(message.id, hit.start(), hit.end(), message=message)


@cache
def _inherited() -> frozenset[str]:
    """The ids of which a speaker's own row comes in place of everybody's."""
    return frozenset(row["id"] for row in _table()["message"] if "patterns" not in row)


def _told(found: Sequence[Said]) -> tuple[Said, ...]:
    """Without what another one voids, surrounds or holds; in the order of the text."""
    void = {pattern for each in found if each.message for pattern in each.message.over}
    left = [each for each in found if not any(fnmatchcase(each.id, one) for one in void)]
    left = [
        each
        for number, each in enumerate(left)
        if not any(_holds(other, each, at < number) for at, other in enumerate(left))
    ]
    reasons = [each for each in left if not each.around]
    told = sorted(reasons or left[:1], key=lambda each: (each.start, -each.end))
    return tuple({_key(each): each for each in reversed(told)}.values())[::-1]


def _key(said: Said) -> tuple[str, int | None, str]:
    return (said.id, said.alert, said.status)


def _holds(outer: Said, inner: Said, earlier: bool) -> bool:
    """Whether one match lies within another one's; of two alike the earlier row's counts."""
    if outer is inner or outer.start > inner.start or outer.end < inner.end:
        return False
    same = (outer.start, outer.end) == (inner.start, inner.end)
    return earlier if same else not outer.around


# -- statuses ---------------------------------------------------------------------------------

_NUMBERED: Final = {code.status: code for code in CODES if code.status.numbered}
_HTTP: Final = "|".join(each for each in _NUMBERED if len(each) == 3)
_DECLARED: Final = "|".join(each for each in _NUMBERED if len(each) == 4)
_STATUS_PATTERNS: Final = tuple(
    re.compile(each, re.IGNORECASE)
    for each in (
        rf"\b(?:error|http error)(?: code)?[: #]{{1,2}}(?P<code>{_HTTP})\b(?! \w+(?:s|ed)\b)",
        rf"\berror-(?P<code>{_HTTP}|{_DECLARED})\b",
        (
            rf"\berror(?: code)?[: ]{{1,2}}(?P<code>{_DECLARED})\b"
            r"(?=\s*(?:$|[.,;•|·<]|ray id|dns|origin|direct|could|cname|cloudflare|access denied))"
        ),
        rf"\b(?:http )?status(?:[ _]?code)?\"?'?(?: of)?[=: \[(]{{1,3}}(?P<code>{_HTTP})\b",
        rf"\bHTTP/\d(?:\.\d)?\"?\s+(?P<code>{_HTTP})\b",
        rf"\bHTTP[ :]{{1,2}}(?P<code>{_HTTP})\b",
        (
            rf"\b(?:indicate success|server response|returned error|respon(?:se|ded)(?: with)?"
            rf"(?: code)?|answered|got|received)[: (]+`?(?P<code>{_HTTP})\b"
            r"(?! (?:ms|s|B|[a-z]+s)\b)"
        ),
        rf"`(?P<code>{_HTTP})` response",
        rf"[\[(](?P<code>{_HTTP})[\])] ?(?:Origin|Invalid|Web server|Connection|A timeout|SSL)",
        rf"\b(?P<code>{_HTTP})[: ] ?(?:server error|<none>)",
        *(
            rf"\b(?P<code>{each})\b\W{{1,3}}(?:{re.escape(title_of(each))}|Origin SSL)"
            for each in _NUMBERED
            if title_of(each)
        ),
    )
)
_TITLES: Final = (
    ("525", re.compile(r"\bSSL handshake failed\b|origin SSL handshake error", re.IGNORECASE)),
    ("525", re.compile(r"unable to establish an SSL connection to the origin", re.IGNORECASE)),
    ("526", re.compile(r"\binvalid SSL certificate\b", re.IGNORECASE)),
    ("526", re.compile(r"origin web server does not have a valid SSL cert", re.IGNORECASE)),
    ("521", re.compile(r"\bweb server is down\b", re.IGNORECASE)),
    ("1016", re.compile(r"\borigin dns error\b", re.IGNORECASE)),
    ("1002", re.compile(r"\bDNS points to prohibited IP\b", re.IGNORECASE)),
)
"""Titles of Cloudflare's pages that people paste without the number."""


def _statuses(text: str) -> Iterator[Said]:
    numbered = False
    for pattern in _STATUS_PATTERNS:
        for hit in pattern.finditer(text):
            numbered = True
            yield Said("status", hit.start(), hit.end(), status=hit["code"])
    if not numbered:
        for status, title in _TITLES:
            hit_title = title.search(text)
            if hit_title is not None:
                yield Said("status", hit_title.start(), hit_title.end(), status=status)


# -- the table --------------------------------------------------------------------------------


@cache
def _table() -> Mapping[str, Any]:
    import tomllib

    file = resources.files("cf525.causes.signs") / "messages.toml"
    return tomllib.loads(file.read_text("utf-8"))


def _patterns(row: Mapping[str, Any]) -> tuple[re.Pattern[str], ...]:
    written = row.get("patterns") or _everybodys()[row["id"]]
    return tuple(re.compile(each, re.IGNORECASE) for each in written)


@cache
def _everybodys() -> Mapping[str, tuple[str, ...]]:
    """The patterns of each id as they are read of nobody in particular."""
    found: dict[str, tuple[str, ...]] = {}
    for row in _table()["message"]:
        if "speaker" not in row:
            found[row["id"]] = (*found.get(row["id"], ()), *row["patterns"])
    return found


@cache
def speakers() -> tuple[Speaker, ...]:
    """Who may speak, the most telling first."""
    return tuple(
        Speaker(**{**row, "patterns": _patterns(row), "causes": tuple(row.get("causes", ()))})
        for row in _table()["speaker"]
    )


@cache
def messages() -> tuple[LogMessage, ...]:
    """The whole table of what may be said."""
    return tuple(
        LogMessage(
            **{
                **row,
                "patterns": _patterns(row),
                "causes": tuple(row["causes"]),
                "over": tuple(row.get("over", ())),
            }
        )
        for row in _table()["message"]
    )
