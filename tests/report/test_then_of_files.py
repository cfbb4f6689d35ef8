"""What comes next for files that were read: never a file that is gone when this is read."""

import asyncio
from pathlib import Path

import pytest

from cf525.jobs.lint import Lint, lint
from cf525.report import then
from cf525.report.next_command import NOTHING_TYPED
from tests.oracle.origins import HOST

REFUSING = "events {}\nhttp { server {\n listen 443 ssl;\n ssl_reject_handshake on;\n} }\n"


@pytest.mark.parametrize("folder", ["ansible-tmp-1764421-22-33", "ansible-moduletmp-1764421-x"])
def test_below_ansible_the_play_is_run_again(folder: str, tmp_path: Path) -> None:
    told = {}
    for name in (folder, "etc"):
        file = tmp_path / name / "source.conf"
        file.parent.mkdir()
        file.write_text(REFUSING)
        report = asyncio.run(lint(Lint(host=HOST, paths=(str(file),))))
        following = then.of(report, report.headline_finding, NOTHING_TYPED)
        assert following is not None
        told[name] = f"{following.words} {following.command}"
    assert "run the play again" in told[folder]
    assert folder not in told[folder]
    assert "run the play again" not in told["etc"]
