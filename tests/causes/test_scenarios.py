"""Every cause a wire can show, on an origin that shows it, and the look-alikes kept apart."""

import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest
from cryptography import x509

from cf525.lab.ca import Authority, Issued, new_key
from cf525.lab.origins import server_name
from cf525.model import Confidence, Observation
from cf525.model.registry import SSL3, TLS10, TLS11, TLS12, TLS13
from cf525.probe.driver import run_probe
from cf525.probe.plan import PROBE_DEADLINE, ProbePlan
from tests.causes.scenarios import (
    HOST,
    OFF,
    OK,
    PREFERRED,
    Talk,
    deeply_diagnosed,
    diagnosed,
    hello_of,
    route,
    scripted,
    serving,
)
from tests.report.recorded import assert_recorded
from tests.servers.inprocess import OpenSSLPeer, openssl_context
from tests.servers.raw import alert
from tests.servers.tlslite_peer import TlslitePeer

ROOT = Authority("Scenario Root")
ISSUER = ROOT.intermediate()
GOOD = ISSUER.issue(HOST)
GOOD_RSA = ISSUER.issue(HOST, kind="rsa2048")


def openssl(issued: Issued | None = GOOD, **options: object) -> Talk:
    context = openssl_context(issued, **options)  # type: ignore[arg-type]
    return serving(lambda: OpenSSLPeer(context, answer=OK))


def refusing(number: int) -> Talk:
    def talk(connection: socket.socket) -> None:
        hello_of(connection)
        connection.sendall(alert(2, number))

    return talk


def closing(connection: socket.socket) -> None:
    hello_of(connection)


def resetting(connection: socket.socket) -> None:
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def banner(text: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(text)
        connection.recv(4096)

    return talk


def web_server(connection: socket.socket) -> None:
    """Without TLS: it serves HTTP, and a ClientHello is a bad request."""
    request = connection.recv(4096)
    status = b"200 OK" if request.startswith(b"GET ") else b"400 Bad Request"
    connection.sendall(b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % status)


def by_name(known: str, otherwise: Talk) -> Talk:
    """Serves one name, and treats every other (or none) as ``otherwise`` does."""
    served = openssl_context(ISSUER.issue(known))

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        if server_name(hello) != known:
            otherwise_after(otherwise, connection)
            return
        peer = OpenSSLPeer(served)
        connection.sendall(peer.exchange(hello))
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))

    return talk


def otherwise_after(otherwise: Talk, connection: socket.socket) -> None:
    """The hello is already read: answer at once."""
    if otherwise is closing:
        return
    if otherwise is resetting:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return
    connection.sendall(alert(2, 112 if otherwise is refuse112 else 80))


refuse112 = refusing(112)
refuse80 = refusing(80)


def reads_once(connection: socket.socket) -> None:
    """A box that takes the first packet for the whole hello."""
    first = connection.recv(1400)
    if len(first) < 5 + int.from_bytes(first[3:5]):
        return
    peer = OpenSSLPeer(openssl_context(GOOD, groups="X25519"), answer=OK)
    connection.sendall(peer.exchange(first))
    while not peer.closed and (data := connection.recv(65536)):
        connection.sendall(peer.exchange(data))


def old_and_intolerant(connection: socket.socket) -> None:
    """Drops a hello that mentions TLS 1.3, answers one that does not."""
    hello = hello_of(connection)
    if b"\x03\x04" in hello[60:]:
        return
    peer = OpenSSLPeer(openssl_context(GOOD_RSA, versions=(TLS12, TLS12)))
    connection.sendall(peer.exchange(hello))
    while not peer.closed and (data := connection.recv(65536)):
        connection.sendall(peer.exchange(data))


def half_an_answer(connection: socket.socket) -> None:
    peer = OpenSSLPeer(openssl_context(GOOD))
    connection.sendall(peer.exchange(hello_of(connection))[:90])
    silent(connection)


def tlslite(**options: object) -> Talk:
    issued = options.pop("issued", GOOD_RSA)
    return serving(lambda: TlslitePeer(issued, **options))  # type: ignore[arg-type]


BROKEN: list[tuple[str, Callable[[], Talk], str, str]] = [
    ("sni-rejected-112", lambda: refuse112, "525", "medium"),
    ("sni-rejected-112", lambda: by_name("example.com", refuse112), "525", "high"),
    ("sni-rejected-80", lambda: by_name("example.com", refuse80), "525", "high"),
    ("sni-rejected-80", lambda: refuse80, "525", "medium"),
    ("sni-reset", lambda: by_name("example.com", closing), "525", "high"),
    ("sni-reset", lambda: by_name("example.com", resetting), "525", "high"),
    ("closed-after-hello", lambda: closing, "525", "low"),
    ("closed-after-hello", lambda: resetting, "525", "low"),
    ("silent-after-hello", lambda: silent, "525", "low"),
    ("no-certificate-loaded", lambda: refusing(40), "525", "low"),
    ("handshake-refused", lambda: refusing(71), "525", "low"),
    ("handshake-refused", lambda: refusing(200), "525", "low"),
    ("version-mismatch", lambda: refusing(70), "525", "medium"),
    ("alpn-no-overlap", lambda: refusing(120), "525", "high"),
    ("wrong-port", lambda: banner(b"SSH-2.0-OpenSSH_9.2\r\n"), "525", "high"),
    ("wrong-port", lambda: banner(b"220 mail.example.com ESMTP\r\n"), "525", "high"),
    ("wrong-port", lambda: banner(b"\x00\x01\x02garbage-garbage"), "525", "medium"),
    ("no-tls-on-443", lambda: banner(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "525", "medium"),
    ("no-tls-on-443", lambda: web_server, "525", "high"),
    ("no-tls-on-443", lambda: banner(b"HTTP/1.0 200 OK\r\n\r\n"), "525", "high"),
    ("hello-intolerance", lambda: old_and_intolerant, "525", "medium"),
    ("stalls-mid-handshake", lambda: half_an_answer, "525", "medium"),
    (
        "no-common-cipher",
        lambda: openssl(GOOD_RSA, versions=(TLS12, TLS12), ciphers="ECDHE-RSA-CHACHA20-POLY1305"),
        "525",
        "high",
    ),
    (
        "no-common-cipher",
        lambda: openssl(GOOD, versions=(TLS12, TLS12), ciphers="ECDHE-ECDSA-AES128-SHA256"),
        "525",
        "high",
    ),
    (
        "no-common-cipher",
        lambda: tlslite(versions=(TLS10, TLS12), ciphers=["rc4"]),
        "525",
        "high",
    ),
    (
        "ecdsa-cert-rsa-ciphers",
        lambda: openssl(GOOD, versions=(TLS12, TLS12), ciphers="ECDHE-RSA-AES128-GCM-SHA256"),
        "525",
        "medium",
    ),
    (
        "ecdsa-cert-rsa-ciphers",
        lambda: openssl(GOOD, versions=(TLS10, TLS11)),
        "525",
        "high",
    ),
    ("no-common-group", lambda: openssl(groups="X448"), "525", "medium"),
    ("no-common-group", lambda: openssl(groups="SecP256r1MLKEM768"), "525", "medium"),
    ("no-common-group", lambda: openssl(groups="ffdhe2048:X448"), "525", "medium"),
    (
        "no-common-signature",
        lambda: openssl(GOOD_RSA, versions=(TLS12, TLS12), signature_algorithms="RSA+SHA224"),
        "525",
        "medium",
    ),
    (
        "unusable-key-type",
        lambda: openssl(ISSUER.issue(HOST, kind="ed25519")),
        "525",
        "medium",
    ),
    ("unusable-key-type", lambda: openssl(ISSUER.issue(HOST, kind="ed448")), "525", "medium"),
    ("version-too-old", lambda: tlslite(versions=(SSL3, SSL3)), "525", "high"),
    (
        "key-cert-mismatch",
        lambda: tlslite(
            versions=(TLS12, TLS12), key=new_key("rsa2048"), key_exchanges=["ecdhe_rsa"]
        ),
        "525",
        "high",
    ),
    (
        "key-cert-mismatch",
        lambda: tlslite(versions=(TLS12, TLS12), key=new_key("rsa2048"), key_exchanges=["rsa"]),
        "525",
        "medium",
    ),
]


BROKEN_NUMBER = {row[1]: number for number, row in enumerate(BROKEN)}


@pytest.mark.parametrize(
    ("headline", "make", "status", "confidence"),
    BROKEN,
    ids=[f"{number}-{row[0]}" for number, row in enumerate(BROKEN)],
)
def test_a_broken_handshake_is_explained(
    headline: str, make: Callable[[], Talk], status: str, confidence: str, tmp_path: Path
) -> None:
    with scripted(make()) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.status.status == status
    assert found, case.edge
    assert found[0].id == headline
    assert found[0].confidence == confidence
    assert found[0].evidence
    assert found[0].explanation
    assert found[0].remedies
    assert len(case.probes) <= 23
    assert_recorded(f"{BROKEN_NUMBER[make]}-{headline}", (case,))


@pytest.mark.parametrize(
    "make",
    [
        lambda: openssl(),
        lambda: openssl(GOOD_RSA),
        lambda: openssl(GOOD_RSA, versions=(TLS10, TLS10)),
        lambda: openssl(GOOD_RSA, versions=(TLS11, TLS11)),
        lambda: openssl(GOOD_RSA, versions=(TLS12, TLS12), ciphers="AES128-SHA"),
        lambda: openssl(GOOD_RSA, versions=(TLS12, TLS12), ciphers="ECDHE-RSA-AES256-SHA384"),
        lambda: openssl(groups="P-521"),
        lambda: openssl(groups="X25519MLKEM768"),
        lambda: openssl(ISSUER.issue(HOST, kind="p521")),
        lambda: tlslite(versions=(TLS10, TLS10), ciphers=["3des"]),
    ],
)
def test_what_the_edge_can_use_is_ok_with_one_connection(
    make: Callable[[], Talk], tmp_path: Path
) -> None:
    with scripted(make()) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.edge is not None
    assert case.edge.established
    assert case.status.status in ("ok", "unknown")  # tlslite's peer answers no HTTP
    assert not [each for each in found if each.edge_status in ("525", "526")]
    assert case.probes == ()


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize(
    ("aop", "expected"),
    [("none", {TLS12: "525", TLS13: "520"}), ("global", {TLS12: "unknown", TLS13: "unknown"})],
)
def test_a_demanded_client_certificate_is_judged_by_what_the_edge_sends(
    version: int, aop: str, expected: dict[int, str], tmp_path: Path
) -> None:
    make = openssl(versions=(version, version), client_ca=ROOT.certificate)
    with scripted(make) as place:
        (case,), found = diagnosed(
            route(place, client_certificate=aop), trust=ROOT, folder=tmp_path
        )
    assert found[0].id == "mtls-unrelated"  # it names a CA that never signed the edge's
    assert case.status.status == expected[version]


def test_an_optional_client_certificate_is_no_finding(tmp_path: Path) -> None:
    make = openssl(client_ca=ROOT.certificate, client_certificate_required=False)
    with scripted(make) as place:
        _, found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert "client-cert-required" not in {each.id for each in found}


def test_a_box_that_reads_once_is_named_when_the_zone_sends_the_hybrid_share(
    tmp_path: Path,
) -> None:
    with scripted(reads_once) as place:
        (case,), found = diagnosed(
            route(place, post_quantum=PREFERRED), trust=ROOT, folder=tmp_path
        )
    assert case.status.status == "525"
    assert found[0].id == "split-clienthello"
    assert found[0].confidence == Confidence.HIGH


def test_a_long_hello_that_is_dropped_is_told_of_a_healthy_origin_when_asked_deeply(
    tmp_path: Path,
) -> None:
    with scripted(reads_once) as place:
        (case,), found = deeply_diagnosed(route(place), trust=ROOT, folder=tmp_path)
        (shallow,), silent = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (case.status.status, case.status.confidence) == ("ok", Confidence.MEDIUM)
    told = next(each for each in found if each.id == "split-clienthello")
    assert told.contributing
    assert "that share of the visitors then meets a 525" in told.explanation
    assert shallow.status.status == "ok"
    assert "split-clienthello" not in {each.id for each in silent}


def test_a_long_hello_that_passes_leaves_a_healthy_origin_sure(tmp_path: Path) -> None:
    with scripted(openssl()) as place:
        (case,), found = deeply_diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert (case.status.status, case.status.confidence) == ("ok", Confidence.HIGH)
    assert "split-clienthello" not in {each.id for each in found}


def test_an_origin_with_hybrid_key_agreement_only_fails_where_the_zone_has_it_off(
    tmp_path: Path,
) -> None:
    make = openssl(groups="X25519MLKEM768")
    with scripted(make) as place:
        (case,), found = diagnosed(route(place, post_quantum=OFF), trust=ROOT, folder=tmp_path)
    assert case.status.status == "525"
    assert found[0].id == "pq-only"


NOW = ROOT.now
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("headline", "issued"),
    [
        ("cert-expired", ISSUER.issue(HOST, not_before=NOW - 9 * DAY, not_after=NOW - DAY)),
        ("cert-not-yet-valid", ISSUER.issue(HOST, not_before=NOW + DAY)),
        ("self-signed", ISSUER.self_signed(HOST)),
        ("hostname-mismatch", ISSUER.issue("example.com")),
        ("default-vhost-cert", ISSUER.issue("other.example.org")),
        (
            "default-vhost-cert",
            ISSUER.self_signed(
                "ingress.local", common_name="Kubernetes Ingress Controller Fake Certificate"
            ),
        ),
        ("incomplete-chain", Issued(GOOD.certificate, GOOD.key)),
    ],
)
@pytest.mark.parametrize("mode", ["strict", "full", "unknown"])
def test_certificate_faults_are_526_in_strict_alone(
    headline: str, issued: Issued, mode: str, tmp_path: Path
) -> None:
    with scripted(openssl(issued)) as place:
        (case,), found = diagnosed(route(place, mode=mode), trust=ROOT, folder=tmp_path)
    matching = next(each for each in found if each.id == headline)
    if mode == "strict":
        assert case.status.status == "526"
        assert found[0].id == headline
    else:
        assert case.status.status != "526"
        assert matching.contributing
        assert "strict" in matching.confidence_reason or headline == "default-vhost-cert"
    if mode == "unknown":
        assert case.status.status in ("unknown", "520")


def test_a_key_usage_the_edge_refuses_is_525_though_the_handshake_works(tmp_path: Path) -> None:
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=True,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    issued = ISSUER.issue(HOST, kind="rsa2048", key_usage=False, extra=[(usage, True)])
    with scripted(openssl(issued)) as place:
        (case,), found = diagnosed(route(place, mode="full"), trust=ROOT, folder=tmp_path)
    assert case.status.status == "525"
    assert [each.id for each in found if not each.contributing] == ["certificate-unusable"]


def test_one_bad_address_among_good_ones(tmp_path: Path) -> None:
    with scripted(openssl()) as good, scripted(refuse112) as bad:
        routes = (route(good), route(bad, id="r2"))
        cases, _ = diagnosed(*routes, trust=ROOT, folder=tmp_path)
    assert [each.status.status == "525" for each in cases] == [False, True]


def test_a_handshake_that_stood_still_once_is_no_server_that_always_does(tmp_path: Path) -> None:
    turns = chain([half_an_answer], repeat(openssl()))

    def talk(connection: socket.socket) -> None:
        next(turns)(connection)

    with scripted(talk) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert found[0].id == "intermittent-conn-limit"
    assert found[0].confidence == Confidence.LOW
    assert "1 of 6" in found[0].explanation
    assert len(case.probes) == 5


def test_a_handshake_that_takes_longer_than_the_first_look_is_waited_for(tmp_path: Path) -> None:
    def talk(connection: socket.socket) -> None:
        peer = OpenSSLPeer(openssl_context(GOOD), answer=OK)
        answer = peer.exchange(hello_of(connection))
        connection.sendall(answer[:90])
        time.sleep(1.5)
        with suppress(OSError):
            connection.sendall(answer[90:])
            while not peer.closed and (data := connection.recv(65536)):
                connection.sendall(peer.exchange(data))

    async def hasty(plan: ProbePlan) -> Observation:
        first = plan.deadline == PROBE_DEADLINE
        return await run_probe(replace(plan, deadline=500.0) if first else plan)

    with scripted(talk) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path, runner=hasty)
    assert case.stalled
    assert any(probe.established for probe in case.probes)
    assert "stalls-mid-handshake" not in {each.id for each in found}


def test_the_same_case_always_gives_the_same_findings(tmp_path: Path) -> None:
    from cf525.causes.matching import findings
    from cf525.conclusion.certainty import bounded

    with scripted(by_name("example.com", refuse112)) as place:
        cases, found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert findings(cases, bounded) == found
