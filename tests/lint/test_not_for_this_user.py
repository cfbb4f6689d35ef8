"""Files that the person who asks may not read, and the server may: nothing is known of them, and
no fault is told."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.forked import ROOT
from tests.lint.certificates import certificates
from tests.servers.process import require

HOST = "www.example.com"
CAPABILITIES = "-dac_override,-dac_read_search"
"""By which root reads what nobody may."""


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    for each in (folder, folder / "live", folder / "sites"):
        each.mkdir()
        for name in ("site.pem", "site.key", "site-all.pem"):
            (each / name).write_bytes((certificates().folder / name).read_bytes())
    return folder


def nginx(etc: Path, pair: str = "site", more: str = "", include: str = "") -> str:
    return (
        f"events {{}}\nhttp {{\n{include}\nserver {{ listen 443 ssl; server_name {HOST}; {more}\n"
        f"ssl_certificate {etc}/{pair}.pem; ssl_certificate_key {etc}/{pair}.key; }} }}\n"
    )


def included(etc: Path) -> str:
    (etc / "sites" / "www.conf").write_text("server { listen 443 ssl; }\n")
    return f"events {{}}\nhttp {{ include {etc}/sites/*.conf;\nserver {{ listen 80; }} }}\n"


def apache(etc: Path) -> str:
    return (
        f"ServerRoot {etc}\nListen 443\n<VirtualHost *:443>\nServerName {HOST}\nSSLEngine on\n"
        f"SSLCertificateFile {etc}/site.pem\nSSLCertificateKeyFile {etc}/site.key\n</VirtualHost>\n"
    )


def haproxy(etc: Path) -> str:
    return (
        "frontend fe\n    mode http\n    default_backend be\n"
        f"    bind :443 ssl crt {etc}/site-all.pem\nbackend be\n    server a 127.0.0.1:9\n"
    )


def clients(etc: Path) -> str:
    more = f"ssl_client_certificate {etc}/live/site.pem; ssl_verify_client optional;"
    return nginx(etc, more=more)


CASES: dict[str, tuple[Callable[[Path], str], str, str]] = {
    "nginx, the key": (nginx, "site.key", "nginx"),
    "nginx, the certificate": (nginx, "site.pem", "nginx"),
    "nginx, the folder of both": (lambda etc: nginx(etc, "live/site"), "live", "nginx"),
    "nginx, the CA of clients": (clients, "live", "nginx"),
    "nginx, a file that is included": (included, "sites/www.conf", "nginx"),
    "nginx, a folder that is included": (included, "sites", "nginx"),
    "apache, the key": (apache, "site.key", "apache"),
    "apache, the certificate": (apache, "site.pem", "apache"),
    "haproxy, the pair": (haproxy, "site-all.pem", "haproxy"),
}


def asked(*words: str) -> "subprocess.CompletedProcess[str]":
    """The command by somebody to whom modes of files apply."""
    before: list[str] = []
    if not os.geteuid():
        before = [require("setpriv"), f"--bounding-set={CAPABILITIES}"]
    return subprocess.run(
        [*before, sys.executable, "-m", "cf525", *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.parametrize("kind", CASES)
def test_what_this_user_may_not_read_is_no_fault(kind: str, etc: Path) -> None:
    written, shut, server = CASES[kind]
    config = etc / "main.conf"
    config.write_text(written(etc))
    place = etc / shut
    place.chmod(0)
    try:
        found = asked("lint", str(config), "--server", server, "--host", HOST, "--mode", "full")
    finally:
        place.chmod(0o700)
    assert "521" not in found.stdout, found.stdout
    assert found.returncode in (0, 3), found.stdout + found.stderr
    assert ("may hold more sites" in " ".join(found.stdout.split())) == ("included" in kind)


def test_a_file_below_a_folder_that_is_shut_is_one_sentence(etc: Path) -> None:
    (etc / "live").chmod(0)
    try:
        found = asked("verify", str(etc / "live" / "site.pem"), "--host", HOST)
    finally:
        (etc / "live").chmod(0o700)
    assert found.returncode == 2
    assert "Permission denied" in found.stderr
