"""What Cloudflare's edge offers an origin in its ClientHello, as data with source and certainty.

``ClientProfile`` is everything the wire codec needs to build a ClientHello; the edge's own is
``cloudflare()``. Diagnostic profiles are derived elsewhere by changing one field. Facts that
nobody outside knows (extension order, GREASE, resumption) are marked ``inferred`` and stand
here, in the open, so that a report can say what it assumed.

Sources: developers.cloudflare.com/ssl/origin-configuration/cipher-suites ("CIPH");
ssl/post-quantum-cryptography/pqc-to-origin ("PQO"); cloudflare/pingora c0845a86 ("PINGORA");
BoringSSL a0689af2 ("BORINGSSL").
"""

from collections.abc import Sequence
from typing import Final

from cf525.model import Certainty, PostQuantum, ServerHello
from cf525.model.registry import (
    P256,
    P384,
    P521,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    X25519,
    X25519MLKEM768,
)
from cf525.values import dataclass

CIPH: Final = "developers.cloudflare.com/ssl/origin-configuration/cipher-suites"
PQO: Final = "developers.cloudflare.com/ssl/post-quantum-cryptography/pqc-to-origin"
PINGORA: Final = "cloudflare/pingora c0845a86"
BORINGSSL: Final = "google/boringssl a0689af2"


@dataclass(frozen=True, slots=True)
class Fact:
    """One code point the edge offers. ``versions`` are the protocol versions it is offered in.

    ``beyond`` marks what public BoringSSL does not do as it comes: no verdict that rests on such
    a fact is quite sure.
    """

    code: int
    source: str
    certainty: Certainty
    versions: tuple[int, ...] = ()
    remark: str = ""
    beyond: bool = False


_D, _O, _I = Certainty.DOCUMENTED, Certainty.OBSERVED, Certainty.INFERRED
_ALL12 = (TLS10, TLS11, TLS12)

VERSIONS: Final = (
    Fact(TLS13, CIPH, _D),
    Fact(TLS12, CIPH, _D),
    Fact(TLS11, CIPH, _D),
    Fact(TLS10, CIPH, _D),
)

SUITES: Final = (
    Fact(0x1301, CIPH, _D, (TLS13,)),
    Fact(0x1302, CIPH, _D, (TLS13,)),
    Fact(0x1303, CIPH, _D, (TLS13,)),
    Fact(0xC02B, CIPH, _D, (TLS12,)),
    Fact(0xC02F, CIPH, _D, (TLS12,)),
    Fact(0xC013, CIPH, _D, _ALL12),
    Fact(0x009C, CIPH, _D, (TLS12,)),
    Fact(0x002F, CIPH, _D, _ALL12),
    Fact(0xC02C, CIPH, _D, (TLS12,)),
    Fact(0xC030, CIPH, _D, (TLS12,)),
    Fact(0xC028, CIPH, _D, (TLS12,), "listed by Cloudflare, absent from public BoringSSL", True),
    Fact(0x0035, CIPH, _D, _ALL12),
    Fact(0x000A, CIPH, _D, (TLS10,), "listed for TLS 1.0 only; above that not promised", True),
)

GROUPS: Final = (
    Fact(X25519MLKEM768, PQO, _D, (TLS13,), "unless the zone turned post-quantum off"),
    Fact(X25519, PINGORA, _O),
    Fact(P256, PINGORA, _O),
    Fact(P384, PINGORA, _O),
    Fact(P521, PINGORA, _O, (), "not in BoringSSL's defaults", True),
)

SIGNATURE_ALGORITHMS: Final = (
    Fact(0x0403, PINGORA, _O),
    Fact(0x0804, PINGORA, _O),
    Fact(0x0401, PINGORA, _O),
    Fact(0x0503, PINGORA, _O),
    Fact(0x0805, PINGORA, _O),
    Fact(0x0501, PINGORA, _O),
    Fact(0x0806, PINGORA, _O),
    Fact(0x0601, PINGORA, _O),
    Fact(0x0201, PINGORA, _O),
    Fact(0x0603, PINGORA, _O, (), "not in BoringSSL's defaults", True),
)

ML_DSA: Final = (
    Fact(0x0904, PQO, _D, (TLS13,), "in zones whose trust store holds an ML-DSA authority"),
    Fact(0x0905, PQO, _I, (TLS13,), "in zones whose trust store holds an ML-DSA authority"),
    Fact(0x0906, PQO, _I, (TLS13,), "in zones whose trust store holds an ML-DSA authority"),
)
"""ML-DSA-44, -65 and -87. That the edge takes such certificates from an authority of the zone's
own is documented (changelog, 2026-06-17), with ML-DSA-44 as the example; that it takes the others
too, and where they stand in the list, is inferred."""

FIPS_GROUPS: Final = (
    Fact(X25519MLKEM768, PQO, _I, (TLS13,), "one hybrid group is on the list, which is not told"),
    Fact(P256, PQO, _D),
    Fact(P384, PQO, _D),
    Fact(P521, PQO, _D),
)
"""The key exchange under ``fips``. Cloudflare takes ``pqh`` and ``fips`` together and refuses a
combination that leaves nothing, so that a hybrid group is on the list; SecP256r1MLKEM768 may be
the one (ssl/origin-configuration/automatic-key-exchange)."""

EXTENSION_ORDER: Final = (0, 23, 0xFF01, 10, 11, 35, 16, 5, 13, 18, 51, 45, 43)
"""BoringSSL's order without permutation; ``inferred``: no capture of the edge is public."""

INFERRED_EXTENSIONS: Final = (5, 18, 23, 35, 45)
"""Those that no source says the edge sends, and that a hello can be without: status_request,
signed_certificate_timestamp, extended_master_secret, session_ticket, psk_key_exchange_modes."""

ALPN_H2: Final = ("h2", "http/1.1")
ALPN_H1: Final = ("http/1.1",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientProfile:
    """A ClientHello to send: exactly this is offered and nothing else.

    ``versions`` run from the highest to the lowest; ``key_shares`` is the subset of ``groups``
    for which shares go into the first flight; ``extensions`` is the order on the wire (those
    without content for this hello are left out). ``record_version`` stands in the record
    header. ``session_id`` asks for the 32-byte legacy session id of middlebox compatibility.
    """

    name: str
    versions: tuple[int, ...]
    suites: tuple[int, ...]
    groups: tuple[int, ...]
    key_shares: tuple[int, ...]
    signature_algorithms: tuple[int, ...]
    alpn: tuple[str, ...] = ()
    extensions: tuple[int, ...] = EXTENSION_ORDER
    session_id: bool = True
    record_version: int = TLS10


def cloudflare(
    post_quantum: PostQuantum = PostQuantum.SUPPORTED,
    alpn: Sequence[str] = ALPN_H2,
    compliance: Sequence[str] = (),
    *,
    ml_dsa: bool = False,
) -> ClientProfile:
    """The edge's ClientHello under a zone's post-quantum and compliance settings.

    ``pqh`` leaves hybrid key agreement and TLS 1.3 alone, ``fips`` TLS 1.2 and later with
    ``FIPS_GROUPS`` (ssl/origin-configuration/automatic-key-exchange); other modes change nothing.
    ``ml_dsa`` is for a zone whose trust store holds an ML-DSA authority.
    """
    groups = tuple(
        fact.code
        for fact in GROUPS
        if fact.code != X25519MLKEM768 or post_quantum is not PostQuantum.OFF
    )
    versions = tuple(fact.code for fact in VERSIONS)
    if "pqh" in compliance:
        groups, versions = (X25519MLKEM768,), (TLS13,)
    elif "fips" in compliance:
        hybrid = post_quantum is not PostQuantum.OFF
        listed = (fact.code for fact in FIPS_GROUPS)
        groups = tuple(code for code in listed if code != X25519MLKEM768 or hybrid)
        versions = (TLS13, TLS12)
    classical = next((code for code in (X25519, P256) if code in groups), None)
    hybrid_first = post_quantum is PostQuantum.PREFERRED or classical is None
    # PINGORA ``second_keyshare``: a classical share follows when the hybrid one comes first.
    shares = (X25519MLKEM768, classical) if hybrid_first else (classical,)
    modes = "".join(f"+{mode}" for mode in compliance)
    return ClientProfile(
        name=f"cloudflare/{post_quantum}{modes}",
        versions=versions,
        suites=tuple(
            fact.code for fact in SUITES if not fact.versions or set(fact.versions) & set(versions)
        ),
        groups=groups,
        key_shares=tuple(code for code in shares if code in groups),
        signature_algorithms=tuple(
            fact.code for fact in (*SIGNATURE_ALGORITHMS, *(ML_DSA if ml_dsa else ()))
        ),
        alpn=tuple(alpn),
    )


def rests_beyond(hello: ServerHello) -> bool:
    """Whether the server took up something that public BoringSSL does not offer as it comes."""
    chosen = ((SUITES, hello.suite), (GROUPS, hello.group),
              (SIGNATURE_ALGORITHMS, hello.signature_scheme))  # fmt: skip
    return any(fact.code == code and fact.beyond for facts, code in chosen for fact in facts)


def suite_fact(code: int) -> Fact | None:
    """The edge's entry for a cipher suite, None when it does not offer it."""
    return next((fact for fact in SUITES if fact.code == code), None)
