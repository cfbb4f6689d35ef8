"""Generated bad chains, each with the exact set of codes it must give."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from cf525.model import ChainVerdict, Confidence, DefectClass
from cf525.pki import TrustStore, judge
from tests.pki import forge
from tests.pki.forge import (
    ANY_PURPOSE,
    AT,
    CLIENT,
    HOST,
    INTERMEDIATE_DER,
    LEAF_DER,
    ROOT_DER,
    SERVER,
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
    root,
    san,
    seq,
    ski,
    usage,
    utc,
)

EARLIER = utc(AT - timedelta(days=1))
LATER = utc(AT + timedelta(days=1))


@dataclass(frozen=True)
class Case:
    """``codes`` are all codes but advice; ``advice`` those of advice."""

    title: str
    sent: tuple[bytes, ...]
    codes: str = ""
    advice: str = ""
    anchors: tuple[bytes, ...] = (ROOT_DER,)
    names: tuple[str, ...] = (HOST,)
    tls_version: int | None = None


def with_leaf(title: str, codes: str = "", advice: str = "", **changes: object) -> Case:
    return Case(title, (leaf(**changes), INTERMEDIATE_DER), codes, advice)


def with_ca(title: str, codes: str = "", advice: str = "", **changes: object) -> Case:
    return Case(title, (LEAF_DER, intermediate(**changes)), codes, advice)


def ca_extensions(*changed: bytes, without: int | None = None) -> list[bytes]:
    usual = [
        basic(),
        usage("cert", "crl"),
        ski(key_id(key("intermediate"))),
        aki(key_id(key("root"))),
    ]
    return [each for place, each in enumerate(usual) if place != without] + list(changed)


SELF = forge.Plan(
    subject=name(HOST),
    issuer=name(HOST),
    private=key("leaf"),
    signer=key("leaf"),
    extensions=[basic(ca=False), purposes(SERVER), san(HOST)],
).build()
SELF_NO_CERT_SIGN = forge.Plan(
    subject=name(HOST),
    issuer=name(HOST),
    private=key("leaf"),
    signer=key("leaf"),
    extensions=leaf_extensions(aki=None),
).build()
OTHER_ROOT = root(subject=name("Other Root"), issuer=name("Other Root"), private=key("other"))
EXPIRED_CA = intermediate(not_after=EARLIER)
WRONG_KEY_CA = intermediate(private=key("wrong"), extensions=ca_extensions(without=2))

CASES = (
    Case("a sound chain", (LEAF_DER, INTERMEDIATE_DER)),
    Case(
        "a sound chain with its root", (LEAF_DER, INTERMEDIATE_DER, ROOT_DER), "", "root_included"
    ),
    with_leaf("an expired leaf", "expired", not_after=EARLIER),
    with_leaf("a leaf of tomorrow", "not_yet_valid", not_before=LATER),
    with_leaf("a leaf that ends at this second", "expired", not_after=utc(AT)),
    with_leaf("a leaf that begins at this second", "", not_before=utc(AT)),
    with_leaf("a leaf near its end", "", "expires_soon", not_after=LATER),
    with_leaf("a 47-day leaf on its 30th day", "", "", not_after=utc(AT + timedelta(days=17))),
    with_leaf(
        "a 47-day leaf on its 40th day",
        "",
        "expires_soon",
        not_before=utc(AT - timedelta(days=40)),
        not_after=utc(AT + timedelta(days=7)),
    ),
    with_leaf(
        "a six-day leaf on its second day",
        not_before=utc(AT - timedelta(days=2)),
        not_after=utc(AT + timedelta(days=4)),
    ),
    with_leaf("a leaf valid to 9999", not_after=forge.tlv(0x18, b"99991231235959Z")),
    with_ca("an expired intermediate", "expired_ca", not_after=EARLIER),
    Case("the expired copy first", (LEAF_DER, EXPIRED_CA, INTERMEDIATE_DER), "expired_ca"),
    Case("the expired copy last", (LEAF_DER, INTERMEDIATE_DER, EXPIRED_CA)),
    Case(
        "an expired root",
        (LEAF_DER, INTERMEDIATE_DER),
        "expired_ca",
        anchors=(root(not_after=EARLIER),),
    ),
    Case(
        "expired root first of two",
        (LEAF_DER, INTERMEDIATE_DER),
        "expired_ca",
        anchors=(root(not_after=EARLIER), ROOT_DER),
    ),
    Case(
        "expired root last of two",
        (LEAF_DER, INTERMEDIATE_DER),
        anchors=(ROOT_DER, root(not_after=EARLIER)),
    ),
    Case("the leaf alone", (LEAF_DER,), "missing_intermediate"),
    Case(
        "an unknown root",
        (LEAF_DER, INTERMEDIATE_DER, ROOT_DER),
        "untrusted_root",
        anchors=(OTHER_ROOT,),
    ),
    Case(
        "an unknown root that was not sent",
        (LEAF_DER, INTERMEDIATE_DER),
        "untrusted_issuer",
        anchors=(OTHER_ROOT,),
    ),
    Case(
        "an intermediate with caIssuers and no issuer",
        (LEAF_DER, intermediate(extensions=ca_extensions(forge.aia("http://ca.example/i.crt")))),
        "missing_intermediate",
        anchors=(OTHER_ROOT,),
    ),
    Case(
        "only the intermediate is stored",
        (LEAF_DER,),
        "anchor_not_root",
        anchors=(INTERMEDIATE_DER,),
    ),
    Case("intermediate and root are stored", (LEAF_DER,), anchors=(INTERMEDIATE_DER, ROOT_DER)),
    Case("a self-signed leaf", (SELF,), "self_signed"),
    Case("a self-signed leaf that is trusted", (SELF,), anchors=(SELF,)),
    Case("a self-signed leaf that may not sign", (SELF_NO_CERT_SIGN,), "self_signed"),
    Case("the same, stored", (SELF_NO_CERT_SIGN,), "self_signed", anchors=(SELF_NO_CERT_SIGN,)),
    Case("reversed order", (ROOT_DER, INTERMEDIATE_DER, LEAF_DER), "leaf_not_first"),
    Case("intermediate before leaf", (INTERMEDIATE_DER, LEAF_DER), "leaf_not_first"),
    Case("a duplicate", (LEAF_DER, INTERMEDIATE_DER, INTERMEDIATE_DER), "", "duplicate"),
    Case(
        "a stranger in the chain",
        (LEAF_DER, leaf(subject=name("b"), private=key("b")), INTERMEDIATE_DER),
        "",
        "extra_cert",
    ),
    Case(
        "intermediates in the wrong order",
        (
            leaf(
                issuer=name("Sub"),
                signer=key("sub"),
                extensions=leaf_extensions(aki=aki(key_id(key("sub")))),
            ),
            INTERMEDIATE_DER,
            intermediate(
                subject=name("Sub"),
                issuer=forge.INTERMEDIATE,
                private=key("sub"),
                signer=key("intermediate"),
                extensions=[basic(), usage("cert"), ski(key_id(key("sub")))],
            ),
        ),
        "",
        "wrong_order",
    ),
    Case("no certificate", (), "no_certificate"),
    Case("another host", (LEAF_DER, INTERMEDIATE_DER), "hostname_mismatch", names=("a.example",)),
    Case("the CNAME target fits", (LEAF_DER, INTERMEDIATE_DER), names=("a.example", HOST)),
    Case("no names to check", (LEAF_DER, INTERMEDIATE_DER), names=()),
    with_leaf("the name in the CN only", "", "cn_only", extensions=leaf_extensions(san=None)),
    with_leaf(
        "an address as SAN and the name as CN",
        "hostname_mismatch",
        extensions=leaf_extensions(san=san(forge.ip(bytes(4)))),
    ),
    with_leaf("a damaged signature", "bad_signature", damage=True),
    with_ca("a damaged intermediate", "bad_signature", damage=True),
    with_leaf("two signature algorithms", "bad_signature", outer_algorithm=forge.RSA_SHA256),
    Case("the wrong key first", (LEAF_DER, WRONG_KEY_CA, INTERMEDIATE_DER), "issuer_key_mismatch"),
    Case("the wrong key alone", (LEAF_DER, WRONG_KEY_CA), "bad_signature"),
    Case(
        "a key identifier that does not fit",
        (leaf(extensions=leaf_extensions(aki=aki(b"no such key"))), INTERMEDIATE_DER),
        "issuer_candidate_rejected",
    ),
    with_leaf(
        "an issuer serial that does not fit",
        "issuer_candidate_rejected",
        extensions=leaf_extensions(aki=aki(None, forge.tlv(0x82, b"\x77"))),
    ),
    with_ca(
        "an intermediate without keyCertSign",
        "ca_no_certsign",
        extensions=[basic(), usage("crl"), ski(key_id(key("intermediate")))],
    ),
    with_ca(
        "an intermediate with CA:FALSE",
        "issuer_not_ca",
        extensions=[basic(ca=False), ski(key_id(key("intermediate")))],
    ),
    with_ca(
        "an intermediate without basicConstraints",
        "issuer_not_ca",
        extensions=[ski(key_id(key("intermediate")))],
    ),
    with_ca("a version 1 intermediate", "issuer_not_ca", version=None, extensions=None),
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
        "expired hostname_mismatch missing_intermediate",
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


def judged(case: Case) -> ChainVerdict:
    return judge(
        case.sent,
        names=case.names,
        at=AT,
        trust=TrustStore.of(*case.anchors),
        tls_version=case.tls_version,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title.replace(" ", "-"))
def test_a_chain_gives_exactly_its_defects(case: Case) -> None:
    verdict = judged(case)
    decisive = sorted(each.code for each in verdict.decisive)
    advice = sorted(each.code for each in verdict.defects if each.kind is DefectClass.ADVICE)
    assert decisive == sorted(case.codes.split())
    assert advice == sorted(case.advice.split())
    assert verdict.accepted is (not case.codes)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title.replace(" ", "-"))
def test_every_defect_says_what_is_wrong_and_what_to_do(case: Case) -> None:
    for defect in judged(case).defects:
        assert defect.text.endswith(".")
        assert len(defect.text) < 600
        assert defect.remedy.endswith((".", ")")) or defect.code == "cloudflare_origin_ca"


def test_the_verdict_names_the_path_and_the_anchor() -> None:
    verdict = judged(CASES[0])
    assert verdict.path == ("CN=www.example.com", "CN=Test Intermediate", "CN=Test Root")
    assert verdict.anchor == "Test Root (given)"
    assert verdict.matched_name == HOST
    assert verdict.confidence is Confidence.HIGH
    assert verdict.second_opinion == "OpenSSL accepts it too"


def test_a_disagreement_of_the_libraries_lowers_the_confidence_and_is_explained() -> None:
    case = next(each for each in CASES if each.title == "the expired copy first")
    verdict = judged(case)
    assert verdict.confidence is Confidence.MEDIUM
    assert "OpenSSL tries other issuers" in verdict.second_opinion


@pytest.mark.parametrize(
    ("tls_version", "kind"), [(0x0303, DefectClass.REJECTED), (0x0304, DefectClass.HANDSHAKE)]
)
def test_a_useless_key_usage_is_met_at_another_stage_in_tls_13(
    tls_version: int, kind: DefectClass
) -> None:
    sent = (leaf(extensions=leaf_extensions(usage=usage("cert"))), INTERMEDIATE_DER)
    verdict = judged(Case("", sent, tls_version=tls_version))
    found = verdict.defect("ku_leaf")
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    ("tls_version", "kind"), [(0x0303, DefectClass.REJECTED), (0x0304, DefectClass.HANDSHAKE)]
)
def test_an_undecodable_key_usage_is_met_at_another_stage_in_tls_13(
    tls_version: int, kind: DefectClass
) -> None:
    broken = ext("2.5.29.15", b"\x03\x02\x07\xff", True)
    sent = (leaf(extensions=leaf_extensions(usage=broken)), INTERMEDIATE_DER)
    found = judged(Case("", sent, tls_version=tls_version)).defect("malformed_ext")
    assert found is not None
    assert found.kind is kind
