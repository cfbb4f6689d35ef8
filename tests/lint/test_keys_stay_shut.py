"""Without --keys no private key is read, and no file is opened that is one by its name."""

import os
from pathlib import Path

import pytest

from cf525.conclusion.configuration import conclude_configuration
from cf525.jobs.lint import Lint, Linter
from cf525.reading import disk
from cf525.reading.disk import Disk
from cf525.reading.sources import of_paths
from cf525.servers.library import KEPT, LOCKED, What
from cf525.servers.swap import _looks_private
from tests.lint.certificates import certificates
from tests.lint.trees import judge
from tests.oracle.origins import HOST

BODY = b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA\n"
SERVER = {
    "nginx.conf": "events {{}}\nhttp {{\n server {{\n  listen 443 ssl;\n  server_name {host};\n"
    "  ssl_certificate {dir}/site.crt;\n  ssl_certificate_key {dir}/own.pem;\n"
    "  ssl_password_file {dir}/passwords;\n }}\n}}\n",
    "apache2.conf": "Listen 443\n<VirtualHost *:443>\n ServerName {host}\n SSLEngine on\n"
    " SSLCertificateFile {dir}/site.crt\n SSLCertificateKeyFile {dir}/own.pem\n</VirtualHost>\n",
}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many bytes of each file were read, by its name."""
    seen: dict[str, int] = {}
    inner = disk._read_once

    def counted(place: Path, what: What = What.TEXT) -> bytes:
        content = inner(place, what)
        seen[place.name] = -1 if what in (What.KEY, What.SIZE) else len(content)
        return content

    monkeypatch.setattr(disk, "_read_once", counted)
    return seen


@pytest.mark.parametrize("main", SERVER)
def test_a_lint_reads_no_key_and_no_secret_of_the_folder(
    main: str, tmp_path: Path, opened: dict[str, int]
) -> None:
    folder = certificates().folder
    (tmp_path / "site.crt").write_bytes((folder / "expired.pem").read_bytes())
    private = ["privkey.pem", "other-key.pem", "other.key", "k.der", "htpasswd", "ticket.key"]
    for name in ("own.pem", *private):
        (tmp_path / name).write_bytes((folder / "expired.key").read_bytes())
    (tmp_path / "passwords").write_text("a word\n")
    (tmp_path / main).write_text(SERVER[main].format(host=HOST, dir=tmp_path))
    source = of_paths((str(tmp_path / main),), "", None)
    report = conclude_configuration(Linter(Lint(host=HOST), source, judge()).read())
    assert str(report.edge_status) == "526"
    assert opened["site.crt"] > 0
    assert {name: opened[name] for name in private if opened.get(name, -1) != -1} == {}
    assert opened["own.pem"] == -1
    assert opened.get("passwords", -1) == -1


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (b"-----BEGIN PRIVATE KEY-----\n", KEPT),
        (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n", LOCKED),
        (b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\n", LOCKED),
        (b"-----BEGIN RSA PRIVATE KEY-----\r\n", KEPT),
        (b"\x30\x77\x02\x01\x01\x04\x20", KEPT),
    ],
    ids=["pkcs8", "encrypted", "encrypted rsa", "rsa", "der"],
)
def test_of_a_key_the_lines_before_it_are_read_and_one_byte_at_most(
    lines: bytes, found: bytes, tmp_path: Path
) -> None:
    (tmp_path / "k").write_bytes(lines + BODY)
    assert Disk().read(str(tmp_path / "k"), What.KEY) == found
    with (tmp_path / "k").open("rb", buffering=0) as file:
        disk._before_key(file)
        head = 0 if lines.startswith(b"\x30") else len(lines)
        assert file.tell() <= head + 1


def test_of_a_secret_the_size_alone_is_told(tmp_path: Path) -> None:
    (tmp_path / "ticket").write_bytes(os.urandom(80))
    assert Disk().read(str(tmp_path / "ticket"), What.SIZE) == bytes(80)


@pytest.mark.parametrize(
    "name", ["privkey1.pem", "a.key", "a-key.pem", "key.pem", "k.der", ".htpasswd", "a.p12", "keys"]
)
def test_what_is_a_secret_by_its_name(name: str) -> None:
    assert _looks_private(f"/etc/ssl/{name}")


@pytest.mark.parametrize(
    "name",
    ["fullchain.pem", "monkey.pem", "tickets.example.pem", "key.example.crt", "www.combined"],
)
def test_what_is_none(name: str) -> None:
    assert not _looks_private(f"/etc/ssl/{name}")
