"""From a defect of the chain verdict to the match of a cause: proof, certainty, a page's facts.

No cause stands here; ``certificate`` and ``certificate_names`` hold them.
"""

from typing import Any

from cf525.causes.case import Case
from cf525.causes.match import Match, evidence
from cf525.model import Confidence, Defect, DefectClass, Evidence

MEDIUM, LOW = Confidence.MEDIUM, Confidence.LOW


def from_defect(
    case: Case, *codes: str, give: tuple[str, ...] = ("defect",), **facts: Any
) -> Match | None:
    """The match for the first decisive defect with one of these codes; it gives the facts of
    ``give`` and those of its own."""
    if case.verdict is None:
        return None
    found = next((each for each in case.verdict.decisive if each.code in codes), None)
    if found is None:
        return None
    leaf = case.leaf
    shared: dict[str, object] = {
        "defect": found.text,
        "not_after": date_of(leaf.not_after) if leaf is not None else "",
        "names": ", ".join(leaf.dns_names[:6]) if leaf is not None else "",
        "mend": found.remedy,
    }
    return Match(
        confidence=_confidence(case, found),
        reason=_reason(case, found),
        evidence=_proofs(case, found),
        facts={name: shared[name] for name in give} | facts,
        status="526" if case.validated else case.status.status,
        contributing=not case.validated,
    )


def _proofs(case: Case, found: Defect) -> tuple[Evidence, ...]:
    """What is wrong with which certificate; it as it was served; what OpenSSL says of the chain."""
    assert case.verdict is not None
    index = found.index or 0
    if index >= len(case.verdict.certificates):
        return (evidence(found.text, case.edge),)
    served = case.verdict.certificates[index]
    place = "the leaf" if index == 0 else f"certificate {index + 1} of the chain"
    source = f"{case.where} serves" if case.edge is not None else f"{case.address} holds"
    text = (
        f"{source} as {place}: {served.subject or served.common_name}, issued by "
        f"{served.issuer}, valid {date_of(served.not_before)} to {date_of(served.not_after)}, "
        f"serial {_short(served.serial)}, SHA-256 {served.sha256[:16]}…"
    )
    proofs = [evidence(found.text), evidence(text, case.edge)]
    if case.verdict.second_opinion:
        proofs.append(evidence(f"OpenSSL on the same chain: {case.verdict.second_opinion}"))
    return tuple(proofs)


def _short(serial: str) -> str:
    return serial if len(serial) <= 24 else f"{serial[:24]}…"


def date_of(moment: Any) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC") if moment is not None else ""


def _confidence(case: Case, defect: Defect) -> Confidence:
    assert case.verdict is not None
    if defect.kind is DefectClass.LIKELY or defect.doubt:
        return max(MEDIUM, case.verdict.confidence, key=lambda each: each.rank)
    return case.verdict.confidence


def _reason(case: Case, defect: Defect) -> str:
    """What makes the finding unsure, or keeps it from biting."""
    assert case.verdict is not None
    if case.validated is None:
        return "the mode in force is not known: this bites in Full (strict) only"
    if case.validated is False:
        return "Full does not look at the certificate: this bites in Full (strict) only"
    likely = "the edge's own facts may differ" if defect.kind is DefectClass.LIKELY else ""
    return defect.doubt or case.verdict.doubt or likely


def advised(case: Case, *codes: str, give: tuple[str, ...] = ("defect", "mend")) -> Match | None:
    """Something worth mending that the edge does not mind, as far as its source tells."""
    if case.verdict is None:
        return None
    found = next((each for each in case.verdict.defects if each.code in codes), None)
    if found is None or found.kind is not DefectClass.ADVICE:
        return None
    return Match(
        confidence=LOW,
        reason="read from the public source of BoringSSL; the edge may be stricter",
        evidence=(evidence(found.text, case.edge),),
        facts={name: value for name, value in said_of(found).items() if name in give},
        status="ok",
        contributing=True,
    )


def said_of(found: Defect) -> dict[str, object]:
    return {"defect": found.text, "mend": found.remedy}
