"""A Caddyfile that comes as text, or from another host, is judged as one in a file is."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from cf525.errors import UsageError
from cf525.jobs.apart import apart
from cf525.jobs.lint import Lint, lint
from cf525.model import Report
from cf525.probe.transports import Ssh
from tests.lint.certificates import certificates
from tests.oracle.origins import HOST
from tests.servers.process import require

pytestmark = pytest.mark.realserver
SITE = f"{HOST} {{\n respond hi\n}}\n"
OTHER = f"http://{HOST} {{\n respond hi\n}}\n"


def piped(text: str, *, away: bool = False) -> Report:
    require("caddy")
    job = Lint(host=HOST, paths=("-",), server="caddy", text=text.encode(), timeout=30)
    return asyncio.run(apart(job) if away else lint(job))


def from_file(text: str, folder: Path) -> Report:
    (folder / "Caddyfile").write_text(text)
    return asyncio.run(lint(Lint(host=HOST, paths=(str(folder / "Caddyfile"),))))


@pytest.mark.parametrize("text", [SITE, OTHER], ids=["site", "in clear"])
@pytest.mark.parametrize("away", [False, True], ids=["standard input", "process of its own"])
def test_text_is_judged_as_the_file_is(text: str, away: bool, tmp_path: Path) -> None:
    got, wanted = piped(text, away=away), from_file(text, tmp_path)
    assert (str(got.edge_status), got.headline) == (str(wanted.edge_status), wanted.headline)
    assert (got.headline is None) == (text == SITE)


def test_what_it_imports_is_not_guessed() -> None:
    with pytest.raises(UsageError, match="imports files, which are not here"):
        piped("import sites/*\n")
    snippet = "(ours) {\n respond hi\n}\n" + f"{HOST} {{\n import ours\n}}\n"
    assert piped(snippet).headline is None


def test_the_one_of_another_host_is_adapted_with_its_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("caddy")
    program = tmp_path / "bin/ssh"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sh -s\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    folder = certificates().folder
    pair = f"tls {folder}/expired.pem {folder}/expired.key"
    (tmp_path / "Caddyfile").write_text("import sites/*\n")
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/a").write_text(f"{HOST} {{\n {pair}\n}}\n")
    job = Lint(
        host=HOST,
        paths=(str(tmp_path / "Caddyfile"),),
        server="caddy",
        via=Ssh("origin"),
        trust_files=(certificates().trust,),
        trust_only=True,
    )
    assert str(asyncio.run(lint(job)).edge_status) == "526"
