"""Whether Apache redirects the URL that the edge asks for to itself: visitors go round.

``Redirect`` and ``RewriteRule`` of the virtual host, in order. Only what the name, the path / and
TLS decide is evaluated; a rule under another condition is passed over.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cf525.edge.budget import OverBudget, budget
from cf525.edge.regex import SET_STEPS, Unsupported, matches
from cf525.patterns import lazy_pattern
from cf525.servers.apache.model import Host
from cf525.servers.foretold import Edit
from cf525.servers.lines import LineMender
from cf525.servers.tree import Directive
from cf525.values import dataclass

_VARIABLE: Final = lazy_pattern(r"%\{([A-Z_]+)\}")
_WHOLE: Final = {
    "^/?(.*)$": "", "^/?(.*)": "", "^/(.*)$": "", "^/(.*)": "",
    "^(.*)$": "/", "^(.*)": "/", "(.*)": "/", "^(/.*)$": "/",
}  # fmt: skip
"""Patterns that take a path whole, and what they catch of /."""
_BARE: Final = ("^", "^/", "^/?", "^/$", "^/?$", ".", ".*", "^.*$", "^.*", "/", "^/.*$")
_STATES: Final = {"permanent": "301", "temp": "302", "seeother": "303"}


@dataclass(frozen=True, slots=True)
class Round:
    """The line that redirects, and what stops it."""

    directive: Directive
    edits: tuple[Edit, ...] = ()


def goes_round(host: Host, name: str, port: int, mender: LineMender) -> Round | None:
    """The redirect that leads a request for / to itself; None where there is none."""
    url = f"https://{name}" + ("" if port == 443 else f":{port}")
    values = {
        "HTTP_HOST": url.removeprefix("https://"), "SERVER_NAME": name, "REQUEST_URI": "/",
        "HTTPS": "on", "SERVER_PORT": str(port), "REQUEST_SCHEME": "https",
    }  # fmt: skip
    return next(_rounds(host, url, values, mender), None)


def _rounds(host: Host, url: str, values: Mapping[str, str], mender: LineMender) -> Iterator[Round]:
    conditions: list[Directive] = []
    on = False
    for each in host.directive.block or ():
        kind = each.name.lower()
        if kind == "rewriteengine":
            on = each.argument().lower() == "on"
        elif kind == "rewritecond":
            conditions.append(each)
        elif kind == "rewriterule":
            own, conditions = conditions, []
            if not on or len(each.args) < 2 or not _hold(own, values):
                continue
            target = _rewritten(each.args[0], each.args[1], values)
            if target is None:
                continue
            if _same(target, url):
                yield Round(each, _excepted(each, own, url, mender))
            return  # what else is done with the request is decided here
        elif kind in ("redirect", "redirectpermanent", "redirectmatch"):
            target = _redirected(kind, each.args)
            if target is not None and _same(target, url):
                yield Round(each, mender.removed(each.place))


def _same(target: str, url: str) -> bool:
    return target.lower().removesuffix("/") == url


def _redirected(kind: str, args: Sequence[str]) -> str | None:
    """Where a ``Redirect`` leads a request for /; None where it is for another path."""
    words = list(args)
    state = words.pop(0).lower() if len(words) == 3 else "302"
    if not _STATES.get(state, state).startswith("30") or len(words) != 2:
        return None
    path, target = words
    if kind == "redirectmatch":
        return _rewritten(path, target, {})
    return target if path == "/" else None


def _rewritten(pattern: str, target: str, values: Mapping[str, str]) -> str | None:
    caught = _WHOLE.get(pattern)
    if caught is None and pattern not in _BARE:
        return None
    filled = _filled(target.replace("$1", caught or ""), values)
    return filled if filled is not None and "$" not in filled else None


def _filled(text: str, values: Mapping[str, str]) -> str | None:
    names = _VARIABLE.findall(text)
    if any(name not in values for name in names):
        return None
    filled: str = _VARIABLE.sub(lambda found: values[found[1]], text)
    return filled if "%" not in filled else None


def _hold(conditions: Sequence[Directive], values: Mapping[str, str]) -> bool:
    return all(_holds(each, values) for each in conditions)


def _holds(condition: Directive, values: Mapping[str, str]) -> bool:
    """Whether a condition holds; one that is not decided does not."""
    if len(condition.args) not in (2, 3):
        return False
    flags = condition.args[2].strip("[]").upper().split(",") if len(condition.args) == 3 else []
    text, pattern = _filled(condition.args[0], values), condition.args[1]
    if text is None or not set(flags) <= {"NC", "NOCASE"}:
        return False
    wanted = not pattern.startswith("!")
    pattern = pattern.removeprefix("!")
    if pattern.startswith("="):
        return (text.lower() == pattern[1:].lower().strip('"')) is wanted
    if pattern.startswith(("<", ">", "-")):
        return False
    with budget(SET_STEPS, "the pattern of a condition"):
        try:
            return matches(f"(?i){pattern}" if flags else pattern, text) is wanted
        except (Unsupported, OverBudget):
            return False


def _excepted(
    rule: Directive, conditions: Sequence[Directive], url: str, mender: LineMender
) -> tuple[Edit, ...]:
    """A condition by which the rule spares what is where it leads already."""
    first = min((each.line for each in conditions if each.file == rule.file), default=rule.line)
    lines = mender.lines(rule.file)
    if not 0 < first <= len(lines):
        return ()
    spared = f"%{{HTTP_HOST}} !={url.removeprefix('https://')}"
    if "%{HTTP_HOST}" in rule.args[1] or "%{SERVER_NAME}" in rule.args[1]:
        spared = "%{HTTPS} !=on"
    indent = re.match(r"\s*", lines[first - 1])
    added = f"{indent[0] if indent else ''}RewriteCond {spared}"
    return (Edit(file=rule.file, first=first, last=first - 1, lines=(added,)),)
