"""Kinds of configurations that were once judged wrongly, or for which no patch was known."""

from typing import Any

from tests.lint import apache_trees, caddy_trees, haproxy_trees, nginx_trees
from tests.lint.nginx_trees import server
from tests.lint.trees import Tree

MAP = r"map $ssl_server_name $of { default snakeoil; ~^(www|shop)\.example\.com$ site; }" + "\n"
BY_MAP = "ssl_certificate CERTS/$of.pem; ssl_certificate_key CERTS/${of}.key;"

NGINX = [
    nginx_trees.tree("part of the path by map", MAP, server(BY_MAP, cert="")),
    nginx_trees.tree(
        "map behind a map",
        MAP + "map $of $file { site rsa; default snakeoil; }\n",
        server(BY_MAP.replace("of", "file"), cert=""),
    ),
    nginx_trees.tree(
        "an older copy comes first",
        server(cert="expired"),
        server(),
        line="CERTS/expired.pem",
        healed=True,
    ),
    nginx_trees.tree("ed25519 beside others", server(cert="ed"), line="ed.pem", healed=True),
    nginx_trees.tree(
        "key of another by its name",
        server("ssl_certificate CERTS/site.pem;", "ssl_certificate_key CERTS/apex.key;", cert=""),
        line="apex.key",
        healed=True,
    ),
    nginx_trees.tree(
        "a parameter of more than a page",
        server(f"ssl_ciphers {'HIGH:' * 1000}!aNULL;"),
        line="ssl_ciphers",
    ),
]
APACHE = [
    apache_trees.tree(
        "key of another by its name",
        apache_trees.vhost(
            "SSLCertificateFile CERTS/site.pem", "SSLCertificateKeyFile CERTS/other.key", cert=""
        ),
        line="other.key",
        healed=True,
    ),
]
HAPROXY = [
    haproxy_trees.tree(
        "strict, and a file named otherwise",
        haproxy_trees.frontend(":PORT ssl strict-sni crt DIR/certs/other"),
        files={"certs/other": "OTHER", "certs/www.combined": "SITE"},
        line="strict-sni",
        healed=True,
    ),
    haproxy_trees.tree(
        "expired in a folder with a good wildcard",
        haproxy_trees.frontend(":PORT ssl crt DIR/certs"),
        files={"certs/a.pem": "WILD", "certs/b.pem": "EXPIRED"},
        line="DIR/certs",
        healed=True,
    ),
    haproxy_trees.tree(
        "more words than a line may have",
        haproxy_trees.frontend(":PORT ssl" + " crt CERTS/site-all.pem" * 31),
        line="crt",
    ),
]
CADDY = [
    caddy_trees.tree(
        "internal, and a certificate is there",
        "https://example.com:PORT {\n    tls CERTS/apex.pem CERTS/apex.key\n    respond ok\n}\n"
        "https://www.example.com:PORT {\n    tls internal\n    respond ok\n}\n",
        line="tls internal",
        ready="certificate obtained successfully",
        healed=True,
    ),
]

CLIENT = "ssl_verify_client on; ssl_client_certificate CERTS/client-ca.pem;"
DENIED = frozenset((400, 401, 403, 418, 495, 496))


def refusing(name: str, *lines: str, ca: str = CLIENT, **more: Any) -> Tree:
    return nginx_trees.tree(name, server(ca, *lines), codes=DENIED, **more)


NGINX += [
    refusing("496 as 403", "error_page 495 496 =403 /e;", line="ssl_verify_client", healed=True),
    refusing("496 without a code", "error_page 496 /e;", line="error_page 496", healed=True),
    refusing(
        "496 to a place that refuses",
        "error_page 496 = @none; location @none { return 418; }",
        line="error_page",
        healed=True,
    ),
    refusing("496 to a place that serves", "error_page 496 = @app; location @app { return 200; }"),
    refusing("496 as 200", "error_page 495 496 =200 /welcome;"),
    refusing("496 elsewhere", "error_page 496 https://help.example.com/certificate;"),
    refusing("another error's page", "error_page 404 497 =418 /e;", line="ssl_verify_client on"),
    refusing(
        "a test of the result",
        "if ($ssl_client_verify != SUCCESS) { return 403; }",
        ca=CLIENT.replace(" on", " optional"),
        line="return 403",
    ),
]
OPTIONAL = "SSLVerifyClient optional"
APACHE += [
    apache_trees.tree(
        "required by the directory",
        apache_trees.vhost(
            OPTIONAL,
            "SSLCACertificateFile CERTS/client-ca.pem",
            "<Location />",
            "Require ssl-verify-client",
            "</Location>",
        ),
        line="Require ssl-verify-client",
        codes=DENIED,
    ),
    apache_trees.tree(
        "forbidden by a rule",
        apache_trees.vhost(
            OPTIONAL,
            "SSLCACertificateFile CERTS/client-ca.pem",
            "RewriteEngine on",
            "RewriteCond %{SSL:SSL_CLIENT_VERIFY} !^SUCCESS$",
            "RewriteRule ^ - [F]",
        ),
        line="RewriteRule",
        codes=DENIED,
    ),
    apache_trees.tree(
        "only some paths",
        apache_trees.vhost(
            OPTIONAL,
            "SSLCACertificateFile CERTS/client-ca.pem",
            "<Location /admin>",
            "Require ssl-verify-client",
            "</Location>",
        ),
        codes=DENIED,
    ),
]


def optional(name: str, rule: str, line: str = "", more: str = "", *, healed: bool = False) -> Tree:
    bind = ":PORT ssl crt CERTS/site-all.pem ca-file CERTS/client-ca.pem verify optional"
    front = haproxy_trees.frontend(bind, more, rule)
    return haproxy_trees.tree(name, front, line=line, healed=healed, codes=DENIED)


HAPROXY += [
    optional("denied", "http-request deny if !{ ssl_c_used }", "http-request deny", healed=True),
    optional(
        "denied by name with a status",
        "http-request deny deny_status 401 unless shown",
        "deny_status",
        "acl shown ssl_c_used",
        healed=True,
    ),
    optional(
        "rejected",
        "tcp-request content reject if !{ ssl_c_used }",
        "tcp-request content reject",
        healed=True,
    ),
    optional("only a header", "http-request set-header X-Client %[ssl_c_used]"),
    optional("some paths", "http-request deny if !{ ssl_c_used } { path_beg /admin }"),
]
