"""The first screen of a diagnosis: what it is, why, what to change, and what to type next.

At most ``ROWS`` rows of 80 columns, of a healthy host ``HEALTHY_ROWS``; what decides stands in the
first ten. Proof, route, chain, everything that is open and all other fixes are ``text``'s, which
``-v`` prints. Only what could change this verdict is said to be unknown here.

A row that is wider than the screen counts as the rows it fills.
"""

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import dropwhile, islice
from typing import Final

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
from cf525.model.status import UNLOADABLE, Status
from cf525.report import beside, now, subject
from cf525.report.chosen import fix_for, for_all, servers_of
from cf525.report.escape import for_terminal
from cf525.report.line import Line, counted
from cf525.report.next_command import NOTHING_TYPED, Invocation
from cf525.report.paste import LOADS, continued, headed, lines_of, loading
from cf525.report.sentences import after_name

ROWS: Final = 24
HEALTHY_ROWS: Final = 8
DECIDING_ROWS: Final = 10
WIDTH: Final = 80
MOST_LATER: Final = 6
"""Rows by which whole sentences may move what decides down."""
LABEL: Final = 6
MOST_ROWS_OF_NO_USE: Final = 3
"""Fewer lines of a configuration say nothing."""
MOST_PROOF: Final = 3
"""Lines that a proof may take before any of it is left out."""
MOST_ASKED_FOR: Final = 6
MOST_PLACES: Final = 2
MOST_NAME: Final = 60
"""Characters of the names of files up to which a command with them is printed."""
MOST_SPARE: Final = 3
"""Lines more that a sentence may take where the whole screen has room for it."""
_INDENT: Final = LABEL + 1
_SURE: Final = {
    Confidence.HIGH: "sure",
    Confidence.MEDIUM: "likely",
    Confidence.LOW: "perhaps",
}
GLOSSES: Final = {
    "SNI": "the name in the TLS hello",
    "ALPN": "the HTTP version agreed in TLS",
    "chain": "the certificate and its issuers",
    "intermediate": "the issuer's own certificate",
}
"""Words of the trade, each explained once, where it first occurs."""
ORIGIN_NOT_NAMED: Final = "origin-not-named"
SERVERS_ASKED: Final = ("nginx", "Apache", "HAProxy", "Caddy", "IIS", "Traefik", "Java", "Node")
"""The servers that are named as examples; --server takes many more."""


def render(report: Report, *, width: int = WIDTH, run: Invocation = NOTHING_TYPED) -> list[Line]:
    """The screen as lines, from the answer to the next command, which takes the options of the
    ``run``. Sentences are whole where there is room for them."""
    wide = max(width, 40)
    whole = _Screen(report, wide, run, spare=MOST_SPARE).lines()
    limit = HEALTHY_ROWS if report.edge_status.works else ROWS
    if rows(whole, width) <= limit and _is_early(whole) and not any(map(_is_cut, whole)):
        return whole
    usual = _Screen(report, wide, run).lines()
    if any(map(_is_cut, usual)) or (report.edge_status.fails and not _is_early(usual)):
        return _Screen(report, wide, run, brief=True).lines()
    return usual


def rows(lines: Iterable[Line], width: int = WIDTH) -> int:
    """How many rows of a terminal the lines fill."""
    return sum(max(1, -(-len(f"{each.label}{each.text}") // width)) for each in lines)


class _Screen:
    """``spare`` is how many lines more a sentence may take; ``brief`` leaves out what is not
    needed to act, for the sake of what is to be copied."""

    def __init__(
        self, report: Report, width: int, run: Invocation, *, spare: int = 0, brief: bool = False
    ) -> None:
        self.report = report
        self._run = run
        self._spare = spare
        self._brief = brief
        self.width = width
        self.status = report.edge_status
        self._explained: set[str] = set()
        self._read = bool(report.chain_verdicts) and not report.observations

    def lines(self) -> list[Line]:
        finding = self.report.headline_finding
        if finding is None:
            return self._without_cause()
        return self._with_cause(finding)

    # -- the two kinds of screen ----------------------------------------------------------

    def _with_cause(self, finding: Finding) -> list[Line]:
        head = [Line(""), *self._head(), Line("")]
        why = list(self._why(finding))
        remedy = fix_for(self.report, finding)
        fix = list(self._fix(finding, remedy))
        now = list(self._now(finding))
        then = [*self._open(1 if self._brief else 2), *self._then()]
        last = [*self._more(finding), *self._asked_for()]
        paste = list(self._to_paste(remedy)) if remedy is not None else []
        room = ROWS - rows([*head, *why, *fix, *now, *then, *last], self.width)
        shown = self._pasted(paste, remedy, room)
        if rows([*head, *why, *fix, *shown, *now], self.width) <= DECIDING_ROWS:
            return [*head, *why, *fix, *shown, *now, *then, *last]
        fix = [self._pointing(each) for each in fix] if shown else fix
        return [*head, *why, *fix, *now, *then, *headed(shown, _label_of(shown)), *last]

    def _to_paste(self, remedy: Remedy) -> Iterator[Line]:
        return lines_of(
            remedy,
            indent=_INDENT,
            width=self.width,
            given=self._given(),
            whole=self._run.with_options,
        )

    def _pasted(self, paste: list[Line], remedy: Remedy | None, room: int) -> list[Line]:
        """As much as fits of what is to be copied; how it is loaded always, if anything is."""
        end = loading(remedy, indent=_INDENT, width=self.width) if remedy is not None else []
        left = room - rows(end, self.width)
        if not end or left < 0 or rows(paste, self.width) <= room:
            return _fitting(paste, room, self.width)
        head = [each for each in paste if each not in end]
        return [*(_fitting(head, left, self.width) if left > MOST_ROWS_OF_NO_USE else ()), *end]

    def _without_cause(self) -> list[Line]:
        """Nothing wrong, or nothing to be told: the sentence, and what is open."""
        head = [Line(""), *self._head(), Line("")]
        likely = self.status.works and self.report.confidence is not Confidence.HIGH
        summary = f"{self.report.summary} [likely]" if likely else self.report.summary
        said = list(self._clipped(summary, indent=1, most=3))
        advice, reserve = self._advice(), self._reserve()
        most = 1 if advice else 2
        also = list(self._labelled("ALSO", advice or reserve, most=most, explained=not advice))
        most = 1 if self.status.works else 3
        body = [*also, *self._open(most), *self._then(), *self._more(None)]
        limit = HEALTHY_ROWS if self.status.works else ROWS
        room = limit - rows([*head, *said, *self._more(None)], self.width)
        tail = list(self._more(None))
        kept = _fitting([each for each in body if each not in tail], room, self.width, told=False)
        return [*head, *said, *kept, *self._asked_for(), *tail]

    def _given(self) -> list[str]:
        """The files that were read in an origin's place."""
        why = (route.provenance.get("address") for route in self.report.routes)
        files = (each.detail for each in why if each is not None and each.source == "argument")
        return [name for each in files for name in each.split(", ")]

    def _certificates(self) -> list[str]:
        """Files of certificates that were read, and no configuration that names them."""
        configured = any("mode" in each.provenance for each in self.report.routes)
        return [] if configured or not self._read else self._given()

    def _advice(self) -> str:
        """What is worth mending though the edge is served, the most pressing first."""
        titles = "; ".join(each.title for each in self.report.findings if each.contributing)
        if self.status.unknown and self.report.headline is None:
            return ""  # the sentence above says it
        refused = any(verdict.accepted is False for verdict in self.report.chain_verdicts)
        unseen = any(validates(route.mode) is False for route in self.report.routes)
        return (
            f"Full (strict) would refuse it: {titles}" if titles and refused and unseen else titles
        )

    def _reserve(self) -> str:
        """What keeps an accepted chain from being sure, where that is the chain's own matter."""
        report = self.report
        if not self.status.works or report.confidence is Confidence.HIGH:
            return ""
        for verdict in report.chain_verdicts:
            found = verdict.defect("key_p521")
            if verdict.accepted and (found is not None or self._read):
                return found.text if found is not None else verdict.doubt
        return ""

    def _pointing(self, line: Line) -> Line:
        """A line that leads to what is to be copied, where that stands further below."""
        text = f"{line.text[:-1]} (see PASTE)."
        fits = line.text.endswith(":") and len(line.label) + len(text) <= self.width
        return replace(line, text=text) if fits else line

    # -- its parts ------------------------------------------------------------------------

    def _head(self) -> Iterator[Line]:
        left = f" {subject.answer(self.report, read=self._read)}"
        right = subject.about(self.report, self._certificates())
        gap = self.width - len(left) - len(right)
        if gap > 1:
            yield Line(f"{left}{' ' * gap}{right}", _style(self.status))
            return
        yield Line(left, _style(self.status))
        yield Line(f" {right}"[: self.width])

    def _why(self, finding: Finding) -> Iterator[Line]:
        sure = _SURE[min(finding.confidence, self.report.confidence, key=lambda c: -c.rank)]
        title = finding.title[:1].upper() + finding.title[1:]
        yield from self._labelled("WHY", f"{title}. [{sure}]", most=3, style="bold")
        if finding.evidence and not _repeats(finding.evidence[0].text, finding.title):
            yield from self._proof([each.text for each in finding.evidence])
        for place in finding.places[:MOST_PLACES]:
            yield from self._place(place)
        others = subject.others(self.report, finding)
        if others:
            yield from self._clipped(others, indent=_INDENT, most=2)
        yield from self._by_rule(finding)
        yield from self._apart()

    def _proof(self, texts: Sequence[str]) -> Iterator[Line]:
        """The first proof, whole: without its later parts, or in more lines, before any is cut."""
        first, most = texts[0], 1 if self._brief else 2
        parts = first.split("; ")
        shorter = ["; ".join(parts[:count]) for count in range(len(parts), 1, -1)]
        others = texts if self._brief else ()
        clause = (first, first.partition(": ")[0] + ".") if self._brief else ()
        tries = (
            (shorter[:1] or [first], most),
            (others, most),
            (clause, 2),
            (shorter, MOST_PROOF),
            ([first], 9),
        )
        for told, lines in tries:
            for text in told:
                left = counted(len(parts) - text.count("; ") - 1, "more outcome")
                shown = f"{text} (-v: {left})" if text in shorter[1:] else text
                if len(self._wrap(shown, _INDENT, 9, noted=False)) <= lines + self._spare:
                    yield from self._clipped(shown, indent=_INDENT, most=max(lines, MOST_PROOF))
                    return

    def _apart(self) -> Iterator[Line]:
        """Where the edge's own answer and the direct test fail in two ways."""
        found = self.report.comparison
        if found is not None and found.agreement is Agreement.DIFFERS:
            yield from self._labelled("EDGE", f"{found.text}. {found.next}", most=2)

    def _by_rule(self, finding: Finding) -> Iterator[Line]:
        """What made the route another one than the name and the mode alone would."""
        rules, acts = self._ruled(finding), self._ruled(finding, "acts_as")
        if rules is not None:
            text = f"{rules.detail}. If that is not meant, correct the rule."
            yield from self._labelled("RULE", text, most=2, explained=False)
        elif acts is not None:
            yield from self._labelled("MODE", f"{acts.detail}.", most=2)

    def _ruled(self, finding: Finding, note: str = "rules") -> Provenance | None:
        """What rules set for the route of a finding, or another note of that kind."""
        routes = (each for each in self.report.routes if each.id in finding.routes)
        first = next(routes, None)
        return first.provenance.get(note) if first is not None else None

    def _place(self, place: Place) -> Iterator[Line]:
        """File and line, which are never cut, and the text that stands there."""
        where, text = for_terminal(str(place)), for_terminal(place.text)
        whole = f"{' ' * _INDENT}{where}  {text}".rstrip()
        if len(whole) <= self.width or not text:
            yield Line(whole, "bold")
            return
        yield Line(f"{' ' * _INDENT}{where}", "bold")
        yield Line(f"{' ' * (_INDENT + 2)}{text}"[: self.width], "bold")

    def _fix(self, finding: Finding, remedy: Remedy | None) -> Iterator[Line]:
        if remedy is None:
            yield from self._labelled("FIX", finding.explanation, most=4)
            yield from self._named_by_hand(finding)
            return
        platform = "" if remedy.platform in ("any", "stop-gap") else f"{remedy.platform}: "
        if remedy.text.startswith(platform):
            platform = ""
        changes = [each for each in remedy.parts if isinstance(each, Change)]
        words = remedy.text or for_all(finding) or "these lines mend it:"
        if changes:
            words += f" ({dashboard(changes[0])})"
        words = after_name(remedy.platform, words) if platform else words
        copied = any(isinstance(each, Config | Shell) for each in remedy.parts)
        yield from self._labelled("FIX", f"{platform}{words}", most=3 if copied else 5)
        command = command_for(remedy, self.report.target.host) if changes else ""
        if command:
            yield from self._planning(command)
        if remedy.platform == "any":
            yield from self._named_by_hand(finding)

    def _named_by_hand(self, finding: Finding) -> Iterator[Line]:
        """Where the lines differ by server and nothing told which one it is."""
        servers = [each for each in servers_of(finding) if each in SERVERS_ASKED]
        if self.report.server is None and servers:
            first, others = servers[0], ", ".join((*servers[1:3], "..."))
            text = f"Its own lines, test, reload: add --server {first} (or {others})"
            if not servers[1:]:
                text = f"If it is {first}: --server {first} gives its lines, test and reload"
            yield from self._clipped(text, indent=_INDENT, most=1)

    def _now(self, finding: Finding) -> Iterator[Line]:
        if self._read:  # a file that need not be in use yet
            return
        told = now.of(self.report, finding, ruled=self._ruled(finding) is not None)
        if told is None or (self._unnamed() and not told.command):
            return
        yield from self._labelled("NOW", told.text, most=3)
        if told.command:
            yield from self._planning(told.command)

    def _planning(self, command: str) -> Iterator[Line]:
        """A command of ``fix``, with what it does as far as there is room."""
        command = self._run.with_options(command)
        room = self.width - _INDENT - 2 - len(command)
        for told in ("   # shows the plan, changes nothing yet", "   # a plan only"):
            if len(told) <= room:
                yield Line(f"{' ' * (_INDENT + 2)}{for_terminal(command)}{told}", "cyan")
                return
        yield from self._command(command)

    def _command(self, command: str, label: str = "") -> Iterator[Line]:
        """A command to be copied, on as many lines as it takes."""
        indent = _INDENT if label else _INDENT + 2
        for number, each in enumerate(continued(command, self.width - indent)):
            name = label if number == 0 else ""
            gap = indent - len(name) - 1 if label else indent
            yield Line(f"{' ' * gap}{for_terminal(each)}", "cyan", f" {name}" if label else "")

    def _asked_for(self) -> Iterator[Line]:
        """What was asked for by an option of its own: a series, Cloudflare's own records."""
        if not self.report.series and self.report.insight is None:
            return
        told = dropwhile(lambda each: each.label in ("", "EDGE"), beside.parts(self.report))
        for part in islice(told, MOST_ASKED_FOR):
            if part.row:
                yield Line(f"{' ' * _INDENT}{for_terminal(part.text)}"[: self.width])
                continue
            label, text = part.label, part.text
            if len(label) >= LABEL:
                label, text = "SEEN", f"{label.lower()}: {text}"
            yield from self._labelled(label, text, most=2, explained=False)

    def _open(self, most: int) -> Iterator[Line]:
        """What could change the verdict, and what would settle it."""
        for error in self.report.errors[:1]:
            yield from self._labelled("ERROR", error, most=1)
        for number, unknown in enumerate(self._deciding()[:most]):
            settled_below = unknown.id == ORIGIN_NOT_NAMED or (self.status.unknown and number == 0)
            label = "OPEN" if number == 0 else ""
            whole = f"{unknown.text} {unknown.next}"
            brief = (
                self.status.works
                or self._brief
                or settled_below
                or len(self._wrap(whole, _INDENT, 9, noted=False)) > 2 + self._spare
            )
            yield from self._labelled(label, unknown.text if brief else whole, most=2)

    def _deciding(self) -> list[Unknown]:
        return [each for each in self.report.unknowns if each.could_change_verdict]

    def _then(self) -> Iterator[Line]:
        """The next command, or the step that would settle what is open."""
        if self.status == UNLOADABLE:
            return
        if self.status.fails and self._read:
            yield from self._before_it_is_installed()
            return
        told = self.status.fails or (self.status.passes_through and self.report.headline)
        if told and not self._unnamed():
            yield from self._command(self._run.of("watch", self.report.target), "THEN")
            return
        for unknown in self._unnamed() or (self._deciding()[:1] if self.status.unknown else ()):
            words, link = _without_link(self._with_origin(unknown.next))
            yield from self._labelled("THEN", words, most=3)
            if link:
                yield Line(f"{' ' * (_INDENT + 2)}{for_terminal(link)}", "cyan")

    def _before_it_is_installed(self) -> Iterator[Line]:
        """What to do with a file that the edge would not take."""
        host, files = for_terminal(self.report.target.host), self._certificates()
        shown = for_terminal(shlex.join(files))
        if self._run.repeats and self._run.command in ("verify", "lint"):
            told = "do not install it. Ask again of the mended or new file:"
            if not files:
                told = f"mend it, ask again, and reload; then cf525 watch {host}. To ask again:"
            yield from self._labelled("THEN", told, most=2)
            yield from self._command(self._run.again())
            return
        told = "do not install it. Ask again of the mended or new file, with all options:"
        if not files or len(shown) > MOST_NAME:
            told = "mend it, ask again with the same command, and reload; then cf525 watch " + host
            yield from self._labelled("THEN", told, most=2)
            return
        yield from self._labelled("THEN", told, most=2)
        asked = f"cf525 verify {shown}" + (f" --host {host}" if host else "")
        yield Line(f"{' ' * (_INDENT + 2)}{asked}", "cyan")

    def _with_origin(self, text: str) -> str:
        """What to do where the origin was not named, with the options that were given."""
        bare = f"cf525 diagnose {self.report.target.host}"
        if not text.startswith(f"{bare} "):
            return text
        return self._run.of("diagnose", self.report.target) + text.removeprefix(bare)

    def _unnamed(self) -> list[Unknown]:
        """The open question where the origin is, where only the edge was asked."""
        return [each for each in self.report.unknowns if each.id == ORIGIN_NOT_NAMED]

    def _more(self, finding: Finding | None) -> Iterator[Line]:
        hidden = [f"-v: {', '.join(self._hidden())}"]
        if finding is not None:
            hidden.append(f"cf525 explain {finding.id}")
        yield from self._labelled("MORE", " · ".join(hidden), most=2, style="dim", explained=False)

    def _hidden(self) -> Iterator[str]:
        report = self.report
        yield "proof, route"
        if report.chain_verdicts:
            yield "chain"
        others = sum(1 for each in report.findings if each.id != report.headline)
        if others:
            yield counted(others, "more finding")
        if report.unknowns:
            yield f"{counted(len(report.unknowns), 'limit')} of this test"

    # -- lines ----------------------------------------------------------------------------

    def _labelled(
        self, label: str, text: str, *, most: int, style: str = "", explained: bool = True
    ) -> Iterator[Line]:
        lines = self._wrap(text, _INDENT, most, explained=explained)
        for number, each in enumerate(lines):
            name = label if number == 0 else ""
            yield Line(f"{' ' * (LABEL - len(name))}{each}", style, f" {name}")

    def _clipped(self, text: str, *, indent: int, most: int) -> Iterator[Line]:
        for each in self._wrap(text, indent, most):
            yield Line(f"{' ' * indent}{each}")

    def _wrap(
        self, text: str, indent: int, most: int, *, explained: bool = True, noted: bool = True
    ) -> list[str]:
        """At most so many lines; what does not fit ends in an ellipsis. Unless it is ``noted``,
        this only measures."""
        text = for_terminal(text).replace("\n", " ")
        before = set(self._explained)
        text = self._glossed(text) if explained else text
        if not noted:
            self._explained = before
        return textwrap.wrap(
            text,
            max(self.width - indent, 20),
            max_lines=most + self._spare,
            placeholder=" …",
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _glossed(self, text: str) -> str:
        """The text with each word of the trade explained where it first occurs."""
        words = text.split(" ")
        for number, word in enumerate(words):
            bare = word.strip(".,:;()")
            if bare in GLOSSES and bare not in self._explained:
                self._explained.add(bare)
                words[number] = word.replace(bare, f"{bare} ({GLOSSES[bare]})", 1)
        return " ".join(words)


def _repeats(text: str, title: str) -> bool:
    """Whether a proof says no more than the title does."""
    said = {each.strip(".,:;()'s").lower() for each in text.split() if len(each) > 3}
    return said <= {each.strip(".,:;()'s").lower() for each in title.split()} | _OF_A_SENTENCE


_OF_A_SENTENCE: Final = frozenset(("this", "that", "origin", "certificate", "edge", "with"))


def _without_link(text: str) -> tuple[str, str]:
    """A text and the link at its end, which must not be wrapped; empty without one."""
    words, found, link = text.partition("https://")
    return (words.strip(), f"{found}{link}") if " " not in link else (text, "")


def _label_of(pasted: Sequence[Line]) -> str:
    """What stands before what is to be copied: where it is no more than how it is loaded, that."""
    return " AFTER" if pasted and LOADS.search(pasted[0].text) else " PASTE"


def _is_early(lines: Iterable[Line]) -> bool:
    """Whether the next command stands among what decides."""
    told = [each for each in lines if each.text.strip() or each.label.strip()]
    return any(each.label == " THEN" for each in told[: DECIDING_ROWS + MOST_LATER])


def _is_cut(line: Line) -> bool:
    """Whether a line says that others were left out."""
    return line.text.lstrip().startswith("… and ")


def _fitting(lines: Sequence[Line], room: int, width: int, *, told: bool = True) -> list[Line]:
    """The lines that fit into so many rows; where some are left out, a last one says so."""
    if rows(lines, width) <= room:
        return list(lines)
    kept: list[Line] = []
    for line in lines:
        if rows([*kept, line], width) > room - (1 if told else 0):
            break
        kept.append(line)
    if told and room > 0:
        left = len(lines) - len(kept)
        kept.append(Line(f"{' ' * _INDENT}… and {counted(left, 'more line')} (-v)", "dim"))
    return kept


def _style(status: Status) -> str:
    if status == "ok":
        return "bold green"
    return "bold red" if status.fails else "bold yellow"
