"""HAProxy's rules behind the handshake that close without an answer: reject and silent-drop.

Followed are the rules of the frontend, then those of the backend that is taken, as far as the name
and a GET for / settle them. What is not settled leaves the answer open. Rules on the source of a
connection and on client certificates are looked at elsewhere.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.servers import faults
from cf525.servers.foretold import Edit, Fault
from cf525.servers.haproxy.reader import Config, Line, Section
from cf525.servers.haproxy.rules import Rules
from cf525.servers.library import Library
from cf525.servers.lines import LineMender

CLOSING: Final = ("reject", "silent-drop")
ENDING: Final = ("allow", "accept", "deny", "tarpit", "return", "redirect", "auth")
_ELSEWHERE: Final = lazy_pattern(r"\b(?:ssl_c_\w+|ssl_fc_has_crt|src)\b")


def closed(
    config: Config, section: Section, library: Library, host: str, mender: LineMender
) -> tuple[Fault | None, str]:
    """The fault of a rule that closes on the edge's request, and what is not decided."""
    rules = Rules(config, section, library, host, ended=True)
    fault, doubt, over = _followed(rules, section, host, mender)
    if fault is not None or over or section.mode != "http":
        return fault, doubt
    taken = rules.backend()
    other = section.last("default_backend")
    name = taken.backend or (other.words[1] if other is not None and len(other.words) > 1 else "")
    backend = config.named(name, "backend", "listen") if name and taken.doubt is None else None
    if backend is None or backend is section:
        undecided = taken.doubt
        if undecided is not None and any(_closing(each) for each in _backends(config)):
            doubt = doubt or f"which backend is taken is not decided: {' '.join(undecided.words)}"
        return None, doubt
    own = Rules(config, backend, library, host, ended=True)
    fault, more, _ = _followed(own, backend, host, mender)
    return fault, doubt or more


def _backends(config: Config) -> Iterator[Section]:
    return (each for each in config.sections if each.kind == "backend")


def _closing(section: Section) -> bool:
    return any(_action(each) in CLOSING for each in section.lines)


def _followed(
    rules: Rules, section: Section, host: str, mender: LineMender
) -> tuple[Fault | None, str, bool]:
    """The rules of one section: a fault, a doubt, and whether they end with an answer."""
    doubt, over = "", False
    contents = list(section.all("tcp-request", "content"))
    requests = list(section.all("http-request")) if section.mode == "http" else []
    for lines in (contents, requests):
        for line in lines:
            action = _action(line)
            if action not in (*CLOSING, *ENDING) or _elsewhere(line, section):
                continue
            holds = rules.holds(line)
            if holds is None and action in CLOSING:
                doubt = doubt or f"whether a rule closes is not decided: {' '.join(line.words)}"
            if not holds:
                continue
            if action in CLOSING:
                return _fault(line, section, host, mender, doubt), "", True
            over = lines is requests
            break
        if over:
            break
    return None, doubt, over


def _action(line: Line) -> str:
    at = {"http-request": 1, "tcp-request": 2}.get(line.words[0], 0)
    return line.words[at] if 0 < at < len(line.words) else ""


def _elsewhere(line: Line, section: Section) -> bool:
    acls = (each for each in section.all("acl") if _ELSEWHERE.search(" ".join(each.words[2:])))
    names = {each.words[1] for each in acls}
    asked = _ELSEWHERE.search(" ".join(line.words)) is not None
    return asked or not names.isdisjoint(each.lstrip("!") for each in line.words)


def _fault(line: Line, section: Section, host: str, mender: LineMender, doubt: str) -> Fault:
    silent = _action(line) == "silent-drop"
    reason = "how long the edge waits for what was dropped in silence decides" if silent else doubt
    return faults.unanswered(
        f"the rule closes behind the handshake, on every request for {host}",
        [line.place],
        edits=tuple(_named_too(line, section, host, mender)),
        sure=not reason,
        reason=reason,
    )


def _named_too(line: Line, section: Section, host: str, mender: LineMender) -> Sequence[Edit]:
    """The name put beside those that a rule spares."""
    if "unless" not in line.words:
        return ()
    term = line.words[line.words.index("unless") + 1 :]
    if term[:1] == ("{",):
        return mender.words(line.place, ("}",), (host, "}"))
    acl = next((each for each in section.all("acl") if each.words[1:2] == term[:1]), None)
    return mender.added(acl.place, host) if acl is not None else ()
