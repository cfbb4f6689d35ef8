"""Expressions of the Rules language: true, false, or it depends, and on what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.account.expression import Truth, facts, holds
from cf525.account.expression.syntax import MAX_LENGTH, parse
from cf525.model.parsing import parse_target

FACTS = facts(parse_target("https://www.example.com/api/v1/Photo.JPG?a=1&b=two&a=3"), "example.com")

TRUE = (
    "true",
    "ssl",
    "(ssl)",
    "ssl eq true",
    "not not ssl",
    'http.host eq "www.example.com"',
    'http.host == "www.example.com"',
    'http.host ne "example.com"',
    'http.host != "example.com"',
    'http.host contains "example"',
    'http.host in {"a.example.com" "www.example.com"}',
    'not http.host in {"a.example.com"}',
    'http.host wildcard "*.example.com"',
    'http.host wildcard "WWW.*.COM"',
    'http.host strict wildcard "www.*"',
    'http.request.full_uri wildcard r"https://*.example.com/api/*"',
    'http.request.full_uri wildcard r#"https://*.example.com/*"#',
    r'http.request.uri.path matches "^/api/v[0-9]+/"',
    r'http.request.uri.path matches r"(?i)\.jpe?g$"',
    r'http.request.uri.path ~ "/v\\d/"',
    'http.request.uri.path eq "\\x2fapi/v1/Photo.JPG"',
    'http.request.uri.path eq "\\057api/v1/Photo.JPG"',
    'http.request.uri eq "/api/v1/Photo.JPG?a=1&b=two&a=3"',
    'http.request.uri.query contains "b=two"',
    'http.request.uri.path.extension eq "jpg"',
    'raw.http.request.uri.path contains "Photo"',
    'cf.zone.name eq "example.com"',
    "cf.edge.server_port eq 443",
    "cf.edge.server_port eq 0x1bb",
    "cf.edge.server_port in {80 443 8000..9000}",
    "cf.edge.server_port in {400..500}",
    "cf.edge.server_port gt 442 and cf.edge.server_port ge 443",
    "cf.edge.server_port < 444 && cf.edge.server_port <= 443",
    "cf.edge.server_port bitwise_and 1",
    'http.request.headers["host"][0] eq "www.example.com"',
    'any(http.request.headers["host"][*] contains "example")',
    'any(http.request.uri.args["a"][*] eq "3")',
    'all(http.request.uri.args["a"][*] in {"1" "3"})',
    'http.request.uri.args["b"][0] eq "two"',
    'any(lower(http.request.uri.args.names[*])[*] eq "b")',
    'len(http.request.uri.args["a"]) eq 2',
    "any(len(http.request.uri.args.values[*])[*] gt 2)",
    'has_key(http.request.uri.args, "a")',
    'has_value(http.request.uri.args.values, "two")',
    'starts_with(http.request.uri.path, "/api")',
    'ends_with(lower(http.request.uri.path), ".jpg")',
    'upper(http.host) eq "WWW.EXAMPLE.COM"',
    "len(http.host) eq 15",
    'concat("x-", http.host, 1) eq "x-www.example.com1"',
    'substring(http.host, 0, 3) eq "www"',
    'substring(http.host, -3) eq "com"',
    'to_string(cf.edge.server_port) eq "443"',
    'url_decode("a%20b+c") eq "a b c"',
    'regex_replace(http.request.uri.path, "^/api/(v[0-9])/.*$", "/${1}") eq "/v1"',
    'wildcard_replace(http.host, "*.example.com", "${1}.example.net") eq "www.example.net"',
    'remove_bytes(http.host, ".") eq "wwwexamplecom"',
    'join(split(http.host, ".", 2), "/") eq "www/example.com"',
    'remove_query_args("a=1&b=2", "a") eq "b=2"',
    'url_decode("a%2520b", "r") eq "a b"',
    'wildcard_replace(http.host, "WWW.*", "$${1}", "s") eq "www.example.com"',
    'wildcard_replace(http.host, "www.*.com", "$$${1}") eq "$example"',
    'any(concat(http.request.uri.args["a"], http.request.uri.args["b"])[*] eq "two")',
    'has_value(http.request.uri.args["a"], "3")',
    'to_string(ssl) eq "true"',
    'all(http.request.uri.args["none"][*] eq "x") or ssl',
    'http.host wildcard "www.*.*"',
    'not http.host wildcard "www.*.net"',
    'not http.host wildcard "*.x.*"',
    'http.host eq "x" or ssl',
    'http.host eq "x" || ssl',
    "ssl xor false",
    "ssl ^^ false",
    "not ssl or ssl",
    "!(ssl and false)",
    # not binds closer than and, and than xor, xor than or
    "false and false or true",
    "true or true and false",
    "true xor true and false",
    "true or true xor true",
    # a decided side settles it whatever the visitor is
    'ssl or ip.src.country eq "DE"',
    "not (ip.src in {192.0.2.0/24} and not ssl)",
)

FALSE = (
    "false",
    "not ssl",
    "!ssl",
    'http.host eq "WWW.example.com"',
    'http.host strict wildcard "WWW.*"',
    r'http.host wildcard "\*.example.com"',
    'http.request.uri.path matches "jpg$"',
    'http.host in {"example.com"}',
    "cf.edge.server_port in {80 8000..9000}",
    'any(http.request.uri.args["a"][*] eq "2")',
    "ssl xor true",
    'http.request.full_uri wildcard "http://*"',
    'http.host eq "other.example.com" and ip.src.country eq "DE"',
    'http.request.method eq "POST" and not ssl',
    'starts_with(http.host, "example")',
)

DEPENDS = {
    'ip.src.country eq "DE"': "ip.src.country",
    "ip.src eq 192.0.2.1": "ip.src",
    "ip.src in {192.0.2.0/24 2001:db8::/32}": "ip.src",
    "ip.src in {192.0.2.1..192.0.2.9}": "ip.src",
    "ip.src in $office": "the list $office",
    'ssl and http.request.method eq "GET"': "http.request.method",
    'http.cookie contains "beta"': "http.cookie",
    'http.request.headers["x-beta"][0] eq "1"': "http.request.headers",
    'any(http.request.headers["x-beta"][*] eq "1")': "http.request.headers",
    'any(http.request.headers.names[*] eq "x")': "http.request.headers.names",
    "cf.bot_management.verified_bot": "cf.bot_management.verified_bot",
    "new_function(http.host)": "the function new_function",
    'sha256(http.host) eq "x"': "the function sha256",
    "not new.field": "new.field",
    'ip.src.country eq "DE" xor ssl': "ip.src.country",
    'http.host matches "(?=x)"': "the pattern '(?=x)'",
    'http.request.uri.args["z"][0] eq "1"': "the absence of 'z'",
    "http.host gt 5": "gt of values it does not fit",
    'substring(cf.edge.server_port, 0) eq "x"': "the function substring",
    'len(split(http.host, ".", 0)) eq 1': "the function split",
    'url_decode("%u0041", "u") eq "A"': "the function url_decode",
    'lower(http.host, "x") eq "x"': "the function lower",
    'regex_replace(http.host, "(", "") eq "x"': "the function regex_replace",
    'has_value(http.host, "x")': "the function has_value",
    "any(ssl)": "any of values it does not fit",
    "not http.host": "not of values it does not fit",
    "http.host and ssl": "and of values it does not fit",
    "ssl[0]": "an index of values it does not fit",
    'http.request.uri.args["a"][9] eq "x"': "an element that is not there",
    'any(http.request.headers[*] eq "x")': "http.request.headers",
    'ssl contains "x"': "contains of values it does not fit",
    "http.host": "a value that is no condition",
    "": "an expression this version cannot read",
    "http.host eq": "an expression this version cannot read",
    "http.host eq 'x'": "an expression this version cannot read",
    "ssl ssl": "an expression this version cannot read",
    "ip.src in {999.1.1.1/8}": "an expression this version cannot read",
    "not " * 990 + "ssl": "an expression this version cannot read",
    "not " * 3000 + "ssl": "more steps than one rule may take",
    "ssl or " * MAX_LENGTH + "ssl": "an expression this version cannot read",
}


@pytest.mark.parametrize("expression", TRUE)
def test_it_holds(expression: str) -> None:
    assert holds(expression, FACTS).truth is Truth.TRUE


@pytest.mark.parametrize("expression", FALSE)
def test_it_does_not_hold(expression: str) -> None:
    assert holds(expression, FACTS).truth is Truth.FALSE


@pytest.mark.parametrize(("expression", "on"), DEPENDS.items(), ids=lambda text: text[:40])
def test_it_depends_and_says_on_what(expression: str, on: str) -> None:
    answer = holds(expression, FACTS)
    assert (answer.truth, on in answer.on) == (Truth.DEPENDS, True)


def test_only_what_could_still_decide_is_named() -> None:
    answer = holds('(ip.src eq 192.0.2.1 and not ssl) or http.cookie contains "x"', FACTS)
    assert answer.on == ("http.cookie",)


def test_a_field_that_begins_like_an_operator_is_a_field() -> None:
    assert holds("not.a.field", FACTS).on == ("not.a.field",)
    assert holds("ssl and in.the eq 1", FACTS).on == ("in.the",)


def test_known_addresses_are_compared_as_addresses() -> None:
    from ipaddress import ip_network

    known = {**FACTS, "ip.src": ip_network("192.0.2.5")}
    for expression in (
        "ip.src eq 192.0.2.5",
        "ip.src in {192.0.2.0/24}",
        "ip.src in {192.0.2.1..192.0.2.9}",
        "ip.src ne 192.0.2.6",
        "not ip.src in {2001:db8::/32 10.0.0.0/8 2001:db8::1..2001:db8::2}",
    ):
        assert holds(expression, known).truth is Truth.TRUE


@given(st.text(max_size=60))
def test_no_text_makes_the_parser_or_evaluator_raise(text: str) -> None:
    assert holds(text, FACTS).truth in Truth


WORDS = st.lists(
    st.sampled_from(
        [
            "ssl",
            "not",
            "and",
            "or",
            "(",
            ")",
            '"x"',
            "http.host",
            "eq",
            "in",
            "{",
            "}",
            "1",
            "~",
            "[",
            "*",
            "]",
            "any",
            "lower",
            ",",
            "ip.src",
            "192.0.2.1",
            "..",
            "contains",
            "$x",
        ]
    ),
    max_size=14,
)


@given(WORDS)
def test_no_arrangement_of_words_makes_it_raise(words: list[str]) -> None:
    expression = " ".join(words)
    assert (parse(expression) is None) <= (holds(expression, FACTS).truth is Truth.DEPENDS)


@pytest.mark.parametrize(
    ("expression", "share"),
    [
        ("hash_in_range(0, 100, cf.random_seed) < 10", "10 % of requests"),
        ("hash_in_range(0, 1000, cf.random_seed) lt 250", "25 % of requests"),
        ("not (hash_in_range(0, 100, cf.random_seed) < 10)", "90 % of requests"),
        ("hash_in_range(0, 10, ip.src) eq 3", "10 % of visitors"),
        ("hash_in_range(0, 100000, cf.random_seed) < 1", "less than 1 % of requests"),
        (
            'http.host eq "www.example.com" and hash_in_range(0, 100, cf.random_seed) < 10',
            "10 % of requests",
        ),
        (
            'hash_in_range(0, 100, cf.random_seed) < 10 and http.cookie contains "x"',
            "",
        ),
        (
            "hash_in_range(0, 9, ip.src) < 3 or hash_in_range(0, 9, cf.random_seed) < 3",
            "",
        ),
        ("hash_in_range(9, 9, ip.src) < 3", ""),
        ("hash_in_range(0, 100) < 3", ""),
    ],
)
def test_a_lot_gives_the_share_of_what_it_decides_alone(expression: str, share: str) -> None:
    answer = holds(expression, FACTS)
    assert (answer.truth, answer.share) == (Truth.DEPENDS, share)


def test_a_lot_that_changes_nothing_is_none() -> None:
    lot = "hash_in_range(0, 100, cf.random_seed) < 10"
    assert holds(f'http.host eq "other.example" and {lot}', FACTS).truth is Truth.FALSE


@pytest.mark.parametrize(
    ("expression", "truth"),
    [
        ('coalesce(http.request.uri.args["none"][0], "x") eq "x"', Truth.TRUE),
        ('coalesce(http.request.uri.args["none"][0], "x") eq "y"', Truth.FALSE),
        ('coalesce(http.host, "x") eq "www.example.com"', Truth.TRUE),
        ('coalesce(http.cookie, "x") eq "x"', Truth.DEPENDS),
        ("coalesce(ip.src.asnum, 0) eq 0", Truth.DEPENDS),
        ('coalesce(http.request.uri.args["none"][0]) eq "x"', Truth.DEPENDS),
    ],
)
def test_coalesce_takes_the_first_value_that_is_there(expression: str, truth: Truth) -> None:
    assert holds(expression, FACTS).truth is truth
