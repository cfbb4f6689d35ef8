"""Tokens: where they come from, what is refused, and that they are never shown."""

from pathlib import Path

import pytest

from cf525.account.credentials import Credentials, TokenKind, load_credentials, missing_credentials
from cf525.errors import CredentialsError, UsageError


def test_the_environment_gives_the_token() -> None:
    found = load_credentials({"CLOUDFLARE_API_TOKEN": "abc123\n"})
    assert found is not None
    assert found.token == "abc123"


def test_a_token_file_comes_before_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\r\n")
    found = load_credentials({"CLOUDFLARE_API_TOKEN": "from-env"}, file)
    assert found is not None
    assert found.token == "from-file"


def test_no_token_anywhere_is_no_error_yet() -> None:
    assert load_credentials({}) is None
    assert "CLOUDFLARE_API_TOKEN" in missing_credentials().hint


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("cfat_x1", TokenKind.ACCOUNT),
        ("cfut_x1", TokenKind.USER),
        ("Q0123456789012345678901234567890123456789", TokenKind.UNKNOWN),
    ],
)
def test_the_kind_of_a_token_is_its_prefix(token: str, kind: TokenKind) -> None:
    assert Credentials(token).kind is kind


@pytest.mark.parametrize(
    "token",
    [
        "",
        "two words",
        "line\nbreak",
        "tab\there",
        "tökén",
        "Bearer abc",
        "x" * 600,
        "v1.0-abcdef-0123",
        "0123456789abcdef0123456789abcdef01234",
    ],
)
def test_what_cannot_be_a_token_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        Credentials(token, "CLOUDFLARE_API_TOKEN")
    assert not token or token not in caught.value.message + caught.value.hint


def test_a_token_file_that_is_missing_empty_or_binary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_credentials({}, tmp_path / "absent")
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text("\n")
    binary.write_bytes(b"\x89PNG\xff")
    for file in (empty, binary):
        with pytest.raises(CredentialsError):
            load_credentials({}, file)


def test_a_token_is_in_no_representation() -> None:
    credentials = Credentials("s3cret-token", "the test")
    assert "s3cret" not in repr(credentials) + str(credentials) + f"{credentials!s}"
