"""Recorded handshakes of real servers, replayed, and the status each one leads to in Full.

A wrong "ok" or a wrong 525 here would be a wrong answer in an outage.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cf525.edge.status import edge_status
from cf525.model import Ending, Observation, Route
from tests.tls.transcripts import Transcript, play

FOLDER = Path(__file__).parents[2] / "fixtures" / "transcripts"

ROUTE = Route(
    id="r1", mode="full", scheme="https", address="203.0.113.7", port=443,
    sni="www.example.com", host_header="www.example.com", client_certificate="none",
)  # fmt: skip

STATUSES = {
    "apache-tls11-seclevel": "525",
    "apache-tls12-only": "ok",
    "caddy-unknown-name": "525",
    "gnutls-mutual": "520",
    "gnutls-tls10": "ok",
    "go-3des": "unknown",
    "go-chacha-only": "525",
    "go-tls10-rsa": "ok",
    "haproxy-dhe-only": "525",
    "haproxy-mutual": "520",
    "haproxy-strict-sni": "525",
    "java-3des": "ok",
    "java-tls12": "ok",
    "nginx-ecdsa": "ok",
    "nginx-ed25519": "525",
    "nginx-plaintext": "525",
    "nginx-proxy-protocol": "525",
    "nginx-reject": "525",
    "nginx-tls12": "ok",
    "openssl-mutual-tls12": "525",
    "openssl-ocsp-tls12": "ok",
    "openssl-ocsp-tls13": "ok",
    "openssl-preferred": "ok",
    "openssl-retry-p384": "ok",
    "openssl-tls10": "ok",
    "openssl-tls11-rsa": "ok",
    "openssl-tls12-cbc384": "ok",
    "openssl-tls12-gcm-rsa": "ok",
    "openssl-tls13": "ok",
    "tlslite-wrong-key-ecdhe": "525",
    "tlslite-wrong-key-rsa": "525",
    "tlslite-wrong-key-tls13": "525",
    "wheel-post-quantum-retried": "ok",
    "wheel-post-quantum-shared": "ok",
    "wheel-x448-only": "525",
}


def status_of(name: str) -> str:
    transcript = Transcript.load(FOLDER / f"{name}.json")
    client, _ = play(transcript)
    tls = client.handshake()
    ending = tls.ending or Ending.DONE
    if tls.established_at is not None and ending is Ending.TIMEOUT:
        ending = Ending.DONE  # what was recorded is the handshake: nothing was asked behind it
    seen = Observation(
        id="o1", route="r1", profile=transcript.profile, variation=None, address="203.0.113.7",
        port=443, sni="www.example.com", started_at=datetime.now(UTC), stage=tls.stage,
        ending=ending, detail=tls.detail, server_hello=tls.server_hello,
        alerts=tls.alerts, certificates=tls.certificates,
        certificate_request=tls.certificate_request, key_proof=tls.key_proof, notes=tls.notes,
        plaintext=tls.plaintext, bytes_received=tls.bytes_received,
    )  # fmt: skip
    return edge_status(ROUTE, seen, None).status


def names() -> list[str]:
    found = (Transcript.load(path) for path in sorted(FOLDER.glob("*.json")))
    return [
        path.stem
        for path, transcript in zip(sorted(FOLDER.glob("*.json")), found, strict=True)
        if transcript.profile.startswith("cloudflare/")
    ]


@pytest.mark.parametrize("name", names())
def test_a_recorded_server_gets_its_status(name: str) -> None:
    assert status_of(name) == STATUSES[name]
