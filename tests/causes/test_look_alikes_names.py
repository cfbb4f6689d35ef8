"""Look-alikes around the name and the framing: missing sites, filters, headers, lengths."""

import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cf525.lab.origins import server_name
from cf525.model import Provenance
from cf525.model.registry import TLS12
from tests.causes.misleading import (
    APEX,
    PLATFORM,
    alerts,
    answering,
    by_names,
    drops,
    found_at,
)
from tests.causes.scenarios import (
    HOST,
    PREFERRED,
    Talk,
    hello_of,
    scripted,
)
from tests.causes.test_scenarios import (
    GOOD,
    GOOD_RSA,
    ISSUER,
    ROOT,
    closing,
    openssl,
)
from tests.servers.inprocess import OpenSSLPeer, openssl_context
from tests.servers.raw import alert

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


def test_a_pools_endpoint_that_is_a_platforms_name_is_given_a_host_header(tmp_path: Path) -> None:
    served = {PLATFORM: openssl_context(ISSUER.issue(PLATFORM))}
    named = Provenance(source="api", detail=PLATFORM, reference="eu")
    with scripted(by_names(served, alerts(112))) as place:
        found = found_at(place, tmp_path, provenance={"endpoint": named})
        without = found_at(place, tmp_path)
    assert found[0].id == "sni-needs-cname-target"
    assert found[0].title.startswith(f"the origin knows itself as {PLATFORM}")
    fixes = " ".join(each.text for each in found[0].remedies)
    assert f"Host header of this endpoint to {PLATFORM} (Load Balancing, Pools, eu)" in fixes
    assert without[0].id == "sni-rejected-112"


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


def test_the_name_of_the_site_that_is_there_is_tried_too(tmp_path: Path) -> None:
    there = "shop.example.org"
    context = openssl_context(ISSUER.issue(there))

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        if server_name(hello) not in (None, there):
            connection.sendall(alert(2, 112))
            return
        peer = OpenSSLPeer(context)
        connection.sendall(peer.exchange(hello))
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))

    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("sni-rejected-112", "high")
    assert f"SNI {there}, no SNI → TLS 1.3" in "; ".join(each.text for each in found[0].evidence)


def test_the_name_to_send_instead_is_the_one_whose_certificate_suits_the_host(
    tmp_path: Path,
) -> None:
    """Of the names that are answered the first one need not be what Full (strict) accepts."""
    other = "shop.example.com"

    def told(of_other: tuple[str, ...], of_apex: tuple[str, ...]) -> str:
        served = {
            other: openssl_context(ISSUER.issue(*of_other)),
            APEX: openssl_context(ISSUER.issue(*of_apex)),
        }
        with scripted(by_names(served, alerts(112))) as place:
            found = found_at(place, tmp_path, accepted_names=(HOST, other))
        assert found[0].id == "sni-rejected-112"
        gap = next(each for each in found[0].remedies if each.stop_gap)
        return gap.text.partition(" as SNI")[0].rpartition(" ")[2]

    assert told((other,), (APEX,)) == APEX
    assert told((other, HOST), (APEX,)) == other
    assert told((other,), (APEX, HOST)) == APEX
    assert told((other,), ("elsewhere.example.org",)) == other


def test_a_platform_with_one_certificate_for_all_is_asked_by_its_own_name(tmp_path: Path) -> None:
    """It shows what covers the endpoint's name to everybody: with that name it would fit."""
    served = {"": openssl_context(ISSUER.issue("*.azurewebsites.net"))}
    own = "shop.azurewebsites.net"
    named = Provenance(source="api", detail=own, reference="eu")

    def talk(connection: socket.socket) -> None:
        answering(connection, hello_of(connection), served[""])

    with scripted(talk) as place:
        found = found_at(place, tmp_path, mode="strict", provenance={"endpoint": named})
        without = found_at(place, tmp_path, mode="strict")
    assert (found[0].id, found[0].edge_status) == ("sni-needs-cname-target", "526")
    fix = next(each for each in found[0].remedies if each.where == "cloudflare")
    assert f"Set the Host header of this endpoint to {own}" in fix.text
    assert "sni-needs-cname-target" not in {each.id for each in without}
