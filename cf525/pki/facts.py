"""A certificate in words, for reports: the model's ``CertificateFacts`` from raw bytes.

It never fails: what cannot be read is an ``error``. Nothing is judged here.
"""

import hashlib
import re
from ipaddress import ip_address

from cf525.model import CertificateFacts
from cf525.patterns import lazy_pattern
from cf525.pki import der, extensions, keys
from cf525.pki.certificate import Certificate, Malformed, moment, parse
from cf525.pki.general_names import Kind

_MAX_NAMES = 1000
_PLAIN_URL = lazy_pattern(
    r"https?://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?/[\w.~/%+=?-]{0,200}", re.ASCII
)


def describe(encoded: bytes, index: int) -> CertificateFacts:
    """The facts of the certificate at place ``index`` on the wire."""
    try:
        return _describe(parse(encoded), index)
    except Malformed as error:
        digest = hashlib.sha256(encoded).hexdigest()
        return CertificateFacts(index=index, sha256=digest, error=error.reason)


def _describe(certificate: Certificate, index: int) -> CertificateFacts:
    found = certificate.extensions
    common = certificate.subject.values(b"\x55\x04\x03")
    addresses = (each.value for each in found.alt_names or () if each.kind is Kind.IP)
    return CertificateFacts(
        index=index,
        sha256=certificate.sha256,
        subject=str(certificate.subject),
        issuer=str(certificate.issuer),
        serial=serial(certificate),
        not_before=moment(certificate.not_before),
        not_after=moment(certificate.not_after),
        dns_names=tuple(
            each.decode("utf-8", "backslashreplace") for each in found.dns_names[:_MAX_NAMES]
        ),
        ip_names=tuple(_address(each) for each in list(addresses)[:_MAX_NAMES]),
        common_name=common[-1].text if common else "",
        key=str(keys.decode(certificate.spki)),
        signature=keys.signature_name(certificate.algorithm),
        is_ca=found.ca,
        self_issued=certificate.self_issued,
        issuer_url=_issuer_url(certificate),
        error=f"cannot decode {', '.join(found.problems)}" if found.problems else "",
    )


def serial(certificate: Certificate) -> str:
    """The serial number in hexadecimal, as OpenSSL writes it."""
    number = der.integer(certificate.serial)
    return f"-{-number:02x}" if number < 0 else f"{number:02x}"


def _issuer_url(certificate: Certificate) -> str:
    """The first caIssuers address that is one for HTTP and holds nothing but what such needs:
    whoever made the certificate wrote it, and people copy it."""
    found = extensions.ca_issuer_uris(certificate.extension_list)
    return next((each for each in found if _PLAIN_URL.fullmatch(each)), "")


def _address(value: bytes) -> str:
    return str(ip_address(value)) if len(value) in (4, 16) else value.hex()
