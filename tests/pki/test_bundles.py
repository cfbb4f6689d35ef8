"""Where PEM blocks begin and end, in time that grows with the text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.pki.bundles import _bodies, blocks

PLAINLY = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END \1-----", re.DOTALL)
"""The same as one pattern, which takes as long as the square of what is never closed."""
PIECES = st.sampled_from(
    [
        *(b"-----BEGIN A-----", b"-----END A-----", b"-----BEGIN B-----", b"-----END B-----"),
        *(b"-----", b"-", b"BEGIN A", b"END A-----", b"-----BEGIN ", b"A-----", b"\n", b"x", b" "),
    ]
)


@given(st.lists(PIECES, max_size=14).map(b"".join))
def test_a_block_goes_from_a_begin_to_the_next_end_of_its_label(text: bytes) -> None:
    assert list(_bodies(text)) == PLAINLY.findall(text)


@pytest.mark.parametrize(
    "text",
    [
        b"-----BEGIN A-----\n" * 200_000,
        b"".join(b"-----BEGIN A%d-----\n" % number for number in range(200_000)),
        b"-----BEGIN A-----\na:\n" + b" x\n" * 1_000_000 + b"-----END B-----\n",
    ],
    ids=["one label", "many labels", "a header"],
)
def test_millions_of_bytes_that_are_never_closed_hold_nothing(text: bytes) -> None:
    assert blocks(text) == ()


def test_a_header_that_has_no_end_is_no_header() -> None:
    (block,) = blocks(b"-----BEGIN A-----\na:\n" + b" x\n" * 1_000_000 + b"-----END A-----\n")
    assert block.content is None
