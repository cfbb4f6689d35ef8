"""A patch changes the files it is for, and no others: names and lines of a stranger's tree in it."""

import asyncio
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cf525.jobs.lint import Lint, lint
from cf525.model import Report
from cf525.report import formats
from cf525.servers.library import Given, Overlaid
from cf525.servers.patch import diff_of, is_plain
from tests.lint.certificates import certificates
from tests.oracle.origins import HOST
from tests.servers.process import require

HOSTILE = [
    "x\n+++ tmp/victim",
    "pwned.sh\n@@ -0,0 +1,2 @@\n+#!/bin/sh",
    "a\tb",
    "a\rb",
    'a"b',
    '"a"',
    "a'b",
    "a\\b",
    "a\x1b[2Jb",
    "a\u202eb",
    "a\u2028b",
    "a\x0cb",
    " a",
    "a ",
    "a  b",
    "a\u00a0b",
    "../a",
    "a/../../b",
    "..",
    "/dev/null",
    "",
    "a\udc80b",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_patch_may_misread_has_no_diff(name: str) -> None:
    assert not is_plain(name)
    files = Overlaid(Given({}), {name: b"new\n", "fine.conf": b"new\n"})
    assert diff_of(files, {name: b"old\n", "fine.conf": b"old\n"}) == ""


ODD = [
    "-- a/etc/passwd",
    "++ b/etc/passwd",
    "@@ -1,2 +3,4 @@",
    "\\ No newline at end of file",
    "Index: victim",
    "*** victim",
    "diff --git a/x b/y",
    "rename to victim",
    "new mode 100755",
    "a\rb",
    "cr at the end\r",
    "a\x0cb",
    "\x1b]0;x\x07",
    "\u2028",
    "\u0085",
    "",
    "-",
    "+",
    " ",
    "\t",
    "1d",
    "GIT binary patch",
    "\udcff\udcfe",
]


def patched(folder: Path, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The files of the folder after GNU patch, which takes the diff without a warning."""
    for name, text in before.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8", "surrogateescape"))
    (folder / "victim").write_text("as it was\n")

    def encoded(texts: Mapping[str, str]) -> dict[str, bytes]:
        return {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}

    diff = diff_of(Overlaid(Given({}), encoded(after)), encoded(before))
    program = shutil.which("patch")
    assert program is not None
    ran = subprocess.run(
        [program, "-p0", "--posix", "--binary"],
        cwd=folder, input=diff.encode("utf-8", "surrogateescape"), capture_output=True,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, b"")
    files = [each for each in folder.rglob("*") if each.is_file()]
    return {
        each.relative_to(folder).as_posix(): each.read_bytes().decode("utf-8", "surrogateescape")
        for each in files
    }


@pytest.mark.parametrize("name", ["a.conf", "sites/a b.conf", "sites/é.conf", "-x", "a@b,c+d=e:f"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_lines_of_any_kind_stay_lines(name: str, end: str, tmp_path: Path) -> None:
    before = {name: "\n".join([*ODD, "old", *ODD]) + end, "b": "\n".join(ODD)}
    after = {name: "\n".join([*ODD, "new", *ODD]) + end, "b": "\n".join(["first", *ODD[:-1]])}
    assert patched(tmp_path, before, after) == {**after, "victim": "as it was\n"}


@pytest.mark.parametrize("gone", range(0, len(ODD), 3))
def test_lines_of_any_kind_are_taken_away_and_put_in(gone: int, tmp_path: Path) -> None:
    before = {"a": "\n".join(ODD)}
    after = {"a": "\n".join([*ODD[:gone], *reversed(ODD[gone + 2 :]), ODD[gone]])}
    assert patched(tmp_path, before, after) == {**after, "victim": "as it was\n"}


def broken(folder: Path, name: str, remark: str = "") -> Path:
    """A site that a patch mends, in a file of this name."""
    pair = certificates().folder
    (folder / "sites" / name).parent.mkdir(parents=True)
    (folder / "sites" / name).write_text(
        f"server {{\n  listen 443; # {remark}\n  server_name {HOST};\n"
        f"  ssl_certificate {pair}/site.pem;\n  ssl_certificate_key {pair}/site.key;\n}}\n"
    )
    depth = "/".join("*" * (name.count("/") + 1))
    (folder / "nginx.conf").write_text(f"events {{}}\nhttp {{ include sites/{depth}; }}\n")
    return folder / "nginx.conf"


def judged(main: Path) -> Report:
    trust = certificates().trust
    return asyncio.run(
        lint(Lint(host=HOST, paths=(str(main),), trust_files=(trust,), trust_only=True))
    )


def diff_in(report: Report) -> str:
    return "".join(each.patch for each in report.findings)


def test_a_tree_cannot_name_its_own_victim(tmp_path: Path) -> None:
    assert "+++ " in diff_in(judged(broken(tmp_path / "a", "fine.conf")))
    victim = str(tmp_path / "victim").lstrip("/")
    name = f"x\n+++ {victim}/y\n@@ -0,0 +1,1 @@\n+touch owned"
    report = judged(broken(tmp_path / "b", name))
    assert str(report.edge_status) == "525"
    assert diff_in(report) == ""
    assert "touch owned" not in "".join(
        str(each)
        for each in formats.find("lint", "diff").render(report, formats.Layout())  # type: ignore[union-attr]
    )


@pytest.mark.parametrize("form", [each.name for each in formats.formats_of("lint")])
def test_a_name_begins_no_line_of_any_format(form: str, tmp_path: Path) -> None:
    main = broken(tmp_path, "x\n FIX   do evil\n::error::\x1b[31m\u202e.conf")
    ran = subprocess.run(
        [sys.executable, "-m", "cf525", "lint", str(main), "--host", HOST, "--format", form],
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert b"internal fault" not in ran.stderr.encode()
    assert bool(ran.stdout) == (form != "diff")
    assert not {"\x1b", "\u202e"} & set(ran.stdout + ran.stderr)
    if form == "json":
        json.loads(ran.stdout)
    elif form != "html":  # where a line feed is a space
        lines = ran.stdout.splitlines()
        assert not [each for each in lines if each.startswith((" FIX   do evil", "::error"))]


@pytest.mark.skipif(os.name != "posix", reason="terminals are POSIX's")
def test_a_diff_does_not_act_on_a_terminal(tmp_path: Path) -> None:
    require("patch")
    main = broken(tmp_path, "fine.conf", "\x1b]0;owned\x07\x1b[2J\r +evil")
    trust = ["--trust-only", "--trust", str(certificates().trust)]
    words = [sys.executable, "-m", "cf525", "lint", str(main), "--host", HOST, "--diff", *trust]
    piped = subprocess.run(words, capture_output=True)
    assert b"\x1b]0;owned\x07" in piped.stdout
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, stdout=theirs, stderr=subprocess.PIPE, stdin=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 1 << 16):
            shown += piece
    except OSError:  # how a terminal ends
        pass
    os.close(ours)
    assert process.stderr is not None
    said = process.stderr.read()
    process.wait()
    process.stderr.close()
    assert b"+++ " in shown
    assert b"\x1b" not in shown
    assert b"\x07" not in shown
    assert b"control characters" in said
