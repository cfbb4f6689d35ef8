"""Causes behind a finished handshake, and those that rest on what the account says."""

import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cf525.causes.case import Case
from cf525.causes.matching import findings
from cf525.model import Ending, HttpAnswer, Provenance, Variable, Variation, ZoneFacts
from cf525.model.registry import TLS13
from tests.causes.misleading import found_at
from tests.causes.scenarios import HOST, OK, Talk, diagnosed, in_context, route, scripted
from tests.causes.test_scenarios import GOOD, ISSUER, ROOT, openssl, silent
from tests.servers.inprocess import OpenSSLPeer, openssl_context

MISDIRECTED = b"HTTP/1.1 421 Misdirected Request\r\ncontent-length: 0\r\n\r\n"


def answering_http(alpn: tuple[bytes, ...], misdirected_unless: bytes = b"") -> Talk:
    """Speaks HTTP/1.1 whatever was agreed: with h2 agreed it closes at the first request."""
    context = openssl_context(GOOD, alpn=alpn)

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(context)
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))
            if not peer.received:
                continue
            if peer.connection.get_alpn_proto_negotiated() == b"h2":
                return
            refused = misdirected_unless and misdirected_unless not in peer.received
            peer.connection.send(MISDIRECTED if refused else OK)
            connection.sendall(peer.exchange(b""))

    return talk


def test_h2_is_agreed_and_not_spoken(tmp_path: Path) -> None:
    with scripted(answering_http((b"h2", b"http/1.1"))) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.status.status == "520"
    assert (found[0].id, found[0].confidence) == ("h2-alpn-mismatch", "high")
    assert "closes-after-handshake" not in {each.id for each in found}


def test_host_and_sni_that_select_different_sites(tmp_path: Path) -> None:
    with scripted(answering_http((b"http/1.1",), b"Host: " + HOST.encode())) as place:
        found = found_at(place, tmp_path, host_header="shop.example.org")
    assert (found[0].id, found[0].confidence) == ("host-sni-mismatch", "high")
    assert "421" in found[0].title


def by_host(host: str, refusal: bytes) -> Talk:
    """Refuses every Host header but one."""
    context = openssl_context(GOOD, alpn=(b"http/1.1",))

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(context)
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))
            if peer.received:
                peer.connection.send(OK if f"Host: {host}".encode() in peer.received else refusal)
                connection.sendall(peer.exchange(b""))

    return talk


FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"


def test_a_host_that_is_refused_until_it_is_the_name_of_the_handshake(tmp_path: Path) -> None:
    with scripted(by_host(HOST, FORBIDDEN)) as place:
        found = found_at(place, tmp_path, host_header="shop.example.org")
    assert (found[0].id, found[0].confidence) == ("host-sni-mismatch", "high")
    assert "403" in found[0].title


def test_a_host_that_is_refused_whatever_the_name_has_another_ground(tmp_path: Path) -> None:
    with scripted(by_host("nobody.example", FORBIDDEN)) as place:
        found = found_at(place, tmp_path, host_header="shop.example.org")
    assert "host-sni-mismatch" not in {each.id for each in found}


def test_a_misdirected_request_where_both_names_are_the_same_is_less_sure(tmp_path: Path) -> None:
    with scripted(by_host("nobody.example", MISDIRECTED)) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("host-sni-mismatch", "medium")
    assert "the same" in found[0].confidence_reason


SETTINGS = bytes.fromhex("000000040000000000")


def over_h2(greeting: bytes, *, closes: bool) -> Talk:
    """Agrees to h2 whoever asks, says ``greeting``, and then closes or is silent."""
    context = openssl_context(GOOD, alpn=(b"h2",))

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(context, greeting=greeting)
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))
            if closes and peer.done:
                return

    return talk


def test_h2_that_is_spoken_is_no_finding(tmp_path: Path) -> None:
    answer = bytes.fromhex("000001010500000001") + b"\x88"  # HEADERS, END_STREAM, :status 200
    with scripted(over_h2(SETTINGS + answer, closes=False)) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (case.status.status, case.status.confidence) == ("ok", "high")
    assert found == ()


def test_h2_that_is_followed_by_silence_may_be_a_slow_server(tmp_path: Path) -> None:
    with scripted(over_h2(b"", closes=False)) as place:
        found = found_at(place, tmp_path)
    assert "h2-alpn-mismatch" not in {each.id for each in found}


def test_h2_that_is_agreed_by_a_server_that_answers_nothing_else_is_less_sure(
    tmp_path: Path,
) -> None:
    with scripted(over_h2(b"", closes=True)) as place:
        found = found_at(place, tmp_path)
    beside = next(each for each in found if each.id == "h2-alpn-mismatch")
    assert beside.confidence == "low"
    assert "HTTP/1.1 is not answered either" in beside.confidence_reason


def test_an_origin_that_dies_after_its_server_hello(tmp_path: Path) -> None:
    context = openssl_context(GOOD, versions=(TLS13, TLS13))

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(context)
        answer = peer.exchange(connection.recv(65536))
        connection.sendall(answer[: 5 + int.from_bytes(answer[3:5])])

    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("closes-mid-handshake", "low")
    assert "before any certificate" in found[0].title


@pytest.fixture
def expired(tmp_path: Path) -> Case:
    now = ROOT.now
    issued = ISSUER.issue(
        HOST, not_before=now - timedelta(days=90), not_after=now - timedelta(days=1)
    )
    with scripted(openssl(issued)) as place:
        (case,), _ = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    return case


@pytest.mark.parametrize(("days", "named"), [(3, True), (40, False), (-2, False)])
def test_a_mode_that_changed_lately_stands_beside_the_cause(
    expired: Case, days: int, named: bool
) -> None:
    assert expired.edge is not None
    changed = expired.edge.started_at - timedelta(days=days)
    zone = ZoneFacts(id="z", name="example.com", ssl="strict", ssl_modified_on=changed.isoformat())
    found = findings([in_context(expired, zone=zone)])
    assert found[0].id == "cert-expired"
    assert ("mode-raised" in {each.id for each in found if each.contributing}) is named


def test_a_mode_of_unreadable_date_is_not_guessed_about(expired: Case) -> None:
    zone = ZoneFacts(id="z", name="example.com", ssl="strict", ssl_modified_on="yesterday")
    assert "mode-raised" not in {each.id for each in findings([in_context(expired, zone=zone)])}


def test_a_name_that_cloudflare_overrides_is_said_to_be(expired: Case) -> None:
    why = Provenance(source="api", detail="Origin Rule, SNI override")
    overridden = replace(expired.route, sni="old.example.net", provenance={"sni": why})
    found = findings([replace(expired, route=overridden)])
    beside = next(each for each in found if each.id == "name-overridden")
    assert beside.contributing
    assert "Origin Rule, SNI override" in beside.evidence[0].text


def test_a_custom_trust_store_is_named_beside_a_chain_that_is_public(tmp_path: Path) -> None:
    with scripted(openssl()) as place:
        found = found_at(place, tmp_path, trust="custom")
    custom = next(each for each in found if each.id == "cots-replaces-public-cas")
    assert custom.confidence != "high"


def test_the_site_stands_on_port_80_alone(tmp_path: Path) -> None:
    """Nothing listens on the port; what port 80 says was recorded beside it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        (case,), _ = diagnosed(route(held.getsockname()), trust=ROOT, folder=tmp_path)
    assert case.edge is not None
    assert case.edge.ending is Ending.REFUSED
    plain = replace(
        case.edge,
        id="o2",
        variation=Variation(variable=Variable.PLAIN, value="80"),
        ending=Ending.DONE,
        http=HttpAnswer(status=200),
    )
    found = findings([replace(case, probes=(plain,))])
    assert (found[0].id, found[0].confidence) == ("port-80-only", "high")
    assert findings([case])[0].id == "port-refused"


def test_silence_is_not_an_overload_nor_a_filter(tmp_path: Path) -> None:
    with scripted(silent) as place:
        found = found_at(place, tmp_path)
    assert {each.id for each in found} == {"silent-after-hello"}
