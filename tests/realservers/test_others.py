"""Caddy, lighttpd, stunnel, OpenSSL's and GnuTLS's own servers, Java and Go."""

from pathlib import Path

import pytest

from tests.realservers.diagnosed import diagnosed, outcome
from tests.servers.process import free_port, require, running
from tests.servers.real import (
    HOST,
    OTHER,
    Files,
    caddy,
    gnutls,
    go,
    java,
    lighttpd,
    s_server,
    stunnel,
)

pytestmark = pytest.mark.realserver


def test_caddy_is_healthy(files: Files) -> None:
    with caddy(files, HOST) as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


def test_caddy_refuses_a_name_it_has_no_certificate_for_with_alert_80(files: Files) -> None:
    with caddy(files, "example.com") as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "sni-rejected-80")
    finding = report.headline_finding
    assert finding is not None
    assert finding.confidence == "high"


def test_caddy_refuses_every_name_we_can_think_of(files: Files) -> None:
    with caddy(files, OTHER) as port:
        assert outcome(diagnosed(port, files)) == ("525", "sni-rejected-80")


def test_caddy_demands_a_client_certificate(files: Files) -> None:
    demand = f"""client_auth {{
        mode require_and_verify
        trusted_ca_cert_file {files.trust}
    }}"""
    with caddy(files, HOST, tls=demand) as port:
        assert outcome(diagnosed(port, files)) == ("unknown", "client-cert-required")


def test_lighttpd_serves_its_only_certificate_for_any_name(files: Files) -> None:
    with lighttpd(files, name=OTHER) as port:
        assert outcome(diagnosed(port, files)) == ("526", "default-vhost-cert")


def test_lighttpd_demands_a_client_certificate(files: Files) -> None:
    extra = f"""ssl.ca-file = "{files.trust}"
    ssl.verifyclient.activate = "enable"
    ssl.verifyclient.enforce = "enable"
    """
    with lighttpd(files, extra) as port:
        assert outcome(diagnosed(port, files)) == ("unknown", "client-cert-required")


def test_stunnel_with_a_dead_backend_closes_after_the_handshake(files: Files) -> None:
    with stunnel(files) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("520", "closes-after-handshake")


def test_stunnel_demands_a_client_certificate(files: Files) -> None:
    with stunnel(files, f"verify = 2\nCAfile = {files.trust}") as port:
        assert outcome(diagnosed(port, files)) == ("unknown", "client-cert-required")


def test_s_server_is_healthy(files: Files) -> None:
    with s_server(files) as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


def test_s_server_refuses_another_name(files: Files) -> None:
    certificate, key = files.pair(files.authority.issue("example.com"), "second")
    arguments = (
        "-servername",
        "example.com",
        "-servername_fatal",
        "-cert2",
        str(certificate),
        "-key2",
        str(key),
    )
    with s_server(files, *arguments) as port:
        assert outcome(diagnosed(port, files)) == ("525", "sni-rejected-112")


def test_tls10_with_rsa_passes_as_the_edge_still_offers_it(files: Files) -> None:
    arguments = ("-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0")
    with s_server(files, *arguments, kind="rsa2048") as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


def test_tls10_with_an_ecdsa_certificate_cannot_work(files: Files) -> None:
    with s_server(files, "-tls1", "-cipher", "ALL:@SECLEVEL=0") as port:
        assert outcome(diagnosed(port, files)) == ("525", "ecdsa-cert-rsa-ciphers")


def test_no_answer_to_http_after_the_handshake_is_still_a_working_handshake(files: Files) -> None:
    port = free_port()
    certificate, key = files.pair(files.authority.issue(HOST))
    command: list[str | Path] = [
        require("openssl"),
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-cert",
        certificate,
        "-key",
        key,
        "-quiet",
        "-cert_chain",
        files.write("chain.pem", files.authority.pem),
    ]
    with running(command, port, files.folder):
        report = diagnosed(port, files)
    assert report.edge_status in ("ok", "520")
    assert report.observations[0].established


def test_gnutls_is_healthy(files: Files) -> None:
    with gnutls(files) as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


@pytest.mark.parametrize("version", ["TLS1.2", "TLS1.3"])
def test_gnutls_demands_a_client_certificate(files: Files, version: str) -> None:
    arguments = (
        "--require-client-cert",
        "--x509cafile",
        str(files.trust),
        "--priority",
        f"NORMAL:-VERS-ALL:+VERS-{version}",
    )
    with gnutls(files, *arguments) as port:
        assert outcome(diagnosed(port, files)) == ("unknown", "client-cert-required")


def test_java_is_healthy(files: Files, java_server: Path) -> None:
    with java(files, java_server) as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


def test_java_demands_a_client_certificate(files: Files, java_server: Path) -> None:
    with java(files, java_server, "mutual") as port:
        assert outcome(diagnosed(port, files)) == ("unknown", "client-cert-required")


def test_java_speaks_sslv3_only(files: Files, java_server: Path) -> None:
    with java(files, java_server, "protocols=SSLv3") as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "version-too-old")
    finding = report.headline_finding
    assert finding is not None
    assert "SSLv3" in finding.title


@pytest.mark.xdist_group("go")
def test_go_without_a_certificate_for_the_name(files: Files, go_server: Path) -> None:
    with go(files, go_server, "by-name") as port:
        assert outcome(diagnosed(port, files)) == ("525", "sni-rejected-112")


@pytest.mark.xdist_group("go")
def test_go_refuses_the_application_protocols(files: Files, go_server: Path) -> None:
    with go(files, go_server, "alpn=mqtt") as port:
        assert outcome(diagnosed(port, files)) == ("525", "alpn-no-overlap")
