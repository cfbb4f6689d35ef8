"""HAProxy's conditions on the name in the hello: which rules of a frontend in TCP mode hold.

A condition is true, false, or None: not decided by these files. What is None is never passed over,
as whatever stands behind it is then not known either. Only what a ClientHello of the edge settles
is looked at: its name, that it is a hello, and that there is one.

Source: HAProxy 2.6 configuration manual, chapter 7; src/acl.c and src/pattern.c.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cf525.edge.budget import OverBudget, budget
from cf525.edge.regex import SET_STEPS, Unsupported, matches
from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.servers import faults
from cf525.servers.admission import of_edge
from cf525.servers.foretold import Fault
from cf525.servers.haproxy.reader import Config, Line, Section
from cf525.servers.library import Absence, Library, decoded
from cf525.values import dataclass

Truth = bool | None
_SNI: Final = lazy_pattern(r"\breq[._]ssl_sni\b")
_CONTENT: Final = lazy_pattern(r"\breq(?:[._]|uest)|\bWAIT_END\b|\bREQ_CONTENT\b|\bpayload")
_NAME: Final = lazy_pattern(r"req[._]ssl_sni((?:,(?:lower|upper))*)$")
_MAPPED: Final = lazy_pattern(
    r"%\[req[._]ssl_sni((?:,(?:lower|upper))*)(?:,map(?:_(str|beg|end|sub|dom|dir|reg))?\(([^(),\s]+)"
    r"(?:,([^()\s]*))?\))?\]$"
)
_REQUESTED: Final = lazy_pattern(
    r"(?:(?:req\.)?hdr(?:_(?P<how>beg|end|dom|dir|sub|reg))?\(host(?:,-?1)?\)"
    r"|ssl_fc_sni(?:_(?P<by>beg|end|reg))?|(?P<path>path)(?:_(?P<under>beg|end|dir|dom|sub|reg))?)"
    r"(?P<converters>(?:,(?:lower|upper|host_only|field\(1,:\)))*)$",
    re.IGNORECASE,
)
"""The name or the path of a request, with the way in which it is compared."""
HOSTS: Final = lazy_pattern(r"\bhdr(?:_\w+)?\(host\)|ssl_(?:fc_)?sni\b", re.IGNORECASE)
"""What asks for a name, in the hello or in the request."""
_FIXED: Final = {"TRUE": True, "FALSE": False, "always_true": True, "always_false": False}
MAX_ACLS: Final = 400
"""Declarations of one name that are looked at."""


def _within(delimiters: str) -> Callable[[str, str], bool]:
    """Whether a pattern is in a text as whole parts between delimiters."""

    def found(text: str, pattern: str) -> bool:
        bare = pattern.strip(delimiters)
        edge = f"[{re.escape(delimiters)}]"
        return bool(bare) and bool(re.search(f"(?:^|{edge}){re.escape(bare)}(?:{edge}|$)", text))

    return found


METHODS: Final[dict[str, Callable[[str, str], bool]]] = {
    "str": lambda text, pattern: text == pattern,
    "beg": lambda text, pattern: text.startswith(pattern),
    "end": lambda text, pattern: text.endswith(pattern),
    "sub": lambda text, pattern: pattern in text,
    "dom": _within("/?.:"),
    "dir": _within("/?"),
    "reg": lambda text, pattern: matches(pattern, text),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """Which rule a connection meets: None where none holds. ``doubt`` is the rule that these
    files do not decide, and behind which nothing is known."""

    rule: Line | None = None
    backend: str = ""
    doubt: Line | None = None


class Rules:
    """The rules of one frontend for one name."""

    def __init__(
        self,
        config: Config,
        section: Section,
        library: Library,
        host: str,
        *,
        sources: bool = False,
        ended: bool = False,
    ) -> None:
        self.config = config
        self.section = section
        self.library = library
        self.host = host
        self.sources = sources  # that the address of a connection is the edge's
        self.ended = ended  # that TLS is ended here: a request is there to be looked at

    def rejected(self) -> Taken:
        """The rule that turns the hello away before a backend is chosen."""
        for line in self.section.all("tcp-request", "content"):
            action = line.words[2] if len(line.words) > 2 else ""
            if action not in ("accept", "reject", "silent-drop"):
                continue
            holds = self.holds(line)
            if holds is None:
                return Taken(doubt=line) if self._matters(line, action) else Taken()
            if holds:
                return Taken() if action == "accept" else Taken(rule=line)
        return Taken()

    def _matters(self, line: Line, action: str) -> bool:
        """Whether it makes a difference that a rule may hold: one that accepts does where a later
        one turns away."""
        lines = list(self.section.all("tcp-request", "content"))
        later = lines[lines.index(line) + 1 :]
        turning = (each for each in later if each.words[2:3] in (("reject",), ("silent-drop",)))
        return action != "accept" or any(True for _ in turning)

    def backend(self) -> Taken:
        """The first rule for a backend that holds."""
        for line in self.section.all("use_backend"):
            holds = self.holds(line)
            if holds is None:
                return Taken(doubt=line)
            if holds:
                name = self._filled(line.words[1] if len(line.words) > 1 else "")
                if name is None:
                    return Taken(doubt=line)
                if self.config.named(name, "backend", "listen") is None:
                    return Taken(rule=line)  # a name of nothing leads to default_backend
                return Taken(rule=line, backend=name)
        return Taken()

    def holds(self, line: Line) -> Truth:
        """Whether the condition of a rule is met."""
        words = line.words
        at = next((n for n, each in enumerate(words) if each in ("if", "unless")), len(words))
        truth = self._condition(words[at + 1 :]) if at < len(words) else True
        if at < len(words) and words[at] == "unless":
            truth = _negated(truth)
        return None if line.maybe and truth is not False else truth

    def _filled(self, name: str) -> str | None:
        """The name of a backend with the hello's name looked up in a map; None where it is made
        of something else."""
        if "%[" not in name:
            return name
        found = _MAPPED.match(name)
        if found is None:
            return None
        own = _converted(self.host, found[1])
        if found[3] is None:
            return own
        pairs = self.entries(found[3])
        if pairs is None:
            return None
        method = found[2] or "str"
        told: list[tuple[int, str]] = []
        for _, key, value in pairs:
            truth = _matched(own, [key], method, blind=False)
            if truth is None:
                return None
            if truth:
                told.append((len(key) if method == "beg" else 0, value))
        return max(told, key=lambda each: each[0])[1] if told else found[4] or ""

    def map_of(self, line: Line) -> str:
        """The file of the map that a rule looks the name up in; empty where it has none."""
        found = _MAPPED.match(line.words[1] if len(line.words) > 1 else "")
        return found[3] or "" if found is not None else ""

    def entries(self, path: str) -> list[tuple[int, str, str]] | None:
        """The lines of a map with their numbers, keys and values; None where it is not here."""
        content = self.library.read(path) if path.startswith("/") else Absence.UNKNOWN
        if isinstance(content, Absence):
            return None
        found: list[tuple[int, str, str]] = []
        for number, raw in enumerate(decoded(content).split("\n"), 1):
            words = raw.split(None, 1)
            if len(words) == 2 and not words[0].startswith("#"):
                found.append((number, words[0], words[1].strip()))
        return found

    # -- conditions -------------------------------------------------------------------------

    def _condition(self, words: Sequence[str]) -> Truth:
        """Terms that must all hold, in groups of which one must."""
        groups: list[Truth] = []
        group: Truth = True
        terms = 0
        for term in _terms(words):
            if term == ["or"]:
                groups.append(group if terms else None)
                group, terms = True, 0
                continue
            group = _both(group, self._term(term))
            terms += 1
        groups.append(group if terms else None)
        return _any(groups)

    def _term(self, words: Sequence[str]) -> Truth:
        negated = False
        while words and words[0] == "!":
            negated, words = not negated, words[1:]
        truth = self._named(words[0]) if len(words) == 1 else self._test(words[1:-1])
        return _negated(truth) if negated else truth

    def _named(self, name: str) -> Truth:
        """An ACL by its name: one of its declarations must hold."""
        lines = [each for each in self.section.all("acl") if each.words[1:2] == (name,)]
        if not lines:
            return _FIXED.get(name)
        if len(lines) > MAX_ACLS:
            return None
        found = ((self._test(each.words[2:]), each.maybe) for each in lines)
        return _any([None if maybe and truth is not False else truth for truth, maybe in found])

    def _test(self, words: Sequence[str]) -> Truth:
        """One criterion with its flags and patterns."""
        if not words:
            return None
        kind, rest = words[0], words[1:]
        if kind in _FIXED and not rest:
            return _FIXED[kind]
        if kind in ("req.ssl_hello_type", "req_ssl_hello_type"):
            return "1" in rest if all(each.isdigit() for each in rest) and rest else None
        if kind == "src" and self.sources:
            return self._from_edge(list(rest))
        if self.ended:
            return self._of_request(kind, list(rest))
        name = _NAME.match(kind)
        if name is None:
            return None
        return self._name_is(_converted(self.host, name[1]), list(rest))

    def _of_request(self, kind: str, rest: list[str]) -> Truth:
        """A criterion of what is there behind the handshake: the edge asks for / by this name."""
        if kind in ("ssl_fc", "ssl_fc_has_sni") and not rest:
            return True
        if kind in ("method", "meth") and rest and not rest[0].startswith("-"):
            return "GET" in rest
        found = _REQUESTED.match(kind)
        if found is None:
            return None
        own = "/" if found["path"] else self.host
        method = found["how"] or found["by"] or found["under"] or "str"
        return self._name_is(_converted(own, found["converters"]), rest, method)

    def _name_is(self, own: str, words: list[str], method: str = "str") -> Truth:
        """Whether the hello's name is one of the patterns."""
        blind, lists = False, list[str]()
        while words and words[0].startswith("-"):
            flag = words.pop(0)
            if flag == "--":
                break
            if flag == "-i":
                blind = True
            elif flag in ("-m", "-f") and words:
                value = words.pop(0)
                method = value if flag == "-m" else method
                lists += [value] if flag == "-f" else []
            elif flag != "-n":
                return None
        if method == "found":
            return True
        patterns: list[str] | None = words
        for path in lists:
            lines = self._file(path)
            patterns = None if lines is None or patterns is None else [*patterns, *lines]
        if patterns is None or method not in METHODS:
            return None
        return _matched(own, patterns, method, blind=blind)

    def _from_edge(self, words: list[str]) -> Truth:
        """Whether the edge's addresses are among these."""
        found: list[str] = []
        while words:
            word = words.pop(0)
            lines = self._file(words.pop(0)) if word == "-f" and words else None
            if word == "-f" and lines is None:
                return None
            found += [word] if lines is None else lines
        return of_edge(found)

    def _file(self, path: str) -> list[str] | None:
        """The lines of a list, None where it is not here."""
        content = self.library.read(path) if path.startswith("/") else Absence.UNKNOWN
        if isinstance(content, Absence):
            return None
        lines = (each.strip() for each in decoded(content).split("\n"))
        return [each for each in lines if each and not each.startswith("#")]


def _matched(own: str, patterns: Sequence[str], method: str, *, blind: bool) -> Truth:
    test = METHODS[method]
    with budget(SET_STEPS, "the patterns of a rule"):
        try:
            for pattern in patterns:
                if blind and method == "reg":
                    pattern = f"(?i){pattern}"
                elif blind:
                    own, pattern = own.lower(), pattern.lower()
                if test(own, pattern):
                    return True
        except (Unsupported, OverBudget):
            return None
    return False


def _terms(words: Sequence[str]) -> Iterator[list[str]]:
    """The terms of a condition with their negations; ``or`` as a term of its own."""
    term: list[str] = []
    inside = False
    for word in words:
        if inside:
            term.append(word)
            if word != "}":
                continue
            inside = False
        elif word in ("or", "||", "OR"):
            yield ["or"]
            continue
        else:
            bare = word.lstrip("!")
            term += ["!"] * (len(word) - len(bare))
            if not bare:
                continue
            term.append(bare)
            inside = bare == "{"
            if inside:
                continue
        yield term
        term = []
    if term:
        yield [*term, "?"]  # one that is not closed: no criterion of that name


def _converted(name: str, converters: str) -> str:
    for each in converters.split(","):
        name = name.upper() if each == "upper" else name.lower() if each == "lower" else name
    return name


def _negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _both(one: Truth, other: Truth) -> Truth:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _any(truths: Sequence[Truth]) -> Truth:
    if any(each is True for each in truths):
        return True
    return None if any(each is None for each in truths) else False


def by_name(line: Line, section: Section) -> bool:
    """Whether a rule asks for the name of the hello, itself or by an ACL."""
    asked = {each.words[1] for each in section.all("acl") if _SNI.search(" ".join(each.words))}
    named = {each.lstrip("!") for each in line.words}
    return _SNI.search(" ".join(line.words)) is not None or not asked.isdisjoint(named)


def awaits(section: Section) -> bool:
    """Whether the hello is waited for before a backend is chosen: a delay is set, and a rule on
    the content that is come to asks for something of it (measured with 2.6)."""
    delay = section.last("tcp-request", "inspect-delay")
    if delay is None or delay.words[2:3] in ((), ("0",), ("0s",), ("0ms",)):
        return False
    acls = {e.words[1] for e in section.all("acl") if _CONTENT.search(" ".join(e.words))}
    for line in section.all("tcp-request", "content"):
        at = next((n for n, word in enumerate(line.words) if word in ("if", "unless")), 0)
        condition = line.words[at + 1 :] if at else ()
        asked = _CONTENT.search(" ".join(condition)) is not None
        if asked or line.words[2:3] == ("capture",):
            return True
        if not acls.isdisjoint(each.lstrip("!") for each in condition):
            return True
        if not condition and line.words[2:3] in (("accept",), ("reject",), ("silent-drop",)):
            return False
    return False


def turned_away(rule: Line, host: str) -> Fault:
    """A rule that closes the connection when it has seen the hello."""
    asked = _SNI.search(" ".join(rule.words)) is not None
    return Fault(
        cause="sni-reset" if asked else "closed-after-hello",
        status=faults.S525,
        evidence=(f"the rule closes a connection for {host}",),
        places=(rule.place,),
        facts={"known_name": ""} if asked else {"in_clear": "", "told_in_clear": ""},
    )


def split(rule: Place, bind: Place) -> Fault:
    """The name is looked for at once: a hello in two packets is not understood."""
    return Fault(
        cause="split-clienthello",
        status=faults.S525,
        evidence=("the name of the hello is looked for before the hello has come",),
        places=(rule, bind),
        confidence=faults.MEDIUM,
        reason="it matters where the hello comes in two packets",
        contributing=True,
    )
