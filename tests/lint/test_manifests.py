"""Servers that are not installed here: files as people write them, labelled as was measured."""

import asyncio
from base64 import b64encode
from pathlib import Path

import pytest

from cf525.errors import UsageError
from cf525.jobs.lint import Lint, lint
from cf525.model import Report
from tests.lint.certificates import certificates
from tests.lint.manifest_trees import CASES
from tests.lint.manifests import Case
from tests.lint.trees import healed
from tests.oracle.origins import HOST


def looked_at(folder: Path, case: Case) -> Report:
    for name, text in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(filled(text, folder))
    return looked_again(folder, case)


def looked_again(folder: Path, case: Case) -> Report:
    job = Lint(
        host=HOST,
        paths=(str(folder / next(iter(case.files))),),
        mode=case.mode,
        trust_files=(certificates().trust,),
        trust_only=True,
        aop="none",
    )
    return asyncio.run(lint(job))


def filled(text: str, folder: Path) -> str:
    own = certificates().folder
    return (
        text.replace("CERTS", str(own))
        .replace("DIR", str(folder))
        .replace("{site}", b64encode((own / "site.pem").read_bytes()).decode())
        .replace("{other}", b64encode((own / "other.pem").read_bytes()).decode())
        .replace("{ca}", b64encode((own / "client-ca.pem").read_bytes()).decode())
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_status_and_the_line_are_those_that_were_measured(case: Case, tmp_path: Path) -> None:
    report = looked_at(tmp_path, case)
    assert (report.edge_status, report.headline or "") == (case.status, case.headline), report
    if case.line:
        finding = report.headline_finding
        assert finding is not None
        assert any(case.line in place.text for place in finding.places), finding.places


MENDED = (
    "traefik, strict sni",
    "traefik, versions",
    "traefik, client certificate",
    "traefik, expired",
    "ingress without the host in tls",
    "ingress, other certificate and the right one",
    "ingress without tls",
    "ingress, proxy protocol",
    "ingress, ciphers",
    "ingress, client certificate",
    "ingress in flexible",
    "ingress in flexible, without annotations",
    "gateway, other name",
    "gateway, other certificate and the right one",
    "tunnel, no server name",
    "tunnel, no last rule",
    "tunnel, in clear on the port of tls",
    "tunnel, originRequest without the name",
)


@pytest.mark.parametrize("name", MENDED)
def test_the_patch_makes_it_healthy(name: str, tmp_path: Path) -> None:
    case = next(each for each in CASES if each.name == name)
    before = looked_at(tmp_path, case)
    assert healed(before)
    assert looked_again(tmp_path, case).edge_status == "ok"


def test_of_what_was_piped_in_no_patch_is_offered(tmp_path: Path) -> None:
    case = next(each for each in CASES if each.name == "tunnel, no server name")
    text = filled(case.files["config.yml"], tmp_path).encode()
    job = Lint(host=HOST, paths=("-",), text=text, server="cloudflared", trust_only=True,
               trust_files=(certificates().trust,))  # fmt: skip
    finding = asyncio.run(lint(job)).headline_finding
    assert finding is not None
    assert not finding.patch


def test_a_missing_server_name_is_mended_by_a_patch(tmp_path: Path) -> None:
    case = next(each for each in CASES if each.name == "tunnel, no server name")
    finding = looked_at(tmp_path, case).headline_finding
    assert finding is not None
    assert "+      originServerName: www.example.com" in finding.patch


def test_without_the_package_for_yaml_one_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(UsageError) as raised:
        looked_at(tmp_path, next(each for each in CASES if each.name == "traefik"))
    assert "-m pip install 'pyyaml>=6'" in raised.value.hint


def test_of_a_secret_no_key_is_ever_printed(tmp_path: Path) -> None:
    case = next(each for each in CASES if each.name == "ingress, other certificate")
    report = looked_at(tmp_path, case)
    assert "bmV2ZXIgcmVhZA" not in repr(report)
    assert "never read" not in repr(report)


def test_the_name_comes_under_the_hosts_that_the_certificate_is_made_from(tmp_path: Path) -> None:
    name = "ingress that does not list the name beside a secret that is not here"
    case = next(each for each in CASES if each.name == name)
    finding = looked_at(tmp_path, case).headline_finding
    assert finding is not None
    assert "+        - www.example.com" in finding.patch
    assert any("does not list www.example.com" in each.text for each in finding.evidence)
