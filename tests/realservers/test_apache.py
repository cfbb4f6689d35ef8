"""Apache httpd under each misconfiguration, and the cause named for it."""

import pytest

from tests.realservers.diagnosed import diagnosed, outcome
from tests.servers.real import HOST, OTHER, Files, apache, vhost

pytestmark = pytest.mark.realserver


def test_a_healthy_site_is_ok(files: Files) -> None:
    with apache(files, vhost(files, files.authority.issue(HOST))) as port:
        report = diagnosed(port, files)
    assert report.edge_status in ("ok", "origin-403", "origin-404")
    assert report.headline is None
    assert report.connections == 1


def test_an_unknown_name_gets_the_default_sites_certificate(files: Files) -> None:
    with apache(files, vhost(files, files.authority.issue(OTHER), name=OTHER)) as port:
        assert outcome(diagnosed(port, files)) == ("526", "default-vhost-cert")


def test_plain_http_where_the_engine_is_off(files: Files) -> None:
    with apache(files, "") as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "no-tls-on-443")
    finding = report.headline_finding
    assert finding is not None
    assert finding.remedies[0].platform == "Apache"


@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
def test_a_demanded_client_certificate(files: Files, protocol: str) -> None:
    extra = f"""SSLProtocol -all +{protocol}
        SSLCACertificateFile {files.trust}
        SSLVerifyClient require"""
    with apache(files, vhost(files, files.authority.issue(HOST), extra)) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("unknown", "client-cert-required")
    finding = report.headline_finding
    assert finding is not None
    assert any("alert" in each.text for each in finding.evidence)


def test_a_version_the_security_level_forbids(files: Files) -> None:
    issued = files.authority.issue(HOST, kind="rsa2048")
    with apache(files, vhost(files, issued, "SSLProtocol -all +TLSv1.1")) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "version-mismatch")


def test_suites_the_edge_never_offers(files: Files) -> None:
    extra = """SSLProtocol -all +TLSv1.2
        SSLCipherSuite ECDHE-RSA-CHACHA20-POLY1305"""
    issued = files.authority.issue(HOST, kind="rsa2048")
    with apache(files, vhost(files, issued, extra)) as port:
        assert outcome(diagnosed(port, files)) == ("525", "no-common-cipher")


def test_a_group_the_edge_never_offers(files: Files) -> None:
    extra = "SSLProtocol -all +TLSv1.3\nSSLOpenSSLConfCmd Groups X448"
    with apache(files, vhost(files, files.authority.issue(HOST), extra)) as port:
        assert outcome(diagnosed(port, files)) == ("525", "no-common-group")


def test_an_ed25519_certificate(files: Files) -> None:
    issued = files.authority.issue(HOST, kind="ed25519")
    with apache(files, vhost(files, issued)) as port:
        assert outcome(diagnosed(port, files)) == ("525", "unusable-key-type")


def test_an_expired_certificate_under_http2(files: Files) -> None:
    now = files.root.now
    from datetime import timedelta

    issued = files.authority.issue(
        HOST, not_before=now - timedelta(days=9), not_after=now - timedelta(days=2)
    )
    with apache(files, vhost(files, issued, "Protocols h2 http/1.1")) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("526", "cert-expired")
