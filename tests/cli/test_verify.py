"""``cf525 verify`` and ``cf525 trust`` as a user meets them."""

import json
import subprocess
from pathlib import Path

import pytest

from cf525.lab.ca import Authority
from tests.cli.forked import CF525
from tests.cli.test_command_line import environment, run

CA = Authority()
ISSUED = CA.intermediate().issue("www.example.com")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fullchain.pem").write_bytes(ISSUED.chain_pem)
    (tmp_path / "cert.pem").write_bytes(ISSUED.pem)
    (tmp_path / "key.pem").write_bytes(ISSUED.key_pem)
    (tmp_path / "ca.pem").write_bytes(CA.pem)
    return tmp_path


def verify(folder: Path, name: str, *more: str) -> "subprocess.CompletedProcess[str]":
    trust = ("--trust", str(folder / "ca.pem"), "--trust-only", "--no-fetch")
    return run("verify", str(folder / name), "--host", "www.example.com", *trust, *more)


def test_a_sound_file_exits_0_and_a_broken_one_1(folder: Path) -> None:
    sound = verify(folder, "fullchain.pem", "--key", str(folder / "key.pem"))
    assert (sound.returncode, sound.stderr) == (0, "")
    assert "OK  the edge would accept this chain" in sound.stdout
    assert len(sound.stdout.splitlines()) <= 8
    assert "trusted root" in verify(folder, "fullchain.pem", "-v").stdout
    broken = verify(folder, "cert.pem", "--format", "json")
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["headline"] == "incomplete-chain"


def test_a_file_without_certificates_exits_2_with_one_sentence(folder: Path) -> None:
    result = verify(folder, "key.pem")
    assert result.returncode == 2
    assert result.stdout == ""
    assert "holds a private key and no certificate" in result.stderr


def test_standard_input_is_read(folder: Path) -> None:
    result = subprocess.run(
        [*CF525, "verify", "-", "--trust", str(folder / "ca.pem"), "--trust-only", "--no-fetch"],
        input=ISSUED.chain_pem,
        capture_output=True,
        timeout=100,
        env=environment(None),
    )
    assert result.returncode == 0, result.stderr


def test_the_trust_stores_are_shown(tmp_path: Path) -> None:
    result = run("trust", "show", env={"CF525_CACHE_DIR": str(tmp_path)})
    assert result.returncode == 0
    assert "Cloudflare Origin CA" in result.stdout
    assert "no local copy" in result.stdout


def test_a_list_that_cannot_be_downloaded_is_said_in_a_sentence(tmp_path: Path) -> None:
    variables = {"CF525_CACHE_DIR": str(tmp_path)}
    result = run("trust", "update", "--url", "http://127.0.0.1:1/", env=variables)
    assert result.returncode == 3
    assert "could not be downloaded" in result.stderr
