"""Services on the port of TLS that give themselves away by their first bytes."""

import socket
from pathlib import Path

import pytest

from tests.causes.scenarios import Talk, diagnosed, route, scripted

MYSQL = (
    b"\x0a8.0.36\0\x08\0\0\0saltsalt\0\xff\xff\xff\x02\0\xff\xdf\x15"
    + b"\0" * 10
    + b"saltsaltsalt\0"
)
DENIED = b"\xffj\x04Host '203.0.113.9' is not allowed to connect to this MySQL server"


def packet(body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + b"\0" + body


def saying(first: bytes, *, at_once: bool = False) -> Talk:
    def talk(connection: socket.socket) -> None:
        if not at_once:
            connection.recv(4096)
        connection.sendall(first)
        connection.recv(4096)

    return talk


@pytest.mark.parametrize(
    ("first", "at_once", "service"),
    [
        (packet(MYSQL), True, "MySQL or MariaDB"),
        (packet(DENIED), True, "MySQL or MariaDB"),
        (b"E\0\0\0\x4dSFATAL\0C0A000\0Munsupported frontend protocol\0\0", False, "PostgreSQL"),
        (b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x1f\x08\0\x02\0\0\0", False, "Remote Desktop"),
        (b"RFB 003.008\n", True, "VNC"),
        (b"\x00\x01\x02\x03" * 10, False, "unknown"),
    ],
)
def test_the_service_is_named(first: bytes, at_once: bool, service: str, tmp_path: Path) -> None:
    with scripted(saying(first, at_once=at_once)) as place:
        (case,), found = diagnosed(route(place), folder=tmp_path)
    assert case.status.status == "525"
    assert found[0].id == "wrong-port"
    assert service in found[0].title
    assert found[0].confidence == ("medium" if service == "unknown" else "high")


def test_http2_in_clear_is_a_listener_without_tls_and_no_wrong_port(tmp_path: Path) -> None:
    settings = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x80"
    with scripted(saying(settings, at_once=True)) as place:
        (case,), found = diagnosed(route(place), folder=tmp_path)
    assert case.status.status == "525"
    assert (found[0].id, found[0].confidence) == ("no-tls-on-443", "high")
    assert "wrong-port" not in {each.id for each in found}
