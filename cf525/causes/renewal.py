"""Why a certificate is old, missing or a stand-in: renewals that the proxy keeps from happening.

These stand behind another finding (the expired or wrong certificate) and say what keeps it so.
What cannot be seen on the wire, such as an ACME account's log, is left to the pages.
"""

from cf525.causes.case import Case, Match, evidence
from cf525.causes.cause import cause
from cf525.causes.server import SELF_RENEWING, Guess, guesses
from cf525.model import Confidence, Observation

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

_MISSING_OR_OLD = ("expired", "hostname_mismatch")
_ACME_ISSUERS = ("let's encrypt", "zerossl", "google trust services", "buypass", "ssl.com")


@cause("paas-cannot-renew-proxied", "526", rank=39)
def platform_cannot_renew(case: Case) -> Match | None:
    """A platform that gets certificates by itself, and shows an old one or its own."""
    verdict = case.verdict
    guess = _platform(case)
    if verdict is None or guess is None or not verdict.has(*_MISSING_OR_OLD):
        return None
    old = verdict.has("expired")
    state = "an expired certificate" if old else "a certificate that is not this name's"
    return Match(
        confidence=MEDIUM,
        reason="that the renewal fails because of the proxy is read in the platform's own log"
        if old
        else "a name that was never added to the platform looks the same",
        evidence=(
            evidence(f"the origin is {guess.platform} ({guess.ground}) and shows {state}"),
            evidence(_validity(case), case.edge),
        ),
        facts={"platform": guess.platform, "expired": old},
        status="526" if case.validated else case.status.status,
        contributing=not case.validated,
    )


def _platform(case: Case) -> Guess | None:
    return next((each for each in guesses(case) if each.platform in SELF_RENEWING), None)


def _validity(case: Case) -> str:
    leaf = case.leaf
    if leaf is None or leaf.not_before is None or leaf.not_after is None:
        return "the certificate's dates could not be read"
    return (
        f"{leaf.common_name or ', '.join(leaf.dns_names[:2])}: valid {leaf.not_before:%Y-%m-%d} "
        f"to {leaf.not_after:%Y-%m-%d}"
    )


@cause("cert-renewed-not-reloaded", "526", rank=39)
def renewed_elsewhere(case: Case) -> Match | None:
    """Expired here, and another address of the same name already serves its successor."""
    leaf = case.leaf
    if leaf is None or case.verdict is None or not case.verdict.has("expired"):
        return None
    for sibling in case.siblings:
        newer = sibling.leaf
        if newer is None or newer.not_after is None or leaf.not_after is None:
            continue
        if set(newer.dns_names) & set(leaf.dns_names) and newer.not_after > leaf.not_after:
            return Match(
                confidence=MEDIUM,
                reason="the new file may be missing here, or present and not loaded",
                evidence=(
                    evidence(f"{case.where}: serial {leaf.serial}, {_validity(case)}", case.edge),
                    evidence(
                        f"{sibling.where}: serial {newer.serial}, {_validity(sibling)}",
                        sibling.edge,
                    ),
                ),
                facts={"newer": sibling.where},
                status="526" if case.validated else case.status.status,
                contributing=not case.validated,
            )
    return None


def renews_by_itself(case: Case) -> bool:
    """Whether the certificate has expired and is of a kind that ACME clients renew."""
    leaf = case.leaf
    if leaf is None or case.verdict is None or not case.verdict.has("expired"):
        return False
    return any(each in leaf.issuer.lower() for each in _ACME_ISSUERS)


@cause("http-01-through-proxy", "526", rank=72)
def was_to_renew_by_itself(case: Case) -> Match | None:
    """An expired certificate of a CA whose certificates renew by themselves."""
    leaf = case.leaf
    if leaf is None or not renews_by_itself(case) or _platform(case) is not None:
        return None
    proofs = [
        evidence(f"issued by {leaf.issuer}, which ACME clients renew by themselves", case.edge)
    ]
    proofs += [
        evidence(f"a made-up HTTP-01 challenge asked {_met(probe)}", probe)
        for probe in case.varied("challenge")
    ]
    return Match(
        confidence=LOW,
        reason="why a renewal did not happen is in the ACME client's log alone",
        evidence=tuple(proofs),
        facts={"issuer": leaf.issuer},
        status=case.status.status,
        contributing=True,
    )


def _met(probe: Observation) -> str:
    """What the challenge met at the origin itself; 404 is how a path that works looks."""
    answer = probe.http
    if answer is None or answer.status is None:
        return f"at the origin's port {probe.port} gets no HTTP answer ({probe.ending})"
    target = answer.header("location")
    where = f" to {target}" if target else ""
    return f"at the origin's port {probe.port} gets HTTP {answer.status}{where}"
