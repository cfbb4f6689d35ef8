"""Spellings that a language allows and people use: spaces in paths, conditions, variables, one
site without braces. Labelled by the servers."""

from typing import Any

from tests.lint import envoy_trees, traefik_trees
from tests.lint.trees import Tree
from tests.lint.written_apache import PAIR, apache
from tests.lint.written_trees import OK, TLS, caddy, haproxy, nginx

SPACED = {"my certs/www site.pem": "SITE", "my certs/www site.key": "SITE"}
NGINX = [
    nginx(
        "a space in the path",
        {
            "conf.d/a.conf": "server {\n\tlisten PORT ssl;\n\tserver_name www.example.com;\n"
            '\tssl_certificate "DIR/my certs/www site.pem";\n'
            "\tssl_certificate_key DIR/my\\ certs/www\\ site.key;\n\treturn 200;\n}\n",
            **SPACED,
        },
    ),
    nginx(
        "everything on one line",
        {
            "conf.d/a.conf": "server{listen PORT ssl;server_name www.example.com;ssl_certificate "
            "CERTS/expired.pem;ssl_certificate_key CERTS/expired.key;return 200;}\n"
        },
        line="expired.pem",
        healed=True,
    ),
    nginx(
        "the page for plain requests, and a directive below the site's",
        {
            "conf.d/a.conf": "server {\n\tlisten PORT ssl;\n\tserver_name www.example.com;\n"
            f"\t{TLS}\n\terror_page 497 https://$host:PORT$request_uri;\n"
            "\tlocation / {\n\t\tproxy_ssl_protocols TLSv1;\n\t\treturn 200;\n\t}\n}\n"
        },
    ),
    nginx(
        "two names on two lines, the second commented out",
        {
            "conf.d/a.conf": "server {\n\tlisten PORT ssl default_server;\n\tserver_name\n"
            "\t\texample.com\n\t\t# www.example.com\n\t;\n\tssl_certificate CERTS/apex.pem;\n"
            "\tssl_certificate_key CERTS/apex.key;\n\treturn 200;\n}\n"
        },
        line="apex.pem",
    ),
]


def vhost(*lines: str, at: str = "*:PORT") -> str:
    own = "".join(f"    {each}\n" for each in lines)
    return f"<VirtualHost {at}>\n    ServerName www.example.com\n    SSLEngine on\n{own}</VirtualHost>\n"


APACHE = [
    apache(
        "a space in the path",
        "Listen PORT\n"
        + vhost(
            'SSLCertificateFile "DIR/my certs/www site.pem"',
            "SSLCertificateKeyFile 'DIR/my certs/www site.key'",
        ),
        SPACED,
    ),
    apache(
        "a port by a variable, a section for a file",
        "Define HTTPS PORT\nListen ${HTTPS}\n<IfFile CERTS/site.pem>\n"
        + vhost(PAIR.strip(), at="*:${HTTPS}")
        + "</IfFile>\n",
        {},
    ),
    apache(
        "a section for a file that is not there",
        "Listen PORT\n<IfFile CERTS/gone.pem>\n"
        + vhost(PAIR.strip())
        + f"</IfFile>\n<VirtualHost *:PORT>\n    ServerName x.example.net\n    SSLEngine on\n{PAIR}"
        "</VirtualHost>\n",
        {},
    ),
    apache(
        "aliases over lines",
        "Listen PORT\n<VirtualHost *:PORT>\n    ServerName example.net\n    ServerAlias a.example.net \\\n"
        "        www.example.com \\\n        b.example.net\n    SSLEngine on\n"
        "    SSLCertificateFile CERTS/expired.pem\n    SSLCertificateKeyFile CERTS/expired.key\n</VirtualHost>\n",
        {},
        line="expired.pem",
        healed=True,
    ),
    apache(
        "the certificate of all hosts",
        "Listen PORT\nSSLCertificateFile CERTS/site.pem\nSSLCertificateKeyFile CERTS/site.key\n"
        + vhost(),
        {},
    ),
]
HAPROXY = [
    haproxy("a space in the path", "frontend fe\n    bind :PORT ssl crt DIR/my\\ certs/www.pem\n" + OK,
            files={"my certs/www.pem": "SITE"}),
    haproxy("a port by a variable", 'frontend fe\n    bind ":${HTTPS}" ssl crt CERTS/site-all.pem\n' + OK,
            "    presetenv HTTPS PORT\n"),
    haproxy("two addresses of a bind", "frontend fe\n    bind :CLEAR,:PORT ssl crt CERTS/expired-all.pem\n"
            + OK, line="expired", healed=True),
    haproxy("keys beside in a folder", "frontend fe\n    bind :PORT ssl crt DIR/certs/\n" + OK,
            files={"certs/www.pem": "CHAIN", "certs/www.pem.key": "KEY"}),
    haproxy("a listener for all", "listen web\n    bind 127.0.0.1:PORT ssl crt CERTS/other-all.pem\n"
            "    bind :::PORT v6only ssl crt CERTS/site-all.pem\n" + OK, line="other"),
]  # fmt: skip
CADDY = [
    caddy(
        "a scheme and quotes",
        'https://www.example.com {\n\ttls "CERTS/expired.pem" "CERTS/expired.key"\n\trespond ok\n}\n',
        line="expired.pem",
        healed=True,
    ),
    caddy(
        "several names on several lines",
        "example.com,\nwww.example.com,\nshop.example.net {\n\ttls CERTS/site.pem CERTS/site.key\n"
        "\trespond ok\n}\n",
    ),
]


def traefik(name: str, dynamic: str, more: str = "", **own: Any) -> Tree:
    static = traefik_trees.STATIC + more
    return Tree(name=name, files={"traefik.yml": static, "dynamic.yml": dynamic}, **own)


ROUTER = traefik_trees.ROUTER
BARE = ROUTER.replace("      tls: {}\n", "")
PAIRS = traefik_trees.certificates
TRAEFIK = [
    Tree(
        name="tls by the entry point",
        files={
            "traefik.yml": traefik_trees.STATIC.replace(
                'address: "127.0.0.1:PORT"\n',
                'address: "127.0.0.1:PORT"\n    http:\n      tls: {}\n',
            ),
            "dynamic.yml": BARE + PAIRS("site"),
        },
    ),
    traefik(
        "strict, with a default certificate and the right one",
        ROUTER
        + PAIRS("site")
        + "  stores:\n    default:\n      defaultCertificate:\n        certFile: CERTS/other.pem\n"
        "        keyFile: CERTS/other.key\n  options:\n    default:\n      sniStrict: true\n"
        "      minVersion: VersionTLS13\n",
    ),
    traefik(
        "a default certificate alone",
        ROUTER
        + "tls:\n  stores:\n    default:\n      defaultCertificate:\n        certFile: CERTS/expired.pem\n"
        "        keyFile: CERTS/expired.key\n",
        line="expired.pem",
    ),
]
ENVOY = [
    envoy_trees.tree(
        "a chain for the names, one for all others",
        envoy_trees.listener(envoy_trees.chain('"*.example.com"'), envoy_trees.chain("", "other")),
    ),
    envoy_trees.tree(
        "the name in the chain that is for another",
        envoy_trees.listener(envoy_trees.chain("example.com"), envoy_trees.chain("", "other")),
        line="other.pem",
    ),
]
