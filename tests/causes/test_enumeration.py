"""What an origin speaks, found by elimination."""

from dataclasses import replace
from pathlib import Path

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.match import variation_label
from cf525.causes.signs import enumeration
from cf525.causes.signs.enumeration import GROUPS, SIGNATURE_ALGORITHMS
from cf525.lab.ca import Authority, Issued
from cf525.model import Confidence, EdgeStatus, Elimination, Finding, Status, Variable, Variation
from cf525.model.registry import TLS10, TLS12, TLS13
from cf525.probe.plan import edge_plan, vary
from tests.causes.scenarios import (
    HOST,
    TARGET,
    Talk,
    deeply_diagnosed,
    diagnosed,
    route,
    scripted,
)
from tests.causes.test_scenarios import GOOD, GOOD_RSA, ISSUER, ROOT, openssl, tlslite

P521_KEY = ISSUER.issue(HOST, kind="p521")
DHE = "DHE-RSA-AES128-GCM-SHA256"


def deep(talk: Talk, folder: Path, trust: Authority = ROOT) -> tuple[Case, tuple[Finding, ...]]:
    with scripted(talk) as place:
        (case,), found = deeply_diagnosed(route(place), trust=trust, folder=folder)
    return case, found


def test_an_origin_with_rc4_only_is_described_as_such(tmp_path: Path) -> None:
    case, found = deep(tlslite(versions=(TLS10, TLS10), ciphers=["rc4"]), tmp_path)
    (spoken,) = enumeration.spoken(case)
    assert spoken.suites.complete
    assert spoken.text.startswith("TLS 1.0 with ")
    assert all("RC4" in name for name in spoken.suites.text.split(", "))
    assert spoken.suites.text.endswith(" only")
    assert found[0].id == "no-common-cipher"
    assert "RC4" in found[0].explanation
    assert any("ssl_ciphers ECDHE" in line for r in found[0].remedies for line in r.commands)


def test_suites_are_named_one_after_another(tmp_path: Path) -> None:
    ciphers = f"ECDHE-RSA-CHACHA20-POLY1305:{DHE}"
    case, _ = deep(openssl(GOOD_RSA, versions=(TLS12, TLS12), ciphers=ciphers), tmp_path)
    (spoken,) = enumeration.spoken(case)
    assert spoken.version == TLS12
    assert spoken.suites.complete
    assert spoken.suites.text == f"ECDHE-RSA-CHACHA20-POLY1305, {DHE} only"


GROUP_LISTS = [
    (GOOD, TLS13, "P-521", "P-521"),
    (GOOD, TLS12, "P-521", "P-521"),
    (GOOD_RSA, TLS12, "P-256:P-384", "P-256, P-384"),
    (GOOD, TLS13, "ffdhe2048:ffdhe8192:X448", "X448, ffdhe2048, ffdhe8192"),
    (GOOD_RSA, TLS12, "X448:P-521", "P-521, X448"),
]


@pytest.mark.parametrize(("issued", "version", "groups", "expected"), GROUP_LISTS)
def test_groups_are_named_one_after_another(
    issued: Issued, version: int, groups: str, expected: str, tmp_path: Path
) -> None:
    ciphers = "ECDHE:@SECLEVEL=0"
    talk = openssl(issued, versions=(version, version), groups=groups, ciphers=ciphers)
    case, _ = deep(talk, tmp_path)
    (spoken,) = enumeration.spoken(case)
    assert spoken.groups.complete
    assert sorted(spoken.groups.text.removesuffix(" only").split(", ")) == sorted(
        expected.split(", ")
    )
    assert f"; groups {spoken.groups.text}" in spoken.text


SIGNATURE_LISTS = [
    (P521_KEY, TLS13, "ecdsa_secp521r1_sha512", "ecdsa_secp521r1_sha512 only"),
    (P521_KEY, TLS12, "ecdsa_secp521r1_sha512", "ecdsa_secp521r1_sha512 only"),
    (ISSUER.issue(HOST, kind="ed25519"), TLS13, "ed25519", "ed25519 only"),
    (ISSUER.issue(HOST, kind="ed25519"), TLS12, "ed25519", "ed25519 only"),
    (GOOD_RSA, TLS12, "RSA+SHA1", "rsa_pkcs1_sha1 only"),
    (GOOD_RSA, TLS12, "RSA+SHA512:RSA+SHA1", "rsa_pkcs1_sha512, rsa_pkcs1_sha1 only"),
]


@pytest.mark.parametrize(("issued", "version", "algorithms", "expected"), SIGNATURE_LISTS)
def test_signatures_are_named_one_after_another(
    issued: Issued, version: int, algorithms: str, expected: str, tmp_path: Path
) -> None:
    talk = openssl(issued, versions=(version, version), signature_algorithms=algorithms)
    case, _ = deep(talk, tmp_path)
    (spoken,) = enumeration.spoken(case)
    assert spoken.signature_algorithms.text == expected
    assert spoken.text.endswith(f"; signatures {expected}")


def test_a_curve_its_own_certificate_needs_leaves_open_what_else_there_is(tmp_path: Path) -> None:
    """Without P-256 in the offer a P-256 certificate is of no use, whatever group is left."""
    talk = openssl(GOOD, versions=(TLS12, TLS12), groups="P-256:P-384")
    case, _ = deep(talk, tmp_path)
    groups = enumeration.taken(case, TLS12, GROUPS)
    assert not groups.complete
    assert "only" not in groups.text
    (proof,) = enumeration.proof(case, TLS12, GROUPS)
    assert proof.text.endswith("and perhaps more")


def test_a_dhe_prime_is_named_among_the_curves(tmp_path: Path) -> None:
    ciphers = f"{DHE}:ECDHE-RSA-AES128-GCM-SHA256"
    groups = "P-384:ffdhe2048"
    talk = openssl(GOOD_RSA, versions=(TLS12, TLS12), ciphers=ciphers, groups=groups)
    case, _ = deep(talk, tmp_path)
    assert enumeration.taken(case, TLS12, GROUPS).text == "P-384, ffdhe2048 only"


def test_a_healthy_host_is_asked_nothing_without_deep(tmp_path: Path) -> None:
    with scripted(openssl(groups="P-521")) as place:
        (case,), found = diagnosed(route(place), trust=ROOT, folder=tmp_path)
    assert case.edge is not None
    assert case.probes == ()
    assert not [each for each in found if each.edge_status == "525"]


def test_where_suites_alone_are_missing_groups_are_not_eliminated(tmp_path: Path) -> None:
    talk = openssl(GOOD_RSA, versions=(TLS12, TLS12), ciphers="ECDHE-RSA-CHACHA20-POLY1305")
    case, _ = deep(talk, tmp_path)
    kinds = {
        step.kind
        for each in case.varied(Variable.WITHOUT)
        if each.variation is not None and (step := Elimination.parse(each.variation.value))
    }
    assert kinds == {"suites"}


def test_nothing_seen_is_nothing_said() -> None:
    status = EdgeStatus(status=Status("525"), confidence=Confidence.HIGH, reason="test")
    case = Case(context=Context(target=TARGET), route=route(("203.0.113.7", 443)), status=status)
    assert enumeration.spoken(case) == ()
    assert enumeration.spoken_text(case) == ""
    assert enumeration.proof(case, TLS13, SIGNATURE_ALGORITHMS) == ()
    assert enumeration.taken(case, TLS13, GROUPS).text == ""


def test_a_step_is_written_down_and_read_back() -> None:
    step = Elimination(TLS13, GROUPS, (0x1D, 0x17))
    assert step.value == "TLS 1.3 groups -001d,0017"
    assert Elimination.parse(step.value) == step
    assert Elimination.parse("TLS 1.2 suites") == Elimination(TLS12, Variable.SUITES)
    label = variation_label(Variation(variable=Variable.WITHOUT, value=step.value))
    assert label == "TLS 1.3, all groups but 2"


@pytest.mark.parametrize("value", ["", "TLS 9 groups", "TLS 1.3 keys", "TLS 1.3 groups -x,y"])
def test_what_is_no_step_is_shown_as_it_stands_and_never_sent(value: str, tmp_path: Path) -> None:
    odd = Variation(variable=Variable.WITHOUT, value=value)
    assert Elimination.parse(value) is None
    assert variation_label(odd) == f"without {value}"
    with scripted(openssl()) as place:
        (case,), _ = diagnosed(route(place), trust=ROOT, folder=tmp_path)
        with pytest.raises(ValueError, match="no such step"):
            vary(edge_plan(case.route, TARGET, id="o1"), odd, id="o2")
    assert case.edge is not None
    read = replace(case, probes=(replace(case.edge, variation=odd),))
    assert not enumeration.taken(read, TLS13, GROUPS).complete
