"""What a listener has loaded, or has not, beside what must not be taken for it."""

import socket
import struct
from pathlib import Path

import pytest

from tests.causes.misleading import alerts, by_names
from tests.causes.scenarios import HOST, Talk, diagnosed, hello_of, route, scripted
from tests.causes.test_scenarios import GOOD, ISSUER, ROOT, openssl
from tests.servers.inprocess import OpenSSLPeer, openssl_context
from tests.servers.raw import alert


def cut(after: int, *, reset: bool = False) -> Talk:
    """A server whose first flight ends after so many bytes."""

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(openssl_context(GOOD), answer=b"")
        connection.sendall(peer.exchange(hello_of(connection))[:after])
        if reset:
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    return talk


@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
@pytest.mark.parametrize("after", [3, 60, 100, 600])
def test_a_flight_that_is_cut_has_a_cause(after: int, reset: bool, tmp_path: Path) -> None:
    with scripted(cut(after, reset=reset)) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.status.status == "525"
    assert [(each.id, each.confidence) for each in found] == [("closes-mid-handshake", "low")]


def test_a_certificate_message_beyond_the_limit_is_named(tmp_path: Path) -> None:
    huge = ISSUER.issue(HOST, *(f"name{number}.example.com" for number in range(7_000)))
    with scripted(openssl(huge)) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (case.status.status, found[0].id) == ("525", "certificate-too-large")
    assert found[0].confidence == "medium"


def test_a_listener_that_refuses_everything_is_said_to_have_no_certificate_perhaps(
    tmp_path: Path,
) -> None:
    with scripted(alerts(40)) as place:
        _, found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (found[0].id, found[0].confidence) == ("no-certificate-loaded", "low")


def test_one_that_answers_another_name_is_not(tmp_path: Path) -> None:
    def refuses(connection: socket.socket) -> None:
        connection.sendall(alert(2, 40))

    with scripted(by_names({"example.com": openssl_context(GOOD)}, refuses)) as place:
        _, found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert "no-certificate-loaded" not in {each.id for each in found}


PAGES = {
    b"upstream connect error or disconnect/reset before headers. reset reason: remote connection "
    b"failure, transport failure reason: TLS_error:|268435581:SSL routines:OPENSSL_internal:"
    b"CERTIFICATE_VERIFY_FAILED:TLS_error_end": True,
    b"<p>Reason: <strong>Error during SSL Handshake with remote server</strong></p>": True,
    b"tls: failed to verify certificate: x509: certificate signed by unknown authority": True,
    b"<h1>502 Bad Gateway</h1><hr><center>nginx</center>": False,
}


@pytest.mark.parametrize(("page", "told"), list(PAGES.items()))
def test_a_proxy_that_refuses_its_own_upstream_is_told_from_an_edge_that_refuses_the_origin(
    page: bytes, told: bool, tmp_path: Path
) -> None:
    answer = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: %d\r\n\r\n%s" % (len(page), page)

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(openssl_context(GOOD), answer=answer)
        connection.sendall(peer.exchange(hello_of(connection)))
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))

    with scripted(talk) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.status.status == "origin-502"
    assert ("proxy-refuses-its-upstream" in {each.id for each in found}) is told


@pytest.mark.parametrize(
    ("head", "looping"),
    [
        (b"301 Moved\r\nlocation: https://www.example.com/", True),
        (b"302 Found\r\nlocation: /", True),
        (b"308 Moved\r\nlocation: https://WWW.example.com:443", True),
        (b"301 Moved\r\nlocation: https://www.example.com/\r\nset-cookie: s=1", False),
        (b"301 Moved\r\nlocation: https://www.example.com/start", False),
        (b"301 Moved\r\nlocation: https://example.com/", False),
        (b"301 Moved\r\nlocation: https://[", False),
    ],
)
def test_a_url_that_is_redirected_to_itself_is_a_loop(
    head: bytes, looping: bool, tmp_path: Path
) -> None:
    answer = b"HTTP/1.1 " + head + b"\r\ncontent-length: 0\r\n\r\n"

    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(openssl_context(GOOD), answer=answer)
        connection.sendall(peer.exchange(hello_of(connection)))
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))

    with scripted(talk) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.status.status == ("redirect-loop" if looping else "ok")
    assert ("redirect-to-itself" in {each.id for each in found}) is looping
