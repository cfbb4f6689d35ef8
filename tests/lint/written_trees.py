"""Whole configurations as distributions, panels and people leave them, labelled by the servers."""

from typing import Any

from tests.lint.trees import Tree

NGINX_MAIN = """user root;
worker_processes auto;
include DIR/modules-enabled/*.conf;

events {
\tworker_connections 64;
\t# multi_accept on;
}

http {
\tsendfile on;
\taccess_log off;
\tssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; # Dropping SSLv3, ref: POODLE
\tssl_prefer_server_ciphers on;
\tinclude DIR/conf.d/*.conf;
\tinclude DIR/sites-enabled/*;
}
"""
NPM = """user root;
daemon off;
events { include DIR/data/nginx/custom/events[.]conf; }
http {
  access_log off;
  server_tokens off;
  include DIR/data/nginx/custom/http_top[.]conf;
  include DIR/data/nginx/default_host/*.conf;
  include DIR/data/nginx/proxy_host/*.conf;
  include DIR/data/nginx/redirection_host/*.conf;
}
""".replace("daemon off;\n", "")
NPM_HOST = """# ------------------------------------------------------------
# www.example.com
# ------------------------------------------------------------
map $scheme $hsts_header { https "max-age=63072000;preload"; }
server {
  set $forward_scheme http;
  set $server "app";
  set $port 3000;

  listen CLEAR;
  listen PORT ssl http2;

  server_name www.example.com;

  # Let's Encrypt SSL
  include DIR/conf.d/include/ssl-ciphers.conf;
  ssl_certificate DIR/data/custom_ssl/npm-4/fullchain.pem;
  ssl_certificate_key DIR/data/custom_ssl/npm-4/privkey.pem;

  location / { return 200 "ok"; }

  # Custom
  include DIR/data/nginx/custom/server_proxy[.]conf;
}
"""
NPM_FILES = {
    "nginx.conf": NPM,
    "conf.d/include/ssl-ciphers.conf": "ssl_session_timeout 5m;\nssl_protocols TLSv1.2 TLSv1.3;\n"
    "ssl_ciphers 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-SHA';\n"
    "ssl_prefer_server_ciphers off;\n",
    "data/nginx/default_host/site.conf": "server {\n  listen PORT ssl default_server;\n"
    "  server_name _;\n  ssl_reject_handshake on;\n}\n",
    "data/nginx/proxy_host/1.conf": NPM_HOST,
}
TLS = "ssl_certificate CERTS/site.pem;\n\tssl_certificate_key CERTS/site.key;"


def nginx(name: str, files: dict[str, str], main: str = NGINX_MAIN, **more: Any) -> Tree:
    return Tree(name=name, files={"nginx.conf": main, **files}, **more)


NGINX = [
    nginx(
        "npm",
        NPM_FILES
        | {
            "data/custom_ssl/npm-4/fullchain.pem": "SITE",
            "data/custom_ssl/npm-4/privkey.pem": "SITE",
        },
    ),
    nginx(
        "npm, another host's certificate",
        NPM_FILES
        | {
            "data/custom_ssl/npm-4/fullchain.pem": "OTHER",
            "data/custom_ssl/npm-4/privkey.pem": "OTHER",
            "data/custom_ssl/npm-7/fullchain.pem": "SITE",
            "data/custom_ssl/npm-7/privkey.pem": "SITE",
        },
        line="npm-4/fullchain.pem",
        healed=True,
    ),
    nginx(
        "a site whose file the pattern does not take",
        {
            "sites-enabled/default": "server {\n\tlisten PORT ssl default_server;\n\tserver_name _;\n"
            "\tssl_certificate CERTS/snakeoil.pem;\n\tssl_certificate_key CERTS/snakeoil.key;\n}\n",
            "conf.d/www.example.com.conf.disabled": f"server {{ listen PORT ssl; server_name "
            f"www.example.com; {TLS} }}\n",
        },
        line="snakeoil.pem",
    ),
    nginx(
        "crlf, tabs and comments behind",
        {
            "conf.d/site.conf": "# Stand: März\r\nserver\t{\r\n\tlisten\tPORT\tssl;\t# https\r\n"
            "\tserver_name\twww.example.com # Kunde\r\n\t\texample.com;\r\n"
            "\tssl_certificate\tCERTS/site.pem;#neu\r\n\tssl_certificate_key\tCERTS/site.key;\r\n"
            "\tif ($host !~* ^(www\\.)?example\\.com$ ) {\r\n\t\treturn 444;\r\n\t}\r\n"
            "\tlocation / { return 200 'a;b}{'; }\r\n}\r\n"
        },
    ),
    nginx(
        "rsa suites and an ecdsa certificate, with 1.3",
        {
            "conf.d/gitlab.conf": f"server {{\n\tlisten *:PORT ssl;\n\tserver_name www.example.com;\n\t{TLS}\n"
            "\tssl_ciphers 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384';\n"
            "\tssl_protocols TLSv1.2 TLSv1.3;\n\treturn 200;\n}\n"
        },
    ),
    nginx(
        "rsa suites and an ecdsa certificate, 1.3 off by the first server",
        {
            "conf.d/a.conf": "server {\n\tlisten PORT ssl;\n\tserver_name a.example.com;\n"
            f"\tssl_protocols TLSv1.2;\n\t{TLS}\n}}\n",
            "conf.d/b.conf": f"server {{\n\tlisten PORT ssl;\n\tserver_name www.example.com;\n\t{TLS}\n"
            "\tssl_protocols TLSv1.2 TLSv1.3;\n"
            "\tssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;\n\treturn 200;\n}\n",
        },
        line="ssl_ciphers",
    ),
    nginx(
        "certbot took the apex alone",
        {
            "sites-enabled/000-default": "server {\n\tlisten CLEAR default_server;\n\tlisten PORT ssl "
            "default_server;\n\tssl_certificate CERTS/snakeoil.pem; # self-signed\n"
            "\tssl_certificate_key CERTS/snakeoil.key;\n\treturn 404;\n}\n",
            "sites-enabled/example.com": "server {\n\tserver_name example.com;\n\treturn 200 'ok';\n\n"
            "    listen PORT ssl; # managed by Certbot\n"
            "    ssl_certificate CERTS/apex.pem; # managed by Certbot\n"
            "    ssl_certificate_key CERTS/apex.key; # managed by Certbot\n}\nserver {\n"
            "    if ($host = example.com) {\n        return 301 https://$host$request_uri;\n"
            "    } # managed by Certbot\n\tlisten CLEAR;\n\tserver_name example.com www.example.com;\n"
            "    return 404; # managed by Certbot\n}\n",
        },
        line="snakeoil.pem",
    ),
    nginx(
        "an encrypted key without its password",
        {
            "conf.d/site.conf": "server {\n\tlisten PORT ssl;\n\tserver_name www.example.com;\n"
            "\tssl_certificate CERTS/encrypted.pem;\n\tssl_certificate_key CERTS/encrypted.key;\n}\n"
        },
        line="encrypted.key",
    ),
    nginx(
        "an encrypted key with its password",
        {
            "conf.d/site.conf": "ssl_password_file DIR/pass;\nserver {\n\tlisten PORT ssl;\n"
            "\tserver_name www.example.com;\n\tssl_certificate CERTS/encrypted.pem;\n"
            "\tssl_certificate_key CERTS/encrypted.key;\n\treturn 200;\n}\n",
            "pass": "changeit\n",
        },
    ),
]
NGINX.append(
    nginx(
        "certbot's options beside one's own",
        {
            "letsencrypt/options-ssl-nginx.conf": "ssl_session_cache shared:le_nginx_SSL:10m;\n"
            "ssl_session_timeout 1440m;\nssl_protocols TLSv1.2 TLSv1.3;\n",
            "conf.d/site.conf": f"server {{\n\tlisten PORT ssl;\n\tserver_name www.example.com;\n\t{TLS}\n"
            "\tssl_session_timeout 1d;\n\tinclude DIR/letsencrypt/options-ssl-nginx.conf;\n\treturn 200;\n}\n",
        },
        line="ssl_session_timeout",
        healed=True,
    )
)
HA = """# Automatically generated, do not edit manually.
global
    log stdout format raw local0 notice
    tune.ssl.default-dh-param 2048
GLOBAL
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s

"""
OK = "    http-request return status 200 content-type text/plain string ok\n"


def haproxy(name: str, text: str, own: str = "", files: Any = None, **more: Any) -> Tree:
    config = HA.replace("GLOBAL\n", own) + text
    return Tree(name=name, files={"haproxy.cfg": config, **(files or {})}, **more)


INNER = """frontend sni
    bind :PORT
    mode tcp
    tcp-request inspect-delay 5s
    tcp-request content accept if { req_ssl_hello_type 1 }
    use_backend web if { req_ssl_sni -i www.example.com }
    default_backend web

backend web
    mode tcp
    server local 127.0.0.1:CLEARSEND

frontend https
    bind 127.0.0.1:CLEAR accept-proxy ssl crt CERTS/site-all.pem
"""
LIST = "    bind :PORT name pfsense ssl crt-list DIR/www.crt_list\n"
HAPROXY = [
    haproxy("pfsense", "frontend www-merged\n" + LIST + "    mode http\n    acl aclcrt_www "
            "var(txn.txnhost) -m reg -i ^www\\.example\\.com(:([0-9]){1,5})?$\n" + OK,
            files={"www.crt_list": "CERTS/other-all.pem\nCERTS/site-all.pem [alpn h2,http/1.1]\n"}),
    haproxy("client certificate by the list", "frontend fe\n" + LIST + OK,
            files={"www.crt_list": "CERTS/other-all.pem\nCERTS/site-all.pem [ca-file "
                   "CERTS/client-ca.pem verify required] www.example.com\n"},
            line="verify required"),
    haproxy("a version by the list", "frontend fe\n" + LIST + OK,
            files={"www.crt_list": "CERTS/site-all.pem [ssl-min-ver TLSv1.3] www.example.com\n"}),
    haproxy("suites by the list", "frontend fe\n" + LIST + OK,
            files={"www.crt_list": "CERTS/site-all.pem [ssl-max-ver TLSv1.2 ciphers "
                   "ECDHE-RSA-AES128-GCM-SHA256] www.example.com\n"},
            line="ECDHE-RSA"),
    haproxy("sni before tls", INNER.replace("SEND", " send-proxy-v2") + OK),
    haproxy("sni before tls, no header sent", INNER.replace("SEND", "") + OK, line="accept-proxy"),
    haproxy("crlf", ("frontend fe\n    bind :PORT ssl crt CERTS/site-all.pem\n" + OK)
            .replace("\n", "\r\n")),
    haproxy("a suite of 1.3 that is not offered", "frontend fe\n    bind :PORT ssl crt "
            "CERTS/site-all.pem\n" + OK, "    ssl-default-bind-options ssl-min-ver TLSv1.3\n"
            "    ssl-default-bind-ciphersuites TLS_AES_128_CCM_SHA256\n",
            line="ssl-default-bind-ciphersuites", healed=True),
]  # fmt: skip
CADDY_HEAD = """{
\tadmin off
\tskip_install_trust
\tstorage file_system DIR/data
\thttp_port CLEAR
\thttps_port PORT
\tMORE
}

"""


def caddy(name: str, sites: str, more: str = "", **own: Any) -> Tree:
    return Tree(name=name, files={"Caddyfile": CADDY_HEAD.replace("\tMORE\n", more) + sites}, **own)


CADDY = [
    caddy(
        "handles below a wildcard",
        "*.example.com {\n\ttls CERTS/wild.pem CERTS/wild.key\n\t@www host www.example.com\n"
        '\thandle @www {\n\t\trespond "ok"\n\t}\n\thandle {\n\t\tabort\n\t}\n}\n',
    ),
    caddy(
        "no certificates by itself, and none loaded",
        'www.example.com {\n\trespond "ok"\n}\n',
        "\tauto_https disable_certs\n",
        line="www.example.com",
    ),
    caddy(
        "client certificates in a snippet",
        "(mtls) {\n\ttls CERTS/site.pem CERTS/site.key {\n\t\tclient_auth {\n\t\t\tmode require_and_verify\n"
        "\t\t\ttrusted_ca_cert_file CERTS/client-ca.pem\n\t\t}\n\t}\n}\n"
        'www.example.com {\n\timport mtls\n\trespond "ok"\n}\n',
        line="client_auth",
        healed=True,
    ),
]
