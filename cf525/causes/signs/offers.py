"""What became of the wider offers: the ground on which the causes of a negotiation stand."""

from typing import Final

from cf525.causes.case import Case
from cf525.model import Confidence, Ending, Observation, ServerHello, Variable
from cf525.model.elimination import KINDS
from cf525.model.registry import AlertCode

REFUSALS: Final = (
    AlertCode.HANDSHAKE_FAILURE,
    AlertCode.ILLEGAL_PARAMETER,
    AlertCode.INSUFFICIENT_SECURITY,
    AlertCode.INTERNAL_ERROR,
    AlertCode.MISSING_EXTENSION,
)
"""Alerts with which servers refuse an offer; which one is a habit, not a meaning."""


def refused(case: Case) -> bool:
    """The edge's offer was refused with an alert, or dropped, before a ServerHello."""
    return case.first_alert(*REFUSALS) is not None or case.silent_close


def wider(case: Case, kind: Variable) -> list[tuple[Observation, ServerHello]]:
    """The wider offers that were taken up, the one that widened this kind alone first.

    Whole other offers count only when no single kind sufficed: what they negotiate tells what
    the server prefers among everything, not what it lacked.
    """
    if any(
        _variable(each) is not Variable.PROFILE for each in case.offers_answered
    ) or _inconclusive(case):
        return _answered(case, kind)
    return _answered(case, Variable.PROFILE)


def _answered(case: Case, variable: Variable) -> list[tuple[Observation, ServerHello]]:
    return [
        (probe, probe.server_hello)
        for probe in case.varied(variable)
        if probe.server_hello is not None
    ]


def _inconclusive(case: Case) -> bool:
    """Whether a single kind was widened and the probe ended without the server's word on it."""
    return any(each.ending is Ending.TIMEOUT for kind in KINDS for each in case.varied(kind))


def _variable(probe: Observation) -> Variable | None:
    return probe.variation.variable if probe.variation is not None else None


def name_decides(case: Case) -> bool:
    return case.name_decides or case.framing_decides


def alert_of(case: Case, variable: Variable, value: str) -> int | None:
    probe = next(iter(case.varied(variable, value)), None)
    alert = probe.fatal_alert if probe is not None else None
    return alert.description if alert is not None else None


def certainty(probe: Observation) -> Confidence:
    """Sure when this kind of parameter was all that was changed."""
    return Confidence.MEDIUM if _variable(probe) is Variable.PROFILE else Confidence.HIGH


def not_alone(probe: Observation) -> str:
    if certainty(probe) is Confidence.HIGH:
        return ""
    return "no single change of the offer was accepted: more than one thing is missing"
