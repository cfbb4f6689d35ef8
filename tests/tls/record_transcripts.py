"""Records the transcripts under ``fixtures/transcripts`` from servers on this machine.

Run ``python -m tests.tls.record_transcripts [NAME ...]`` where the servers' packages are
installed; without names everything is recorded anew. Certificates are made on the spot.
"""

import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509 import ocsp

from cf525.lab.ca import Authority, Issued, new_key
from cf525.model import Ending
from cf525.model.registry import TLS10, TLS12, TLS13
from tests.servers import real
from tests.servers.inprocess import OpenSSLPeer, Peer, listening, openssl_context
from tests.servers.tlslite_peer import TlslitePeer
from tests.tls.conftest import NAME
from tests.tls.transcripts import DIRECTORY, Transcript, summary

REQUEST = f"GET / HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode()
TLS = (
    "listen PORT ssl; ssl_certificate chain.pem; ssl_certificate_key key.pem; "
    "ssl_protocols TLSv1.2 TLSv1.3;"
)
ONLY12 = TLS.replace(" TLSv1.3", "")
MUTUAL = "ssl_client_certificate ca.pem; ssl_verify_client on;"


@dataclass(frozen=True)
class Recording:
    """One server, as a command to start, and how it is asked. ``kind`` is the leaf's key."""

    name: str
    command: Callable[[Path, int], list[str]]
    profile: str = "cloudflare/supported"
    server_name: str | None = NAME
    kind: str = "rsa2048"
    request: bool = False


def _nginx(directives: str) -> Callable[[Path, int], list[str]]:
    return partial(real.nginx, directives=f"server {{ {directives} }}")


def _openssl(*options: str) -> Callable[[Path, int], list[str]]:
    return lambda directory, port: real.openssl(directory, port, *options)


def _gnutls(priority: str, *options: str) -> Callable[[Path, int], list[str]]:
    return lambda directory, port: real.gnutls(directory, port, priority, *options)


def _java(protocols: str, *suites: str) -> Callable[[Path, int], list[str]]:
    return lambda directory, port: real.java(directory, port, protocols, *suites)


def _go(low: int, high: int, *options: str) -> Callable[[Path, int], list[str]]:
    return lambda directory, port: real.go(directory, port, (low, high), *options)


OLD = ("-cipher", "ALL:@SECLEVEL=0")
RECORDINGS = [
    Recording("nginx-tls13", _nginx(TLS), "http/1.1", request=True),
    Recording("nginx-tls12", _nginx(ONLY12)),
    Recording("nginx-ecdsa", _nginx(TLS), kind="p256"),
    Recording("nginx-mutual-tls13", _nginx(f"{TLS} {MUTUAL}"), "http/1.1", request=True),
    Recording("nginx-mutual-tls12", _nginx(f"{ONLY12} {MUTUAL}"), "http/1.1", request=True),
    Recording("nginx-reject", _nginx("listen PORT ssl; ssl_reject_handshake on;")),
    Recording("nginx-plaintext", _nginx("listen PORT;")),
    Recording("nginx-proxy-protocol", _nginx(TLS.replace("ssl;", "ssl proxy_protocol;"))),
    Recording("nginx-ed25519", _nginx(TLS), kind="ed25519"),
    Recording("nginx-ed25519-permissive", _nginx(TLS), "permissive13", kind="ed25519"),
    Recording("apache-tls13", partial(real.apache, directives=""), "http/1.1", request=True),
    Recording("apache-tls12-only", partial(real.apache, directives="SSLProtocol TLSv1.2")),
    Recording("apache-tls11-seclevel", partial(real.apache, directives="SSLProtocol TLSv1.1")),
    Recording("haproxy-tls13", partial(real.haproxy, bind=""), "http/1.1", request=True),
    Recording(
        "haproxy-strict-sni", partial(real.haproxy, bind="strict-sni"), server_name="other.example"
    ),
    Recording("haproxy-mutual", partial(real.haproxy, bind="ca-file ca.pem verify required")),
    Recording("haproxy-dhe-only", partial(real.haproxy, bind="ssl-max-ver TLSv1.2 ciphers kDHE")),
    Recording(
        "haproxy-dhe-legacy",
        partial(real.haproxy, bind="ssl-max-ver TLSv1.2 ciphers kDHE"),
        "legacy",
    ),
    Recording("caddy-tls13", partial(real.caddy, name=NAME), "http/1.1", request=True),
    Recording("caddy-unknown-name", partial(real.caddy, name=NAME), server_name="other.example"),
    Recording("openssl-tls13", _openssl(), "cloudflare/off"),
    Recording("openssl-preferred", _openssl(), "cloudflare/preferred"),
    Recording("openssl-tls10", _openssl("-tls1", *OLD)),
    Recording("openssl-tls11-rsa", _openssl("-tls1_1", "-cipher", "AES256-SHA:@SECLEVEL=0")),
    Recording("openssl-tls12-cbc384", _openssl("-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384")),
    Recording("openssl-tls12-gcm-rsa", _openssl("-tls1_2", "-cipher", "AES128-GCM-SHA256")),
    Recording("openssl-retry-p384", _openssl("-groups", "P-384")),
    Recording("openssl-ocsp-tls13", _openssl("-status_file", "ocsp.der")),
    Recording("openssl-ocsp-tls12", _openssl("-status_file", "ocsp.der", "-tls1_2")),
    Recording("openssl-mutual-tls12", _openssl("-Verify", "1", "-CAfile", "ca.pem", "-tls1_2")),
    Recording("gnutls-tls13", _gnutls("NORMAL"), "http/1.1", request=True),
    Recording(
        "gnutls-tls10", _gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.0:%VERIFY_ALLOW_SIGN_WITH_SHA1")
    ),
    Recording(
        "gnutls-rc4", _gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+ARCFOUR-128"), "legacy"
    ),
    Recording(
        "gnutls-mutual", _gnutls("NORMAL", "--require-client-cert", "--x509cafile", "ca.pem")
    ),
    Recording("java-tls13", _java("TLSv1.3"), "http/1.1", request=True),
    Recording("java-tls12", _java("TLSv1.2")),
    Recording("java-ssl3", _java("SSLv3"), "ssl3"),
    Recording("java-3des", _java("TLSv1", "SSL_RSA_WITH_3DES_EDE_CBC_SHA")),
    Recording("go-tls13", _go(TLS13, TLS13), "http/1.1", request=True),
    Recording("go-tls10-rsa", _go(TLS10, TLS10, "47")),
    Recording("go-3des", _go(TLS12, TLS12, "10")),
    Recording("go-chacha-only", _go(TLS12, TLS12, "52392")),
    Recording("go-mutual-tls13", _go(TLS13, TLS13, "mutual"), "http/1.1"),
    Recording("go-alpn-mismatch", _go(TLS12, TLS13), "h2"),
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


def _write_files(directory: Path, leaf: Issued, ca: Authority, issuer: Authority) -> None:
    rest = b"".join(each.public_bytes(Encoding.PEM) for each in leaf.chain)
    for name, data in {
        "leaf.pem": leaf.pem,
        "rest.pem": rest,
        "chain.pem": leaf.chain_pem,
        "key.pem": leaf.key_pem,
        "ca.pem": ca.pem,
        "ocsp.der": _ocsp_response(leaf, issuer),
        "store.p12": pkcs12.serialize_key_and_certificates(
            b"origin",
            leaf.key,
            leaf.certificate,
            leaf.chain,
            BestAvailableEncryption(b"password"),
        ),
    }.items():
        (directory / name).write_bytes(data)


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


def _record_real(recording: Recording, directory: Path, ca: Authority, issuer: Authority) -> None:
    directory.mkdir()
    _write_files(directory, issuer.issue(NAME, kind=recording.kind), ca, issuer)
    port = real.free_port()
    try:
        with real.running(recording.command(directory, port), port, directory=directory):
            transcript = _record(
                recording.name,
                recording.profile,
                port,
                server_name=recording.server_name,
                request=recording.request,
            )
    except RuntimeError as error:
        log = (directory / "log").read_text(errors="replace")[-300:]
        print(f"{recording.name}: {error}: {log}", file=sys.stderr)
        return
    _save(recording.name, transcript)


def _save(name: str, transcript: Transcript) -> None:
    transcript.save(DIRECTORY / f"{name}.json")
    print(name, transcript.result)


def main(names: list[str]) -> None:
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    ca = Authority("Transcript Root CA")
    issuer = ca.intermediate("Transcript Issuing CA")
    leaf = issuer.issue(NAME, kind="rsa2048")
    with tempfile.TemporaryDirectory() as root:
        for recording in RECORDINGS:
            if not names or recording.name in names:
                _record_real(recording, Path(root) / recording.name, ca, issuer)
    for name, (profile, peer) in IN_PROCESS.items():
        if not names or name in names:
            with listening(partial(peer, leaf)) as (_, port):
                _save(name, _record(name, profile, port))


if __name__ == "__main__":
    main(sys.argv[1:])
