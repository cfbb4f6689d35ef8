"""Handshakes with tlslite-ng: SSLv3, RC4, 3DES, and servers without the certificate's key."""

from typing import Any

import pytest

from cf525.lab.ca import Issued, new_key
from cf525.model import Ending, KeyProof, Stage
from cf525.model.registry import SSL3, TLS10, TLS11, TLS12, TLS13
from cf525.tls import Handshake, profiles
from tests.servers.inprocess import converse
from tests.servers.tlslite_peer import TlslitePeer
from tests.tls.conftest import make_client

WRONG_KEY = new_key("rsa2048")


def _talk(leaf: Issued, profile: Any = None, **options: Any) -> Handshake:
    client = make_client(profile)
    converse(client, TlslitePeer(leaf, **options))
    return client.handshake()


@pytest.mark.parametrize("exchange", ["rsa", "dhe_rsa", "ecdhe_rsa"])
def test_ssl3_is_followed_as_far_as_the_chain(exchange: str, rsa_leaf: Issued) -> None:
    seen = _talk(rsa_leaf, profiles.ssl3(), versions=(SSL3, SSL3), key_exchanges=[exchange])
    assert (seen.ending, seen.detail) == (Ending.NOT_COMPLETED, "ssl3")
    assert seen.stage is Stage.SERVER_FLIGHT
    assert seen.server_hello is not None
    assert seen.server_hello.version == SSL3
    assert seen.certificates == rsa_leaf.chain_der
    assert not any(note.rejects for note in seen.notes)


@pytest.mark.parametrize("exchange", ["rsa", "dhe_rsa", "ecdhe_rsa"])
def test_rc4_is_followed_as_far_as_the_chain(exchange: str, rsa_leaf: Issued) -> None:
    seen = _talk(
        rsa_leaf,
        profiles.legacy(),
        versions=(TLS12, TLS12),
        ciphers=["rc4"],
        macs=["sha", "md5"],
        key_exchanges=[exchange],
    )
    if exchange == "dhe_rsa":  # there is no such suite
        assert seen.ending is Ending.ALERT
        return
    assert (seen.ending, seen.detail) == (Ending.NOT_COMPLETED, "suite")
    assert seen.certificates == rsa_leaf.chain_der


@pytest.mark.parametrize("version", [TLS10, TLS11, TLS12])
@pytest.mark.parametrize("exchange", ["rsa", "ecdhe_rsa"])
def test_triple_des_is_finished(version: int, exchange: str, rsa_leaf: Issued) -> None:
    seen = _talk(
        rsa_leaf,
        profiles.legacy(),
        versions=(version, version),
        ciphers=["3des"],
        macs=["sha"],
        key_exchanges=[exchange],
    )
    assert seen.stage is Stage.ESTABLISHED
    assert seen.ending is None


@pytest.mark.parametrize("version", [TLS10, TLS12, TLS13])
def test_server_without_the_key_fails_its_signature(version: int, rsa_leaf: Issued) -> None:
    exchanges = ["ecdhe_rsa"] if version != TLS13 else None
    seen = _talk(rsa_leaf, versions=(version, version), key=WRONG_KEY, key_exchanges=exchanges)
    assert seen.key_proof is KeyProof.FAILED
    assert (seen.ending, seen.detail) == (Ending.PROTOCOL_ERROR, "key_mismatch")
    assert seen.stage is Stage.CERTIFICATE
    assert seen.certificates == rsa_leaf.chain_der
    sent = seen.alerts[-1]
    assert (sent.direction, sent.level, sent.description) == ("sent", 2, 51)
    assert sent.encrypted is (version == TLS13)


@pytest.mark.parametrize("version", [TLS10, TLS11, TLS12])
def test_static_rsa_server_without_the_key_says_bad_record_mac(
    version: int, rsa_leaf: Issued
) -> None:
    seen = _talk(rsa_leaf, versions=(version, version), key=WRONG_KEY, key_exchanges=["rsa"])
    assert seen.key_proof is KeyProof.FAILED
    assert seen.ending is Ending.ALERT
    assert seen.stage is Stage.FINISHED_SENT
    assert seen.alerts[-1].description == 20
    assert seen.certificates == rsa_leaf.chain_der
