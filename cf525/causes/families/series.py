"""Causes that only a series shows: what fails in turn, under load, after a while, or by chance.

A series changes nothing between its probes, so the order of the failures is all there is to go
by. A regular order is a proof of several servers; the rest are rates with their bounds.
"""

from collections.abc import Sequence

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.match import Match
from cf525.model import CertificateRun, Confidence, Evidence, Series, SeriesPart

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

LONG_TAIL = 3
LEAST_BEFORE = 3
LEAST_ALONE = 8
"""Sequential probes without a fault, before a burst's faults are laid to the burst."""

SERIES_FINDINGS = frozenset(
    {
        "one-in-several",
        "fails-in-parallel",
        "fails-after-some",
        "fails-now-and-then",
        "certificate-roll-out",
    }
)


@cause("fails-after-some", rank=8, unsteady=True)
def after_some(case: Case) -> Match | None:
    """All is well up to one connection, and nothing is from then on."""
    part = _part(case, "sequential")
    if part is None or not _is_tail(part):
        return None
    return Match(
        confidence=MEDIUM,
        reason="a server that went down at that very moment looks the same",
        evidence=(
            _proof(
                case,
                f"probes 1 to {part.failed[0] - 1} work, {part.failed[0]} to {part.total} fail: "
                f"{_labels(part)}",
            ),
        ),
        facts={"share": str(part.failed[0] - 1)},
        status=case.status.status,
    )


@cause("one-in-several", rank=8, unsteady=True)
def one_in_several(case: Case) -> Match | None:
    """Failures in turn, or two certificates in turn: several servers stand behind the address."""
    part = _part(case, "sequential")
    if part is None or case.series is None or not part.failed or _is_tail(part):
        return None
    step = turn(part.failed, part.total)
    mixed = _in_turn(case.series.certificates)
    if step is None and not mixed:
        return None
    shown = (
        f"every {ordinal(step)} probe fails" if step is not None else "the certificates alternate"
    )
    proof = f"{shown}: {_numbers(part.failed)} of {part.total}; {_labels(part)}"
    return Match(
        confidence=HIGH if step is not None else MEDIUM,
        reason="" if step is not None else "a roll-out in progress alternates for a while too",
        evidence=(_proof(case, proof), *_serials(case)),
        facts={
            "share": f"1 of {step}" if step is not None else _share(part),
            "serial": _serial_of(part, case.series.certificates),
        },
        status=case.status.status,
    )


@cause("certificate-roll-out", rank=9, unsteady=True)
def roll_out(case: Case) -> Match | None:
    """One certificate up to some probe, another from then on."""
    runs = case.series.certificates if case.series is not None else ()
    if len(runs) < 2 or _in_turn(runs):
        return None
    part = _part(case, "sequential")
    return Match(
        confidence=MEDIUM,
        reason="the next minutes show whether the change is over",
        evidence=_serials(case),
        status=case.status.status,
        contributing=part is None or not part.failed,
    )


@cause("fails-in-parallel", rank=8, unsteady=True)
def in_parallel(case: Case) -> Match | None:
    """One at a time all is well; several at once, some fail."""
    alone, at_once = _part(case, "sequential"), _part(case, "parallel")
    if alone is None or at_once is None or alone.failed or not at_once.failed:
        return None
    if alone.total < LEAST_ALONE:
        return None
    certain = at_once.low > alone.high
    return Match(
        confidence=HIGH if certain else MEDIUM,
        reason="" if certain else "so few probes leave room for chance",
        evidence=(
            _proof(
                case,
                f"one at a time: 0 of {alone.total} fail; at once: {at_once.failures} of "
                f"{at_once.total} fail ({_labels(at_once)})",
            ),
        ),
        facts={"share": _share(at_once)},
        status=case.status.status,
    )


@cause("fails-now-and-then", rank=10, unsteady=True)
def now_and_then(case: Case) -> Match | None:
    """A share of the probes fails, in no order that would explain itself."""
    part = _part(case, "sequential")
    if part is None or case.series is None or not part.failed or part.failures == part.total:
        return None
    regular = turn(part.failed, part.total) is not None or _in_turn(case.series.certificates)
    if regular or _is_tail(part):
        return None
    bounds = f"{100 * part.low:.1f} to {100 * part.high:.1f} %"
    return Match(
        confidence=MEDIUM if part.failures > 1 else LOW,
        reason="chance, load and one bad server of many look alike at this rate",
        evidence=(
            _proof(
                case,
                f"{part.failures} of {part.total} probes fail (95 % confidence: {bounds}); "
                f"{_labels(part)}",
            ),
        ),
        facts={"share": f"{_share(part)} ({bounds})"},
        status=case.status.status,
    )


def turn(failed: Sequence[int], total: int) -> int | None:
    """The step at which failures come round, None when they do not.

    A step is believed when every probe of that turn failed and no other, three times at least.
    """
    if len(failed) < 3:
        return None
    step = failed[1] - failed[0]
    if step < 2 or tuple(failed) != tuple(range(failed[0], total + 1, step)):
        return None
    return step if failed[0] <= step else None


def ordinal(number: int) -> str:
    """'2nd', '3rd', '11th'."""
    teen = 10 < number % 100 < 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _is_tail(part: SeriesPart) -> bool:
    failed = part.failed
    if len(failed) < LONG_TAIL or failed[0] <= LEAST_BEFORE:
        return False
    return failed == tuple(range(failed[0], part.total + 1))


def _in_turn(runs: Sequence[CertificateRun]) -> bool:
    """Whether two certificates came by turns: one again after the other had begun."""
    return any(
        one.first < other.first < one.last for one in runs for other in runs if one is not other
    )


def _part(case: Case, phase: str) -> SeriesPart | None:
    return case.series.part(phase) if case.series is not None else None


def _proof(case: Case, text: str) -> Evidence:
    kept = case.series.observations if case.series is not None else ()
    return Evidence(text=f"{case.where}: {text}", observations=kept[:8])


def _labels(part: SeriesPart) -> str:
    bad = [(label, count) for label, count in part.outcomes.items() if label != "ok"]
    return ", ".join(f"{label} {count} ×" for label, count in bad[:4])


def _serials(case: Case) -> tuple[Evidence, ...]:
    series: Series | None = case.series
    if series is None or len(series.certificates) < 2:
        return ()
    shown = "; ".join(
        f"serial {run.serial}: {run.count} ×, probes {run.first} to {run.last}"
        for run in series.certificates[:4]
    )
    return (_proof(case, shown),)


def _serial_of(part: SeriesPart, runs: Sequence[CertificateRun]) -> str:
    """The serial of the certificate that came whenever a probe failed, and only then."""
    if len(runs) < 2:
        return ""
    wanted = (part.failures, part.failed[0], part.failed[-1])
    return next((run.serial for run in runs if (run.count, run.first, run.last) == wanted), "")


def _numbers(failed: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in failed[:6])
    return shown + (" …" if len(failed) > 6 else "")


def _share(part: SeriesPart) -> str:
    return f"{part.failures} of {part.total}"
