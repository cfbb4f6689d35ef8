"""TOML of others: what its keys may cost, and that nothing ordinary is refused."""

import tomllib
import tracemalloc

import pytest

from cf525 import tomltext

DEEP = ".a" * 20_000

HOSTILE = {
    "bare": f"a{DEEP} = 1",
    "table": f"[a{DEEP}]",
    "array of tables": f"[[a{DEEP}]]",
    "a quoted number sign": f'"#"{DEEP} = 1',
    "a quoted quote": f'"\'"{DEEP} = 1',
    "a literal double quote": f"'\"'{DEEP} = 1",
    "an escaped quote": f'"\\""{DEEP} = 1',
    "spaces around dots": "a" + " . a" * 20_000 + " = 1",
    "an inline table": f"x = {{ a{DEEP} = 1 }}",
    "in a list": f"x = [ {{ a{DEEP} = 1 }} ]",
    "behind a long string": f'x = """a " # \' ""b"""""\na{DEEP} = 1',
    "behind a literal one": f"x = '''a \" # ' '' b'''''\na{DEEP} = 1",
    "behind an escape at the end": f'x = """a \\""" b"""\na{DEEP} = 1',
    "behind a comment": f"# \"\"\" '''\na{DEEP} = 1",
    "quoted parts": '"a"' + '."a"' * 20_000 + " = 1",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_key_that_leads_too_deep_is_refused_before_it_costs(text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="nested deeper than any configuration"):
            tomltext.loads(text)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_values_in_each_other_are_refused_too() -> None:
    with pytest.raises(ValueError, match="nested deeper"):
        tomltext.loads("x = " + "[" * 50_000)


@pytest.mark.parametrize("mark", ['"""', "'''", '"', "'", '"""\\', '"\\'])
def test_a_string_without_an_end_is_no_toml(mark: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match="at "):
        tomltext.loads(f"x = {mark}{'a.' * 1000}")
    tomltext.depth_of(mark * 100_000)


@pytest.mark.parametrize(
    "text",
    [
        f"x = '{DEEP}'",
        f'x = "{DEEP}"',
        f'x = """\n{DEEP}\n"""',
        f"x = '''\n{DEEP}\n'''",
        f"x = 1 # {DEEP}",
        "x = [" + "1.5, " * 500 + "]",
        "\n".join(f"a{n}.b.c = 1" for n in range(500)),
        'rule = "Host(`a.example`) && Path(`/.well-known/x.y`)"',
    ],
)
def test_dots_that_are_no_keys_are_not_counted(text: str) -> None:
    assert tomltext.loads(text) == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"[k{number}{'.a' * 50}]" for number in range(10_000)),
        "\n".join(f"k{number}{'.a' * 50} = 1" for number in range(10_000)),
        "x = [" + "[]," * 300_000 + "]",
        "x = [" + "{}," * 300_000 + "]",
    ],
    ids=["tables", "keys", "arrays", "inline tables"],
)
def test_what_holds_too_much_is_refused_before_it_costs(text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="holds more than any configuration"):
            tomltext.loads(text)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
