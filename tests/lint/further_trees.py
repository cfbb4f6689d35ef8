"""Kinds of configurations that no other tree has: commands to OpenSSL, several keys of which one
is old, listeners of another protocol, policies set far above the site. Labelled by the servers."""

from typing import Any

from tests.lint import nginx_trees
from tests.lint.nginx_trees import server
from tests.lint.odd_trees import ROUTER, traefik
from tests.lint.trees import Tree
from tests.lint.written_apache import PAIR, apache
from tests.lint.written_trees import OK, caddy, haproxy

SITE = "ssl_certificate CERTS/site.pem; ssl_certificate_key CERTS/site.key;"


def nginx(name: str, *servers: str, **more: Any) -> Tree:
    return nginx_trees.tree(f"further {name}", *servers, **more)


NGINX = [
    nginx("version by a command to openssl", server("ssl_conf_command MaxProtocol TLSv1.1;"),
          line="MaxProtocol"),
    nginx("suites by a command to openssl",
          server("ssl_protocols TLSv1.2; ssl_conf_command CipherString CHACHA20;"),
          line="CipherString"),
    nginx("groups by a command to openssl",
          server("ssl_protocols TLSv1.3; ssl_conf_command Groups X448;"), line="Groups"),
    nginx("suites of 1.3 by a command to openssl",
          server("ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_CCM_SHA256;"),
          line="Ciphersuites"),
    nginx("rsa is sound and ecdsa expired",
          server("ssl_certificate CERTS/rsa.pem; ssl_certificate_key CERTS/rsa.key;",
                 "ssl_certificate CERTS/expired.pem; ssl_certificate_key CERTS/expired.key;",
                 cert=""), line="expired.pem", healed=True),
    nginx("refused by the state of the client certificate",
          server("ssl_client_certificate CERTS/client-ca.pem; ssl_verify_client optional;",
                 "if ($ssl_client_verify != SUCCESS) { return 403; }"),
          line="return 403", codes=frozenset((400, 403))),
    nginx("refused by the state of the client certificate in a location",
          server("ssl_client_certificate CERTS/client-ca.pem; ssl_verify_client optional;",
                 "location / { if ($ssl_client_verify != SUCCESS) { return 403; } return 200; }",
                 ), codes=frozenset((400,))),
    nginx("a key with its password in a file",
          server("ssl_certificate CERTS/encrypted.pem; ssl_certificate_key CERTS/encrypted.key;",
                 "ssl_password_file DIR/pass;", cert=""), files={"pass": "wrong\nchangeit\n"}),
    nginx("two servers of the name, the regular expression comes later",
          server(name="~^www", cert="expired"), server()),
    nginx("the name with a dot at its end", server(name="www.example.com."),
          server(name="x.example.net", cert="other", listen="PORT ssl default_server")),
    nginx("an address in hex and a port alone", server(listen="[::]:PORT ssl ipv6only=off")),
    nginx("a name in quotes with capitals", server(name='"WWW.Example.COM"'),
          server(name="x.example.net", cert="other", listen="PORT ssl default_server")),
    nginx("quic alone", server(listen="PORT quic"), line="quic"),
    nginx("the default server is declared later, and has no certificate",
          server(), "server { listen PORT ssl default_server; server_name _; return 444; }\n"),
    nginx("no certificate on the default server, and no other of the name",
          server(name="x.example.net", cert="other"),
          "server { listen PORT ssl default_server; server_name _; return 444; }\n",
          line="default_server"),
    nginx("a listen with a host name", server(listen="localhost:PORT ssl")),
    nginx("a redirect to itself for the whole site",
          server("return 301 https://www.example.com:PORT$request_uri;", cert="site"),
          line="return 301"),
    nginx("a name that only the port's other socket has",
          server(listen="127.0.0.1:PORT ssl", name="x.example.net", cert="other"), server(),
          line="server_name", healed=True),
    nginx("the older directive beside the newer", server("ssl_dhparam DIR/gone.pem;"),
          line="ssl_dhparam"),
    nginx("a trusted certificate that is not there",
          server("ssl_trusted_certificate DIR/gone.pem;"), line="ssl_trusted_certificate"),
    nginx("an unknown version", server("ssl_protocols TLSv1.2 TLSv1.4;"), line="TLSv1.4"),
    nginx("groups of which none is known", server("ssl_ecdh_curve x25519:prime999;"),
          line="ssl_ecdh_curve"),
    nginx("tickets and stapling that do no harm",
          server("ssl_stapling on; ssl_stapling_verify on; ssl_session_tickets off;",
                 "ssl_early_data on; ssl_buffer_size 1k;")),
]  # fmt: skip


def host(*lines: str, name: str = "www.example.com", at: str = "*:PORT", pair: str = PAIR) -> str:
    own = "".join(f"    {each}\n" for each in lines)
    return (
        f"<VirtualHost {at}>\n    ServerName {name}\n    SSLEngine on\n{pair}{own}</VirtualHost>\n"
    )


APACHE = [
    apache("version by a command to openssl",
           "Listen PORT\n" + host("SSLOpenSSLConfCmd MaxProtocol TLSv1.1"), {},
           line="MaxProtocol"),
    apache("groups by a command to openssl", "Listen PORT\n"
           + host("SSLProtocol TLSv1.3", "SSLOpenSSLConfCmd Groups X448"), {}, line="Groups"),
    apache("suites of 1.3 alone, not offered", "Listen PORT\n"
           + host("SSLProtocol TLSv1.3", "SSLCipherSuite TLSv1.3 TLS_AES_128_CCM_SHA256"), {},
           line="TLS_AES_128_CCM_SHA256"),
    apache("a host for a name in place of an address", "Listen PORT\n"
           + host(at="localhost:PORT"), {}),
    apache("a name with a scheme and a port", "Listen PORT\n"
           + host(name="x.example.net", pair=PAIR.replace("site", "other"))
           + host(name="https://www.example.com:443"), {}),
    apache("aliases on many lines", "Listen PORT\n"
           + host(name="x.example.net", pair=PAIR.replace("site", "other"))
           + host("ServerAlias a.example.com \\", "  b.example.com \\", "  www.example.com",
                  name="z.example.com"), {}),
    apache("whom Require turns away by the certificate", "Listen PORT\n"
           + host("SSLCACertificateFile CERTS/client-ca.pem", "SSLVerifyClient optional",
                  "<Location />", "Require ssl-verify-client", "</Location>"), {},
           line="ssl-verify-client", codes=frozenset((400, 403))),
    apache("a chain file that is gone", "Listen PORT\n"
           + host("SSLCertificateChainFile DIR/gone.pem"), {}, line="SSLCertificateChainFile"),
    apache("proxying with a broken certificate of its own", "Listen PORT\n"
           + host("SSLProxyEngine on", "SSLProxyMachineCertificateFile DIR/gone.pem"), {}),
    apache("two ports of which the edge's has no engine",
           "Listen PORT\nListen CLEAR\n" + host(at="*:CLEAR")
           + "<VirtualHost *:PORT>\n    ServerName www.example.com\n</VirtualHost>\n", {},
           line="<VirtualHost *:PORT>"),
    apache("protocols without 1.1", "LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so\n"
           "Listen PORT\nProtocols h2\n" + host(), {}),
    apache("an unknown suite among known ones", "Listen PORT\n"
           + host("SSLProtocol TLSv1.2", "SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:NOSUCH"),
           {}),
    apache("a version that does not exist", "Listen PORT\n" + host("SSLProtocol +TLSv1.4"), {},
           line="TLSv1.4"),
    apache("optional without a CA", "Listen PORT\n"
           + host("SSLVerifyClient optional_no_ca"), {}),
]  # fmt: skip
BIND = "frontend fe\n    bind :PORT ssl crt CERTS/site-all.pem"
HAPROXY = [
    haproxy("all newer versions forbidden", BIND + "\n" + OK,
            "    ssl-default-bind-options no-tlsv12 no-tlsv13\n", line="ssl-default-bind-options",
            healed=True),
    haproxy("certificates below a base", "frontend fe\n    bind :PORT ssl crt site-all.pem\n" + OK,
            "    crt-base CERTS\n"),
    haproxy("a client's certificate whose faults do not matter",
            BIND + " ca-file CERTS/client-ca.pem verify optional crt-ignore-err all\n" + OK),
    haproxy("a curve that is not offered", BIND + " curves X448\n" + OK, line="X448"),
    haproxy("a list that shuts the name out",
            "frontend fe\n    bind :PORT ssl strict-sni crt-list DIR/l\n" + OK,
            files={"l": "CERTS/wild-all.pem *.example.com !www.example.com\n"}, line="!www"),
    haproxy("a certificate that is not there beside one that is",
            BIND + " crt CERTS/gone.pem\n" + OK, line="gone.pem"),
    haproxy("a folder of certificates with a key alone in it",
            "frontend fe\n    bind :PORT ssl crt DIR/certs/\n" + OK,
            files={"certs/a.pem": "SITE", "certs/b.key": "KEY"}),
    haproxy("a folder with a text in it", "frontend fe\n    bind :PORT ssl crt DIR/certs/\n" + OK,
            files={"certs/a.pem": "SITE", "certs/readme.txt": "nothing\n"}, line="certs/"),
    haproxy("the port of a defaults' bind", "listen all\n    bind :PORT ssl crt CERTS/site-all.pem "
            "no-sslv3 no-tlsv10\n" + OK),
    haproxy("a suite of 1.2 alone for an ecdsa key", BIND
            + " ssl-max-ver TLSv1.2 ciphers ECDHE-RSA-AES128-GCM-SHA256\n" + OK,
            line="ECDHE-RSA", healed=True),
    haproxy("http/2 alone", BIND + " alpn h2\n" + OK),
]  # fmt: skip
CADDY = [
    caddy("versions that are too new for nobody",
          "https://www.example.com:PORT {\n\ttls CERTS/site.pem CERTS/site.key {\n"
          "\t\tprotocols tls1.3 tls1.3\n\t\tcurves x25519\n\t}\n\trespond ok\n}\n"),
    caddy("suites that are not offered",
          "https://www.example.com:PORT {\n\ttls CERTS/site.pem CERTS/site.key {\n"
          "\t\tprotocols tls1.2 tls1.2\n\t\tciphers TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\n"
          "\t}\n\trespond ok\n}\n", line="CHACHA20"),
    caddy("a site for another port", "https://www.example.com:CLEAR {\n\ttls CERTS/site.pem "
          "CERTS/site.key\n\trespond ok\n}\nhttps://x.example.net:PORT {\n\ttls CERTS/other.pem "
          "CERTS/other.key\n\trespond ok\n}\n", line=""),
    caddy("a key of another", "https://www.example.com:PORT {\n\ttls CERTS/site.pem CERTS/other.key\n"
          "\trespond ok\n}\n", line="other.key", keys=True),
    caddy("any name of the port", ":PORT {\n\ttls CERTS/site.pem CERTS/site.key\n\trespond ok\n}\n"),
]  # fmt: skip
TRAEFIK = [
    traefik(
        "a key of another, and no other certificate",
        ROUTER
        + "tls:\n  certificates:\n    - certFile: CERTS/site.pem\n      keyFile: CERTS/other.key\n",
        line="site.pem",
        keys=True,
    ),
]
