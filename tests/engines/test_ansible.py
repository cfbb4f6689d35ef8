"""The task of the documentation, run by ansible-playbook on this machine."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from cf525.lab.ca import Authority
from tests.cli.forked import ROOT

HOST = "www.example.com"
CONFIGURATION = """\
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend tls
  bind :443 ssl crt {certificate}
  default_backend web
backend web
  server one 127.0.0.1:8080
"""


def task() -> dict[str, Any]:
    """The task as it is documented, without what is this machine's."""
    text = (ROOT / "docs" / "lint.md").read_text()
    (block,) = re.findall(r"```yaml\n(- name: HAProxy.*?)```", text, re.DOTALL)
    (found,) = yaml.safe_load(block)
    assert isinstance(found, dict)
    return found


def play(folder: Path, *, certificate: Path) -> subprocess.CompletedProcess[str]:
    """Put the configuration in place, as the documented task does."""
    source, to = folder / "haproxy.cfg.j2", folder / "haproxy.cfg"
    source.write_text(CONFIGURATION.format(certificate=certificate))
    wanted = task()
    template = wanted["ansible.builtin.template"]
    template |= {"src": str(source), "dest": str(to)}
    template["validate"] += f" --trust {folder / 'root.pem'} --trust-only"
    book = [{"hosts": "localhost", "gather_facts": False, "tasks": [wanted]}]
    (folder / "book.yml").write_text(yaml.safe_dump(book))
    program = folder / "bin" / "cf525"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m cf525 "$@"\n')
    program.chmod(0o755)
    return subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", "-c", "local",
         "book.yml"],
        cwd=folder, capture_output=True, text=True, timeout=120,
        env={
            "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
            "HOME": str(folder), "LC_ALL": "C.UTF-8", "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        },
    )  # fmt: skip


def test_a_bad_configuration_never_replaces_a_good_one(tmp_path: Path) -> None:
    authority = Authority()
    (tmp_path / "root.pem").write_bytes(authority.pem)
    issuer = authority.intermediate()
    for name, host in (("good", HOST), ("other", "other.example.org")):
        issued = issuer.issue(host)
        (tmp_path / f"{name}.pem").write_bytes(issued.chain_pem + issued.key_pem)
    first = play(tmp_path, certificate=tmp_path / "good.pem")
    kept = (tmp_path / "haproxy.cfg").read_text()
    second = play(tmp_path, certificate=tmp_path / "other.pem")
    assert (first.returncode, "changed=1" in first.stdout) == (0, True), first.stdout
    assert second.returncode == 2
    assert "failed to validate" in second.stdout
    assert "run the play again" in second.stdout
    assert (tmp_path / "haproxy.cfg").read_text() == kept
