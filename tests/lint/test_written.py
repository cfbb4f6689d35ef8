"""Whole configurations as people leave them: files beside wire, the line, the patch."""

from pathlib import Path

import pytest

from tests.lint import trees, written_trees
from tests.lint.trees import Tree, held_to_the_wire

SERVERS = {
    "nginx": (written_trees.NGINX, "nginx.conf", trees.nginx_command),
    "apache": (written_trees.APACHE, "apache2.conf", trees.apache_command),
    "haproxy": (written_trees.HAPROXY, "haproxy.cfg", trees.haproxy_command),
    "caddy": (written_trees.CADDY, "Caddyfile", trees.caddy_command),
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
