"""Causes in certificates and client certificates, each on a TLS server that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cf525.causes.case import Case
from cf525.lab.ca import Authority, Issued
from cf525.model import Change, Finding, Provenance
from cf525.model.registry import TLS12, TLS13
from cf525.pki import TrustStore, origin_ca
from tests.causes.scenarios import OK, diagnosed, route, scripted, serving
from tests.pki import forge
from tests.pki.forge import AT, HOST, INTERMEDIATE_DER, LEAF_DER, ROOT_DER, key, name
from tests.report.recorded import assert_recorded
from tests.servers.inprocess import OpenSSLPeer, openssl_context
from tests.servers.tlslite_peer import TlslitePeer

NOWHERE = Path("/nonexistent/list")
EARLIER = forge.utc(AT - timedelta(days=1))
CRITICAL = forge.ext("1.2.3.4", b"\x05\x00", critical=True)
OUR_ORIGIN_ROOT = replace(origin_ca.roots()[0], spki=forge.spki(key("origin ca")))


def leaf_with(**changes: Any) -> bytes:
    return forge.leaf(extensions=forge.leaf_extensions(**changes))


def of_origin_ca(*names: str) -> bytes:
    return forge.leaf(
        issuer=OUR_ORIGIN_ROOT.subject.encoded,
        signer=key("origin ca"),
        extensions=forge.leaf_extensions(
            aki=forge.aki(bytes.fromhex("24e853575d7c344087a9eb94dbbae11678fc29a4")),
            san=forge.san(*names),
        ),
    )


ANOTHER = forge.leaf(subject=name("shop.example.org"), private=key("another site"))
EXPIRED_CA = forge.intermediate(not_after=EARLIER)
NO_CA = forge.intermediate(
    extensions=[forge.basic(ca=False), forge.ski(forge.key_id(key("intermediate")))]
)
STRANGE_ROOT = forge.root(
    subject=name("Somebody's Root"), issuer=name("Somebody's Root"), private=key("strange")
)
STRANGE = forge.leaf(
    issuer=name("Somebody's Root"),
    signer=key("strange"),
    extensions=forge.leaf_extensions(aki=forge.aki(forge.key_id(key("strange")))),
)
SIGNING_CA = forge.intermediate(
    extensions=[
        forge.basic(),
        forge.usage("digital", "cert", "crl"),
        forge.ski(forge.key_id(key("intermediate"))),
        forge.aki(forge.key_id(key("root"))),
    ]
)
CONSTRAINED = forge.intermediate(
    extensions=[
        forge.basic(),
        forge.usage("cert", "crl"),
        forge.ski(forge.key_id(key("intermediate"))),
        forge.aki(forge.key_id(key("root"))),
        forge.constraints(permitted=[forge.dns("example.org")]),
    ]
)


POSING = forge.leaf(
    issuer=forge.ROOT,
    signer=key("posing"),
    extensions=forge.leaf_extensions(aki=forge.aki(forge.key_id(key("posing")))),
)
OLD_CA = forge.intermediate(private=key("of last year"))
CADDY = name("Caddy Local Authority - ECC Intermediate")
CADDYS_CA = forge.intermediate(
    subject=CADDY,
    issuer=name("Caddy Local Authority - 2026 ECC Root"),
    signer=key("caddy's root"),
    private=key("caddy"),
)
CADDYS = forge.leaf(
    issuer=CADDY,
    signer=key("caddy"),
    extensions=forge.leaf_extensions(aki=forge.aki(forge.key_id(key("caddy")))),
)


@dataclass(frozen=True)
class Shown:
    """What an origin sends, and what has to be said of it. ``private`` is the slot of the key
    that belongs to the first certificate."""

    title: str
    sent: Sequence[bytes]
    headline: str | None
    status: str = "526"
    also: str = ""
    confidence: str = "high"
    private: str = "leaf"


SHOWN = (
    Shown("the issuer has expired", (LEAF_DER, EXPIRED_CA), "chain-through-expired-cross-sign"),
    Shown(
        "the expired issuer before the one that has not",
        (LEAF_DER, EXPIRED_CA, INTERMEDIATE_DER),
        "chain-through-expired-cross-sign",
        confidence="medium",
    ),
    Shown("a root nobody knows", (STRANGE, STRANGE_ROOT), "untrusted-issuer", confidence="medium"),
    Shown(
        "for clients only",
        (leaf_with(purposes=forge.purposes(forge.CLIENT)), INTERMEDIATE_DER),
        "missing-server-auth",
    ),
    Shown(
        "signed by what is no CA",
        (LEAF_DER, NO_CA),
        "certificate-refused",
    ),
    Shown("a CA for other domains", (LEAF_DER, CONSTRAINED), "name-constraints"),
    Shown(
        "the issuer stands first",
        (SIGNING_CA, LEAF_DER),
        "leaf-not-first",
        private="intermediate",
    ),
    Shown(
        "an unknown critical extension",
        (forge.leaf(extensions=[*forge.leaf_extensions(), CRITICAL]), INTERMEDIATE_DER),
        "certificate-refused",
    ),
    Shown(
        "a key that may not sign",
        (leaf_with(usage=forge.usage("agree")), INTERMEDIATE_DER),
        "certificate-unusable",
        status="525",
        confidence="medium",
    ),
    Shown(
        "an Origin CA certificate for another host",
        (of_origin_ca("shop.example.com"),),
        "origin-ca-wrong-hostname",
    ),
    Shown(
        "an issuer of the right name with another key",
        (LEAF_DER, OLD_CA),
        "incomplete-chain",
        confidence="medium",
    ),
    Shown(
        "a stranger in the issuer's place",
        (LEAF_DER, ANOTHER),
        "incomplete-chain",
        confidence="medium",
    ),
    Shown(
        "an issuer that calls itself as a root does",
        (POSING,),
        "untrusted-issuer",
        confidence="medium",
    ),
    Shown(
        "a certificate of Caddy's own CA",
        (CADDYS, CADDYS_CA),
        "untrusted-issuer",
    ),
    # what the edge does not mind
    Shown("Origin CA as it should be", (of_origin_ca(HOST),), None, status="ok"),
    Shown(
        "a certificate too many",
        (LEAF_DER, ANOTHER, INTERMEDIATE_DER),
        *(None, "ok", "chain-disorder"),
    ),
    Shown(
        "the name in the CN alone",
        (leaf_with(san=None), INTERMEDIATE_DER),
        *(None, "ok", "cn-only"),
    ),
    Shown(
        "signed with SHA-1",
        (forge.leaf(algorithm=forge.ECDSA_SHA1), INTERMEDIATE_DER),
        *(None, "ok", "weak-certificate"),
    ),
)


def store_of(folder: Path) -> TrustStore:
    """The test root and an Origin CA root whose key is ours."""
    file = folder / "root.pem"
    certificate = x509.load_der_x509_certificate(ROOT_DER)
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
    store = TrustStore.load_default([file], published=NOWHERE)
    return replace(store, origin_roots=(OUR_ORIGIN_ROOT,))


def shown_by(sent: Sequence[bytes], private: str = "leaf") -> Issued:
    first, *others = (x509.load_der_x509_certificate(each) for each in sent)
    return Issued(first, key(private), tuple(others))


def found_for(
    issued: Issued, store: TrustStore, mode: str = "strict"
) -> tuple[str, tuple[Finding, ...]]:
    case, found = looked_at(issued, store, mode)
    return case.status.status, found


def looked_at(
    issued: Issued, store: TrustStore, mode: str = "strict"
) -> tuple[Case, tuple[Finding, ...]]:
    context = openssl_context(issued)
    with scripted(serving(lambda: OpenSSLPeer(context, answer=OK))) as place:
        (case,), found = diagnosed(route(place, mode=mode), store=store, at=AT)
    return case, found


@pytest.mark.parametrize("shown", SHOWN, ids=lambda each: each.title)
def test_a_certificate_is_judged_and_explained(shown: Shown, tmp_path: Path) -> None:
    case, found = looked_at(shown_by(shown.sent, shown.private), store_of(tmp_path))
    status = case.status.status
    assert_recorded(shown.title, (case,))
    decisive = [each for each in found if not each.contributing]
    assert status == shown.status
    assert [each.id for each in decisive] == ([shown.headline] if shown.headline else [])
    assert all(each.confidence == shown.confidence for each in decisive)
    assert shown.also in {each.id for each in found} | {""}


@pytest.mark.parametrize(
    "shown", [each for each in SHOWN if each.status == "526"], ids=lambda each: each.title
)
def test_in_full_the_same_certificate_only_contributes(shown: Shown, tmp_path: Path) -> None:
    status, found = found_for(shown_by(shown.sent, shown.private), store_of(tmp_path), "full")
    assert status == "ok"
    assert all(each.contributing for each in found)
    assert shown.headline in {each.id for each in found}


def test_a_root_that_only_browsers_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "browsers.pem"
    certificate = x509.load_der_x509_certificate(ROOT_DER)
    file.write_bytes(certificate.public_bytes(Encoding.PEM))
    monkeypatch.setattr(certifi, "where", lambda: str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    store = TrustStore.load_default(published=NOWHERE)
    _, found = found_for(shown_by((LEAF_DER, INTERMEDIATE_DER)), store)
    assert (found[0].id, found[0].confidence) == ("root-too-new", "medium")


def published_at(url: str) -> bytes:
    return forge.leaf(extensions=[*forge.leaf_extensions(), forge.aia(url)])


def test_where_a_missing_intermediate_is_published_stands_in_every_fix(tmp_path: Path) -> None:
    url = "http://ca.example/issuers/r13.crt"
    _, found = found_for(shown_by((published_at(url),)), store_of(tmp_path))
    assert found[0].id == "incomplete-chain"
    for platform in ("nginx", "Apache", "HAProxy", "any"):
        (remedy,) = (each for each in found[0].remedies if each.platform == platform)
        assert f"published at '{url}'" in remedy.text


@pytest.mark.parametrize(
    "url",
    [
        "ldap://ca.example/cn=R13",
        "file:///etc/passwd",
        "http://ca.example/'; rm -rf /; '",
        "http://ca.example/$(id)",
        "http://ca.example/\x1b[2J",
        "http://someone@ca.example/",
        f"http://ca.example/{'a' * 300}",
    ],
)
def test_an_address_that_is_no_plain_one_is_not_told(url: str, tmp_path: Path) -> None:
    _, found = found_for(shown_by((published_at(url),)), store_of(tmp_path))
    assert found[0].id == "incomplete-chain"
    assert "published at" not in "".join(each.text for each in found[0].remedies)


@pytest.mark.parametrize(("mode", "status"), [("strict", "526"), ("full", "525")])
def test_a_file_that_begins_with_the_issuer_is_no_wrong_key(
    mode: str, status: str, tmp_path: Path
) -> None:
    root = Authority("Turned Round Root")
    issuer = Authority("Turned Round CA", kind="rsa2048", parent=root)
    own = issuer.issue(HOST, kind="rsa2048")
    turned = Issued(issuer.certificate, own.key, (own.certificate,))
    with scripted(serving(lambda: TlslitePeer(turned, versions=(TLS12, TLS13)))) as place:
        (case,), found = diagnosed(route(place, mode=mode), trust=root, folder=tmp_path)
    ids = [each.id for each in found if not each.contributing]
    assert (case.status.status, ids[0]) == (status, "leaf-not-first")
    assert "key-cert-mismatch" not in ids
    assert "certificate 2 of those" in found[0].evidence[0].text
    assert not any("Full for" in each.text for each in found[0].remedies)


# --- client certificates ---------------------------------------------------------------------


def client_ca_called(subject: bytes) -> x509.Certificate:
    made = forge.root(subject=subject, issuer=subject, private=key("client ca"))
    return x509.load_der_x509_certificate(made)


def demanding(client_ca: x509.Certificate, folder: Path, **values: object) -> tuple[Finding, ...]:
    issued = shown_by((LEAF_DER, INTERMEDIATE_DER))
    context = openssl_context(issued, client_ca=client_ca)
    with scripted(serving(lambda: OpenSSLPeer(context, answer=OK))) as place:
        _, found = diagnosed(route(place, **values), store=store_of(folder), at=AT)
    return found


def test_the_origin_ca_is_no_ca_of_client_certificates(tmp_path: Path) -> None:
    ca = client_ca_called(origin_ca.roots()[0].subject.encoded)
    found = demanding(ca, tmp_path, client_certificate="global")
    assert (found[0].id, found[0].confidence) == ("aop-wrong-ca-at-origin", "high")
    assert "mtls-unrelated" not in {each.id for each in found}


@pytest.mark.parametrize("sent", ["global", "none"])
def test_an_origin_with_a_client_pki_of_its_own(sent: str, tmp_path: Path) -> None:
    found = demanding(Authority("Own PKI").certificate, tmp_path, client_certificate=sent)
    ids = [each.id for each in found if not each.contributing]
    assert ids == ["mtls-unrelated"]
    assert found[0].confidence == "medium"


def test_a_zone_with_certificates_of_its_own_may_be_meant(tmp_path: Path) -> None:
    ca = Authority("Own PKI").certificate
    found = demanding(ca, tmp_path, client_certificate="zone")
    assert "mtls-unrelated" not in {each.id for each in found}


def test_an_origin_that_trusts_the_shared_certificate_while_none_is_sent(tmp_path: Path) -> None:
    pull = origin_ca._name(origin_ca._PULL_SUBJECT).encoded
    why = Provenance(source="api", detail="Authenticated Origin Pulls is off")
    values = {"client_certificate": "none", "provenance": {"client_certificate": why}}
    found = demanding(client_ca_called(pull), tmp_path, **values)
    assert found[0].id == "aop-off-for-host"
    fixes = [each for each in found[0].remedies if not each.stop_gap]
    assert {each.where for each in fixes} == {"cloudflare"}
    assert any(isinstance(part, Change) for each in fixes for part in each.parts)


def test_the_cas_that_the_origin_asks_for_are_named(tmp_path: Path) -> None:
    found = demanding(Authority("Own PKI").certificate, tmp_path, client_certificate="none")
    told = found[0].evidence[0].text
    assert "for a certificate of Own PKI;" in told
    assert "origin-pull CA is not among them" in told
    pull = origin_ca._name(origin_ca._PULL_SUBJECT).encoded
    found = demanding(client_ca_called(pull), tmp_path, client_certificate="none")
    told = found[0].evidence[0].text
    assert "origin-pull.cloudflare.net; Cloudflare's origin-pull CA is among them" in told


def test_a_refused_client_certificate_proves_nothing_of_http2(tmp_path: Path) -> None:
    issued = shown_by((LEAF_DER, INTERMEDIATE_DER))
    context = openssl_context(
        issued, client_ca=Authority("Own PKI").certificate, alpn=(b"h2", b"http/1.1")
    )
    with scripted(serving(lambda: OpenSSLPeer(context, answer=OK))) as place:
        asked = route(place, client_certificate="none", alpn=("h2", "http/1.1"))
        _, found = diagnosed(asked, store=store_of(tmp_path), at=AT)
    ids = {each.id for each in found}
    assert "mtls-unrelated" in ids
    assert "h2-alpn-mismatch" not in ids
