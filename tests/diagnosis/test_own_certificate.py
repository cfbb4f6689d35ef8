"""Mutual TLS completed as the edge would complete it, and the origin's answer judged."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from cf525.diagnosis.options import Options
from cf525.errors import UsageError
from cf525.jobs.diagnose import diagnose
from cf525.lab.ca import Authority, Issued
from cf525.model import Report
from cf525.model.registry import TLS12, TLS13
from cf525.probe.reach import Reach, load_client_certificate
from tests.servers.inprocess import OpenSSLPeer, listening, openssl_context

HOST = "www.example.com"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
CA = Authority("Origin Pull CA")
STRANGER = Authority("Somebody Else's CA")


@contextmanager
def origin(version: int) -> Iterator[tuple[str, int]]:
    context = openssl_context(
        Authority().issue(HOST), versions=(version, version), client_ca=CA.certificate
    )
    with listening(lambda: OpenSSLPeer(context, answer=ANSWER)) as place:
        yield place


def report(place: tuple[str, int], folder: Path, issued: Issued | None) -> Report:
    reach = Reach()
    if issued is not None:
        (folder / "client.pem").write_bytes(issued.chain_pem)
        (folder / "client.key").write_bytes(issued.key_pem)
        own = load_client_certificate(folder / "client.pem", folder / "client.key")
        reach = Reach(client_certificate=own)
    options = Options(origins=(place,), mode="full", fetch=False, edge=False, reach=reach)
    return asyncio.run(diagnose(HOST, options))


@pytest.mark.parametrize("version", [TLS12, TLS13])
@pytest.mark.parametrize("kind", ["rsa2048", "p256", "p384"])
def test_the_right_certificate_completes_the_handshake(
    version: int, kind: str, tmp_path: Path
) -> None:
    with origin(version) as place:
        found = report(place, tmp_path, CA.issue("edge", kind=kind, purpose=CLIENT))
    assert (found.edge_status, found.headline) == ("ok", None)
    assert found.routes[0].client_certificate == "own"
    assert found.routes[0].provenance["client_certificate"].detail == "--client-cert"


@pytest.mark.parametrize(("version", "status"), [(TLS12, "525"), (TLS13, "520")])
def test_a_certificate_of_another_ca_is_refused_for_certain(
    version: int, status: str, tmp_path: Path
) -> None:
    with origin(version) as place:
        found = report(place, tmp_path, STRANGER.issue("edge", purpose=CLIENT))
    assert (found.edge_status, found.headline) == (status, "own-cert-refused")
    assert found.findings[0].confidence == "high"
    assert "Somebody Else's CA" in found.findings[0].explanation


@pytest.mark.parametrize(("version", "status"), [(TLS12, "525"), (TLS13, "520")])
def test_an_expired_certificate_is_named_as_such(version: int, status: str, tmp_path: Path) -> None:
    day = timedelta(days=1)
    late = CA.issue("edge", not_before=CA.now - 9 * day, not_after=CA.now - day, purpose=CLIENT)
    with origin(version) as place:
        found = report(place, tmp_path, late)
    assert (found.edge_status, found.headline) == (status, "aop-cert-expired")


def test_without_a_certificate_the_refusal_proves_nothing(tmp_path: Path) -> None:
    with origin(TLS12) as place:
        found = report(place, tmp_path, None)
    assert (found.edge_status, found.headline) == ("unknown", "client-cert-required")


def test_files_that_are_no_certificate_or_key_are_wrong_usage(tmp_path: Path) -> None:
    pem, key = tmp_path / "a.pem", tmp_path / "a.key"
    issued, other = CA.issue("edge"), CA.issue("edge", kind="p384")
    key.write_bytes(issued.key_pem)
    pem.write_bytes(b"nothing")
    for content in (b"nothing", issued.key_pem, other.pem):
        pem.write_bytes(content)
        with pytest.raises(UsageError):
            load_client_certificate(pem, key)
    pem.write_bytes(CA.issue("edge", kind="ed25519").pem)
    key.write_bytes(CA.issue("edge", kind="ed25519").key_pem)
    with pytest.raises(UsageError):
        load_client_certificate(pem, key)
    with pytest.raises(UsageError):
        load_client_certificate(tmp_path / "none", None)
