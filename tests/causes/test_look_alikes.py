"""Servers made to mislead: two faults at once, chance, filters, and causes that look alike.

The rule under test: where two states of a server give the same observations, the report says so
by its confidence or names what both have in common. It is never sure of the wrong one.
"""

import itertools
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from cf525.causes.waves import MAX_CONNECTIONS
from cf525.lab.ca import Authority, Issued
from cf525.lab.origins import server_name
from cf525.model import Finding, Route
from cf525.model.registry import TLS12, TLS13
from tests.causes.scenarios import (
    HOST,
    PREFERRED,
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
from tests.servers.raw import alert

APEX = "example.com"
PLATFORM = "shop.herokuapp.com"


def found_at(place: tuple[str, int], folder: Path, **values: object) -> tuple[Finding, ...]:
    (case,), found = diagnosed(route(place, **values), trust=ROOT, folder=folder)
    assert len(case.probes) < MAX_CONNECTIONS
    return found


def answering(connection: socket.socket, hello: bytes, context: object) -> None:
    """Serve TLS to a hello that was already read."""
    peer = OpenSSLPeer(context, answer=b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")  # type: ignore[arg-type]
    connection.sendall(peer.exchange(hello))
    while not peer.closed and (data := connection.recv(65536)):
        connection.sendall(peer.exchange(data))


def by_chance(outcomes: Sequence[Talk]) -> Talk:
    """A balancer without health checks: one connection to each backend in turn."""
    turn = itertools.cycle(outcomes)
    lock = threading.Lock()

    def talk(connection: socket.socket) -> None:
        with lock:
            backend = next(turn)
        backend(connection)

    return talk


def by_names(known: Mapping[str, object], otherwise: Callable[[socket.socket], None]) -> Talk:
    """Serves each known name with its own context; an empty one stands for no name."""

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        context = known.get(server_name(hello) or "")
        if context is None:
            otherwise(connection)
            return
        answering(connection, hello, context)

    return talk


def drops(connection: socket.socket) -> None:
    connection.close()


def alerts(number: int) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(alert(2, number))


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
    assert found[0].id == "intermittent-conn-limit"
    assert found[0].confidence == "low"


# --- names --------------------------------------------------------------------------------


def test_a_name_refused_with_a_general_alert(tmp_path: Path) -> None:
    served = {APEX: openssl_context(ISSUER.issue(APEX))}
    with scripted(by_names(served, alerts(40))) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "sni-rejected-other"
    assert "no-common-cipher" not in {each.id for each in found}


def test_a_site_with_an_odd_key_of_its_own_is_not_called_missing(tmp_path: Path) -> None:
    """The name decides, and yet the name is served: its certificate is the fault."""
    served = {
        APEX: openssl_context(ISSUER.issue(APEX)),
        HOST: openssl_context(ISSUER.issue(HOST, kind="ed25519")),
    }
    with scripted(by_names(served, alerts(112))) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "unusable-key-type"
    assert not {"sni-rejected-other", "sni-rejected-112"} & {each.id for each in found}


def test_a_site_with_ciphers_of_its_own_is_not_called_missing(tmp_path: Path) -> None:
    served = {
        APEX: openssl_context(ISSUER.issue(APEX)),
        HOST: openssl_context(
            GOOD_RSA, versions=(TLS12, TLS12), ciphers="ECDHE-RSA-CHACHA20-POLY1305"
        ),
    }
    with scripted(by_names(served, alerts(112))) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "no-common-cipher"


def test_a_refused_name_on_a_server_whose_ciphers_fail_too(tmp_path: Path) -> None:
    """Two faults: mending the name alone would not do, and the proof shows both."""
    chacha = openssl_context(
        ISSUER.issue(APEX), versions=(TLS12, TLS12), ciphers="ECDHE-ECDSA-CHACHA20-POLY1305"
    )
    with scripted(by_names({APEX: chacha}, alerts(112))) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "sni-rejected-112"


def test_a_filter_on_one_name_is_not_a_missing_site(tmp_path: Path) -> None:
    context = openssl_context(ISSUER.issue(APEX))

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        if server_name(hello) != HOST:
            answering(connection, hello, context)

    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "dpi-by-sni"
    assert found[0].confidence == "medium"


def test_a_server_without_a_filter_chain_for_the_name(tmp_path: Path) -> None:
    served = {APEX: openssl_context(ISSUER.issue(APEX))}
    with scripted(by_names(served, drops)) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("sni-reset", "high")


@pytest.mark.parametrize("otherwise", [drops, alerts(40), alerts(112)])
def test_a_platform_that_knows_its_own_name_only(
    otherwise: Callable[[socket.socket], None], tmp_path: Path
) -> None:
    served = {PLATFORM: openssl_context(ISSUER.issue(PLATFORM))}
    with scripted(by_names(served, otherwise)) as place:
        found = found_at(place, tmp_path, accepted_names=(HOST, PLATFORM))
    assert found[0].id == "sni-needs-cname-target"
    assert found[0].remedies[0].platform == "Heroku"


def test_a_default_certificate_that_has_expired_as_well(tmp_path: Path) -> None:
    now = ROOT.now
    issued = ISSUER.issue(
        "panel.hoster.example",
        not_before=now - timedelta(days=90),
        not_after=now - timedelta(days=2),
    )
    with scripted(openssl(issued)) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "default-vhost-cert"
    assert found[0].confidence == "medium"
    assert "cert-expired" in {each.id for each in found}


# --- framing ------------------------------------------------------------------------------


def behind_proxy_line(talk: Callable[[socket.socket, bytes], None]) -> Talk:
    def framed(connection: socket.socket) -> None:
        first = connection.recv(5, socket.MSG_WAITALL)
        if first != b"PROXY":
            return
        while not first.endswith(b"\r\n"):
            first += connection.recv(1)
        talk(connection, hello_of(connection))

    return framed


def test_a_proxy_header_and_a_refused_name_behind_it(tmp_path: Path) -> None:
    talk = behind_proxy_line(lambda connection, _: connection.sendall(alert(2, 112)))
    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "proxy-protocol-expected"
    assert "112" in found[0].explanation


def test_a_proxy_header_is_proved_by_a_handshake(tmp_path: Path) -> None:
    context = openssl_context(GOOD)
    talk = behind_proxy_line(lambda connection, hello: answering(connection, hello, context))
    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("proxy-protocol-expected", "high")


@pytest.mark.parametrize("number", [10, 22, 50, 70, 80])
def test_a_complaint_about_the_proxy_line_is_not_its_acceptance(
    number: int, tmp_path: Path
) -> None:
    """A filter drops the hello; what is not TLS reaches a server that complains of it."""

    def talk(connection: socket.socket) -> None:
        if connection.recv(1) != b"\x16":
            connection.sendall(alert(2, number))

    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "closed-after-hello"
    assert found[0].confidence == "low"


def test_a_listener_that_closes_unasked(tmp_path: Path) -> None:
    with scripted(lambda connection: None) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "tcp-passthrough-dead-backend"
    assert found[0].confidence == "low"


def test_a_listener_that_closes_only_when_asked(tmp_path: Path) -> None:
    with scripted(closing) as place:
        found = found_at(place, tmp_path)
    assert "tcp-passthrough-dead-backend" not in {each.id for each in found}


# --- the hello's length -------------------------------------------------------------------


def test_a_server_that_minds_the_hybrid_share_and_not_the_cut(tmp_path: Path) -> None:
    context = openssl_context(GOOD, groups="X25519")

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        if len(hello) < 1000:
            answering(connection, hello, context)

    with scripted(talk) as place:
        found = found_at(place, tmp_path, post_quantum=PREFERRED)
    assert found[0].id == "hello-intolerance"


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
    ("handshake-refused", lambda: refusing(40)),
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

    from cf525.causes.diagnosis import findings

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


@pytest.mark.parametrize("talk", [silent, closing, resetting, refusing(40), refusing(70)])
def test_what_cannot_be_told_is_never_told_surely(talk: Talk, tmp_path: Path) -> None:
    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert found[0].confidence != "high"
    assert found[0].confidence_reason


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
