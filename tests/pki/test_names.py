"""Host names against certificates: the edge's rules, and explanations that help."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.pki import TrustStore, judge, names, opinion
from cf525.pki.certificate import parse
from tests.pki.forge import (
    AT,
    INTERMEDIATE_DER,
    ROOT_DER,
    dns,
    ip,
    leaf,
    leaf_extensions,
    name,
    rdn,
    san,
    seq,
)

PAIRS = (
    ("www.example.com", "www.example.com", True),
    ("WWW.Example.COM", "www.example.com", True),
    ("example.com", "www.example.com", False),
    ("*.example.com", "www.example.com", True),
    ("*.example.com", "example.com", False),
    ("*.example.com", "a.b.example.com", False),
    ("*.EXAMPLE.com", "www.example.com", True),
    ("*.com", "example.com", False),
    ("*.co.uk", "example.co.uk", True),
    ("*", "localhost", False),
    ("w*.example.com", "www.example.com", False),
    ("www.*.com", "www.example.com", False),
    ("*.*.example.com", "a.b.example.com", False),
    ("*.example.com", "xn--bcher-kva.example.com", True),
    ("xn--*.example.com", "xn--a.example.com", False),
    ("*.example.com", "my_shop.example.com", False),
    ("my_shop.example.com", "my_shop.example.com", True),
    ("*.b_c.example.com", "a.b_c.example.com", False),
    ("*.b-c.example.com", "a.b-c.example.com", True),
    ("*.-b.example.com", "a.-b.example.com", False),
    ("*.b-.example.com", "a.b-.example.com", False),
    ("*.example.com", "-a-.example.com", True),
    ("www.example.com.", "www.example.com", False),
    ("*.example.com.", "www.example.com", False),
    ("*.example.com", "*.example.com", True),
    ("*.example.com", ".example.com", False),
    (".example.com", ".example.com", True),
    ("www.example.com\0.evil", "www.example.com", False),
    ("", "", False),
)


@pytest.mark.parametrize(("pattern", "host", "expected"), PAIRS)
def test_a_pattern_covers_a_host_as_in_boringssl(pattern: str, host: str, expected: bool) -> None:
    assert names.matches(pattern.encode(), host) is expected


@given(st.binary(max_size=40), st.text(max_size=40))
def test_no_pattern_and_no_host_raise(pattern: bytes, host: str) -> None:
    assert names.matches(pattern, host) in (True, False)
    assert isinstance(names.looks_like_host(pattern), bool)
    assert isinstance(names.normalise(host), str)


@given(st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,3}", fullmatch=True))
def test_every_plain_host_matches_itself_and_its_own_wildcard(host: str) -> None:
    assert names.matches(host.encode(), host)
    wildcard = f"*.{host}".encode()
    assert names.matches(wildcard, f"www.{host}") is ("." in host)


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("WWW.Example.com.", "www.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("my_shop.example.com", "my_shop.example.com"),
        ("\u2603" * 70, "\u2603" * 70),
        ("", ""),
    ],
)
def test_hosts_are_normalised_to_what_goes_into_sni(given_name: str, expected: str) -> None:
    assert names.normalise(given_name) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("my_shop.example.com",), ("my_shop.example.com", "my-shop.example.com")),
        (("a_b.com",), ("a_b.com",)),
        (
            ("plain.example.com", "my_shop.example.com"),
            ("plain.example.com", "my_shop.example.com"),
        ),
        (("a.example", "a.example", ""), ("a.example",)),
        ((), ()),
    ],
)
def test_an_underscore_of_the_first_name_may_be_a_hyphen(
    wanted: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert names.variants(wanted) == expected


def test_an_underscore_host_is_covered_by_a_wildcard() -> None:
    certificate = parse(leaf(extensions=leaf_extensions(san=san("*.example.com"))))
    found = names.find(certificate, ("my_shop.example.com",))
    assert found is not None
    assert found.name == "my-shop.example.com"


def test_the_match_says_which_name_and_which_entry() -> None:
    certificate = parse(leaf(extensions=leaf_extensions(san=san("x.example", "*.target.example"))))
    found = names.find(certificate, ("www.example.com", "shop.target.example"))
    assert found == names.NameMatch("shop.target.example", "*.target.example", False)


EXPLANATIONS = (
    (san("*.example.com"), "example.com", "does not cover example.com itself"),
    (san("*.example.com"), "a.b.example.com", "exactly one label"),
    (san("*.example.com"), "a!b.example.com", "letters, digits and hyphens"),
    (san("www.example.com"), "example.com", "but not the bare domain"),
    (san("example.com"), "www.example.com", "but not www.example.com"),
    (san("example.com."), "example.com", "trailing dot"),
    (san("*.com"), "example.com", "two labels behind the star"),
    (san("shop.exampel.com"), "shop.example.com", "The nearest name it covers is shop.exampel.com"),
    (san("a.example", "b.example", "c.example", "d.example", "e.example"), "z.net", "and 1 more"),
    (san("other.example"), "cn.example.com", "common name is ignored"),
    (san(ip(bytes(4))), "other.net", "holds no DNS name"),
    (san(ip(bytes(4))), "cn.example.com", "one without a DNS name"),
    (None, "other.net", "no subjectAltName, and its common name is 'cn.example.com'"),
)


@pytest.mark.parametrize(("alt_names", "host", "words"), EXPLANATIONS)
def test_a_mismatch_is_explained(alt_names: bytes | None, host: str, words: str) -> None:
    encoded = leaf(subject=name("cn.example.com"), extensions=leaf_extensions(san=alt_names))
    assert words in names.explain(parse(encoded), (host,))
    verdict = judge(
        (encoded, INTERMEDIATE_DER), names=(host,), at=AT, trust=TrustStore.of(ROOT_DER)
    )
    assert verdict.has("hostname_mismatch")


@pytest.mark.parametrize(
    ("common_name", "expected"),
    [
        (b"www.example.com", True),
        (b"*.example.com", True),
        (b"www.example.com.", True),
        (b"a_b:c", True),
        (b"Example Ltd", False),
        (b"a..b", False),
        (b".a", False),
        (b"-a.example", False),
        (b"*.", False),
        (b"", False),
        (b"a.*.b", False),
    ],
)
def test_common_names_that_look_like_hosts(common_name: bytes, expected: bool) -> None:
    assert names.looks_like_host(common_name) is expected


def test_a_numeric_string_is_text_too() -> None:
    encoded = leaf(subject=seq(rdn("2.5.4.3", b"123", 0x12)), extensions=None, version=None)
    assert list(names.common_names(parse(encoded))) == [b"123"]


def test_a_raw_utf8_entry_does_not_match_the_encoded_host() -> None:
    certificate = parse(leaf(extensions=leaf_extensions(san=san(dns("bücher.example".encode())))))
    assert names.find(certificate, ("bücher.example",)) is None


def test_openssl_is_not_said_to_take_a_name_that_its_host_check_refuses() -> None:
    chain = (leaf(extensions=leaf_extensions(san=san("*.example.com"))), INTERMEDIATE_DER)
    trust = TrustStore.of(ROOT_DER)
    said = {
        host: judge(chain, names=(host,), at=AT, trust=trust).second_opinion
        for host in ("shop.example.com", "my_shop.example.com")
    }
    assert said["shop.example.com"] == "OpenSSL accepts it too"
    assert said["my_shop.example.com"].startswith("OpenSSL accepts the chain too; its own host")
    assert "and that of BoringSSL as published" in said["my_shop.example.com"]


def test_a_verifier_that_takes_no_underscore_speaks_for_no_browser() -> None:
    chain = [leaf(extensions=leaf_extensions(san=san("*.example.com"))), INTERMEDIATE_DER]
    certificates = [parse(each) for each in chain]
    trusted = TrustStore.of(ROOT_DER).edge
    assert opinion.browsers(certificates, trusted, ("shop.example.com",), AT) == "accept"
    assert opinion.browsers(certificates, trusted, ("my_shop.example.com",), AT) == ""
