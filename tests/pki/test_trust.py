"""Which anchors count: Cloudflare's list, Origin CA, stand-ins, files, the zone's own."""

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certifi
import pytest

from cf525.errors import UsageError
from cf525.lab.ca import Authority
from cf525.model import ChainVerdict, Confidence, DefectClass
from cf525.net import trust_list
from cf525.pki import TrustStore, bundles, client_ca_mistake, judge, listed, origin_ca, trust
from cf525.pki.certificate import Certificate, moment, parse
from tests.pki import forge
from tests.pki.forge import AT, HOST, INTERMEDIATE_DER, LEAF_DER, ROOT_DER

NOWHERE = Path("/nonexistent/list")


def data_files(*names: str) -> list[Path]:
    """Cloudflare's published files where CF525_DATA names their folder; nothing elsewhere."""
    folder = Path(os.environ.get("CF525_DATA", "/nonexistent"))
    return [folder / name for name in names if (folder / name).is_file()]


def pem(*certificates: bytes) -> bytes:
    from base64 import encodebytes

    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + encodebytes(each) + b"-----END CERTIFICATE-----\n"
        for each in certificates
    )


def verdict(store: TrustStore, *sent: bytes) -> ChainVerdict:
    return judge(sent, names=(HOST,), at=AT, trust=store)


@pytest.fixture
def without_list() -> TrustStore:
    return TrustStore.load_default(published=NOWHERE)


@pytest.fixture
def with_list(tmp_path: Path) -> TrustStore:
    path = tmp_path / "list.crt"
    path.write_bytes(pem(ROOT_DER))
    return TrustStore.load_default(published=path)


def test_a_root_on_the_list_is_trusted(with_list: TrustStore) -> None:
    found = verdict(with_list, LEAF_DER, INTERMEDIATE_DER)
    assert found.accepted is True
    assert found.anchor == f"Test Root ({trust.PUBLISHED})"
    assert found.trust[0].startswith(trust.PUBLISHED)
    assert found.browsers == "refuse"


def test_with_the_list_an_unknown_root_is_surely_refused(with_list: TrustStore) -> None:
    other = Authority("Other", now=AT)
    issued = other.issue(HOST)
    found = verdict(with_list, *issued.chain_der, other.der)
    assert (found.accepted, found.confidence) == (False, Confidence.HIGH)
    assert found.has("untrusted_root")


def test_without_the_list_an_unknown_root_is_likely_refused(without_list: TrustStore) -> None:
    found = verdict(without_list, LEAF_DER, INTERMEDIATE_DER, ROOT_DER)
    defect = found.defect("untrusted_root")
    assert defect is not None
    assert defect.kind is DefectClass.LIKELY
    assert (found.accepted, found.confidence) == (False, Confidence.MEDIUM)
    assert listed.RELEASE in defect.text


def test_without_the_list_a_root_nobody_saw_cannot_be_judged(without_list: TrustStore) -> None:
    found = verdict(without_list, LEAF_DER, INTERMEDIATE_DER)
    assert (found.accepted, found.confidence) == (None, Confidence.LOW)
    assert found.has("untrusted_issuer")


def test_without_the_list_other_defects_still_decide(without_list: TrustStore) -> None:
    found = judge((LEAF_DER, INTERMEDIATE_DER), names=("other.example",), at=AT, trust=without_list)
    assert (found.accepted, found.confidence) == (False, Confidence.HIGH)


def test_without_the_list_a_leaf_alone_is_refused(without_list: TrustStore) -> None:
    found = verdict(without_list, LEAF_DER)
    assert (found.accepted, found.confidence) == (False, Confidence.MEDIUM)
    assert found.has("untrusted_issuer")
    assert "cf525 trust update" in found.doubt


def test_a_self_signed_leaf_is_refused_whatever_is_at_hand(without_list: TrustStore) -> None:
    own = Authority(now=AT).self_signed(HOST)
    found = verdict(without_list, own.der)
    assert (found.accepted, found.confidence) == (False, Confidence.HIGH)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """certifi's file replaced by one with the test root, and no store of the system."""
    path = tmp_path / "certifi.pem"
    path.write_bytes(pem(ROOT_DER))
    monkeypatch.setattr(certifi, "where", lambda: str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


def test_a_root_only_browsers_know_is_likely_refused(stand_in: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.crt"
    path.write_bytes(pem(Authority("Listed", now=AT).der))
    for published in (path, NOWHERE):
        found = verdict(TrustStore.load_default(published=published), LEAF_DER, INTERMEDIATE_DER)
        defect = found.defect("root_not_in_cf_list")
        assert defect is not None
        assert defect.kind is DefectClass.LIKELY
        assert (found.accepted, found.confidence) == (False, Confidence.MEDIUM)
        assert found.browsers


def listing_the_test_root(store: TrustStore) -> TrustStore:
    return replace(store, is_listed=lambda digest: digest == parse(ROOT_DER).spki_sha256)


def test_a_stand_in_counts_when_its_key_is_listed(stand_in: Path) -> None:
    store = listing_the_test_root(TrustStore.load_default(published=NOWHERE))
    found = verdict(store, LEAF_DER, INTERMEDIATE_DER)
    assert (found.accepted, found.confidence) == (True, Confidence.HIGH)
    assert found.anchor == f"Test Root ({trust.CERTIFI})"


def test_a_listed_root_that_was_sent_counts_by_its_key() -> None:
    store = listing_the_test_root(TrustStore.load_default(published=NOWHERE, stand_ins=False))
    found = verdict(store, LEAF_DER, INTERMEDIATE_DER, ROOT_DER)
    assert found.accepted is True
    assert "by its key" in (found.anchor or "")


def test_files_of_the_user_are_added(tmp_path: Path) -> None:
    path = tmp_path / "mine.pem"
    path.write_bytes(pem(ROOT_DER))
    store = TrustStore.load_default([path], published=NOWHERE)
    assert verdict(store, LEAF_DER, INTERMEDIATE_DER).accepted is True
    only = TrustStore.load_default([str(path)], only=True)
    assert only.names == (str(path),)
    assert only.complete
    assert verdict(only, LEAF_DER, INTERMEDIATE_DER).browsers == ""


@pytest.mark.parametrize("content", [None, b"", b"no certificate", pem(b"\x30\x03\x02\x01\x00")])
def test_a_trust_file_without_certificates_is_a_wrong_usage(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "mine.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError):
        TrustStore.load_default([path])


def test_only_without_files_is_a_wrong_usage() -> None:
    with pytest.raises(UsageError):
        TrustStore.load_default(only=True)


def test_the_zones_own_store_takes_the_place_of_all_public_cas(stand_in: Path) -> None:
    own = Authority("Zone Root", now=AT)
    store = TrustStore.load_default(zone=[pem(own.der)], published=NOWHERE)
    assert verdict(store, *own.issue(HOST).chain_der).accepted is True
    public = verdict(store, LEAF_DER, INTERMEDIATE_DER)
    assert public.accepted is False
    found = public.defect("untrusted_root")
    assert found is not None
    assert "Custom Origin Trust Store" in found.text
    assert store.names[0] == trust.ZONE


def test_published_roots_beat_those_of_the_user(tmp_path: Path) -> None:
    expired = forge.root(not_after=forge.utc(datetime(2026, 1, 1, tzinfo=UTC)))
    mine, published = tmp_path / "mine.pem", tmp_path / "list.pem"
    mine.write_bytes(pem(ROOT_DER))
    published.write_bytes(pem(expired))
    store = TrustStore.load_default([mine], published=published)
    assert verdict(store, LEAF_DER, INTERMEDIATE_DER).has("expired_ca")


def test_anchors_that_cannot_be_read_are_left_out() -> None:
    broken = trust.Anchor("x", parse(ROOT_DER).subject.encoded, b"", b"\x30\x00")
    misnamed = trust.Anchor("x", b"\x31\x00", b"", b"")
    index = trust.Index([broken, misnamed])
    assert index.named(parse(ROOT_DER).subject.canonical) == []
    assert index.size == 1


# -- Origin CA ---------------------------------------------------------------------------------


OUR_ORIGIN_ROOT = replace(origin_ca.roots()[0], spki=forge.spki(forge.key("origin ca")))


def trusting_our_origin_root(**changes: Any) -> TrustStore:
    """A store whose Origin CA root has a key of ours in place of Cloudflare's."""
    store = TrustStore.load_default(published=NOWHERE, **changes)
    return replace(store, origin_roots=(OUR_ORIGIN_ROOT,))


def origin_leaf(**changes: Any) -> bytes:
    key_id = bytes.fromhex("24e853575d7c344087a9eb94dbbae11678fc29a4")
    return forge.leaf(
        issuer=OUR_ORIGIN_ROOT.subject.encoded,
        signer=forge.key("origin ca"),
        extensions=forge.leaf_extensions(aki=forge.aki(key_id)),
        **changes,
    )


def test_an_origin_ca_leaf_needs_nothing_else() -> None:
    found = verdict(trusting_our_origin_root(), origin_leaf())
    assert (found.accepted, found.confidence) == (True, Confidence.HIGH)
    assert found.has("cloudflare_origin_ca")
    assert found.anchor == f"CloudFlare Origin SSL Certificate Authority ({trust.ORIGIN_CA})"
    assert "by its key only" in found.second_opinion


def test_origin_ca_beside_a_zones_own_store_is_less_sure() -> None:
    found = verdict(trusting_our_origin_root(zone=[pem(ROOT_DER)]), origin_leaf())
    assert (found.accepted, found.confidence) == (True, Confidence.MEDIUM)


def test_after_the_roots_validity_the_facts_are_out_of_date() -> None:
    own = origin_leaf(not_after=forge.tlv(0x18, b"20400101000000Z"))
    late = datetime(2030, 1, 1, tzinfo=UTC)
    found = judge((own,), names=(HOST,), at=late, trust=trusting_our_origin_root())
    assert found.accepted is None
    assert found.has("root_facts_outdated")
    assert not found.has("expired_ca", "expired")


def test_a_damaged_origin_ca_leaf_is_refused() -> None:
    found = verdict(trusting_our_origin_root(), origin_leaf(damage=True))
    assert found.has("bad_signature")
    assert found.accepted is False


def test_the_roots_are_anchors_by_their_facts() -> None:
    rsa_root, ecc_root = origin_ca.roots()
    assert hashlib.sha256(rsa_root.spki).hexdigest() == origin_ca.RSA_ROOT_SPKI
    assert hashlib.sha256(ecc_root.spki).hexdigest() == origin_ca.ECC_ROOT_SPKI
    for root in origin_ca.roots():
        assert root.self_signed
        assert root.extensions.ca
        assert moment(root.not_after) == datetime(2029, 8, 15, 17, 0, tzinfo=UTC)
        assert origin_ca.is_root(root)


def certificate_in(path: Path) -> Certificate:
    (encoded,) = bundles.certificates_in(path.read_bytes())
    return parse(encoded)


def test_the_facts_are_those_of_the_published_files() -> None:
    by_key = {root.spki: root for root in origin_ca.roots()}
    assert len(by_key) == 2
    for path in data_files("origin_ca_rsa_root.pem", "origin_ca_ecc_root.pem"):
        published = certificate_in(path)
        known = by_key[published.spki]
        assert known.subject.canonical == published.subject.canonical
        assert (known.serial, known.not_before, known.not_after) == (
            published.serial,
            published.not_before,
            published.not_after,
        )
        assert known.extensions.subject_key_id == published.extensions.subject_key_id
        assert known.extensions.key_usage == published.extensions.key_usage


def test_the_origin_pull_ca_is_recognised_by_its_key(without_list: TrustStore) -> None:
    assert not origin_ca.is_origin_pull_ca(parse(ROOT_DER))
    for path in data_files("authenticated_origin_pull_ca.pem"):
        encoded = certificate_in(path).encoded
        alone = verdict(without_list, encoded)
        behind = verdict(TrustStore.of(ROOT_DER), LEAF_DER, INTERMEDIATE_DER, encoded)
        found = alone.defect("self_signed")
        assert found is not None
        assert "origin-pull CA" in found.text
        assert behind.has("origin_pull_ca")
        assert behind.accepted is True


def test_every_key_of_the_published_list_is_known() -> None:
    assert not listed.is_listed(parse(ROOT_DER).spki_sha256)
    for path in data_files("cfssl_trust_ca-bundle.crt"):
        store = TrustStore.load_default(published=path)
        assert store.edge.size == 341  # 339 roots and Origin CA
        for anchor in store.edge:
            if anchor.source == trust.PUBLISHED:
                assert listed.is_listed(hashlib.sha256(anchor.spki).hexdigest())


def test_an_origin_ca_root_as_client_ca_is_a_mistake() -> None:
    rsa_root = origin_ca.roots()[0].subject.encoded
    assert "servers only" in client_ca_mistake([b"\xff", rsa_root])
    assert client_ca_mistake([parse(ROOT_DER).subject.encoded]) == ""
    pull = forge.seq(
        forge.rdn("2.5.4.6", "US", 0x13),
        forge.rdn("2.5.4.10", "CloudFlare, Inc.", 0x13),
        forge.rdn("2.5.4.11", "Origin Pull", 0x13),
        forge.rdn("2.5.4.7", "San Francisco", 0x13),
        forge.rdn("2.5.4.8", "California", 0x13),
        forge.rdn("2.5.4.3", "origin-pull.cloudflare.net", 0x13),
    )
    assert client_ca_mistake([rsa_root, pull]) == ""


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CF525_CACHE_DIR", str(tmp_path / "cache"))


def test_the_downloaded_list_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "cfssl_trust-ca-bundle.crt"
    path.parent.mkdir()
    path.write_bytes(pem(ROOT_DER))
    store = trust_list.store()
    assert store.complete
    assert verdict(store, LEAF_DER, INTERMEDIATE_DER).accepted is True
    assert f"{datetime.now(UTC):%Y}" in store.names[0]
