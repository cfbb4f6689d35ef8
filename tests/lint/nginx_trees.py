"""nginx configurations as people write them: healthy ones, tempting ones, broken ones."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tests.lint.trees import Tree

MAIN = """
user www-data;
worker_processes 1;
events { worker_connections 64; }
http {
    access_log off;
    default_type application/octet-stream;
    include DIR/conf.d/*.conf;
    include DIR/sites-enabled/*;
}
"""
PAIR = "ssl_certificate CERTS/site.pem; ssl_certificate_key CERTS/site.key;"


def pair(name: str) -> str:
    return f"ssl_certificate CERTS/{name}.pem;\n    ssl_certificate_key CERTS/{name}.key;"


def server(
    *lines: str, listen: str = "PORT ssl", name: str = "www.example.com", cert: str = "site"
) -> str:
    """A server block as certbot and people leave them."""
    certificate = f"    {pair(cert)}\n" if cert else ""
    named = f"    server_name {name};\n" if name else ""
    more = "".join(f"    {line}\n" for line in lines)
    listens = "".join(f"    listen {each};\n" for each in listen.split(" & "))
    return f"""server {{
{listens}{named}{certificate}{more}    location / {{ return 200 "ok"; }}
}}
"""


DEFAULT = server(listen="PORT ssl default_server", name="_", cert="snakeoil")


def tree(
    name: str,
    *servers: str,
    main: str = MAIN,
    files: Mapping[str, str] = MappingProxyType({}),
    **more: Any,
) -> Tree:
    own = {"nginx.conf": main, "conf.d/site.conf": "".join(servers)}
    return Tree(name=name, files={**own, **files}, **more)


HEALTHY = [
    tree("plain", server()),
    tree("apex and www", server(name="example.com www.example.com")),
    tree("default and ours", DEFAULT, server()),
    tree("wildcard", DEFAULT, server(name="*.example.com", cert="wild")),
    tree("dot", DEFAULT, server(name=".example.com")),
    tree("regex", DEFAULT, server(name=r"~^(?<sub>www|shop)\.example\.com$")),
    tree("regex in quotes", DEFAULT, server(name=r'"~^w{3}\.example\.com$"')),
    tree("tail wildcard", DEFAULT, server(name="www.example.*")),
    tree("upper case", DEFAULT, server(name="WWW.Example.COM")),
    tree("only default, and it covers", server(name="_", listen="PORT ssl default_server")),
    tree("no name at all", server(name="")),
    tree("other name, certificate covers", server(name="example.com")),
    tree("ipv4 and ipv6", server(listen="PORT ssl & [::]:PORT ssl")),
    tree("http2 in listen", server(listen="PORT ssl http2")),
    tree("ssl on another server of the socket", server(listen="PORT"), DEFAULT),
    tree(
        "no certificate of its own",
        server(listen="PORT ssl default_server", name="x.example.com"),
        server(cert=""),
    ),
    tree(
        "reject by default",
        "server { listen PORT ssl default_server; ssl_reject_handshake on; }\n",
        server(),
    ),
    tree("tls 1.2 alone", server("ssl_protocols TLSv1.2;")),
    tree("tls 1.3 alone", server("ssl_protocols TLSv1.3;")),
    tree(
        "old versions with level 0",
        server("ssl_protocols TLSv1 TLSv1.1;", "ssl_ciphers DEFAULT:@SECLEVEL=0;"),
    ),
    tree(
        "no suite of 1.2, but 1.3",
        server("ssl_protocols TLSv1.2 TLSv1.3;", "ssl_ciphers DHE-RSA-AES256-GCM-SHA384;"),
    ),
    tree(
        "mozilla intermediate",
        server(
            "ssl_protocols TLSv1.2 TLSv1.3;",
            "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256;",
            "ssl_prefer_server_ciphers off;",
            "ssl_session_cache shared:SSL:1m;",
        ),
    ),
    tree(
        "rsa",
        server("ssl_protocols TLSv1.2;", "ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;", cert="rsa"),
    ),
    tree("static rsa", server("ssl_protocols TLSv1.2;", "ssl_ciphers AES128-SHA;", cert="rsa")),
    tree(
        "both kinds of key, rsa suites",
        server(
            "ssl_certificate CERTS/rsa.pem;",
            "ssl_certificate_key CERTS/rsa.key;",
            "ssl_protocols TLSv1.2;",
            "ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;",
        ),
    ),
    tree("p384", server(cert="p384")),
    tree("curves", server("ssl_ecdh_curve secp384r1:prime256v1;")),
    tree("curves of the named server do not count", DEFAULT, server("ssl_ecdh_curve X448;")),
    tree(
        "protocols of the named server do not count",
        server(listen="PORT ssl default_server", name="_"),
        server("ssl_protocols TLSv1.1;"),
    ),
    tree(
        "ciphers of the default do not count",
        server(
            "ssl_ciphers DHE-RSA-AES256-SHA;",
            "ssl_protocols TLSv1.2;",
            listen="PORT ssl default_server",
            name="a.example.net",
            cert="other",
        ),
        server(),
    ),
    tree(
        "client certificate optional",
        server("ssl_verify_client optional;", "ssl_client_certificate CERTS/client-ca.pem;"),
    ),
    tree("optional without ca", server("ssl_verify_client optional_no_ca;")),
    tree(
        "client certificate demanded elsewhere",
        server(
            "ssl_verify_client on;",
            "ssl_client_certificate CERTS/client-ca.pem;",
            listen="PORT ssl default_server",
            name="admin.example.com",
        ),
        server(),
    ),
    tree(
        "proxy_ssl is not ours",
        server(
            "proxy_ssl_protocols SSLv3;",
            "proxy_ssl_verify on;",
            "proxy_ssl_trusted_certificate CERTS/client-ca.pem;",
        ),
    ),
    tree("crlf", *[server().replace("\n", "\r\n")], main=MAIN.replace("\n", "\r\n")),
    tree("tabs", server().replace("    ", "\t")),
    tree(
        "one line",
        "server{listen PORT ssl;server_name www.example.com;"
        + PAIR
        + "location / {return 200 ok;}}",
    ),
    tree(
        "comments",
        "# listen PORT;\n# ssl_verify_client on;\n"
        + server("# ssl_reject_handshake on;", "#ssl_protocols SSLv3;"),
    ),
    tree(
        "quotes",
        server(cert="", name='"www.example.com"').replace(
            "location",
            "ssl_certificate \"CERTS/site.pem\"; ssl_certificate_key 'CERTS/site.key'; location",
        ),
    ),
    tree(
        "settings in http",
        server(cert=""),
        main=MAIN.replace(
            "include DIR/conf.d", PAIR + " ssl_protocols TLSv1.2 TLSv1.3; include DIR/conf.d"
        ),
    ),
    tree(
        "certificate in a snippet",
        server("include DIR/snippets/tls.conf;", cert=""),
        files={"snippets/tls.conf": PAIR},
    ),
    tree(
        "relative snippet",
        server("include snippets/tls.conf;", cert=""),
        files={"snippets/tls.conf": PAIR},
    ),
    tree(
        "sites-enabled link",
        files={"sites-available/www": server(), "conf.d/site.conf": ""},
        links={"sites-enabled/www": "../sites-available/www"},
    ),
    tree(
        "certbot",
        server(
            "include DIR/options-ssl-nginx.conf; # managed by Certbot",
            name="example.com www.example.com",
        ),
        "server {\n    if ($host = www.example.com) {\n        return 301 https://$host$request_uri;\n    } # managed by Certbot\n    listen CLEAR;\n    server_name www.example.com;\n    return 404; # managed by Certbot\n}\n",
        files={
            "options-ssl-nginx.conf": "ssl_session_cache shared:le_nginx_SSL:1m;\nssl_session_timeout 1440m;\nssl_session_tickets off;\nssl_protocols TLSv1.2 TLSv1.3;\nssl_prefer_server_ciphers off;\n"
        },
    ),
    tree(
        "crlf certificate",
        server("ssl_certificate CERTS/crlf.pem;", "ssl_certificate_key CERTS/crlf.key;", cert=""),
    ),
    tree("address and name", server(listen="127.0.0.1:PORT ssl")),
    tree(
        "loopback elsewhere",
        server(listen="127.0.0.2:PORT ssl", name="_", cert="snakeoil"),
        server(listen="127.0.0.1:PORT ssl"),
    ),
    tree(
        "map and variables",
        server("set $x $y;", cert=""),
        main=MAIN.replace(
            "include DIR/conf.d", "map $host $y { default 1; } " + PAIR + " include DIR/conf.d"
        ),
    ),
    tree(
        "many names",
        server(name=" ".join(f"s{n}.example.com" for n in range(60)) + " www.example.com"),
        main=MAIN.replace("access_log off;", "access_log off; server_names_hash_bucket_size 128;"),
    ),
    tree(
        "combined certificate and key",
        server(
            "ssl_certificate CERTS/bundle.pem;", "ssl_certificate_key CERTS/bundle.pem;", cert=""
        ),
    ),
    tree("lua like text in a comment", server("# content_by_lua_block { return }")),
    tree("regex with braces", DEFAULT, server(name=r'"~^(www|shop){1}\.example\.com$"')),
    tree("exact beats wildcard", server(name="*.example.com", cert="snakeoil"), server()),
    tree(
        "wildcard beats regex", server(name="~^www", cert="snakeoil"), server(name="*.example.com")
    ),
    tree("longer wildcard", server(name="*.com", cert="snakeoil"), server(name="*.example.com")),
    tree(
        "redirect in clear",
        server(),
        "server { listen CLEAR default_server; return 301 https://$host$request_uri; }\n",
    ),
    tree(
        "empty include",
        server(),
        files={"empty/.keep": ""},
        main=MAIN.replace("include DIR/sites", "include DIR/empty/*.conf; include DIR/sites"),
    ),
    tree(
        "trusted certificate for stapling",
        server("ssl_trusted_certificate CERTS/intermediate.pem;", "ssl_stapling off;"),
    ),
]
