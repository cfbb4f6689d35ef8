"""What an origin speaks, by elimination: every version alone, and its suites one after another.

A server names one suite in each answer; offering all but the named ones makes it name the next,
until it refuses. Nothing here matches a cause: ``spoken`` says what there is, so that a report
can say what is missing and which line mends it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cf525.causes.case import Case
from cf525.edge.profile import SUITES, suite_fact
from cf525.model import Observation, Variation
from cf525.model.registry import suite_name, version_name

VERSIONS: Final = ("TLS 1.3", "TLS 1.2", "TLS 1.1", "TLS 1.0", "SSLv3")
_EDGE_SUITES: Final = frozenset(fact.code for fact in SUITES)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One version and the suites seen in it. ``complete`` says that no further one is left."""

    version: int
    suites: tuple[int, ...]
    complete: bool = False

    @property
    def text(self) -> str:
        """'TLS 1.0 with TLS_RSA_WITH_RC4_128_SHA only'."""
        names = ", ".join(suite_name(code) for code in self.suites)
        return f"{version_name(self.version)} with {names}{' only' if self.complete else ''}"

    @property
    def shared(self) -> bool:
        """Whether the edge offers one of these suites in this version."""
        return any(
            code in _EDGE_SUITES and (fact := suite_fact(code)) and self.version in fact.versions
            for code in self.suites
        )


def next_offers(case: Case) -> Iterator[Variation]:
    """The next step of the elimination in every version that has not refused yet."""
    for name in VERSIONS:
        steps = list(_steps(case, name))
        if not steps:
            yield Variation(variable="without", value=name)
        elif steps[-1].server_hello is not None:
            codes = _codes(steps)
            yield Variation(variable="without", value=f"{name} -{','.join(codes)}")


def spoken(case: Case) -> tuple[Spoken, ...]:
    """The versions the origin was seen to speak, with their suites, the newest first."""
    seen: dict[int, dict[int, None]] = {}
    for probe in (case.edge, *case.probes):
        if probe is not None and probe.server_hello is not None and _same_name(probe):
            suites = seen.setdefault(probe.server_hello.version, {})
            suites.setdefault(probe.server_hello.suite)
    return tuple(
        Spoken(version, tuple(suites), _complete(case, version))
        for version, suites in sorted(seen.items(), reverse=True)
    )


def spoken_text(case: Case) -> str:
    """All of it in one line; empty when nothing was ever answered."""
    return "; ".join(each.text for each in spoken(case))


def _same_name(probe: Observation) -> bool:
    return probe.variation is None or probe.variation.variable not in ("sni", "proxy")


def _steps(case: Case, version: str) -> Iterator[Observation]:
    for probe in case.varied("without"):
        if probe.variation is not None and probe.variation.value.split(" -")[0] == version:
            yield probe


def _codes(steps: list[Observation]) -> list[str]:
    found = dict.fromkeys(each.server_hello.suite for each in steps if each.server_hello)
    return [f"{code:04x}" for code in found]


def _complete(case: Case, version: int) -> bool:
    steps = list(_steps(case, version_name(version)))
    return bool(steps) and steps[-1].server_hello is None and steps[-1].fatal_alert is not None
