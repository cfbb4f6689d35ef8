"""Every check, command, alert, cause and fix of two well-known guides has its better equivalent.

The guides are a typical article on "SSL handshake failed" and a typical reference page on it.
Each row names what they tell, and what of this product answers it; where they err (a 525 sold as
a certificate problem, the chain file of nginx, a test that meets the edge) the rows say so.
"""

import re
import ssl
from dataclasses import dataclass

import pytest

from cf525.causes.cause import CATALOGUE
from cf525.causes.explain import explain
from cf525.causes.families import FAMILIES
from cf525.causes.page import load, page_ids
from cf525.causes.settings import CIPHERS, SIGNATURES
from cf525.causes.signs.alerts import ALERTS
from cf525.cli import app
from cf525.edge.codes import EXPLAINED
from cf525.edge.profile import SIGNATURE_ALGORITHMS, SUITES, VERSIONS
from cf525.model.registry import TLS10, TLS11, TLS12, TLS13, signature_scheme_name, suite_name
from cf525.probe.plan import vary

CAUSES = {
    "expired certificate": "cert-expired",
    "certificate not yet valid": "cert-not-yet-valid",
    "self-signed certificate": "self-signed",
    "wrong CA": "untrusted-issuer",
    "missing intermediate certificates": "incomplete-chain",
    "certificate for another hostname": "hostname-mismatch",
    "malformed certificate file": "certificate-unusable",
    "origin speaks old versions only": "version-too-old",
    "no version in common": "version-mismatch",
    "port 443 not listening": "port-refused",
    "port 443 behind a firewall": "port-filtered",
    "no cipher suite in common": "no-common-cipher",
    "RC4, 3DES or NULL ciphers only": "no-common-cipher",
    "SNI not recognised": "sni-rejected-112",
    "SNI not configured, default certificate": "default-vhost-cert",
    "client certificate missing": "client-cert-required",
    "TLS inspection on the way": "path-inspected",
    "renewal that does not happen": "http-01-through-proxy",
    "renewed and not reloaded": "cert-renewed-not-reloaded",
}
"""What the guides name as causes, and the cause of the catalogue."""

ALERT_CODES = {
    40: "no-common-cipher",
    42: "client-cert-required",
    46: "client-cert-required",
    70: "version-mismatch",
    112: "sni-rejected-112",
    116: "client-cert-required",
}

MESSAGES = {
    "ERR_SSL_PROTOCOL_ERROR": "no-tls-on-443",
    "SSL_ERROR_HANDSHAKE_FAILURE_ALERT": "no-common-cipher",
    "SSL: HANDSHAKE_FAILURE": "no-common-cipher",
    "ERR_CERT_COMMON_NAME_INVALID": "hostname-mismatch",
    "certificate_unknown": "untrusted-issuer",
}

COMMANDS = {
    "openssl s_client -servername": ("sni", "example.com"),
    "openssl s_client without SNI": ("sni", ""),
    "openssl s_client -tls1_2": ("version", "TLS 1.2"),
    "openssl s_client -tls1_3": ("version", "TLS 1.3"),
    "openssl s_client -ssl3": ("profile", "ssl3"),
    "openssl s_client -cipher": ("suites", "all"),
    "nmap ssl-enum-ciphers, sslyze": ("without", "TLS 1.2 suites"),
    "telnet or nc to the port": ("mute", "300"),
    "curl http://": ("plain", ""),
}
"""Commands of the guides, and the probe that does the same with one variable changed."""


@dataclass(frozen=True)
class Directive:
    page: str
    platform: str
    text: str


DIRECTIVES = [
    Directive("no-common-cipher", "nginx", "ssl_protocols TLSv1.2"),
    Directive("no-common-cipher", "nginx", "ssl_ciphers"),
    Directive("no-common-cipher", "Apache", "SSLProtocol"),
    Directive("no-common-cipher", "Apache", "SSLCipherSuite"),
    Directive("version-too-old", "nginx", "ssl_protocols"),
    Directive("version-too-old", "Apache", "SSLProtocol"),
    Directive("incomplete-chain", "nginx", "ssl_certificate "),
    Directive("incomplete-chain", "Apache", "SSLCertificateFile"),
    Directive("no-tls-on-443", "nginx", "listen "),
    Directive("no-tls-on-443", "Apache", "SSLEngine on"),
    Directive("default-vhost-cert", "nginx", "server_name"),
    Directive("client-cert-required", "nginx", "ssl_client_certificate"),
]


@pytest.mark.parametrize(("told", "id"), CAUSES.items())
def test_a_cause_of_the_guides_is_in_the_catalogue(told: str, id: str) -> None:
    assert FAMILIES
    assert CATALOGUE[id].match is not None, told
    assert id in page_ids()


@pytest.mark.parametrize(("number", "id"), ALERT_CODES.items())
def test_an_alert_of_the_guides_is_explained(number: int, id: str) -> None:
    assert id in ALERTS[number][1]
    assert id in (explain(f"alert {number}") or "")


@pytest.mark.parametrize(("message", "id"), MESSAGES.items())
def test_a_message_of_the_guides_is_explained(message: str, id: str) -> None:
    assert id in (explain(message) or "")


@pytest.mark.parametrize(("command", "variation"), COMMANDS.items())
def test_a_command_of_the_guides_is_a_probe(command: str, variation: tuple[str, str]) -> None:
    from cf525.model import Variable, Variation
    from cf525.probe.plan import edge_plan
    from tests.causes.scenarios import TARGET, route

    base = edge_plan(route(("203.0.113.7", 443)), TARGET, id="o1")
    changed = vary(base, Variation(variable=Variable(variation[0]), value=variation[1]), id="o2")
    assert changed.variation is not None, command
    assert changed != base


@pytest.mark.parametrize("directive", DIRECTIVES, ids=lambda each: f"{each.page}-{each.platform}")
def test_a_directive_of_the_guides_is_handed_out(directive: Directive) -> None:
    wanted = f"Fix: {directive.platform}"
    sections = [each.text for each in load(directive.page).sections if each.title == wanted]
    assert any(directive.text in text for text in sections)


@pytest.mark.parametrize("command", ["diagnose", "verify", "explain", "probe"])
def test_what_the_guides_ask_to_do_by_hand_has_a_command(command: str) -> None:
    assert command in app.COMMANDS


def test_the_recommended_suites_are_the_edges_with_forward_secrecy() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(CIPHERS)
    codes = {each["id"] & 0xFFFF for each in context.get_ciphers()}
    allowed = {each for each in codes if each >> 8 != 0x13}  # those of TLS 1.3 are apart
    edges = {fact.code: suite_name(fact.code) for fact in SUITES if TLS12 in fact.versions}
    modern = {code for code, name in edges.items() if "ECDHE" in name and "GCM" in name}
    assert allowed == modern


def test_the_recommended_signatures_are_the_edges_and_do_for_every_usual_key() -> None:
    edges = {signature_scheme_name(fact.code) for fact in SIGNATURE_ALGORITHMS}
    words = {
        "ECDSA+SHA256": "ecdsa_secp256r1_sha256",
        "ECDSA+SHA384": "ecdsa_secp384r1_sha384",
        "RSA-PSS+SHA256": "rsa_pss_rsae_sha256",
        "RSA+SHA256": "rsa_pkcs1_sha256",
    }
    assert {words[each] for each in SIGNATURES.split(":")} <= edges


# --- where the guides err -----------------------------------------------------------------


def test_a_525_is_not_a_certificate_problem_and_no_matter_of_strict() -> None:
    assert "does not cause it" in EXPLAINED["525"]
    assert "never cures it" in EXPLAINED["525"]
    for id in ("cert-expired", "self-signed", "hostname-mismatch", "incomplete-chain"):
        assert CATALOGUE[id].statuses == ("526",)


def test_old_versions_alone_are_no_525() -> None:
    assert {fact.code for fact in VERSIONS} == {TLS10, TLS11, TLS12, TLS13}
    assert any(TLS10 in fact.versions for fact in SUITES)


def test_the_chain_of_nginx_goes_into_ssl_certificate() -> None:
    for id in page_ids():
        for section in load(id).sections:
            assert not re.search(r"(?m)^\s*ssl_trusted_certificate /", section.text)


def test_a_test_of_a_proxied_name_is_said_to_meet_the_edge() -> None:
    page = load("points-to-cloudflare")
    assert "edge" in page.explanation


def test_alert_46_is_not_taken_for_the_edges_verdict() -> None:
    answer = explain("certificate unknown") or ""
    assert "comes from a client" in answer
