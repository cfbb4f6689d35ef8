"""Real servers with two faults at once, with several backends, or with a fault behind a fault."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from cf525.diagnosis.options import Options
from cf525.jobs.diagnose import diagnose
from tests.realservers.diagnosed import diagnosed, outcome
from tests.servers.process import free_port, require, running
from tests.servers.real import HOST, OTHER, Files, nginx, site

pytestmark = pytest.mark.realserver

APEX = "example.com"


@contextmanager
def balancer(files: Files, *ports: int) -> Iterator[int]:
    """HAProxy in tcp mode over these ports of 127.0.0.1, in turn and without health checks."""
    port = free_port()
    servers = "\n    ".join(
        f"server s{number} 127.0.0.1:{each}" for number, each in enumerate(ports)
    )
    config = f"""
defaults
    mode tcp
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend edge
    bind 127.0.0.1:{port}
    default_backend all
backend all
    balance roundrobin
    {servers}
"""
    path = files.write("balancer.cfg", config)
    with running([require("haproxy"), "-f", path, "-db"], port, files.folder):
        yield port


def test_a_balancer_without_a_backend_closes_unasked(files: Files) -> None:
    with balancer(files) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "tcp-passthrough-dead-backend")
    finding = report.headline_finding
    assert finding is not None
    assert finding.confidence == "low"
    assert "balancer" in finding.explanation


def test_one_of_two_nginx_refuses_the_name(files: Files) -> None:
    """The other one works: no name, version or cipher that was tried may be blamed."""
    refusing = "server { listen 127.0.0.1:PORT ssl default_server; ssl_reject_handshake on; }"
    good = site(files, files.authority.issue(HOST))
    seen = set()
    with nginx(files, good) as first, nginx(files, refusing) as second:
        for order in ((first, second), (second, first)):
            with balancer(files, *order) as port:
                # A healthy look is one connection, and the next goes to the other server.
                reports = [diagnosed(port, files) for _ in range(2)]
            for report in reports:
                seen.add(report.headline)
                surely = {each.id for each in report.findings if each.confidence == "high"}
                assert not surely & {"no-common-cipher", "sni-reset", "proxy-protocol-expected"}
    assert "one-bad-backend" in seen
    assert seen <= {"one-bad-backend", None}


def test_one_of_two_nginx_serves_the_old_certificate(files: Files) -> None:
    now = files.root.now
    old = files.authority.issue(
        HOST, not_before=now - timedelta(days=90), not_after=now - timedelta(days=1)
    )
    with (
        nginx(files, site(files, files.authority.issue(HOST))) as fresh,
        nginx(files, site(files, old)) as stale,
        balancer(files, stale, fresh) as port,
    ):
        report = diagnosed(port, files)
    if report.edge_status == "526":
        assert report.headline == "one-bad-backend"
        assert "cert-expired" in {each.id for each in report.findings}
    else:
        assert outcome(report) == ("ok", None)


def test_a_proxy_header_and_a_refused_name_behind_it(files: Files) -> None:
    servers = (
        site(files, files.authority.issue(OTHER), name=OTHER, listen="ssl proxy_protocol")
        + """
        server {
            listen 127.0.0.1:PORT ssl proxy_protocol default_server; ssl_reject_handshake on;
        }"""
    )
    with nginx(files, servers) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "proxy-protocol-expected")
    finding = report.headline_finding
    assert finding is not None
    assert "112" in finding.explanation


def test_a_default_certificate_that_has_expired(files: Files) -> None:
    now = files.root.now
    issued = files.authority.issue(
        OTHER, not_before=now - timedelta(days=90), not_after=now - timedelta(days=1)
    )
    with nginx(files, site(files, issued, name=OTHER)) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("526", "default-vhost-cert")
    assert "cert-expired" in {each.id for each in report.findings}


def test_a_refused_name_and_ciphers_nobody_shares(files: Files) -> None:
    ciphers = "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-CHACHA20-POLY1305;"
    servers = (
        site(files, files.authority.issue(APEX), ciphers, name=APEX)
        + """
        server { listen 127.0.0.1:PORT ssl default_server; ssl_reject_handshake on; }"""
    )
    with nginx(files, servers) as port:
        report = diagnosed(port, files)
    assert report.edge_status == "525"
    # OpenSSL settles the ciphers of the listener before the name: either may be met first.
    assert report.headline in ("sni-rejected-112", "no-common-cipher", "handshake-refused")
    finding = report.headline_finding
    assert finding is not None
    if report.headline == "handshake-refused":
        assert finding.confidence == "low"


def test_a_wildcard_of_a_whole_registry_is_nobodys_to_widen(files: Files) -> None:
    """No CA issues it, so that none of that kind is advised."""
    with nginx(files, site(files, files.authority.issue("*.com"), name=HOST)) as port:
        report = diagnosed(port, files)
    assert report.edge_status == "526"
    assert report.headline != "wildcard-too-short"
    assert "*.com" not in str([each.remedies for each in report.findings])


def test_a_deep_look_finds_the_bad_backend_behind_a_good_first_answer(files: Files) -> None:
    refusing = "server { listen 127.0.0.1:PORT ssl default_server; ssl_reject_handshake on; }"
    good = site(files, files.authority.issue(HOST))
    options = Options(mode="strict", trust_files=(files.trust,), edge=False, fetch=False, deep=True)
    with (
        nginx(files, good) as first,
        nginx(files, refusing) as second,
        balancer(files, first, second, first) as port,
    ):
        aimed = replace(options, origins=(("127.0.0.1", port),))
        report = asyncio.run(diagnose(HOST, aimed))
    assert "one-bad-backend" in {each.id for each in report.findings}
