"""Servers of the distribution's packages on loopback, each in a process of its own.

Every function gives a context manager that yields the port once the server answers, and ends the
process it started. Used by tests marked ``realserver``, and to record transcripts.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from cf525.lab.ca import Authority, Issued
from tests.servers.process import free_port, require, running

HOST = "www.example.com"
OTHER = "shop.example.org"
SOURCES = Path(__file__).parent
MODULES = "/usr/lib/apache2/modules"

FFDHE2048 = """-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


class Files:
    """Certificates, keys and configuration of one test, in its own folder."""

    def __init__(self, folder: Path, named: str = "Real Servers") -> None:
        self.folder = folder
        self.root = Authority(f"{named} Root CA")
        self.authority = self.root.intermediate(f"{named} Intermediate CA")
        self.trust = self.write("ca.pem", self.root.pem)

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def pair(self, issued: Issued, name: str = "site", *, chain: bool = True) -> tuple[Path, Path]:
        """The certificate file (with its chain) and the key file."""
        pem = issued.chain_pem if chain else issued.pem
        return self.write(f"{name}.crt", pem), self.write(f"{name}.key", issued.key_pem)

    def bundle(self, issued: Issued, name: str = "site") -> Path:
        """Certificate, chain and key in one file, as HAProxy and others want it."""
        return self.write(f"{name}.pem", issued.chain_pem + issued.key_pem)


@contextmanager
def nginx(files: Files, servers: str, *, family: str = "127.0.0.1") -> Iterator[int]:
    """nginx with these server blocks; ``PORT`` in them becomes the port."""
    port = free_port()
    config = f"""
    daemon off; master_process off; pid {files.folder}/nginx.pid; error_log stderr info;
    events {{ worker_connections 64; }}
    http {{
        access_log off; client_body_temp_path {files.folder}/body;
        proxy_temp_path {files.folder}/proxy; fastcgi_temp_path {files.folder}/fastcgi;
        uwsgi_temp_path {files.folder}/uwsgi; scgi_temp_path {files.folder}/scgi;
        {servers.replace("PORT", str(port))}
    }}"""
    path = files.write("nginx.conf", config)
    binary = require("nginx")
    with running([binary, "-c", path, "-p", files.folder], port, files.folder, family=family):
        yield port


def site(
    files: Files,
    issued: Issued,
    extra: str = "",
    *,
    name: str = HOST,
    chain: bool = True,
    listen: str = "ssl",
) -> str:
    certificate, key = files.pair(issued, name, chain=chain)
    return f"""server {{
        listen 127.0.0.1:PORT {listen}; server_name {name};
        ssl_certificate {certificate}; ssl_certificate_key {key};
        {extra}
        location / {{ return 200 "ok"; }}
    }}"""


@contextmanager
def apache(files: Files, body: str) -> Iterator[int]:
    port = free_port()
    loads = "\n".join(
        f"LoadModule {name}_module {MODULES}/mod_{name}.so"
        for name in ("mpm_event", "ssl", "socache_shmcb", "authz_core", "alias", "headers", "http2")
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


@contextmanager
def haproxy(files: Files, bind: str, *, rules: str = "", mode: str = "http") -> Iterator[int]:
    port = free_port()
    config = f"""
global
    tune.ssl.default-dh-param 2048
defaults
    mode {mode}
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend edge
    bind 127.0.0.1:{port} {bind}
    {rules or "http-request return status 200 content-type text/plain string ok"}
backend nowhere
    server dead 127.0.0.1:1
"""
    path = files.write("haproxy.cfg", config)
    with running([require("haproxy"), "-f", path, "-db"], port, files.folder):
        yield port


@contextmanager
def caddy(files: Files, name: str, *, tls: str = "", kind: str = "p256") -> Iterator[int]:
    port = free_port()
    certificate, key = files.pair(files.authority.issue(name, kind=kind))
    config = f"""{{
        admin off
        auto_https off
        skip_install_trust
        storage file_system {files.folder}/caddy
    }}
    https://{name}:{port} {{
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


@contextmanager
def gnutls(files: Files, *arguments: str, kind: str = "p256") -> Iterator[int]:
    port = free_port()
    certificate, key = files.pair(files.authority.issue(HOST, kind=kind))
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


def java_server(folder: Path) -> Path:
    """A folder with the compiled Java server, which one for every test is enough of."""
    command: list[str | Path] = [require("javac"), "-d", folder, SOURCES / "JavaServer.java"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@contextmanager
def java(files: Files, classes: Path, *options: str) -> Iterator[int]:
    """``options`` are ``mutual``, ``protocols=A,B`` or ``suites=A,B``; nothing is too old."""
    port = free_port()
    issued = files.authority.issue(HOST, kind="rsa2048")
    secret = BestAvailableEncryption(b"changeit")
    store = files.write(
        "store.p12",
        pkcs12.serialize_key_and_certificates(
            b"origin", issued.key, issued.certificate, issued.chain, secret
        ),
    )
    security = files.write(
        "java.security", "jdk.tls.disabledAlgorithms=\njdk.tls.legacyAlgorithms=\n"
    )
    command: list[str | Path] = [
        *(require("java"), "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
        *(f"-Djava.security.properties={security}", "-cp", str(classes), "JavaServer"),
        *(str(port), str(store), *options),
    ]
    with running(command, port, files.folder):
        yield port


def go_server(folder: Path) -> Path:
    """The Go server, compiled into this folder."""
    source, binary = folder / "main.go", folder / "server"
    shutil.copyfile(SOURCES / "server.go.txt", source)
    subprocess.run(
        [require("go"), "build", "-o", binary, source],
        check=True,
        cwd=folder,
        capture_output=True,
        env={
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "GOFLAGS": "-mod=mod",
            "GO111MODULE": "off",
            "GOCACHE": str(folder / "cache"),
        },
    )
    return binary


@contextmanager
def go(
    files: Files, binary: Path, *options: str, name: str = "example.com", kind: str = "p256"
) -> Iterator[int]:
    """``options`` are those of ``server.go.txt``."""
    port = free_port()
    certificate, key = files.pair(files.authority.issue(name, kind=kind))
    with running([binary, str(port), certificate, key, *options], port, files.folder):
        yield port
