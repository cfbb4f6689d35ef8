"""What became of the wider offers: the ground on which the causes of a negotiation stand."""

from typing import Final

from cf525.causes.case import Case
from cf525.model import Confidence, Ending, Observation, ServerHello

REFUSALS: Final = (40, 47, 71, 80, 109)
"""Alerts with which servers refuse an offer; which one is a habit, not a meaning."""


def refused(case: Case) -> bool:
    """The edge's offer was refused with an alert, or dropped, before a ServerHello."""
    return case.first_alert(*REFUSALS) is not None or case.silent_close


def wider(case: Case, kind: str) -> list[tuple[Observation, ServerHello]]:
    """The wider offers that were taken up, the one that widened this kind alone first.

    Whole other offers count only when no single kind sufficed: what they negotiate tells what
    the server prefers among everything, not what it lacked.
    """
    if any(_variable(each) != "profile" for each in case.offers_answered) or _inconclusive(case):
        return _answered(case, kind)
    return _answered(case, "profile")


def _answered(case: Case, variable: str) -> list[tuple[Observation, ServerHello]]:
    return [
        (probe, probe.server_hello)
        for probe in case.varied(variable)
        if probe.server_hello is not None
    ]


def _inconclusive(case: Case) -> bool:
    """Whether a single kind was widened and the probe ended without the server's word on it."""
    kinds = ("suites", "groups", "signature_algorithms")
    return any(each.ending is Ending.TIMEOUT for kind in kinds for each in case.varied(kind))


def _variable(probe: Observation) -> str:
    return probe.variation.variable if probe.variation is not None else ""


def name_decides(case: Case) -> bool:
    return case.name_decides or case.framing_decides


def alert_of(case: Case, variable: str, value: str) -> int | None:
    probe = next(iter(case.varied(variable, value)), None)
    alert = probe.fatal_alert if probe is not None else None
    return alert.description if alert is not None else None


def certainty(probe: Observation) -> Confidence:
    """Sure when this kind of parameter was all that was changed."""
    return Confidence.MEDIUM if _variable(probe) == "profile" else Confidence.HIGH


def not_alone(probe: Observation) -> str:
    if certainty(probe) is Confidence.HIGH:
        return ""
    return "no single change of the offer was accepted: more than one thing is missing"
