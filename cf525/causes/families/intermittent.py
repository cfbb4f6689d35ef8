"""Causes that come and go: like probes of one address that end differently.

Here nothing was changed between two probes, so no change can be the cause; every matcher that
rests on a contrast is silenced when one of these holds.
"""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import TypedDict

from cf525.causes.case import Case, Match, evidence, outcome
from cf525.causes.cause import cause
from cf525.model import Confidence, Ending, Evidence, Observation, Status

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


@cause("one-bad-backend", rank=11, unsteady=True)
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


@cause("intermittent-conn-limit", rank=12, unsteady=True)
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
    return not probe.answered or probe.ending in (Ending.ALERT, Ending.RESET)


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
