"""Origins made at random from a seed: whatever an OpenSSL server can be set to.

Half of what is drawn is usual, so that most origins get as far as the certificate.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import SSL

from cf525.lab.ca import Authority, Issued
from cf525.model.registry import TLS10, TLS11, TLS12, TLS13
from tests.servers.inprocess import openssl_context

HOST = "www.example.com"

SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA",
    "AES128-GCM-SHA256", "AES128-SHA", "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-SHA384", "AES256-SHA",
    "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA256", "AES256-GCM-SHA384", "AES128-SHA256",
    "DHE-RSA-AES128-GCM-SHA256", "CAMELLIA128-SHA", "NULL-SHA256", "AES128-CCM",
)  # fmt: skip
SUITES13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_AES_128_CCM_SHA256")  # fmt: skip
GROUPS = ("X25519", "P-256", "P-384", "P-521", "X448", "X25519MLKEM768", "SecP256r1MLKEM768")
ALGORITHMS = (
    "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256", "ecdsa_secp384r1_sha384",
    "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512", "rsa_pkcs1_sha512", "ecdsa_secp521r1_sha512",
    "rsa_pkcs1_sha1", "ed25519", "rsa_pkcs1_sha224",
)  # fmt: skip
KEYS = ("rsa2048", "p256", "p384", "p521", "ed25519", "ed448", "rsa1024", "secp256k1")
USAGES = {
    "none": None,
    "usual": ("digital_signature", "key_encipherment"),
    "sign": ("digital_signature",),
    "encipher": ("key_encipherment",),
    "agree": ("key_agreement",),
    "certificates": ("key_cert_sign",),
}
BITS = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
CHAINS = ("whole", "leaf alone", "self-signed", "another root", "reversed", "with the root",
          "extra")  # fmt: skip
NAMES: dict[str, tuple[str, ...]] = {
    "exact": (HOST,),
    "wildcard": ("*.example.com",),
    "other": ("shop.example.org",),
    "common name": (),
    "partial wildcard": ("w*.example.com",),
    "deep wildcard": ("*.www.example.com",),
}
DATES = ("valid", "expired", "in the future")
PURPOSES = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
}
DEMANDS = ("none", "optional", "required")
SHOWN = ("", "rsa2048", "p256", "p384")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What was drawn; what is empty leaves the library's own defaults.

    ``shown`` is the kind of the client certificate that both clients hold.
    """

    versions: tuple[int, int]
    suites: tuple[str, ...]
    suites13: tuple[str, ...]
    groups: tuple[str, ...]
    algorithms: tuple[str, ...]
    key: str
    usage: str
    chain: str
    names: str
    dates: str
    purpose: str
    demand: str
    shown: str
    alpn: tuple[str, ...]

    def __str__(self) -> str:
        drawn = ((each.name, getattr(self, each.name)) for each in fields(self))
        return ", ".join(f"{name}={value}" for name, value in drawn)


def _some(draw: random.Random, all_of: Sequence[str], usual: float) -> tuple[str, ...]:
    """Nothing (the default) mostly, else a few in any order."""
    if draw.random() < usual:
        return ()
    return tuple(draw.sample(all_of, draw.randint(1, min(4, len(all_of)))))


def _mostly(draw: random.Random, all_of: Sequence[str], usual: float) -> str:
    return all_of[0] if draw.random() < usual else draw.choice(all_of)


def drawn(seed: int) -> Origin:
    """The origin of a seed."""
    draw = random.Random(seed)
    versions = sorted(draw.choices((TLS10, TLS11, TLS12, TLS13), (1, 1, 4, 4), k=2))
    return Origin(
        versions=(versions[0], versions[1]),
        suites=_some(draw, SUITES, 0.4),
        suites13=_some(draw, SUITES13, 0.7),
        groups=_some(draw, GROUPS, 0.5),
        algorithms=_some(draw, ALGORITHMS, 0.75),
        key=draw.choices(KEYS, (8, 8, 3, 1, 1, 1, 1, 1))[0],
        usage=draw.choice(tuple(USAGES)) if draw.random() < 0.6 else "usual",
        chain=_mostly(draw, CHAINS, 0.65),
        names=_mostly(draw, tuple(NAMES), 0.75),
        dates=_mostly(draw, DATES, 0.8),
        purpose=_mostly(draw, tuple(PURPOSES), 0.85),
        demand=_mostly(draw, DEMANDS, 0.7),
        shown=_mostly(draw, SHOWN, 0.6),
        alpn=draw.choice(((), ("http/1.1",), ("h2", "http/1.1"))),
    )


class Workshop:
    """The authorities of one run, and the certificates of its origins."""

    def __init__(self) -> None:
        self.root = Authority("Oracle Root CA")
        self.issuing = self.root.intermediate()
        self.strangers = Authority("Another Root CA").intermediate()
        self.issued = cache(self._issued)

    def _issued(
        self, key: str, usage: str, chain: str, names: str, dates: str, purpose: str
    ) -> Issued:
        now = datetime.now(UTC).replace(microsecond=0)
        begin, end = {
            "valid": (now - timedelta(days=1), now + timedelta(days=90)),
            "expired": (now - timedelta(days=90), now - timedelta(days=1)),
            "in the future": (now + timedelta(days=1), now + timedelta(days=90)),
        }[dates]
        if chain == "self-signed":
            return self.root.self_signed(*NAMES[names], kind=key, common_name=HOST, not_after=end)
        allowed = USAGES[usage]
        extra = []
        if allowed is not None:
            bits = {name: name in allowed for name in BITS}
            extra = [(x509.KeyUsage(**bits), True)]
        issuer = self.strangers if chain == "another root" else self.issuing
        return issuer.issue(
            *NAMES[names], kind=key, common_name=HOST, not_before=begin, not_after=end,
            key_usage=False, extra=extra, purpose=PURPOSES[purpose],
        )  # fmt: skip

    def shown(self, kind: str) -> Issued | None:
        """The client certificate of that kind, which the origins' CA signed."""
        if not kind:
            return None
        return self.root.issue("client", kind=kind, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)

    def context(self, origin: Origin) -> SSL.Context | None:
        """A server's context, None where OpenSSL itself refuses the combination."""
        issued = self.issued(
            origin.key, origin.usage, origin.chain, origin.names, origin.dates, origin.purpose
        )
        chain = {
            "whole": issued.chain,
            "leaf alone": (),
            "reversed": issued.chain[::-1],
            "with the root": (*issued.chain, self.root.certificate),
            "extra": (*issued.chain, self.strangers.certificate),
        }.get(origin.chain, issued.chain)
        suites = ":".join((*origin.suites, "@SECLEVEL=0")) if origin.suites else ""
        try:
            return openssl_context(
                issued,
                versions=origin.versions,
                ciphers=suites or "ALL:@SECLEVEL=0",
                tls13_suites=":".join(origin.suites13),
                groups=":".join(origin.groups),
                signature_algorithms=":".join(origin.algorithms),
                alpn=tuple(name.encode() for name in origin.alpn),
                client_ca=self.root.certificate if origin.demand != "none" else None,
                client_certificate_required=origin.demand == "required",
                chain=chain,
            )
        except (SSL.Error, AssertionError):
            return None
