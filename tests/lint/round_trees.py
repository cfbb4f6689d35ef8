"""Sites that redirect the URL that was asked for to itself, and those that only seem to; commands
with too many words or none that their server takes. Labelled by the servers."""

from tests.lint.further_trees import BIND, host, nginx
from tests.lint.nginx_trees import server
from tests.lint.odd_trees import ROUTER, traefik
from tests.lint.traefik_trees import STATIC
from tests.lint.trees import Tree
from tests.lint.written_apache import apache
from tests.lint.written_trees import OK, haproxy

SELF = "https://$host:PORT$request_uri"
CLEAR = (
    "server { listen 127.0.0.1:CLEAR; server_name www.example.com; "
    f"location / {{ return 301 {SELF}; }} }}\n"
)
TESTED = (
    "server { listen 127.0.0.1:CLEAR; server_name www.example.com; location / { "
    f'if ($http_x_forwarded_proto != "https") {{ return 301 {SELF}; }} return 200; }} }}\n'
)


def bare(line: str) -> str:
    """A server whose only location is this one."""
    return server(line).replace('    location / { return 200 "ok"; }\n', "")


PASSED = "proxy_pass http://127.0.0.1:CLEAR;"
NGINX = [
    nginx("round by a return with the name", server(f"return 301 {SELF};"), line="return 301"),
    nginx("round by a return beside a root",
          server(f"return 301 {SELF};", "root DIR;"), line="return 301", healed=True),
    nginx("round by a return of the location",
          bare(f"location / {{ return 302 {SELF}; }}"), line="return 302"),
    nginx("round by a test of the name that holds",
          server(f"if ($host = www.example.com) {{ return 301 {SELF}; }}"), line="return 301"),
    nginx("not round by a test of the scheme",
          server(f"if ($scheme = http) {{ return 301 {SELF}; }}")),
    nginx("not round to another name",
          server("return 301 https://shop.example.com:PORT$request_uri;")),
    nginx("not round to another path", server("location = / { return 302 /start; }")),
    nginx("round over a server in clear",
          bare(f"location / {{ {PASSED} proxy_set_header Host $host; }}"), CLEAR,
          line="proxy_pass"),
    nginx("round over a server in clear that is not told of TLS",
          bare(f"location / {{ {PASSED} proxy_set_header Host $host; }}"), TESTED,
          line="proxy_pass"),
    nginx("not round over a server in clear that is told of TLS",
          bare(f"location / {{ {PASSED} proxy_set_header Host $host; "
                 "proxy_set_header X-Forwarded-Proto $scheme; }"), TESTED),
    nginx("a cache without a size", server("ssl_session_cache shared:SSL 10m;"),
          line="ssl_session_cache", healed=True),
]  # fmt: skip
ALIAS = "LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so\n"
REWRITE = "LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so\n"
TO = "https://www.example.com:PORT/"
APACHE = [
    apache("round by a Redirect",
           f"{ALIAS}Listen PORT\n" + host(f"Redirect permanent / {TO}"), {},
           line="Redirect permanent", healed=True),
    apache("not round by a Redirect of a path",
           f"{ALIAS}Listen PORT\n" + host(f"Redirect /old {TO}"), {}),
    apache("not round by a Redirect to another name",
           f"{ALIAS}Listen PORT\n" + host("Redirect / https://shop.example.com:PORT/"), {}),
    apache("round by a rule without a condition", f"{REWRITE}Listen PORT\n"
           + host("RewriteEngine On",
                  "RewriteRule ^/?(.*)$ https://%{HTTP_HOST}/$1 [R=301,L]"), {},
           line="RewriteRule", healed=True),
    apache("not round by a rule for what came in clear", f"{REWRITE}Listen PORT\n"
           + host("RewriteEngine On", "RewriteCond %{HTTPS} !=on",
                  "RewriteRule ^/?(.*)$ https://%{HTTP_HOST}/$1 [R=301,L]"), {}),
    apache("round by a canonical name that is spared by no condition", f"{REWRITE}Listen PORT\n"
           + host("RewriteEngine On", r"RewriteCond %{HTTP_HOST} ^(www\.)?example\.com [NC]",
                  f"RewriteRule ^/?(.*)$ {TO}$1 [R=301,L]"), {},
           line="RewriteRule", healed=True),
    apache("not round by a canonical name of its own", f"{REWRITE}Listen PORT\n"
           + host("RewriteEngine On", r"RewriteCond %{HTTP_HOST} !^www\. [NC]",
                  f"RewriteRule ^/?(.*)$ {TO}$1 [R=301,L]"), {}),
    apache("not round while the engine is off", f"{REWRITE}Listen PORT\n"
           + host("RewriteEngine Off", f"RewriteRule ^ {TO} [R=301,L]"), {}),
    apache("suites divided by blanks", "Listen PORT\n"
           + host("SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256: \\",
                  "    ECDHE-RSA-AES128-GCM-SHA256: \\", "    HIGH"), {},
           line="SSLCipherSuite", healed=True),
    apache("suites of a protocol that is none", "Listen PORT\n"
           + host("SSLCipherSuite HIGH:!aNULL !MD5"), {}, line="SSLCipherSuite", healed=True),
    apache("an order that is neither on nor off", "Listen PORT\n"
           + host("SSLHonorCipherOrder yes"), {}, line="SSLHonorCipherOrder", healed=True),
    apache("a command to openssl with three words", "Listen PORT\n"
           + host("SSLOpenSSLConfCmd Curves X25519 P-256"), {}, line="SSLOpenSSLConfCmd"),
    apache("a variable that nothing gives a value",
           "Define KEY_FOLDER CERTS\nListen PORT\n"
           + host(pair="    SSLCertificateFile CERTS/site.pem\n"
                       "    SSLCertificateKeyFile ${KEYFOLDER}/site.key\n"), {},
           line="KEYFOLDER", healed=True),
]  # fmt: skip
MACRO = "LoadModule macro_module /usr/lib/apache2/modules/mod_macro.so\n"
APACHE.append(
    apache(
        "a lone leaf named in a macro",
        MACRO
        + "Listen PORT\n<Macro Site $name $folder>\n"
        + host(name="$name", pair="    SSLCertificateFile $folder/site-leaf.pem\n"
               "    SSLCertificateKeyFile $folder/site.key\n")
        + "</Macro>\nUse Site www.example.com CERTS\n",
        {},
        line="site-leaf.pem",
        healed=True,
    )
)  # fmt: skip
TRAEFIK = [
    Tree(
        name="certificates under http",
        files={
            "traefik.yml": STATIC.replace("filename: DIR/dynamic.yml", "directory: DIR/dynamic"),
            "dynamic/routers.yml": ROUTER,
            "dynamic/certificates.yml": "http:\n  tls:\n    certificates:\n"
            "      - certFile: CERTS/site.pem\n        keyFile: CERTS/site.key\n",
        },
        line="tls:",
        healed=True,
    ),
    traefik(
        "certificates under http behind the routers",
        ROUTER + "  tls:\n    certificates:\n      - certFile: CERTS/site.pem\n"
        "        keyFile: CERTS/site.key\n",
        line="tls:",
        healed=True,
    ),
]  # fmt: skip
USED = """listen sni
    bind :PORT
    mode tcp
    tcp-request inspect-delay 5s
    tcp-request content accept if { req.ssl_hello_type 1 }
    use-server tls if { req.ssl_sni -m end .example.com }
    server other 127.0.0.1:9 weight 0
    server tls abns@tls-x send-proxy-v2
frontend inner
    bind abns@tls-x accept-proxy ssl crt CERTS/site-all.pem
"""
OPTIONS = "    ssl-default-bind-options"
HAPROXY = [
    haproxy("options on two lines",
            BIND + "\n" + OK,
            f"{OPTIONS} ssl-min-ver TLSv1.2 no-tls-tickets\n{OPTIONS} no-tlsv13\n"
            "    ssl-default-bind-ciphers ECDHE-RSA-AES128-GCM-SHA256\n"),
    haproxy("a version with a comma", BIND + "\n" + OK, f"{OPTIONS} ssl-min-ver TLSv1.2,\n",
            line="ssl-min-ver", healed=True),
    haproxy("a version in small letters", BIND + "\n" + OK, f"{OPTIONS} ssl-min-ver tlsv1.2\n",
            line="ssl-min-ver", healed=True),
    haproxy("suites of 1.3 divided by commas", BIND + "\n" + OK,
            "    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384\n",
            line="ciphersuites", healed=True),
    haproxy("a server that a rule uses", USED + OK),
]  # fmt: skip
CADDY: list[Tree] = []
