"""What stands before the handshake: PROXY headers, names asked for too early, rules on addresses."""

from tests.lint.haproxy_trees import tree as proxied
from tests.lint.sni_trees import INNER
from tests.lint.trees import STREAM_MODULE, Tree
from tests.lint.written_apache import PAIR, apache
from tests.lint.written_trees import OK, TLS, haproxy, nginx

STREAM = f"load_module {STREAM_MODULE};\n"
VH = "<VirtualHost *:PORT>\n ServerName www.example.com\n SSLEngine on\n" + PAIR
REMOTE = "LoadModule remoteip_module /usr/lib/apache2/modules/mod_remoteip.so\nListen PORT\n"
MAIN = (
    STREAM
    + "events {}\nstream { server { {own} } }\nhttp { access_log off; include DIR/conf.d/*.conf; }\n"
)
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
    haproxy(
        "header sent to a bind that reads none",
        "frontend door\n    mode tcp\n    bind *:PORT\n    default_backend in\n"
        "backend in\n    mode tcp\n    server s 127.0.0.1:CLEAR send-proxy-v2\n"
        "frontend fe\n    bind 127.0.0.1:CLEAR ssl crt CERTS/site-all.pem\n" + OK,
        line="send-proxy-v2",
        healed=True,
    ),
]
INNER_HTTP = {"conf.d/a.conf": SITE}
NGINX = [
    nginx(
        "header of stream that nobody reads",
        INNER_HTTP,
        main=MAIN.replace("{own}", "listen PORT; proxy_protocol on; proxy_pass 127.0.0.1:CLEAR;"),
        line="proxy_protocol on",
        healed=True,
    ),
]
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
    apache(
        "proxy header on another port",
        REMOTE
        + "Listen CLEAR\n"
        + VH
        + "</VirtualHost>\n<VirtualHost *:CLEAR>\nRemoteIPProxyProtocol On\n</VirtualHost>\n",
        {},
    ),
]
CADDY: list[Tree] = []
