"""Name constraints, kind by kind, as BoringSSL treats them."""

import pytest

from cf525.pki import TrustStore, constraints, judge
from cf525.pki.certificate import parse
from cf525.pki.path import Node, build
from tests.pki import forge
from tests.pki.forge import (
    AT,
    ROOT_DER,
    aki,
    basic,
    dns,
    email,
    intermediate,
    ip,
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
    uri,
    usage,
)

EMAIL_ATTRIBUTE = "1.2.840.113549.1.9.1"
ORGANIZATION = "2.5.4.10"


def ca(constraint: bytes) -> bytes:
    private = key("intermediate")
    return intermediate(
        extensions=[
            basic(),
            usage("cert"),
            ski(key_id(private)),
            aki(key_id(key("root"))),
            constraint,
        ]
    )


def accepted(constraint: bytes, *alt_names: bytes, subject: bytes = b"") -> bool | None:
    alt = san(*alt_names) if alt_names else None
    sent = (leaf(subject=subject or seq(), extensions=leaf_extensions(san=alt)), ca(constraint))
    return judge(sent, names=(), at=AT, trust=TrustStore.of(ROOT_DER)).accepted


def directory(common_name: str) -> bytes:
    return tlv(0xA4, name("", rdn(ORGANIZATION, common_name)))


PERMITTED = (
    (dns("example.com"), dns("example.com"), True),
    (dns("example.com"), dns("a.b.example.com"), True),
    (dns("example.com"), dns("badexample.com"), False),
    (dns(".example.com"), dns("a.example.com"), True),
    (dns(".example.com"), dns("example.com"), False),
    (dns(""), dns("anything.example"), True),
    (dns("example.com."), dns("a.example.com"), True),
    (dns("example.com"), dns("a.example.com."), True),
    (dns("EXAMPLE.com"), dns("a.example.COM"), True),
    (dns("example.com"), dns("*.example.com"), True),
    (dns("sub.example.com"), dns("*.example.com"), False),
    (dns("example.com"), ip(bytes(4)), True),
    (ip(bytes(8)), ip(bytes(4)), False),
    (ip(bytes(8)), dns("a.example"), True),
    (email("example.com"), email("a@example.com"), True),
    (email("example.com"), email("a@sub.example.com"), False),
    (email(".example.com"), email("a@sub.example.com"), True),
    (email(".example.com"), email("a@example.com"), False),
    (email("a@example.com"), email("a@EXAMPLE.com"), True),
    (email("a@example.com"), email("A@example.com"), False),
    (email("@example.com"), email("b@example.com"), True),
    (email("a@b@c"), email("b@c"), False),
    (email("bad domain"), email("b@c"), False),
    (email("bad local@c"), email("b@c"), False),
    (email("example.com"), email("no-at-sign"), False),
    (email("example.com"), email("a@b@example.com"), False),
    (email("example.com"), email("@example.com"), False),
    (uri("example.com"), uri("http://example.com/x"), True),
    (uri("example.com"), uri("http://example.com:80/x"), True),
    (uri("example.com"), uri("http://www.example.com/x"), False),
    (uri(".example.com"), uri("http://www.example.com"), True),
    (uri(".example.com"), uri("http://example.com"), False),
    (uri("example.com"), uri("urn:example.com"), False),
    (uri("example.com"), uri("http:///x"), False),
    (uri("example.com"), uri("example.com"), False),
    (directory("Acme"), directory("ACME"), True),
    (directory("Acme"), directory("Acme Ltd"), False),
    (tlv(0x88, b"\x2a\x03"), tlv(0x88, b"\x2a\x03"), False),
    (tlv(0x88, b"\x2a\x03"), dns("a.example"), True),
)


@pytest.mark.parametrize(("base", "own", "expected"), PERMITTED)
def test_permitted_subtrees(base: bytes, own: bytes, expected: bool) -> None:
    assert accepted(forge.constraints([base]), own) is expected


EXCLUDED = (
    (dns("example.com"), dns("a.example.com"), False),
    (dns("example.com"), dns("example.org"), True),
    (dns("x.example.com"), dns("*.example.com"), False),
    (dns("a.b.example.com"), dns("*.example.com"), True),
    (dns(".example.com"), dns("*.example.com"), False),
    (dns(""), dns("a.example"), False),
    (email("a@example.com"), email("A@example.com"), True),
    (ip(bytes(8)), ip(bytes(4)), False),
    (directory("Acme"), directory("Acme"), False),
)


@pytest.mark.parametrize(("base", "own", "expected"), EXCLUDED)
def test_excluded_subtrees(base: bytes, own: bytes, expected: bool) -> None:
    assert accepted(forge.constraints([], [base]), own) is expected


def test_a_minimum_is_refused_as_soon_as_such_a_name_is_there() -> None:
    bounded = forge.ext(
        "2.5.29.30", seq(tlv(0xA0, seq(dns("example.com"), tlv(0x80, b"\0")))), True
    )
    assert accepted(bounded, dns("a.example.com")) is False
    assert accepted(bounded, ip(bytes(4))) is True


def test_empty_constraints_are_taken() -> None:
    assert accepted(forge.ext("2.5.29.30", seq(), True), dns("a.example")) is True


def test_the_address_in_the_subject_is_checked_too() -> None:
    only = forge.constraints([email("example.com")])
    excluded = forge.constraints([], [email("a@example.com")])
    good = seq(rdn(EMAIL_ATTRIBUTE, "a@example.com", 0x16))
    upper = seq(rdn(EMAIL_ATTRIBUTE, "A@example.com", 0x16))
    odd = seq(rdn(EMAIL_ATTRIBUTE, "a@example.com", 0x0C))
    host = dns("www.example.com")
    assert accepted(only, host, subject=good) is True
    assert accepted(only, host, subject=odd) is False
    assert accepted(excluded, host, subject=upper) is False


def test_a_common_name_cannot_stand_in_for_a_constrained_name() -> None:
    constraint = forge.constraints([dns("example.com")])
    assert accepted(constraint, subject=name("www.example.com")) is False
    assert accepted(constraint, subject=name("Example Ltd")) is True


def test_self_issued_intermediates_are_exempt() -> None:
    outer = ca(forge.constraints([directory("Nobody")]))
    inner = intermediate(
        issuer=forge.INTERMEDIATE,
        private=key("inner"),
        signer=key("intermediate"),
        extensions=[
            basic(),
            usage("cert"),
            ski(key_id(key("inner"))),
            aki(key_id(key("intermediate"))),
        ],
    )
    own = leaf(
        subject=seq(),
        signer=key("inner"),
        extensions=leaf_extensions(aki=aki(key_id(key("inner")))),
    )
    verdict = judge((own, inner, outer), names=(), at=AT, trust=TrustStore.of(ROOT_DER))
    assert verdict.accepted is True


def many(count: int) -> bytes:
    return forge.constraints([dns(f"d{i}.example") for i in range(count)])


def test_a_chain_that_would_take_forever_is_refused_at_once() -> None:
    own = san(*(f"n{i}.d0.example" for i in range(1100)))
    sent = (leaf(subject=seq(), extensions=leaf_extensions(san=own)), ca(many(1000)))
    verdict = judge(sent, names=(), at=AT, trust=TrustStore.of(ROOT_DER))
    assert verdict.has("name_constraints")
    assert verdict.accepted is False


def test_a_spent_budget_leaves_the_verdict_likely() -> None:
    certificate = parse(leaf(extensions=leaf_extensions(san=san(email("a@example.com")))))
    found = parse(ca(forge.constraints([email("example.com")]))).extensions.name_constraints
    assert found is not None
    with pytest.raises(constraints.Exhausted):
        constraints.breach(certificate, found, constraints.Budget(left=0))


def test_when_the_budget_ends_nothing_is_certain() -> None:
    sent = (
        leaf(subject=seq(), extensions=leaf_extensions(san=san(email("a@example.com")))),
        ca(forge.constraints([email("example.com")])),
    )
    nodes = [Node(parse(each), index) for index, each in enumerate(sent)]
    built = build(nodes, TrustStore.of(ROOT_DER).edge)
    (found,) = constraints.check(built, constraints.Budget(left=0))
    assert found.certain is False


def test_other_names_are_an_unsupported_type() -> None:
    other = tlv(0xA0, oid("1.2.3"), tlv(0xA0, tlv(0x0C, b"x")))
    assert accepted(forge.constraints([other]), other) is False
