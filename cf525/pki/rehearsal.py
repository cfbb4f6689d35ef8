"""CAs that no client is meant to trust: those for rehearsals, and those of one machine.

An ACME client that was pointed at one to try things out, and was left there, installs a
certificate that looks right in every other way. The issuer's name is all there is to know it by.
"""

from typing import Final

from cf525.pki.certificate import Certificate
from cf525.values import dataclass


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What issues under such a name, and what to do instead."""

    what: str
    remedy: str


_STAGING: Final = Rehearsal(
    "Let's Encrypt's staging environment",
    "Have the ACME client issue from its production environment: certbot without --staging and "
    "--test-cert, others with the directory https://acme-v02.api.letsencrypt.org/directory.",
)
_PEBBLE: Final = Rehearsal("Pebble, an ACME server for tests", _STAGING.remedy)
_CADDY: Final = Rehearsal(
    "Caddy's own CA",
    "Remove `tls internal` from the site, so that Caddy gets a public certificate, or give it a "
    "Cloudflare Origin CA certificate with `tls CERTIFICATE KEY`.",
)
_MKCERT: Final = Rehearsal(
    "mkcert, which makes certificates for development on one machine",
    "Use a certificate of a public CA or of Cloudflare Origin CA.",
)

_ISSUERS: Final = (
    ("(staging)", _STAGING),
    ("fake le intermediate", _STAGING),
    ("fake le root", _STAGING),
    ("pebble intermediate ca", _PEBBLE),
    ("pebble root ca", _PEBBLE),
    ("caddy local authority", _CADDY),
    ("mkcert ", _MKCERT),
)
"""Beginnings (lower case) of the issuers' common names (letsencrypt.org/docs/staging-environment,
github.com/letsencrypt/pebble, caddyserver.com/docs/automatic-https, github.com/FiloSottile/mkcert).
"""


def rehearsal(certificate: Certificate) -> Rehearsal | None:
    """What the certificate's issuer is, if it is one of these."""
    issuer = certificate.issuer.short.lower()
    return next((what for start, what in _ISSUERS if issuer.startswith(start)), None)
