"""Whether a refusal rests on a part of the ClientHello that the edge is only inferred to send."""

from cf525.causes.case import Case
from cf525.model import Observation, Variable


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
