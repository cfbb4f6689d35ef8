"""What a line that is quoted may not hold, in the files of this machine as well."""

import asyncio
from pathlib import Path

import pytest

from cf525.jobs.lint import Lint, lint
from cf525.servers.tree import shown

CUT = {
    "proxy_set_header X-Api-Key hunter2;": "proxy_set_header X-Api-Key …",
    "set $auth_token hunter2;": "set $auth_token …",
    'fastcgi_param DB_PASSWORD "hunter2";': "fastcgi_param DB_PASSWORD …",
    'RequestHeader set X-Api-Key "hunter2"': "RequestHeader set X-Api-Key …",
    'AuthLDAPBindPassword "hunter2"': "AuthLDAPBindPassword …",
    "user a insecure-password hunter2": "user a insecure-password …",
    "stats auth admin:hunter2": "stats auth …",
    "ProxyPass / https://user:hunter2@h/": "ProxyPass / https://…@h/",
    'if ($arg_token != "hunter2") {': "if ($arg_token != …",
    "http-request deny if !{ req.hdr(X-Token) -m str hunter2 }": (
        "http-request deny if !{ req.hdr(X-Token) …"
    ),
    '{"password": "hunter2"}': '{"password": …',
    "pwd: hunter2": "pwd: …",
    "--token=hunter2": "--token= …",
    "tls.key: " + "QUJD" * 30: "tls.key: …",
}
WHOLE = (
    "ssl_certificate_key /etc/letsencrypt/live/www.example.com/privkey.pem;",
    "SSLCertificateKeyFile /etc/ssl/secret.key",
    "ssl_password_file /etc/nginx/pass.txt;",
    "ssl_session_ticket_key /etc/nginx/ticket.key;",
    "server_name token.example.com secret.example.com;",
    "server_name token secret;",
    "bind :443 ssl crt /etc/haproxy/secret.pem tls-ticket-keys /etc/haproxy/tickets",
    "use_backend token if { req_ssl_sni -i token.example.com www.example.com }",
    "server { server_name auth-token example.com; listen 443 ssl; }",
    "secretName: my-token",
    "server_tokens off;",
    "kind: Secret",
    "private_key: {filename: /etc/envoy/key.pem}",
    "SSLPassPhraseDialog exec:/usr/bin/x",
    "proxy_pass http://token-service:8080;",
)


@pytest.mark.parametrize(("line", "wanted"), CUT.items())
def test_nothing_behind_the_name_of_a_secret_is_quoted(line: str, wanted: str) -> None:
    assert shown(line) == wanted


@pytest.mark.parametrize("line", WHOLE)
def test_what_names_hosts_and_files_is_quoted_whole(line: str) -> None:
    assert shown(line) == line


def test_a_line_that_is_to_blame_is_quoted_without_its_secret(tmp_path: Path) -> None:
    text = (
        "Listen 443\nLoadModule ssl_module modules/mod_ssl.so\n<VirtualHost *:443>\n  ServerName www.example.com\n"
        "  SSLEngine on\n"
        '  RequestHeader set X-Api-Key "hunter2"\n</VirtualHost>\n'
    )
    (tmp_path / "apache2.conf").write_text(text)
    job = Lint(host="www.example.com", paths=(str(tmp_path / "apache2.conf"),), server="apache")
    report = asyncio.run(lint(job))
    assert "RequestHeader set X-Api-Key …" in repr(report)
    assert "hunter2" not in repr(report)
