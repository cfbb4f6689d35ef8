"""Certificates and clients for the TLS tests."""

import hashlib
from collections.abc import Callable

import pytest

from cf525.edge.profile import ClientProfile, cloudflare
from cf525.lab.ca import Authority, Issued
from cf525.tls import ClientCertificate, Limits, TlsClient
from cf525.tls.limits import LIMITS

NAME = "www.example.com"


def seeded(seed: str = "seed") -> Callable[[int], bytes]:
    """Reproducible randomness: SHAKE-256 over the seed and a counter."""
    counter = 0

    def draw(length: int) -> bytes:
        nonlocal counter
        counter += 1
        return hashlib.shake_256(f"{seed}/{counter}".encode()).digest(length)

    return draw


def make_client(
    profile: ClientProfile | None = None,
    *,
    server_name: str | None = NAME,
    limits: Limits = LIMITS,
    client_certificate: ClientCertificate | None = None,
    seed: str = "seed",
) -> TlsClient:
    return TlsClient(
        profile or cloudflare(),
        server_name,
        random=seeded(seed),
        limits=limits,
        client_certificate=client_certificate,
    )


@pytest.fixture(scope="session")
def ca() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def issuing_ca(ca: Authority) -> Authority:
    return ca.intermediate()


@pytest.fixture(scope="session")
def rsa_leaf(issuing_ca: Authority) -> Issued:
    return issuing_ca.issue(NAME, kind="rsa2048")


@pytest.fixture(scope="session")
def ecdsa_leaf(issuing_ca: Authority) -> Issued:
    return issuing_ca.issue(NAME, kind="p256")
