"""What an origin speaks, found by elimination."""

from pathlib import Path

from cf525.causes import enumeration
from cf525.causes.case import Case
from cf525.lab.ca import Authority
from cf525.model import Confidence, EdgeStatus, Finding
from cf525.model.registry import TLS10, TLS12
from tests.causes.scenarios import TARGET, Talk, deeply_diagnosed, route, scripted
from tests.causes.test_scenarios import GOOD_RSA, ROOT, openssl, tlslite


def deep(talk: Talk, folder: Path, trust: Authority = ROOT) -> tuple[Case, tuple[Finding, ...]]:
    with scripted(talk) as place:
        (case,), found = deeply_diagnosed(route(place), trust=trust, folder=folder)
    return case, found


def test_an_origin_with_rc4_only_is_described_as_such(tmp_path: Path) -> None:
    case, found = deep(tlslite(versions=(TLS10, TLS10), ciphers=["rc4"]), tmp_path)
    (spoken,) = enumeration.spoken(case)
    assert spoken.complete
    assert not spoken.shared
    assert spoken.text.startswith("TLS 1.0 with ")
    assert all("RC4" in name for name in spoken.text.split(" with ")[1].split(", "))
    assert spoken.text.endswith(" only")
    assert found[0].id == "no-common-cipher"
    assert "RC4" in found[0].explanation
    assert any("ssl_ciphers ECDHE" in line for r in found[0].remedies for line in r.commands)


def test_suites_are_named_one_after_another(tmp_path: Path) -> None:
    ciphers = "ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256"
    case, _ = deep(openssl(GOOD_RSA, versions=(TLS12, TLS12), ciphers=ciphers), tmp_path)
    (spoken,) = enumeration.spoken(case)
    assert spoken.version == TLS12
    assert len(spoken.suites) >= 1
    assert spoken.complete


def test_nothing_seen_is_nothing_said() -> None:
    status = EdgeStatus(status="525", confidence=Confidence.HIGH, reason="test")
    case = Case(target=TARGET, route=route(("203.0.113.7", 443)), status=status)
    assert enumeration.spoken(case) == ()
    assert enumeration.spoken_text(case) == ""
