"""The configuration that the runbook hands out for Caddy, lighttpd and Node, on these servers.

Of Go, Kestrel, Tomcat and what is written in YAML no site is run here: their lines are read by the
language's own reader.
"""

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.realservers.diagnosed import diagnosed, outcome
from tests.realservers.test_snippets import snippets, with_files
from tests.servers.process import free_port, require, running
from tests.servers.real import HOST, Files

pytestmark = pytest.mark.realserver

IN_YAML = ("Coolify", "Envoy", "Istio", "Kubernetes", "Traefik", "cloudflared", "ingress-nginx")


def texts(platform: str, files: Files) -> list[str]:
    """Every different text for a platform, with its files in the test's folder."""
    found = {lines: None for _, lines in snippets(platform)}
    return [with_files(files, lines)[0] for lines in found]


def as_this_caddy_spells_it(site: str) -> str:
    """``trust_pool file`` is of Caddy 2.8 and later, as the page says."""
    said = subprocess.run([require("caddy"), "version"], check=True, capture_output=True, text=True)
    version = re.match(r"v?(\d+)\.(\d+)", said.stdout)
    new = version is not None and (int(version[1]), int(version[2])) >= (2, 8)
    return site if new else site.replace("trust_pool file", "trusted_ca_cert_file")


def test_caddy_takes_the_lines_and_serves(files: Files) -> None:
    served = 0
    for text in texts("Caddy", files):
        if "dns cloudflare" in text:
            continue  # needs a module that is not in Caddy itself, as the page says
        port = free_port()
        if not text.startswith(HOST):
            text = f"{HOST} {{\n{text}\n}}"
        site = re.sub(rf"^{HOST} {{", f"https://{HOST}:{port} {{\n    bind 127.0.0.1", text)
        certificate, key = files.pair(files.authority.issue(HOST))
        if "tls /" not in site:
            own = f"tls {certificate} {key}"
            asked = re.search(r"tls {", site) is not None and "tls_server_name" not in site
            site = site.replace("tls {", f"{own} {{", 1) if asked else site[:-1] + f"    {own}\n}}"
        site = as_this_caddy_spells_it(site)
        site = site.replace("reverse_proxy 127.0.0.1:8080", 'respond "ok"')
        site = site.replace("    bind", '    respond "ok"\n    bind', 1)
        options = f"admin off\nauto_https off\nstorage file_system {files.folder}/caddy"
        path = files.write("Caddyfile", f"{{\n{options}\n}}\n{site}\n")
        command: list[str | Path] = [require("caddy"), "run", "--config", path]
        command += ["--adapter", "caddyfile"]
        home = {"HOME": str(files.folder), "XDG_DATA_HOME": str(files.folder)}
        with running(command, port, files.folder, env=home):
            status, headline = outcome(diagnosed(port, files))
        demands = "client_auth" in text
        assert (status, headline) == (
            ("unknown", "client-cert-required") if demands else ("ok", None)
        )
        served += 1
    assert served >= 4


def test_lighttpd_takes_the_lines_and_serves(files: Files) -> None:
    (text,) = texts("lighttpd", files)
    port = free_port()
    other = files.bundle(files.authority.issue("other.invalid"))
    config = f"""
    server.modules = ("mod_openssl")
    server.document-root = "{files.folder}"
    server.bind = "127.0.0.1"
    server.port = {port}
    ssl.engine = "enable"
    ssl.pemfile = "{other}"
    {text}
    """
    path = files.write("lighttpd.conf", config)
    subprocess.run([require("lighttpd"), "-tt", "-f", path], check=True, capture_output=True)
    with running([require("lighttpd"), "-D", "-f", path], port, files.folder):
        report = diagnosed(port, files)
    assert not report.fails
    assert report.headline is None


def test_node_takes_the_lines_and_serves(files: Files) -> None:
    other = files.bundle(files.authority.issue("other.invalid"))
    pair = f"{{ key: fs.readFileSync('{other}'), cert: fs.readFileSync('{other}') }}"
    served = 0
    for text in texts("Node", files):
        port = free_port()
        if "createServer" in text:
            script = re.sub(r"\.listen\(\d+\)", f".listen({port}, '127.0.0.1')", text)
        else:
            made = f"const server = https.createServer({pair}, app)"
            script = f"{made}\n{text}\nserver.listen({port}, '127.0.0.1')"
        path = files.write("server.js", f"{_NODE}\n{script}\n")
        with running([require("node"), path], port, files.folder):
            assert outcome(diagnosed(port, files)) == ("ok", None)
        served += 1
    assert served >= 3


_NODE = """const fs = require('fs'), https = require('https')
const app = (request, answer) => answer.end('ok')"""


def test_what_is_written_in_a_format_reads_as_that_format(files: Files) -> None:
    for platform in IN_YAML:
        for text in texts(platform, files):
            if not text.startswith(("--", "traefik.http")):  # arguments and labels of containers
                assert isinstance(yaml.safe_load(text), dict), text
    for text in texts("Kestrel", files):
        assert json.loads(f"{{{text}}}")["Kestrel"]["Endpoints"]
    for text in texts("Tomcat", files):
        assert ElementTree.fromstring(text).get("hostName") == HOST


def test_go_reads_its_lines(files: Files, tmp_path: Path) -> None:
    parts = list(texts("Go", files))
    assert parts
    for number, text in enumerate(parts):
        source = tmp_path / f"part{number}.go"
        source.write_text(f"package part\n\nfunc part() {{\n\t{text}\n}}\n", "utf-8")
        read = subprocess.run([require("gofmt"), "-e", source], capture_output=True, text=True)
        assert (read.returncode, read.stderr) == (0, ""), text
