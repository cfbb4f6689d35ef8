"""The files of CAs that Caddy opens while it reads: what is not known of them is no fault."""

import asyncio
from pathlib import Path

import pytest

from cf525.jobs.lint import Lint, lint
from cf525.model import Report
from cf525.reading import caddyfile
from tests.lint.certificates import certificates
from tests.oracle.origins import HOST
from tests.servers.process import require

DOUBT = "a file of the cas whose client certificates it takes cannot be read here"


def site(file: str | Path, mode: str = "request") -> str:
    folder = certificates().folder
    return (
        f"{HOST} {{\n tls {folder}/site.pem {folder}/site.key {{\n  client_auth {{\n"
        f"   mode {mode}\n   trusted_ca_cert_file {file}\n  }}\n }}\n respond hi\n}}\n"
    )


def judged(text: str, folder: Path | None = None) -> Report:
    require("caddy")
    paths = ("-",)
    if folder is not None:
        (folder / "Caddyfile").write_text(text)
        paths = (str(folder / "Caddyfile"),)
    job = Lint(
        host=HOST,
        paths=paths,
        server="caddy",
        text=text.encode() if folder is None else None,
        trust_files=(certificates().trust,),
        trust_only=True,
        timeout=30,
    )
    return asyncio.run(lint(job))


def test_one_that_is_missing_keeps_caddy_from_loading(tmp_path: Path) -> None:
    report = judged(site(tmp_path / "ca.pem"), tmp_path)
    assert str(report.edge_status) == "521"
    assert "no such file" in repr(report)


def test_one_that_nobody_has_read_does_not(tmp_path: Path) -> None:
    assert str(judged(site("/nowhere/ca.pem")).edge_status) != "521"
    (tmp_path / "big.pem").write_bytes(b"#" * (caddyfile.MAX_CERTIFICATE + 1))
    report = judged(site(tmp_path / "big.pem"), tmp_path)
    assert str(report.edge_status) == "ok"
    assert DOUBT in repr(report).lower()
    assert str(judged(site(tmp_path / "big.pem", "require"), tmp_path).edge_status) != "521"


@pytest.mark.parametrize("content", [b"", b"no certificate\n"])
def test_of_one_without_a_certificate_caddy_says_so(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(content)
    report = judged(site(tmp_path / "ca.pem"), tmp_path)
    assert str(report.edge_status) == "521"
    assert "no CERTIFICATE pem block found" in repr(report)
