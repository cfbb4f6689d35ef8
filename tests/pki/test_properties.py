"""Whatever bytes a server sends, there is a verdict and never an exception."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cf525.model import KeyProof
from cf525.pki import TrustStore, certificate, facts, judge, keys
from cf525.pki.certificate import Malformed, parse
from tests.pki import forge
from tests.pki.forge import AT, HOST, INTERMEDIATE_DER, LEAF_DER, ROOT_DER

TRUST = TrustStore.of(ROOT_DER)


@given(st.lists(st.binary(max_size=80), max_size=4))
def test_random_bytes_give_a_verdict(sent: list[bytes]) -> None:
    verdict = judge(sent, names=(HOST,), at=AT, trust=TRUST)
    assert verdict.accepted is False
    assert len(verdict.certificates) == len(sent)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from((LEAF_DER, INTERMEDIATE_DER)),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=4),
    st.booleans(),
)
def test_damaged_certificates_give_a_verdict(
    sound: bytes, changes: list[tuple[int, int]], first: bool
) -> None:
    damaged = bytearray(sound)
    for place, octet in changes:
        damaged[place % len(damaged)] = octet
    sent = [bytes(damaged), INTERMEDIATE_DER] if first else [LEAF_DER, bytes(damaged)]
    verdict = judge(sent, names=(HOST,), at=AT, trust=TRUST)
    assert verdict.accepted in (True, False)
    assert verdict.accepted is False or verdict.path


@given(st.binary(max_size=60), st.sampled_from(range(19)))
def test_random_extension_values_give_a_verdict(value: bytes, place: int) -> None:
    kinds = ("15", "17", "19", "37", "14", "35", "30", "31", "32", "33", "36", "54", "18", "9")
    kind = f"2.5.29.{kinds[place % len(kinds)]}"
    encoded = forge.leaf(extensions=[*forge.leaf_extensions(), forge.ext(kind, value)])
    verdict = judge((encoded, INTERMEDIATE_DER), names=(HOST,), at=AT, trust=TRUST)
    assert verdict.accepted in (True, False)


@given(st.binary(max_size=200))
def test_only_malformed_is_raised_by_the_parser(value: bytes) -> None:
    for encoded in (value, forge.seq(value), forge.seq(forge.seq(value))):
        with suppress(Malformed):
            assert parse(encoded).encoded == encoded


@given(st.sampled_from((LEAF_DER, INTERMEDIATE_DER, ROOT_DER)), st.integers(1, 300))
def test_the_verdict_is_the_same_every_time(sound: bytes, cut: int) -> None:
    sent = (LEAF_DER, sound[:-cut], INTERMEDIATE_DER)
    first = judge(sent, names=(HOST,), at=AT, trust=TRUST)
    assert judge(sent, names=(HOST,), at=AT, trust=TRUST) == first


def test_a_key_that_was_not_proved_fails_the_handshake() -> None:
    sent = (LEAF_DER, INTERMEDIATE_DER)
    failed = judge(sent, names=(), at=AT, trust=TRUST, key_proof=KeyProof.FAILED)
    proved = judge(sent, names=(), at=AT, trust=TRUST, key_proof=KeyProof.PROVED)
    assert failed.has("key_mismatch")
    assert (failed.accepted, proved.accepted) == (False, True)


def test_the_first_decisive_defect_is_the_one_the_edge_meets_first() -> None:
    expired = forge.leaf(
        not_after=forge.utc(AT),
        extensions=forge.leaf_extensions(usage=forge.usage("encipher")),
    )
    sent = (expired, INTERMEDIATE_DER)

    def codes(tls_version: int) -> list[str]:
        verdict = judge(
            sent,
            names=(),
            at=AT,
            trust=TRUST,
            tls_version=tls_version,
            key_proof=KeyProof.FAILED,
        )
        return [each.code for each in verdict.decisive]

    assert codes(0x0304) == ["ku_no_digsig", "expired", "key_mismatch"]
    assert codes(0x0303)[0] == "expired"


@pytest.mark.parametrize(("number", "expected"), [(-5, "-05"), (0, "00"), (0xABCD, "abcd")])
def test_serial_numbers_are_written_as_openssl_writes_them(number: int, expected: str) -> None:
    assert facts.describe(forge.leaf(serial=forge.integer(number)), 0).serial == expected


def test_the_facts_of_a_certificate_are_told() -> None:
    san = forge.san(HOST, forge.ip(bytes((192, 0, 2, 1))), forge.ip(bytes(5)))
    encoded = forge.leaf(extensions=forge.leaf_extensions(san=san))
    found = facts.describe(encoded, 3)
    assert (found.index, found.common_name, found.dns_names) == (3, HOST, (HOST,))
    assert found.ip_names == ("192.0.2.1", "0000000000")
    assert (found.key, found.signature) == ("EC P-256", "ECDSA SHA-256")
    assert found.not_after is not None
    assert not found.is_ca
    old = facts.describe(forge.leaf(not_before=forge.tlv(0x18, b"00000101000000Z")), 0)
    assert old.not_before is None


def test_of_many_leaves_of_one_ca_only_the_leaves_are_read_and_verified_each_time() -> None:
    leaves = [forge.leaf(serial=forge.integer(number)) for number in range(1000, 1200)]
    remembered = (certificate._remembered, keys._remembered)
    before = [each.cache_info().misses for each in remembered]
    for encoded in leaves:
        judge((encoded, INTERMEDIATE_DER), names=(HOST,), at=AT, trust=TRUST)
    for each, misses in zip(remembered, before, strict=True):
        assert len(leaves) <= each.cache_info().misses - misses <= len(leaves) + 4
