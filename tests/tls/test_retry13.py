"""HelloRetryRequest: followed, noted, refused."""

import pytest

from cf525.lab.ca import Issued
from cf525.model import Ending, Stage
from cf525.tls import wire
from cf525.tls.messages import HELLO_RETRY_REQUEST_RANDOM
from cf525.tls.suites import suite
from tests.servers import raw
from tests.servers.scripts import Script13
from tests.tls.script13 import codes, play, started


def test_cookie_is_echoed_and_the_handshake_finished(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.retry(cookie=b"biscuit")
    client.receive(server.output(), 1.0)
    server.second_hello(client.data_to_send())
    assert server.hello.extensions[44] == b"\x00\x07biscuit"
    server.flight()
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert seen.stage is Stage.ESTABLISHED
    assert codes(seen) == []
    assert seen.server_hello is not None
    assert seen.server_hello.hello_retry_request


def test_empty_retry_is_noted_and_the_hello_repeated(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.retry()
    client.receive(server.output(), 1.0)
    server.second_hello(client.data_to_send())
    server.flight()
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert codes(seen) == ["empty_hello_retry_request"]
    assert seen.stage is Stage.ESTABLISHED


def test_suite_that_changes_after_the_retry_is_noted(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.retry(cookie=b"biscuit")
    client.receive(server.output(), 1.0)
    server.second_hello(client.data_to_send())
    server.suite = suite(0x1303)
    server.flight()
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert codes(seen) == ["retry_suite_changed"]
    assert seen.stage is Stage.ESTABLISHED


def test_retry_random_in_tls12_is_an_ordinary_server_hello(rsa_leaf: Issued) -> None:
    def act(server: Script13) -> None:
        body = raw.server_hello_body(0xC02F, [], random=HELLO_RETRY_REQUEST_RANDOM)
        server.message(wire.SERVER_HELLO, body)

    seen = play(rsa_leaf, act)
    assert seen.stage is Stage.SERVER_HELLO
    assert seen.server_hello is not None
    assert (seen.server_hello.version, seen.ending) == (0x0303, None)


def test_second_retry_ends_the_handshake(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.retry(cookie=b"one")
    client.receive(server.output(), 1.0)
    server.second_hello(client.data_to_send())
    server.retry(cookie=b"two")
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert (seen.ending, seen.detail) == (Ending.PROTOCOL_ERROR, "second_hello_retry_request")


@pytest.mark.parametrize(("group", "followed"), [(0x1E, True), (0x11EC, True), (0x0101, False)])
def test_retry_for_an_unoffered_group_is_followed_where_possible(
    group: int, followed: bool, rsa_leaf: Issued
) -> None:
    client, server = started(rsa_leaf)
    server.retry(group=group)
    client.receive(server.output(), 1.0)
    seen = client.handshake()
    assert codes(seen) == ["unoffered_group"]
    assert seen.ending is (None if followed else Ending.NOT_COMPLETED)
    if followed:
        server.second_hello(client.data_to_send())
        assert list(server.hello.shares) == [group]
