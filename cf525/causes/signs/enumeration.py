"""What an origin speaks, by elimination: versions, their suites, groups and signatures.

A server names one of each kind in an answer; offering all but the named ones makes it name the
next, until it refuses. Nothing here matches a cause: ``spoken`` says what there is, so that a
report can say what is missing and which line mends it.
"""

from collections.abc import Iterator
from typing import Final

from cf525.causes.case import Case
from cf525.causes.match import evidence
from cf525.causes.signs.keys import key_curve
from cf525.model import Elimination, Evidence, Observation, ServerHello, Variable, Variation
from cf525.model.elimination import KINDS
from cf525.model.registry import (
    SSL3,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    group_name,
    signature_scheme_name,
    suite_name,
    version_name,
)
from cf525.tls.ffdhe import FFDHE
from cf525.values import dataclass

VERSIONS: Final = (TLS13, TLS12, TLS11, TLS10, SSL3)
_WITH_GROUPS: Final = (TLS13, TLS12)
"""Before TLS 1.2 no message names a signature, and a group is seldom what is missing."""

SUITES, GROUPS, SIGNATURE_ALGORITHMS = KINDS
_NAME: Final = {
    SUITES: suite_name,
    GROUPS: group_name,
    SIGNATURE_ALGORITHMS: signature_scheme_name,
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What one version took of one kind. ``complete`` says that no further one is left."""

    kind: Variable
    codes: tuple[int, ...] = ()
    complete: bool = False

    @property
    def text(self) -> str:
        """'X448 only'; empty when nothing was seen."""
        names = ", ".join(_NAME[self.kind](code) for code in self.codes)
        return f"{names} only" if names and self.complete else names


@dataclass(frozen=True, slots=True)
class Spoken:
    """One version and what was seen in it."""

    version: int
    suites: Taken
    groups: Taken
    signature_algorithms: Taken

    @property
    def text(self) -> str:
        """'TLS 1.3 with TLS_AES_128_GCM_SHA256; groups P-521 only'."""
        parts = [f"{version_name(self.version)} with {self.suites.text}"]
        if self.groups.codes:
            parts.append(f"groups {self.groups.text}")
        if self.signature_algorithms.codes:
            parts.append(f"signatures {self.signature_algorithms.text}")
        return "; ".join(parts)


def next_offers(case: Case) -> Iterator[Variation]:
    """The next step in every version and kind that has not been refused yet."""
    for version in VERSIONS:
        yield from _next(case, version, SUITES)
    for kind in _telling_kinds(case):
        for version in _WITH_GROUPS:
            if _answers(case, version):
                yield from _next(case, version, kind)


def next_of_widened(case: Case) -> Iterator[Variation]:
    """The next step where an offer with more of one kind, and nothing else, was taken up."""
    for kind in (GROUPS, SIGNATURE_ALGORITHMS):
        probe = case.answered(kind)
        if probe is not None and probe.server_hello is not None:
            yield from _next(case, probe.server_hello.version, kind)


def spoken(case: Case) -> tuple[Spoken, ...]:
    """The versions the origin was seen to speak, with what was seen in them, newest first."""
    versions = {hello.version for _, hello in _all_answers(case)}
    return tuple(
        Spoken(version, *(taken(case, version, kind) for kind in KINDS))
        for version in sorted(versions, reverse=True)
    )


def spoken_text(case: Case) -> str:
    """All of it in one line; empty when nothing was ever answered."""
    return ". ".join(each.text for each in spoken(case))


def taken(case: Case, version: int, kind: Variable) -> Taken:
    """What was seen of one kind in one version, in the order in which it was named."""
    named = (_named(hello, kind) for _, hello in _answers(case, version))
    codes = tuple(dict.fromkeys(code for code in named if code is not None))
    return Taken(kind, codes, _complete(case, version, kind))


def proof(case: Case, version: int, kind: Variable) -> tuple[Evidence, ...]:
    """'in TLS 1.3 the origin takes X448 only', where all else was offered."""
    steps = list(_steps(case, version, kind))
    if not steps:
        return ()
    seen = taken(case, version, kind)
    word = "signs with" if kind == SIGNATURE_ALGORITHMS else "takes"
    rest = "" if seen.complete else ", and perhaps more"
    return (evidence(f"in {version_name(version)} the origin {word} {seen.text}{rest}", *steps),)


def _telling_kinds(case: Case) -> tuple[Variable, ...]:
    """The kinds that may be what is missing: all, unless more of one alone was what helped."""
    widened = [kind for kind in KINDS if case.answered(kind) is not None]
    return tuple(kind for kind in (GROUPS, SIGNATURE_ALGORITHMS) if kind in widened or not widened)


def _next(case: Case, version: int, kind: Variable) -> Iterator[Variation]:
    steps = list(_steps(case, version, kind))
    if steps and steps[-1].server_hello is None:
        return
    left_out = taken(case, version, kind).codes
    if steps and kind == GROUPS and version < TLS13 and set(left_out) <= _left_out(steps[-1]):
        # Whoever knows nothing of RFC 7919 answers a DHE suite with a prime of its own choice.
        left_out = tuple(dict.fromkeys((*left_out, *FFDHE)))
    yield Variation(variable=Variable.WITHOUT, value=Elimination(version, kind, left_out).value)


def _answers(case: Case, version: int) -> list[tuple[Observation, ServerHello]]:
    return [each for each in _all_answers(case) if each[1].version == version]


def _all_answers(case: Case) -> Iterator[tuple[Observation, ServerHello]]:
    """What was answered to the name the edge asks for."""
    for probe in (case.edge, *case.probes):
        if probe is not None and probe.server_hello is not None and _same_name(probe):
            yield probe, probe.server_hello


def _same_name(probe: Observation) -> bool:
    return probe.variation is None or probe.variation.variable not in (Variable.SNI, Variable.PROXY)


def _steps(case: Case, version: int, kind: Variable) -> Iterator[Observation]:
    for probe in case.varied(Variable.WITHOUT):
        if (step := _step(probe)) and (step.version, step.kind) == (version, kind):
            yield probe


def _step(probe: Observation) -> Elimination | None:
    return Elimination.parse(probe.variation.value) if probe.variation is not None else None


def _left_out(probe: Observation) -> set[int]:
    step = _step(probe)
    return set(step.left_out) if step is not None else set()


def _named(hello: ServerHello, kind: Variable) -> int | None:
    match kind:
        case "suites":
            return hello.suite
        case "groups":
            return hello.group
        case _:
            return hello.signature_scheme


def _complete(case: Case, version: int, kind: Variable) -> bool:
    """Whether all but what is known was refused, and for want of nothing else."""
    steps = list(_steps(case, version, kind))
    if not steps or steps[-1].server_hello is not None or steps[-1].fatal_alert is None:
        return False
    if kind != GROUPS or version == TLS13:
        return True
    # Before TLS 1.3 the list of groups also says which curves a certificate may be on.
    curves = {
        key_curve(der) for probe, _ in _answers(case, version) for der in probe.certificates[:1]
    }
    return not curves & _left_out(steps[-1])
