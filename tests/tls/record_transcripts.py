"""Records the transcripts under ``fixtures/transcripts`` from servers on this machine.

Run ``python -m tests.tls.record_transcripts [NAME ...]`` where the servers' packages are
installed; without names everything is recorded anew. Certificates are made on the spot.
"""

import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cf525.lab.ca import Authority, Issued, new_key
from cf525.model import Ending
from cf525.model.registry import TLS10, TLS12, TLS13
from tests.servers import real
from tests.servers.inprocess import OpenSSLPeer, Peer, listening, openssl_context
from tests.servers.real import Files
from tests.servers.tlslite_peer import TlslitePeer
from tests.tls.conftest import NAME
from tests.tls.transcripts import DIRECTORY, Transcript, summary

Serving = AbstractContextManager[int]
REQUEST = f"GET / HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode()
TLS = "ssl_protocols TLSv1.2 TLSv1.3;"
ONLY12 = "ssl_protocols TLSv1.2;"


class Servers:
    """What is recorded: each server with a leaf of this kind, in a folder of its own."""

    def __init__(self, files: Files, programs: Path, kind: str) -> None:
        self.files, self.programs, self.kind = files, programs, kind

    def nginx(self, extra: str, listen: str = "ssl") -> Serving:
        block = real.site(self.files, self._issued(), extra, name=NAME, listen=listen)
        return real.nginx(self.files, block)

    def nginx_mutual(self, extra: str) -> Serving:
        ca = f"ssl_client_certificate {self.files.trust}; ssl_verify_client on;"
        return self.nginx(f"{extra} {ca}")

    def bare_nginx(self, directives: str) -> Serving:
        return real.nginx(self.files, f"server {{ {directives} }}")

    def apache(self, extra: str = "") -> Serving:
        return real.apache(self.files, real.vhost(self.files, self._issued(), extra, name=NAME))

    def haproxy(self, bind: str = "") -> Serving:
        return real.haproxy(self.files, f"ssl crt {self.files.bundle(self._issued())} {bind}")

    def haproxy_mutual(self) -> Serving:
        return self.haproxy(f"ca-file {self.files.trust} verify required")

    def caddy(self) -> Serving:
        return real.caddy(self.files, NAME, kind=self.kind)

    def openssl(self, *options: str) -> Serving:
        return real.s_server(self.files, *options, kind=self.kind, name=NAME)

    def openssl_mutual(self, *options: str) -> Serving:
        return self.openssl("-Verify", "1", "-CAfile", str(self.files.trust), *options)

    def openssl_ocsp(self, *options: str) -> Serving:
        issued = self._issued()
        certificate, key = self.files.pair(issued, "stapled")
        status = self.files.write("ocsp.der", _ocsp_response(issued, self.files.authority))
        pair = ("-cert", str(certificate), "-key", str(key))
        return self.openssl(*pair, "-status_file", str(status), *options)

    def gnutls(self, priority: str, *options: str) -> Serving:
        return real.gnutls(self.files, "--priority", priority, *options, kind=self.kind)

    def gnutls_mutual(self) -> Serving:
        ca = str(self.files.trust)
        return self.gnutls("NORMAL", "--require-client-cert", "--x509cafile", ca)

    def java(self, *options: str) -> Serving:
        return real.java(self.files, real.java_server(self.programs), *options)

    def go(self, version: int | None, *options: str) -> Serving:
        said = () if version is None else (f"version={version}",)
        binary = real.go_server(self.programs)
        return real.go(self.files, binary, *said, *options, name=NAME, kind=self.kind)

    def _issued(self) -> Issued:
        return self.files.authority.issue(NAME, kind=self.kind)


@dataclass(frozen=True)
class Recording:
    """One server to start, and how it is asked. ``kind`` is the leaf's key."""

    name: str
    serving: Callable[[Servers], Serving]
    profile: str = "cloudflare/supported"
    server_name: str | None = NAME
    kind: str = "rsa2048"
    request: bool = False


OLD = ("-cipher", "ALL:@SECLEVEL=0")
RECORDINGS = [
    Recording("nginx-tls13", lambda s: s.nginx(TLS), "http/1.1", request=True),
    Recording("nginx-tls12", lambda s: s.nginx(ONLY12)),
    Recording("nginx-ecdsa", lambda s: s.nginx(TLS), kind="p256"),
    Recording("nginx-mutual-tls13", lambda s: s.nginx_mutual(TLS), "http/1.1", request=True),
    Recording("nginx-mutual-tls12", lambda s: s.nginx_mutual(ONLY12), "http/1.1", request=True),
    Recording(
        "nginx-reject",
        lambda s: s.bare_nginx("listen 127.0.0.1:PORT ssl; ssl_reject_handshake on;"),
    ),
    Recording("nginx-plaintext", lambda s: s.bare_nginx("listen 127.0.0.1:PORT;")),
    Recording("nginx-proxy-protocol", lambda s: s.nginx(TLS, listen="ssl proxy_protocol")),
    Recording("nginx-ed25519", lambda s: s.nginx(TLS), kind="ed25519"),
    Recording("nginx-ed25519-permissive", lambda s: s.nginx(TLS), "permissive13", kind="ed25519"),
    Recording("apache-tls13", lambda s: s.apache(), "http/1.1", request=True),
    Recording("apache-tls12-only", lambda s: s.apache("SSLProtocol TLSv1.2")),
    Recording("apache-tls11-seclevel", lambda s: s.apache("SSLProtocol TLSv1.1")),
    Recording("haproxy-tls13", lambda s: s.haproxy(), "http/1.1", request=True),
    Recording("haproxy-strict-sni", lambda s: s.haproxy("strict-sni"), server_name="other.example"),
    Recording("haproxy-mutual", lambda s: s.haproxy_mutual()),
    Recording("haproxy-dhe-only", lambda s: s.haproxy("ssl-max-ver TLSv1.2 ciphers kDHE")),
    Recording(
        "haproxy-dhe-legacy",
        lambda s: s.haproxy("ssl-max-ver TLSv1.2 ciphers kDHE"),
        "legacy",
    ),
    Recording("caddy-tls13", lambda s: s.caddy(), "http/1.1", request=True),
    Recording("caddy-unknown-name", lambda s: s.caddy(), server_name="other.example"),
    Recording("openssl-tls13", lambda s: s.openssl(), "cloudflare/off"),
    Recording("openssl-preferred", lambda s: s.openssl(), "cloudflare/preferred"),
    Recording("openssl-tls10", lambda s: s.openssl("-tls1", *OLD)),
    Recording(
        "openssl-tls11-rsa", lambda s: s.openssl("-tls1_1", "-cipher", "AES256-SHA:@SECLEVEL=0")
    ),
    Recording(
        "openssl-tls12-cbc384", lambda s: s.openssl("-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384")
    ),
    Recording(
        "openssl-tls12-gcm-rsa", lambda s: s.openssl("-tls1_2", "-cipher", "AES128-GCM-SHA256")
    ),
    Recording("openssl-retry-p384", lambda s: s.openssl("-groups", "P-384")),
    Recording("openssl-ocsp-tls13", lambda s: s.openssl_ocsp()),
    Recording("openssl-ocsp-tls12", lambda s: s.openssl_ocsp("-tls1_2")),
    Recording("openssl-mutual-tls12", lambda s: s.openssl_mutual("-tls1_2")),
    Recording("gnutls-tls13", lambda s: s.gnutls("NORMAL"), "http/1.1", request=True),
    Recording(
        "gnutls-tls10",
        lambda s: s.gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.0:%VERIFY_ALLOW_SIGN_WITH_SHA1"),
    ),
    Recording(
        "gnutls-rc4",
        lambda s: s.gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+ARCFOUR-128"),
        "legacy",
    ),
    Recording("gnutls-mutual", lambda s: s.gnutls_mutual()),
    Recording("java-tls13", lambda s: s.java("protocols=TLSv1.3"), "http/1.1", request=True),
    Recording("java-tls12", lambda s: s.java("protocols=TLSv1.2")),
    Recording("java-ssl3", lambda s: s.java("protocols=SSLv3"), "ssl3"),
    Recording(
        "java-3des", lambda s: s.java("protocols=TLSv1", "suites=SSL_RSA_WITH_3DES_EDE_CBC_SHA")
    ),
    Recording("go-tls13", lambda s: s.go(TLS13, "alpn=http/1.1"), "http/1.1", request=True),
    Recording("go-tls10-rsa", lambda s: s.go(TLS10, "alpn=http/1.1", "suite=47")),
    Recording("go-3des", lambda s: s.go(TLS12, "alpn=http/1.1", "suite=10")),
    Recording("go-chacha-only", lambda s: s.go(TLS12, "alpn=http/1.1", "suite=52392")),
    Recording("go-mutual-tls13", lambda s: s.go(TLS13, "alpn=http/1.1", "mutual"), "http/1.1"),
    Recording("go-alpn-mismatch", lambda s: s.go(None, "alpn=http/1.1"), "h2"),
]

WRONG_KEY = new_key("rsa2048")


def _wrong_key(version: int, *exchanges: str) -> Callable[[Issued], Peer]:
    return lambda leaf: TlslitePeer(
        leaf, versions=(version, version), key=WRONG_KEY, key_exchanges=exchanges or None
    )


def _groups(groups: str) -> Callable[[Issued], Peer]:
    return lambda leaf: OpenSSLPeer(openssl_context(leaf, groups=groups))


IN_PROCESS: dict[str, tuple[str, Callable[[Issued], Peer]]] = {
    "tlslite-wrong-key-tls13": ("cloudflare/off", _wrong_key(TLS13)),
    "tlslite-wrong-key-ecdhe": ("cloudflare/off", _wrong_key(TLS12, "ecdhe_rsa")),
    "tlslite-wrong-key-rsa": ("cloudflare/off", _wrong_key(TLS12, "rsa")),
    "wheel-post-quantum-shared": ("cloudflare/preferred", _groups("X25519MLKEM768")),
    "wheel-post-quantum-retried": ("cloudflare/supported", _groups("X25519MLKEM768")),
    "wheel-x448-only": ("cloudflare/off", _groups("X448")),
    "wheel-x448-permissive": ("permissive13", _groups("X448")),
}


def _ocsp_response(leaf: Issued, issuer: Authority) -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf.certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=issuer.now,
        next_update=issuer.now + timedelta(days=7),
        revocation_time=None,
        revocation_reason=None,
    )
    named = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    return named.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _record(
    name: str, profile: str, port: int, *, server_name: str | None = NAME, request: bool = False
) -> Transcript:
    """One connection, quiet for a third of a second at its end."""
    seed = f"transcript {name}"
    transcript = Transcript(
        made=f"python -m tests.tls.record_transcripts {name}",
        profile=profile,
        seed=seed,
        server_name=server_name,
        events=(),
        result={},
    )
    client = transcript.client()
    events: list[tuple[str, str]] = []
    asked = not request
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        client.start(0.0)
        while True:
            if client.established and not asked:
                asked = True
                client.send(REQUEST, 0.0)
                events.append(("!", REQUEST.hex()))
            if data := client.data_to_send():
                events.append((">", data.hex()))
                _send(connection, data)
            if client.ended is not None:
                break
            connection.settimeout(0.4 if client.established else 3)
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                events.append(("x", "timeout"))
                client.peer_closed(Ending.TIMEOUT, 0.0)
                break
            except ConnectionResetError:
                events.append(("x", "reset"))
                client.peer_closed(Ending.RESET, 0.0)
                break
            if not answer:
                events.append(("x", "eof"))
                client.peer_closed(Ending.EOF, 0.0)
                break
            events.append(("<", answer.hex()))
            client.receive(answer, 0.0)
    return replace(transcript, events=tuple(events), result=summary(client.handshake()))


def _send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except OSError:  # the server has gone; what it sent before is still to be read
        return


def _record_real(recording: Recording, folder: Path, programs: Path) -> None:
    folder.mkdir()
    servers = Servers(Files(folder, "Transcript"), programs, recording.kind)
    try:
        with recording.serving(servers) as port:
            transcript = _record(
                recording.name,
                recording.profile,
                port,
                server_name=recording.server_name,
                request=recording.request,
            )
    except pytest.fail.Exception as error:
        print(f"{recording.name}: {error}", file=sys.stderr)
        return
    _save(recording.name, transcript)


def _save(name: str, transcript: Transcript) -> None:
    transcript.save(DIRECTORY / f"{name}.json")
    print(name, transcript.result)


def main(names: list[str]) -> None:
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    issuer = Authority("Transcript Root CA").intermediate("Transcript Intermediate CA")
    leaf = issuer.issue(NAME, kind="rsa2048")
    with tempfile.TemporaryDirectory() as root:
        programs = Path(root) / "programs"
        programs.mkdir()
        for recording in RECORDINGS:
            if not names or recording.name in names:
                _record_real(recording, Path(root) / recording.name, programs)
    for name, (profile, peer) in IN_PROCESS.items():
        if not names or name in names:
            with listening(partial(peer, leaf)) as (_, port):
                _save(name, _record(name, profile, port))


if __name__ == "__main__":
    main(sys.argv[1:])
