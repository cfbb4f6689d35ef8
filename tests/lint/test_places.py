"""Readers keep lines, and what is not in the files is told as a doubt: without any server."""

from cf525.servers import apache, haproxy, nginx
from cf525.servers.foretold import Foretold
from cf525.servers.library import Given
from cf525.servers.nginx.model import met_by, select, servers_of, sockets_of
from cf525.servers.question import Question

MAIN = "/etc/nginx/nginx.conf"
PAIR = "ssl_certificate x; ssl_certificate_key y;"


def foretold(text: str, **question: str) -> Foretold:
    library = Given({MAIN: text})
    asked = Question(host="www.example.com", **question)  # type: ignore[arg-type]
    return nginx.foretell(nginx.read_all(library, (MAIN,)), library, asked)


def server(listen: str, name: str, more: str = PAIR) -> str:
    return f"server {{ listen {listen}; server_name {name}; {more} }}\n"


def http(*servers: str) -> str:
    return f"http {{\n{''.join(servers)}}}\n"


def test_a_line_is_counted_over_comments_quotes_and_continued_statements() -> None:
    text = (
        '# one\nhttp { # two\n  server {\n    listen\n      443\n      ssl; add_header X "a\nb";\n'
    )
    text += "    server_name www.example.com;\n  }\n}\n"
    tree = nginx.read_all(Given({MAIN: text}), (MAIN,))
    (found,) = servers_of(tree)
    assert found.listens[0].directive.line == 4
    assert next(found.names)[1].line == 8
    assert found.directive.end == 9


def test_blocks_of_lua_hold_no_directives() -> None:
    lua = "content_by_lua_block { local t = { a = 1 }; if x then return end }"
    text = http(f"server {{ listen 443 ssl; location / {{ {lua} }} server_name a; }}\n")
    (found,) = servers_of(nginx.read_all(Given({MAIN: text}), (MAIN,)))
    assert [name for name, _ in found.names] == ["a"]


def test_the_public_address_of_a_panel_comes_before_the_wildcard() -> None:
    text = http(
        server("203.0.113.7:443 ssl", "panel.example.net", "ssl_reject_handshake on;"),
        server("443 ssl", "www.example.com"),
    )
    found = foretold(text)
    assert found.decisive is not None
    assert found.decisive.cause == "sni-rejected-112"
    assert any("answer differently" in doubt for doubt in found.doubts)
    assert foretold(text, address="198.51.100.1").decisive is None


def test_ipv6_alone_that_is_broken_merely_contributes() -> None:
    text = http(server("443 ssl", "www.example.com"), server("[::]:443", "www.example.com"))
    found = foretold(text, mode="full")
    assert found.decisive is None
    assert [fault.contributing for fault in found.faults] == [True]


def test_quic_is_another_socket() -> None:
    text = http(
        "server { listen 443 quic reuseport; listen 443 ssl; server_name www.example.com; }"
    )
    sockets = sockets_of(servers_of(nginx.read_all(Given({MAIN: text}), (MAIN,))), 443)
    assert len(sockets) == 1
    assert sockets[0].ssl is not None


def test_names_are_looked_up_in_nginx_own_order() -> None:
    text = http(
        server("443 ssl", "~^www\\."),
        server("443 ssl", "www.*"),
        server("443 ssl", "*.example.com"),
        server("443 ssl", ".www.example.com"),
    )
    (socket,) = sockets_of(servers_of(nginx.read_all(Given({MAIN: text}), (MAIN,))), 443)
    order = [socket.servers.index(select(socket, name).server) for name in (
        "www.example.com", "shop.example.com", "www.example.net", "www.x.y",
    )]  # fmt: skip
    assert order == [3, 2, 1, 1]
    assert select(socket, "x.www.example.com").server is socket.servers[3]
    assert select(socket, "nothing.example.net").by is None


def test_a_dual_stack_socket_takes_both() -> None:
    text = http(server("[::]:443 ssl ipv6only=off", "www.example.com"))
    sockets = sockets_of(servers_of(nginx.read_all(Given({MAIN: text}), (MAIN,))), 443)
    assert met_by(sockets, "203.0.113.7") is sockets[0]
    plain = http(server("[::]:443 ssl", "www.example.com"))
    sockets = sockets_of(servers_of(nginx.read_all(Given({MAIN: plain}), (MAIN,))), 443)
    assert met_by(sockets, "203.0.113.7") is None


STREAM = """stream {{
    map $ssl_preread_server_name $to {{ hostnames; {map} default nowhere; }}
    upstream web {{ server 127.0.0.1:8443; }}
    server {{ listen 443; ssl_preread {preread}; proxy_pass $to; proxy_protocol {header}; }}
}}
"""


def stream(inner: str, *, preread: str = "on", header: str = "off", names: str = "") -> Foretold:
    own = names or "www.example.com web;"
    return foretold(STREAM.format(map=own, preread=preread, header=header) + http(inner))


def test_stream_hands_on_by_the_name_to_a_server_of_the_same_files() -> None:
    inner = server("127.0.0.1:8443 ssl", "www.example.com")
    assert stream(inner).decisive is None
    assert stream(inner).told
    assert not stream(inner, preread="off").told
    assert stream(inner, names="*.example.com web;").told
    assert not stream(inner, names="shop.example.com web;").told


def test_stream_sends_the_proxy_header_that_the_server_expects() -> None:
    inner = server("127.0.0.1:8443 ssl proxy_protocol", "www.example.com")
    assert stream(inner, header="on").decisive is None
    found = stream(inner).decisive
    assert found is not None
    assert found.cause == "proxy-protocol-expected"


def test_stream_to_nobody_is_a_dead_backend() -> None:
    found = stream(server("127.0.0.1:9443 ssl", "www.example.com")).decisive
    assert found is not None
    assert found.cause == "tcp-passthrough-dead-backend"
    assert found.confidence == "medium"


def test_a_test_of_the_client_certificate_counts_as_a_demand() -> None:
    more = (
        "ssl_certificate x; ssl_certificate_key y; ssl_client_certificate z; "
        "ssl_verify_client optional; if ($ssl_client_verify != SUCCESS) { return 403; }"
    )
    found = foretold(http(server("443 ssl", "www.example.com", more))).decisive
    assert found is not None
    assert (found.cause, found.status) == ("client-cert-required", "origin-403")


def test_a_version_that_is_not_known_makes_no_verdict_sure() -> None:
    old = "ssl_certificate x; ssl_certificate_key y; ssl_protocols TLSv1.1;"
    good = "ssl_certificate x; ssl_certificate_key y; ssl_protocols TLSv1.2;"
    found = foretold(http(server("443 ssl", "a", old), server("443 ssl", "www.example.com", good)))
    assert found.decisive is not None
    assert found.decisive.confidence == "medium"
    assert "1.29.2" in found.decisive.reason


def apache_of(text: str, **question: str) -> Foretold:
    main = "/etc/apache2/apache2.conf"
    library = Given({main: text})
    asked = Question(host="www.example.com", **question)  # type: ignore[arg-type]
    return apache.foretell(apache.read_all(library, (main,)), library, asked)


def test_a_condition_of_apache_that_files_do_not_decide_is_a_doubt() -> None:
    host = "<VirtualHost *:443>\nServerName www.example.com\nSSLEngine on\nSSLCertificateFile x\n"
    text = f"Listen 443\n<IfVersion >= 2.4.8>\n{host}</VirtualHost>\n</IfVersion>\n"
    found = apache_of(text)
    assert any("version" in doubt for doubt in found.doubts)


def test_haproxy_words_may_be_quoted_and_escaped() -> None:
    text = 'frontend x\n    bind :443 ssl crt "a b.pem" name it\\ is # no\n'
    config = haproxy.read(Given({"/h.cfg": text}), ("/h.cfg",))
    (line,) = config.sections[0].lines
    assert line.words == ("bind", ":443", "ssl", "crt", "a b.pem", "name", "it is")


def test_haproxy_defaults_hold_for_the_sections_behind_them() -> None:
    text = (
        "defaults\n mode http\nfrontend a\n bind :443 ssl crt x\ndefaults\n mode tcp\nfrontend b\n"
    )
    config = haproxy.read(Given({"/h.cfg": text}), ("/h.cfg",))
    modes = [section.mode for section in config.sections if section.kind == "frontend"]
    assert modes == ["http", "tcp"]


TCP = """defaults
    mode tcp
frontend edge
    bind :443
    {delay}
    use_backend app if {{ req.ssl_sni -i www.example.com }}
    default_backend app
backend app
    server a 127.0.0.1:8443
frontend inner
    bind 127.0.0.1:8443 ssl crt x
"""


def test_haproxy_hands_on_to_its_own_bind_and_minds_a_missing_delay() -> None:
    delayed = "tcp-request inspect-delay 5s"
    waiting = f"{delayed}\n    tcp-request content accept if {{ req.ssl_hello_type 1 }}"
    split = ["split-clienthello"]
    for delay, causes in (("", split), (delayed, split), (waiting, [])):
        library = Given({"/h.cfg": TCP.format(delay=delay)})
        config = haproxy.read(library, ("/h.cfg",))
        found = haproxy.foretell(config, library, Question(host="www.example.com"))
        assert [fault.cause for fault in found.faults] == causes
        assert found.decisive is None  # whether the hello comes in two packets is not in the file
        assert found.site is not None
        assert "8443" in found.site.text


def test_a_header_that_nobody_in_front_sends_is_told_of_the_one_in_front() -> None:
    inner = server("127.0.0.1:8443 ssl proxy_protocol", "www.example.com")
    outer = "stream { server { listen 443; ssl_preread on;\nproxy_pass 127.0.0.1:8443; } }\n"
    fault = foretold(f"{outer}{http(inner)}").decisive
    assert fault is not None
    assert (fault.cause, fault.confidence, fault.reason) == ("proxy-protocol-expected", "high", "")
    assert fault.facts["front"] == "yes"
    assert [place.line for place in fault.places][:2] == [2, 4]
    alone = foretold(http(server("443 ssl proxy_protocol", "www.example.com"))).decisive
    assert alone is not None
    assert (alone.confidence, alone.facts["front"]) == ("medium", "")


def test_a_site_on_another_socket_is_not_said_to_be_missing() -> None:
    text = http(
        server("203.0.113.7:443 ssl", "panel.example.net"), server("443 ssl", "www.example.com")
    )
    found = foretold(text).if_refused
    assert found is not None
    assert "no site with TLS" not in " ".join(found.evidence)
    assert "listens on another socket" in found.evidence[0]
