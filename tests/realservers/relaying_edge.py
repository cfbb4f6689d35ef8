"""Cloudflare, as far as a test of source addresses needs it: its edge and its resolver.

Unlike the lab's stand-in, which answers what is declared, this one really asks the origin, out of
an address of Cloudflare's, and answers the status that follows from what it met there. The answers
have the forms of the lab's stand-in. Run as a process of its own on the host that stands for
Cloudflare: ``python -m tests.realservers.relaying_edge FILE`` with a ``Setup`` as JSON.
"""

import json
import socket
import socketserver
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cf525.lab.dns_server import DnsServer
from cf525.lab.edge_stand_in import respond
from cf525.lab.world import EdgeAnswer, Name, World

ANSWER_WITHIN: Final = 30.0
WARP: Final = "100.96."
"""How the addresses of visitors begin that come through Cloudflare's own client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Where the edge is asked for ``host``, from where it asks ``origin``, and the files of its
    certificate and of the roots it trusts. ``patience`` is its time for a connection in seconds;
    Cloudflare's own is about 19."""

    host: str
    address: str
    resolver: str
    source: str
    origin: str
    certificate: str
    key: str
    trust: str
    patience: float


def fetched(setup: Setup, request: bytes) -> EdgeAnswer:
    """The answer to a visitor's request, by what the origin does to a connection from here."""
    try:
        connection = socket.create_connection(
            (setup.origin, 443), setup.patience, source_address=(setup.source, 0)
        )
    except TimeoutError:
        return EdgeAnswer(status=522)
    except ConnectionRefusedError:
        return EdgeAnswer(status=521)
    except OSError:
        return EdgeAnswer(status=523)
    connection.settimeout(ANSWER_WITHIN)
    context = ssl.create_default_context(cafile=setup.trust)
    try:
        tls = context.wrap_socket(connection, server_hostname=setup.host)
    except ssl.SSLCertVerificationError:
        return EdgeAnswer(status=526)
    except OSError:
        return EdgeAnswer(status=525)
    finally:
        connection.close()
    with tls:
        try:
            tls.sendall(request)
            status = tls.recv(65536).split(b" ", 2)[1]
        except (OSError, IndexError):
            return EdgeAnswer(status=520)
    return EdgeAnswer(status=int(status), cache="DYNAMIC")


class _Edge(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    setup: Setup
    context: ssl.SSLContext


class _Visitor(socketserver.BaseRequestHandler):
    server: _Edge

    def handle(self) -> None:
        request = b""
        try:
            with self.server.context.wrap_socket(self.request, server_side=True) as tls:
                while b"\r\n\r\n" not in request:
                    piece = tls.recv(65536)
                    if not piece:
                        return
                    request += piece
                setup = self.server.setup
                warp = self.client_address[0].startswith(WARP)
                answers = {setup.host: fetched(setup, request)}
                tls.sendall(respond(request, answers, warp=warp))
        except OSError:
            return  # the visitor has gone


def main(file: str) -> None:
    setup = Setup(**json.loads(Path(file).read_text("utf-8")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(setup.certificate, setup.key)
    world = World(names={setup.host: Name(addresses=(setup.address,))})
    with DnsServer(world, setup.resolver, 53), _Edge((setup.address, 443), _Visitor) as edge:
        edge.setup, edge.context = setup, context
        edge.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
