"""HAProxy under each misconfiguration, and the cause named for it."""

import socket

import pytest

from tests.realservers.diagnosed import diagnosed, outcome
from tests.servers.real import HOST, OTHER, Files, haproxy, nginx, site

pytestmark = pytest.mark.realserver


def test_a_healthy_site_is_ok(files: Files) -> None:
    bundle = files.bundle(files.authority.issue(HOST))
    with haproxy(files, f"ssl crt {bundle} alpn h2,http/1.1") as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("ok", None)
    assert report.connections == 1


def test_a_request_that_is_never_answered_cannot_be_told(files: Files) -> None:
    bundle = files.bundle(files.authority.issue(HOST))
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute_port = mute.getsockname()[1]
        rules = "default_backend mute\nbackend mute\n    timeout server 30s\n"
        rules += f"    server a 127.0.0.1:{mute_port}"
        with haproxy(files, f"ssl crt {bundle}", rules=rules) as port:
            report = diagnosed(port, files, patience=2_000)
    assert outcome(report) == ("unknown", "slow-application")
    assert report.confidence == "low"
    assert "http-answer" in {each.id for each in report.unknowns}
    assert "525 or 526" in report.summary


def test_plain_http_behind_tls_to_a_port_that_wants_tls(files: Files) -> None:
    bundle = files.bundle(files.authority.issue(HOST))
    inner = files.authority.issue(HOST)
    with nginx(files, site(files, inner)) as backend:
        rules = f"default_backend twice\nbackend twice\n    server a 127.0.0.1:{backend}"
        with haproxy(files, f"ssl crt {bundle} alpn h2,http/1.1", rules=rules) as port:
            report = diagnosed(port, files)
    assert outcome(report) == ("origin-400", "tls-in-tls")
    finding = report.headline_finding
    assert finding is not None
    assert finding.confidence == "medium"
    assert "only evidence" in finding.confidence_reason
    assert "HTTPS port" in finding.evidence[0].text


def test_strict_sni_refuses_an_unknown_name(files: Files) -> None:
    bundle = files.bundle(files.authority.issue("example.com"))
    with haproxy(files, f"ssl strict-sni crt {bundle}") as port:
        assert outcome(diagnosed(port, files)) == ("525", "sni-rejected-112")


def test_an_unknown_name_gets_the_default_certificate(files: Files) -> None:
    bundle = files.bundle(files.authority.issue(OTHER))
    with haproxy(files, f"ssl crt {bundle}") as port:
        assert outcome(diagnosed(port, files)) == ("526", "default-vhost-cert")


def test_accept_proxy(files: Files) -> None:
    bundle = files.bundle(files.authority.issue(HOST))
    with haproxy(files, f"ssl crt {bundle} accept-proxy") as port:
        assert outcome(diagnosed(port, files)) == ("525", "proxy-protocol-expected")


def test_a_bind_line_without_ssl(files: Files) -> None:
    with haproxy(files, "") as port:
        assert outcome(diagnosed(port, files)) == ("525", "no-tls-on-443")


@pytest.mark.parametrize("highest", ["TLSv1.2", "TLSv1.3"])
def test_a_demanded_client_certificate(files: Files, highest: str) -> None:
    bundle = files.bundle(files.authority.issue(HOST))
    bind = f"ssl crt {bundle} ca-file {files.trust} verify required ssl-max-ver {highest}"
    with haproxy(files, bind) as port:
        assert outcome(diagnosed(port, files)) == ("unknown", "client-cert-required")


def test_a_tcp_balancer_without_a_backend(files: Files) -> None:
    with haproxy(files, "", rules="default_backend nowhere", mode="tcp") as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "closed-after-hello")
    finding = report.headline_finding
    assert finding is not None
    assert finding.confidence == "low"


def test_suites_the_edge_never_offers(files: Files) -> None:
    bundle = files.bundle(files.authority.issue(HOST, kind="rsa2048"))
    bind = f"ssl crt {bundle} ssl-max-ver TLSv1.2 ciphers ECDHE-RSA-CHACHA20-POLY1305"
    with haproxy(files, bind) as port:
        assert outcome(diagnosed(port, files)) == ("525", "no-common-cipher")
