"""A runbook page filled in for one case.

What came from the network is made harmless by ``templates``, which fills in each text.

A page must never cost a report. What cannot be filled in, for whatever reason, becomes a
sentence that says so, and stands in ``Rendered.unfilled`` for the tests.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from cf525.causes import settings
from cf525.causes.case import Case
from cf525.causes.page import ChangeCall, Code, Page, Prose, Section, called, load, shared_for
from cf525.causes.signs import enumeration
from cf525.causes.signs.server import has_a_login
from cf525.causes.signs.table import known_platforms, lenders_of
from cf525.causes.templates import fill, in_code
from cf525.changes.catalogue import Place, make
from cf525.edge.modes import origin_leg
from cf525.model import Change, Config, Ending, KeyProof, Part, Remedy, Shell, Words
from cf525.patterns import lazy_pattern
from cf525.pki.names import of_a_registry
from cf525.values import dataclass

_SHELLS: Final = ("sh", "powershell")
_SERVERS: Final = {"nginx": "nginx", "apache": "Apache", "haproxy": "HAProxy", "caddy": "Caddy"}
"""Tags of fences that name a server by themselves; the others are the section's platform."""
_PLANS: Final = ("free", "pro", "business", "enterprise")
_LOADS: Final = lazy_pattern(r"\b(?:reload|restart|graceful)\b")
_VARIABLE: Final = lazy_pattern(r"\{\{.*?\}\}|\{%.*?%\}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """The words for a case. ``unfilled`` says what of them could not be filled in, and why."""

    title: str
    explanation: str
    remedies: tuple[Remedy, ...]
    unfilled: tuple[str, ...] = ()


def render(
    id: str, case: Case, facts: Mapping[str, object], platforms: tuple[str, ...]
) -> Rendered:
    """Fill a page in for a case, the remedies of ``platforms`` first. Never raises."""
    try:
        page = load(id)
        filling = _Filling(
            page, case, {**variables(case), **dict.fromkeys(page.optional, ""), **facts}
        )
        title, explanation = filling.title(), filling.explanation()
        written = sorted(filling.remedies(), key=lambda each: _order(each, platforms))
        remedies = [*_lent(written, platforms, case), *written]
    except Exception as error:  # noqa: BLE001 - no page may cost the report of an outage
        return Rendered(id, _lost(id), (), (f"{id}: {error}",))
    return Rendered(title, explanation, tuple(remedies), tuple(filling.unfilled))


def _lost(id: str) -> str:
    return f"This part of the page could not be filled in here; cf525 explain {id} prints it whole."


class _Filling:
    """One page on its way to being words; each part of it fails alone."""

    def __init__(self, page: Page, case: Case, given: Mapping[str, Any]) -> None:
        self.page = page
        self.case = case
        self.variables = given
        self.place = place(case)
        self.unfilled: list[str] = []

    def title(self) -> str:
        try:
            return fill(self.page.title, self.variables)
        except Exception as error:  # noqa: BLE001 - as above
            self._note("title", error)
            return " ".join(_VARIABLE.sub("…", self.page.title).split())

    def explanation(self) -> str:
        try:
            return " ".join(fill(self.page.explanation, self.variables).split())
        except Exception as error:  # noqa: BLE001 - as above
            self._note("explanation", error)
            return _lost(self.page.id)

    def remedies(self) -> Iterator[Remedy]:
        for section in self.page.sections:
            if not section.platform and not section.stop_gap:
                continue
            try:
                remedy = self._remedy(section)
            except Exception as error:  # noqa: BLE001 - as above
                self._note(section.title, error)
                remedy = _bare(section, (Words(text=_lost(self.page.id)),))
            if remedy is not None:
                yield remedy

    def _note(self, what: str, error: Exception) -> None:
        self.unfilled.append(f"{self.page.id}, {what}: {error}")

    def _remedy(self, section: Section) -> Remedy | None:
        cost, undo = "", ""
        parts: list[Part] = []
        for block in section.blocks():
            if isinstance(block, Prose):
                taken, prose = _take(block.text, "Cost")
                cost = cost or fill(taken, self.variables)
                taken, prose = _take(prose, "Undo")
                undo = undo or fill(taken, self.variables)
                prose = " ".join(fill(prose, self.variables).split())
                parts += [Words(text=prose)] if prose else []
            else:
                parts += self._made(block, section)
        changes = [each for each in parts if isinstance(each, Change)]
        if any(_only_full(each) for each in changes) and not _full_would_help(self.case):
            return None
        if (
            any(_lowers_to(each) == "flexible" for each in changes)
            and self.place.plain[0] != "http"
        ):
            return None  # on this port Flexible acts as Full
        parts = [self._within_plan(each) for each in parts]
        if changes and not any(isinstance(each, Change) for each in parts):
            cost, undo = "", ""
        elif section.stop_gap:
            cost = cost or _together([each.cost for each in changes])
            undo = undo or " ".join(dict.fromkeys(each.undo.text for each in changes))
        return _bare(section, _loaded(section, parts), cost, undo) if parts else None

    def _made(self, block: Code | ChangeCall, section: Section) -> Iterator[Part]:
        if isinstance(block, ChangeCall):
            name, arguments, offered = called(fill(block.text, self.variables, code=True))
            if offered:
                yield from make(name, self.place, arguments)
            return
        text = fill(block.text, self.variables, code=True).rstrip("\n")
        if not text:
            return  # lines that this case does not need
        if block.tag in _SHELLS:
            yield Shell(shell=block.tag, commands=tuple(text.split("\n")))
        else:
            server = _SERVERS.get(block.tag, section.platform)
            yield Config(server=server, file=fill(block.file, self.variables, code=True), text=text)

    def _within_plan(self, part: Part) -> Part:
        """A change that the zone's plan is known not to have is told and not offered."""
        plan = self.case.zone.plan if self.case.zone is not None else ""
        if not isinstance(part, Change) or not part.plan or plan not in _PLANS:
            return part
        if _PLANS.index(plan) >= _PLANS.index(part.plan):
            return part
        what, _, _ = part.text.partition(". ")
        return Words(
            text=f"{what}: it needs the {part.plan.capitalize()} plan, and this zone has "
            f"{plan.capitalize()}."
        )


def installation(platform: str, host: str) -> str:
    """How a platform takes a certificate, filled in for a host; empty where no text is known."""
    section = shared_for("install", platform)
    if section is None:
        return ""
    try:
        return fill(section.text, {"host": host}, code=True).replace("```", "").strip()
    except Exception:  # noqa: BLE001 - as above
        return ""


def _lent(written: Sequence[Remedy], platforms: tuple[str, ...], case: Case) -> Iterator[Remedy]:
    """For a server that the page has no lines for: those of what it is built on, or, where
    somebody named it, what holds for every server."""
    if not platforms:
        return
    platform, kin = platforms[0], lenders_of(platforms[0])
    fixes = {each.platform: each for each in reversed(written) if each.where == "origin"}
    fixes = {name: each for name, each in fixes.items() if not each.stop_gap}
    if platform in fixes or not fixes:
        return
    lender = next((each for each in kin if each in fixes), "")
    if lender:
        told = f"{platform}: as for {lender}."
        lent = _with_own_ways(fixes[lender].parts, platform)
        yield replace(fixes[lender], platform=platform, parts=(Words(text=told), *lent))
    elif case.server == platform:
        told = f"The runbook has no lines of its own for {platform} here."
        neutral = fixes.get("any")
        more = (
            "What holds for every server:"
            if neutral is not None
            else "What has to change is said above; other servers' lines show what it looks like."
        )
        parts = neutral.parts if neutral is not None else ()
        yield Remedy(
            where="origin", platform=platform, parts=(Words(text=f"{told} {more}"), *parts)
        )


def _with_own_ways(parts: Sequence[Part], platform: str) -> Iterator[Part]:
    """Lines of the same server under another system: its files lie elsewhere there, and it is
    tested and loaded in another way."""
    loads = known_platforms()[platform].loads
    for part in parts:
        if loads and isinstance(part, Config):
            yield replace(part, file="")
        elif loads and isinstance(part, Shell):
            if _LOADS.search(part.commands[-1]):
                yield replace(part, commands=(loads,))
        else:
            yield part


def _bare(section: Section, parts: tuple[Part, ...], cost: str = "", undo: str = "") -> Remedy:
    return Remedy(
        where=section.where or "cloudflare",
        platform=section.platform or "stop-gap",
        parts=parts,
        cost=cost,
        undo=undo,
    )


def _loaded(section: Section, parts: list[Part]) -> tuple[Part, ...]:
    """Lines for a server's configuration, and how they are tested and loaded where the page does
    not say it."""
    known = known_platforms().get(section.platform)
    if known is None or not known.loads or section.stop_gap:
        return tuple(parts)
    told = any(isinstance(each, Shell) and _LOADS.search(each.commands[-1]) for each in parts)
    configured = any(isinstance(each, Config) for each in parts)
    if told or not configured:
        return tuple(parts)
    return (*parts, Shell(shell=_SHELLS[0], commands=(known.loads,)))


def _together(sentences: list[str]) -> str:
    """Prices of several changes as one sentence."""
    return "; ".join(each.rstrip(".") for each in sentences) + ("." if sentences else "")


def _only_full(change: Change) -> bool:
    """Whether the change lowers the mode to Full."""
    return _lowers_to(change) == "full"


def _lowers_to(change: Change) -> str:
    """The mode that a rule for this host would set; empty for any other change."""
    if change.id != "mode-for-host":
        return ""
    body: Mapping[str, Any] = change.write.body or {}
    return str((body.get("action_parameters") or {}).get("ssl") or "")


def _full_would_help(case: Case) -> bool:
    """Full leaves out the judgement of the chain and nothing of the handshake; where a device
    answers in the site's place it would publish its login, and where no HTTP is spoken visitors
    would get 520."""
    if has_a_login(case) or _speaks_no_http(case):
        return False
    edge = case.edge
    usable = edge is None or (edge.key_proof is not KeyProof.FAILED and not edge.rejecting_notes)
    return case.validated is not False and usable


_CLOSED: Final = (Ending.EOF, Ending.RESET, Ending.ALERT)


def _speaks_no_http(case: Case) -> bool:
    """Whether the handshake is done and the request ends without an answer, in every form in
    which it was made."""
    edge = case.edge
    if edge is None or not edge.established or edge.certificate_request is not None:
        return False
    answered = any(each.http is not None and each.http.status for each in (edge, *case.probes))
    nothing = edge.http is not None and edge.http.status is None and bool(edge.http.body_head)
    return not answered and not edge.http2_settings and (nothing or edge.ending in _CLOSED)


def _order(remedy: Remedy, platforms: tuple[str, ...]) -> tuple[bool, int]:
    """Fixes before stop-gaps; among fixes the recognised platform first, then what holds for
    every server, then the other servers as written: where nothing was recognised no server's
    words come first."""
    if remedy.platform in platforms:
        return (remedy.stop_gap, platforms.index(remedy.platform))
    for_all = remedy.neutral or remedy.where != "origin"
    return (remedy.stop_gap, len(platforms) + (not for_all))


def _take(text: str, label: str) -> tuple[str, str]:
    """Cut the paragraph that begins with 'Label:' out of a text."""
    match = re.search(
        rf"^{label}: (.+?)(?=\n\n|\n[A-Z][a-z]+: |\Z)", text, re.MULTILINE | re.DOTALL
    )
    if match is None:
        return ("", text)
    return (" ".join(match[1].split()), text[: match.start()] + text[match.end() :])


# -- the case ---------------------------------------------------------------------------------


def place(case: Case) -> Place:
    """Where a change would be made."""
    known = {
        "zone_id": case.zone.id if case.zone is not None else "",
        "account_id": case.zone.account_id if case.zone is not None else "",
        "address": case.address,
    }
    target = case.target
    return Place(
        host=str(in_code(_host(case))),
        plain=origin_leg("flexible", target.scheme, target.port, case.route.fixed_port),
        **{name: str(in_code(value)) for name, value in known.items() if value},
    )


def _host(case: Case) -> str:
    """The name that is asked for; of a file without one the first that its certificate bears."""
    names = case.leaf.dns_names if case.leaf is not None else ()
    return case.target.host or next(iter(names), "HOST")


class _Quoted:
    """A word for a shell that is quoted already."""

    def __init__(self, word: str) -> None:
        self._text = shlex.quote(word)

    def __str__(self) -> str:
        return self._text


def _file(case: Case) -> object:
    """The certificate file in a command: the one that was given, else an example."""
    given = next(iter(case.files), "-")
    if given == "-" or not given.isprintable():
        return f"/etc/ssl/{_host(case)}/fullchain.pem"
    return _Quoted(given)


def variables(case: Case) -> dict[str, object]:
    """What every page may use besides its facts."""
    route = case.route
    record = route.provenance.get("address")
    return {
        "host": _host(case),
        "file": _file(case),
        "sni": route.sni or "",
        "address": case.address,
        "where": case.where,
        "port": route.port,
        "mode": route.mode,
        # An address that was given by hand has none.
        "record": record.detail if record is not None and record.source != "argument" else "",
        "zone": case.zone.name if case.zone is not None else _parent(case.target.host),
        "zone_id": case.zone.id if case.zone is not None else "ZONE_ID",
        "family": 6 if ":" in case.address else 4,
        "validated": case.validated,
        "check": f"cf525 diagnose {_host(case)}",
        "spoken": enumeration.spoken_text(case),
        **settings.for_case(case),
    }


EXAMPLES: Final[Mapping[str, str]] = {
    "host": "www.example.com",
    "file": "/etc/ssl/www.example.com/fullchain.pem",
    "sni": "www.example.com",
    "address": "203.0.113.7",
    "where": "203.0.113.7:443",
    "port": "443",
    "mode": "strict",
    "record": "A www.example.com → 203.0.113.7",
    "zone": "example.com",
    "zone_id": "ZONE_ID",
    "family": "4",
    "validated": "yes",
    "check": "cf525 diagnose www.example.com",
    "spoken": "TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256",
    "tls_ciphers": settings.CIPHERS,
    "tls_curves": "X25519:prime256v1:secp384r1",
    "tls_signatures": settings.SIGNATURES,
    "tls13": "yes",
}
"""An example for each of them, for a page that is shown without a case."""


def _parent(host: str) -> str:
    """The domain that a name is of, where no zone tells it."""
    labels = host.split(".")
    return ".".join(labels[-3 if of_a_registry(".".join(labels[-2:])) else -2 :])
