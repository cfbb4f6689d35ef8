"""Runbook pages as they are written: front matter, sections, texts that pages have in common.

A page is Markdown. Its front matter holds ``title:``, ``statuses:`` (what the cause leads to),
``modes:`` (the SSL modes it can arise in, or ``all``) and, where its matcher gives some,
``facts:``: a name and an example each, a ``?`` behind the name of one that may be missing. Its
sections are named:

    (text before the first heading)      what happened and why the edge minds: the explanation
    ## Fix: nginx                        a remedy at the origin, for one platform
    ## Fix: others @site                 for every platform that shared/site.md has a text for
                                         and the page has none of its own
    ## Fix at DNS: any                   the same elsewhere (``DNS``, ``Cloudflare``, ``host``)
    ## Stop-gap: ...                     a stop-gap at Cloudflare, with Cost: and Undo: lines
    ## Stop-gap: @change NAME key=value  one that is a change of ``cf525.changes`` and no more
    ## Check / ## Wrong if               read by people, not part of a remedy

Within a section a fence names what it holds: ```sh and ```powershell are run, every other tag is
a server's configuration, with the file behind the tag where that is the same everywhere. A line
``@change NAME key=value`` stands for a change at Cloudflare. All texts are Jinja2 templates;
``cf525.causes.filling`` fills them in for a case.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Final, TypeAlias

from cf525.edge.modes import NAMES
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

_HEADING: Final = lazy_pattern(r"^## +(.+?) *$", re.MULTILINE)
_FIX: Final = lazy_pattern(r"Fix(?: at (?P<where>DNS|Cloudflare|host))?: *(?P<platform>.+)")
_OTHERS: Final = lazy_pattern(r"others @(?P<shared>[a-z]+)")
_BLOCK: Final = lazy_pattern(
    r"^```(?P<tag>[a-z]*) *(?P<file>\S[^\n]*?)? *\n(?P<code>.*?)^```\n?"
    r"|^@change (?P<change>[^\n]+)\n",
    re.MULTILINE | re.DOTALL,
)
_CHANGE: Final = lazy_pattern(r"^@change [^\n]+", re.MULTILINE)
_WHERE: Final = {None: "origin", "DNS": "dns", "Cloudflare": "cloudflare", "host": "host"}
STOP_GAP: Final = "Stop-gap: "
_FOR_PEOPLE: Final = ("Check", "Wrong if")


@dataclass(frozen=True, slots=True)
class Prose:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A fence: its tag, its file if one is named, and its lines."""

    tag: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class ChangeCall:
    """A change at Cloudflare by its name, with its arguments as they stand. With ``when=`` of
    something empty it is not offered."""

    text: str


def called(text: str) -> tuple[str, dict[str, str], bool]:
    """The change that a call names when it is filled in, its arguments, and whether it is offered:
    one of which an argument is not known makes no change to offer."""
    name, *given = shlex.split(text)
    arguments = dict(each.split("=", 1) for each in given)
    offered = bool(arguments.pop("when", "yes")) and all(arguments.values())
    return name, arguments, offered


Block: TypeAlias = Prose | Code | ChangeCall


@dataclass(frozen=True, slots=True)
class Section:
    """A section as written. ``where`` and ``platform`` are empty but for a fix; ``shared`` is true
    of one that stands in a text which pages have in common."""

    title: str
    text: str
    where: str = ""
    platform: str = ""
    shared: bool = False

    @property
    def stop_gap(self) -> bool:
        return self.title.startswith(STOP_GAP)

    def blocks(self) -> Iterator[Block]:
        """Its text in order, without what is empty."""
        at = 0
        # The last line of a section has lost its line feed; the pattern wants one.
        text = f"{self.text}\n"
        for found in _BLOCK.finditer(text):
            if text[at : found.start()].strip():
                yield Prose(text[at : found.start()])
            if found["change"] is not None:
                yield ChangeCall(found["change"].strip())
            else:
                yield Code(found["tag"], found["file"] or "", found["code"])
            at = found.end()
        if text[at:].strip():
            yield Prose(text[at:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as written, templates still in it. ``facts`` are the examples by name."""

    id: str
    title: str
    statuses: tuple[str, ...]
    modes: tuple[str, ...]
    facts: Mapping[str, str]
    optional: frozenset[str]
    explanation: str
    sections: tuple[Section, ...]

    def misfit(self, given: Collection[str]) -> str:
        """What is amiss with the facts a matcher gives; empty where they are those declared."""
        missing = sorted(set(self.facts) - self.optional - set(given))
        unknown = sorted(set(given) - set(self.facts))
        parts = [f"lacks {', '.join(missing)}"] if missing else []
        parts += [f"does not know {', '.join(unknown)}"] if unknown else []
        return f"the page {self.id} {' and '.join(parts)}" if parts else ""


@cache
def page_ids() -> tuple[str, ...]:
    """The ids of all pages, in order."""
    folder = resources.files("cf525.causes") / "runbook"
    return tuple(sorted(each.name[:-3] for each in folder.iterdir() if each.name.endswith(".md")))


@cache
def platform_names() -> tuple[str, ...]:
    """Every platform for which some page has a remedy."""
    found = {each.platform for id in page_ids() for each in load(id).sections}
    return tuple(sorted(found - {"any", ""}))


@cache
def load(id: str) -> Page:
    """The page of a cause. Raises ``KeyError`` when there is none."""
    if id not in page_ids():
        raise KeyError(id)
    file = resources.files("cf525.causes") / "runbook" / f"{id}.md"
    head, _, body = file.read_text("utf-8").removeprefix("---\n").partition("\n---\n")
    meta, facts = _front_matter(head)
    modes = _words(meta["modes"])
    return Page(
        id=id,
        title=meta["title"],
        statuses=_words(meta["statuses"]),
        modes=tuple(NAMES) if modes == ("all",) else modes,
        facts={name.removesuffix("?"): example for name, example in facts.items()},
        optional=frozenset(name[:-1] for name in facts if name.endswith("?")),
        explanation=_HEADING.split(body)[0].strip(),
        sections=tuple(_with_others(_sections(body))),
    )


def _front_matter(head: str) -> tuple[dict[str, str], dict[str, str]]:
    """The members of a front matter, and those indented below ``facts:``."""
    meta: dict[str, str] = {}
    facts: dict[str, str] = {}
    for line in head.splitlines():
        name, _, value = line.strip().partition(":")
        (facts if line.startswith("  ") else meta)[name] = value.strip()
    return meta, facts


def _words(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(","))


def _sections(body: str) -> Iterator[Section]:
    """The sections below the headings. A heading of none of the kinds above is a ``ValueError``."""
    parts = _HEADING.split(body)
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        fix = _FIX.fullmatch(title)
        if fix is None and not title.startswith(STOP_GAP) and title not in _FOR_PEOPLE:
            raise ValueError(f"a page has no section called {title}")
        call = _CHANGE.match(title.removeprefix(STOP_GAP))
        yield Section(
            title=title,
            text=call[0] if call is not None else text.strip("\n"),
            where=_WHERE[fix["where"]] if fix is not None else "",
            platform=fix["platform"] if fix is not None else "",
        )


def _with_others(sections: Iterator[Section]) -> Iterator[Section]:
    """The sections with the shared texts in place of "others"."""
    written = tuple(sections)
    own = {each.platform for each in written}
    for section in written:
        others = _OTHERS.fullmatch(section.platform)
        if others is None:
            yield section
        else:
            shared = (each for each in _shared(others["shared"]) if each.platform not in own)
            yield from (replace(each, shared=True) for each in shared)


def writes_for(id: str, platform: str) -> bool:
    """Whether the page of a cause has words of its own for a platform; false of no page."""
    sections = load(id).sections if id in page_ids() else ()
    return any(each.platform == platform and not each.shared for each in sections)


def shared_for(name: str, platform: str) -> Section | None:
    """The text of a kind for one platform; None where there is none."""
    return next((each for each in _shared(name) if each.platform == platform), None)


@cache
def _shared(name: str) -> tuple[Section, ...]:
    """The texts of a kind that pages have in common, one a platform."""
    file = resources.files("cf525.causes") / "runbook" / "shared" / f"{name}.md"
    return tuple(_with_others(_sections(file.read_text("utf-8"))))
