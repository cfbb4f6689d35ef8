"""Chains completed through authorityInfoAccess, with a fetcher that answers from a table."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from cf525.pki import TrustStore, judge
from cf525.pki.completion import Completion, complete_chain
from tests.pki import forge
from tests.pki.forge import (
    AT,
    HOST,
    INTERMEDIATE_DER,
    ROOT_DER,
    aia,
    aki,
    basic,
    intermediate,
    key,
    key_id,
    leaf,
    leaf_extensions,
    ski,
    usage,
)
from tests.pki.test_trust import pem

URL = "http://ca.example/intermediate.crt"
UPPER_URL = "http://ca.example/upper.crt"


@dataclass
class Table:
    """A fetcher over fixed answers; it remembers what it was told to keep."""

    answers: Mapping[str, bytes]
    kept: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str) -> bytes | None:
        self.asked.append(url)
        return self.answers.get(url)

    def keep(self, url: str, content: bytes) -> None:
        self.kept[url] = content


def own_leaf(*urls: str, **changes: object) -> bytes:
    return leaf(extensions=[*leaf_extensions(), aia(*urls)], **changes)


def complete(table: Table, *sent: bytes, anchor: bytes = ROOT_DER) -> Completion:
    trust = TrustStore.of(anchor)
    verdict = judge(sent, names=(HOST,), at=AT, trust=trust)
    return asyncio.run(complete_chain(verdict, sent, trust=trust, fetch=table))


def as_pkcs7(encoding: Encoding) -> bytes:
    loaded = [x509.load_der_x509_certificate(each) for each in (ROOT_DER, INTERMEDIATE_DER)]
    return pkcs7.serialize_certificates(loaded, encoding)


BODIES = {
    "DER": INTERMEDIATE_DER,
    "DER with a newline behind": INTERMEDIATE_DER + b"\n",
    "PEM": pem(INTERMEDIATE_DER),
    "PEM with a mark, CRLF and text": b"\xef\xbb\xbfhello\r\n"
    + pem(INTERMEDIATE_DER).replace(b"\n", b"\r\n"),
    "PKCS#7": as_pkcs7(Encoding.DER),
    "PKCS#7 in PEM": as_pkcs7(Encoding.PEM),
}


@pytest.mark.parametrize("form", BODIES)
def test_a_missing_intermediate_is_found_in_any_form(form: str) -> None:
    table = Table({URL: BODIES[form]})
    found = complete(table, own_leaf(URL))
    assert found.missing == (INTERMEDIATE_DER,)
    assert found.completed is not None
    assert found.completed.accepted is True
    assert table.kept == {URL: BODIES[form]}


def test_the_edges_verdict_stays_and_its_remedy_becomes_exact() -> None:
    found = complete(Table({URL: INTERMEDIATE_DER}), own_leaf(URL))
    assert found.verdict.accepted is False
    defect = found.verdict.defect("missing_intermediate")
    assert defect is not None
    assert "would be accepted" in defect.text
    assert "the PEM of Test Intermediate (SHA-256 " in defect.remedy
    assert URL in defect.remedy


def test_two_missing_intermediates_are_climbed() -> None:
    upper = intermediate(
        subject=forge.name("Upper"),
        private=key("upper"),
        extensions=[basic(), usage("cert"), ski(key_id(key("upper")))],
    )
    lower = intermediate(
        issuer=forge.name("Upper"),
        signer=key("upper"),
        extensions=[
            basic(),
            usage("cert"),
            ski(key_id(key("intermediate"))),
            aki(key_id(key("upper"))),
            aia(UPPER_URL),
        ],
    )
    table = Table({URL: lower, UPPER_URL: upper})
    found = complete(table, own_leaf(URL))
    assert found.missing == (lower, upper)
    assert found.completed is not None
    assert found.completed.accepted is True


def test_a_chain_with_another_defect_says_so() -> None:
    expired = own_leaf(URL, not_after=forge.utc(AT))
    found = complete(Table({URL: INTERMEDIATE_DER}), expired)
    defect = found.verdict.defect("missing_intermediate")
    assert defect is not None
    assert "would still be refused" in defect.text


def test_a_root_at_the_end_is_not_to_be_appended() -> None:
    other = forge.root(subject=forge.name("Other"), issuer=forge.name("Other"), private=key("o"))
    signed = intermediate(
        extensions=[
            basic(),
            usage("cert"),
            ski(key_id(key("intermediate"))),
            aki(key_id(key("root"))),
            aia(UPPER_URL),
        ]
    )
    table = Table({UPPER_URL: ROOT_DER})
    found = complete(table, own_leaf(URL), signed, anchor=other)
    assert found.missing == ()
    assert table.asked == [UPPER_URL]


USELESS = {
    "nothing": {},
    "a web page": {URL: b"<!doctype html><html></html>"},
    "the wrong key": {URL: intermediate(private=key("wrong"), extensions=[basic()])},
    "another name": {URL: intermediate(subject=forge.name("Stranger"))},
    "a broken certificate": {URL: forge.seq(forge.seq(forge.integer(1)), forge.seq())},
}


@pytest.mark.parametrize("title", USELESS)
def test_what_does_not_verify_is_not_taken(title: str) -> None:
    table = Table(USELESS[title])
    found = complete(table, own_leaf(URL))
    assert found.missing == ()
    assert found.completed is None
    assert table.kept == {}


def test_only_http_is_asked() -> None:
    table = Table({})
    complete(table, own_leaf("ldap://ca.example/x", "https://ca.example/x", "ftp://x/y"))
    assert table.asked == []


def test_a_complete_chain_asks_nothing() -> None:
    table = Table({URL: INTERMEDIATE_DER})
    found = complete(table, own_leaf(URL), INTERMEDIATE_DER)
    assert table.asked == []
    assert found.verdict.accepted is True


def test_unreadable_certificates_are_passed_over() -> None:
    table = Table({URL: INTERMEDIATE_DER})
    found = complete(table, own_leaf(URL), b"\x30\x00")
    assert found.missing == (INTERMEDIATE_DER,)
