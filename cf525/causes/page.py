"""Runbook pages: the words of every cause, filled in for one case.

A page is Markdown with a front matter of ``key: value`` lines. Its sections are named:

    (text before the first heading)      what happened and why the edge minds: the explanation
    ## Fix: nginx                        a remedy at the origin, for one platform
    ## Fix: IIS, with the text @site     the same, shared with other pages (shared/site-iis.md)
    ## Fix at DNS: any                   the same elsewhere (``DNS``, ``Cloudflare``, ``host``)
    ## Stop-gap: ...                     a stop-gap at Cloudflare, with Cost: and Undo: lines;
                                         without text: that of shared/<title>.md
    ## Check / ## Wrong if               read by people, not part of a remedy

Variables are Jinja2. What came from the network is made harmless twice: control characters are
replaced everywhere, and inside code blocks a value may hold only what a host name, an address
or a file name needs, because such lines are made to be copied into a shell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from cf525.causes import settings
from cf525.causes.case import Case
from cf525.causes.signs import enumeration
from cf525.model import KeyProof, Remedy

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_SHELL_SAFE: Final = re.compile(r"[A-Za-z0-9._:*/@=\[\]-]+")
_HEADING: Final = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_FENCE: Final = re.compile(r"^```[a-z]*\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)
_FIX: Final = re.compile(r"Fix(?: at (?P<where>DNS|Cloudflare|host))?: *(?P<platform>.+)")
FULL_FOR_HOST: Final = "Stop-gap: full-for-host"
_WHERE: Final = {None: "origin", "DNS": "dns", "Cloudflare": "cloudflare", "host": "host"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page as written: front matter and sections, templates still in them."""

    id: str
    title: str
    meta: Mapping[str, str]
    explanation: str
    sections: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    title: str
    explanation: str
    remedies: tuple[Remedy, ...]


def page_ids() -> tuple[str, ...]:
    """The ids of all pages, in order."""
    folder = resources.files("cf525.causes") / "runbook"
    return tuple(sorted(each.name[:-3] for each in folder.iterdir() if each.name.endswith(".md")))


@cache
def platform_names() -> tuple[str, ...]:
    """Every platform for which some page has a remedy."""
    found = {
        fix["platform"]
        for id in page_ids()
        for title, _ in load(id).sections
        if (fix := _FIX.fullmatch(title)) is not None
    }
    return tuple(sorted(found - {"any"}))


@cache
def load(id: str) -> Page:
    """The page of a cause. Raises ``KeyError`` when there is none."""
    file = resources.files("cf525.causes") / "runbook" / f"{id}.md"
    if not re.fullmatch(r"[a-z0-9-]+", id) or not file.is_file():
        raise KeyError(id)
    head, _, body = file.read_text("utf-8").removeprefix("---\n").partition("\n---\n")
    meta = dict(line.split(": ", 1) for line in head.splitlines())
    parts = _HEADING.split(body)
    sections = tuple(
        (title, _own_or_shared(title, text.strip("\n")))
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    )
    return Page(
        id=id,
        title=meta["title"],
        meta=meta,
        explanation=parts[0].strip(),
        sections=sections,
    )


def _own_or_shared(title: str, text: str) -> str:
    """A section's text, or the one it has in common with other pages.

    A stop-gap without text is shared under its title; a fix of the text "@site" under that word
    and its platform.
    """
    if text.startswith("@"):
        platform = title.removeprefix("Fix: ").lower().replace(".", "-").replace(" ", "-")
        name = f"{text[1:]}-{platform}"
    elif not text:
        name = title.removeprefix("Stop-gap: ")
    else:
        return text
    file = resources.files("cf525.causes") / "runbook" / "shared" / f"{name}.md"
    return file.read_text("utf-8").strip("\n")


def render(
    id: str, case: Case, facts: Mapping[str, object], platforms: tuple[str, ...]
) -> Rendered:
    """Fill a page in for a case, the remedies of ``platforms`` first."""
    page = load(id)
    variables = _variables(case) | dict(facts)
    remedies = [
        remedy
        for title, text in page.sections
        if title != FULL_FOR_HOST or _full_would_help(case)
        if (remedy := _remedy(title, text, variables)) is not None
    ]
    remedies.sort(key=lambda each: _order(each, platforms))
    return Rendered(
        title=_fill(page.title, variables),
        explanation=" ".join(_fill(page.explanation, variables).split()),
        remedies=tuple(remedies),
    )


def _full_would_help(case: Case) -> bool:
    """Full leaves out the judgement of the chain and nothing of the handshake."""
    edge = case.edge
    usable = edge is None or (edge.key_proof is not KeyProof.FAILED and not edge.rejecting_notes)
    return case.validated is not False and usable


def _order(remedy: Remedy, platforms: tuple[str, ...]) -> tuple[bool, int]:
    """Fixes before stop-gaps; among fixes the recognised platform first, as written otherwise."""
    known = platforms.index(remedy.platform) if remedy.platform in platforms else len(platforms)
    return (bool(remedy.cost), known)


def _remedy(title: str, text: str, variables: Mapping[str, object]) -> Remedy | None:
    fix = _FIX.fullmatch(title)
    stop_gap = title.startswith("Stop-gap")
    if fix is None and not stop_gap:
        return None
    commands = tuple(
        line
        for block in _FENCE.findall(text)
        for line in _fill(block, variables, code=True).rstrip("\n").split("\n")
    )
    prose = _FENCE.sub("", text)
    cost, prose = _take(prose, "Cost")
    undo, prose = _take(prose, "Undo")
    prose = " ".join(_fill(prose, variables).split())
    if not prose and not commands:
        return None
    return Remedy(
        where=_WHERE[fix["where"]] if fix is not None else "cloudflare",
        platform=fix["platform"] if fix is not None else "stop-gap",
        text=prose,
        commands=commands,
        cost=_fill(cost, variables),
        undo=_fill(undo, variables),
    )


def _take(text: str, label: str) -> tuple[str, str]:
    """Cut the paragraph that begins with 'Label:' out of a text."""
    match = re.search(
        rf"^{label}: (.+?)(?=\n\n|\n[A-Z][a-z]+: |\Z)", text, re.MULTILINE | re.DOTALL
    )
    if match is None:
        return ("", text)
    return (" ".join(match[1].split()), text[: match.start()] + text[match.end() :])


def _variables(case: Case) -> dict[str, Any]:
    route = case.route
    record = route.provenance.get("address")
    return {
        "host": case.target.host,
        "sni": route.sni or "",
        "address": case.address,
        "where": case.where,
        "port": route.port,
        "mode": route.mode,
        "record": record.detail if record is not None else "",
        "zone": case.zone.name if case.zone is not None else _parent(case.target.host),
        "zone_id": case.zone.id if case.zone is not None else "ZONE_ID",
        "family": 6 if ":" in case.address else 4,
        "validated": case.validated,
        "check": f"cf525 diagnose {case.target.host}",
        "spoken": enumeration.spoken_text(case),
        "known_name": "",
        "target": "",
        **settings.for_case(case),
    }


def _parent(host: str) -> str:
    return ".".join(host.split(".")[-2:])


@cache
def _environment(code: bool) -> "Environment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        finalize=_in_code if code else _in_prose,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


def _fill(template: str, variables: Mapping[str, object], *, code: bool = False) -> str:
    if "{" not in template:
        return template
    return _compiled(template, code).render(variables)


@cache
def _compiled(template: str, code: bool) -> "Template":
    """Compiling is most of the cost of a page, and an audit renders thousands."""
    return _environment(code).from_string(template)


def _in_prose(value: object) -> object:
    if not isinstance(value, str):
        return value
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value)


def _in_code(value: object) -> object:
    if not isinstance(value, str) or _SHELL_SAFE.fullmatch(value) or not value:
        return value
    return "<check-this-value>"
