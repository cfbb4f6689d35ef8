"""Tokens from commands and profiles."""

from pathlib import Path

import pytest

from cf525.account.credentials import load_credentials
from cf525.account.profiles import config_file
from cf525.errors import CredentialsError, UsageError

SECRET = "abcdefghijklmnop"


def test_a_command_prints_the_token() -> None:
    found = load_credentials({}, token_command=f"printf '{SECRET}\\n'")
    assert found is not None
    assert found.token == SECRET
    assert SECRET not in repr(found)


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(CredentialsError):
        load_credentials({}, token_command=f"echo x; touch {mark}")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("", UsageError),
        ("'unbalanced", UsageError),
        ("/no/such/program", UsageError),
        ("false", CredentialsError),
        ("true", CredentialsError),
        ("echo two words", CredentialsError),
    ],
)
def test_a_command_that_gives_no_token(command: str, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        load_credentials({}, token_command=command)
    assert "two words" not in str(raised.value)


def test_profiles_lead_to_tokens(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    config = tmp_path / "profiles.toml"
    config.write_text(
        f'[file]\ntoken_file = "{tmp_path}/token"\n[command]\ntoken_command = "echo {SECRET}"\n'
        f'[wrong]\ntoken = "{SECRET}"\n'
    )
    environ = {"CF525_CONFIG": str(config)}
    for name in ("file", "command"):
        found = load_credentials(environ, profile=name)
        assert found is not None
        assert found.token == SECRET
        assert load_credentials({**environ, "CF525_PROFILE": name}) == found
    with pytest.raises(UsageError, match="token_command or token_file") as raised:
        load_credentials(environ, profile="wrong")
    assert SECRET not in str(raised.value)
    with pytest.raises(UsageError, match="nobody"):
        load_credentials(environ, profile="nobody")


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_credentials({"CF525_CONFIG": str(tmp_path / "none")}, profile="x")
    broken = tmp_path / "broken.toml"
    broken.write_text("[")
    with pytest.raises(UsageError, match="not TOML"):
        load_credentials({"CF525_CONFIG": str(broken)}, profile="x")


def test_the_environments_token_comes_before_its_command() -> None:
    environ = {"CLOUDFLARE_API_TOKEN": SECRET, "CF525_TOKEN_COMMAND": "false"}
    found = load_credentials(environ)
    assert found is not None
    assert found.token == SECRET


def test_the_file_stands_in_the_users_configuration(tmp_path: Path) -> None:
    expected = tmp_path / "cf525" / "profiles.toml"
    assert config_file({"XDG_CONFIG_HOME": str(tmp_path)}) == expected
