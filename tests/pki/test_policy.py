"""Certificate policies beyond PKITS: the syntax, and where the constraints begin to count."""

import pytest

from cf525.pki import TrustStore, judge, policy
from cf525.pki.certificate import parse
from tests.pki import forge
from tests.pki.forge import (
    AT,
    LEAF_DER,
    ROOT_DER,
    aki,
    basic,
    ext,
    integer,
    intermediate,
    key,
    key_id,
    leaf,
    leaf_extensions,
    oid,
    policies,
    seq,
    ski,
    tlv,
    usage,
)

ANY_POLICY = "2.5.29.32.0"
NOTICE = "1.3.6.1.5.5.7.2.2"


def ca(*more: bytes) -> bytes:
    return intermediate(
        extensions=[
            basic(),
            usage("cert"),
            ski(key_id(key("intermediate"))),
            aki(key_id(key("root"))),
            *more,
        ]
    )


def with_leaf(*more: bytes) -> bytes:
    return leaf(extensions=[*leaf_extensions(), *more])


def outcome(own: bytes, above: bytes) -> policy.PolicyOutcome:
    return policy.check([parse(own), parse(above), parse(ROOT_DER)]).outcome


def explicit(skip: int) -> bytes:
    return ext("2.5.29.36", seq(tlv(0x80, integer(skip)[2:])))


def mapped(*pairs: tuple[str, str]) -> bytes:
    return ext("2.5.29.33", seq(*(seq(oid(a), oid(b)) for a, b in pairs)))


def qualified(kind: str, value: bytes) -> bytes:
    return ext("2.5.29.32", seq(seq(oid("1.2.3"), seq(seq(oid(kind), value)))))


def test_an_explicit_policy_is_found_missing() -> None:
    assert outcome(LEAF_DER, ca(explicit(0))) is policy.PolicyOutcome.NO_POLICY
    assert outcome(with_leaf(policies("1.2.3")), ca(explicit(0))) is policy.PolicyOutcome.NO_POLICY
    good = ca(explicit(0), policies("1.2.3"))
    assert outcome(with_leaf(policies("1.2.3")), good) is policy.PolicyOutcome.OK
    assert outcome(with_leaf(policies("1.2.4")), good) is policy.PolicyOutcome.NO_POLICY


def test_any_policy_matches_until_it_is_inhibited() -> None:
    above = ca(explicit(0), policies(ANY_POLICY))
    inhibited = ca(explicit(0), policies(ANY_POLICY), ext("2.5.29.54", integer(0)))
    assert outcome(with_leaf(policies("1.2.3")), above) is policy.PolicyOutcome.OK
    assert outcome(with_leaf(policies(ANY_POLICY)), above) is policy.PolicyOutcome.OK
    assert outcome(with_leaf(policies(ANY_POLICY)), inhibited) is policy.PolicyOutcome.NO_POLICY


def test_the_leaf_itself_may_demand_a_policy() -> None:
    assert outcome(with_leaf(explicit(0)), ca()) is policy.PolicyOutcome.NO_POLICY


def test_a_mapping_carries_a_policy_over() -> None:
    above = ca(explicit(0), policies("1.2.3"), mapped(("1.2.3", "1.2.9")))
    assert outcome(with_leaf(policies("1.2.9")), above) is policy.PolicyOutcome.OK
    assert outcome(with_leaf(policies("1.2.3")), above) is policy.PolicyOutcome.NO_POLICY


def test_a_chain_of_the_anchor_alone_has_no_policies_to_check() -> None:
    assert policy.check([parse(ROOT_DER)]).outcome is policy.PolicyOutcome.OK


INVALID = {
    "anyPolicy mapped": ca(policies("1.2.3"), mapped((ANY_POLICY, "1.2.3"))),
    "to anyPolicy": ca(policies("1.2.3"), mapped(("1.2.3", ANY_POLICY))),
    "no mappings": ca(policies("1.2.3"), ext("2.5.29.33", seq())),
    "repeated policy": ca(policies("1.2.3", "1.2.3")),
    "repeated extension": ca(policies("1.2.3"), policies("1.2.4")),
    "no policies": ca(ext("2.5.29.32", seq())),
    "empty constraints": ca(ext("2.5.29.36", seq())),
    "negative constraint": ca(ext("2.5.29.36", seq(tlv(0x80, b"\xff")))),
    "negative skip": ca(ext("2.5.29.54", integer(-1))),
    "skip with more behind": ca(ext("2.5.29.54", integer(1) + b"\0")),
    "notice with a foreign string": ca(qualified(NOTICE, seq(tlv(0x14, b"x")))),
    "notice with a bad string": ca(qualified(NOTICE, seq(tlv(0x0C, b"\xff")))),
}


@pytest.mark.parametrize("title", INVALID)
def test_malformed_policy_extensions_are_refused(title: str) -> None:
    sent = (LEAF_DER, INVALID[title])
    verdict = judge(sent, names=(), at=AT, trust=TrustStore.of(ROOT_DER))
    assert verdict.has("invalid_policy")
    assert outcome(LEAF_DER, INVALID[title]) is policy.PolicyOutcome.INVALID


VALID = {
    "practice statement": qualified("1.3.6.1.5.5.7.2.1", tlv(0x16, b"http://x")),
    "unknown qualifier": qualified("1.2.3.4", tlv(0x05)),
    "empty notice": qualified(NOTICE, seq()),
    "notice with a text": qualified(NOTICE, seq(tlv(0x0C, b"text"))),
    "notice with a reference": qualified(
        NOTICE, seq(seq(tlv(0x1A, b"Org"), seq(integer(1), integer(2))), tlv(0x1E, b"\0x"))
    ),
}


@pytest.mark.parametrize("title", VALID)
def test_qualifiers_are_read_and_ignored(title: str) -> None:
    assert outcome(with_leaf(VALID[title]), ca()) is policy.PolicyOutcome.OK


def test_constraints_of_the_anchor_are_ignored() -> None:
    anchor = forge.root(extensions=[basic(), usage("cert"), explicit(0)])
    verdict = judge(
        (LEAF_DER, forge.INTERMEDIATE_DER), names=(), at=AT, trust=TrustStore.of(anchor)
    )
    assert verdict.accepted is True
