"""From what a server's own files foretell to causes of the catalogue.

The servers' readers name the cause of each fault with the facts its page asks for; here it becomes
a match. What merely explains a refused chain is said where the chain was judged and refused.
"""

from collections.abc import Iterator

from cf525.causes.case import Case
from cf525.causes.match import Match, evidence
from cf525.model import Confidence
from cf525.servers.foretold import Fault, Foretold


def foretold(case: Case) -> Iterator[tuple[str, Match]]:
    """The ids of the causes that the configuration brings about, each with its match."""
    if case.configuration is None:
        return
    for fault in holding(case, case.configuration):
        yield fault.cause, _match(fault, case.configuration, contributing=waits(fault, case))


def holding(case: Case, configuration: Foretold) -> Iterator[Fault]:
    """The faults that hold for this case, the explanation of a refused chain among them."""
    yield from configuration.faults
    early = configuration.decisive
    refused = case.verdict is not None and case.verdict.accepted is False and case.validated
    if refused and configuration.if_refused is not None and (early is None or late(early)):
        yield configuration.if_refused


def late(fault: Fault) -> bool:
    """Whether a fault is met only when the handshake is done, behind the certificate."""
    return fault.status.passes_through or fault.status == "520"


def waits(fault: Fault, case: Case) -> bool:
    """Whether the edge never comes to this fault: it merely contributes, or the certificate is
    refused before."""
    refused = case.verdict is not None and case.verdict.accepted is False and case.validated
    return fault.contributing or bool(late(fault) and refused)


def _match(fault: Fault, configuration: Foretold, *, contributing: bool) -> Match:
    confidence, reason = fault.confidence, fault.reason
    if configuration.doubts and confidence is Confidence.HIGH:
        confidence, reason = Confidence.MEDIUM, configuration.doubts[0]
    return Match(
        confidence=confidence,
        reason=reason,
        evidence=tuple(evidence(each) for each in fault.evidence),
        facts=dict(fault.facts),
        status=fault.status,
        contributing=contributing,
        places=fault.places,
    )
