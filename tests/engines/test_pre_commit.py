"""The hooks, installed and run by pre-commit in a repository of somebody else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cf525.lab.ca import Authority
from tests.cli.forked import ROOT

HOST = "www.example.com"
SITE = """\
events {{}}
http {{
  server {{
    listen 443 ssl;
    server_name {host};
    ssl_certificate fullchain.pem;
    ssl_certificate_key privkey.pem;
  }}
}}
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


class Repository:
    """A repository that holds an origin's files, with both hooks in its configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repository"
        self.home = folder / "home"
        self.folder.mkdir()
        self.home.mkdir()
        source = folder / "cf525"
        git(folder, "clone", "-q", "--no-local", str(ROOT), str(source))
        authority = Authority()
        self.issuer = authority.intermediate()
        (self.folder / "trust.crt").write_bytes(authority.pem)
        trust = ["--trust", "trust.crt", "--trust-only"]
        hooks = [
            {"id": "cf525-lint", "args": ["nginx.conf", "--host", HOST, *trust]},
            {
                "id": "cf525-verify",
                "args": ["fullchain.pem", "--host", HOST, "--no-fetch", *trust],
                "files": r"fullchain\.pem$",
            },
        ]
        revision = git(source, "rev-parse", "HEAD")
        repos = [{"repo": str(source), "rev": revision, "hooks": hooks}]
        self.put(".pre-commit-config.yaml", yaml.safe_dump({"repos": repos}))
        git(self.folder, "init", "-q")

    def put(self, name: str, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        (self.folder / name).write_bytes(data)

    def site(self, *names: str) -> None:
        issued = self.issuer.issue(*names)
        self.put("fullchain.pem", issued.chain_pem)
        self.put("privkey.pem", issued.key_pem)
        self.put("nginx.conf", SITE.format(host=HOST))
        git(self.folder, "add", ".")

    def hooks(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).parent / "pre-commit", "run", "--all-files"],
            cwd=self.folder, capture_output=True, text=True, timeout=400,
            env={**os.environ, "PRE_COMMIT_HOME": str(self.home), "PYTHONPATH": ""},
        )  # fmt: skip


@pytest.mark.timeout(500)
def test_both_hooks_pass_what_works_and_stop_what_the_edge_would_refuse(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.site(HOST)
    good = repository.hooks()
    assert good.returncode == 0, good.stdout + good.stderr
    assert good.stdout.count("Passed") == 2
    repository.site("other.example.com")
    bad = repository.hooks()
    assert bad.returncode == 1
    assert bad.stdout.count("Failed") == 2
    assert "nginx.conf:6" in bad.stdout
    assert "not for www.example.com" in bad.stdout
