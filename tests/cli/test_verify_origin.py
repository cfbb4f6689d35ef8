"""``cf525 verify`` of a live origin, through a subprocess."""

from cf525.lab.running import Lab
from tests.cli.test_command_line import run


def test_a_good_origin_passes(lab: Lab) -> None:
    place = f"127.0.0.1:{lab.origins['203.0.113.10:443'].port}"
    arguments = ("--host", "healthy.example.com", "--trust", str(lab.trust), "--no-fetch")
    result = run("verify", place, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    assert " OK " in result.stdout


def test_an_expired_one_fails_in_strict_and_passes_in_full(lab: Lab) -> None:
    place = f"127.0.0.1:{lab.origins['203.0.113.30:443'].port}"
    arguments = ("--host", "expired.example.com", "--trust", str(lab.trust), "--no-fetch")
    strict = run("verify", place, *arguments)
    assert strict.returncode == 1
    assert "cert-expired" in strict.stdout
    assert "valid" in strict.stdout
    assert run("verify", place, *arguments, "--mode", "full").returncode == 0


def test_an_origin_is_verified_for_a_name(lab: Lab) -> None:
    place = f"127.0.0.1:{lab.origins['203.0.113.10:443'].port}"
    result = run("verify", place, "--no-fetch")
    assert result.returncode == 2
    assert "--host" in result.stderr


def test_what_is_neither_file_nor_address_is_named() -> None:
    result = run("verify", "no-such-file.pem", "--host", "a.example", "--no-fetch")
    assert result.returncode == 2
    assert "no-such-file.pem" in result.stderr
