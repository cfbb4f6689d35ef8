"""What ``--pcap`` writes, opened by Wireshark's own engine: does it read what the probe saw?"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cf525.lab.ca import Issued
from tests.cli.test_command_line import environment
from tests.cli.test_command_line import run as run_command
from tests.servers.process import free_port, require
from tests.servers.real import HOST, OTHER, Files, nginx, site

pytestmark = pytest.mark.realserver

Rows = list[list[str]]
COMPLAINTS = (
    "_ws.malformed || tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0"
    " || frame.time_delta < 0 || (_ws.expert.severity >= 0x400000 && tcp.flags.reset == 0)"
)
"""What Wireshark marks as broken, or notes as odd; its mere remarks are below 0x400000. That a
connection was reset is odd to it, and true."""
TLS13 = ["1", "2", "8", "11", "15", "20", "20", "4", "4"]
TLS12 = ["1", "2", "11", "12", "14", "16", "20", "4", "20"]
"""The types of handshake messages in their order: from ClientHello to Finished, and tickets."""

Capture = Callable[..., "Opened"]


class Opened:
    """A capture file, read with tshark."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def rows(self, display_filter: str, *fields: str) -> Rows:
        """These fields of every packet that the filter shows; several values have a comma."""
        wanted = [part for field in fields for part in ("-e", field)]
        result = subprocess.run(
            [
                *(require("tshark"), "-r", str(self.file), "-Y", display_filter),
                *("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"),
                *("-T", "fields", *wanted),
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            # Nobody's own settings, and none of them written.
            env={**environment(None), "WIRESHARK_CONFIG_DIR": str(self.file.parent / "none")},
        )
        return [line.split("\t") for line in result.stdout.splitlines()]

    def values(self, field: str, display_filter: str = "frame") -> list[str]:
        return [
            value
            for (found,) in self.rows(display_filter, field)
            if found
            for value in found.split(",")
        ]


@pytest.fixture
def captured(files: Files, tmp_path: Path) -> Capture:
    """Diagnoses a host, and opens the capture of it."""
    require("tshark")

    def run(port: int, *, address: str = "127.0.0.1") -> Opened:
        file = tmp_path / "seen.pcapng"
        place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        result = run_command(
            *("diagnose", HOST, "--origin", place, "--mode", "strict"),
            *("--trust", str(files.trust), "--pcap", str(file)),
        )
        assert result.stderr == ""
        opened = Opened(file)
        assert opened.rows("frame", "frame.number"), result.stdout
        assert opened.rows(COMPLAINTS, "frame.number", "_ws.col.Info") == []
        return opened

    return run


@pytest.mark.parametrize(
    ("directives", "messages", "key"),
    [
        ("ssl_protocols TLSv1.3;", TLS13, "p256"),
        ("ssl_protocols TLSv1.2;", TLS12, "p256"),
        # Asks for another group than the one whose share came first: a second ClientHello.
        ("ssl_protocols TLSv1.3; ssl_ecdh_curve secp384r1;", ["1", "2", *TLS13], "p256"),
        ("ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES128-SHA;", TLS12, "rsa2048"),
    ],
)
def test_a_handshake_reads_in_the_clear_with_the_keys_inside(
    files: Files, captured: Capture, directives: str, messages: list[str], key: str
) -> None:
    issued = files.authority.issue(HOST, kind=key)
    with nginx(files, site(files, issued, directives)) as port:
        seen = captured(port)
    assert seen.values("tls.handshake.type") == messages
    assert set(seen.values("tls.handshake.extensions_server_name")) == {HOST}
    assert seen.values("tls.handshake.certificate") == [each.hex() for each in issued.chain_der]
    assert seen.rows("http.request", "http.request.method", "http.host") == [["GET", HOST]]
    assert seen.values("http.response.code") == ["200"]


def test_an_http2_request_is_read_too(files: Files, captured: Capture) -> None:
    with nginx(files, site(files, files.authority.issue(HOST), listen="ssl http2")) as port:
        seen = captured(port)
    assert seen.values("http2.headers.authority") == [HOST]
    assert seen.values("http2.headers.status") == ["200"]


def test_a_refusal_in_the_clear_shows_its_alert_on_every_connection(
    files: Files, captured: Capture
) -> None:
    refusing = "server { listen 127.0.0.1:PORT ssl default_server; ssl_reject_handshake on; }"
    known = site(files, files.authority.issue(OTHER), name=OTHER)
    with nginx(files, known + refusing) as port:
        seen = captured(port)
    connections = seen.rows("tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.stream")
    assert len(connections) > 1
    alerts = seen.rows("tls.alert_message", "tls.alert_message.level", "tls.alert_message.desc")
    assert alerts == [["2", "112"]] * len(connections)
    assert HOST in seen.values("tls.handshake.extensions_server_name")


def test_many_segments_and_ipv6_fit_together(files: Files, captured: Capture) -> None:
    issued = files.authority.issue(HOST)
    padded = Issued(issued.certificate, issued.key, issued.chain * 12)
    servers = site(files, padded, "ssl_protocols TLSv1.2;").replace("127.0.0.1", "[::1]")
    with nginx(files, servers, family="::1") as port:
        seen = captured(port, address="::1")
    assert len(seen.values("tls.handshake.certificate")) == 13
    assert seen.values("http.response.code") == ["200"]


def test_a_connection_that_is_refused_is_two_packets(captured: Capture) -> None:
    seen = captured(free_port())
    flags = seen.rows("tcp.stream == 0", "tcp.flags.syn", "tcp.flags.reset", "tcp.flags.ack")
    assert flags == [["1", "0", "0"], ["0", "1", "1"]]
