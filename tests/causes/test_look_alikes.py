"""Servers made to mislead: two faults at once, chance, filters, and causes that look alike.

The rule under test: where two states of a server give the same observations, the report says so
by its confidence or names what both have in common. It is never sure of the wrong one.
"""

import itertools
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from cf525.lab.ca import Authority, Issued
from cf525.model import Route, Shell
from cf525.model.registry import TLS12, TLS13
from tests.causes.misleading import (
    APEX,
    alerts,
    answering,
    by_chance,
    by_names,
    drops,
    found_at,
)
from tests.causes.scenarios import (
    HOST,
    Talk,
    diagnosed,
    hello_of,
    route,
    scripted,
)
from tests.causes.test_scenarios import (
    GOOD,
    GOOD_RSA,
    ISSUER,
    ROOT,
    banner,
    closing,
    openssl,
    refuse112,
    refusing,
    resetting,
    silent,
)
from tests.servers.inprocess import OpenSSLPeer, openssl_context

# --- chance -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [closing, resetting, refuse112, refusing(40), refusing(80)])
@pytest.mark.parametrize("order", [(0, 1), (0, 1, 1), (0, 0, 1)])
def test_one_of_several_backends_is_never_taken_for_what_was_changed(
    fault: Talk, order: Sequence[int], tmp_path: Path
) -> None:
    backends = [(fault, openssl())[each] for each in order]
    with scripted(by_chance(backends)) as place:
        found = found_at(place, tmp_path)
    assert found[0].id in ("one-bad-backend", "intermittent-conn-limit")
    assert found[0].confidence != "high"


def test_two_certificates_for_the_same_hello_are_two_servers(tmp_path: Path) -> None:
    now = ROOT.now
    old = ISSUER.issue(HOST, not_before=now - timedelta(days=90), not_after=now - timedelta(days=1))
    with scripted(by_chance([openssl(old), openssl(GOOD)])) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "one-bad-backend"
    assert found[0].confidence == "high"
    assert "cert-expired" in {each.id for each in found}


def test_a_limit_on_connections_is_not_taken_for_a_filter_of_names(tmp_path: Path) -> None:
    seen = itertools.count()

    def talk(connection: socket.socket) -> None:
        if next(seen) % 5 in (0, 1):
            return
        openssl()(connection)

    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    # Which connection comes first is chance: two failures and answers since look like a start.
    assert found[0].id in ("intermittent-conn-limit", "service-starting")
    assert found[0].confidence == "low"


# --- alert 40, six ways -------------------------------------------------------------------

ALERT_40: list[tuple[str, Callable[[], Talk]]] = [
    (
        "no-common-cipher",
        lambda: openssl(GOOD_RSA, versions=(TLS12, TLS12), ciphers="ECDHE-RSA-CHACHA20-POLY1305"),
    ),
    ("no-common-group", lambda: openssl(groups="X448")),
    ("unusable-key-type", lambda: openssl(ISSUER.issue(HOST, kind="ed25519"))),
    (
        "ecdsa-cert-rsa-ciphers",
        lambda: openssl(GOOD, versions=(TLS12, TLS12), ciphers="ECDHE-RSA-AES128-GCM-SHA256"),
    ),
    (
        "sni-rejected-other",
        lambda: by_names({APEX: openssl_context(ISSUER.issue(APEX))}, alerts(40)),
    ),
    ("no-certificate-loaded", lambda: refusing(40)),
]


@pytest.mark.parametrize(("expected", "make"), ALERT_40, ids=[row[0] for row in ALERT_40])
def test_alert_40_is_told_apart(expected: str, make: Callable[[], Talk], tmp_path: Path) -> None:
    with scripted(make()) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == expected
    others = {row[0] for row in ALERT_40} - {expected}
    assert not others & {each.id for each in found if not each.contributing}


def test_no_certificate_loaded_is_not_surely_an_ecdsa_certificate(tmp_path: Path) -> None:
    with scripted(openssl(None, versions=(TLS12, TLS12))) as place:
        found = found_at(place, tmp_path)
    assert found[0].confidence != "high"
    assert "no certificate" in found[0].confidence_reason


# --- certificates and who answers ---------------------------------------------------------


def test_an_inspecting_proxy_takes_the_verdict_back(tmp_path: Path) -> None:
    box = Authority("Zscaler Intermediate Root CA (zscaler.net)")
    with scripted(openssl(box.issue(HOST))) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert found[0].id == "path-inspected"
    assert case.status.status == "unknown"


def test_an_expired_certificate_of_a_platform_points_to_its_renewal(tmp_path: Path) -> None:
    now = ROOT.now
    issued = ISSUER.issue(
        HOST, not_before=now - timedelta(days=90), not_after=now - timedelta(days=1)
    )
    with scripted(openssl(issued)) as place:
        found = found_at(place, tmp_path, accepted_names=(HOST, "acme.github.io"))
    assert [each.id for each in found[:2]] == ["paas-cannot-renew-proxied", "cert-expired"]
    assert found[0].remedies[0].platform == "GitHub Pages"


def test_one_address_was_reloaded_and_the_other_not(tmp_path: Path) -> None:
    from dataclasses import replace

    from cf525.causes.matching import findings

    now = ROOT.now
    old = ISSUER.issue(HOST, not_before=now - timedelta(days=90), not_after=now - timedelta(days=1))
    with scripted(openssl(old)) as first, scripted(openssl(GOOD)) as second:
        routes: tuple[Route, ...] = (route(first), route(second, id="r2"))
        cases, _ = diagnosed(*routes, trust=ROOT, folder=tmp_path)
    together = [replace(cases[0], siblings=(cases[1],)), replace(cases[1], siblings=(cases[0],))]
    ids = [each.id for each in findings(together)]
    assert "cert-renewed-not-reloaded" in ids


@pytest.mark.parametrize(
    ("names", "asked", "expected"),
    [
        (("*.example.com",), "example.com", "wildcard-too-short"),
        (("*.example.com",), "a.b.example.com", "wildcard-too-short"),
        (("www.example.com",), "example.com", "hostname-mismatch"),
    ],
)
def test_wildcards_cover_one_label(
    names: tuple[str, ...], asked: str, expected: str, tmp_path: Path
) -> None:
    with scripted(openssl(ISSUER.issue(*names))) as place:
        found = found_at(place, tmp_path, sni=asked, host_header=asked, accepted_names=(asked,))
    assert found[0].id == expected


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (("example.com", "api.example.com"), "'example.com,api.example.com' -d www.example.com"),
        (("example.com", "example.org"), "-d www.example.com"),  # the second is somebody else's
    ],
)
def test_a_new_certificate_keeps_the_names_of_its_own_domain(
    names: tuple[str, ...], asked: str, tmp_path: Path
) -> None:
    with scripted(openssl(ISSUER.issue(*names))) as place:
        found = found_at(place, tmp_path)
    parts = [part for each in found[0].remedies for part in each.parts if isinstance(part, Shell)]
    lines = [line for part in parts for line in part.commands if line.startswith("certbot")]
    assert lines
    assert lines[0].endswith(asked)


@pytest.mark.parametrize("talk", [silent, closing, resetting, refusing(40), refusing(70)])
def test_what_cannot_be_told_is_never_told_surely(talk: Talk, tmp_path: Path) -> None:
    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert found[0].confidence != "high"
    assert found[0].confidence_reason


@pytest.mark.parametrize("fussy", [True, False])
def test_a_close_in_the_middle_is_tried_without_http2(fussy: bool, tmp_path: Path) -> None:
    """One server closes where h2 stands in the offer, the other whatever is offered."""
    context = openssl_context(GOOD, versions=(TLS12, TLS12), alpn=(b"h2", b"http/1.1"))

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        if fussy and b"\x02h2" not in hello:
            answering(connection, hello, context)
        else:
            connection.sendall(OpenSSLPeer(context, answer=b"").exchange(hello))

    with scripted(talk) as place:
        found = found_at(place, tmp_path, alpn=("h2", "http/1.1"))
    assert found[0].id == ("alpn-no-overlap" if fussy else "closes-mid-handshake")
    assert found[0].confidence != "high"


def test_a_banner_is_the_other_services_whatever_else_is_tried(tmp_path: Path) -> None:
    with scripted(banner(b"SSH-2.0-OpenSSH_9.2\r\n")) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert found[0].id == "wrong-port"
    assert case.probes == ()


def test_a_chain_of_a_missing_intermediate_stays_that_when_asked_again(tmp_path: Path) -> None:
    with scripted(openssl(Issued(GOOD.certificate, GOOD.key))) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert found[0].id == "incomplete-chain"
    assert len(case.probes) == 2


@pytest.mark.parametrize("refusal", [drops, alerts(40), alerts(80)])
def test_a_server_that_minds_alpn_is_not_said_to_lack_ciphers(
    refusal: Callable[[socket.socket], None], tmp_path: Path
) -> None:
    context = openssl_context(GOOD)

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        if b"\x02h2" in hello:
            refusal(connection)
        else:
            answering(connection, hello, context)

    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("alpn-no-overlap", "high")


@pytest.mark.parametrize(
    ("accepts", "make"),
    [
        (
            "TLS_AES_128_CCM_SHA256",
            lambda: openssl(GOOD, versions=(TLS13, TLS13), tls13_suites="TLS_AES_128_CCM_SHA256"),
        ),
        (
            "DHE-RSA-AES128-GCM-SHA256",
            lambda: openssl(GOOD_RSA, versions=(TLS12, TLS12), ciphers="DHE-RSA-AES128-GCM-SHA256"),
        ),
    ],
)
def test_suites_of_every_version_are_widened(
    accepts: str, make: Callable[[], Talk], tmp_path: Path
) -> None:
    with scripted(make()) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("no-common-cipher", "high")
    assert accepts in found[0].title
    assert "no-common-group" not in {each.id for each in found}


@pytest.mark.parametrize(
    ("answer", "confidence"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nServer: squid/5.7\r\n\r\n", "medium"),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "medium"),
        (b"HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n", "high"),
    ],
)
def test_a_proxy_on_the_way_may_have_answered_in_the_clear(
    answer: bytes, confidence: str, tmp_path: Path
) -> None:
    with scripted(banner(answer)) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("no-tls-on-443", confidence)
