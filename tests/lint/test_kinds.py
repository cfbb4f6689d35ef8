"""Kinds that went wrong once: as for every tree, files beside wire, the line, the patch."""

from pathlib import Path

import pytest

from cf525.servers.library import Given
from cf525.servers.question import Question
from cf525.servers.registry import KINDS
from tests.lint import kinds_trees, trees
from tests.lint.trees import Tree, held_to_the_wire
from tests.oracle.origins import HOST

SERVERS = {
    "nginx": (kinds_trees.NGINX, "nginx.conf", trees.nginx_command),
    "apache": (kinds_trees.APACHE, "apache2.conf", trees.apache_command),
    "haproxy": (kinds_trees.HAPROXY, "haproxy.cfg", trees.haproxy_command),
    "caddy": (kinds_trees.CADDY, "Caddyfile", trees.caddy_command),
}


@pytest.mark.realserver
@pytest.mark.parametrize(
    ("server", "tree"),
    [(server, tree) for server, (own, _, _) in SERVERS.items() for tree in own],
    ids=str,
)
def test_the_files_foretell_what_the_wire_shows(server: str, tree: Tree, tmp_path: Path) -> None:
    _, main, command = SERVERS[server]
    held_to_the_wire(tree, tmp_path, main, command)


ON = "server_name www.example.com; ssl_certificate /a.pem; ssl_certificate_key /a.key; }"
NGINX = f"""events {{}}
http {{
    server {{ listen 203.0.113.11:443 ssl proxy_protocol; {ON}
    server {{ listen 203.0.113.10:443 ssl; {ON}
}}
"""
APACHE = """ServerRoot /etc
Listen 443
SSLEngine on
<VirtualHost 203.0.113.10:443>
ServerName example.net
SSLCertificateFile /etc/b.pem
SSLVerifyClient require
</VirtualHost>
<VirtualHost 203.0.113.11:443>
ServerName www.example.com
SSLCertificateFile /etc/a.pem
</VirtualHost>
"""


@pytest.mark.parametrize(
    ("server", "text", "line"),
    [("nginx", NGINX, 4), ("apache", APACHE, 10)],
    ids=["nginx", "apache"],
)
def test_of_several_addresses_the_likely_one_is_judged_and_the_others_are_told(
    server: str, text: str, line: int
) -> None:
    found = KINDS[server].judge(Given({"/etc/x": text}), ("/etc/x",), Question(host=HOST))
    assert found.decisive is None
    assert found.site is not None
    assert found.site.line == line
    assert any("answer differently" in each for each in found.doubts), found.doubts


def test_an_address_that_is_known_leaves_no_doubt() -> None:
    question = Question(host=HOST, address="203.0.113.11")
    found = KINDS["nginx"].judge(Given({"/etc/x": NGINX}), ("/etc/x",), question)
    assert found.decisive is not None
    assert found.decisive.cause == "proxy-protocol-expected"
    assert not any("answer differently" in each for each in found.doubts)
