"""Causes that come and go: like probes of one address that end differently.

Here nothing was changed between two probes, so no change can be the cause; every matcher that
rests on a contrast is silenced when one of these holds.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import TypedDict

from cf525.causes.case import OFFERS, Case, stalled
from cf525.causes.cause import cause
from cf525.causes.match import Match, evidence, outcome
from cf525.model import Confidence, Ending, Evidence, Observation, Status

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

_OF_MANY = ("one-bad-backend", "intermittent-conn-limit")
_ONE_LOOK = "stalls-mid-handshake"
"""What the first look alone shows, where another handshake was complete."""

LEAST_AT_FIRST = 2
LEAST_SINCE = 3
"""Failures in a row at the beginning, and answers in a row since, before the order says more than
chance: two of seven failures are the first two once in twenty-one times."""


@cause("service-starting", rank=10, unsteady=True, replaces=(*_OF_MANY, _ONE_LOOK))
def starting(case: Case) -> Match | None:
    """The first connections failed and every one since was answered."""
    alike = case.inconsistent
    since = _answered_since(alike)
    if not since or _dropped_later(case, alike):
        return None
    said = f"the first {len(alike) - since} of them failed, all {since} since were answered"
    return Match(
        confidence=LOW,
        reason="one bad server of several may have had the first turns",
        evidence=(_tally(case, alike), evidence(said, *alike)),
        **_now_and_then(case, alike),
    )


def _dropped_later(case: Case, alike: Sequence[Observation]) -> bool:
    """Whether another hello was dropped after the first like one had been answered."""
    first = min(each.started_at for each in alike if not _failed(each))
    others = (each for each in case.probes if each.variation and each.variation.variable in OFFERS)
    return any(not each.answered and each.started_at > first for each in others)


def _answered_since(alike: Sequence[Observation]) -> int:
    """How many like probes were answered since the failures stopped; 0 where that is no order."""
    failed = [_failed(each) for each in sorted(alike, key=lambda each: each.started_at)]
    first = failed.index(False) if False in failed else len(failed)
    since = len(failed) - first
    ordered = first >= LEAST_AT_FIRST and since >= LEAST_SINCE and not any(failed[first:])
    return since if ordered else 0


@cause("one-bad-backend", rank=11, unsteady=True, replaces=(_ONE_LOOK,))
def one_bad_backend(case: Case) -> Match | None:
    """Several servers behind one address, and not all of them are alike."""
    alike = case.inconsistent
    if not alike or not _configured_differently(alike):
        return None
    leaves = {each.certificates[0] for each in alike if each.certificates}
    return Match(
        confidence=HIGH if len(leaves) > 1 else MEDIUM,
        reason="" if len(leaves) > 1 else "a server that was just reloaded changes in this way too",
        evidence=(_tally(case, alike),),
        facts={"share": _share(alike)},
        **_now_and_then(case, alike),
    )


@cause("intermittent-conn-limit", rank=12, unsteady=True, replaces=(_ONE_LOOK,))
def limited(case: Case) -> Match | None:
    """The same hello is answered once and dropped another time."""
    alike = case.inconsistent
    if not alike or _configured_differently(alike):
        return None
    return Match(
        confidence=LOW,
        reason="a limit on connections, an overloaded server and one bad backend of several "
        "drop alike",
        evidence=(_tally(case, alike),),
        facts={"share": _share(alike)},
        **_now_and_then(case, alike),
    )


class _Met(TypedDict):
    status: Status
    contributing: bool


def _now_and_then(case: Case, alike: Sequence[Observation]) -> _Met:
    """What some visitors get, though the first look may have met a server that works."""
    if case.status.fails:
        return _Met(status=case.status.status, contributing=False)
    met = [other.status.status for other in case.others if other.status.fails]
    dropped = [probe for probe in alike if not probe.answered]
    if not met and dropped:
        met = [Status("521" if dropped[0].ending is Ending.REFUSED else "525")]
    if not met:
        return _Met(status=case.status.status, contributing=True)
    return _Met(status=met[0], contributing=False)


def _configured_differently(probes: Sequence[Observation]) -> bool:
    """Whether the difference is one of configuration: two certificates, or an alert or HTTP in
    clear beside an answer. A limit drops connections; it does not send alerts of TLS."""
    leaves = {each.certificates[0] for each in probes if each.certificates}
    spoke = any((each.fatal_alert or each.plaintext) and not each.answered for each in probes)
    return len(leaves) > 1 or spoke


def _share(probes: Sequence[Observation]) -> str:
    failed = sum(_failed(each) for each in probes)
    if not failed:
        usual = Counter(each.certificates[:1] for each in probes).most_common(1)[0][1]
        failed = len(probes) - usual
    return f"{failed} of {len(probes)}"


def _failed(probe: Observation) -> bool:
    return not probe.answered or stalled(probe) or probe.ending in (Ending.ALERT, Ending.RESET)


def _tally(case: Case, probes: Sequence[Observation]) -> Evidence:
    seen: dict[str, int] = {}
    for probe in probes:
        text = outcome(probe)
        if probe.certificates and len({p.certificates[:1] for p in probes}) > 1:
            text += f", certificate {_fingerprint(probe)}"
        seen[text] = seen.get(text, 0) + 1
    counts = "; ".join(f"{count} × {text}" for text, count in seen.items())
    return evidence(f"{len(probes)} like probes of {case.where}: {counts}", *probes)


def _fingerprint(probe: Observation) -> str:
    return sha256(probe.certificates[0]).hexdigest()[:12]
