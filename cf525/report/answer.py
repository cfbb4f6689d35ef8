"""What the answer to a diagnosis holds: why, the rule that may be wrong, the one fix, what helps
until then, what is open, and the one next command, in the order in which they are acted on.

Chooses and words, and lays nothing out: the first screen, ``-v``, the page and the ticket show this
same choice, each in its own form.
"""

from collections.abc import Iterator
from typing import Final

from cf525.causes.page import writes_for
from cf525.causes.signs.table import known_platforms
from cf525.changes.remedies import command_for
from cf525.changes.render import dashboard
from cf525.edge.modes import validates
from cf525.model import (
    Agreement,
    Change,
    Confidence,
    Config,
    Finding,
    Place,
    Provenance,
    Remedy,
    Report,
    Shell,
    Unknown,
)
from cf525.report import now, subject, then
from cf525.report.chosen import fix_for, for_all, servers_of
from cf525.report.next_command import NOTHING_TYPED, Invocation
from cf525.report.now import Now
from cf525.report.sentences import after_name, sentences
from cf525.report.then import Next
from cf525.values import dataclass

SURE: Final = {
    Confidence.HIGH: "sure",
    Confidence.MEDIUM: "likely",
    Confidence.LOW: "perhaps",
}
SERVERS_ASKED: Final = ("nginx", "Apache", "HAProxy", "Caddy", "IIS", "Traefik", "Java", "Node")
"""The servers that are named as examples; --server takes many more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """The one fix. ``general`` are the sentences that hold for every server, where those of the
    ``platform`` leave out what they presuppose; ``own`` are the remedy's. ``command`` plans it,
    ``by_hand`` says how to get a server's lines where nothing told which one it is."""

    platform: str = ""
    general: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    remedy: Remedy | None = None
    command: str = ""
    by_hand: str = ""

    @property
    def copied(self) -> bool:
        """Whether it has lines to be copied."""
        parts = self.remedy.parts if self.remedy is not None else ()
        return any(isinstance(each, Config | Shell) for each in parts)

    def words(self, general: int | None = None, own: int | None = None) -> str:
        """The sentences behind the platform's name: all, or so many of each kind."""
        told = " ".join((*self.general[:general], *self.own[:own]))
        return f"{self.platform}: {after_name(self.platform, told)}" if self.platform else told


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is told of a report. Without a ``finding`` (nothing wrong, or nothing to be told) the
    title is the summary and there is no fix. Whatever is empty is not told. ``unused`` is true of
    files of certificates that no server has yet: no stop-gap is due."""

    finding: Finding | None = None
    title: str = ""
    sure: str = ""
    proofs: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    others: str = ""
    rule: str = ""
    acts_as: str = ""
    apart: str = ""
    fix: Fix | None = None
    now: Now | None = None
    advice: str = ""
    reserve: str = ""
    open: tuple[Unknown, ...] = ()
    then: Next | None = None
    unused: bool = False

    def beside(self, finding: Finding) -> "Answer":
        """What is told of one of the report's findings: of another than the headline its remedies
        alone."""
        return self if finding is self.finding else Answer(finding=finding, unused=self.unused)

    @property
    def gaps(self) -> tuple[Remedy, ...]:
        """The stop-gaps, those that this zone can have first."""
        remedies = self.finding.remedies if self.finding is not None and not self.unused else ()
        found = [each for each in remedies if each.stop_gap]
        return tuple(sorted(found, key=lambda each: not each.cost))


def answer(report: Report, run: Invocation = NOTHING_TYPED) -> Answer:
    """The choice for a report; the commands take the options of the ``run``."""
    finding = report.headline_finding
    left_open = then.deciding(report)
    if finding is None:
        likely = report.edge_status.works and report.confidence is not Confidence.HIGH
        return Answer(
            title=report.summary,
            sure=SURE[Confidence.MEDIUM] if likely else "",
            advice=_advice(report),
            reserve=_reserve(report),
            open=left_open,
            then=then.of(report, None, run),
        )
    rule = _noted(report, finding, "rules")
    acts_as = _noted(report, finding, "acts_as") if rule is None else None
    apart = report.comparison
    differs = apart is not None and apart.agreement is Agreement.DIFFERS
    return Answer(
        finding=finding,
        title=finding.title[:1].upper() + finding.title[1:],
        sure=SURE[then.sureness(report, finding)],
        proofs=tuple(each.text for each in finding.evidence),
        places=finding.places,
        others=subject.others(report, finding),
        rule=_first_the_rule(rule.detail) if rule is not None else "",
        acts_as=f"{acts_as.detail}." if acts_as is not None else "",
        apart=f"{apart.text}. {apart.next}" if apart is not None and differs else "",
        fix=_fix(report, finding, run),
        now=_now(report, finding, run, ruled=rule is not None),
        open=left_open,
        then=then.of(report, finding, run),
        unused=bool(then.certificates(report)),
    )


def _noted(report: Report, finding: Finding, note: str) -> Provenance | None:
    """What rules set for the route of a finding, or another note of that kind."""
    routes = (each for each in report.routes if each.id in finding.routes)
    first = next(routes, None)
    return first.provenance.get(note) if first is not None else None


def _first_the_rule(detail: str) -> str:
    return f"Look here first: {detail}. If that is not meant, correct the rule; else FIX."


def _fix(report: Report, finding: Finding, run: Invocation) -> Fix:
    remedy = fix_for(report, finding)
    by_hand = _by_hand(report, finding)
    if remedy is None:
        return Fix(general=sentences(finding.explanation), by_hand=by_hand)
    platform = "" if remedy.platform in ("any", "stop-gap") else remedy.platform
    if remedy.text.startswith(f"{platform}: "):
        platform = ""
    general, own = _for_every_server(finding, remedy), remedy.text
    changes = [each for each in remedy.parts if isinstance(each, Change)]
    if not own and not general:
        own = "These lines mend it:"
    if changes:
        own = f"{own} ({dashboard(changes[0])})".strip()
    return Fix(
        platform=platform,
        general=sentences(general),
        own=sentences(own),
        remedy=remedy,
        command=run.with_options(command_for(remedy, report.target.host)) if changes else "",
        by_hand=by_hand if remedy.platform == "any" else "",
    )


def _for_every_server(finding: Finding, remedy: Remedy) -> str:
    """What a server's own remedy presupposes: it is one that many pages have in common, and says
    how a thing is put in and not which. Empty where the page speaks of that server itself."""
    if remedy.platform == "any" or remedy.where != "origin":
        return ""
    known = known_platforms().get(remedy.platform)
    if known is not None and known.closed and remedy.text:
        return ""  # it has no server's site to be given a name
    text = for_all(finding)
    told = text and text in remedy.text
    return "" if told or (remedy.text and writes_for(finding.id, remedy.platform)) else text


def _by_hand(report: Report, finding: Finding) -> str:
    """Where the lines differ by server and nothing told which one it is."""
    servers = [each for each in servers_of(finding) if each in SERVERS_ASKED]
    if report.server is not None or not servers:
        return ""
    first, others = servers[0], ", ".join((*servers[1:3], "..."))
    if not servers[1:]:
        return f"If it is {first}: --server {first} gives its lines, test and reload"
    return f"Its own lines, test, reload: add --server {first} (or {others})"


def _now(report: Report, finding: Finding, run: Invocation, *, ruled: bool) -> Now | None:
    """What helps at once; nothing of a file that need not be in use yet, nor a denial where the
    origin was not asked."""
    if then.files_alone(report):
        return None
    told = now.of(report, finding, ruled=ruled)
    if told is None or (then.unnamed(report) and not told.command):
        return None
    return Now(told.text, run.with_options(told.command))


def _advice(report: Report) -> str:
    """What is worth mending though the edge is served, the most pressing first."""
    titles = "; ".join(each.title for each in report.findings if each.contributing)
    if report.edge_status.unknown and report.headline is None:
        return ""  # the summary says it
    refused = any(verdict.accepted is False for verdict in report.chain_verdicts)
    unseen = any(validates(route.mode) is False for route in report.routes)
    return f"Full (strict) would refuse it: {titles}" if titles and refused and unseen else titles


def _reserve(report: Report) -> str:
    """What keeps an accepted chain from being sure, where that is the chain's own matter."""
    if not report.edge_status.works or report.confidence is Confidence.HIGH:
        return ""
    for verdict in report.chain_verdicts:
        found = verdict.defect("key_p521")
        if verdict.accepted and (found is not None or then.files_alone(report)):
            return found.text if found is not None else verdict.doubt
    return ""


def ordered(found: Answer) -> Iterator[Remedy]:
    """The remedies of the finding, the chosen fix first."""
    first = found.fix.remedy if found.fix is not None else None
    remedies = found.finding.remedies if found.finding is not None else ()
    if first is not None:
        yield first
    yield from (each for each in remedies if each is not first)
