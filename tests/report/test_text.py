"""What is printed stays harmless, whatever a server called itself."""

import pytest

from cf525.report.escape import for_terminal
from cf525.report.line import to_ascii
from cf525.report.page import render


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("bücher", "bücher"),
        ("a\x1b[2Jb", "a<U+001B>[2Jb"),
        ("a\x00b", "a<U+0000>b"),
        ("a\u202eb", "a<U+202E>b"),
        ("a\x9bb", "a<U+009B>b"),
        ("line\nline", "line\nline"),
        ("a\u2028b", "a<U+2028>b"),
    ],
)
def test_control_characters_become_visible(text: str, shown: str) -> None:
    assert for_terminal(text) == shown


def test_a_terminal_without_box_drawing_gets_ascii() -> None:
    assert to_ascii("──▶ ✗ … — →").isascii()


def test_a_page_keeps_its_code_as_it_is() -> None:
    lines = render("# Title\n\nSome **words**.\n\n```\n  code  here\n```\n- item\n")
    texts = [line.text for line in lines]
    assert "Title" in texts
    assert "      code  here" in texts
    assert "Some words." in texts


def test_a_page_says_which_file_its_configuration_belongs_to() -> None:
    lines = render("```nginx /etc/nginx/nginx.conf\nmap $a $b { }\n```\n\n```sh\nnginx -t\n```\n")
    texts = [line.text for line in lines if line.text]
    assert texts == ["    in /etc/nginx/nginx.conf:", "    map $a $b { }", "    nginx -t"]
