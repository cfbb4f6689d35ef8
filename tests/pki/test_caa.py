"""CAA records read as a CA reads them (RFC 8659, RFC 8657)."""

import pytest

from cf525.model import CaaRecord, CaaSet
from cf525.pki.caa import ACME_CAS, identifiers, issuers

LE = ("letsencrypt.org",)


def caa(*records: str) -> CaaSet:
    """Records in the form ``flags tag value``."""
    found = []
    for each in records:
        flags, tag, value = each.split(" ", 2)
        found.append(CaaRecord(flags=int(flags), tag=tag, value=value))
    return CaaSet(owner="example.com", records=tuple(found))


@pytest.mark.parametrize(
    ("records", "wildcard", "method", "admitted"),
    [
        ((), False, "http-01", True),
        (("0 issue letsencrypt.org",), False, "http-01", True),
        (("0 ISSUE LetsEncrypt.org. ",), False, "http-01", True),
        (("0 issue pki.goog", "0 issue letsencrypt.org"), False, "http-01", True),
        (("0 issue pki.goog",), False, "http-01", False),
        (("0 issue ;",), False, "http-01", False),
        (("0 iodef mailto:a@example.com",), False, "http-01", True),
        (("0 contactemail a@example.com",), False, "http-01", True),
        # wildcards: issuewild where there is any, issue else
        (("0 issuewild ;",), False, "http-01", True),
        (("0 issuewild ;",), True, "dns-01", False),
        (("0 issue letsencrypt.org",), True, "dns-01", True),
        (("0 issue pki.goog", "0 issuewild letsencrypt.org"), True, "dns-01", True),
        # parameters
        (("0 issue letsencrypt.org; accounturi=https://x/1",), False, "http-01", True),
        (("0 issue letsencrypt.org; validationmethods=dns-01",), False, "http-01", False),
        (("0 issue letsencrypt.org;validationmethods=dns-01, http-01",), False, "http-01", True),
        (
            ("0 issue letsencrypt.org; validationmethods=dns-01", "0 issue letsencrypt.org"),
            *(False, "http-01", True),
        ),
        # a critical property that nobody knows
        (("128 tbs x", "0 issue letsencrypt.org"), False, "http-01", False),
        (("0 tbs x", "0 issue letsencrypt.org"), False, "http-01", True),
        (("128 issue letsencrypt.org",), False, "http-01", True),
    ],
)
def test_who_may_issue(
    records: tuple[str, ...], wildcard: bool, method: str, admitted: bool
) -> None:
    assert issuers(caa(*records), wildcard=wildcard).admits(LE, method) is admitted


@pytest.mark.parametrize("part", ACME_CAS)
def test_a_ca_is_known_by_its_name(part: str) -> None:
    assert identifiers(f"CN=R10, O={part.title()}, C=US") == ACME_CAS[part]


def test_an_unknown_ca_has_no_identifier() -> None:
    assert identifiers("CN=Example Corp Issuing CA 1") == ()
