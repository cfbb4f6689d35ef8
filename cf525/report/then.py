"""The one next command: what proves the mend, or, where the cause is not known, what decides it.

Also which files and questions a report is about, as far as that decides what comes next. Says it
in words and a command; how it is laid out is ``screen``'s.
"""

import shlex
from typing import Final

from cf525.model import Confidence, Finding, Report, Shell, Unknown
from cf525.model.status import UNLOADABLE
from cf525.patterns import lazy_pattern
from cf525.report.escape import for_terminal
from cf525.report.next_command import Invocation
from cf525.report.paste import LOADS
from cf525.values import dataclass

ORIGIN_NOT_NAMED: Final = "origin-not-named"
AFTER_FIX: Final = "after FIX:"
MOST_NAME: Final = 60
"""Characters of the names of files up to which a command with them is printed."""
_OF_ANSIBLE: Final = lazy_pattern(r"/ansible-(?:module)?tmp-")
"""Where Ansible lays the file that it asks ``validate`` about: it is gone when that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What to do next: words, and one command or link; either may be empty."""

    words: str = ""
    command: str = ""
    link: str = ""


def of(report: Report, finding: Finding | None, run: Invocation) -> Next | None:
    """What comes next; None where nothing has to."""
    status = report.edge_status
    if status == UNLOADABLE:
        return None
    read = not report.observations and any(map(_OF_ANSIBLE.search, files(report)))
    if status.fails and read:
        return Next(words="mend the template, and run the play again: it asks again by itself.")
    if status.fails and files_alone(report):
        return _before_it_is_installed(report, run)
    decides = _deciding_command(report, finding) if finding is not None else ""
    if decides and (report.fails or status.unknown) and not unnamed(report):
        ours = decides.startswith("cf525 ")
        words = "" if ours else "on the origin host, as its answer decides:"
        return Next(words=words, command=run.with_options(decides))
    if report.fails and not unnamed(report):
        return Next(words=AFTER_FIX if finding else "", command=run.of("watch", report.target))
    for unknown in unnamed(report) or (deciding(report)[:1] if status.unknown else ()):
        words, link = _without_link(_with_origin(report, unknown.next, run))
        return Next(words=words, link=link)
    return None


def sureness(report: Report, finding: Finding) -> Confidence:
    """How sure a finding of a report is: no surer than the report."""
    return min(finding.confidence, report.confidence, key=lambda each: -each.rank)


def deciding(report: Report) -> tuple[Unknown, ...]:
    """What is open and could change the verdict."""
    return tuple(each for each in report.unknowns if each.could_change_verdict)


def unnamed(report: Report) -> tuple[Unknown, ...]:
    """The open question where the origin is, where only the edge was asked."""
    return tuple(each for each in report.unknowns if each.id == ORIGIN_NOT_NAMED)


def files_alone(report: Report) -> bool:
    """Whether files were read and no server asked."""
    return bool(report.chain_verdicts) and not report.observations


def files(report: Report) -> list[str]:
    """The files that were read in an origin's place."""
    why = (route.provenance.get("address") for route in report.routes)
    details = (each.detail for each in why if each is not None and each.source == "argument")
    return [name for each in details for name in each.split(", ")]


def certificates(report: Report) -> list[str]:
    """Files of certificates that were read, and no configuration that names them."""
    configured = any("mode" in each.provenance for each in report.routes)
    return [] if configured or not files_alone(report) else files(report)


def _deciding_command(report: Report, finding: Finding) -> str:
    """Where the cause is a guess, the first command by which any server's is examined."""
    if sureness(report, finding) is not Confidence.LOW:
        return ""
    for remedy in finding.remedies:
        if remedy.where == "origin" and remedy.platform == "any":
            shells = (each for each in remedy.parts if isinstance(each, Shell))
            first = next((each.commands[0] for each in shells if each.shell == "sh"), "")
            return "" if LOADS.search(first) else first
    return ""


def _before_it_is_installed(report: Report, run: Invocation) -> Next:
    """What to do with a file that the edge would not take."""
    host, named = for_terminal(report.target.host), certificates(report)
    shown = for_terminal(shlex.join(named))
    mended = "do not install it. Ask again of the mended or new file"
    if run.repeats and run.command in ("verify", "lint"):
        before = "after FIX, and before the server loads it, ask again:"
        return Next(words=f"{mended}:" if named else before, command=run.again())
    if not named or len(shown) > MOST_NAME:
        return Next(
            words=f"mend it, ask again with the same command, and reload; then cf525 watch {host}"
        )
    asked = f"cf525 verify {shown}" + (f" --host {host}" if host else "")
    return Next(words=f"{mended}, with all options:", command=asked)


def _with_origin(report: Report, text: str, run: Invocation) -> str:
    """What to do where the origin was not named, with the options that were given."""
    bare = f"cf525 diagnose {report.target.host}"
    if not text.startswith(f"{bare} "):
        return text
    return run.of("diagnose", report.target) + text.removeprefix(bare)


def _without_link(text: str) -> tuple[str, str]:
    """A text and the link at its end, which must not be wrapped; empty without one."""
    words, found, link = text.partition("https://")
    return (words.strip(), f"{found}{link}") if " " not in link else (text, "")
