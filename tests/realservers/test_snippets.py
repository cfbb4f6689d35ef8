"""Every line of configuration the runbook hands out, on the server it is for.

Each snippet is filled in as a finding would fill it, put where its page says, checked by the
server's own test and then served; the diagnosis of that server must come out healthy.
"""

import http.client
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.filling import render
from cf525.causes.page import page_ids
from cf525.lab.ca import Issued
from cf525.model import Confidence, Config, EdgeStatus, Status
from tests.causes.scenarios import TARGET, route
from tests.causes.test_catalogue import FACTS
from tests.realservers.diagnosed import diagnosed, outcome
from tests.servers.process import free_port, require
from tests.servers.real import HOST, Files, apache, haproxy, nginx

pytestmark = pytest.mark.realserver

PROCESS = re.compile(
    r"^(events|worker_|MaxRequestWorkers|ServerLimit|ThreadsPerChild|ListenBacklog|maxconn)\b"
)
"""Lines for the whole process, which a test's server has of its own."""
STREAM = {"sni-reset", "h2-alpn-mismatch"}
"""Pages whose nginx lines belong into a stream block, which distributions ship as a module."""
DEMANDING = ("verify required", "ssl_verify_client on", "SSLVerifyClient require")
"""Lines that demand the edge's certificate, which no test can show."""


def snippets(platform: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lines of configuration of every page that has some for this platform."""
    facts = dict.fromkeys(FACTS, HOST) | {"aop": "none", "known_name": ""}
    case = Case(
        context=Context(target=TARGET),
        route=route(("127.0.0.1", 443)),
        status=EdgeStatus(status=Status("525"), confidence=Confidence.HIGH, reason="test"),
    )
    for id in page_ids():
        for remedy in render(id, case, facts, ()).remedies:
            lines = tuple(
                each
                for part in remedy.parts
                if isinstance(part, Config) and part.server == platform
                for each in part.text.split("\n")
                if not PROCESS.match(each)
            )
            if remedy.platform == platform and lines:
                yield id, lines


def with_files(files: Files, lines: tuple[str, ...]) -> tuple[str, Issued]:
    """The lines with their files in the test's folder, and the files there."""
    issued = files.authority.issue(HOST)
    text = "\n".join(lines)
    for path in sorted(set(re.findall(r"/etc/[\w./-]+\.pem|/var/log/[\w./-]+", text))):
        local = files.folder / Path(path).relative_to("/")
        local.parent.mkdir(parents=True, exist_ok=True)
        if "privkey" in path:
            local.write_bytes(issued.key_pem)
        elif "origin_pull" in path:
            local.write_bytes(files.root.pem)
        elif "haproxy" in path:
            local.write_bytes(issued.chain_pem + issued.key_pem)
        elif path.endswith(".pem"):
            local.write_bytes(issued.chain_pem)
        text = text.replace(path, str(local))
    folder = files.folder / "etc/haproxy/certs"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.pem").write_bytes(issued.chain_pem + issued.key_pem)
    return text.replace("/etc/haproxy/certs/", f"{folder}/"), issued


def expected(text: str) -> tuple[str, str | None]:
    demands = any(each in text for each in DEMANDING)
    return ("unknown", "client-cert-required") if demands else ("ok", None)


def without_unknown_groups(text: str) -> str:
    """X25519MLKEM768 needs OpenSSL 3.5, as the page says."""
    library = subprocess.run(
        [require("openssl"), "version"], check=True, capture_output=True, text=True
    ).stdout
    match = re.match(r"OpenSSL (\d+)\.(\d+)", library)
    new = match is not None and (int(match[1]), int(match[2])) >= (3, 5)
    return text if new else text.replace("X25519MLKEM768:", "")


NGINX = [each for each in snippets("nginx") if each[0] not in STREAM]


@pytest.mark.parametrize(("id", "lines"), NGINX, ids=[each[0] for each in NGINX])
def test_nginx_takes_the_lines_and_serves(id: str, lines: tuple[str, ...], files: Files) -> None:
    text, issued = with_files(files, lines)
    text = without_unknown_groups(text)
    plain = free_port()
    if "listen 80;" in text:
        block = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
        block += in_a_server(files, "", issued)
    elif "server {" in text:
        block = re.sub(r"listen \d+ ssl", "listen 127.0.0.1:PORT ssl", text)
        block = block.replace("server_name", 'location / { return 200 "ok"; } server_name', 1)
    else:
        block = in_a_server(files, text, issued)
    block = above_servers(block)
    with nginx(files, block) as port:
        config = files.folder / "nginx.conf"
        subprocess.run(
            [require("nginx"), "-t", "-c", config, "-p", files.folder],
            check=True,
            capture_output=True,
        )
        report = diagnosed(port, files)
        if "listen 80;" in text:
            assert redirected(plain) == f"https://{HOST}/a"
    assert outcome(report) == expected(text)


def redirected(port: int) -> str:
    """Where the site of the plain port sends a visitor."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    asked.request("GET", "/a", headers={"Host": HOST})
    return asked.getresponse().getheader("Location") or ""


def above_servers(block: str) -> str:
    """The block with what belongs beside servers and not into one taken out and put first."""
    outside = re.findall(r"^ *(?:limit_\w+_zone|geo|map|upstream)\b[^;]*;", block, re.MULTILINE)
    for each in outside:
        block = block.replace(each, "")
    return "\n".join([*outside, block])


def in_a_server(files: Files, text: str, issued: Issued) -> str:
    certificate, key = files.pair(issued)
    own = "" if "ssl_certificate " in text else f"ssl_certificate {certificate};"
    own_key = "" if "ssl_certificate_key" in text else f"ssl_certificate_key {key};"
    text = re.sub(r"listen \[::\]:\d+ ssl;", "listen [::1]:PORT ssl;", text)
    text = re.sub(r"listen \d+ ssl;", "", text)
    return f"""server {{
        listen 127.0.0.1:PORT ssl; server_name {HOST};
        {own} {own_key}
        {text}
        location / {{ return 200 "ok"; }}
    }}"""


APACHE = list(snippets("Apache"))


@pytest.mark.parametrize(("id", "lines"), APACHE, ids=[each[0] for each in APACHE])
def test_apache_takes_the_lines_and_serves(id: str, lines: tuple[str, ...], files: Files) -> None:
    text, issued = with_files(files, lines)
    plain = free_port()
    body = text.replace("<VirtualHost *:80>", f"Listen 127.0.0.1:{plain}\n<VirtualHost *:{plain}>")
    body = re.sub(rf"<VirtualHost \*:(?!{plain}>)\d+>", "<VirtualHost *:PORT>", body)
    if "<VirtualHost *:PORT>" not in body:
        site, body = (body, "") if body != text else ("", body)
        certificate, key = files.pair(issued)
        own = "" if "SSLCertificateFile" in body else f"SSLCertificateFile {certificate}"
        own_key = "" if "SSLCertificateKeyFile" in body else f"SSLCertificateKeyFile {key}"
        body = (
            f"<VirtualHost *:PORT>\nServerName {HOST}\nSSLEngine on\n"
            f"{own}\n{own_key}\n{body}\n</VirtualHost>\n{site}"
        )
    (files.folder / "index.html").write_text("ok")
    with apache(files, body) as port:
        config = files.folder / "apache.conf"
        subprocess.run([require("apache2"), "-t", "-f", config], check=True, capture_output=True)
        report = diagnosed(port, files)
        if "<VirtualHost *:80>" in text:
            assert redirected(plain) == f"https://{HOST}/a"
    status, headline = outcome(report)
    assert headline == expected(text)[1]
    assert status == expected(text)[0] or status.startswith("origin-4")


HAPROXY = [each for each in snippets("HAProxy") if each[0] != "tls-in-tls"]


@pytest.mark.parametrize(("id", "lines"), HAPROXY, ids=[each[0] for each in HAPROXY])
def test_haproxy_takes_the_lines_and_serves(id: str, lines: tuple[str, ...], files: Files) -> None:
    text, issued = with_files(files, lines)
    bundle = files.bundle(issued)
    bind, rules = f"ssl crt {bundle}", ""
    for line in text.split("\n"):
        if line.startswith("bind "):
            bind = line.split(" ", 2)[2]
        elif line.startswith("tcp-request"):
            rules += f"{line}\n    "
    if rules:
        rules += 'http-request return status 200 content-type text/plain string "ok"'
        rules = rules.replace("accept if { req.ssl_hello_type 1 }", "accept if { always_true }")
    defaults = [each for each in text.split("\n") if each.startswith("ssl-default")]
    with haproxy(files, bind, rules=rules) as port:
        config = files.folder / "haproxy.cfg"
        added = "\n".join(["global", *defaults, ""])
        checked = config.read_text().replace("global\n", added, 1)
        (files.folder / "checked.cfg").write_text(checked + "\n")
        subprocess.run(
            [require("haproxy"), "-c", "-f", files.folder / "checked.cfg"],
            check=True,
            capture_output=True,
        )
        report = diagnosed(port, files)
    assert outcome(report) == expected(bind)


def test_no_page_was_left_out() -> None:
    assert len(NGINX) >= 18
    assert len(APACHE) >= 12
    assert len(HAPROXY) >= 8
