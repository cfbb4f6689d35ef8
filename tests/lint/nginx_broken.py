"""nginx configurations that are broken: the line that must be named, and whether a patch heals."""

from tests.lint.nginx_trees import DEFAULT, HEALTHY, MAIN, server, tree

BROKEN = [
    tree(
        "name not in any server",
        DEFAULT,
        server(name="example.com"),
        line="listen PORT ssl default_server",
        healed=True,
    ),
    tree(
        "first server is the default",
        server(name="other.example.net", cert="other"),
        server(name="example.com"),
        line="listen PORT ssl",
        healed=True,
    ),
    tree(
        "reject, and the name is missing",
        "server {\n    listen PORT ssl default_server;\n    ssl_reject_handshake on;\n}\n",
        server(name="example.com"),
        line="ssl_reject_handshake",
        healed=True,
    ),
    tree(
        "reject in the named server",
        DEFAULT,
        server("ssl_reject_handshake on;"),
        line="ssl_reject_handshake",
        healed=True,
    ),
    tree("no ssl", server(listen="PORT"), line="listen PORT", healed=True),
    tree(
        "no ssl, default_server",
        server(listen="PORT default_server"),
        line="listen PORT",
        healed=True,
    ),
    tree(
        "proxy protocol",
        server(listen="PORT ssl proxy_protocol"),
        line="proxy_protocol",
        healed=True,
    ),
    tree(
        "proxy protocol by another server",
        server(listen="PORT ssl proxy_protocol", name="a.example.net", cert="other"),
        server(),
        line="proxy_protocol",
        healed=True,
    ),
    tree(
        "leaf only",
        server(
            "ssl_certificate CERTS/site-leaf.pem;", "ssl_certificate_key CERTS/site.key;", cert=""
        ),
        line="site-leaf.pem",
        healed=True,
    ),
    tree(
        "chain in trusted certificate",
        server(
            "ssl_certificate CERTS/site-leaf.pem;",
            "ssl_certificate_key CERTS/site.key;",
            "ssl_trusted_certificate CERTS/intermediate.pem;",
            cert="",
        ),
        line="site-leaf.pem",
        healed=True,
    ),
    tree("expired", server(cert="expired"), line="expired.pem", healed=True),
    tree("self-signed", server(cert="snakeoil"), line="snakeoil.pem", healed=True),
    tree("other certificate", server(cert="other"), line="other.pem", healed=True),
    tree("apex certificate", server(cert="apex"), line="apex.pem", healed=True),
    tree(
        "expired in the default", server(name="_", cert="expired"), line="expired.pem", healed=True
    ),
    tree(
        "disorder",
        server(
            "ssl_certificate CERTS/disorder.pem;",
            "ssl_certificate_key CERTS/disorder.key;",
            cert="",
        ),
        line="disorder.pem",
    ),
    tree(
        "missing certificate",
        server(
            "ssl_certificate CERTS/nowhere.pem;", "ssl_certificate_key CERTS/site.key;", cert=""
        ),
        line="nowhere.pem",
    ),
    tree(
        "missing key",
        server(
            "ssl_certificate CERTS/site.pem;", "ssl_certificate_key CERTS/nowhere.key;", cert=""
        ),
        line="nowhere.key",
    ),
    tree(
        "missing certificate of another site",
        server(name="a.example.net", cert="nowhere"),
        server(),
        line="nowhere.pem",
    ),
    tree(
        "empty certificate",
        server("ssl_certificate CERTS/empty.pem;", "ssl_certificate_key CERTS/site.key;", cert=""),
        line="empty.pem",
    ),
    tree(
        "broken certificate",
        server("ssl_certificate CERTS/broken.pem;", "ssl_certificate_key CERTS/site.key;", cert=""),
        line="broken.pem",
    ),
    tree(
        "wrong key",
        server("ssl_certificate CERTS/site.pem;", "ssl_certificate_key CERTS/other.key;", cert=""),
        line="other.key",
        keys=True,
    ),
    tree("no certificate at all", server(cert=""), line="listen PORT ssl"),
    tree("no key", server("ssl_certificate CERTS/site.pem;", cert=""), line="site.pem"),
    tree(
        "two defaults",
        server(listen="PORT ssl default_server"),
        server(listen="PORT ssl default_server", name="b.example.net"),
        line="default_server",
        healed=True,
    ),
    tree("listen twice", server(listen="PORT ssl & PORT ssl"), line="listen PORT ssl", healed=True),
    tree(
        "ipv6only twice",
        server(listen="PORT ssl & [::]:PORT ssl ipv6only=on"),
        server(listen="[::]:PORT ssl ipv6only=on", name="b.example.net"),
        line="ipv6only=on",
        healed=True,
    ),
    tree(
        "missing semicolon",
        server().replace("server_name www.example.com;", "server_name www.example.com"),
        line="server_name",
    ),
    tree("brace left open", server().replace("}\n", "", 1), line=""),
    tree("brace too many", server() + "}\n", line="}"),
    tree("byte-order mark", "\ufeff" + server(), line="server {", healed=True),
    tree("missing include", server("include DIR/snippets/gone.conf;"), line="gone.conf"),
    tree("folder in conf.d", server(), files={"conf.d/old.conf/x": ""}, line="include DIR/conf.d"),
    tree(
        "dangling link",
        server(),
        links={"sites-enabled/gone": "../sites-available/gone"},
        line="include DIR/sites-enabled",
    ),
    tree(
        "link loop",
        server(),
        links={"sites-enabled/a": "b", "sites-enabled/b": "a"},
        line="include DIR/sites-enabled",
    ),
    tree(
        "include loop",
        server("include DIR/snippets/a.conf;"),
        files={
            "snippets/a.conf": "include DIR/snippets/b.conf;",
            "snippets/b.conf": "include DIR/snippets/a.conf;",
        },
        line="include",
    ),
    tree("old versions", server("ssl_protocols TLSv1 TLSv1.1;"), line="ssl_protocols", healed=True),
    tree("ssl 3", server("ssl_protocols SSLv3;"), line="ssl_protocols", healed=True),
    tree(
        "old versions in the default",
        server(
            "ssl_protocols TLSv1.1;", listen="PORT ssl default_server", name="_", cert="snakeoil"
        ),
        server(),
        line="ssl_protocols TLSv1.1",
        healed=True,
    ),
    tree("invalid protocol", server("ssl_protocols TLSv1.2 TLSv1.4;"), line="TLSv1.4"),
    tree(
        "no suite in common",
        server("ssl_protocols TLSv1.2;", "ssl_ciphers DHE-RSA-AES256-GCM-SHA384;", cert="rsa"),
        line="ssl_ciphers",
        healed=True,
    ),
    tree(
        "ecdsa certificate, rsa suites",
        server(
            "ssl_protocols TLSv1.2;",
            "ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;",
        ),
        line="ssl_ciphers",
        healed=True,
    ),
    tree(
        "chacha only",
        server("ssl_protocols TLSv1.2;", "ssl_ciphers ECDHE-ECDSA-CHACHA20-POLY1305;"),
        line="ssl_ciphers",
        healed=True,
    ),
    tree("no such cipher", server("ssl_ciphers NOSUCH;"), line="ssl_ciphers", healed=True),
    tree("x448 only", server("ssl_ecdh_curve X448;"), line="ssl_ecdh_curve", healed=True),
    tree(
        "x448 in the default",
        server("ssl_ecdh_curve X448;", listen="PORT ssl default_server", name="_"),
        server(),
        line="ssl_ecdh_curve",
        healed=True,
    ),
    tree(
        "no such curve",
        server("ssl_ecdh_curve X25519MLKEM768:X25519;"),
        line="ssl_ecdh_curve",
        healed=True,
    ),
    tree("ed25519", server(cert="ed"), line="ed.pem"),
    tree(
        "client certificate demanded",
        server("ssl_verify_client on;", "ssl_client_certificate CERTS/client-ca.pem;"),
        line="ssl_verify_client",
        healed=True,
    ),
    tree("client certificate, no ca", server("ssl_verify_client on;"), line="ssl_verify_client"),
    tree(
        "client certificate in http",
        server(),
        main=MAIN.replace(
            "include DIR/conf.d",
            "ssl_verify_client on; ssl_client_certificate CERTS/client-ca.pem; include DIR/conf.d",
        ),
        line="ssl_verify_client",
        healed=True,
    ),
    tree(
        "nothing on the port",
        "server { listen CLEAR; server_name www.example.com; return 200 ok; }\n",
    ),
    tree(
        "address hides the name",
        server(listen="127.0.0.1:PORT ssl", name="panel.example.net", cert="other"),
        server(),
        line="server_name www.example.com",
        healed=True,
    ),
    tree(
        "backup file comes first",
        server(cert="expired"),
        files={"sites-enabled/www": server()},
        line="expired.pem",
        healed=True,
    ),
    tree(
        "bak in sites-enabled",
        files={
            "conf.d/site.conf": "",
            "sites-enabled/a.bak": server(cert="expired"),
            "sites-enabled/www": server(),
        },
        line="expired.pem",
        healed=True,
    ),
    tree(
        "certificate by name, gone",
        server(
            "ssl_certificate DIR/live/$ssl_server_name.pem;",
            "ssl_certificate_key DIR/live/$ssl_server_name.key;",
            cert="",
        ),
        line="$ssl_server_name",
    ),
    tree("misspelt directive", server("ssl_protocol TLSv1.2;"), line="ssl_protocol"),
    tree("on and of", server("ssl_reject_handshake of;"), line="ssl_reject_handshake"),
    tree(
        "only in clear",
        DEFAULT,
        "server {\n    listen CLEAR;\n    server_name www.example.com;\n    return 200 ok;\n}\n",
        server(name="elsewhere.example.net", cert="site"),
        line="listen PORT ssl default_server",
        healed=True,
    ),
    tree(
        "regex does not match",
        DEFAULT,
        server(name=r"~^shop\.example\.com$"),
        line="listen PORT ssl default_server",
        healed=True,
    ),
    tree(
        "tls 1.3 suites of no use",
        server("ssl_protocols TLSv1.3;", "ssl_conf_command Ciphersuites TLS_AES_128_CCM_SHA256;"),
        line="Ciphersuites",
        healed=True,
    ),
]
TREES = [*HEALTHY, *BROKEN]
