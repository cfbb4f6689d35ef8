"""Answers about the catalogue: by cause, status, alert, alias, and by what people paste."""

import re

import pytest

from cf525.causes.cause import CATALOGUE
from cf525.causes.explain import ALIASES, explain, nearest
from cf525.causes.families import FAMILIES
from cf525.causes.glossary import words
from cf525.causes.page import load, page_ids
from cf525.causes.signs.messages import LONGEST, messages, read
from cf525.cli.app import COMMANDS

PASTED = [
    (
        "error:0A00010B:SSL routines::wrong version number",
        "no-tls-on-443",
    ),
    (
        "curl: (35) error:14094458:SSL routines:ssl3_read_bytes:tlsv1 unrecognized name",
        "sni-rejected-112",
    ),
    (
        "error:0A000438:SSL routines::tlsv1 alert internal error ... SSL alert number 80",
        "sni-rejected-80",
    ),
    ("SSL routines:ssl3_read_bytes:sslv3 alert handshake failure", "no-common-cipher"),
    ("Firefox: SSL_ERROR_NO_CYPHER_OVERLAP", "edge-certificate"),
    ("net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "edge-certificate"),
    ("net::ERR_SSL_PROTOCOL_ERROR", "no-tls-on-443"),
    ("net::ERR_TOO_MANY_REDIRECTS", "flexible-redirect-loop"),
    (
        '2026/01/01 [error] broken header: "..." while reading PROXY protocol, client: 1.2.3.4',
        "proxy-protocol-expected",
    ),
    (
        "client sent no required SSL certificate while reading client request headers",
        "client-cert-required",
    ),
    ("SSL_do_handshake() failed (SSL: ... no shared cipher) while SSL handshaking", None),
    ("AH02032: Hostname a.example provided via SNI and hostname b.example", "host-sni-mismatch"),
    ("edge/1: SSL handshake failure", "sni-rejected-112"),
    (
        "edge/1: Received something which does not look like a PROXY protocol header",
        "proxy-protocol-expected",
    ),
    ("response_flags: NR, details: filter_chain_not_found", "sni-reset"),
    ("Serving default certificate for request: shop.example.org", "default-vhost-cert"),
    (
        'ERR error="Unable to reach the origin service: x509: certificate is valid for a, not b"',
        "tunnel",
    ),
    ("tls: first record does not look like a TLS handshake", "no-tls-on-443"),
    ("acme: error: 403 :: urn:ietf:params:acme:error:unauthorized", "http-01-through-proxy"),
    ("no application protocol acme-tls/1", "tls-alpn-01-through-proxy"),
    ("unable to get local issuer certificate", "incomplete-chain"),
    ("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed"),
    ("certificate has expired", "cert-expired"),
    ("nf_conntrack: table full, dropping packet", "intermittent-conn-limit"),
    ("TLS name mismatch error", "hostname-mismatch"),
]


@pytest.mark.parametrize(("text", "first"), PASTED, ids=[row[0][:40] for row in PASTED])
def test_a_pasted_line_is_understood(text: str, first: str | None) -> None:
    answer = explain(text)
    assert answer is not None
    causes = [line.split("**")[1] for line in answer.splitlines() if line.startswith("- **")]
    assert causes
    if first is not None:
        assert first in causes[:4]


def test_every_message_leads_to_causes_that_exist() -> None:
    for message in messages():
        assert message.causes or message.mend
        assert set(message.causes) <= set(CATALOGUE), message.meaning
        assert message.meaning.endswith(".")
        assert message.software


def test_a_pasted_text_is_looked_at_within_bounds() -> None:
    assert read("x" * (LONGEST + 1) + "wrong version number").said == ()


@pytest.mark.parametrize("status", ["520", "521", "522", "523", "524", "525", "526", "530"])
def test_every_status_leads_to_causes(status: str) -> None:
    answer = explain(status)
    assert answer is not None
    assert answer.startswith(f"# {status}")
    assert "- **" in answer


@pytest.mark.parametrize("code", ["1000", "1002", "1016", "1033"])
def test_codes_in_the_body_are_explained(code: str) -> None:
    assert "- **" in (explain(f"error {code}") or "")


def test_aliases_and_codes_name_pages() -> None:
    assert FAMILIES
    assert set(ALIASES.values()) <= set(page_ids())
    assert not set(ALIASES) & set(page_ids())


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("SNI Rejected 112", "sni-rejected-112"),
        ("keystore without key", "closes-mid-handshake"),
        ("tls inspection", "path-inspected"),
        ("mTLS", "Mutual TLS"),
    ],
)
def test_causes_are_found_by_other_words(text: str, id: str) -> None:
    assert (explain(text) or "").startswith(f"# {id}")


def test_what_is_not_known_is_not_made_up() -> None:
    assert explain("the printer is on fire") is None
    assert explain("299") is None
    assert "cert-expired" in nearest("certificate expird") + nearest("cert-expird")


@pytest.mark.parametrize("id", page_ids())
def test_a_page_without_a_case_shows_examples_and_no_template(id: str) -> None:
    for full in (False, True):
        text = explain(id, full=full)
        assert text is not None
        assert_no_template(text, id)


def assert_no_template(text: str, id: str) -> None:
    assert "{{" not in text
    assert "{%" not in text
    assert "@change" not in text
    assert "are examples" in text
    for name, example in load(id).facts.items():
        if f"{{{{ {name} }}}}" in load(id).explanation:
            assert example in text


def test_a_change_is_explained_in_every_form() -> None:
    text = explain("cert-expired", full=True) or ""
    for part in ("dashboard: Rules", "token right: Config Rules Edit", "```sh", "```hcl", "Undo:"):
        assert part in text
    assert "api.cloudflare.com" in text


def test_a_page_says_what_it_leads_to_and_in_which_modes() -> None:
    assert "Status: 525, 520 or the origin's 400" in (explain("aop-cert-expired") or "")
    assert "Modes: Full (strict), Strict (SSL-Only Origin Pull)" in (
        explain("revoked", full=True) or ""
    )
    assert "Modes: every" in (explain("geo-block", full=True) or "")


@pytest.mark.parametrize("id", page_ids())
def test_an_answer_fits_a_screen_and_shows_no_other_servers_lines(id: str) -> None:
    answer = explain(id, server="HAProxy") or ""
    lines = sum(max(1, -(-len(line) // 80)) for line in answer.splitlines())
    assert lines <= 50
    assert "```nginx" not in answer
    assert f"cf525 explain {id} --full" in answer


def test_the_named_servers_lines_are_shown_and_their_lack_is_said() -> None:
    assert "strict-sni" in (explain("sni-rejected-112", server="HAProxy") or "")
    assert "There are no lines for Unraid" in (explain("alpn-no-overlap", server="Unraid") or "")


def test_a_list_can_be_kept_to_a_status() -> None:
    listed = explain("", status="526") or ""
    assert "**cert-expired**" in listed
    assert "**no-common-group**" not in listed


@pytest.mark.parametrize(
    "word",
    [
        *("SNI", "ALPN", "chain", "intermediate", "stapling", "forward secrecy", "tickets"),
        *("session resumption", "0-RTT", "HTTP/2", "mutual TLS", "Origin CA", "origin pull"),
        *("strict", "Flexible", "edge", "origin", "proxied", "Full (strict)", "orange cloud"),
    ],
)
def test_the_words_of_the_trade_are_explained_for_525_and_526(word: str) -> None:
    answer = explain(word) or ""
    assert len(answer.splitlines()) <= 6
    assert "shows it." in answer
    assert re.search(r"525|526|520|52x", answer)


def test_every_word_names_a_command_of_the_program() -> None:
    for word in words().values():
        assert word.command.split()[1] in COMMANDS


def test_a_title_in_a_list_is_one_title() -> None:
    text = explain("") or ""
    assert "changed-by-upgrade" in text
    assert " Or: " not in text
