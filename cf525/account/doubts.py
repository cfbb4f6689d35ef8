"""Named unknowns about a zone: what it leaves open whatever the routes are.

Each says what it could change and what would settle it. Nothing here reads anything.
"""

from collections.abc import Mapping, Sequence

from cf525.account.readings import ReadResult
from cf525.account.rights import Right
from cf525.account.settings import compliance_modes, setting
from cf525.edge.modes import NAMES
from cf525.errors import ApiError, PermissionRefused
from cf525.model import NotProbeable, Route, Target, Unknown
from cf525.model.target import HTTP_PORTS, HTTPS_PORTS


def no_records(host: str, near: Sequence[str] = ()) -> Unknown:
    """Nothing in the zone's DNS answers for the host; ``near`` are names that do exist."""
    meant = f" The nearest names there are: {', '.join(near)}." if near else ""
    return Unknown(
        id="no-dns-record",
        text=f"The zone has no A, AAAA or CNAME record for {host}, by itself or by a wildcard.",
        next=f"Check the hostname.{meant}",
    )


def unread_records(error: ApiError) -> Unknown:
    """The zone's DNS records could not be read, so that no origin address is known."""
    if isinstance(error, PermissionRefused):
        text = f"The DNS records could not be read: the token lacks {Right.DNS}"
        settle = f"Give the token {Right.DNS}, or name the origin: add --origin ADDRESS."
    else:
        text = f"The DNS records could not be read: {error.message}"
        settle = "Run again, or name the origin: add --origin ADDRESS."
    return Unknown(
        id="unread-dns-records", text=f"{text}; they hold the origin's address.", next=settle
    )


def about_settings(read: Mapping[str, ReadResult]) -> list[Unknown]:
    """A mode nobody knows yet, a ramp that may be running, a restricted key exchange."""
    doubts = []
    mode = setting(read["ssl"])
    if mode is not None and mode not in NAMES:
        doubts.append(
            Unknown(
                id="unknown-mode",
                text=f"The zone's mode {mode!r} is not known to this version; the visitor's "
                "scheme is assumed to be kept.",
                next="Update cf525.",
            )
        )
    if setting(read["ssl_automatic_mode"]) == "auto":
        doubts.append(
            Unknown(
                id="automatic-ssl",
                text="Automatic SSL/TLS manages the mode: while it raises it, a growing part of "
                f"the visitors already gets a higher mode than {mode or 'the one shown'}.",
                next="Compare the failure rate with the dates in the audit log, or set the mode "
                "to Custom.",
            )
        )
    compliance = compliance_modes(read["origin_tls_compliance_modes"])
    if compliance:
        doubts.append(
            Unknown(
                id="compliance-modes",
                text=f"The zone restricts key exchange with origins to {', '.join(compliance)}: "
                "the probe offers what is documented of that, and the exact list is not public.",
                next="Check that the origin supports X25519MLKEM768 (pqh) or the NIST curves "
                "(fips) in TLS 1.3.",
            )
        )
    return doubts


def port_not_proxied(target: Target) -> Unknown | None:
    """A port on which Cloudflare's proxy does not listen."""
    if target.port in (HTTPS_PORTS if target.scheme == "https" else HTTP_PORTS):
        return None
    return Unknown(
        id="port-not-proxied",
        text=f"Cloudflare does not proxy {target.scheme} on port {target.port}.",
        next="Use a proxied port, or a Spectrum application.",
    )


def about_routes(routes: Sequence[Route]) -> list[Unknown]:
    """What routes into Cloudflare's own network leave open."""
    reasons = {route.not_probeable for route in routes}
    if NotProbeable.PROHIBITED in reasons:
        return [
            Unknown(
                id="origin-at-cloudflare",
                text="Whether the address in the record is one that a provider on Cloudflare gives "
                "its customers: then that provider's zone answers, and not error 1000.",
                next="Ask who told you this address; an origin of your own has another.",
            )
        ]
    if NotProbeable.CLOUDFLARE_ADDRESS not in reasons:
        return []
    return [
        Unknown(
            id="origin-at-cloudflare",
            text="The origin is an address of Cloudflare's: another zone (a SaaS provider, "
            "Pages, R2 or a Worker) decides the real handshake, or the request loops (error 1000).",
            next="Run cf525 with a token of the zone that the record points to.",
        )
    ]
