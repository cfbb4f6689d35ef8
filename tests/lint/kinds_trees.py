"""Kinds of configurations that were once judged wrongly, or for which no patch was known."""

from tests.lint import apache_trees, caddy_trees, haproxy_trees, nginx_trees
from tests.lint.nginx_trees import server

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
        healed=True,
    ),
]
