"""The path tests of NIST PKITS 1.0.1: their certificates and what NIST expects of them.

The certificates come with the package ``cryptography_vectors``. A test is named after its end
entity certificate; whether it is valid stands in the name, but for the policy chapters.
"""

from functools import cache
from pathlib import Path

import cryptography_vectors

from cf525.pki.certificate import Certificate, parse

_CERTS = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data" / "certs"

# Chapter, and its tests by end entity certificate, in the order of the document.
CHAPTERS: dict[str, str] = {
    "4.1 signatures": """
        ValidCertificatePathTest1 InvalidCASignatureTest2 InvalidEESignatureTest3
        ValidDSASignaturesTest4 ValidDSAParameterInheritanceTest5 InvalidDSASignatureTest6""",
    "4.2 validity": """
        InvalidCAnotBeforeDateTest1 InvalidEEnotBeforeDateTest2
        Validpre2000UTCnotBeforeDateTest3 ValidGeneralizedTimenotBeforeDateTest4
        InvalidCAnotAfterDateTest5 InvalidEEnotAfterDateTest6
        Invalidpre2000UTCEEnotAfterDateTest7 ValidGeneralizedTimenotAfterDateTest8""",
    "4.3 name chaining": """
        InvalidNameChainingTest1 InvalidNameChainingOrderTest2 ValidNameChainingWhitespaceTest3
        ValidNameChainingWhitespaceTest4 ValidNameChainingCapitalizationTest5 ValidNameUIDsTest6
        ValidRFC3280MandatoryAttributeTypesTest7 ValidRFC3280OptionalAttributeTypesTest8
        ValidUTF8StringEncodedNamesTest9 ValidRolloverfromPrintableStringtoUTF8StringTest10
        ValidUTF8StringCaseInsensitiveMatchTest11""",
    "4.4 basic revocation": """
        InvalidMissingCRLTest1 InvalidRevokedCATest2 InvalidRevokedEETest3
        InvalidBadCRLSignatureTest4 InvalidBadCRLIssuerNameTest5 InvalidWrongCRLTest6
        ValidTwoCRLsTest7 InvalidUnknownCRLEntryExtensionTest8 InvalidUnknownCRLExtensionTest9
        InvalidUnknownCRLExtensionTest10 InvalidOldCRLnextUpdateTest11
        Invalidpre2000CRLnextUpdateTest12 ValidGeneralizedTimeCRLnextUpdateTest13
        ValidNegativeSerialNumberTest14 InvalidNegativeSerialNumberTest15
        ValidLongSerialNumberTest16 ValidLongSerialNumberTest17 InvalidLongSerialNumberTest18
        ValidSeparateCertificateandCRLKeysTest19 InvalidSeparateCertificateandCRLKeysTest20
        InvalidSeparateCertificateandCRLKeysTest21""",
    "4.5 self-issued": """
        ValidBasicSelfIssuedOldWithNewTest1 InvalidBasicSelfIssuedOldWithNewTest2
        ValidBasicSelfIssuedNewWithOldTest3 ValidBasicSelfIssuedNewWithOldTest4
        InvalidBasicSelfIssuedNewWithOldTest5 ValidBasicSelfIssuedCRLSigningKeyTest6
        InvalidBasicSelfIssuedCRLSigningKeyTest7 InvalidBasicSelfIssuedCRLSigningKeyTest8""",
    "4.6 basic constraints": """
        InvalidMissingbasicConstraintsTest1 InvalidcAFalseTest2 InvalidcAFalseTest3
        ValidbasicConstraintsNotCriticalTest4 InvalidpathLenConstraintTest5
        InvalidpathLenConstraintTest6 ValidpathLenConstraintTest7 ValidpathLenConstraintTest8
        InvalidpathLenConstraintTest9 InvalidpathLenConstraintTest10
        InvalidpathLenConstraintTest11 InvalidpathLenConstraintTest12
        ValidpathLenConstraintTest13 ValidpathLenConstraintTest14
        ValidSelfIssuedpathLenConstraintTest15 InvalidSelfIssuedpathLenConstraintTest16
        ValidSelfIssuedpathLenConstraintTest17""",
    "4.7 key usage": """
        InvalidkeyUsageCriticalkeyCertSignFalseTest1
        InvalidkeyUsageNotCriticalkeyCertSignFalseTest2 ValidkeyUsageNotCriticalTest3
        InvalidkeyUsageCriticalcRLSignFalseTest4 InvalidkeyUsageNotCriticalcRLSignFalseTest5""",
    "4.8 certificate policies": """
        ValidCertificatePathTest1 AllCertificatesNoPoliciesTest2 DifferentPoliciesTest3
        DifferentPoliciesTest4 DifferentPoliciesTest5 OverlappingPoliciesTest6
        DifferentPoliciesTest7 DifferentPoliciesTest8 DifferentPoliciesTest9
        AllCertificatesSamePoliciesTest10 AllCertificatesanyPolicyTest11 DifferentPoliciesTest12
        AllCertificatesSamePoliciesTest13 AnyPolicyTest14 UserNoticeQualifierTest15
        UserNoticeQualifierTest16 UserNoticeQualifierTest17 UserNoticeQualifierTest18
        UserNoticeQualifierTest19 CPSPointerQualifierTest20""",
    "4.9 require explicit policy": """
        ValidrequireExplicitPolicyTest1 ValidrequireExplicitPolicyTest2
        InvalidrequireExplicitPolicyTest3 ValidrequireExplicitPolicyTest4
        InvalidrequireExplicitPolicyTest5 ValidSelfIssuedrequireExplicitPolicyTest6
        InvalidSelfIssuedrequireExplicitPolicyTest7 InvalidSelfIssuedrequireExplicitPolicyTest8""",
    "4.10 policy mappings": """
        ValidPolicyMappingTest1 InvalidPolicyMappingTest2 ValidPolicyMappingTest3
        InvalidPolicyMappingTest4 ValidPolicyMappingTest5 ValidPolicyMappingTest6
        InvalidMappingFromanyPolicyTest7 InvalidMappingToanyPolicyTest8 ValidPolicyMappingTest9
        InvalidPolicyMappingTest10 ValidPolicyMappingTest11 ValidPolicyMappingTest12
        ValidPolicyMappingTest13 ValidPolicyMappingTest14""",
    "4.11 inhibit policy mapping": """
        InvalidinhibitPolicyMappingTest1 ValidinhibitPolicyMappingTest2
        InvalidinhibitPolicyMappingTest3 ValidinhibitPolicyMappingTest4
        InvalidinhibitPolicyMappingTest5 InvalidinhibitPolicyMappingTest6
        ValidSelfIssuedinhibitPolicyMappingTest7 InvalidSelfIssuedinhibitPolicyMappingTest8
        InvalidSelfIssuedinhibitPolicyMappingTest9 InvalidSelfIssuedinhibitPolicyMappingTest10
        InvalidSelfIssuedinhibitPolicyMappingTest11""",
    "4.12 inhibit any policy": """
        InvalidinhibitAnyPolicyTest1 ValidinhibitAnyPolicyTest2 inhibitAnyPolicyTest3
        InvalidinhibitAnyPolicyTest4 InvalidinhibitAnyPolicyTest5 InvalidinhibitAnyPolicyTest6
        ValidSelfIssuedinhibitAnyPolicyTest7 InvalidSelfIssuedinhibitAnyPolicyTest8
        ValidSelfIssuedinhibitAnyPolicyTest9 InvalidSelfIssuedinhibitAnyPolicyTest10""",
    "4.13 name constraints": """
        ValidDNnameConstraintsTest1 InvalidDNnameConstraintsTest2 InvalidDNnameConstraintsTest3
        ValidDNnameConstraintsTest4 ValidDNnameConstraintsTest5 ValidDNnameConstraintsTest6
        InvalidDNnameConstraintsTest7 InvalidDNnameConstraintsTest8 InvalidDNnameConstraintsTest9
        InvalidDNnameConstraintsTest10 ValidDNnameConstraintsTest11
        InvalidDNnameConstraintsTest12 InvalidDNnameConstraintsTest13
        ValidDNnameConstraintsTest14 InvalidDNnameConstraintsTest15
        InvalidDNnameConstraintsTest16 InvalidDNnameConstraintsTest17
        ValidDNnameConstraintsTest18 ValidDNnameConstraintsTest19 InvalidDNnameConstraintsTest20
        ValidRFC822nameConstraintsTest21 InvalidRFC822nameConstraintsTest22
        ValidRFC822nameConstraintsTest23 InvalidRFC822nameConstraintsTest24
        ValidRFC822nameConstraintsTest25 InvalidRFC822nameConstraintsTest26
        ValidDNandRFC822nameConstraintsTest27 InvalidDNandRFC822nameConstraintsTest28
        InvalidDNandRFC822nameConstraintsTest29 ValidDNSnameConstraintsTest30
        InvalidDNSnameConstraintsTest31 ValidDNSnameConstraintsTest32
        InvalidDNSnameConstraintsTest33 ValidURInameConstraintsTest34
        InvalidURInameConstraintsTest35 ValidURInameConstraintsTest36
        InvalidURInameConstraintsTest37 InvalidDNSnameConstraintsTest38""",
    "4.14 distribution points": """
        ValiddistributionPointTest1 InvaliddistributionPointTest2 InvaliddistributionPointTest3
        ValiddistributionPointTest4 ValiddistributionPointTest5 InvaliddistributionPointTest6
        ValiddistributionPointTest7 InvaliddistributionPointTest8 InvaliddistributionPointTest9
        ValidNoissuingDistributionPointTest10 InvalidonlyContainsUserCertsTest11
        InvalidonlyContainsCACertsTest12 ValidonlyContainsCACertsTest13
        InvalidonlyContainsAttributeCertsTest14 InvalidonlySomeReasonsTest15
        InvalidonlySomeReasonsTest16 InvalidonlySomeReasonsTest17 ValidonlySomeReasonsTest18
        ValidonlySomeReasonsTest19 InvalidonlySomeReasonsTest20 InvalidonlySomeReasonsTest21
        ValidIDPwithindirectCRLTest22 InvalidIDPwithindirectCRLTest23
        ValidIDPwithindirectCRLTest24 ValidIDPwithindirectCRLTest25
        InvalidIDPwithindirectCRLTest26 InvalidcRLIssuerTest27 ValidcRLIssuerTest28
        ValidcRLIssuerTest29 ValidcRLIssuerTest30 InvalidcRLIssuerTest31 InvalidcRLIssuerTest32
        ValidcRLIssuerTest33 InvalidcRLIssuerTest34 InvalidcRLIssuerTest35""",
    "4.15 delta lists": """
        InvaliddeltaCRLIndicatorNoBaseTest1 ValiddeltaCRLTest2 InvaliddeltaCRLTest3
        InvaliddeltaCRLTest4 ValiddeltaCRLTest5 InvaliddeltaCRLTest6 ValiddeltaCRLTest7
        ValiddeltaCRLTest8 InvaliddeltaCRLTest9 InvaliddeltaCRLTest10""",
    "4.16 private extensions": """
        ValidUnknownNotCriticalCertificateExtensionTest1
        InvalidUnknownCriticalCertificateExtensionTest2""",
}

TESTS = tuple((chapter, test) for chapter, tests in CHAPTERS.items() for test in tests.split())

# In the policy chapters some names do not tell; with default settings NIST refuses these.
_REFUSED_BY_DEFAULT = {
    "DifferentPoliciesTest4",
    "DifferentPoliciesTest5",
    "DifferentPoliciesTest7",
    "DifferentPoliciesTest8",
    "DifferentPoliciesTest9",
    "DifferentPoliciesTest12",
}

# Policy tests that NIST also runs with an initial policy set or initial indicators. The edge
# sets neither, so only the variant with default settings has a meaning for it.
MORE_VARIANTS = (
    "ValidCertificatePathTest1",
    "AllCertificatesNoPoliciesTest2",
    "DifferentPoliciesTest3",
    "OverlappingPoliciesTest6",
    "AllCertificatesSamePoliciesTest10",
    "AllCertificatesanyPolicyTest11",
    "AllCertificatesSamePoliciesTest13",
    "AnyPolicyTest14",
    "UserNoticeQualifierTest18",
    "ValidPolicyMappingTest1",
    "InvalidPolicyMappingTest2",
    "ValidPolicyMappingTest3",
    "ValidPolicyMappingTest5",
    "ValidPolicyMappingTest6",
    "ValidPolicyMappingTest12",
    "inhibitAnyPolicyTest3",
)


def expected_by_nist(test: str) -> bool:
    return not test.startswith("Invalid") and test not in _REFUSED_BY_DEFAULT


def only_revoked(chapter: str, test: str) -> bool:
    """Invalid for nothing but revocation, which the edge's library does not check."""
    if not test.startswith("Invalid"):
        return False
    if chapter.startswith(("4.4", "4.14", "4.15")) or "cRLSignFalse" in test:
        return True
    return test in (
        "InvalidBasicSelfIssuedOldWithNewTest2",
        "InvalidBasicSelfIssuedNewWithOldTest5",
        "InvalidBasicSelfIssuedCRLSigningKeyTest7",
    )


@cache
def _pool() -> dict[str, Certificate]:
    return {path.stem: parse(path.read_bytes()) for path in _CERTS.glob("*.crt")}


TRUST_ANCHOR = "TrustAnchorRootCertificate"


def encoded(stem: str) -> bytes:
    return _pool()[stem].encoded


def chain(test: str) -> list[bytes]:
    """The end entity certificate and the CA certificates up to below the trust anchor."""
    stems = [f"{test}EE"]
    while True:
        top = _pool()[stems[-1]]
        issuer = next(
            (
                stem
                for stem, each in _pool().items()
                if each.subject.canonical == top.issuer.canonical
                and each.fits_key_identifier(top)
                and not stem.endswith("EE")
                and stem != TRUST_ANCHOR
                and stem not in stems
            ),
            None,
        )
        if issuer is None:
            return [encoded(stem) for stem in stems]
        stems.append(issuer)
