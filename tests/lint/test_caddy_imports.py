"""A Caddyfile reads no file of this host but what lint itself reads: however it spells an import."""

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from cf525.errors import UsageError
from cf525.jobs.lint import Lint, lint
from cf525.reading.caddyfile import adapted, alone, files_of
from cf525.report.plain import to_json
from cf525.servers.caddy.lexer import NotCaddyfile, Word, words_of, written
from cf525.servers.caddy.unfolding import unfolded
from cf525.servers.library import Given, decoded
from tests.servers.process import require

MAIN = "/etc/Caddyfile"
SECRET = "root:$y$j9T$SALT$HUNTER2 of this host\n"

SPELLED = {
    "plain": "example.com {\n\timport PATH\n}\n",
    "at the top": "import PATH\n",
    "in quotes": 'example.com {\n\t"import" PATH\n}\n',
    "in backticks": "example.com {\n\t`import` PATH\n}\n",
    "in a heredoc": "example.com {\n\t<<X\n\timport\n\tX PATH\n}\n",
    "by default": "example.com {\n\t{$X:import} PATH\n}\n",
    "in part by default": "example.com {\n\tim{$X:port} PATH\n}\n",
    "with its path by default": "example.com {\n\timport {$X:PATH}\n}\n",
    "with a line by default": "example.com {\n\trespond {$X:ok\n\timport PATH}\n}\n",
    "on two lines": "example.com {\n\timport \\\n\tPATH\n}\n",
    "behind a quote over lines": 'example.com {\n\theader "a\n\tb"\n\timport PATH\n}\n',
    "as what a snippet is given": "(s) {\n\t{args.0} {args.1}\n}\nexample.com {\n\timport s import PATH\n}\n",
    "as all that it is given": "(s) {\n\t{args[:]}\n}\nexample.com {\n\timport s import PATH\n}\n",
    "in a snippet": "(s) {\n\timport {args[0]}\n}\nexample.com {\n\timport s PATH\n}\n",
    "in a snippet of a snippet": "(t) {\n\t{args.0}ort PATH\n}\n(s) {\n\timport t {args.0}\n}\n"
    "example.com {\n\timport s imp\n}\n",
    "behind a brace": "example.com { import PATH\n}\n",
    "behind the brace of a directive": "example.com {\n\thandle { import PATH\n\t}\n}\n",
    "behind nothing of a variable": "example.com {\n\treverse_proxy { {$X} import PATH\n}\n}\n",
    "around nothing of a variable": "example.com {\n\treverse_proxy { im{$X}port PATH\n}\n}\n",
    "with a mark at the beginning": "\ufeffimport PATH\n",
    "with CR": "example.com {\r\n\timport PATH\r\n}\r\n",
    "behind a no-break space": "example.com {\n\u00a0import\u00a0PATH\n}\n",
    "as a certificate": "example.com {\n\ttls internal {\n\t\tclient_auth {\n\t\t\tmode require\n"
    '\t\t\t"trusted_ca_cert_file" PATH\n\t\t}\n\t}\n}\n',
}


@pytest.mark.realserver
@pytest.mark.parametrize("text", SPELLED.values(), ids=SPELLED)
@pytest.mark.parametrize("rooted", [False, True], ids=["here", "below a root"])
def test_no_spelling_of_an_import_shows_a_file(text: str, rooted: bool, tmp_path: Path) -> None:
    require("caddy")
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    folder = tmp_path / "tree"
    folder.mkdir()
    for path in (str(secret), "../" * 30 + str(secret)[1:]):
        (folder / "Caddyfile").write_text(text.replace("PATH", path))
        job = Lint(
            host="example.com",
            paths=("/Caddyfile" if rooted else str(folder / "Caddyfile"),),
            root=folder if rooted else None,
            server="caddy",
        )
        try:
            said = to_json(asyncio.run(lint(job)))
        except UsageError as error:
            said = f"{error.message} {error.hint}"
        assert "HUNTER2" not in said
        assert "j9T" not in said


@pytest.mark.parametrize("text", SPELLED.values(), ids=SPELLED)
def test_what_caddy_is_handed_imports_nothing(text: str) -> None:
    files = Given({MAIN: text.replace("PATH", "/etc/other"), "/etc/other": "respond ok\n"})
    try:
        handed, _ = written(unfolded(files, MAIN).words)
    except (NotCaddyfile, UsageError):
        return
    again = words_of(handed, MAIN)
    assert "import" not in [each.text for each in again]
    assert "{$" not in handed


@pytest.mark.parametrize(
    "text",
    [
        each
        for name, each in SPELLED.items()
        if "behind" not in name and "around" not in name and "certificate" not in name
    ],
)
def test_a_text_without_its_files_may_import_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"imports files, which|environment"):
        alone("text", Given({MAIN: text.replace("PATH", "/etc/x")}), MAIN)


WORDS = {
    'a "b c" `d "e"` f': ["a", "b c", 'd "e"', "f"],
    'a "b \\"c\\" \\d" e\\f': ["a", 'b "c" \\d', "e\\f"],
    "a \\\n b\nc": ["a", "b", "c"],
    "a#b # c\n#d\ne": ["a#b", "e"],
    "{$X:a b}c {$Y}": ["a", "bc", "\udffeY\udfff"],
    "x <<END\n\tone\n\ttwo\n\tEND y": ["x", "one\ntwo", "y"],
    "x <<END\none\nEND\n\\<<a": ["x", "one", "<<a"],
    'a "b\nc" d': ["a", "b\nc", "d"],
    '"" ``': ["", ""],
    "a\x1cb c\x85d\u3000e": ["a\x1cb", "c", "d", "e"],
    '"no end': ["no end"],
    "`no end": ["no end"],
    "end\\": ["end"],
    "a\\ b \\ c d": ["a", "b", "\\c", "d"],
    'a \\  "b c" d': ["a", "\\b c", "d"],
    "a \\ \n\tb \\ `c`": ["a", "b", "c"],
    "a \\ \\ b": ["a", "\\\\", "b"],
    "a \\ #b": ["a"],
}


def test_the_words_of_a_file_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cf525.servers.caddy.lexer.MAX_WORDS", 100)
    assert len(words_of("a " * 100, MAIN)) == 100
    with pytest.raises(NotCaddyfile, match="more words than any configuration has"):
        words_of("a " * 101, MAIN)


@pytest.mark.parametrize(("text", "wanted"), WORDS.items())
def test_words_are_told_apart_as_caddy_does(text: str, wanted: list[str]) -> None:
    assert [each.text for each in words_of(text, MAIN)] == wanted


@pytest.mark.parametrize(
    "text",
    ["a", "a b", 'a"b', "a`b", "a\\b", "\\", "a\\", 'a\\"b', "\n", "#a", "<<X", "", "{", "é", "\x00",
     "\\n\\`", "x\udc80y", "a\nimport /x", " ", "\r\n", "{args.0}", "\u2028", '"""', "<<<"],
)  # fmt: skip
@pytest.mark.parametrize("quote", ["", '"', "`"])
def test_a_word_is_written_so_that_it_is_read_again(text: str, quote: str) -> None:
    words = [Word("before", MAIN, 1, True), Word(text, MAIN, 1, False, quote)]
    again = words_of(written([*words, Word("last", MAIN, 2, True)])[0], MAIN)
    assert [(each.text, each.first) for each in again] == [
        ("before", True),
        (text, False),
        ("last", True),
    ]


@pytest.mark.parametrize("text", ['a`\\"', "`\\", "{$X}", "{$X:import}"])
def test_what_cannot_be_written_is_refused(text: str) -> None:
    with pytest.raises(NotCaddyfile):
        written([Word(text, MAIN, 1, True)])


def test_a_default_is_not_filled_in_twice() -> None:
    found = unfolded(Given({MAIN: "{$A:{$}B:import} /etc/passwd\n"}), MAIN)
    with pytest.raises(NotCaddyfile, match="variable stands within"):
        written(found.words)


def handed(files: Mapping[str, str]) -> str:
    return written(unfolded(Given(files), MAIN).words)[0]


def test_imports_are_put_in_with_what_they_are_given() -> None:
    files = {
        MAIN: "(s) {\n\theader X {args.0}-{args[1]}\n\trespond {args[1:]}\n\timport sub/*.conf a\n}\n"
        'example.com {\n\timport s one "two three" four\n}\n',
        "/etc/sub/1.conf": "rewrite {args.0} {args.1}\n",
        "/etc/sub/2.conf": "# nothing\n",
    }
    assert handed(files) == (
        'example.com {\nheader X "one-two three"\nrespond "two three" four\nrewrite a {args.1}\n}\n'
    )
    assert files_of(Given(files), MAIN) == (MAIN, "/etc/sub/1.conf", "/etc/sub/2.conf")


@pytest.mark.parametrize(
    "text",
    [
        "(s) {\n" + "\timport s {args.0}{args.0}\n" * 2 + "}\nimport s aaaa\n",
        "".join(f"(s{n}) {{\n\timport s{n + 1} {{args.0}}{{args.0}}\n}}\n" for n in range(60))
        + "(s60) {\n\trespond {args.0}\n}\nimport s0 aaaaaaaa\n",
        "(s) {\n" + "\trespond {args[:]}\n" * 3000 + "}\nimport s" + " a" * 3000 + "\n",
        "(s0) {\n}\n"
        + "".join(f"(s{n}) {{\n" + f"\timport s{n - 1}\n" * 20 + "}\n" for n in range(1, 9))
        + "import s8\n",
    ],
)
def test_what_unfolds_without_end_is_refused(text: str) -> None:
    with pytest.raises((UsageError, NotCaddyfile), match=r"unfolds|cycle"):
        unfolded(Given({MAIN: text}), MAIN)


@pytest.mark.realserver
def test_a_refusal_names_the_line_and_of_another_file_no_word() -> None:
    require("caddy")
    files = {MAIN: "example.com {\n\timport sub\n}\n", "/etc/sub": "respond ok\nhunter2 x\n"}
    said = decoded(adapted(Given(files), MAIN))
    assert "hunter2" not in said
    assert "unrecognized directive: \\u2026 (/etc/sub:2)" in said
    assert '"line": 2' in said
    own = decoded(adapted(Given({MAIN: "example.com {\n\t# x\n\thunter2 x\n}\n"}), MAIN))
    assert "unrecognized directive: hunter2" in own
    assert '"line": 3' in own


PIECES = (
    *("import", "import ", '"', "`", "\\", "\n", "\n", " ", " ", "{", "}", " {\n", "\n}\n", "{$X:"),
    *("{$", "{$X}", "}", "<<A\n", "\nA", "A", "#", "(s) {\n", "{args.0}", "{args[:]}", " s ", "im"),
    *("import s import /etc/other\n", "port", "example.com {\n", "\r\n", "\t", "\u00a0", "\ufeff"),
    *(
        ":",
        '"import"',
        "`import`",
        "\\\n",
        "reverse_proxy ",
        'header "a\nb"',
        "/etc/other",
        "{block}",
    ),
)


def test_of_thousands_of_hostile_texts_none_hands_an_import_over() -> None:
    drawn = random.Random(525)
    handed_over = 0
    for _ in range(6_000):
        text = "".join(drawn.choice(PIECES) for _ in range(drawn.randrange(2, 25)))
        files = Given({MAIN: text, "/etc/other": "respond import\n"})
        try:
            words = unfolded(files, MAIN).words
            again = words_of(written(words)[0], MAIN)
        except (NotCaddyfile, UsageError):
            continue
        assert [each.text for each in again] == [each.text for each in words], text
        assert "import" not in [each.text for each in again], text
        handed_over += 1
    assert handed_over > 1_000
