"""What a screen gives to be copied runs as it is copied."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.model import Config, Remedy, Shell, Words
from cf525.report.line import Line
from cf525.report.paste import EXAMPLES, commands, headed, lines_of

WORDS = st.sampled_from(
    ["-a", "--long-option", "'two  words'", '"a \\" b"', "x\\ y", "value", "/a/path/of/some/length"]
)


def shown(*parts: Words | Config | Shell) -> list[str]:
    remedy = Remedy(where="origin", platform="nginx", parts=parts)
    return [each.text for each in lines_of(remedy, indent=7, width=80)]


def arguments(script: str) -> bytes:
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    return done.stdout


@given(st.lists(WORDS, min_size=1, max_size=12), st.integers(20, 70))
def test_a_command_on_several_lines_is_the_same_command(words: list[str], width: int) -> None:
    command = " ".join(["printf '%s|'", *words])
    folded = commands(Shell(commands=(command,)), width)
    joined = "\n".join(folded).replace(" \\\n  ", " ")
    assert joined == command


def test_bash_reads_the_same_words_from_both() -> None:
    command = "printf '%s|' " + " ".join(["'two  words'", "x\\ y", '"$HOME"', "--option"] * 6)
    folded = commands(Shell(commands=(command,)), 60)
    assert len(folded) > 2
    assert all(len(each) <= 60 for each in folded)
    assert arguments("\n".join(folded)) == arguments(command)


@pytest.mark.parametrize(
    "part",
    [
        Shell(commands=(f"cat > {'f' * 90} <<'END'", "  a  b", "END")),
        Shell(commands=(f"Get-Thing {'-Long Value ' * 12}",), shell="powershell"),
        Shell(commands=(f"echo 'a quote without an end {'x ' * 60}",)),
    ],
)
def test_what_cannot_be_continued_safely_stays_as_it_is(part: Shell) -> None:
    assert commands(part, 60) == list(part.commands)


def test_names_of_files_that_nobody_told_are_said_to_be_examples() -> None:
    guessed = Config(server="nginx", text="ssl_certificate /etc/ssl/a.example/fullchain.pem;")
    assert shown(guessed)[0].strip() == f"in the site's server block {EXAMPLES}:"
    bare = Config(server="nginx", text="server { ssl_certificate /etc/ssl/a.example/a.pem; }")
    assert shown(bare)[-1].strip() == EXAMPLES
    assert EXAMPLES not in "".join(shown(Config(server="nginx", text="listen 443 ssl;")))


def test_a_label_stands_before_the_first_line() -> None:
    first, second = headed([Line("         one"), Line("         two")], " PASTE")
    assert (first.label, first.text, second.label) == (" PASTE", "   one", "")
    assert headed([], " PASTE") == []
