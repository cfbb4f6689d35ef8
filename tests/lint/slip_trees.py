"""Slips of the keyboard and what is forgotten, and names that are easily read wrongly: labelled by
the servers.
"""

from dataclasses import replace

from tests.lint.written_apache import PAIR, apache
from tests.lint.written_trees import OK, TLS, caddy, haproxy, nginx

CC = "ssl_client_certificate CERTS/client-ca.pem"
NGINX = [
    nginx(
        "www in map of http, snippets relative",
        {
            "snippets/ssl.conf": f"{TLS}\nssl_protocols TLSv1.2;\nssl_ciphers EECDH+AESGCM:EDH+AESGCM;\n",
            "sites-enabled/10-x": "server {\n listen PORT ssl;\n server_name .example.com;\n include snippets/ssl.conf;\n return 200;\n}\n",
        },
    ),
    nginx(
        "ssl in default only, proxied name by regex before exact",
        {
            "conf.d/a.conf": "server { listen PORT ssl default_server; server_name ~^www; ssl_certificate CERTS/expired.pem; ssl_certificate_key CERTS/expired.key; return 200; }\n",
            "conf.d/b.conf": f"server {{ listen PORT ssl; server_name *.example.com; {TLS} return 200; }}\n",
        },
    ),
    nginx(
        "wildcard of two levels",
        {
            "conf.d/a.conf": "server { listen PORT ssl; server_name www.example.com; ssl_certificate CERTS/deep.pem; ssl_certificate_key CERTS/deep.key; return 200; }\n"
        },
        line="deep.pem",
    ),
    nginx(
        "verify on in http block",
        {
            "conf.d/0.conf": f"ssl_verify_client on;\n{CC};\n",
            "conf.d/a.conf": f"server {{ listen PORT ssl; server_name www.example.com; {TLS} return 200; }}\n",
        },
        line="ssl_verify_client",
        healed=True,
        codes=frozenset((400,)),
    ),
    nginx(
        "verify on in http, off in the site",
        {
            "conf.d/0.conf": f"ssl_verify_client on;\n{CC};\n",
            "conf.d/a.conf": f"server {{ listen PORT ssl; server_name www.example.com; {TLS} ssl_verify_client off; return 200; }}\n",
        },
    ),
    nginx(
        "leaf and intermediate in own folder",
        {
            "conf.d/a.conf": "server { listen PORT ssl; server_name www.example.com; ssl_certificate DIR/tls/cert.pem; ssl_certificate_key DIR/tls/key.pem; return 200; }\n",
            "tls/cert.pem": "LEAF",
            "tls/key.pem": "KEY",
            "tls/ca.pem": "INTER",
        },
        line="tls/cert.pem",
        healed=True,
    ),
    nginx(
        "semicolon lost before ssl",
        {
            "conf.d/a.conf": "server {\n listen PORT ssl;\n server_name www.example.com\n ssl_certificate CERTS/site.pem;\n ssl_certificate_key CERTS/site.key;\n return 200;\n}\n"
        },
        line="server_name",
        healed=True,
    ),
    nginx(
        "unknown variable",
        {
            "conf.d/a.conf": "server { listen PORT ssl; server_name www.example.com; ssl_certificate CERTS/$sitename.pem; ssl_certificate_key CERTS/site.key; return 200; }\n"
        },
        line="sitename",
    ),
    nginx(
        "quotes not closed",
        {
            "conf.d/a.conf": f'server {{ listen PORT ssl; server_name "www.example.com; {TLS} return 200; }}\n'
        },
        line="server_name",
    ),
    nginx(
        "typo server_nmae",
        {
            "conf.d/a.conf": f"server {{ listen PORT ssl; server_nmae www.example.com; {TLS} return 200; }}\n"
        },
        line="server_nmae",
    ),
]
VH = "<VirtualHost *:PORT>\n ServerName www.example.com\n SSLEngine on\n"
APACHE = [
    apache(
        "typo SSLEngin",
        "Listen PORT\n<VirtualHost *:PORT>\n ServerName www.example.com\n SSLEngin on\n"
        + PAIR
        + "</VirtualHost>\n",
        {},
        line="SSLEngin",
        healed=True,
    ),
    apache(
        "typo in a directive of the core",
        "Listen PORT\n<VirtualHost *:PORT>\n ServerNam www.example.com\n SSLEngine on\n"
        + PAIR
        + "</VirtualHost>\n",
        {},
        line="ServerNam",
    ),
    apache(
        "old syntax Allow",
        "Listen PORT\n"
        + VH
        + PAIR
        + "<Location />\nOrder allow,deny\nAllow from all\n</Location>\n</VirtualHost>\n",
        {},
        line="Order",
    ),
    apache(
        "SSLOpenSSLConfCmd",
        "Listen PORT\n"
        + VH
        + PAIR
        + " SSLOpenSSLConfCmd Curves secp384r1\n SSLOpenSSLConfCmd MinProtocol TLSv1.2\n</VirtualHost>\n",
        {},
    ),
    apache(
        "name in ServerAlias of a port-less vhost",
        "Listen PORT\n<VirtualHost *>\n ServerName a.example.net\n ServerAlias *.example.com\n SSLEngine on\n SSLCertificateFile CERTS/wild.pem\n SSLCertificateKeyFile CERTS/wild.key\n</VirtualHost>\n",
        {},
    ),
]
HAPROXY = [
    haproxy(
        "default backend missing",
        "frontend fe\n    bind :PORT ssl crt CERTS/site-all.pem\n    default_backend web\n",
        line="default_backend",
    ),
    haproxy(
        "backend ok",
        "frontend fe\n    bind :PORT ssl crt CERTS/site-all.pem\n    default_backend web\nbackend web\n    server s1 127.0.0.1:CLEAR check\n",
    ),
    haproxy(
        "typo alpnn",
        "frontend fe\n    bind :PORT ssl crt CERTS/site-all.pem alpnn h2\n" + OK,
        line="alpnn",
        healed=True,
    ),
    haproxy(
        "typo in a rule",
        "frontend fe\n    bind :PORT ssl crt CERTS/site-all.pem\n    http-requset deny if { path /x }\n"
        + OK,
        line="http-requset",
    ),
    haproxy(
        "default expired and sni good",
        "frontend fe\n    bind :PORT ssl crt CERTS/expired-all.pem crt CERTS/wild-all.pem\n" + OK,
        line="expired",
        healed=True,
    ),
]
CADDY = [
    caddy(
        "typo",
        "www.example.com {\n\ttls CERTS/site.pem CERTS/site.key\n\trespnd ok\n}\n",
        line="respnd",
    ),
    caddy(
        "default sni", "shop.example.net {\n\ttls CERTS/wild.pem CERTS/wild.key\n\trespond ok\n}\n"
    ),
]

WITHOUT_SSL = apache(
    "module ssl not loaded", "Listen PORT\n" + VH + PAIR + "</VirtualHost>\n", {}, line="SSLEngine"
)
LOADED = "LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so\n"
APACHE.append(
    replace(
        WITHOUT_SSL,
        files={name: str(text).replace(LOADED, "") for name, text in WITHOUT_SSL.files.items()},
    )
)
