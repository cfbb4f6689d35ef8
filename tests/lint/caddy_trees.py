"""Caddyfiles as people write them: healthy ones, tempting ones, broken ones."""

from typing import Any

from tests.lint.trees import Tree

HEAD = "{\n    admin off\n    skip_install_trust\n    storage file_system DIR/data\n    http_port CLEAR\n    https_port PORT\n}\n"
SITE = "https://www.example.com:PORT {\n    tls CERTS/site.pem CERTS/site.key\n    respond ok\n}\n"


def tree(name: str, *sites: str, head: str = HEAD, **more: Any) -> Tree:
    return Tree(name=name, files={"Caddyfile": head + "".join(sites)}, **more)


def site(name: str = "www.example.com", *lines: str, cert: str = "site") -> str:
    tls = f"    tls CERTS/{cert}.pem CERTS/{cert}.key" if cert else ""
    if lines:
        tls += " {\n" + "".join(f"        {line}\n" for line in lines) + "    }"
    return f"https://{name}:PORT {{\n{tls}\n    respond ok\n}}\n"


TREES = [
    tree("plain", site()),
    tree("two sites", site("other.example.net", cert="other"), site()),
    tree("wildcard certificate of another site", site("shop.example.com", cert="wild")),
    tree("wildcard site", site("*.example.com", cert="wild")),
    tree("tls 1.2 alone", site("www.example.com", "protocols tls1.2 tls1.2")),
    tree("tls 1.3 alone", site("www.example.com", "protocols tls1.3")),
    tree("curves", site("www.example.com", "curves secp384r1")),
    tree(
        "ciphers",
        site(
            "www.example.com",
            "protocols tls1.2 tls1.2",
            "ciphers TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        ),
    ),
    tree("comment", "# https://www.example.com:PORT\n" + site()),
    tree("name of no site", site("other.example.net", cert="other"), line="other.example.net"),
    tree("apex only", site("example.com", cert="apex"), line="example.com"),
    tree(
        "rsa suites",
        site(
            "www.example.com",
            "protocols tls1.2 tls1.2",
            "ciphers TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ),
        line="ciphers",
    ),
    tree(
        "client certificate",
        site(
            "www.example.com",
            "client_auth {",
            "    mode require_and_verify",
            "    trusted_ca_cert_file CERTS/client-ca.pem",
            "}",
        ),
        line="client_auth",
    ),
    tree(
        "leaf only",
        "https://www.example.com:PORT {\n    tls CERTS/site-leaf.pem CERTS/site.key\n    respond ok\n}\n",
        line="site-leaf.pem",
        healed=True,
    ),
    tree("expired", site(cert="expired"), line="expired.pem"),
    tree("missing certificate", site(cert="nowhere"), line="nowhere"),
    tree(
        "no tls",
        "http://www.example.com:PORT {\n    respond ok\n}\n",
        head=HEAD.replace("    https_port PORT\n", "").replace(
            "http_port CLEAR", "http_port CLEAR\n    https_port 65000"
        ),
        line="www.example.com",
    ),
    tree(
        "auto_https off",
        "www.example.com:PORT {\n    respond ok\n}\n",
        head=HEAD.replace("admin off", "admin off\n    auto_https off"),
        line="www.example.com",
    ),
]
