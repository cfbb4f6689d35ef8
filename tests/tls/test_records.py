"""Below the handshake: alerts, plaintext, broken records, drips, endings and limits."""

from dataclasses import replace

import pytest

from cf525.edge.profile import cloudflare
from cf525.lab.ca import Issued
from cf525.model import Ending, Stage
from cf525.model.registry import ALERTS, SSL3, TLS10
from cf525.tls import LIMITS, Handshake, Limits, TlsClient, profiles, wire
from tests.servers.inprocess import OpenSSLPeer, openssl_context
from tests.servers.raw import alert, handshake_record, record
from tests.servers.scripts import Script12, Script13
from tests.tls.conftest import make_client


def started(limits: Limits = LIMITS) -> TlsClient:
    client = make_client(limits=limits)
    client.start(0.0)
    client.data_to_send()
    return client


def answered(data: bytes, limits: Limits = LIMITS) -> Handshake:
    client = started(limits)
    client.receive(data, 1.0)
    return client.handshake()


@pytest.mark.parametrize("description", [*ALERTS, 200])
@pytest.mark.parametrize("version", [SSL3, TLS10, 0x0303])
def test_every_fatal_alert_is_understood_in_every_record_version(
    description: int, version: int
) -> None:
    seen = answered(alert(2, description, version))
    received = seen.alerts[0]
    assert (received.level, received.description) == (2, description)
    assert (received.direction, received.encrypted) == ("received", False)
    assert received.stage is Stage.HELLO_SENT
    assert seen.ending is (Ending.EOF if description == 0 else Ending.ALERT)
    assert seen.certificates == ()
    assert seen.server_hello is None


def test_warning_before_the_handshake_is_recorded_and_tolerated(rsa_leaf: Issued) -> None:
    client = make_client()
    client.start(0.0)
    server = Script12(client.data_to_send(), rsa_leaf)
    server.raw(alert(1, 112))
    server.flight()
    client.receive(server.output(), 1.0)
    seen = client.handshake()
    assert seen.stage is Stage.FINISHED_SENT
    assert [(each.level, each.description) for each in seen.alerts] == [(1, 112)]
    assert seen.notes == ()


@pytest.mark.parametrize(("count", "codes"), [(4, []), (5, ["too_many_warnings"])])
def test_more_than_four_warnings_in_a_row_are_noted(count: int, codes: list[str]) -> None:
    seen = answered(alert(1, 112) * count)
    assert [note.code for note in seen.notes] == codes
    assert seen.ending is None


def test_endless_warnings_meet_the_limit() -> None:
    seen = answered(alert(1, 112) * 50)
    assert (seen.ending, seen.detail) == (Ending.LIMIT, "warnings")
    assert len([each for each in seen.alerts if each.direction == "received"]) == 9


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (record(21, b"\x02"), "bad_alert"),
        (record(21, b"\x02\x28\x00"), "bad_alert"),
        (alert(3, 40), "bad_alert_level"),
        (alert(1, 112) + b"\x63\x03\x03\x00\x01x", "bad_record_type"),
        (alert(1, 112) + b"\x16\x02\x00\x00\x01x", "bad_record_version"),
        (record(24, b"heartbeat"), "unexpected_record"),
        (record(23, b"data"), "unexpected_record"),
        (record(20, b"\x01\x01"), "bad_change_cipher_spec"),
        (record(22, bytes((1 << 14) + 1)), "record_overflow"),
        (handshake_record(99, b""), "unexpected_message"),
        (handshake_record(14, b""), "unexpected_message"),
    ],
)
def test_broken_record_is_the_peers_error(data: bytes, code: str) -> None:
    seen = answered(data)
    assert (seen.ending, seen.detail) == (Ending.PROTOCOL_ERROR, code)
    assert seen.alerts[-1].direction == "sent"


def test_record_version_is_looked_at_under_keys_alone(rsa_leaf: Issued) -> None:
    client = make_client(profiles.without_post_quantum(cloudflare()))
    client.start(0.0)
    server = Script13(client.data_to_send(), rsa_leaf)
    server.server_hello()
    hello = bytearray(server.output())
    hello[1:3] = b"\x03\x00"
    server.encrypted_extensions()
    extensions = bytearray(server.output())
    extensions[1:3] = b"\x03\x00"
    client.receive(bytes(hello + extensions), 1.0)
    seen = client.handshake()
    assert [(note.code, note.stage) for note in seen.notes] == [
        ("record_version", Stage.SERVER_HELLO)
    ]


# --- Plaintext ----------------------------------------------------------------------------

HTTP = b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>"

BANNERS = [
    (HTTP, "http", "HTTP/1.1 400 Bad Request"),
    (b"<!DOCTYPE html>\n<html>", "http", ""),
    (b"<html>\r\n", "http", ""),
    (b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n", "ssh", ""),
    (b"220 mail.example.com ESMTP Postfix\r\n", "smtp", ""),
    (b"554 no SMTP service here\r\n", "smtp", ""),
    (b"220 (vsFTPd 3.0.3) FTP\r\n", "ftp", ""),
    (b"220 welcome\r\n", "reply", ""),
    (b"* OK IMAP4rev1 ready\r\n", "imap", ""),
    (b"+OK POP3 ready\r\n", "pop3", ""),
    (b"-ERR unknown command\r\n", "other", ""),
    (b"\r\n\r\n", "other", ""),
    (b"\x80\x2b\x04\x00\x01\x00\x02", "other", ""),
    (b"\x00\x00\x00\x00\x00", "other", ""),
    (b"\x16\x02\x00\x00\x05", "other", ""),
    (b"\x15\x00\x00\x02\x46", "other", ""),
]


@pytest.mark.parametrize(("banner", "kind", "status"), BANNERS)
def test_plaintext_is_recognised(banner: bytes, kind: str, status: str) -> None:
    seen = answered(banner)
    assert seen.ending is Ending.PLAINTEXT
    assert seen.plaintext is not None
    assert (seen.plaintext.kind, seen.plaintext.head) == (kind, banner)
    assert seen.plaintext.status_line == status
    assert seen.alerts == ()


def test_plaintext_that_drips_is_awaited_to_the_end_of_its_line() -> None:
    client = started()
    for index, byte in enumerate(HTTP):
        client.receive(bytes([byte]), float(index))
    seen = client.handshake()
    assert seen.plaintext is not None
    assert seen.plaintext.status_line == "HTTP/1.1 400 Bad Request"
    assert seen.first_byte_at == 0.0


@pytest.mark.parametrize("how", [Ending.EOF, Ending.RESET, Ending.TIMEOUT])
@pytest.mark.parametrize("head", [b"SSH-", b"\x80", b"\x00\x00"])
def test_plaintext_cut_short_is_still_plaintext(how: Ending, head: bytes) -> None:
    client = started()
    client.receive(head, 1.0)
    assert client.ended is None
    client.peer_closed(how, 2.0)
    seen = client.handshake()
    assert seen.ending is Ending.PLAINTEXT
    assert seen.plaintext is not None
    assert seen.plaintext.head == head


def test_plaintext_head_is_bounded() -> None:
    seen = answered(b"x" * 5_000)
    assert seen.plaintext is not None
    assert len(seen.plaintext.head) == 512


def test_plaintext_behind_tls_is_a_protocol_error() -> None:
    seen = answered(alert(1, 112) + HTTP)
    assert (seen.ending, seen.plaintext) == (Ending.PROTOCOL_ERROR, None)


# --- Endings ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [Ending.EOF, Ending.RESET, Ending.TIMEOUT])
@pytest.mark.parametrize(
    ("data", "detail"),
    [(b"", ""), (b"\x16\x03", ""), (b"\x16\x03\x03\x00\x50\x02", "truncated_record")],
)
def test_closed_connection_ends_as_it_was_closed(how: Ending, data: bytes, detail: str) -> None:
    client = started()
    client.receive(data, 1.0)
    client.peer_closed(how, 2.0)
    seen = client.handshake()
    assert (seen.ending, seen.detail) == (how, detail)


def test_first_ending_stands() -> None:
    client = started()
    client.receive(alert(2, 40), 1.0)
    client.peer_closed(Ending.RESET, 2.0)
    client.receive(alert(2, 70), 3.0)
    seen = client.handshake()
    assert seen.ending is Ending.ALERT
    assert [each.description for each in seen.alerts] == [40]


def test_data_before_the_handshake_is_done_is_the_callers_bug() -> None:
    client = started()
    with pytest.raises(ValueError, match="before the handshake"):
        client.send(b"GET / HTTP/1.1\r\n\r\n", 1.0)


def test_close_before_there_are_keys_sends_nothing() -> None:
    client = started()
    client.close(1.0)
    assert client.data_to_send() == b""


def _no_randomness(length: int) -> bytes:
    return bytes(length // 0)


def test_exception_of_our_own_becomes_an_internal_error() -> None:
    client = make_client(replace(cloudflare(), key_shares=(0xDEAD,), groups=(0xDEAD,)))
    client.start(0.0)
    assert client.ended is None  # a group nobody can do is offered without a share
    broken = TlsClient(cloudflare(), None, random=_no_randomness)
    broken.start(0.0)
    seen = broken.handshake()
    assert seen.ending is Ending.INTERNAL_ERROR
    assert seen.detail.startswith("ZeroDivisionError in ")


def test_bytes_before_the_start_are_an_internal_error_not_an_exception() -> None:
    client = make_client()
    client.receive(handshake_record(2, b""), 0.0)
    assert client.ended is Ending.INTERNAL_ERROR


# --- Limits -------------------------------------------------------------------------------


def test_a_drip_of_single_bytes_gives_the_same_result(rsa_leaf: Issued) -> None:
    client = make_client()
    client.start(0.0)
    peer = OpenSSLPeer(openssl_context(rsa_leaf))
    for _ in range(4):
        for byte in peer.exchange(client.data_to_send()):
            client.receive(bytes([byte]), 1.0)
    assert client.established


def test_messages_may_be_split_over_records_of_one_byte(rsa_leaf: Issued) -> None:
    client = make_client()
    client.start(0.0)
    server = Script13(client.data_to_send(), rsa_leaf)
    server.server_hello()
    raw = server.output()[wire.RECORD_HEADER :]
    client.receive(b"".join(record(22, bytes([byte])) for byte in raw), 1.0)
    assert client.handshake().stage is Stage.SERVER_HELLO


@pytest.mark.parametrize(
    ("limits", "data", "code"),
    [
        (LIMITS, b"\x16\x03\x03\xff\xff", "record_bytes"),
        (LIMITS, record(22, b"\x0b\xff\xff\xff"), "message_bytes"),
        (LIMITS, record(22, b"") * 50_001, "records"),
        (LIMITS, handshake_record(0, b"") * 2_001, "messages"),
        (LIMITS, record(22, b"") * 210_000, "total_bytes"),
        (Limits(total_bytes=10), bytes(11), "total_bytes"),
        (Limits(records=2), record(22, b"") * 3, "records"),
    ],
)
def test_beyond_each_limit_the_connection_ends(limits: Limits, data: bytes, code: str) -> None:
    seen = answered(data, limits)
    assert (seen.ending, seen.detail) == (Ending.LIMIT, code)


def test_sixteen_megabyte_message_is_refused_by_its_header() -> None:
    client = started()
    client.receive(record(22, b"\x0b\xff\xff\xff" + bytes(100)), 1.0)
    assert client.handshake().detail == "message_bytes"
    assert client.handshake().bytes_received < 200


def test_empty_records_are_noted_once() -> None:
    seen = answered(record(22, b"") * 100)
    assert [note.code for note in seen.notes] == ["too_many_empty_records"]
    assert seen.ending is None


def test_trace_is_bounded() -> None:
    limits = Limits(trace_entries=5, messages=1_000)
    seen = answered(handshake_record(0, b"") * 100, limits)
    assert len(seen.trace) == 5


def test_snapshot_does_not_change_afterwards() -> None:
    client = started()
    before = client.handshake()
    client.receive(alert(2, 40), 1.0)
    assert (before.ending, before.alerts) == (None, ())
    assert client.handshake().ending is Ending.ALERT


def test_trace_reads_like_the_exchange(rsa_leaf: Issued) -> None:
    client = make_client(profiles.without_post_quantum(cloudflare()))
    client.start(0.5)
    server = Script13(client.data_to_send(), rsa_leaf)
    server.flight()
    client.receive(server.output(), 7.25)
    seen = client.handshake()
    assert [(entry.direction, entry.what) for entry in seen.trace] == [
        (">", "ClientHello"),
        ("<", "ServerHello"),
        ("<", "EncryptedExtensions"),
        ("<", "Certificate"),
        ("<", "CertificateVerify"),
        ("<", "Finished"),
        (">", "ChangeCipherSpec"),
        (">", "Finished"),
    ]
    assert seen.trace[1].detail == "TLS 1.3, TLS_AES_128_GCM_SHA256, X25519"
    assert [entry.at for entry in seen.trace] == [0.5] + [7.25] * 7
    assert (seen.first_byte_at, seen.server_hello_at, seen.established_at) == (7.25, 7.25, 7.25)
