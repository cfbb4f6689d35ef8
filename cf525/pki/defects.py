"""Every defect code with its class and its remedy, in one table.

What a defect leads to and what mends it stands here, once; the checks supply place and words.
The classes follow what BoringSSL was measured to do under the settings of Cloudflare's connector.
"""

from typing import Final

from cf525.model import Defect, DefectClass
from cf525.values import dataclass

REJECTED, HANDSHAKE = DefectClass.REJECTED, DefectClass.HANDSHAKE
LIKELY, ADVICE = DefectClass.LIKELY, DefectClass.ADVICE


@dataclass(frozen=True, slots=True)
class Rule:
    kind: DefectClass
    remedy: str


_REISSUE = "Have the certificate issued again"
_FULL_CHAIN = (
    "Let the server send the certificate with its intermediates: fullchain.pem, not cert.pem "
    "(HAProxy: one PEM, with the key)"
)

RULES: Final[dict[str, Rule]] = {
    "no_certificate": Rule(HANDSHAKE, "Configure a certificate for this name at the origin."),
    "malformed": Rule(HANDSHAKE, f"{_REISSUE}, or copy the file again: its bytes are damaged."),
    "malformed_ext": Rule(REJECTED, f"{_REISSUE} by a CA that encodes its extensions correctly."),
    "key_mismatch": Rule(HANDSHAKE, "Install the private key that belongs to this certificate."),
    "leaf_not_first": Rule(REJECTED, "Put the server's own certificate first in the file."),
    "duplicate": Rule(ADVICE, "Delete the second copy."),
    "wrong_order": Rule(ADVICE, "Order the file: certificate, then each issuer in turn."),
    "extra_cert": Rule(ADVICE, "Delete it: it is not part of the chain."),
    "root_included": Rule(ADVICE, "Leave the root out: it only costs bytes."),
    "self_signed": Rule(
        REJECTED, "Use a certificate from a public CA or a Cloudflare Origin CA certificate."
    ),
    "untrusted_root": Rule(
        REJECTED,
        "Use a certificate from a public CA or Cloudflare Origin CA, or upload this root to the "
        "zone's Custom Origin Trust Store (it then replaces all public CAs).",
    ),
    "untrusted_issuer": Rule(
        REJECTED,
        "Use a certificate from a public CA or Cloudflare Origin CA; with a private CA, upload "
        "its root to the zone's Custom Origin Trust Store and send its intermediates, if it has "
        "any.",
    ),
    "missing_intermediate": Rule(REJECTED, f"{_FULL_CHAIN}."),
    "root_not_in_cf_list": Rule(
        LIKELY, "Send the CA's cross-signed intermediate, or use Cloudflare Origin CA."
    ),
    "anchor_not_root": Rule(REJECTED, "Add the root itself to the trusted certificates."),
    "issuer_candidate_rejected": Rule(
        REJECTED, "Send the intermediate that really issued this certificate."
    ),
    "issuer_key_mismatch": Rule(
        REJECTED, "Delete that certificate and keep the one whose key made the signature."
    ),
    "bad_signature": Rule(REJECTED, "Copy the certificate again from where it was issued."),
    "refused_digest": Rule(REJECTED, f"{_REISSUE} with a SHA-256 signature."),
    "cloudflare_origin_ca": Rule(ADVICE, ""),
    "root_facts_outdated": Rule(LIKELY, "Update cf525."),
    "origin_pull_ca": Rule(
        ADVICE,
        "Send the server's certificate; the origin-pull CA belongs where client certificates are "
        "checked (ssl_client_certificate).",
    ),
    "expired": Rule(REJECTED, "Renew the certificate and reload the server."),
    "expired_ca": Rule(REJECTED, "Replace the intermediates by the CA's current ones."),
    "expires_soon": Rule(ADVICE, "Renew it now, and see that renewal runs by itself."),
    "not_yet_valid": Rule(REJECTED, "Wait, or have it issued again; check the issuer's clock."),
    "bad_time": Rule(REJECTED, f"{_REISSUE}: its validity is not written in UTC."),
    "sha1_signature": Rule(ADVICE, f"{_REISSUE} with a SHA-256 signature."),
    "unknown_critical_ext": Rule(REJECTED, f"{_REISSUE} without this critical extension."),
    "eku": Rule(REJECTED, f"{_REISSUE} for TLS web server authentication."),
    "issuer_not_ca": Rule(REJECTED, "Have the certificate issued by a real CA certificate."),
    "ca_no_certsign": Rule(REJECTED, "Have the CA issued again with keyCertSign."),
    "path_length": Rule(REJECTED, "Issue from a CA that may have this many below it."),
    "ku_leaf": Rule(REJECTED, f"{_REISSUE} with keyUsage digitalSignature."),
    "ku_no_digsig": Rule(HANDSHAKE, f"{_REISSUE} with keyUsage digitalSignature."),
    "ku_no_keyenc": Rule(
        HANDSHAKE,
        "Let the server use ECDHE suites or TLS 1.3, with which the key signs; or have the "
        "certificate issued again with keyUsage keyEncipherment as well.",
    ),
    "key_unsupported": Rule(HANDSHAKE, f"{_REISSUE} for a P-256 or RSA 2048 key."),
    "key_too_small": Rule(HANDSHAKE, f"{_REISSUE} for a P-256 or RSA 2048 key."),
    "weak_key": Rule(ADVICE, f"{_REISSUE} for a P-256 or RSA 2048 key."),
    "key_p521": Rule(ADVICE, f"{_REISSUE} for a P-256 key, which every client takes."),
    "name_constraints": Rule(REJECTED, "Have it issued by a CA that may issue for this name."),
    "hostname_mismatch": Rule(REJECTED, "Have a certificate issued that covers the name."),
    "cn_only": Rule(ADVICE, f"{_REISSUE} with the name as subjectAltName: browsers need it."),
    "no_explicit_policy": Rule(REJECTED, "Ask the CA: its policies do not fit together."),
    "invalid_policy": Rule(REJECTED, "Ask the CA: a policy extension is malformed."),
    "chain_too_big": Rule(HANDSHAKE, "Split the names over several certificates."),
    "revoked": Rule(LIKELY, "Have a new certificate issued, with a new key."),
}


def defect(
    code: str,
    index: int | None,
    text: str,
    *,
    kind: DefectClass | None = None,
    remedy: str | None = None,
    doubt: str = "",
) -> Defect:
    """A defect of this code; ``kind`` and ``remedy`` only where the table's do not fit."""
    rule = RULES[code]
    return Defect(
        code=code,
        kind=rule.kind if kind is None else kind,
        index=index,
        text=text,
        remedy=rule.remedy if remedy is None else remedy,
        doubt=doubt,
    )
