"""``verify``: files judged before they are deployed, reported in the form of a diagnosis."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from cf525.errors import UsageError
from cf525.jobs.verify import Verification, verify
from cf525.lab.ca import Authority
from cf525.model import Report
from cf525.report.plain import to_json
from cf525.report.verification import render
from tests.pki import forge
from tests.pki.forge import AT
from tests.pki.test_trust import pem

HOST = "www.example.com"
CA = Authority(now=AT)
ISSUED = CA.intermediate().issue(HOST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    other = CA.issue("other.example", kind="p384")
    contents = {
        "fullchain.pem": ISSUED.chain_pem,
        "cert.pem": ISSUED.pem,
        "chain.pem": ISSUED.chain_pem.removeprefix(ISSUED.pem),
        "key.pem": ISSUED.key_pem,
        "other.key": other.key_pem,
        "combined.pem": ISSUED.chain_pem + ISSUED.key_pem,
        "mixed.pem": ISSUED.chain_pem + other.key_pem,
        "ca.pem": CA.pem,
        "broken.pem": b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def verified(folder: Path, *names: str, **changes: object) -> Report:
    usual: dict[str, object] = {
        "paths": tuple(folder / name for name in names),
        "hosts": (HOST,),
        "trust_files": (folder / "ca.pem",),
        "trust_only": True,
        "at": AT,
        "fetch": False,
    }
    return asyncio.run(verify(Verification(**(usual | changes))))  # type: ignore[arg-type]


def text(report: Report, *, verbose: bool = False) -> str:
    return "\n".join(f"{line.label}{line.text}" for line in render(report, verbose=verbose))


def test_a_sound_file_is_ok(folder: Path) -> None:
    report = verified(folder, "fullchain.pem")
    assert report.edge_status == "ok"
    assert report.headline is None
    assert report.findings == ()
    assert "would accept this chain for www.example.com" in report.summary
    assert "OK  the edge would accept this chain" in text(report)


def test_two_files_are_read_one_after_the_other(folder: Path) -> None:
    assert verified(folder, "cert.pem", "chain.pem").edge_status == "ok"
    assert verified(folder, "chain.pem", "cert.pem").edge_status == "526"


def test_a_leaf_alone_is_a_526_with_its_cause(folder: Path) -> None:
    report = verified(folder, "cert.pem")
    assert report.edge_status == "526"
    assert report.headline == "incomplete-chain"
    assert all(not proof.observations for proof in report.findings[0].evidence)
    shown = text(report)
    assert "not sent" in shown
    assert "fullchain.pem" in shown


def test_any_of_the_hosts_will_do(folder: Path) -> None:
    assert verified(folder, "fullchain.pem", hosts=("a.example", HOST)).edge_status == "ok"
    wrong = verified(folder, "fullchain.pem", hosts=("a.example",))
    assert wrong.headline == "hostname-mismatch"


def test_without_a_host_the_name_stays_unknown(folder: Path) -> None:
    report = verified(folder, "fullchain.pem", hosts=())
    assert report.edge_status == "ok"
    assert [each.id for each in report.unknowns] == ["no-host-given"]
    assert "no host was given" in text(report).replace("\n", " ")


@pytest.mark.parametrize(
    ("names", "key", "status"),
    [
        (("fullchain.pem",), "key.pem", "ok"),
        (("fullchain.pem",), "other.key", "unloadable"),
        (("combined.pem",), None, "ok"),
        (("mixed.pem",), None, "unloadable"),
        (("mixed.pem",), "key.pem", "ok"),
    ],
)
def test_the_key_must_belong_to_the_leaf(
    names: tuple[str, ...], key: str | None, status: str, folder: Path
) -> None:
    report = verified(folder, *names, key=folder / key if key else None)
    assert report.edge_status == status


def test_a_block_that_is_no_certificate_is_not_loaded(folder: Path) -> None:
    report = verified(folder, "broken.pem")
    assert report.edge_status == "unloadable"
    assert "line 1, what is encoded here is no certificate" in report.summary


def test_a_certificate_that_servers_load_and_the_edge_cannot_read_is_a_525(folder: Path) -> None:
    bent = forge.leaf(version=forge.tlv(0xA0, forge.integer(7)))
    (folder / "bent.pem").write_bytes(pem(bent))
    report = verified(folder, "bent.pem")
    assert report.edge_status == "525"
    assert "could not finish the handshake" in report.summary


def test_what_cannot_be_told_is_unknown(folder: Path) -> None:
    report = verified(folder, "fullchain.pem", trust_only=False, trust_files=())
    assert report.edge_status == "unknown"
    assert "cannot be told" in report.summary
    assert "?  cannot tell" in text(report)


def test_another_time_can_be_asked_for(folder: Path) -> None:
    report = verified(folder, "fullchain.pem", at=AT + timedelta(days=365))
    assert report.headline == "cert-expired"
    assert report.edge_status == "526"


def test_advice_is_shown_when_asked_for(folder: Path) -> None:
    report = verified(folder, "fullchain.pem", "ca.pem", hosts=("a.example",))
    assert "root_included" not in text(report)
    assert "root_included" in text(report, verbose=True)


def test_a_pkcs12_file_is_verified_with_its_key(folder: Path) -> None:
    content = pkcs12.serialize_key_and_certificates(
        b"x", ISSUED.key, ISSUED.certificate, list(ISSUED.chain), NoEncryption()
    )
    (folder / "site.pfx").write_bytes(content)
    assert verified(folder, "site.pfx", password=None).edge_status == "ok"


def test_a_pkcs12_file_without_the_intermediate_is_packed_anew(folder: Path) -> None:
    content = pkcs12.serialize_key_and_certificates(
        b"x", ISSUED.key, ISSUED.certificate, None, NoEncryption()
    )
    (folder / "site.pfx").write_bytes(content)
    report = verified(folder, "site.pfx", password=None)
    assert report.headline == "incomplete-chain"
    (fix,) = [each for each in report.findings[0].remedies if not each.stop_gap]
    assert any("pkcs12 -export" in line and "-certfile" in line for line in fix.commands)


@pytest.mark.parametrize("mode", ["strict", "full"])
@pytest.mark.parametrize(("first", "own"), [(True, ""), (False, "2")])
def test_a_key_that_is_not_the_first_certificates_is_loaded_by_no_server(
    mode: str, first: bool, own: str, folder: Path
) -> None:
    """Another key, or the leaf behind its issuer: measured in ``test_files_as_loaded``."""
    key = folder / "given.key"
    key.write_bytes(CA.issue("else.example", kind="p384").key_pem if first else ISSUED.key_pem)
    blocks = [ISSUED.pem, ISSUED.chain_pem.removeprefix(ISSUED.pem)]
    (folder / "turned.pem").write_bytes(b"".join(blocks if first else blocks[::-1]))
    report = verified(folder, "turned.pem", key=key, mode=mode)
    assert (report.edge_status, report.confidence) == ("unloadable", "high")
    assert report.headline == "pair-not-loaded"
    told = report.findings[0].evidence[0].text
    assert ("belongs to certificate 2" in told) is bool(own)
    if own:
        assert "Put block 2" in report.findings[0].remedies[0].text
    assert verified(folder, "fullchain.pem", key=folder / "key.pem", mode=mode).edge_status == "ok"


def test_with_fetching_an_incomplete_chain_stays_a_526(folder: Path) -> None:
    report = verified(folder, "cert.pem", fetch=True, check_revocation=True)
    assert report.edge_status == "526"


def test_the_report_is_json_like_every_other(folder: Path) -> None:
    parsed = json.loads(to_json(verified(folder, "cert.pem")))
    assert parsed["edge_status"] == "526"
    assert parsed["chain_verdicts"][0]["defects"][0]["code"] == "missing_intermediate"


def test_a_file_without_certificates_is_a_wrong_usage(folder: Path) -> None:
    with pytest.raises(UsageError):
        verified(folder, "key.pem")
    with pytest.raises(UsageError):
        verified(folder)
