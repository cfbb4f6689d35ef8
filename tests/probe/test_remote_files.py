"""A configuration read over ssh: all files that it takes, and no key."""

import asyncio
from pathlib import Path

import pytest

from cf525.jobs.lint import Lint, lint
from cf525.model import Report
from cf525.probe.transports import Ssh
from cf525.reading import sshclient
from tests.lint.certificates import certificates
from tests.lint.nginx_trees import DEFAULT, server, tree
from tests.lint.trees import laid_out
from tests.oracle.origins import HOST
from tests.probe.test_real_ways import ssh

__all__ = ["ssh"]  # the sshd of the other tests

pytestmark = pytest.mark.realserver


def looked_at(ssh: Ssh, path: str) -> Report:
    job = Lint(
        host=HOST, paths=(path,), via=ssh, trust_files=(certificates().trust,), trust_only=True
    )
    return asyncio.run(lint(job))


def test_files_and_certificates_are_fetched_and_keys_stay(
    ssh: Ssh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[bytes] = []
    inner = sshclient.output_of

    async def kept(*given: object) -> bytes:
        output = await inner(*given)  # type: ignore[arg-type]
        received.append(output)
        return output

    monkeypatch.setattr("cf525.reading.ssh.output_of", kept)
    laid_out(tree("x", DEFAULT, server(name="example.com")), tmp_path, 443)
    report = looked_at(ssh, str(tmp_path / "nginx.conf"))
    finding = report.headline_finding
    assert finding is not None
    assert finding.id == "default-vhost-cert"
    assert finding.places[0].file == str(tmp_path / "conf.d/site.conf")
    assert finding.patch
    from base64 import b64encode

    key = (certificates().folder / "site.key").read_bytes()
    everything = b"".join(received)
    assert received
    assert b64encode(key)[:40] not in everything
    assert key.split(b"\n")[1] not in everything


def test_a_healthy_host_is_healthy(ssh: Ssh, tmp_path: Path) -> None:
    laid_out(tree("x", server()), tmp_path, 443)
    assert looked_at(ssh, str(tmp_path / "nginx.conf")).edge_status == "ok"
