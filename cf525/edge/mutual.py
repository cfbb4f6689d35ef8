"""Mutual TLS: what follows when an origin demands a client certificate that only the edge holds.

Source: developers.cloudflare.com/ssl/origin-configuration/authenticated-origin-pull and the 520
page; which server refuses in which way was measured.
"""

from cf525.model import Confidence, EdgeStatus, Observation, Route
from cf525.model.status import UNKNOWN, Status


def shows_own(route: Route) -> bool:
    """Whether the probe itself held a client certificate."""
    return route.client_certificate == "own"


def refuses_in_http(observation: Observation) -> bool:
    """HTTP 400 after an unanswered CertificateRequest is how nginx refuses a missing one.

    403 is not counted: an origin that merely offers mutual TLS sends it for any reason.
    """
    return observation.http is not None and observation.http.status in (400, 495, 496)


def refused_without(route: Route, status: Status) -> EdgeStatus:
    """The origin wants a client certificate. The edge may have one; this probe does not."""
    if route.client_certificate == "none":
        return EdgeStatus(
            status=status,
            confidence=Confidence.HIGH if status != "520" else Confidence.MEDIUM,
            reason="the origin demands a client certificate, and Authenticated Origin Pulls is off",
        )
    state = {
        "unknown": "whether Authenticated Origin Pulls is on is not known",
        "global": "Authenticated Origin Pulls is on, with Cloudflare's shared certificate",
        "zone": "Authenticated Origin Pulls is on, with the zone's own certificate",
        "host": "Authenticated Origin Pulls is on, with a certificate for this host",
    }.get(route.client_certificate, f"client certificate: {route.client_certificate}")
    return EdgeStatus(
        status=UNKNOWN,
        confidence=Confidence.LOW,
        reason=f"the origin demands a client certificate that only the edge holds; {state}; "
        f"without one a visitor gets {status.code}",
    )
