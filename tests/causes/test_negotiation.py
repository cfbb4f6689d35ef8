"""Refusals whose ground shows only in what else the same server answers."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.matching import findings
from cf525.lab.ca import Issued
from cf525.model import Confidence, EdgeStatus, Finding, Status
from cf525.model.registry import TLS12, TLS13
from tests.causes.misleading import alerts, answering, found_at
from tests.causes.scenarios import OFF, TARGET, Talk, hello_of, route, scripted
from tests.causes.test_scenarios import GOOD, GOOD_RSA, openssl
from tests.servers.inprocess import OpenSSLPeer, openssl_context

OFFERS_TLS13 = bytes.fromhex("002b0009080304")
ED25519 = bytes.fromhex("0807")
CHACHA = "ECDHE-RSA-CHACHA20-POLY1305"


def tls12(issued: Issued = GOOD_RSA, **options: object) -> Talk:
    return openssl(issued, versions=(TLS12, TLS12), **options)


def choosing(
    likes: Callable[[bytes], bool], answer: Callable[[socket.socket, bytes], None]
) -> Talk:
    """Answers the hellos it likes, and refuses the others as a handshake."""

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        (answer if likes(hello) else _refuse)(connection, hello)

    return talk


def _refuse(connection: socket.socket, _: bytes) -> None:
    alerts(40)(connection)


def proofs(finding: Finding) -> str:
    return "\n".join(each.text for each in finding.evidence)


@pytest.mark.parametrize(
    ("issued", "algorithms", "named"),
    [
        (GOOD_RSA, "RSA+SHA224", "rsa_pkcs1_sha224 only"),
        (GOOD, "ECDSA+SHA224:ECDSA+SHA1", "ecdsa_sha1, ecdsa_sha224 only"),
    ],
)
def test_a_key_that_signs_with_nothing_the_edge_offers(
    issued: Issued, algorithms: str, named: str, tmp_path: Path
) -> None:
    with scripted(tls12(issued, signature_algorithms=algorithms)) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("no-common-signature", "medium")
    assert named in found[0].title
    assert f"in TLS 1.2 the origin signs with {named}" in proofs(found[0])
    assert any("ECDSA+SHA256:" in line for remedy in found[0].remedies for line in remedy.commands)


@pytest.mark.parametrize(
    ("groups", "named", "line"),
    [
        ("X448", "X448 only", "X25519:prime256v1:secp384r1:X448;"),
        ("ffdhe2048", "ffdhe2048 only", "X25519:prime256v1:secp384r1:ffdhe2048;"),
        ("ffdhe2048:ffdhe3072", "ffdhe2048, ffdhe3072 only", "ffdhe2048:ffdhe3072;"),
    ],
)
def test_all_the_groups_an_origin_takes_are_named_and_kept(
    groups: str, named: str, line: str, tmp_path: Path
) -> None:
    with scripted(openssl(GOOD, versions=(TLS13, TLS13), groups=groups)) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("no-common-group", "medium")
    assert found[0].title.endswith(f"accepts {named}")
    assert f"in TLS 1.3 the origin takes {named}" in proofs(found[0])
    commands = [each for remedy in found[0].remedies for each in remedy.commands]
    assert any(each.startswith("ssl_ecdh_curve ") and each.endswith(line) for each in commands)


def test_more_groups_than_there_are_waves_are_not_said_to_be_all(tmp_path: Path) -> None:
    groups = "ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192:X448"
    with scripted(openssl(GOOD, versions=(TLS13, TLS13), groups=groups)) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "no-common-group"
    assert "only" not in found[0].title
    assert "and perhaps more" in proofs(found[0])


@pytest.mark.parametrize("compliance", [("pqh",), ("fips",)])
def test_a_group_the_edge_offers_other_zones_is_lacking_where_the_zone_forbids_it(
    compliance: tuple[str, ...], tmp_path: Path
) -> None:
    with scripted(openssl(GOOD, versions=(TLS13, TLS13), groups="X25519")) as place:
        assert not [each for each in found_at(place, tmp_path) if each.edge_status == "525"]
        found = found_at(place, tmp_path, compliance=compliance)
    assert found[0].id == "compliance-modes"
    assert "no-common-group" not in {each.id for each in found}
    assert found[0].title.endswith("the origin takes X25519 only")
    offered = {"pqh": "X25519MLKEM768 only", "fips": "X25519MLKEM768, P-256, P-384, P-521 only"}[
        compliance[0]
    ]
    assert f"the zone's compliance mode {compliance[0]} offers {offered}" in found[0].title


def test_a_zone_without_post_quantum_is_not_blamed_for_another_group(tmp_path: Path) -> None:
    with scripted(openssl(groups="X448")) as place:
        found = found_at(place, tmp_path, post_quantum=OFF)
    assert found[0].id == "no-common-group"
    assert "pq-only" not in {each.id for each in found}


def test_a_suite_and_a_group_that_are_both_missing_are_not_told_apart_surely(
    tmp_path: Path,
) -> None:
    with scripted(tls12(ciphers=CHACHA, groups="X448")) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("no-common-cipher", "medium")
    assert "more than one thing is missing" in found[0].confidence_reason
    assert "groups X448" in found[0].explanation
    assert "no-common-group" not in {each.id for each in found}


def test_a_server_that_cannot_negotiate_downwards_takes_one_version_alone(tmp_path: Path) -> None:
    context = openssl_context(GOOD, versions=(TLS12, TLS12))

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        if OFFERS_TLS13 in hello:
            alerts(70)(connection)
        else:
            answering(connection, hello, context)

    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("version-mismatch", "high")
    assert "one version alone" in found[0].confidence_reason
    assert "Offered alone it accepts TLS 1.2" in found[0].explanation


def test_an_answer_without_a_certificate_names_no_key_and_no_signature(tmp_path: Path) -> None:
    """The wider offer is taken up, and the connection ends behind the ServerHello."""
    context = openssl_context(GOOD, versions=(TLS13, TLS13))

    def half(connection: socket.socket, hello: bytes) -> None:
        answer = OpenSSLPeer(context).exchange(hello)
        connection.sendall(answer[: 5 + int.from_bytes(answer[3:5])])

    with scripted(choosing(lambda hello: ED25519 in hello, half)) as place:
        found = found_at(place, tmp_path)
    assert not {"unusable-key-type", "no-common-signature"} & {each.id for each in found}


def test_a_route_that_was_not_probed_shows_no_cause_of_the_wire() -> None:
    status = EdgeStatus(status=Status("unknown"), confidence=Confidence.LOW, reason="test")
    case = Case(context=Context(target=TARGET), route=route(("203.0.113.7", 443)), status=status)
    assert not [each for each in findings([case]) if not each.contributing]


FFDHE_GROUPS = bytes.fromhex("01000101")
NULL = "NULL-SHA256:@SECLEVEL=0"


def test_a_server_that_refuses_whoever_names_a_dh_group_is_asked_without(tmp_path: Path) -> None:
    context = openssl_context(GOOD_RSA, versions=(TLS12, TLS12), ciphers=NULL)

    def like(hello: bytes) -> bool:
        return FFDHE_GROUPS not in hello

    with scripted(choosing(like, lambda c, h: answering(c, h, context))) as place:
        found = found_at(place, tmp_path)
    assert found[0].id == "no-common-cipher"
    assert "accepts NULL-SHA256" in found[0].title
    assert "ecdsa-cert-rsa-ciphers" not in {each.id for each in found}


def test_a_site_with_a_cipher_list_of_its_own_is_not_a_name_that_is_refused(
    tmp_path: Path,
) -> None:
    healthy = openssl_context(GOOD_RSA)
    own = openssl_context(GOOD_RSA, versions=(TLS12, TLS12), ciphers=NULL)

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        answering(connection, hello, own if b"www.example.com" in hello else healthy)

    with scripted(talk) as place:
        found = found_at(place, tmp_path)
    assert (found[0].id, found[0].confidence) == ("no-common-cipher", "medium")
    assert "for the name www.example.com" in found[0].title
    assert "other names are answered" in found[0].confidence_reason
    assert not {each.id for each in found} & {"sni-rejected-other", "sni-rejected-80"}
