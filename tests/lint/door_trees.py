"""What stands before the handshake: PROXY headers, names asked for too early, rules on addresses."""

from dataclasses import replace

from tests.lint.haproxy_trees import tree as proxied
from tests.lint.sni_trees import INNER
from tests.lint.trees import STREAM_MODULE, Tree
from tests.lint.written_apache import PAIR, apache
from tests.lint.written_trees import CADDY_HEAD, OK, TLS, caddy, haproxy, nginx
from tests.oracle.origins import HOST

STREAM = f"load_module {STREAM_MODULE};\n"
VH = "<VirtualHost *:PORT>\n ServerName www.example.com\n SSLEngine on\n" + PAIR
REMOTE = "LoadModule remoteip_module /usr/lib/apache2/modules/mod_remoteip.so\nListen PORT\n"
MAIN = (
    STREAM
    + "events {}\nstream { server { {own} } }\nhttp { access_log off; include DIR/conf.d/*.conf; }\n"
)
REQUESTS = f"server {{ listen PORT ssl; server_name www.example.com; {TLS} location / {{ root DIR/www; }} }}\n"
SITE = f"server {{ listen 127.0.0.1:CLEAR ssl; server_name www.example.com; {TLS} return 200; }}\n"


def passing(*rules: str) -> str:
    lines = "".join(f"    {each}\n" for each in ("mode tcp", *rules, "default_backend bad"))
    return f"frontend door\n    bind *:PORT\n{lines}\n"


def early(name: str, *rules: str, line: str = "") -> Tree:
    return proxied(
        f"early {name}",
        passing(*rules),
        INNER,
        line=line,
        files={"names.map": "www.example.com good\n"},
    )


DENIED = frozenset((403,))
NET = "10.0.0.0/8"
OWN = f"{{ src {NET} }}"


def barred(name: str, rule: str, line: str = "") -> Tree:
    """A frontend whose rule asks for the address of the connection."""
    text = f"frontend fe\n    bind :PORT ssl crt CERTS/site-all.pem\n    {rule}\n{OK}"
    files = {"nets.lst": f"# ours\n{NET}\n"}
    return haproxy(f"source {name}", text, line=line, files=files, codes=DENIED)


WWW = "use_backend good if { req.ssl_sni -i www.example.com }"
DELAY = "tcp-request inspect-delay 3s"
HELLO = "tcp-request content accept if { req.ssl_hello_type 1 }"
WAITING = "tcp-request content accept if { req.ssl_sni -m found }"
AT_ONCE = {
    "no delay": (WWW,),
    "no delay, yet a rule": (HELLO, WWW),
    "delay without a rule": (DELAY, WWW),
    "delay and no condition": (DELAY, "tcp-request content accept", WWW),
    "delay and a rule that asks nothing": (
        DELAY,
        "tcp-request content set-var(sess.n) req.ssl_sni",
        WWW,
    ),
    "map without delay": ("use_backend %[req.ssl_sni,lower,map(DIR/names.map,bad)]",),
}
"""Frontends that look for the name at once: mostly before it has come."""
HAPROXY = [
    early("delay and rule", DELAY, HELLO, WWW),
    early("delay and rule on the name", DELAY, WAITING, WWW),
    early("delay and length", DELAY, "tcp-request content accept if { req.len gt 0 }", WWW),
    early(
        "delay and reject", DELAY, "tcp-request content reject if !{ req.ssl_hello_type 1 }", WWW
    ),
    early("delay and capture", DELAY, "tcp-request content capture req.ssl_sni len 64", WWW),
    early("delay to its end", DELAY, "tcp-request content accept if WAIT_END", WWW),
    barred("content reject", f"tcp-request content reject unless {OWN}", "reject"),
    barred("request denied", f"http-request deny unless {OWN}", "deny"),
    barred("request denied by a list", "http-request deny if !{ src -f DIR/nets.lst }", "deny"),
    barred("an inner path denied", f"http-request deny if {{ path_beg /admin }} !{OWN}"),
    barred("all let in", "tcp-request connection reject if !{ src 0.0.0.0/0 }"),
    barred("another net rejected", f"tcp-request connection reject if {OWN}"),
    haproxy(
        "a backend without servers",
        "frontend door\n    mode tcp\n    bind *:PORT\n    default_backend none\n"
        "backend none\n    mode tcp\n",
        line="default_backend none",
    ),
    haproxy(
        "header sent to a bind that reads none",
        "frontend door\n    mode tcp\n    bind *:PORT\n    default_backend in\n"
        "backend in\n    mode tcp\n    server s 127.0.0.1:CLEAR send-proxy-v2\n"
        "frontend fe\n    bind 127.0.0.1:CLEAR ssl crt CERTS/site-all.pem\n" + OK,
        line="send-proxy-v2",
        healed=True,
    ),
    haproxy(
        "handed on over a socket of this host",
        "frontend door\n    mode tcp\n    bind *:PORT\n    default_backend in\n"
        "backend in\n    mode tcp\n    server s abns@lint-inner-PORT send-proxy-v2\n"
        "frontend fe\n    bind abns@lint-inner-PORT accept-proxy ssl crt CERTS/site-all.pem\n" + OK,
    ),
]
ALLOWED = f"allow {NET}; deny all;"
INNER_HTTP = {"conf.d/a.conf": SITE}
BY_NAME = (
    "\n  map $ssl_preread_server_name $to {\n    other.example.com site;\n    default none;\n  }\n"
    "  upstream site { server 127.0.0.1:CLEAR; }\n  upstream none { server 127.0.0.2:CLEAR; }\n"
    "  server { listen PORT; ssl_preread on; proxy_pass $to; }"
)
REJECTING = "server { listen 127.0.0.2:CLEAR ssl default_server; ssl_reject_handshake on; }\n"
NGINX = [
    nginx(
        "name missing in the map of stream",
        {
            "conf.d/a.conf": SITE.replace("www.example.com", "www.example.com other.example.com"),
            "conf.d/b.conf": REJECTING,
        },
        main=MAIN.replace("server { {own} }", BY_NAME),
        line="default none",
        healed=True,
    ),
    nginx(
        "header of stream that nobody reads",
        INNER_HTTP,
        main=MAIN.replace("{own}", "listen PORT; proxy_protocol on; proxy_pass 127.0.0.1:CLEAR;"),
        line="proxy_protocol on",
        healed=True,
    ),
    nginx(
        "source denied by stream",
        INNER_HTTP,
        main=MAIN.replace("{own}", f"listen PORT; {ALLOWED} proxy_pass 127.0.0.1:CLEAR;"),
        line="deny all",
    ),
    nginx(
        "source denied by http",
        {"conf.d/0.conf": ALLOWED, "conf.d/a.conf": REQUESTS},
        codes=DENIED,
        line="deny",
    ),
    nginx(
        "source denied for a location",
        {"conf.d/a.conf": REQUESTS.replace("/ {", f"/ {{ {ALLOWED}")},
        codes=DENIED,
        line="deny",
    ),
    nginx(
        "source allowed for a location",
        codes=DENIED,
        files={
            "conf.d/0.conf": ALLOWED,
            "conf.d/a.conf": REQUESTS.replace("/ {", "/ { allow all;"),
        },
    ),
    nginx(
        "source denied for an inner location",
        {"conf.d/a.conf": REQUESTS.replace("}\n", f"location /in {{ {ALLOWED} }} }}\n")},
    ),
]
BY_HOST = "LoadModule authz_host_module /usr/lib/apache2/modules/mod_authz_host.so\n"
LOCATION = "<Location />\n{}\n</Location>\n"
APACHE = [
    apache(
        "proxy header for a host",
        REMOTE + VH + " RemoteIPProxyProtocol On\n</VirtualHost>\n",
        {},
        line="RemoteIPProxyProtocol On",
        healed=True,
    ),
    apache(
        "proxy header for all",
        REMOTE + "RemoteIPProxyProtocol On\n" + VH + "</VirtualHost>\n",
        {},
        line="RemoteIPProxyProtocol On",
        healed=True,
    ),
    apache(
        "proxy header by the host of another name",
        REMOTE
        + VH
        + "</VirtualHost>\n"
        + VH.replace("www.", "shop.")
        + " RemoteIPProxyProtocol On\n</VirtualHost>\n",
        {},
        line="RemoteIPProxyProtocol On",
        healed=True,
    ),
    apache(
        "proxy header switched off again",
        REMOTE + "RemoteIPProxyProtocol On\n" + VH + " RemoteIPProxyProtocol Off\n</VirtualHost>\n",
        {},
    ),
    *(
        apache(f"source {name}", f"{BY_HOST}Listen PORT\n{VH}{rules}</VirtualHost>\n", {}, **more)
        for name, rules, more in (
            (
                "required",
                LOCATION.format(f"Require ip {NET}"),
                {"line": "Require", "codes": DENIED},
            ),
            ("required, or all", LOCATION.format(f"Require ip {NET}\nRequire all granted"), {}),
            ("required within", LOCATION.replace("/>", "/in>").format(f"Require ip {NET}"), {}),
        )
    ),
    apache(
        "proxy header on another port",
        REMOTE
        + "Listen CLEAR\n"
        + VH
        + "</VirtualHost>\n<VirtualHost *:CLEAR>\nRemoteIPProxyProtocol On\n</VirtualHost>\n",
        {},
    ),
]
UNNAMED = f"{HOST} {{\n\t#tls DIR/site.pem DIR/site.key\n\trespond hi\n}}\n"
CADDY = [
    caddy(
        "source aborted",
        f"www.example.com {{\n\ttls CERTS/site.pem CERTS/site.key\n\t@out not remote_ip {NET}\n"
        "\tabort @out\n\trespond hi\n}\n",
        line="abort @out",
    ),
    caddy(
        "source answered with 403",
        f"www.example.com {{\n\ttls CERTS/site.pem CERTS/site.key\n\t@out not remote_ip {NET}\n"
        '\trespond @out "no" 403\n\trespond hi\n}\n',
        line="respond @out",
        codes=DENIED,
    ),
    caddy(
        "source of others aborted",
        f"www.example.com {{\n\ttls CERTS/site.pem CERTS/site.key\n\t@in remote_ip {NET}\n"
        "\tabort @in\n\trespond hi\n}\n",
    ),
    replace(
        caddy("no certificate, one beside", UNNAMED, "\tauto_https off\n", line=HOST, healed=True),
        files={
            "Caddyfile": CADDY_HEAD.replace("\tMORE\n", "\tauto_https off\n") + UNNAMED,
            "site.pem": "CHAIN",
            "site.key": "KEY",
        },
    ),
]
