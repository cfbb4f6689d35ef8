"""Every command line that a page shows is carried out, in the lab's world and an empty folder.

Of a page that tells a story (``docs/fix.md``) the lines run in their order, in one folder.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from cf525.lab.certificates import Certificates
from cf525.lab.running import Lab, start
from cf525.lab.world import ALL, Origin, Record, Token, World, Zone
from cf525.lab.writes import EDIT
from tests.cli.forked import CF525, ROOT
from tests.cli.test_command_line import environment

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_LINE = re.compile(r"^(?:\$ )?((?:cf525|mkdir) (?:[^#\n\\]|\\\n)+)", re.MULTILINE)
_FENCE = re.compile(r"^```(?:sh|console)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(
    r"\{\}|<|\.\.\.|--serve|--undo [0-9a-f]|--via|ssh://|203\.0\.113\.7\b|HOST|/etc/"
)
"""Lines that want a place of their own: another program, a server that stays up, a host far away,
the id of an entry that only a person's own journal holds."""
UNCONFIRMED = re.compile(r"fix --apply|fix .* --apply")
"""Nobody sits at a terminal here to confirm: nothing is written, exit 2."""

HOST = "www.example.com"
WORLD = World(
    tokens=(Token(value="read"), Token(value="write", permissions=ALL | EDIT)),
    edge_fetches=True,
    zones=(
        Zone(
            name="example.com",
            settings={"ssl": "strict"},
            records=(Record(type="A", name=HOST, content="203.0.113.10"),),
        ),
    ),
    origins={
        "203.0.113.10:443": Origin(kind="tls", options={"names": (HOST,), "certificate": "expired"})
    },
)
"""The site of the pages: its certificate has expired."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with start(WORLD) as running:
        yield running


def lines_of(page: Path) -> Iterator[str]:
    for block in _FENCE.findall(page.read_text("utf-8")):
        for line in _LINE.findall(block):
            whole = line.replace("\\\n", " ").partition(" | ")[0].partition("; ")[0].strip()
            if not NOT_RUN.search(whole):
                yield whole


def test_there_are_lines_to_run() -> None:
    assert sum(len(list(lines_of(page))) for page in PAGES) >= 15


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.stem)
def test_the_lines_of_a_page_run(page: Path, lab: Lab, tmp_path: Path) -> None:
    issued = Certificates().issue("www.example.com", {})
    chain = (issued.certificate, *issued.chain)
    pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)
    (tmp_path / "fullchain.pem").write_bytes(pem)
    (tmp_path / "privkey.pem").write_bytes(
        issued.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    names = environment(lab) | {
        "CLOUDFLARE_FIX_TOKEN": "write",
        "PYTHONPATH": str(ROOT),
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "CF525_CACHE_DIR": str(tmp_path / "cache"),
    }
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "cf525"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(CF525)} "$@"\n')
    program.chmod(0o755)
    before = "cf525 audit --quiet --fail-on never --format json -o part-1.json"
    for line in (before, *lines_of(page)) if "part-" in page.read_text() else lines_of(page):
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=names, capture_output=True, text=True
        )
        wanted = {2} if UNCONFIRMED.search(line) else {0, 1, 3}
        assert done.returncode in wanted, (line, done.stderr)
        assert "internal fault" not in done.stderr
        assert (
            done.stdout
            or re.search(" -o | --out ", line)
            or done.returncode == 2
            or "mkdir" in line
        )
