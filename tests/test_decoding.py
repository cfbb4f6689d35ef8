"""What an answer may hold: whatever it is, it costs a bounded amount and leaves nothing odd."""

import json
import tracemalloc

import pytest

from cf525.model.decoding import MOST_VALUES, decode


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"[]," * (MOST_VALUES // 2 + 1) + b"[]]",
        b'{"result":[' + b'{"a":1},' * (MOST_VALUES // 3 + 1) + b'{"a":1}]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"1" * 100_000,
        b"\xff\xfe",
        b"",
    ],
    ids=["empty lists", "objects", "depth", "depth of objects", "NaN", "infinity", "a long number",
         "no text", "nothing"],
)  # fmt: skip
def test_what_is_too_much_or_no_json_is_refused_before_it_costs(content: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(ValueError):  # noqa: PT011 - of many kinds, all of them ValueErrors
        decode(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


def test_halves_of_characters_do_not_come_in() -> None:
    found = decode(rb'{"a\ud800": ["\udfff", {"b": "x\ud83d\ude00y"}]}')
    json.dumps(found, ensure_ascii=False).encode()
    assert found == {"a\ufffd": ["\ufffd", {"b": "x\U0001f600y"}]}


def test_a_page_of_five_thousand_records_is_far_below_the_bound() -> None:
    record = {f"member{number}": "value" for number in range(20)}
    content = json.dumps({"result": [record] * 5_000, "success": True}).encode()
    assert len(decode(content)["result"]) == 5_000
