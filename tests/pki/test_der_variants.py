"""Certificates that are odd or broken in their encoding, judged as BoringSSL judges them.

Each is one change of a sound leaf. What BoringSSL was seen to accept, to refuse when it parses
(525) and to refuse when it verifies (526) stands here as measured.
"""

import pytest

from cf525.model import Confidence, DefectClass
from cf525.pki import TrustStore, judge
from tests.pki import forge
from tests.pki.forge import (
    AT,
    ECDSA_SHA256,
    HOST,
    INTERMEDIATE_DER,
    ROOT_DER,
    aki,
    basic,
    bits,
    dns,
    ext,
    integer,
    intermediate,
    key,
    key_id,
    leaf,
    leaf_extensions,
    name,
    oid,
    rdn,
    san,
    seq,
    ski,
    tlv,
    usage,
)

COUNTRY = "2.5.4.6"
ORGANIZATION = "2.5.4.10"


def subject(value: bytes, tag: int) -> bytes:
    return name(HOST, rdn(ORGANIZATION, value, tag))


def more(*extensions: bytes) -> list[bytes]:
    return [*leaf_extensions(), *extensions]


ACCEPTED = {
    "at sign in PrintableString": leaf(subject=subject(b"a@b", 0x13)),
    "Latin-1 TeletexString": leaf(subject=subject(b"caf\xe9", 0x14)),
    "negative serial": leaf(serial=integer(-5)),
    "zero serial": leaf(serial=integer(0)),
    "serial of 30 octets": leaf(serial=tlv(0x02, b"\x11" * 30)),
    "version 1 written out": leaf(version=tlv(0xA0, integer(0)), extensions=None),
    "version 2 without extensions": leaf(version=tlv(0xA0, integer(1)), extensions=None),
    "ECDSA with NULL parameters": leaf(algorithm=seq(oid("1.2.840.10045.4.3.2"), tlv(0x05))),
    "critical FALSE written out": leaf(
        extensions=more(seq(oid("1.2.3.4"), tlv(0x01, b"\0"), tlv(0x04, b"")))
    ),
    "critical 0x01 on a known extension": leaf(
        extensions=leaf_extensions(
            usage=seq(oid("2.5.29.15"), tlv(0x01, b"\x01"), tlv(0x04, bits(b"\x80", 7)))
        )
    ),
    "unknown extension twice": leaf(extensions=more(ext("1.2.3.4", b""), ext("1.2.3.4", b""))),
    "bad SCT list": leaf(extensions=more(ext("1.3.6.1.4.1.11129.2.4.2", b"\xff\xff"))),
    "bad authorityInfoAccess": leaf(extensions=more(ext("1.3.6.1.5.5.7.1.1", b"\x05\x00"))),
    "bad TLS feature": leaf(extensions=more(ext("1.3.6.1.5.5.7.1.24", b"\xff"))),
    "bad issuerAltName": leaf(extensions=more(ext("2.5.29.18", b"\xff"))),
    "bad policyMappings on the leaf": leaf(extensions=more(ext("2.5.29.33", b"\xff"))),
    "bad qcStatements": leaf(extensions=more(ext("1.3.6.1.5.5.7.1.3", b"\xff"))),
    "nsCertType for clients": leaf(extensions=more(ext("2.16.840.1.113730.1.1", bits(b"\x80", 7)))),
    "non-ASCII dNSName beside": leaf(extensions=leaf_extensions(san=san(dns(b"\xc3\xa9"), HOST))),
    "address of 5 octets beside": leaf(
        extensions=leaf_extensions(san=san(forge.ip(bytes(5)), HOST))
    ),
    "empty address beside": leaf(extensions=leaf_extensions(san=san(forge.ip(b""), HOST))),
    "x400 address beside": leaf(extensions=leaf_extensions(san=san(tlv(0xA3), HOST))),
    "cA FALSE written out": leaf(
        extensions=leaf_extensions(basic=ext("2.5.29.19", seq(tlv(0x01, b"\0")), True))
    ),
    "huge path length on a CA leaf": leaf(
        extensions=leaf_extensions(
            basic=ext("2.5.29.19", seq(tlv(0x01, b"\xff"), integer(1 << 70)), True)
        )
    ),
    "empty DistributionPoint": leaf(extensions=more(ext("2.5.29.31", seq(seq())))),
    "year 0000": leaf(not_before=tlv(0x18, b"00000101000000Z")),
    "year 1600": leaf(not_before=tlv(0x18, b"16000229000000Z")),
    "GeneralizedTime before 2050": leaf(not_before=tlv(0x18, b"20250101000000Z")),
    "unsorted relative name": leaf(
        subject=seq(
            tlv(
                0x31,
                seq(oid(ORGANIZATION), tlv(0x0C, b"z")),
                seq(oid(COUNTRY), tlv(0x13, b"DE")),
            )
        )
    ),
    "compressed point": leaf(
        spki=seq(
            seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
            bits(
                bytes((2 + key("leaf").public_key().public_numbers().y % 2,))
                + key("leaf").public_key().public_numbers().x.to_bytes(32, "big")
            ),
        )
    ),
}

REFUSED_WHEN_PARSED = {
    "trailing octet": leaf(trailer=b"\0"),
    "invalid UTF-8": leaf(subject=subject(b"\xff\xfe", 0x0C)),
    "a noncharacter in UTF-8": leaf(subject=subject("\ufffe".encode(), 0x0C)),
    "odd BMPString": leaf(subject=subject(b"\0a\0", 0x1E)),
    "surrogates in BMPString": leaf(subject=subject("\U0001f600".encode("utf-16-be"), 0x1E)),
    "non-minimal serial": leaf(serial=tlv(0x02, b"\x00\x01")),
    "empty serial": leaf(serial=tlv(0x02, b"")),
    "version 1 with extensions": leaf(version=None),
    "version 2 with extensions": leaf(version=tlv(0xA0, integer(1))),
    "version 4": leaf(version=tlv(0xA0, integer(3))),
    "UTCTime without seconds": leaf(not_before=tlv(0x17, b"2601010000Z")),
    "fractional seconds": leaf(not_before=tlv(0x18, b"20260101000000.5Z")),
    "offset in GeneralizedTime": leaf(not_before=tlv(0x18, b"20260101000000+0000")),
    "month 13": leaf(not_before=tlv(0x17, b"261301000000Z")),
    "29 February 2023": leaf(not_before=tlv(0x17, b"230229000000Z")),
    "second 60": leaf(not_before=tlv(0x17, b"260101000060Z")),
    "bad offset": leaf(not_before=tlv(0x17, b"260101000000+9900")),
    "a time that is an INTEGER": leaf(not_before=integer(5)),
    "empty relative name": leaf(subject=seq(tlv(0x31))),
    "constructed string": leaf(subject=subject(b"", 0x2C)),
    "bad object identifier": leaf(algorithm=seq(tlv(0x06, b"\x80\x01"))),
    "extension without a value": leaf(extensions=[seq(oid("1.2.3"))]),
    "boolean of two octets": leaf(
        extensions=[seq(oid("1.2.3"), tlv(0x01, b"\xff\xff"), tlv(0x04, b""))]
    ),
}

REFUSED_WHEN_VERIFIED = {
    "undecodable SAN": leaf(extensions=leaf_extensions(san=ext("2.5.29.17", b"\x30\x05"))),
    "undecodable keyUsage": leaf(extensions=leaf_extensions(usage=ext("2.5.29.15", b"\x05\x00"))),
    "keyUsage with padding": leaf(
        extensions=leaf_extensions(usage=ext("2.5.29.15", b"\x03\x02\x07\x81"))
    ),
    "undecodable extKeyUsage": leaf(
        extensions=leaf_extensions(purposes=ext("2.5.29.37", seq(integer(1))))
    ),
    "path length on no CA": leaf(extensions=leaf_extensions(basic=basic(ca=False, length=0))),
    "negative path length": leaf(extensions=leaf_extensions(basic=basic(length=-1))),
    "trailing octets in keyUsage": leaf(
        extensions=leaf_extensions(usage=ext("2.5.29.15", bits(b"\x80", 7) + b"\0"))
    ),
    "long-form length in SAN": leaf(
        extensions=leaf_extensions(san=ext("2.5.29.17", b"\x30\x81\x11" + dns(HOST)))
    ),
    "broken CRL distribution points": leaf(extensions=more(ext("2.5.29.31", b"\xff"))),
    "broken SKI": leaf(extensions=more(ext("2.5.29.14", b"\x04\x05"))),
    "broken name constraints": leaf(extensions=more(ext("2.5.29.30", b"\x30\x03"))),
    "broken AKI": leaf(extensions=leaf_extensions(aki=ext("2.5.29.35", b"\x02\x01\x01"))),
    "offset +0000": leaf(not_before=tlv(0x17, b"260101000000+0000")),
    "offset -0130": leaf(not_before=tlv(0x17, b"260101000000-0130")),
    "MD5 named as the algorithm": leaf(algorithm=ECDSA_SHA256, outer_algorithm=forge.RSA_MD5),
    "EDI party name without a party": leaf(extensions=leaf_extensions(san=san(tlv(0xA5), HOST))),
    "other name without a value": leaf(
        extensions=leaf_extensions(san=san(tlv(0xA0, oid("1.2.3")), HOST))
    ),
    "a general name of no kind": leaf(extensions=leaf_extensions(san=san(tlv(0x8F), HOST))),
    "empty certificatePolicies": leaf(extensions=more(ext("2.5.29.32", seq()))),
    "a CPS in UTF-8": leaf(
        extensions=more(
            ext(
                "2.5.29.32",
                seq(seq(oid("1.2.3"), seq(seq(oid("1.3.6.1.5.5.7.2.1"), tlv(0x0C, b"x"))))),
            )
        )
    ),
    "empty policyConstraints": leaf(extensions=more(ext("2.5.29.36", seq()))),
    "negative inhibitAnyPolicy": leaf(extensions=more(ext("2.5.29.54", integer(-1)))),
}


def accepted(encoded: bytes) -> bool | None:
    verdict = judge((encoded, INTERMEDIATE_DER), names=(), at=AT, trust=TrustStore.of(ROOT_DER))
    return verdict.accepted


@pytest.mark.parametrize("title", ACCEPTED)
def test_oddities_that_boringssl_takes_are_taken(title: str) -> None:
    assert accepted(ACCEPTED[title]) is True


@pytest.mark.parametrize("title", REFUSED_WHEN_PARSED)
def test_what_boringssl_cannot_parse_fails_the_handshake(title: str) -> None:
    verdict = judge(
        (REFUSED_WHEN_PARSED[title], INTERMEDIATE_DER),
        names=(HOST,),
        at=AT,
        trust=TrustStore.of(ROOT_DER),
    )
    found = verdict.defect("malformed")
    assert verdict.accepted is False
    assert found is not None
    assert found.kind is DefectClass.HANDSHAKE
    assert verdict.certificates[0].error


@pytest.mark.parametrize("title", REFUSED_WHEN_VERIFIED)
def test_what_boringssl_refuses_to_verify_is_refused(title: str) -> None:
    encoded = REFUSED_WHEN_VERIFIED[title]
    verdict = judge(
        (encoded, INTERMEDIATE_DER),
        names=(),
        at=AT,
        trust=TrustStore.of(ROOT_DER),
        tls_version=0x0303,
    )
    assert verdict.accepted is False
    assert all(each.kind is DefectClass.REJECTED for each in verdict.decisive)


def test_an_indefinite_length_is_refused_when_parsed() -> None:
    body = forge.LEAF_DER[4:]
    assert accepted(b"\x30\x80" + body + b"\0\0") is False


def test_only_the_signature_may_have_a_long_length() -> None:
    sound = leaf()
    place = sound.rindex(b"\x03", 0, len(sound) - 64)
    length = sound[place + 1]
    body = sound[4:place] + b"\x03\x81" + bytes((length,)) + sound[place + 2 :]
    assert accepted(b"\x30\x82" + len(body).to_bytes(2, "big") + body) is True


def test_a_leaf_that_only_openssl_reads_gives_little_confidence() -> None:
    odd = leaf(not_before=tlv(0x17, b"260101000000Z"), subject=subject("\ufffe".encode(), 0x0C))
    verdict = judge((odd,), names=(), at=AT, trust=TrustStore.of(ROOT_DER))
    assert verdict.confidence is Confidence.LOW


SAME_NAMES = (
    ("PrintableString and UTF8String", (b"Acme", 0x13), (b"Acme", 0x0C), True),
    ("BMPString and UTF8String", ("Acme".encode("utf-16-be"), 0x1E), (b"Acme", 0x0C), True),
    ("TeletexString and IA5String", (b"Acme", 0x14), (b"Acme", 0x16), True),
    ("UniversalString", ("Acme".encode("utf-32-be"), 0x1C), (b"Acme", 0x0C), True),
    ("ASCII case", (b"ACME", 0x0C), (b"acme", 0x0C), True),
    ("spaces", (b"  Acme \t Ltd ", 0x0C), (b"Acme Ltd", 0x0C), True),
    ("non-ASCII case", ("É".encode(), 0x0C), ("é".encode(), 0x0C), False),
    ("NumericString", (b"12", 0x12), (b"12", 0x0C), False),
    ("other text", (b"Acme", 0x0C), (b"Acne", 0x0C), False),
)


@pytest.mark.parametrize(("title", "first", "second", "same"), SAME_NAMES)
def test_names_are_compared_across_string_types(
    title: str, first: tuple[bytes, int], second: tuple[bytes, int], same: bool
) -> None:
    own = seq(rdn(ORGANIZATION, *first))
    asked = seq(rdn(ORGANIZATION, *second))
    ca = intermediate(subject=own)
    verdict = judge((leaf(issuer=asked), ca), names=(), at=AT, trust=TrustStore.of(ROOT_DER))
    assert verdict.accepted is same


def test_a_ca_with_an_empty_name_works() -> None:
    sent = (leaf(issuer=seq()), intermediate(subject=seq()))
    assert judge(sent, names=(), at=AT, trust=TrustStore.of(ROOT_DER)).accepted is True


def anchor(*extensions: bytes, **changes: object) -> bytes:
    private = key("root")
    usual = [basic(), usage("cert", "crl"), ski(key_id(private))]
    return forge.root(extensions=[*usual, *extensions], **changes)


ANCHORS = {
    "unknown critical extension": (anchor(ext("1.2.3", b"", True)), True),
    "purpose for clients only": (anchor(forge.purposes(forge.CLIENT)), True),
    "policyConstraints": (anchor(ext("2.5.29.36", seq(tlv(0x80, b"\0")))), True),
    "path length 0": (
        forge.root(extensions=[basic(length=0), usage("cert"), ski(key_id(key("root")))]),
        True,
    ),
    "no basicConstraints": (forge.root(extensions=[ski(key_id(key("root")))]), True),
    "own key identifier contradicted": (anchor(aki(b"other")), False),
    "broken keyUsage": (
        forge.root(extensions=[basic(), ext("2.5.29.15", b"\x05\0"), ski(key_id(key("root")))]),
        False,
    ),
    "broken policies": (anchor(ext("2.5.29.32", b"\xff")), True),
    "names constrained elsewhere": (anchor(forge.constraints([dns("example.org")])), False),
}


@pytest.mark.parametrize("title", ANCHORS)
def test_anchors_are_checked_as_little_as_the_library_does(title: str) -> None:
    encoded, expected = ANCHORS[title]
    verdict = judge(
        (forge.LEAF_DER, INTERMEDIATE_DER), names=(HOST,), at=AT, trust=TrustStore.of(encoded)
    )
    assert verdict.accepted is expected


def test_a_wrong_key_anchor_of_the_same_name_is_fatal_when_it_comes_first() -> None:
    wrong = forge.root(private=key("elsewhere"), extensions=[basic()])
    sent = (forge.LEAF_DER, INTERMEDIATE_DER)
    first = judge(sent, names=(), at=AT, trust=TrustStore.of(wrong, ROOT_DER))
    last = judge(sent, names=(), at=AT, trust=TrustStore.of(ROOT_DER, wrong))
    assert (first.accepted, last.accepted) == (False, True)
