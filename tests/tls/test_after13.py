"""What may come once a TLS 1.3 handshake is done, and between its messages."""

import pytest

from cf525.lab.ca import Issued
from cf525.model import Ending, Stage
from cf525.tls import TlsClient, wire
from cf525.tls.record import Aead13
from cf525.tls.schedule import next_traffic_secret
from tests.servers import raw
from tests.servers.scripts import Script13
from tests.tls.script13 import codes, play, started


def established(leaf: Issued) -> tuple[TlsClient, Script13]:
    client, server = started(leaf)
    server.flight()
    client.receive(server.output(), 1.0)
    server.opened(client.data_to_send())
    server.read_application_keys()
    assert client.established
    return client, server


def test_key_update_is_followed_and_answered(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.message(wire.KEY_UPDATE, b"\x01")
    secret = next_traffic_secret(server.suite.prf, server.server_application_secret)
    server.write = Aead13(server.suite, secret)
    server.send(23, b"after")
    client.receive(server.output(), 2.0)
    assert client.application_data() == b"after"
    assert server.opened(client.data_to_send()) == [(22, b"\x18\x00\x00\x01\x00")]
    ours = next_traffic_secret(server.suite.prf, server.client_application_secret)
    server.read = Aead13(server.suite, ours)
    client.send(b"answer", 3.0)
    assert server.opened(client.data_to_send()) == [(23, b"answer")]


def test_key_update_that_asks_for_nothing_is_not_answered(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.message(wire.KEY_UPDATE, b"\x00")
    client.receive(server.output(), 2.0)
    assert client.data_to_send() == b""
    assert client.ended is None


def test_key_update_of_an_unknown_kind_is_an_error(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.message(wire.KEY_UPDATE, b"\x02")
    client.receive(server.output(), 2.0)
    assert client.handshake().detail == "bad_key_update"


@pytest.mark.parametrize("description", [116, 42, 46, 48])
def test_alert_after_our_finished_is_read_and_placed(description: int, rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.send(wire.ALERT, bytes([2, description]))
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert seen.ending is Ending.ALERT
    received = seen.alerts[0]
    assert (received.description, received.encrypted) == (description, True)
    assert received.stage is Stage.ESTABLISHED


def test_close_notify_ends_as_end_of_file(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.send(23, b"bye")
    server.send(wire.ALERT, b"\x01\x00")
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert (seen.ending, seen.detail) == (Ending.EOF, "close_notify")
    assert seen.stage is Stage.APPLICATION_DATA
    assert client.application_data() == b"bye"


def test_warning_alert_in_tls13_is_an_error_but_for_user_canceled(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.send(wire.ALERT, b"\x01\x5a")
    client.receive(server.output(), 2.0)
    assert client.ended is None
    server.send(wire.ALERT, b"\x01\x70")
    client.receive(server.output(), 3.0)
    seen = client.handshake()
    assert (seen.ending, seen.detail) == (Ending.PROTOCOL_ERROR, "warning_alert_tls13")


def test_alert_in_the_clear_is_understood_behind_server_hello(rsa_leaf: Issued) -> None:
    def act(server: Script13) -> None:
        server.server_hello()
        server.raw(raw.alert(2, 80))

    seen = play(rsa_leaf, act)
    assert seen.ending is Ending.ALERT
    assert (seen.alerts[0].description, seen.alerts[0].encrypted) == (80, False)


def test_certificate_request_after_the_handshake_is_an_error(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.certificate_request([(13, b"\x00\x02\x04\x03")], b"x")
    client.receive(server.output(), 2.0)
    assert client.handshake().detail == "unexpected_message"


def test_excess_data_behind_the_finished_message_is_noted(rsa_leaf: Issued) -> None:
    def act(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions()
        server.certificate()
        server.certificate_verify()
        server.finished(excess=b"\x04\x00")

    seen = play(rsa_leaf, act)
    assert codes(seen) == ["excess_data"]
    assert seen.stage is Stage.ESTABLISHED


def test_close_queues_close_notify_under_the_keys(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    client.close(5.0)
    assert server.opened(client.data_to_send()) == [(wire.ALERT, b"\x01\x00")]


def test_large_application_data_is_cut_into_records(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    client.send(bytes(40_000), 2.0)
    sizes = [len(payload) for _, payload in server.opened(client.data_to_send())]
    assert sizes == [16_384, 16_384, 7_232]


def test_change_cipher_spec_is_dropped_from_server_hello_to_finished(rsa_leaf: Issued) -> None:
    ccs = raw.record(wire.CHANGE_CIPHER_SPEC, b"\x01")

    def act(server: Script13) -> None:
        server.server_hello()
        server.raw(ccs)
        server.encrypted_extensions()
        server.raw(ccs)
        server.certificate()
        server.certificate_verify()
        server.finished()

    seen = play(rsa_leaf, act)
    assert seen.stage is Stage.ESTABLISHED
    assert codes(seen) == []
