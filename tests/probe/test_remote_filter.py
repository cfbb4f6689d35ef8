"""What of a configuration leaves another host: no secret in any wrapping, and all else as it is."""

import os
import re
import shutil
import subprocess
import textwrap
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable

import pytest

from cf525.reading.ssh import script
from tests.lint import (
    apache_trees,
    caddy_trees,
    envoy_trees,
    haproxy_trees,
    manifest_trees,
    nginx_trees,
    traefik_trees,
)
from tests.lint.certificates import certificates

AWKS = [
    each
    for each in ("mawk", "gawk", "original-awk", "busybox awk")
    if shutil.which(each.split()[0]) is not None
]
KEY = (certificates().folder / "site.key").read_bytes()
CERTIFICATE = (certificates().folder / "site-leaf.pem").read_bytes()
DER = b"".join(KEY.splitlines()[1:-1])
HIDDEN = "LS0tLS0="
RUN = re.compile(r"[A-Za-z0-9+/=_-]{24}")


def passed(text: str, awk: str) -> subprocess.CompletedProcess[bytes]:
    """The filter, as the shell of the other host runs it."""
    program = script().split("awk -v HIDDEN=LS0tLS0= ", 1)[1].split(' < "$1" | base64', 1)[0]
    return subprocess.run(
        ["sh", "-c", f"{awk} -v HIDDEN={HIDDEN} {program}"],
        input=text.encode(), capture_output=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )  # fmt: skip


def filtered(text: str, awk: str = "awk") -> str:
    """What it lets pass of a text, all of which must come."""
    ran = passed(text, awk)
    assert (ran.returncode, ran.stderr) == (0, b"")
    text, end, rest = ran.stdout.decode().rpartition("\x01\n")
    assert (end, rest) == ("\x01\n", "")
    return text


def wrapped(text: bytes, width: int, indent: str = "    ") -> str:
    return textwrap.indent("\n".join(textwrap.wrap(text.decode(), width)), indent)


def manifest(value: str) -> str:
    return f"kind: Secret\ndata:\n  tls.key: {value}\nafter: it\n"


SECRETS: dict[str, Callable[[bytes], str]] = {
    "one line": lambda key: manifest(b64encode(key).decode()),
    "in quotes": lambda key: manifest(f'"{b64encode(key).decode()}"'),
    "behind a line feed": lambda key: manifest(b64encode(b"\n" + key).decode()),
    "behind two": lambda key: manifest(b64encode(b"\n\n" + key).decode()),
    "a block of 64": lambda key: manifest("|\n" + wrapped(b64encode(key), 64)),
    "a block of 76": lambda key: manifest(">-\n" + wrapped(b64encode(b"\n" + key), 76)),
    "a block of 20": lambda key: manifest("|\n" + wrapped(b64encode(key), 20)),
    "wrapped in place": lambda key: manifest("\n" + wrapped(b64encode(key), 64)),
    "begun in place": lambda key: manifest(wrapped(b64encode(key), 64).strip()),
    "quotes over lines": lambda key: manifest(f'"{wrapped(b64encode(key), 64).strip()}"'),
    "escaped ends": lambda key: manifest(
        '"' + wrapped(b64encode(key), 64).strip().replace("\n", "\\\n") + '"'
    ),
    "another name": lambda key: f"data:\n  server: |\n{wrapped(b64encode(key), 64)}\n",
    "another name, no block": lambda key: (
        f"data:\n  server: {wrapped(b64encode(key), 40).strip()}\n"
    ),
    "DER": lambda _: f"data:\n  server: {DER.decode()}\n",
    "DER in a block": lambda _: f"server: |\n{wrapped(DER, 64)}\n",
    "base64 twice": lambda key: f"x: {b64encode(b64encode(key)).decode()}\n",
    "for URLs": lambda key: f"x: {urlsafe_b64encode(key[40:]).decode()}\n",
    "a list": lambda key: "x:\n" + wrapped(b64encode(key), 64, "  - ") + "\n",
    "JSON": lambda key: f'{{"data":{{"tls.crt":"","tls.key":"{b64encode(key).decode()}"}}}}\n',
    "inline_bytes": lambda key: f"private_key: {{inline_bytes: {b64encode(key).decode()}}}\n",
    "inline_bytes of few": lambda key: f'  inline_bytes: "{b64encode(key[40:60]).decode()}"\n',
    "with a certificate": lambda key: f"x: {b64encode(CERTIFICATE + key).decode()}\n",
    "with a certificate, wrapped": lambda key: (
        f"x: |\n{wrapped(b64encode(CERTIFICATE + key), 64)}\n"
    ),
    "hex": lambda key: f"x {key.hex()};\n",
}


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize("name", SECRETS)
def test_no_private_key_passes_in_any_wrapping(name: str, awk: str) -> None:
    text = SECRETS[name](KEY)
    got = filtered(text, awk)
    pieces = {text[at : at + 24] for at in range(len(text) - 23)}
    assert not [each for each in pieces if RUN.fullmatch(each) and each in got]
    assert len(got.splitlines()) == len(text.splitlines())


SPOKEN = {
    "password: hunter2": f"password: {HIDDEN}",
    "  dbPassword: 'hunter2' # x": f"  dbPassword: '{HIDDEN}' # x",
    'token = "hunter2"': f'token = "{HIDDEN}"',
    '{"secret":"hunter2","y":1}': f'{{"secret":"{HIDDEN}","y":1}}',
    '{"apiKey": "a\\"hunter2"}': f'{{"apiKey": "{HIDDEN}"}}',
    "user admin insecure-password hunter2": f"user admin insecure-password {HIDDEN}",
    'set_header X "Basic aHVudGVyMjpodW50ZXIy";': f'set_header X "Basic {HIDDEN}";',
    "admin:$apr1$saltsalt$0123456789abcdefghijkl": f"admin:{HIDDEN}",
    "root:$6$saltsalt$" + "hunter2" * 12 + ":1:": f"root:{HIDDEN}:1:",
    "inline_string: hunter2": f"inline_string: {HIDDEN}",
    "proxy_set_header X-Api-Key hunter2;": f"proxy_set_header X-Api-Key {HIDDEN};",
    "set $token hunter2;ssl_certificate x;": f"set $token {HIDDEN};ssl_certificate x;",
    "set $token\n  hunter2;": f"set $token\n  {HIDDEN};",
    'fastcgi_param DB_PASSWORD "a hunter2";': f'fastcgi_param DB_PASSWORD "{HIDDEN}";',
    'if ($arg_token != "hunter2") { return 403; }': (
        f'if ($arg_token != "{HIDDEN}") {{ return 403; }}'
    ),
    'map $http_apikey $ok {\n  default 0;\n  "hunter2" 1;\n}\nlisten 443;': (
        f"map $http_apikey $ok {{\n  default 0;\n  {HIDDEN} 1;\n}}\nlisten 443;"
    ),
    'AuthLDAPBindPassword "hunter2"': f'AuthLDAPBindPassword "{HIDDEN}"',
    "AuthLDAPBindPassword \\\n  hunter2": f"AuthLDAPBindPassword \\\n  {HIDDEN}",
    "OIDCClientSecret hunter2 two": f"OIDCClientSecret {HIDDEN} {HIDDEN}",
    "SetEnv DB_PASSWORD hunter2": f"SetEnv DB_PASSWORD {HIDDEN}",
    'DBDParams "user=u password=hunter2"': f'DBDParams "user=u password={HIDDEN}"',
    'RequestHeader set X-Api-Key "hunter2"': f'RequestHeader set X-Api-Key "{HIDDEN}"',
    "<If \"%{HTTP:X-Token} == 'hunter2'\">": f"<If \"%{{HTTP:X-Token}} == '{HIDDEN}'\">",
    "ProxyPass / https://user:hunter2@h/": f"ProxyPass / https://{HIDDEN}@h/",
    "stats auth admin:hunter2": f"stats auth {HIDDEN}",
    "http-request set-header X-Auth-Token hunter2 if x": (
        f"http-request set-header X-Auth-Token {HIDDEN} if x"
    ),
    "deny if !{ req.hdr(X-Token) -m str hunter2 } { ssl_fc }": (
        f"deny if !{{ req.hdr(X-Token) -m str {HIDDEN} }} {{ ssl_fc }}"
    ),
    "password: !vault hunter2": f"password: !vault {HIDDEN}",
    "password: !vault |\n  hunter2\nnext: y": f"password: !vault |\n  {HIDDEN}\nnext: y",
    "password: &a hunter2": f"password: &a {HIDDEN}",
    "password: a hunter2": f"password: {HIDDEN} {HIDDEN}",
    'password: "a\n  hunter2" # x\ny: z': f'password: "{HIDDEN}\n  " # x\ny: z',
    "password:\n  hunter2\ny: z": f"password:\n  {HIDDEN}\ny: z",
    "tokens:\n- hunter2\ny: z": f"tokens:\n- {HIDDEN}\ny: z",
    'token = """\nhunter2\n"""\ny = 1': f'token = """{HIDDEN}\n\n"""\ny = 1',
    "secret_id: hunter2": f"secret_id: {HIDDEN}",
    "pwd: hunter2": f"pwd: {HIDDEN}",
    "x --token=hunter2 --y z": f"x --token={HIDDEN} --y z",
    "- name: DB_PASSWORD\n  value: hunter2\n- name: y\n  value: z": (
        f"- name: DB_PASSWORD\n  value: {HIDDEN}\n- name: y\n  value: z"
    ),
    '{"key": "X-Api-Key", "value": "hunter2"}': f'{{"key": "{HIDDEN}", "value": "{HIDDEN}"}}',
    '{"Authorization":["Bearer hunter2"],"token":123}': (
        f'{{"Authorization":["{HIDDEN}"],"token":0}}'
    ),
}


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize(("text", "wanted"), SPOKEN.items())
def test_what_is_named_as_a_secret_stays(text: str, wanted: str, awk: str) -> None:
    assert filtered(text + "\nafter it\n", awk) == wanted + "\nafter it\n"


def test_the_lines_of_a_named_block_stay() -> None:
    got = filtered("a:\n  password: |\n    hunter2\n\n    more\n  next: x\n")
    assert got == f"a:\n  password: |\n    {HIDDEN}\n\n    \n  next: x\n"


PASSING = [
    "server_name token.example.com secret.example.com;\nserver_name token secret.example.com;",
    "server_tokens off;\nssl_password_file /etc/nginx/pass.txt;",
    "ssl_session_ticket_key /etc/nginx/ticket.key;\nSSLSessionTicketKeyFile conf/ticket.key",
    "limit_req_zone $http_authorization zone=one:10m rate=1r/s;",
    "upstream token { server token:443; server token-1:443 weight=2; }",
    'proxy_set_header Authorization $http_authorization;\nproxy_set_header X-Token "";',
    "acl token_ok req.hdr(X-Token) -m str abc\nserver token-1 10.0.0.1:443 ssl verify none",
    "use_backend token if { req_ssl_sni -i token.example.com www.example.com }",
    "http-request set-var(txn.token) req.hdr(Authorization)",
    "bind :443 ssl crt /etc/haproxy/secret.pem tls-ticket-keys /etc/haproxy/tickets",
    "SSLPassPhraseDialog exec:/usr/bin/x\nServerTokens Prod\nUse Secret www.example.com /x.pem",
    "ServerAlias token.example.com www.example.com\nHeader unset Authorization\nListen 443",
    "secrets:\n- name: server_cert\n  tls_certificate:\n    private_key: {filename: /x/key.pem}",
    "imagePullSecrets:\n- name: x\nspec:\n  automountServiceAccountToken: false",
    "tls_certificate_sds_secret_configs:\n- name: x\n  sds_config: {path: /etc/x}",
    "ssl_certificate_key /etc/letsencrypt/live/www.example.com/privkey.pem;",
    "  ssl_certificate /home/deploy/apps/production/Certificates2/current/releases/fullchain;",
    "private_key: {filename: /etc/envoy/key.pem}",
    '{"certificate": "site.pem", "key": "certs/site.key", "tags": [""]}',
    'keyFile = "/etc/traefik/site.key"',
    "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;",
    "ciphers TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "rewrite ^/(.*)$ https://www.example.com/$1$is_args$args permanent;",
    "location ~* \\.(js|css)$ { expires 30d; }",
    "nginx.ingress.kubernetes.io/auth-tls-secret: default/ca",
    "secretName: my-application-production-tls-secret-name-0123",
    "defaults\nfrontend a\n  bind :443 ssl crt /etc/haproxy/certs/\n\n# end",
    "include /etc/nginx/sites-enabled/a-long-name-of-a-site-in-production-number-12.conf;",
    "tunnel: 6ff42ae2-765d-4adf-8112-31c55c1551ef",
    "x: " + b64encode(CERTIFICATE).decode(),
    "x: " + b64encode(b"\n" + CERTIFICATE).decode(),
    "x: " + b64encode(b"subject=CN = a\n" + CERTIFICATE).decode(),
    "x: |\n" + wrapped(b64encode(CERTIFICATE), 64) + "\ny: z",
    "x: " + wrapped(b64encode(CERTIFICATE), 76).strip() + "\ny: z",
    "trusted_ca_certs: [" + b"".join(CERTIFICATE.splitlines()[1:-1]).decode() + "]",
    "inline_string: |\n" + textwrap.indent(CERTIFICATE.decode(), "  ") + "y: z",
    '{"inline_string": "' + CERTIFICATE.decode().replace("\n", "\\n") + '", "y": "z"}',
    "inline_bytes: " + b64encode(CERTIFICATE).decode(),
    CERTIFICATE.decode() + "server {\n  listen 443 ssl;\n}",
]


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize("text", PASSING, ids=range(len(PASSING)))
def test_all_else_passes_as_it_is(text: str, awk: str) -> None:
    assert filtered(text + "\n", awk) == text + "\n"


def texts_in(tree: object) -> list[str]:
    """The texts of files, however deep a module keeps them."""
    if isinstance(tree, str):
        return [tree] if "\n" in tree else []
    if isinstance(tree, dict):
        return [text for each in tree.values() for text in texts_in(each)]
    if isinstance(tree, list | tuple):
        return [text for each in tree for text in texts_in(each)]
    files = getattr(tree, "files", None)
    return texts_in(files) if files is not None else []


@pytest.mark.parametrize(
    "module",
    [
        *(apache_trees, caddy_trees, envoy_trees, haproxy_trees, manifest_trees, nginx_trees),
        traefik_trees,
    ],
)
def test_configurations_pass_but_for_what_is_named_a_secret(module: object) -> None:
    texts = texts_in(list(vars(module).values()))
    whole = "".join(text if text.endswith("\n") else f"{text}\n" for text in texts)
    assert len(whole) > 500
    wanted = whole.replace("inline_string: ok", f"inline_string: {HIDDEN}")
    assert filtered(whole) == re.sub(r"tls\.key: \S+", f"tls.key: {HIDDEN}", wanted)


def test_a_long_line_is_filtered_in_pieces_and_is_whole() -> None:
    parts = [f'{{"name":"l{n}","token":"hunter2","at":[{n},"x"]}}' for n in range(4000)]
    text = f'{{"all":[{",".join(parts)}]}}\n'
    assert len(text) > 150_000
    got = filtered(text)
    assert got == text.replace("hunter2", HIDDEN)


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize(
    "text", ["a," * 200_000, 'password: "a\n' + "b\n" * 300], ids=["line", "quote"]
)
def test_what_cannot_be_filtered_to_its_end_has_none(text: str, awk: str) -> None:
    ran = passed(text, awk)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert not ran.stdout.endswith(b"\x01\n")
