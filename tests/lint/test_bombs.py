"""Configurations that unfold without end: one sentence, within bounds, and signals are heeded."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from cf525.errors import UsageError
from cf525.jobs.aside import aside
from cf525.jobs.lint import Lint, lint
from cf525.reading.caddyfile import adapted
from cf525.servers.foretold import Foretold
from cf525.servers.library import Given
from cf525.servers.question import Question
from cf525.servers.registry import KINDS, recognised
from tests.cli.forked import CF525
from tests.oracle.origins import HOST

QUESTION = Question(host=HOST)


def unfolded(kind: str, files: Mapping[str, str]) -> str:
    """The sentence with which reading is given up."""
    with pytest.raises(UsageError) as raised:
        KINDS[kind].judge(Given(files, complete=True), (next(iter(files)),), QUESTION)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def steps(job: Callable[[], object]) -> int:
    """How many calls a job makes, in Python and into C: the same on a busy machine."""
    count = 0

    def counted(_frame: object, event: str, _of: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        job()
    finally:
        sys.setprofile(before)
    return count


def macros(levels: int, each: int, body: str = "Listen 443") -> str:
    text = f"<Macro m0 $a>\n{body}\n</Macro>\n"
    for level in range(1, levels):
        uses = f"Use m{level - 1} $a\n" * each
        text += f"<Macro m{level} $a>\n{uses}</Macro>\n"
    return f"ServerRoot /etc\n{text}Use m{levels - 1} x\n"


def test_nested_macros_of_apache_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cf525.servers.bounds.MAX_STATEMENTS", 30_000)
    files = {"/etc/a.conf": macros(9, 12)}
    assert "statements" in unfolded("apache", files)
    assert steps(lambda: unfolded("apache", files)) < 100 * 30_000


def test_macros_and_variables_that_double_a_line_are_bounded() -> None:
    doubling = "ServerRoot /etc\nDefine v0 xxxxxxxx\n" + "".join(
        f"Define v{n + 1} ${{v{n}}}${{v{n}}}\n" for n in range(40)
    )
    assert "line" in unfolded("apache", {"/etc/a.conf": doubling})
    uses = "".join(
        f"<Macro m{n + 1} $a>\nUse m{n} $a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a\n</Macro>\n"
        for n in range(9)
    )
    text = f"ServerRoot /etc\n<Macro m0 $a>\nDefine x $a\n</Macro>\n{uses}Use m9 long\n"
    assert "line" in unfolded("apache", {"/etc/a.conf": text})


def test_a_macro_within_itself_keeps_apache_from_starting() -> None:
    text = "ServerRoot /etc\nListen 443\n<Macro m>\nUse m\n</Macro>\nUse m\n"
    found = KINDS["apache"].judge(
        Given({"/etc/a.conf": text}, complete=True), ("/etc/a.conf",), QUESTION
    )
    assert found.decisive is not None
    assert found.decisive.cause == "configuration-not-loaded"


SITE = "server { listen 443 ssl; ssl_certificate a; ssl_certificate_key b; }\n"
HOST_BLOCK = "<VirtualHost *:443>\nServerName a\nSSLEngine on\n</VirtualHost>\n"
MANY: Mapping[str, Mapping[str, Callable[[int], str]]] = {
    "nginx": {
        "braces": lambda n: "events{}\nhttp {\n" + "{" * (n * 10),
        "blocks": lambda n: "events{}\nhttp {\n" + "server {\n" * n + "}\n" * (n + 1),
        "parameter": lambda n: "http { server { listen 443 ssl; ssl_ciphers " + "HIGH:" * (n * 25),
        "servers without certificates": lambda n: "http {\n" + SITE * (n // 4),
    },
    "apache": {
        "conditions": lambda n: "ServerRoot /etc\n" + "<IfModule a.c>\n" * n,
        "virtual hosts": lambda n: "Listen 443\n" + HOST_BLOCK * n,
    },
    "haproxy": {
        "ports": lambda n: f"frontend a\n bind {','.join([':1-65535'] * n)}\n mode http\n",
        "words": lambda n: "frontend a\n bind :443 ssl" + " crt /x" * (n * 5) + "\n",
    },
    "iis": {
        "bindings": lambda n: (
            "<site ><bindings>" + '<binding protocol="http" x="*:80:"/>\n' * (n * 4)
        ),
    },
}


@pytest.mark.parametrize(
    ("kind", "text"),
    [pytest.param(kind, text, id=name) for kind, own in MANY.items() for name, text in own.items()],
)
def test_what_is_much_is_read_in_steps_that_grow_with_it(
    kind: str, text: Callable[[int], str]
) -> None:
    """Twice as much costs twice the steps, and not four times."""

    def judged(count: int) -> Foretold:
        files = Given({"/etc/a": text(count)}, complete=True)
        return KINDS[kind].judge(files, ("/etc/a",), QUESTION)

    assert judged(4_000).decisive is not None
    once, twice = steps(lambda: judged(1_000)), steps(lambda: judged(2_000))
    assert twice < 2.5 * once + 1_000


@pytest.mark.parametrize(
    "text",
    [
        "[entryPoints.websecure]\n" + "a." * 300_000 + "a = 1\n",
        "a = " + "[" * 30_000,
    ],
)
def test_toml_that_is_nested_without_end_is_refused(text: str) -> None:
    assert "/etc/traefik.toml is" in unfolded("traefik", {"/etc/traefik.toml": text})


def test_aliases_of_yaml_are_not_multiplied() -> None:
    text = "http:\n  x0: &x0 {p: q}\n" + "".join(
        f"  x{n}: &x{n} {{{','.join(f'k{i}: *x{n - 1}' for i in range(10))}}}\n"
        for n in range(1, 12)
    )
    text += "  routers: *x11\nentryPoints: {websecure: {address: ':443'}}\n"
    files = Given({"/etc/traefik.yml": text}, complete=True)
    found = KINDS["traefik"].judge(files, ("/etc/traefik.yml",), QUESTION)
    assert found.server == "Traefik"
    assert steps(lambda: KINDS["traefik"].judge(files, ("/etc/traefik.yml",), QUESTION)) < 300_000


@pytest.mark.parametrize("kind", ["traefik", "envoy", "kubernetes", "cloudflared"])
@pytest.mark.parametrize("merge", ["<<: *a", "<<: [*a, *a]", "'<<': 1\n    <<: *a"])
def test_merge_keys_of_yaml_copy_no_more_than_a_configuration_has(kind: str, merge: str) -> None:
    text = "base: &a\n" + "".join(f"  k{n}: 1\n" for n in range(2_000))
    text += "".join(f"x{n}:\n  - {merge}\n" for n in range(2_000))
    if "[" in merge:  # a list of them is none that is merged here
        text += "y:\n" + "".join(f"  - <<: *a\n    z: {n}\n" for n in range(200))
    assert "larger or deeper" in unfolded(kind, {"/etc/x.yml": text})


@pytest.mark.parametrize(("levels", "each"), [(9, 10), (3_000, 1)])
def test_snippets_of_a_caddyfile_that_import_each_other_are_bounded(levels: int, each: int) -> None:
    text = "(a0) {\n\trespond ok\n}\n" + "".join(
        f"(a{n}) {{\n" + f"\timport a{n - 1}\n" * each + "}\n" for n in range(1, levels)
    )
    text += f"{HOST} {{\n\timport a{levels - 1}\n}}\n"
    with pytest.raises(UsageError, match="unfolds"):
        adapted(Given({"/etc/Caddyfile": text}), "/etc/Caddyfile")


@pytest.mark.parametrize(("kind", "word"), [("nginx", "include {};"), ("apache", "Include {}")])
def test_files_that_include_many_others_many_times_are_bounded(kind: str, word: str) -> None:
    files = {f"/etc/f{n}": (word.format(f"/etc/f{n + 1}") + "\n") * 12 for n in range(9)}
    files["/etc/f9"] = "# end\n"
    assert "files" in unfolded(kind, files)


def test_a_long_file_with_includes_behind_is_no_bomb() -> None:
    many = "".join(f"    map_hash_max_size {n};\n" for n in range(5000))
    text = (
        f"events {{}}\nhttp {{\n{many}    server {{ listen 443 ssl; server_name {HOST};\n"
        "    include /etc/tls.conf;\n    ssl_certificate /a.pem; ssl_certificate_key /a.key; } }\n"
    )
    files = {"/etc/nginx.conf": text, "/etc/tls.conf": "ssl_protocols TLSv1.2;\n"}
    found = KINDS["nginx"].judge(Given(files), ("/etc/nginx.conf",), QUESTION)
    assert found.decisive is None


@pytest.mark.parametrize("text", ["http:\n" + " \n" * 2000 + "x", "tls:\n" + "\t \n" * 2000])
def test_blank_lines_are_recognised_as_nothing(text: str) -> None:
    """That it takes no time is a figure of the benchmarks."""
    assert recognised(text) == ""


def test_who_waits_for_work_aside_can_be_cancelled() -> None:
    async def waiting() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await aside(lambda: time.sleep(0.5))
        with pytest.raises(ValueError, match="as it is"):
            await aside(_raising)
        assert await aside(lambda: 5) == 5

    asyncio.run(waiting())


def _raising() -> None:
    raise ValueError("as it is")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_signals_are_heeded_while_standard_input_is_read(name: str) -> None:
    with lint_of_standard_input() as process:
        process.send_signal(getattr(signal, name))
        assert process.wait(60) == 130
        assert said(process) == ["cf525: interrupted"]


def test_timeout_ends_a_standard_input_that_does_not_end() -> None:
    with lint_of_standard_input("--timeout", "0.5") as process:
        assert process.wait(60) == 3
        assert said(process)[0] == "cf525: nothing was learned within 0.5 s"


@contextmanager
def lint_of_standard_input(*more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A lint that is in the midst of reading: more was written to it than a pipe holds."""
    process = subprocess.Popen(
        [*CF525, "lint", "-", "--host", HOST, *more],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdin is not None
        process.stdin.write(b"# a comment\n" * 60_000)
        process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


def said(process: "subprocess.Popen[bytes]") -> list[str]:
    assert process.stderr is not None
    return process.stderr.read().decode().splitlines()


def test_a_timeout_ends_a_judgement_that_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nginx.conf").write_text("events {}\nhttp { server { listen 443 ssl; } }\n")
    monkeypatch.setattr("cf525.jobs.lint.Linter.read", lambda *_, **__: time.sleep(1))
    job = Lint(host=HOST, paths=(str(tmp_path / "nginx.conf"),))

    async def bounded() -> None:
        async with asyncio.timeout(0.3):
            await lint(job)

    with pytest.raises(TimeoutError):
        asyncio.run(bounded())
