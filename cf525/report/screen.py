"""The first screen of a diagnosis: the chosen answer laid out, the status first.

At most ``ROWS`` rows of 80 columns, of a healthy host ``HEALTHY_ROWS``; what decides stands in the
first ten. What is told is ``answer``'s choice; proof, route, chain, everything that is open and all
other fixes are ``text``'s, which ``-v`` prints. What is to be copied stands here whole or not at
all, with the command that prints it.

A row that is wider than the screen counts as the rows it fills.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import dropwhile, islice
from typing import Final

from cf525.model import Finding, Place, Report
from cf525.model.status import Status
from cf525.report import beside, proof, subject, then
from cf525.report.answer import Answer, Fix, answer
from cf525.report.escape import for_terminal
from cf525.report.laid import INDENT, LABEL, WIDTH, Laid, scaled
from cf525.report.line import Line, counted
from cf525.report.next_command import NOTHING_TYPED, Invocation
from cf525.report.paste import continued, headed, lines_of, loading
from cf525.report.sentences import sentences

ROWS: Final = 24
HEALTHY_ROWS: Final = 8
DECIDING_ROWS: Final = 10
MOST_LATER: Final = 6
"""Rows by which whole sentences may move what decides down."""
MOST_ASKED_FOR: Final = 6
MOST_PLACES: Final = 2
MOST_SPARE: Final = 3
"""Lines more that a sentence may take where the whole screen has room for it."""

PLANNED: Final = "This only plans it:"


def render(report: Report, *, width: int = WIDTH, run: Invocation = NOTHING_TYPED) -> list[Line]:
    """The screen as lines, from the answer to the next command, which takes the options of the
    ``run``. Sentences are whole where there is room for them."""
    told, wide = answer(report, run), max(width, 40)
    limit = scaled(HEALTHY_ROWS if report.edge_status.works else ROWS, wide)
    whole = _Screen(report, told, wide, run, spare=MOST_SPARE)
    lines = whole.lines()
    if rows(lines, width) <= limit and _is_early(lines, wide) and not whole.left_out:
        return lines
    tries = [_Screen(report, told, wide, run, brief=each) for each in range(3)]
    if report.headline is None:
        return tries[0].lines()
    laid = [each.lines() for each in tries]
    fits = (
        lines
        for each, lines in zip(tries, laid, strict=True)
        if not each.left_out and _is_early(lines, wide)
    )
    return next(fits, laid[1] if rows(laid[1], width) <= scaled(ROWS, wide) else laid[2])


def rows(lines: Iterable[Line], width: int = WIDTH) -> int:
    """How many rows of a terminal the lines fill."""
    return sum(max(1, -(-len(f"{each.label}{each.text}") // width)) for each in lines)


class _Screen:
    """``spare`` is how many lines more a sentence may take; ``brief`` leaves out what is not
    needed to act (1), and the proof too (2), for the sake of what is to be copied. ``left_out``
    says whether that did not fit all the same."""

    def __init__(
        self,
        report: Report,
        told: Answer,
        width: int,
        run: Invocation,
        *,
        spare: int = 0,
        brief: int = 0,
    ) -> None:
        self.report = report
        self.told = told
        self.width = width
        self.status = report.edge_status
        self.left_out = False
        self._run = run
        self._brief = brief
        self._laid = Laid(width, spare)

    def lines(self) -> list[Line]:
        finding, fix = self.told.finding, self.told.fix
        if finding is None or fix is None:
            return self._without_cause()
        return self._with_cause(finding, fix)

    # -- the two kinds of screen ----------------------------------------------------------

    def _with_cause(self, finding: Finding, fix: Fix) -> list[Line]:
        head = [Line(""), *self._head(), Line("")]
        why = list(self._why())
        mend = list(self._fix(fix))
        now = list(self._now())
        following = [*self._open(1 if self._brief else 2), *self._then()]
        last = [*self._more(finding), *self._asked_for()]
        room = scaled(ROWS, self.width) - rows(
            [*head, *why, *mend, *now, *following, *last], self.width
        )
        shown = self._pasted(fix, room)
        if rows([*head, *why, *mend, *shown, *now], self.width) <= DECIDING_ROWS:
            return [*head, *why, *mend, *shown, *now, *following, *last]
        mend = [self._pointing(each) for each in mend] if shown else mend
        return [*head, *why, *mend, *now, *following, *headed(shown, " PASTE"), *last]

    def _pasted(self, fix: Fix, room: int) -> list[Line]:
        """All that is to be copied; where that does not fit, which command prints it, and how it
        is loaded."""
        if fix.remedy is None:
            return []
        paste = list(
            lines_of(
                fix.remedy,
                indent=INDENT,
                width=self.width,
                given=then.files(self.report),
                whole=self._run.with_options,
                told=self.told.then.command if self.told.then is not None else "",
            )
        )
        if rows(paste, self.width) <= room:
            return paste
        self.left_out = True
        count = counted(len(paste), "line")
        short = Line(f"{' ' * INDENT}{count}: the same command with -v prints them whole", "dim")
        pointer = [short]
        if self._run.repeats:
            head = Line(f"{' ' * INDENT}{count}, which this prints whole:", "dim")
            pointer = [head, *self._command(f"{self._run.again()} -v")]
        end = loading(fix.remedy, indent=INDENT, width=self.width)
        end = [Line(f"{' ' * INDENT}then:", "dim"), *end] if end else []
        tries = ([*pointer, *end], [short, *end], pointer)
        return next((each for each in tries if rows(each, self.width) <= room), [short])

    def _without_cause(self) -> list[Line]:
        """Nothing wrong, or nothing to be told: the sentence, and what is open."""
        told = self.told
        head = [Line(""), *self._head(), Line("")]
        summary = f"{told.title} [{told.sure}]" if told.sure else told.title
        said = list(self._laid.clipped(summary, indent=1, most=3))
        also = list(
            self._laid.labelled(
                "ALSO",
                told.advice or told.reserve,
                most=1 if told.advice else 2,
                explained=not told.advice,
            )
        )
        body = [*also, *self._open(1 if self.status.works else 3), *self._then()]
        tail = list(self._more(None))
        limit = scaled(HEALTHY_ROWS if self.status.works else ROWS, self.width)
        room = limit - rows([*head, *said, *tail], self.width)
        if rows(body, self.width) > room:
            head = [Line(""), *self._head(brief=True), Line("")]
            room = limit - rows([*head, *said, *tail], self.width)
        room = room if room > 0 else 2  # a long name takes no room of what is open
        return [*head, *said, *_fitting(body, room, self.width), *self._asked_for(), *tail]

    def _pointing(self, line: Line) -> Line:
        """A line that leads to what is to be copied, where that stands further below."""
        text = f"{line.text[:-1]} (see PASTE)."
        fits = line.text.endswith(":") and len(line.label) + len(text) <= self.width
        return replace(line, text=text) if fits else line

    # -- its parts ------------------------------------------------------------------------

    def _head(self, *, brief: bool = False) -> Iterator[Line]:
        read = then.files_alone(self.report)
        left = f" {subject.answer(self.report, read=read)}"
        files = then.certificates(self.report)
        right = subject.about(self.report, files)
        narrow = len(right) >= self.width
        if (brief or self._brief or narrow) and len(left) + len(right) + 1 >= self.width:
            right = subject.about(self.report, files, seen=False)
        gap = self.width - len(left) - len(right)
        if gap > 1:
            yield Line(f"{left}{' ' * gap}{right}", _style(self.status))
        else:
            yield Line(left, _style(self.status))
            yield Line(f" {right}")
        seen = subject.about(self.report, files).removeprefix(f"{right} · ")
        if self.width < WIDTH and seen and seen != right:
            yield from self._laid.clipped(seen, indent=1, most=2)

    def _why(self) -> Iterator[Line]:
        told, laid = self.told, self._laid
        yield from laid.labelled("WHY", f"{told.title}. [{told.sure}]", most=3, style="bold")
        if told.proofs and not proof.repeats(told.proofs[0], told.title) and self._brief < 2:
            yield from self._proof(told.proofs)
        for place in told.places[:MOST_PLACES]:
            yield from self._place(place)
        if told.others:
            yield from laid.clipped(told.others, indent=INDENT, most=2)
        yield from laid.labelled("RULE", told.rule, most=3, explained=False)
        yield from laid.labelled("MODE", told.acts_as, most=2)
        yield from laid.labelled("EDGE", told.apart, most=2)

    def _proof(self, texts: Sequence[str]) -> Iterator[Line]:
        """The first proof, whole: without its later parts, or in more lines, before any is cut."""
        for text, most in proof.forms(texts, brief=bool(self._brief)):
            if self._laid.height(text) <= scaled(most + self._laid.spare, self.width):
                yield from self._laid.clipped(text, indent=INDENT, most=max(most, proof.MOST))
                return

    def _place(self, place: Place) -> Iterator[Line]:
        """File and line, which are never cut, and the text that stands there."""
        where, text = for_terminal(str(place)), for_terminal(place.text)
        whole = f"{' ' * INDENT}{where}  {text}".rstrip()
        if len(whole) <= self.width or not text:
            yield Line(whole, "bold")
            return
        yield Line(f"{' ' * INDENT}{where}", "bold")
        for each in self._laid.clipped(text, indent=INDENT + 2, most=2):
            yield replace(each, style="bold")

    def _fix(self, fix: Fix) -> Iterator[Line]:
        """Whole sentences: the last ones are left out before any is cut."""
        most = 3 if fix.copied else 5
        general, own = len(fix.general), len(fix.own)
        if general and own:
            most += 1
            while general > 1 and self._laid.height(fix.words(general, 0)) > scaled(2, self.width):
                general -= 1
        while self._laid.height(fix.words(general, own)) > scaled(
            most + self._laid.spare, self.width
        ):
            if own > 1:
                own -= 1
            elif general > 1:
                general -= 1
            else:
                break
        words = self._planned(fix.words(general, own), fix.command)
        yield from self._laid.labelled("FIX", words, most=9)
        if fix.command:
            yield from self._command(fix.command)
        if fix.by_hand:
            yield from self._laid.clipped(fix.by_hand, indent=INDENT, most=2)

    def _now(self) -> Iterator[Line]:
        told = self.told.now
        if told is not None:
            text = sentences(told.text)[0] if self._brief and told.denied else told.text
            yield from self._laid.labelled("NOW", self._planned(text, told.command), most=4)
            yield from self._command(told.command) if told.command else ()

    def _planned(self, text: str, command: str) -> str:
        """The text with what its command does, where that takes no further line."""
        whole = f"{text} {PLANNED}"
        fits = self._laid.height(whole) == self._laid.height(text)
        return whole if command and fits else text

    def _command(self, command: str, indent: int = INDENT + 2) -> Iterator[Line]:
        """A command to be copied, on as many lines as it takes."""
        for each in continued(command, self.width - indent):
            yield Line(f"{' ' * indent}{for_terminal(each)}", "cyan")

    def _then(self) -> Iterator[Line]:
        """The next command, beside the words where there is room."""
        told = self.told.then
        if told is None:
            return
        if told.words == then.AFTER_FIX or not told.words:
            words = f"{told.words} " if told.words else ""
            beside = f"{' ' * (LABEL - len('THEN'))}{words}{for_terminal(told.command)}"
            if len(f" THEN{beside}") <= self.width:
                yield Line(beside, "cyan", " THEN")
                return
            if not words:
                yield from headed(list(self._command(told.command, INDENT)), " THEN")
                return
        yield from self._laid.labelled("THEN", told.words, most=3)
        if told.command:
            yield from self._command(told.command)
        if told.link:
            yield Line(f"{' ' * (INDENT + 2)}{for_terminal(told.link)}", "cyan")

    def _asked_for(self) -> Iterator[Line]:
        """What was asked for by an option of its own: a series, Cloudflare's own records."""
        if not self.report.series and self.report.insight is None:
            return
        told = dropwhile(lambda each: each.label in ("", "EDGE"), beside.parts(self.report))
        for part in islice(told, MOST_ASKED_FOR):
            if part.row:
                yield Line(f"{' ' * INDENT}{for_terminal(part.text)}"[: self.width])
                continue
            label, text = part.label, part.text
            if len(label) >= LABEL:
                label, text = "SEEN", f"{label.lower()}: {text}"
            yield from self._laid.labelled(label, text, most=2, explained=False)

    def _open(self, most: int) -> Iterator[Line]:
        """What could change the verdict, and what would settle it."""
        for error in self.report.errors[:1]:
            yield from self._laid.labelled("ERROR", error, most=1)
        for number, unknown in enumerate(self.told.open[:most]):
            first = number == 0
            settled_below = unknown.id == then.ORIGIN_NOT_NAMED or (self.status.unknown and first)
            whole = f"{unknown.text} {unknown.next}"
            brief = (
                self.status.works
                or self._brief
                or settled_below
                or self._laid.height(whole) > scaled(2 + self._laid.spare, self.width)
            )
            text = unknown.text if brief else whole
            yield from self._laid.labelled("OPEN" if first else "", text, most=2)

    def _more(self, finding: Finding | None) -> Iterator[Line]:
        hidden = ["-v: all of it" if self._brief == 2 else f"-v: {', '.join(self._hidden())}"]
        if finding is not None:
            hidden.append(f"cf525 explain {finding.id}")
        text = " · ".join(hidden)
        yield from self._laid.labelled("MORE", text, most=2, style="dim", explained=False)

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


def _is_early(lines: Iterable[Line], width: int) -> bool:
    """Whether the next command stands among what decides, or there is none."""
    told = [each for each in lines if each.text.strip() or each.label.strip()]
    places = [number for number, each in enumerate(told) if each.label == " THEN"]
    return not places or places[0] < scaled(DECIDING_ROWS + MOST_LATER, width)


def _fitting(lines: Sequence[Line], room: int, width: int) -> list[Line]:
    """The lines that fit into so many rows."""
    kept: list[Line] = []
    for line in lines:
        if rows([*kept, line], width) > room:
            break
        kept.append(line)
    return kept


def _style(status: Status) -> str:
    if status == "ok":
        return "bold green"
    return "bold red" if status.fails else "bold yellow"
