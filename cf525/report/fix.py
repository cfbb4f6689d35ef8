"""A change at Cloudflare for people: the plan before it, what came of it, what still stands.

Everything from a plan, a journal or the API is made harmless for the terminal. Requests and
commands are never wrapped, because they are made to be copied.
"""

import json
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from cf525.edge.codes import title_of
from cf525.model.change import ChangeScope
from cf525.model.fix import FixEntry, FixPlan, FixResult, FixState, Offers
from cf525.model.status import Status
from cf525.report.escape import for_terminal
from cf525.report.line import Line

LABEL: Final = 7
_INDENT: Final = LABEL + 1


def plan(one: FixPlan, *, width: int = 80, verbose: bool = False) -> list[Line]:
    """All that is to be known before the change is made."""
    return [
        Line(""),
        Line(f" {one.remedy} for {for_terminal(one.host)}", "bold"),
        *_labelled("WHERE", _where(one), width, "yellow" if one.scope is ChangeScope.ZONE else ""),
        *_labelled("NOW", one.before + _visitors("get", one.predicted.was), width),
        *_labelled("THEN", f"{one.after}{_then(one)}. {one.predicted.reason}", width, "bold"),
        *_labelled("PRICE", one.price, width),
        *_labelled("ENDS", _ends(one), width),
        *_labelled("UNDO", f"{one.undo} (cf525 fix --undo {one.id})", width),
        *_labelled("NEEDS", _needs(one), width),
        *(line for note in one.notes for line in _labelled("NOTE", f"{note}.", width)),
        *_requests(one, verbose=verbose),
        *(_block(one.terraform) if verbose else ()),
        Line(""),
    ]


def _then(one: FixPlan) -> str:
    then = one.predicted.edge_status
    told = not one.predicted.was.unknown or not then.unknown
    return f": visitors would get {_named(then)}" if told else ""


def _visitors(what: str, status: Status) -> str:
    return "" if status.unknown else f": visitors {what} {_named(status)}"


def _where(one: FixPlan) -> str:
    match one.scope:
        case ChangeScope.ZONE:
            return f"the whole zone {one.zone}: every host of it"
        case ChangeScope.POOL:
            return f"a pool of the account: every host that it serves (zone {one.zone})"
        case _:
            return f"{one.host} alone, in the zone {one.zone}"


def _ends(one: FixPlan) -> str:
    if one.until is None:
        return "never by itself"
    by_itself = any(each.shorter is not None for each in one.requests)
    how = "by itself" if by_itself else "when somebody takes it back: nothing ends it by itself"
    return f"{one.until.astimezone(UTC):%Y-%m-%d %H:%MZ}, {how}"


def _needs(one: FixPlan) -> str:
    above = f"; {one.plan.capitalize()} plan" if one.plan else ""
    return f"token right: {', '.join(one.rights)}{above}"


def _requests(one: FixPlan, *, verbose: bool) -> Iterator[Line]:
    for number, each in enumerate(one.requests):
        label = " WRITE" if number == 0 else ""
        text = f"{each.method} {for_terminal(each.path)}"
        yield Line(f"{' ' * (_INDENT - len(label))}{text}", "cyan", label)
        if each.body is not None and (verbose or number < 2):
            body = json.dumps(each.body, ensure_ascii=False)
            yield Line(f"{' ' * _INDENT}{for_terminal(body)}", "cyan")


def _block(text: str) -> Iterator[Line]:
    if text:
        yield Line("")
        for each in text.split("\n"):
            yield Line(f"{' ' * _INDENT}{for_terminal(each)}", "cyan")


def _typed(*words: str) -> str:
    """A command of ours to be copied; what the API or a file named stands in it as one word."""
    return for_terminal(shlex.join(("cf525", *words)))


def offers(found: Offers, *, width: int = 80) -> list[Line]:
    """The remedies that would help, best first; where none does, that the origin must change."""
    head = f" {for_terminal(found.host)}: visitors get {_named(found.edge_status)}"
    lines = [Line(""), Line(head, "bold"), Line("")]
    for one in found.plans:
        valued = one.value and one.remedy != "origin-pull"
        value = ("--value", one.value) if valued else ()
        lines += [
            Line(f" {_typed('fix', one.host, one.remedy, *value)}", "cyan"),
            *_labelled("THEN", f"{one.after}: {_named(one.predicted.edge_status)}", width),
            *_labelled("WHERE", _where(one), width),
            *_labelled("PRICE", one.price, width),
            *_labelled("NEEDS", _needs(one), width),
        ]
    if found.untried:
        text = f"not foretold in the time there was: {', '.join(found.untried)}. Name one, or give "
        lines += _wrapped(f"{text}more time with --timeout.", 1, width)
    elif not found.plans:
        said = "nothing at Cloudflare would help; the origin must change:"
        if found.edge_status.works:
            said = "nothing is to be mended:"
        elif found.by_hand:
            lines += _labelled("NOW", f"by hand: {found.by_hand}", width)
            said = "nothing that this command makes would help; the origin must change:"
        lines += [*_wrapped(said, 1, width), *_wrapped(found.fix, 1, width)]
        lines.append(Line(f" {_typed('diagnose', found.host)}", "cyan"))
    if found.refused:
        lines.append(Line(""))
        for each in found.refused:
            lines += _wrapped(f"not {each.remedy}: {each.why}", 1, width, "dim")
    return [*lines, Line("")]


def result(done: FixResult, *, width: int = 80) -> list[Line]:
    """How it ended, what was noticed, and how to take it back."""
    style = "bold green" if done.result in ("applied", "undone", "already") else "bold red"
    lines = [Line(""), *_wrapped(f"{done.text[:1].upper()}{done.text[1:]}.", 1, width, style)]
    for note in done.notes:
        lines += _labelled("NOTE", f"{note}.", width)
    if done.at_the_edge is not None:
        lines += _labelled("EDGE", f"visitors get {_named(done.at_the_edge)}", width)
    if done.hint and not done.hint.startswith("cf525"):
        lines += _labelled("HINT", done.hint, width)
    for number, each in enumerate(done.install.split("\n") if done.install else ()):
        label = " THERE" if number == 0 else ""
        lines.append(Line(f"{' ' * (_INDENT - len(label))}{for_terminal(each)}", "", label))
    if done.entry is not None and done.entry.open:
        lines += _standing(done.entry, done.lines)
    return [*lines, Line("")]


def _standing(entry: FixEntry, commands: Sequence[str]) -> Iterator[Line]:
    if entry.until is not None:
        how = "ends by itself" if entry.ends_by_itself else "is due"
        yield from _labelled("ENDS", f"it {how} {entry.until.astimezone(UTC):%Y-%m-%d %H:%MZ}", 80)
    yield Line(f"{' ' * (_INDENT - 5)}cf525 fix --undo {entry.id}", "cyan", " UNDO")
    if commands:
        yield Line(f"{' ' * _INDENT}or without cf525:")
    for each in commands:
        yield Line(f"{' ' * _INDENT}{for_terminal(each)}", "cyan")
    for path in entry.files:
        yield Line(f"{' ' * (_INDENT - 5)}{for_terminal(path)}", "", " FILE")


def entries(found: Sequence[FixEntry], now: datetime, *, width: int = 80) -> list[Line]:
    """What stands at Cloudflare and was not taken back, the oldest first."""
    if not found:
        return [Line(" nothing of cf525 stands at Cloudflare, as far as this journal knows")]
    lines = []
    for entry in found:
        head = f" {entry.id}  {entry.remedy} for {for_terminal(entry.host)}"
        value = f" ({for_terminal(entry.value)})" if entry.value else ""
        lines += [
            Line(f"{head}{value}", "bold"),
            *_wrapped(f"{_state(entry, now)}; made {entry.at:%Y-%m-%d %H:%MZ}", 11, width),
        ]
        if entry.reason:
            lines += _wrapped(for_terminal(entry.reason), 11, width)
        lines.append(Line(f"{' ' * 11}cf525 fix --undo {entry.id}", "cyan"))
    return lines


def _state(entry: FixEntry, now: datetime) -> str:
    said = {
        FixState.PENDING: "cut off in the middle: it may stand there",
        FixState.UNKNOWN: "whether it stands there is not known",
        FixState.UNDOING: "cut off while it was taken back",
    }.get(entry.state, "stands")
    if entry.until is None:
        return f"{said}, without an end"
    end = f"{entry.until.astimezone(UTC):%Y-%m-%d %H:%MZ}"
    if entry.until > now:
        return f"{said}, {'ends by itself' if entry.ends_by_itself else 'due'} {end}"
    if entry.ends_by_itself:
        return f"{said}, ended by itself {end}: only its rule is left"
    return f"{said}, OVERDUE since {end}"


def _named(status: Status) -> str:
    title = title_of(status)
    return f"{status} {title}" if title and status.numbered else str(status)


def _labelled(label: str, text: str, width: int, style: str = "") -> Iterator[Line]:
    for number, each in enumerate(_wrap(text, _INDENT, width)):
        name = f" {label}" if number == 0 else ""
        yield Line(f"{' ' * (_INDENT - len(name))}{each}", style, name)


def _wrapped(text: str, indent: int, width: int, style: str = "") -> list[Line]:
    return [Line(f"{' ' * indent}{each}", style) for each in _wrap(text, indent, width)]


def _wrap(text: str, indent: int, width: int) -> list[str]:
    return textwrap.wrap(
        for_terminal(text).replace("\n", " ").strip(),
        max(width - indent, 20),
        break_long_words=False,
        break_on_hyphens=False,
    )
