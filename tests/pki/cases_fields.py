"""Forged chains with the codes they must give: extensions, keys, encodings, several at once."""

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.pki import forge
from tests.pki.cases import EARLIER, EXPIRED_CA, Case, ca_extensions, with_ca, with_leaf
from tests.pki.forge import (
    ANY_PURPOSE,
    CLIENT,
    HOST,
    INTERMEDIATE_DER,
    LEAF_DER,
    aki,
    basic,
    ext,
    intermediate,
    key,
    key_id,
    leaf,
    leaf_extensions,
    name,
    purposes,
    san,
    seq,
    ski,
    usage,
)

ML_DSA_KEY = seq(seq(forge.oid("2.16.840.1.101.3.4.3.18")), forge.bits(bytes(1952)))

FIELDS: tuple[Case, ...] = (
    with_ca("an intermediate with an ML-DSA key", "bad_signature", spki=ML_DSA_KEY),
    with_leaf("a version 1 leaf", "", "cn_only", version=None, extensions=None),
    with_leaf("a leaf for clients", "eku", extensions=leaf_extensions(purposes=purposes(CLIENT))),
    with_leaf(
        "a leaf for any purpose", "eku", extensions=leaf_extensions(purposes=purposes(ANY_PURPOSE))
    ),
    with_leaf("a leaf without purposes", extensions=leaf_extensions(purposes=None)),
    with_leaf(
        "a leaf for server-gated cryptography",
        "eku",
        extensions=leaf_extensions(purposes=purposes("1.3.6.1.4.1.311.10.3.3")),
    ),
    with_ca("an intermediate for clients", "eku", extensions=ca_extensions(purposes(CLIENT))),
    with_leaf(
        "a keyUsage without digitalSignature",
        "ku_no_digsig",
        extensions=leaf_extensions(usage=usage("encipher")),
    ),
    Case(
        "a keyUsage with keyEncipherment alone, where the key does not sign",
        (leaf(extensions=leaf_extensions(usage=usage("encipher"))), INTERMEDIATE_DER),
        tls_version=0x0303,
        signs=False,
    ),
    Case(
        "a keyUsage with digitalSignature alone, where the key does not sign",
        (leaf(extensions=leaf_extensions(usage=usage("digital"))), INTERMEDIATE_DER),
        "ku_no_keyenc",
        tls_version=0x0303,
        signs=False,
    ),
    with_leaf("a keyUsage of a CA", "ku_leaf", extensions=leaf_extensions(usage=usage("cert"))),
    with_leaf("a leaf without keyUsage", extensions=leaf_extensions(usage=None)),
    with_leaf("a leaf that is a CA", extensions=leaf_extensions(basic=basic())),
    with_leaf(
        "an unknown critical extension",
        "unknown_critical_ext",
        extensions=[*leaf_extensions(), ext("1.2.3.4", b"\x05\x00", True)],
    ),
    with_leaf(
        "a critical key identifier",
        "unknown_critical_ext",
        extensions=leaf_extensions(aki=aki(key_id(key("intermediate")), critical=True)),
    ),
    with_leaf("a repeated SAN", "malformed_ext", extensions=[*leaf_extensions(), san(HOST)]),
    with_leaf(
        "a SAN that is no sequence",
        "malformed_ext",
        extensions=leaf_extensions(san=ext("2.5.29.17", b"\x05\x00")),
    ),
    with_ca(
        "an intermediate whose SKI is broken",
        "malformed_ext",
        extensions=[basic(), usage("cert"), ext("2.5.29.14", b"\x05\x00")],
    ),
    Case(
        "a broken intermediate before a sound one",
        (LEAF_DER, intermediate(extensions=[ext("2.5.29.14", b"\x05\x00")]), INTERMEDIATE_DER),
    ),
    with_leaf("bytes behind the certificate", "malformed", trailer=b"\0"),
    Case(
        "an unreadable certificate behind", (LEAF_DER, INTERMEDIATE_DER, b"\x30\x01"), "malformed"
    ),
    with_leaf(
        "an offset in the time", "bad_time", not_before=forge.tlv(0x17, b"260101000000+0000")
    ),
    with_leaf("an Ed25519 key", "key_unsupported", private=ed25519.Ed25519PrivateKey.generate()),
    with_leaf(
        "a secp256k1 key", "key_unsupported", private=ec.generate_private_key(ec.SECP256K1())
    ),
    with_leaf("a P-521 key", "", "key_p521", private=ec.generate_private_key(ec.SECP521R1())),
    with_leaf("an RSA key of 1024 bits", "", "weak_key", private=forge.rsa_key(1024)),
    with_leaf(
        "a key nobody knows",
        "key_unsupported",
        spki=seq(seq(forge.oid("1.2.3.4.5")), forge.bits(bytes(32))),
    ),
    with_leaf(
        "an ML-DSA key",
        "key_unsupported",
        spki=seq(seq(forge.oid("2.16.840.1.101.3.4.3.18")), forge.bits(bytes(1952))),
    ),
    with_leaf("a SHA-1 signature", "", "sha1_signature", algorithm=forge.ECDSA_SHA1),
    with_leaf(
        "expired, for another host",
        "expired hostname_mismatch",
        not_after=EARLIER,
        extensions=leaf_extensions(san=san("other.example")),
    ),
    Case(
        "expired, another host, incomplete",
        (leaf(not_after=EARLIER, extensions=leaf_extensions(san=san("other.example"))),),
        "expired hostname_mismatch untrusted_issuer",
    ),
    Case(
        "self-signed and expired",
        (
            forge.Plan(
                subject=name(HOST),
                issuer=name(HOST),
                private=key("leaf"),
                signer=key("leaf"),
                extensions=[san(HOST)],
                not_after=EARLIER,
            ).build(),
        ),
        "self_signed expired",
    ),
    Case(
        "expired leaf under an expired CA",
        (leaf(not_after=EARLIER), EXPIRED_CA),
        "expired expired_ca",
    ),
    with_leaf(
        "client purpose and a damaged signature",
        "eku bad_signature",
        damage=True,
        extensions=leaf_extensions(purposes=purposes(CLIENT)),
    ),
    Case(
        "reversed and expired",
        (INTERMEDIATE_DER, leaf(not_after=EARLIER)),
        "leaf_not_first expired",
    ),
    Case(
        "reversed, in TLS 1.2", (INTERMEDIATE_DER, LEAF_DER), "leaf_not_first", tls_version=0x0303
    ),
    Case(
        "path length 0 with a CA below",
        (
            leaf(
                issuer=name("Sub"),
                signer=key("sub"),
                extensions=leaf_extensions(aki=aki(key_id(key("sub")))),
            ),
            intermediate(
                subject=name("Sub"),
                issuer=forge.INTERMEDIATE,
                private=key("sub"),
                signer=key("intermediate"),
                extensions=[basic(), usage("cert"), ski(key_id(key("sub")))],
            ),
            intermediate(
                extensions=[basic(length=0), usage("cert"), ski(key_id(key("intermediate")))]
            ),
        ),
        "path_length",
    ),
    with_ca(
        "names outside the constraints",
        "name_constraints",
        extensions=ca_extensions(forge.constraints([forge.dns("example.org")])),
    ),
    with_ca(
        "names inside the constraints",
        extensions=ca_extensions(forge.constraints([forge.dns("example.com")])),
    ),
    with_ca(
        "an explicit policy nobody asserts",
        "no_explicit_policy",
        extensions=ca_extensions(ext("2.5.29.36", seq(forge.tlv(0x80, b"\0")))),
    ),
    with_leaf(
        "repeated policies",
        "invalid_policy",
        extensions=[*leaf_extensions(), forge.policies("1.2.3", "1.2.3")],
    ),
    with_leaf(
        "3000 names",
        "chain_too_big",
        extensions=leaf_extensions(
            san=san(*(f"host-{i:04}.of.a.long.domain.example.com" for i in range(3000)), HOST)
        ),
    ),
)
