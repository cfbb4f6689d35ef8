"""Apache httpd under each misconfiguration, and the cause named for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cf525.lab.ca import Issued
from tests.realservers.harness import (
    HOST,
    OTHER,
    Files,
    diagnosed,
    free_port,
    outcome,
    require,
    running,
)

pytestmark = pytest.mark.realserver

MODULES = "/usr/lib/apache2/modules"


@contextmanager
def apache(files: Files, body: str) -> Iterator[int]:
    port = free_port()
    loads = "\n".join(
        f"LoadModule {name}_module {MODULES}/mod_{name}.so"
        for name in ("mpm_event", "ssl", "socache_shmcb", "authz_core", "headers", "http2")
    )
    config = f"""
    ServerRoot {files.folder}
    ServerName localhost
    PidFile {files.folder}/apache.pid
    ErrorLog {files.folder}/error.log
    DefaultRuntimeDir {files.folder}
    {loads}
    StartServers 1
    ServerLimit 1
    ThreadsPerChild 8
    MaxRequestWorkers 8
    Listen 127.0.0.1:{port}
    DocumentRoot {files.folder}
    {body.replace("PORT", str(port))}
    """
    path = files.write("apache.conf", "\n".join(line.strip() for line in config.splitlines()))
    binary = require("apache2")
    with running([binary, "-f", path, "-DFOREGROUND"], port, files.folder):
        yield port


def vhost(files: Files, issued: Issued, extra: str = "", name: str = HOST) -> str:
    certificate, key = files.pair(issued, name)
    return f"""<VirtualHost *:PORT>
        ServerName {name}
        SSLEngine on
        SSLCertificateFile {certificate}
        SSLCertificateKeyFile {key}
        {extra}
    </VirtualHost>
    """


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
