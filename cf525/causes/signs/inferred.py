"""Whether a refusal rests on a part of the ClientHello that the edge is only inferred to send."""

from dataclasses import replace

from cf525.causes.case import Case
from cf525.model import Confidence, EdgeStatus, Observation, Variable


def decides(case: Case) -> Observation | None:
    """The probe that was answered because it left such a part out; None where none was."""
    if not case.before_hello or case.inconsistent:
        return None
    return case.answered(Variable.EXTENSIONS)


def named(case: Case) -> tuple[str, ...]:
    """The extensions each of which, left out alone, makes the server answer."""
    return tuple(
        probe.variation.value
        for probe in case.varied(Variable.EXTENSIONS)
        if probe.answered and probe.variation is not None and probe.variation.value
    )


def no_surer(case: Case) -> EdgeStatus:
    """The case's status, no surer than that the edge sends what is refused."""
    if decides(case) is None or case.status.confidence is not Confidence.HIGH:
        return case.status
    return replace(
        case.status,
        confidence=Confidence.MEDIUM,
        reason=f"{case.status.reason}; without an extension that the edge is only inferred to "
        "send it does not",
    )
