"""A certificate file as servers read it: what is damaged, where, and for whom."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.pki.pem import GO, damages, read, written_wrongly
from tests.pki.pem_variants import CHAIN, VARIANTS


@pytest.mark.parametrize("title", VARIANTS)
def test_a_damage_is_named_with_its_line_and_its_servers(title: str) -> None:
    variant = VARIANTS[title]
    found = damages(variant.content)
    assert (found[0].line if found else 0) == variant.line
    assert set().union(*(each.refused_by for each in found)) == set(variant.refused_by)
    if not variant.refused_by:
        kept = [each for each in found if each.unread_by]
        meant = len(read(variant.content).meant)
        assert len(read(variant.content).held) == variant.sent[0]
        assert meant - sum("nginx" in each.unread_by for each in kept) == variant.sent[0]
        assert meant - sum(GO in each.unread_by for each in kept) == variant.sent[1]


def test_a_text_that_is_written_wrongly_as_a_whole_is_told_with_what_to_type() -> None:
    from base64 import b64encode

    assert "printf '%b'" in written_wrongly(CHAIN.replace(b"\n", b"\\n"))
    assert "base64 -d" in written_wrongly(b64encode(CHAIN))
    assert written_wrongly(CHAIN) == ""
    assert written_wrongly(b"") == ""


@given(st.binary(max_size=400))
def test_nothing_makes_it_raise(content: bytes) -> None:
    for text in (content, b"-----BEGIN CERTIFICATE-----\n" + content):
        assert all(each.line >= 1 for each in damages(text))
        assert isinstance(written_wrongly(text), str)


def test_a_file_that_is_not_a_pem_has_no_damage(tmp_path: Path) -> None:
    assert damages(b"\x30\x82\x01\x0a" + b"\0" * 99) == ()


def test_a_text_of_a_hundred_thousand_lines_is_no_servers_file() -> None:
    assert read(CHAIN + b"\n" * 100_001).held == ()
    assert len(read(CHAIN + b"\n" * 90_000).held) == 2
