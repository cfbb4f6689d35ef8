"""Caddy, lighttpd, stunnel, OpenSSL's and GnuTLS's own servers, Java and Go."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

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


@contextmanager
def caddy(files: Files, site: str, *, tls: str = "") -> Iterator[int]:
    port = free_port()
    certificate, key = files.pair(files.authority.issue(site))
    config = f"""{{
        admin off
        auto_https off
        storage file_system {files.folder}/caddy
    }}
    https://{site}:{port} {{
        bind 127.0.0.1
        tls {certificate} {key} {{
            {tls}
        }}
        respond "ok"
    }}
    """
    path = files.write("Caddyfile", config)
    command: list[str | Path] = [require("caddy"), "run", "--config", path]
    command += ["--adapter", "caddyfile"]
    env = {"HOME": str(files.folder), "XDG_DATA_HOME": str(files.folder)}
    with running(command, port, files.folder, env=env):
        yield port


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


@contextmanager
def lighttpd(files: Files, extra: str = "", name: str = HOST) -> Iterator[int]:
    port = free_port()
    bundle = files.bundle(files.authority.issue(name))
    config = f"""
    server.modules = ("mod_openssl")
    server.document-root = "{files.folder}"
    server.bind = "127.0.0.1"
    server.port = {port}
    server.errorlog = "{files.folder}/error.log"
    ssl.engine = "enable"
    ssl.pemfile = "{bundle}"
    {extra}
    """
    path = files.write("lighttpd.conf", config)
    with running([require("lighttpd"), "-D", "-f", path], port, files.folder):
        yield port


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


@contextmanager
def stunnel(files: Files, extra: str = "") -> Iterator[int]:
    port = free_port()
    certificate, key = files.pair(files.authority.issue(HOST))
    config = f"""foreground = yes
pid =
[edge]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:1
cert = {certificate}
key = {key}
{extra}
"""
    path = files.write("stunnel.conf", config)
    with running([require("stunnel4"), path], port, files.folder):
        yield port


def test_stunnel_with_a_dead_backend_closes_after_the_handshake(files: Files) -> None:
    with stunnel(files) as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("520", "closes-after-handshake")


def test_stunnel_demands_a_client_certificate(files: Files) -> None:
    with stunnel(files, f"verify = 2\nCAfile = {files.trust}") as port:
        assert outcome(diagnosed(port, files)) == ("unknown", "client-cert-required")


@contextmanager
def s_server(files: Files, *arguments: str, kind: str = "p256", name: str = HOST) -> Iterator[int]:
    port = free_port()
    certificate, key = files.pair(files.authority.issue(name, kind=kind))
    chain = files.write("chain.pem", files.authority.pem)
    command: list[str | Path] = [
        require("openssl"),
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-cert",
        certificate,
        "-key",
        key,
        "-cert_chain",
        chain,
        "-www",
        "-quiet",
        *arguments,
    ]
    with running(command, port, files.folder):
        yield port


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


@contextmanager
def gnutls(files: Files, *arguments: str) -> Iterator[int]:
    port = free_port()
    certificate, key = files.pair(files.authority.issue(HOST))
    command: list[str | Path] = [
        require("gnutls-serv"),
        "--http",
        "--port",
        str(port),
        "--x509certfile",
        certificate,
        "--x509keyfile",
        key,
        *arguments,
    ]
    with running(command, port, files.folder):
        yield port


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


@contextmanager
def java(files: Files, setting: str) -> Iterator[int]:
    port = free_port()
    source = Path(__file__).with_name("JavaServer.java")
    issued = files.authority.issue(HOST, kind="rsa2048")
    bundle = files.bundle(issued)
    store = files.folder / "store.p12"
    subprocess.run(
        [
            require("openssl"),
            "pkcs12",
            "-export",
            "-in",
            bundle,
            "-out",
            store,
            "-passout",
            "pass:changeit",
        ],
        check=True,
        capture_output=True,
    )
    security = files.write("java.security", "jdk.tls.disabledAlgorithms=NULL\n")
    command: list[str | Path] = [
        require("java"),
        "-Xshare:auto",
        f"-Djava.security.properties={security}",
        source,
        str(port),
        store,
        setting,
    ]
    with running(command, port, files.folder, wait=40):
        yield port


def test_java_is_healthy(files: Files) -> None:
    with java(files, "plain") as port:
        assert outcome(diagnosed(port, files)) == ("ok", None)


def test_java_demands_a_client_certificate(files: Files) -> None:
    with java(files, "client-certificate") as port:
        assert outcome(diagnosed(port, files)) == ("unknown", "client-cert-required")


def test_java_speaks_sslv3_only(files: Files) -> None:
    with java(files, "sslv3") as port:
        report = diagnosed(port, files)
    assert outcome(report) == ("525", "version-too-old")
    finding = report.headline_finding
    assert finding is not None
    assert "SSLv3" in finding.title


@contextmanager
def go(files: Files, binary: Path, setting: str, name: str = "example.com") -> Iterator[int]:
    port = free_port()
    certificate, key = files.pair(files.authority.issue(name))
    with running([binary, str(port), certificate, key, setting], port, files.folder):
        yield port


@pytest.mark.xdist_group("go")
def test_go_without_a_certificate_for_the_name(files: Files, go_server: Path) -> None:
    with go(files, go_server, "by-name") as port:
        assert outcome(diagnosed(port, files)) == ("525", "sni-rejected-112")


@pytest.mark.xdist_group("go")
def test_go_refuses_the_application_protocols(files: Files, go_server: Path) -> None:
    with go(files, go_server, "alpn") as port:
        assert outcome(diagnosed(port, files)) == ("525", "alpn-no-overlap")
