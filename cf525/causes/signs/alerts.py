"""What TLS alerts mean when an origin sends them, and which causes they fit.

Sources: RFC 8446 section 6, RFC 5246 section 7.2, RFC 6066; which servers send which alert was
measured against nginx, Apache, HAProxy, Caddy, Go, Java, GnuTLS and stunnel.
"""

from typing import Final

ALERTS: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    20: (
        (
            "A record could not be decrypted. In answer to our last flight with RSA key "
            "exchange: the origin's private key does not belong to its certificate."
        ),
        ("key-cert-mismatch",),
    ),
    40: (
        (
            "The handshake is refused, and the number does not say why: no common cipher suite, "
            "group or signature, a certificate that fits no cipher, none loaded, SSLv3 only, or, "
            "after a CertificateRequest in TLS 1.2, a missing client certificate."
        ),
        (
            "no-common-cipher",
            "no-common-group",
            "no-common-signature",
            "unusable-key-type",
            "ecdsa-cert-rsa-ciphers",
            "client-cert-required",
            "sni-rejected-other",
            "version-too-old",
        ),
    ),
    42: (
        (
            "A bad certificate: from a Go, Java or Caddy origin, the client certificate is missing "
            "or not trusted. In an origin's log it comes from a client that refuses the origin's."
        ),
        ("client-cert-required", "untrusted-issuer"),
    ),
    45: (
        "The client certificate has expired, or a clock is wrong.",
        ("aop-cert-expired", "client-cert-required"),
    ),
    46: (
        (
            "The client certificate is not accepted, unsaid why. In an origin's log it comes from "
            "a client, mostly a browser or a monitor, that does not trust the origin's."
        ),
        ("client-cert-required", "untrusted-issuer", "self-signed", "origin-ca-on-grey-host"),
    ),
    48: (
        (
            "The client certificate's CA is not known to the origin. In an origin's log: a client "
            "does not know the CA of the origin's."
        ),
        ("aop-wrong-ca-at-origin", "client-cert-required", "untrusted-issuer"),
    ),
    50: (
        "A message could not be parsed; GnuTLS also refuses a missing client certificate so.",
        ("client-cert-required", "handshake-refused"),
    ),
    51: (
        "A signature or a key does not verify: certificate and private key differ.",
        ("key-cert-mismatch",),
    ),
    70: (
        (
            "No protocol version in common. The edge offers TLS 1.0 to 1.3, so the origin is older "
            "than that, or cannot negotiate downwards."
        ),
        ("version-too-old", "version-mismatch"),
    ),
    71: ("The origin demands stronger parameters than were offered.", ("no-common-cipher",)),
    80: (
        (
            "An internal error by its name. As the first answer to a ClientHello it is how servers "
            "written in Go, Caddy first of all, say that they have no certificate for the name."
        ),
        ("sni-rejected-80", "version-mismatch", "handshake-refused"),
    ),
    86: (
        "The origin believes the client fell back to an older version.",
        ("version-mismatch",),
    ),
    112: (
        "The name in the ClientHello is not served here.",
        ("sni-rejected-112", "sni-needs-cname-target"),
    ),
    116: (
        (
            "A client certificate is required and none came. In TLS 1.3 it arrives after the "
            "handshake: visitors see 520, not 525."
        ),
        ("client-cert-required",),
    ),
    120: ("None of the offered application protocols is served here.", ("alpn-no-overlap",)),
}
