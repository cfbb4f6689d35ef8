"""What a server does not start with beside its TLS: names twice, zones and pages that are not there,
modules that are not loaded; and what looks so and starts."""

from tests.lint.door_trees import MAIN, SITE
from tests.lint.trees import Tree
from tests.lint.written_apache import PAIR, apache
from tests.lint.written_trees import OK, TLS, haproxy, nginx


def served(name: str, *lines: str, before: str = "", line: str = "") -> Tree:
    """A site with further lines, and some before it."""
    own = "".join(f"  {each}\n" for each in lines)
    head = f"server {{\n  listen PORT ssl;\n  server_name www.example.com;\n  {TLS}\n"
    files = {"conf.d/a.conf": f"{before}{head}{own}  return 200;\n}}\n"}
    return nginx(f"start {name}", files, line=line)


UPSTREAM = "upstream a { server 127.0.0.1:1; }\n"
NGINX = [
    nginx(
        "start a certificate line without its end",
        {
            "conf.d/a.conf": "server {\n listen PORT ssl;\n server_name www.example.com;\n"
            " ssl_certificate CERTS/site.pem\n ssl_certificate_key CERTS/site.key;\n return 200;\n}\n"
        },
        line="ssl_certificate CERTS/site.pem",
        healed=True,
    ),
    served("an upstream twice", before=UPSTREAM + UPSTREAM, line="upstream a"),
    served("two upstreams", before=UPSTREAM + UPSTREAM.replace(" a ", " b ")),
    served("a location twice", "location / { }", "location / { }", line="location /"),
    served("a location twice, once alone", "location ^~ /a { }", "location /a { }", line="/a"),
    served("a location of each kind", "location /a { }", "location = /a { }", "location ~ /a { }"),
    served("a pattern twice", "location ~ ^/a { }", "location ~ ^/a { }"),
    served("a zone of nobody", "limit_req zone=slow burst=5;", line="limit_req"),
    served("connections of nobody", "limit_conn few 5;", line="limit_conn"),
    served(
        "a zone",
        "limit_req zone=slow burst=5;",
        before="limit_req_zone $binary_remote_addr zone=slow:1m rate=9r/s;\n",
    ),
    served("a module that is not loaded", "brotli on;", line="brotli"),
    nginx(
        "start one address twice",
        {"conf.d/a.conf": SITE.replace("127.0.0.1:CLEAR", "PORT")},
        main=MAIN.replace("{own}", "listen PORT; proxy_pass 127.0.0.1:CLEAR;"),
        line="listen",
    ),
    nginx(
        "start one address within another",
        {"conf.d/a.conf": SITE.replace("CLEAR", "PORT")},
        main=MAIN.replace("{own}", "listen PORT; proxy_pass 127.0.0.1:CLEAR;"),
        line="listen",
    ),
    nginx(
        "start two addresses of one port",
        {"conf.d/a.conf": SITE.replace("127.0.0.1:CLEAR", "127.0.0.2:PORT")},
        main=MAIN.replace("{own}", "listen 127.0.0.1:PORT; proxy_pass 127.0.0.2:PORT;"),
    ),
]
VH = "Listen PORT\n<VirtualHost *:PORT>\n ServerName www.example.com\n SSLEngine on\n" + PAIR
APACHE = [
    apache("start module md not loaded", f"{VH}MDomain x\n</VirtualHost>\n", {}, line="MDomain"),
    apache(
        "start module not loaded", f"{VH}ExpiresActive on\n</VirtualHost>\n", {}, line="Expires"
    ),
]
FRONT = "frontend fe\n    bind :PORT ssl crt CERTS/site-all.pem\n"
HAPROXY = [
    haproxy("start short word mistyped", f"{FRONT}    bnd :CLEAR\n{OK}", line="bnd"),
    haproxy("start page missing", f"{FRONT}    errorfile 502 DIR/no.http\n{OK}", line="errorfile"),
    haproxy(
        "start page",
        f"{FRONT}    errorfile 502 DIR/is.http\n{OK}",
        files={"is.http": "HTTP/1.0 502 Bad Gateway\r\nConnection: close\r\n\r\nno\n"},
    ),
]
CADDY: list[Tree] = []
