"""What a user may type, and what is said when it is not understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.errors import UsageError
from cf525.model.parsing import (
    ConnectTo,
    parse_api_base,
    parse_connect_to,
    parse_hostname,
    parse_origin,
    parse_resolver,
    parse_target,
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("www.example.com", "https://www.example.com/"),
        ("  www.example.com\n", "https://www.example.com/"),
        ("WWW.Example.COM.", "https://www.example.com/"),
        ("http://www.example.com", "http://www.example.com/"),
        ("HTTPS://www.example.com:8443/shop?a=1#top", "https://www.example.com:8443/shop?a=1"),
        ("www.example.com:443", "https://www.example.com/"),
        ("www.example.com:80", "http://www.example.com/"),
        ("www.example.com:8080/x", "http://www.example.com:8080/x"),
        ("www.example.com:2053", "https://www.example.com:2053/"),
        ("www.example.com?a=1", "https://www.example.com/?a=1"),
        ("//www.example.com/x", "https://www.example.com/x"),
        ("_acme.a_b.example.com", "https://_acme.a_b.example.com/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
        ("ＷＷＷ。example．com", "https://www.example.com/"),
        ("faß.example", "https://xn--fa-hia.example/"),
        ("https://www.example.com/ä%20b", "https://www.example.com/%C3%A4%20b"),
        ("xn--zz--.example", "https://xn--zz--.example/"),
    ],
)
def test_a_target_is_understood(text: str, url: str) -> None:
    assert parse_target(text).url == url


def test_the_display_form_keeps_what_people_read() -> None:
    assert parse_target("https://Bücher.Example/").display == "bücher.example"
    assert parse_target("xn--bcher-kva.example").display == "bücher.example"
    assert parse_target("xn--zz--.example").display == "xn--zz--.example"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("www example.com", "space"),
        ("www.example.com/a b", "space"),
        ("www.example\x1b[31m.com", "control"),
        ("192.0.2.1", "IP address"),
        ("https://192.0.2.1:443/", "IP address"),
        ("0x7f.1", "IP address"),
        ("2130706433", "IP address"),
        ("２.２.２.２", "IP address"),
        ("[2001:db8::1]:443", "IP address"),
        ("2001:db8::1", "IP address"),
        ("www.example.com:0", "port"),
        ("www.example.com:70000", "port"),
        ("www.example.com:https", "port"),
        ("www.example.com:-1", "port"),
        ("www.example.com:٤٤٣", "port"),
        ("ftp://www.example.com", "scheme"),
        ("javascript://www.example.com", "scheme"),
        ("https://user:secret@www.example.com", "user information"),
        ("*.example.com", "wildcard"),
        ("localhost", "single label"),
        ("https:///path", "no host"),
        ("www..example.com", "empty label"),
        (".example.com", "empty label"),
        ("a" * 64 + ".example.com", "too long"),
        (".".join(["a" * 60] * 5), "too long"),
        ("x" * 5000, "longer than"),
        ("www.exam%70le.com", "not a hostname"),
        ("www.example.com\\x", "not a hostname"),
        ("\u200d.example", "internationalised"),
    ],
)
def test_a_wrong_target_is_named_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(text)
    assert says in caught.value.message


def test_a_password_in_a_url_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        parse_target("https://user:secret@www.example.com")
    assert "secret" not in caught.value.message + caught.value.hint


def test_an_address_as_target_points_to_the_origin_option() -> None:
    with pytest.raises(UsageError) as caught:
        parse_target("203.0.113.7")
    assert caught.value.hint == "give the hostname; for an address use --origin"


@given(st.text(max_size=120))
def test_any_text_is_a_target_or_a_usage_error(text: str) -> None:
    try:
        target = parse_target(text)
    except UsageError as error:
        shown = error.message
    else:
        shown = target.host
        assert parse_target(target.url).host == target.host
    assert shown.isprintable()


def test_a_hostname_option_takes_what_a_target_takes() -> None:
    assert parse_hostname(" Origin.Example.COM. ") == "origin.example.com"
    with pytest.raises(UsageError):
        parse_hostname("203.0.113.7")


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("203.0.113.7", ("203.0.113.7", None)),
        ("203.0.113.7:8443", ("203.0.113.7", 8443)),
        ("2001:DB8::7", ("2001:db8::7", None)),
        ("[2001:db8::7]", ("2001:db8::7", None)),
        ("[2001:db8::7]:8443", ("2001:db8::7", 8443)),
    ],
)
def test_an_origin_is_an_address_with_or_without_a_port(
    text: str, origin: tuple[str, int | None]
) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text", ["", "www.example.com", "203.0.113.7:0", "203.0.113.7:", "fe80::1%eth0", "[::1]x"]
)
def test_what_is_no_origin_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_origin(text)


def test_a_resolver_has_port_53_unless_it_says_otherwise() -> None:
    assert parse_resolver("192.0.2.53") == ("192.0.2.53", 53)
    assert parse_resolver("[::1]:5353") == ("::1", 5353)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("::203.0.113.7:8443", ConnectTo(None, None, "203.0.113.7", 8443)),
        ("::203.0.113.7", ConnectTo(None, None, "203.0.113.7", None)),
        ("www.example.com:443:127.0.0.1:1", ConnectTo("www.example.com", 443, "127.0.0.1", 1)),
        ("www.example.com::[::1]:", ConnectTo("www.example.com", None, "::1", None)),
        (":443::8443", ConnectTo(None, 443, None, 8443)),
        ("::localhost:8443", ConnectTo(None, None, "localhost", 8443)),
    ],
)
def test_connect_to_takes_curls_form(text: str, rule: ConnectTo) -> None:
    assert parse_connect_to(text) == rule


@pytest.mark.parametrize("text", ["", "x", "a:1", "a:1:b:2:c", ":::", "::[x]:1", "a:0:b:1"])
def test_what_is_no_connect_to_rule_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_connect_to(text)


def test_a_connect_to_rule_redirects_only_what_it_names() -> None:
    rule = parse_connect_to("www.example.com:443:127.0.0.1:8443")
    assert rule.redirect("www.example.com", 443) == ("127.0.0.1", 8443)
    assert rule.redirect("www.example.com", 80) is None
    assert rule.redirect("example.com", 443) is None
    assert parse_connect_to(":::8443").redirect("a.example", 443) == ("a.example", 8443)


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("https://api.cloudflare.com/client/v4/", "https://api.cloudflare.com/client/v4"),
        ("http://127.0.0.1:8080/client/v4", "http://127.0.0.1:8080/client/v4"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_api_base_is_https_or_this_machine(text: str, base: str) -> None:
    assert parse_api_base(text) == base


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.cloudflare.com",
        "http://api.cloudflare.com/client/v4",
        "https://user:secret@api.cloudflare.com",
        "https://api.cloudflare.com/?x=1",
        "https://api.cloudflare.com:99999",
        "ftp://127.0.0.1/",
        "https://a b/",
    ],
)
def test_an_api_base_that_would_leak_or_cannot_work_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_api_base(text)
    assert "secret" not in caught.value.message
