"""Whole configurations as people leave them: files beside wire, the line, the patch."""

from pathlib import Path

import pytest

from cf525.servers.library import Given
from cf525.servers.question import Question
from cf525.servers.registry import KINDS
from tests.lint import (
    door_trees,
    further_trees,
    kinds_trees,
    left_out_trees,
    odd_trees,
    round_trees,
    slip_trees,
    start_trees,
    trees,
    unanswered_trees,
    written_apache,
    written_trees,
)
from tests.lint.trees import Tree, assert_held_to_the_wire
from tests.oracle.origins import HOST

ALL = (
    written_trees,
    odd_trees,
    slip_trees,
    kinds_trees,
    left_out_trees,
    further_trees,
    round_trees,
    door_trees,
    start_trees,
    unanswered_trees,
)
SERVERS = {
    "nginx": ([t for each in ALL for t in each.NGINX], "nginx.conf", trees.nginx_command),
    "apache": (
        [t for each in (written_apache, *ALL[1:]) for t in each.APACHE],
        "apache2.conf",
        trees.apache_command,
    ),
    "haproxy": ([t for each in ALL for t in each.HAPROXY], "haproxy.cfg", trees.haproxy_command),
    "caddy": ([t for each in ALL for t in each.CADDY], "Caddyfile", trees.caddy_command),
    "traefik": (
        [t for each in (odd_trees, further_trees, round_trees) for t in each.TRAEFIK],
        "traefik.yml",
        trees.traefik_command,
    ),
    "envoy": (odd_trees.ENVOY, "envoy.yaml", trees.envoy_command),
}


@pytest.mark.realserver
@pytest.mark.parametrize(
    ("server", "tree"),
    [(server, tree) for server, (own, _, _) in SERVERS.items() for tree in own],
    ids=str,
)
def test_the_files_foretell_what_the_wire_shows(server: str, tree: Tree, tmp_path: Path) -> None:
    _, main, command = SERVERS[server]
    ready = "internal-recovery" if server == "traefik" else ""
    assert_held_to_the_wire(tree, tmp_path, main, command, ready)


def test_a_port_that_only_the_environment_knows_leaves_the_answer_open() -> None:
    text = 'frontend a\n  bind ":${PORT}" ssl crt /a.pem\n'
    found = KINDS["haproxy"].judge(Given({"/h": text}), ("/h",), Question(host=HOST))
    assert not found.told
    assert found.decisive is None
    assert any("environment" in each for each in found.doubts)
