"""The drawing of a chain: leaf on top, anchor below, the broken link marked."""

import pytest

from cf525.model import ChainVerdict
from cf525.pki import TrustStore, judge
from cf525.report.chain import chain_lines
from tests.pki import forge
from tests.pki.cases import PATHS
from tests.pki.cases_fields import FIELDS
from tests.pki.forge import AT, HOST, INTERMEDIATE_DER, LEAF_DER, ROOT_DER
from tests.pki.test_defects import judged


def drawn(verdict: ChainVerdict) -> list[str]:
    return [line.text for line in chain_lines(verdict)]


def verdict(*sent: bytes, anchor: bytes = ROOT_DER) -> ChainVerdict:
    return judge(sent, names=(HOST,), at=AT, trust=TrustStore.of(anchor))


def test_a_sound_chain_ends_at_its_root() -> None:
    assert drawn(verdict(LEAF_DER, INTERMEDIATE_DER)) == [
        " ✓ www.example.com                        EC P-256, 60 days left (2026-07-31)",
        " │",
        " ✓ Test Intermediate                      EC P-256, 1500 days left (2030-07-10)",
        " │",
        " ✓ Test Root (given)                      trusted root",
    ]


def test_the_missing_link_is_marked_and_named() -> None:
    lines = drawn(verdict(LEAF_DER))
    assert lines[-1] == " ✗ Test Intermediate                      not sent, not trusted"


def test_an_expired_link_is_marked_where_it_is() -> None:
    lines = chain_lines(verdict(LEAF_DER, forge.intermediate(not_after=forge.utc(AT))))
    assert lines[2].text.startswith(" ✗ Test Intermediate")
    assert lines[2].text.endswith("EC P-256, expired (2026-06-01)")
    assert lines[2].style == "red"
    assert lines[0].text.startswith(" ✓")


def test_what_was_sent_and_not_used_stands_below() -> None:
    lines = drawn(verdict(LEAF_DER, INTERMEDIATE_DER, ROOT_DER, INTERMEDIATE_DER))
    assert lines[4].endswith("trusted root, sent too")
    assert lines[-1].split() == ["Test", "Intermediate", "sent", "twice"]


def test_a_root_sent_for_nothing_is_called_so() -> None:
    other = forge.root(subject=forge.name("Old"), issuer=forge.name("Old"), private=forge.key("o"))
    assert drawn(verdict(LEAF_DER, INTERMEDIATE_DER, other))[-1].endswith("root, not needed")


def test_an_unknown_root_is_the_broken_link() -> None:
    other = forge.root(subject=forge.name("Old"), issuer=forge.name("Old"), private=forge.key("o"))
    lines = drawn(verdict(LEAF_DER, INTERMEDIATE_DER, ROOT_DER, anchor=other))
    assert lines[-1].startswith(" ✗ Test Root")
    assert drawn(verdict(LEAF_DER, INTERMEDIATE_DER, anchor=other))[-1].endswith("not trusted")


def test_an_unreadable_certificate_is_shown_with_its_fault() -> None:
    assert drawn(verdict(b"\x30\x00")) == [" ✗ certificate 1                          truncated"]


def test_names_from_the_network_cannot_move_the_cursor() -> None:
    evil = forge.leaf(subject=forge.name("a\x1b[2J" + "b" * 60))
    (first, *_) = drawn(verdict(evil, INTERMEDIATE_DER))
    assert "\x1b" not in first
    assert "<U+001B>" in first
    assert "…" in first


@pytest.mark.parametrize("case", [*PATHS, *FIELDS], ids=lambda case: case.title.replace(" ", "-"))
def test_every_chain_can_be_drawn_and_shows_a_mark_where_it_breaks(case: object) -> None:
    found = judged(case)  # type: ignore[arg-type]
    lines = drawn(found)
    placed = [each for each in found.decisive if each.index is not None and each.index < 3]
    if placed and found.path and not found.has("leaf_not_first"):
        assert any(line.startswith(" ✗") for line in lines)
    if found.accepted:
        assert not any("✗" in line for line in lines)
