"""CAs that exist for rehearsals: they issue to anybody and no client trusts them.

An ACME client that was pointed at one to try things out, and was left there, installs a
certificate that looks right in every other way. The issuer's name is all there is to know it by.
"""

from typing import Final

from cf525.pki.certificate import Certificate

_ENVIRONMENTS: Final = (
    ("(staging)", "Let's Encrypt's staging environment"),
    ("fake le intermediate", "Let's Encrypt's staging environment"),
    ("fake le root", "Let's Encrypt's staging environment"),
    ("pebble intermediate ca", "Pebble, an ACME server for tests"),
    ("pebble root ca", "Pebble, an ACME server for tests"),
)
"""Beginnings (lower case) of the issuers' common names
(letsencrypt.org/docs/staging-environment, github.com/letsencrypt/pebble)."""

REMEDY: Final = (
    "Have the ACME client issue from its production environment: certbot without --staging and "
    "--test-cert, others with the directory https://acme-v02.api.letsencrypt.org/directory."
)


def environment(certificate: Certificate) -> str:
    """The rehearsal the certificate's issuer belongs to; empty for every other issuer."""
    issuer = certificate.issuer.short.lower()
    return next((what for start, what in _ENVIRONMENTS if issuer.startswith(start)), "")
