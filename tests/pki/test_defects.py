"""Generated bad chains, each with the exact set of codes it must give."""

import pytest

from cf525.model import ChainVerdict, Confidence, DefectClass
from cf525.pki import TrustStore, judge
from tests.pki.cases import PATHS, Case
from tests.pki.cases_fields import FIELDS
from tests.pki.forge import (
    AT,
    HOST,
    INTERMEDIATE_DER,
    ext,
    leaf,
    leaf_extensions,
    usage,
)

CASES = (*PATHS, *FIELDS)


def judged(case: Case) -> ChainVerdict:
    return judge(
        case.sent,
        names=case.names,
        at=AT,
        trust=TrustStore.of(*case.anchors),
        tls_version=case.tls_version,
        signs=case.signs,
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


def test_an_authority_sent_in_the_issuers_place_is_named() -> None:
    (case,) = (each for each in CASES if each.title == "the intermediate of last year")
    (found,) = judged(case).decisive
    assert "In its place Acme Issuing CA 1 is sent, which did not issue it." in found.text


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
