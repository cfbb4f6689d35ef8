"""What a server names and cannot open, and requests that it lets go without an answer; beside both
what looks so and works."""

from typing import Any

from tests.lint import apache_trees, caddy_trees, haproxy_trees
from tests.lint.nginx_trees import server
from tests.lint.nginx_trees import tree as of_nginx
from tests.lint.sni_trees import INNER
from tests.lint.trees import STREAM_MODULE, Tree


def nginx(name: str, *parts: str, **more: Any) -> Tree:
    return of_nginx(f"unanswered {name}", *parts, **more)


def named(name: str) -> str:
    return server(name=name, cert="other")


def stream(name: str, *lines: str, **more: Any) -> Tree:
    """A stream server that ends TLS itself, before an HTTP server in clear."""
    own = " ".join(lines)
    text = (
        f"load_module {STREAM_MODULE};\nevents {{}}\n"
        "stream {\n server {\n  listen PORT ssl;\n  ssl_certificate CERTS/site.pem;\n"
        f"  ssl_certificate_key CERTS/site.key;\n  {own}\n  proxy_pass 127.0.0.1:CLEAR;\n }}\n}}\n"
        "http { access_log off; server { listen 127.0.0.1:CLEAR; return 200; } }\n"
    )
    return Tree(name=f"unanswered {name}", files={"nginx.conf": text}, **more)


IF = "if ({}) {{ return 444; }}"
CLOSED: dict[str, Any] = {"line": "444", "mode": "full"}
LONG = "a" * 34 + ".example.com"
NGINX = [
    nginx("host is another", server(IF.format('$host != "example.com"')), **CLOSED),
    nginx("host is this", server(IF.format('$host != "www.example.com"'))),
    nginx("host by a pattern", server(IF.format("$host !~* ^example\\.com$")), **CLOSED),
    nginx("host by a pattern that fits", server(IF.format("$host !~ example\\.com$"))),
    nginx("host in the header", server(IF.format("$http_host ~ ^www")), **CLOSED),
    nginx("a method", server(IF.format("$request_method !~ ^(GET|HEAD|POST)$"))),
    nginx("scheme", server(IF.format("$scheme != https"))),
    nginx(
        "a map of the host",
        "map $host $mine { default 0; www.example.com 1; }\n",
        server(IF.format("$mine")),
        **CLOSED,
    ),
    nginx(
        "a map of others",
        "map $host $mine { default 0; .example.net 1; }\n",
        server(IF.format("$mine = 1")),
    ),
    nginx("answered before", server("return 200;", IF.format("$host"))),
    stream("alpn of http", "ssl_alpn dot http/1.1;"),
    nginx(
        "both families",
        server("listen [::]:PORT ssl ipv6only=off;"),
        line="ipv6only=off",
        healed=True,
    ),
    nginx("each family", server("listen [::]:PORT ssl;")),
    nginx("a name of 46 bytes", named(LONG), server()),
    nginx("a name of 47 bytes", named("a" + LONG), server(), line=LONG, healed=True),
    nginx("a name of 47 bytes alone", server(name=f"www.example.com a{LONG}")),
    nginx(
        "a name of 47 bytes and larger buckets",
        "server_names_hash_bucket_size 65;\n",
        named("a" + LONG),
        server(),
    ),
    nginx("a label of 46 bytes", named("*." + "b" * 46 + ".example.org"), server()),
    nginx("a label of 47 bytes", named("*." + "b" * 47 + ".example.org"), server(), line="bbb"),
    nginx("a key of 46 bytes", f"map $host $x {{ {LONG} 1; }}\n", server()),
    nginx("a key of 47 bytes", f"map $host $x {{ a{LONG} 1; }}\n", server(), line=LONG),
    nginx("ticket key", server("ssl_session_ticket_key DIR/no.key;"), line="ticket_key"),
    nginx("short ticket key", server("ssl_session_ticket_key CERTS/site.key;"), line="ticket_key"),
    nginx("revocations", server("ssl_crl DIR/no.pem;"), line="ssl_crl"),
    nginx("passwords", server("ssl_password_file DIR/no;"), line="password_file"),
    nginx(
        "certificate for an upstream",
        server(
            "location /a { proxy_pass https://127.0.0.1; proxy_ssl_certificate DIR/no.pem; "
            "proxy_ssl_certificate_key DIR/no.key; }"
        ),
        line="proxy_ssl",
    ),
]
NGINX += [
    nginx(
        "name behind a comment",
        server(name="other.example.net", cert="other"),
        server(name="example.com # www.example.com;\n   "),
        line="server_name example.com",
        healed=True,
    ),
    of_nginx(
        "unanswered file of the name is missing",
        server(
            "ssl_certificate DIR/$ssl_server_name.pem;",
            "ssl_certificate_key DIR/$ssl_server_name.key;",
            cert="",
        ),
        files={"_site.pem": "CHAIN", "_site.key": "KEY"},
        line="$ssl_server_name.pem",
        healed=True,
    ),
    nginx("ports of a range", server(listen="127.0.0.1:PORT-CLEAR ssl")),
    nginx(
        "versions off by a command",
        server("ssl_protocols TLSv1.2 TLSv1.3;", 'ssl_conf_command Protocol "-TLSv1.2,-TLSv1.3";'),
        line="ssl_conf_command",
        healed=True,
    ),
    nginx(
        "certificate by a command",
        server(
            "ssl_conf_command Certificate CERTS/expired.pem;",
            "ssl_conf_command PrivateKey CERTS/expired.key;",
        ),
        line="expired.pem",
    ),
    nginx(
        "signatures by a command",
        server("ssl_conf_command SignatureAlgorithms ed25519;", cert="rsa"),
        line="SignatureAlgorithms",
    ),
]


def apache(name: str, before: str = "", *lines: str, **more: Any) -> Tree:
    return apache_trees.tree(f"unanswered {name}", before, apache_trees.vhost(*lines), **more)


APACHE = [
    apache("cache without its module", "SSLSessionCache dbm:DIR/c\n", line="Cache"),
    apache("revocations", "", "SSLCARevocationFile DIR/no.pem", line="no.pem"),
    apache("ticket key", "", "SSLSessionTicketKeyFile DIR/no.key", line="no.key"),
    apache("authorities of upstreams", "", "SSLProxyCACertificateFile DIR/no.pem", line="no.pem"),
    apache(
        "suites over several lines",
        "SSLProtocol -all +TLSv1.2\nSSLCipherSuite ECDHE-RSA-AES128-GCM-SHA256:\\\n"
        "ECDHE-RSA-AES256-GCM-SHA384\n",
        line="SSLCipherSuite",
        healed=True,
    ),
    apache_trees.tree(
        "unanswered macro with an old file",
        "<Macro Site $name $file>\n"
        + apache_trees.vhost(name="$name", cert="$file")
        + "</Macro>\n",
        "Use Site www.example.com expired\nUse Site other.example.net other\n",
        line="$file.pem",
        healed=True,
    ),
    apache_trees.tree(
        "unanswered module with no ending",
        apache_trees.vhost(name="other.example.net", cert="other"),
        f"<IfModule mod_ssl>\n{apache_trees.vhost()}</IfModule>\n",
        line="<IfModule mod_ssl>",
        healed=True,
    ),
]
FRONT = ":PORT ssl crt CERTS/site-all.pem alpn h2,http/1.1"


def haproxy(name: str, *lines: str, bind: str = FRONT, **more: Any) -> Tree:
    return haproxy_trees.tree(f"unanswered {name}", haproxy_trees.frontend(bind, *lines), **more)


def mapped(name: str, look: str, entry: str, **more: Any) -> Tree:
    """A frontend that looks the name of the hello up in a map, and has no default backend."""
    door = haproxy_trees.frontend(
        "*:PORT",
        "mode tcp",
        "tcp-request inspect-delay 3s",
        "tcp-request content accept if { req.ssl_hello_type 1 }",
        f"use_backend %[req.ssl_sni,lower,{look}]",
        name="door",
        rules="",
    )
    files = {"names.map": f"# names\nmail.example.com bad\n{entry}\n"}
    return haproxy_trees.tree(f"unanswered {name}", door, INNER, files=files, **more)


SHUT: dict[str, Any] = {"mode": "full"}
HAPROXY = [
    haproxy(
        "host not spared",
        "http-request reject unless { hdr(host),field(1,:) -i example.com }",
        line="reject",
        **SHUT,
    ),
    haproxy(
        "host spared", "http-request reject unless { hdr(host),field(1,:) -i www.example.com }"
    ),
    haproxy(
        "host not spared by an acl",
        "acl known req.hdr(host),lower,host_only example.com",
        "http-request reject if !known",
        line="reject",
        **SHUT,
    ),
    haproxy(
        "name of the hello",
        "tcp-request content reject if { ssl_fc_sni -m beg www. }",
        line="content reject",
        **SHUT,
    ),
    haproxy("another name", "tcp-request content reject if { ssl_fc_sni_end -i .example.net }"),
    haproxy("another method", "http-request reject if !METH_GET !{ method GET HEAD POST }"),
    haproxy("answered before", "http-request return status 200", "http-request reject"),
    haproxy("another path", "http-request reject if { path_beg /admin }"),
    haproxy_trees.tree(
        "unanswered by the backend",
        haproxy_trees.frontend(FRONT, "use_backend b if { hdr(host) -m sub example }", rules=""),
        "backend b\n    http-request reject if { ssl_fc }\n",
        line="reject",
        **SHUT,
    ),
    haproxy("dh parameters", extra="ssl-dh-param-file DIR/dh.pem", line="dh-param"),
    haproxy("a list", "acl own hdr(host) -i -f DIR/no.lst", line="no.lst"),
    haproxy("a map", "http-request set-header X %[hdr(host),map(DIR/no.map,a)]", line="no.map"),
    haproxy("a page", "http-request return status 200 file DIR/no.txt", line="no.txt"),
    haproxy("ticket keys", bind=f"{FRONT} tls-ticket-keys DIR/no.keys", line="no.keys"),
    haproxy_trees.tree(
        "unanswered authorities of a server",
        haproxy_trees.frontend(FRONT),
        "backend b\n    server s 127.0.0.1:9 ssl verify required ca-file DIR/no.pem\n",
        line="no.pem",
    ),
    haproxy(
        "no version left",
        bind=":PORT ssl crt-list DIR/list",
        files={"list": "CERTS/site-all.pem [ssl-max-ver TLSv1.1]\n"},
        line="ssl-max-ver",
    ),
    haproxy(
        "a version left",
        bind=":PORT ssl crt-list DIR/list",
        files={"list": "CERTS/site-all.pem [ssl-min-ver TLSv1.1 ssl-max-ver TLSv1.2]\n"},
    ),
    haproxy(
        "curves of a list",
        bind=":PORT ssl crt-list DIR/list",
        files={"list": "CERTS/site-all.pem [curves X448]\n"},
    ),
    haproxy(
        "curves of a bind",
        bind=":PORT ssl crt-list DIR/list curves X448",
        files={"list": "CERTS/site-all.pem [curves X25519]\n"},
        line="curves X448",
        healed=True,
    ),
    haproxy("a variable's default", bind='"*:${CF525_NO_PORT-PORT}" ssl crt CERTS/site-all.pem'),
    mapped("by a map", "map(DIR/names.map)", "www.example.com good"),
    mapped("by no map", "map(DIR/names.map)", "www.exmaple.com good", line="exmaple", healed=True),
    mapped("by the end", "map_end(DIR/names.map)", "example.com good"),
    mapped("by no end", "map_end(DIR/names.map)", "example.org good", line="use_backend"),
    mapped("by a beginning", "map_beg(DIR/names.map)", "www. good"),
    mapped("by a domain", "map_dom(DIR/names.map)", "example.com good"),
    mapped("by a pattern", "map_reg(DIR/names.map)", "^www[.] good"),
    mapped("by a name of nothing", "map(DIR/names.map)", "www.example.com gone", line="use_b"),
    haproxy_trees.tree(
        "denied in a list",
        haproxy_trees.frontend(":PORT ssl crt-list DIR/list strict-sni"),
        files={"list": "CERTS/wild-all.pem *.example.com !www.example.com !old.example.com\n"},
        line="!www.example.com",
        healed=True,
    ),
    haproxy_trees.tree(
        "denied in a list, with a default",
        haproxy_trees.frontend(":PORT ssl crt-list DIR/list"),
        files={"list": "CERTS/other-all.pem\nCERTS/wild-all.pem *.example.com !www.example.com\n"},
        line="!www.example.com",
        healed=True,
    ),
]


def caddy(name: str, *lines: str, of: str = "www.example.com", **more: Any) -> Tree:
    """A site whose requests meet these lines."""
    own = "".join(f"    {line}\n" for line in lines)
    text = f"https://{of}:PORT {{\n    tls CERTS/wild.pem CERTS/wild.key\n{own}}}\n"
    return caddy_trees.tree(f"unanswered {name}", text, **more)


ABORTED: dict[str, Any] = {"line": "abort", "mode": "full"}
CADDY = [
    caddy("site", "abort", **ABORTED),
    caddy("path", "abort /admin*", "respond ok"),
    caddy("all paths", "abort /*", **ABORTED),
    caddy(
        "fallback of a wildcard",
        "@a host a.example.com",
        "handle @a {\n respond ok\n}",
        "handle {\n abort\n}",
        of="*.example.com",
        **ABORTED,
    ),
    caddy(
        "name before the fallback",
        "@a host www.example.com",
        "handle @a {\n respond ok\n}",
        "handle {\n abort\n}",
        of="*.example.com",
    ),
    caddy("another method", "@a not method GET HEAD", "abort @a", "respond ok"),
    caddy("names but this", "@a not host a.example.com", "abort @a", "respond ok", **ABORTED),
    caddy("an agent", "@a header User-Agent *bot*", "abort @a", "respond ok"),
    caddy_trees.tree(
        "own CA by a snippet of one site, with a pair beside it",
        caddy_trees.site("example.com"),
        "(common) {\n    tls internal # not yet\n}\n",
        "https://www.example.com:PORT {\n    import common\n    respond ok\n}\n",
        line="tls internal",
        healed=True,
    ),
    caddy_trees.tree(
        "name of no site, its sibling's certificate has it not",
        caddy_trees.site("example.com", cert="apex"),
        line="example.com",
        healed=True,
    ),
    caddy_trees.tree(
        "authorities of clients by a snippet with an argument",
        "(ask) {\n    tls CERTS/site.pem CERTS/site.key {\n        client_auth {\n"
        "            mode require_and_verify\n            trusted_ca_cert_file {args.0}\n"
        "        }\n    }\n}\n",
        "https://www.example.com:PORT {\n    import ask CERTS/client-ca.pem\n    respond ok\n}\n",
        line="mode require",
    ),
]
