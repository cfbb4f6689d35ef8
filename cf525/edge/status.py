"""From what a probe saw to the status a visitor gets.

Pure tables and one function, ``edge_status``: route + observation + chain verdict in, Cloudflare
status out, with how sure that is and why. Where the wire leaves it open the answer is
``unknown``, never the likelier code.

Sources: developers.cloudflare.com/support/troubleshooting/http-status-codes (521, 522, 523,
525, 526, 520), ssl/origin-configuration/authenticated-origin-pull; the split between
InvalidCert (526) and TLSHandshakeFailure (525) is read from cloudflare/pingora.
"""

from dataclasses import replace
from typing import Final

from cf525.edge.answer import after_handshake, answered
from cf525.edge.modes import mode_name, validates
from cf525.edge.mutual import refused_without, shows_own
from cf525.edge.profile import suite_fact
from cf525.model import (
    Certainty,
    ChainVerdict,
    Confidence,
    DefectClass,
    EdgeStatus,
    Ending,
    HttpAnswer,
    KeyProof,
    Note,
    NotProbeable,
    Observation,
    Route,
    Stage,
)
from cf525.model.registry import TLS12, suite_name, version_name
from cf525.model.status import NOT_APPLICABLE, OK, REDIRECT_LOOP, UNKNOWN, Status

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

_NOT_PROBED: Final = {
    NotProbeable.TUNNEL: (
        UNKNOWN,
        "the origin is a Cloudflare Tunnel: TLS faults behind it show as 502 or 1033, never as 525",
    ),
    NotProbeable.CLOUDFLARE_ADDRESS: (
        UNKNOWN,
        "the record points into Cloudflare's own network, where no origin of this zone answers",
    ),
    NotProbeable.PROHIBITED: (
        Status("1000"),
        "the record holds an address of Cloudflare's own, which the edge refuses to ask",
    ),
    NotProbeable.PLACEHOLDER: (
        UNKNOWN,
        "the record holds a placeholder address; a Worker or rule must answer in its place",
    ),
    NotProbeable.TUNNEL_DOWN: (
        Status("1033"),
        "the name leads to a Cloudflare Tunnel, and no connector of it is connected",
    ),
    NotProbeable.PRIVATE: (
        Status("1002"),
        "the record holds a private address, which the edge refuses to ask",
    ),
    NotProbeable.SPECIAL: (
        UNKNOWN,
        "the address is of a block that is set apart from the public Internet; it was not asked",
    ),
    NotProbeable.PRIVATE_NETWORK: (
        UNKNOWN,
        "the address lies in a private network that the edge reaches through a tunnel",
    ),
    NotProbeable.NOT_SERVED: (
        Status("1016"),
        "the edge has no origin for this custom hostname as long as it is not active",
    ),
    NotProbeable.SHADOWED: (
        UNKNOWN,
        "the name is delegated to other nameservers: this zone's record answers nobody",
    ),
    NotProbeable.NO_ADDRESS: (
        Status("1016"),
        "public DNS has no address for the origin's name, which the edge asks too",
    ),
    NotProbeable.UNRESOLVED: (UNKNOWN, "the origin's name did not resolve from here"),
    NotProbeable.NOT_PROXIED: (
        NOT_APPLICABLE,
        "the record is DNS only: visitors reach the origin directly and never see a 525",
    ),
}

_TCP: Final = {
    Ending.REFUSED: (Status("521"), MEDIUM, "the origin refuses the TCP connection"),
    Ending.CONNECT_TIMEOUT: (UNKNOWN, LOW, "the TCP connection is not answered from here"),
    Ending.UNREACHABLE: (UNKNOWN, LOW, "there is no route to the origin from here"),
}

ALLOW_LIST_CAVEAT: Final = (
    "an origin that admits only Cloudflare's addresses looks the same from here"
)


def edge_status(
    route: Route, observation: Observation | None, verdict: ChainVerdict | None
) -> EdgeStatus:
    """The status a visitor gets over ``route``, judged from the edge's own probe of it."""
    if route.not_probeable is not None:
        status, reason = _NOT_PROBED[route.not_probeable]
        confidence = LOW if status == UNKNOWN else _sure_of_the_record(route)
        return EdgeStatus(status=status, confidence=confidence, reason=reason)
    if observation is None:
        return EdgeStatus(status=UNKNOWN, confidence=LOW, reason="this route was not probed")
    if observation.ending in (Ending.LOCAL_ERROR, Ending.INTERNAL_ERROR):
        return EdgeStatus(
            status=UNKNOWN,
            confidence=LOW,
            reason=f"the probe itself failed here ({observation.detail or observation.ending})",
        )
    if observation.ending in _TCP:
        status, confidence, reason = _TCP[observation.ending]
        if observation.ending is not Ending.REFUSED:
            reason = f"{reason}; {ALLOW_LIST_CAVEAT}"
        return EdgeStatus(status=status, confidence=confidence, reason=reason)
    if observation.stage is Stage.START:
        return EdgeStatus(
            status=UNKNOWN, confidence=LOW, reason="the connection could not be opened from here"
        )
    if route.scheme == "http":
        return _plain_http(route, observation)
    if not observation.established:
        return _handshake_failed(route, observation, verdict)
    return _established(route, observation, verdict)


def _sure_of_the_record(route: Route) -> Confidence:
    """What follows from a record alone is as sure as that nothing answers in its place."""
    why = route.provenance.get("address")
    if route.not_probeable is NotProbeable.PROHIBITED:
        return MEDIUM  # a provider's address for its customers lies in the same ranges
    if route.not_probeable is NotProbeable.NO_ADDRESS:
        return MEDIUM  # the resolver that was asked may not see what the edge's does
    return HIGH if why is None or why.certainty is Certainty.DOCUMENTED else MEDIUM


def chain_status(mode: str, verdict: ChainVerdict) -> EdgeStatus:
    """What a chain leads to where the rest of the handshake is sound: it was read, not met."""
    strict = validates(mode)
    judged = _judged(verdict) if strict else _unusable(verdict)
    if judged is not None:
        return replace(judged, confidence=verdict.confidence)
    if strict is None:
        return replace(_unknown_mode(mode, verdict), confidence=verdict.confidence)
    return EdgeStatus(status=OK, confidence=verdict.confidence, reason="the edge takes this chain")


def _handshake_failed(
    route: Route, observation: Observation, verdict: ChainVerdict | None
) -> EdgeStatus:
    if validates(route.mode) and _refused_first(observation, verdict):
        return EdgeStatus(
            status=Status("526"),
            confidence=MEDIUM,
            reason="the edge refuses the certificate before it meets the handshake's own fault",
        )
    if observation.rejecting_notes and observation.ending in _OPEN_ENDED:
        return _refused_by_library(observation.rejecting_notes)
    if observation.certificate_request is not None and not shows_own(route):
        if observation.rejecting_notes:
            return _refused_by_library(observation.rejecting_notes)
        return refused_without(route, Status("525"))
    if observation.ending is Ending.TIMEOUT:
        if observation.stage.reached(Stage.SERVER_HELLO):
            return EdgeStatus(
                status=Status("525"),
                confidence=LOW,
                reason="the handshake began and then went silent; 522 cannot be excluded",
            )
        return EdgeStatus(
            status=Status("525"),
            confidence=LOW,
            reason="TCP is up but the ClientHello is never answered; Cloudflare documents no "
            "handshake timeout, so 522 cannot be excluded",
        )
    if observation.ending is Ending.LIMIT and observation.detail in _OWN_LIMITS:
        return EdgeStatus(
            status=UNKNOWN,
            confidence=LOW,
            reason="the origin sends more within the handshake than this probe follows",
        )
    if observation.ending is Ending.LIMIT:
        return EdgeStatus(
            status=Status("525"),
            confidence=MEDIUM,
            reason="the origin sends more than a handshake holds",
        )
    if observation.ending is Ending.NOT_COMPLETED:
        return EdgeStatus(
            status=UNKNOWN,
            confidence=LOW,
            reason="the origin negotiated something this probe does not complete",
        )
    return EdgeStatus(
        status=Status("525"), confidence=HIGH, reason="the TLS handshake with the origin fails"
    )


_OPEN_ENDED: Final = (Ending.TIMEOUT, Ending.LIMIT, Ending.NOT_COMPLETED)
"""Endings that leave open what a client makes of the rest: the edge never comes so far where it
has refused before."""

_OWN_LIMITS: Final = ("total_bytes", "records", "messages")
"""Limits of the probe alone: BoringSSL counts no bytes, records and messages in all."""


def _refused_by_library(notes: tuple[Note, ...]) -> EdgeStatus:
    return EdgeStatus(
        status=Status("525"),
        confidence=MEDIUM,
        reason="the handshake works here, but the edge's TLS library refuses it: "
        f"{notes[0].detail or notes[0].code}",
    )


def _refused_first(observation: Observation, verdict: ChainVerdict | None) -> bool:
    """Whether the chain is refused before any other fault of the handshake is met."""
    if verdict is None or verdict.accepted is not False or not _chain_judged(observation):
        return False
    if any(not note.stage.reached(Stage.CERTIFICATE) for note in observation.rejecting_notes):
        return False
    decisive = verdict.decisive
    return bool(decisive) and decisive[0].kind is DefectClass.REJECTED


def _chain_judged(observation: Observation) -> bool:
    """Whether the handshake went far enough for the edge to judge the chain.

    BoringSSL does so before the server's signature is checked and before the client answers a
    CertificateRequest: in TLS 1.3 when the message behind the certificates has come, up to TLS 1.2
    with the certificates themselves, unless a CertificateStatus was announced.
    """
    hello = observation.server_hello
    if observation.stage.reached(Stage.SERVER_FLIGHT) or observation.key_proof is KeyProof.FAILED:
        return True
    if hello is None or not observation.stage.reached(Stage.CERTIFICATE):
        return False
    if hello.signature_scheme is not None:
        return True
    return hello.version <= TLS12 and _STATUS_REQUEST not in hello.extensions


_STATUS_REQUEST: Final = 5


def _established(
    route: Route, observation: Observation, verdict: ChainVerdict | None
) -> EdgeStatus:
    notes = observation.ends_handshake
    if notes and not (validates(route.mode) and _refused_first(observation, verdict)):
        return _refused_by_library(notes)
    undocumented = _undocumented_suite(observation)
    if undocumented is not None:
        return undocumented
    strict = validates(route.mode)
    if strict:
        judged = _judged(verdict)
        if judged is not None:
            return judged
    else:
        unusable = _unusable(verdict)
        if unusable is not None:
            return unusable
    excluded = "neither 525 nor 526" if strict is not None or _would_pass(verdict) else "no 525"
    followed = after_handshake(route, observation, excluded)
    if strict is None and followed.status == OK:
        return _unknown_mode(route.mode, verdict)
    return followed


def _undocumented_suite(observation: Observation) -> EdgeStatus | None:
    """A suite taken up in a version for which Cloudflare does not document it."""
    hello = observation.server_hello
    fact = suite_fact(hello.suite) if hello is not None else None
    if hello is None or fact is None or not fact.versions or hello.version in fact.versions:
        return None
    documented = ", ".join(version_name(version) for version in fact.versions)
    return EdgeStatus(
        status=UNKNOWN,
        confidence=LOW,
        reason=f"the origin chose {suite_name(hello.suite)} in {version_name(hello.version)}, "
        f"which Cloudflare documents for {documented} only",
    )


def _judged(verdict: ChainVerdict | None) -> EdgeStatus | None:
    if verdict is None or verdict.accepted is None:
        return EdgeStatus(
            status=UNKNOWN,
            confidence=LOW,
            reason="the handshake works, but whether the edge trusts the certificate cannot be told"
            " from the trust lists at hand",
        )
    if verdict.accepted:
        return None
    first = verdict.decisive[0] if verdict.decisive else None
    refused = first is not None and first.kind is DefectClass.HANDSHAKE
    status = Status("525" if refused else "526")
    reason = first.text if first is not None else "the edge refuses the certificate"
    return EdgeStatus(status=status, confidence=verdict.confidence, reason=reason)


def _unusable(verdict: ChainVerdict | None) -> EdgeStatus | None:
    """A chain that the edge's TLS library refuses in every mode."""
    decisive = verdict.decisive if verdict is not None else ()
    defect = next((each for each in decisive if each.kind is DefectClass.HANDSHAKE), None)
    if defect is None:
        return None
    return EdgeStatus(status=Status("525"), confidence=MEDIUM, reason=defect.text)


def _would_pass(verdict: ChainVerdict | None) -> bool:
    return verdict is not None and verdict.accepted is True


def _unknown_mode(mode: str, verdict: ChainVerdict | None) -> EdgeStatus:
    if _would_pass(verdict):
        return EdgeStatus(
            status=OK,
            confidence=MEDIUM,
            reason=f"the handshake works and the certificate would pass in every mode "
            f"(mode: {mode_name(mode)})",
        )
    first = verdict.decisive[0].text if verdict is not None and verdict.decisive else ""
    wrong = f"{first[:1].lower()}{first[1:].rstrip('.')}"
    what = f"{wrong}: 526" if wrong else "the certificate would not pass: 526"
    return EdgeStatus(
        status=UNKNOWN,
        confidence=LOW,
        reason=f"the handshake works, and {what} in Full (strict), no error in Full; which mode is "
        "in force is not known (--mode)",
    )


def _plain_http(route: Route, observation: Observation) -> EdgeStatus:
    if observation.http is not None:
        if redirects_to_https(route, observation.http):
            return EdgeStatus(
                status=REDIRECT_LOOP,
                confidence=HIGH,
                reason="the edge asks over HTTP and the origin answers with a redirect to HTTPS "
                "at the same host",
            )
        return answered(observation, observation.http)
    if observation.ending is Ending.TIMEOUT:
        return EdgeStatus(
            status=UNKNOWN, confidence=LOW, reason="plain HTTP is not answered in time"
        )
    return EdgeStatus(
        status=Status("520"),
        confidence=MEDIUM,
        reason="plain HTTP to the origin is not answered as HTTP",
    )


def redirects_to_https(route: Route, answer: HttpAnswer) -> bool:
    """Whether an answer over HTTP sends the visitor to HTTPS at the very host it asked."""
    if answer.status not in (301, 302, 303, 307, 308):
        return False
    scheme, _, rest = (answer.header("location") or "").partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition(":")[0]
    return scheme.lower() == "https" and host.lower() == route.host_header.partition(":")[0]
