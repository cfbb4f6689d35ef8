"""NIST PKITS: the verdict is NIST's, but for revocation and DSA, which the edge leaves out."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from cf525.pki import TrustStore, judge
from tests.pki import pkits

AT = datetime(2011, 4, 15, tzinfo=UTC)
POLICY_CHAPTERS = ("4.8", "4.9", "4.10", "4.11", "4.12")
NO_DSA = ("ValidDSASignaturesTest4", "ValidDSAParameterInheritanceTest5")


@pytest.mark.parametrize(("chapter", "test"), pkits.TESTS)
def test_the_verdict_is_the_one_nist_expects(chapter: str, test: str) -> None:
    expected = pkits.expected_by_nist(test)
    if pkits.only_revoked(chapter, test):
        expected = True
    if test in NO_DSA:
        expected = False
    trust = TrustStore.of(pkits.encoded(pkits.TRUST_ANCHOR))
    verdict = judge(pkits.chain(test), names=(), at=AT, trust=trust)
    assert verdict.accepted is expected, [each.text for each in verdict.decisive]


def test_all_tests_of_the_document_are_here() -> None:
    chapters = Counter(chapter.split()[0] for chapter, _ in pkits.TESTS)
    policy = sum(chapters[number] for number in POLICY_CHAPTERS)
    assert len(pkits.TESTS) == 224
    assert len(pkits.TESTS) - policy == 161
    assert policy == 63


def test_the_variants_that_need_initial_policies_are_named() -> None:
    policy = {test for chapter, test in pkits.TESTS if chapter.split()[0] in POLICY_CHAPTERS}
    assert set(pkits.MORE_VARIANTS) <= policy
