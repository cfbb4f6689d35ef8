"""What a server names and cannot open, and requests that it lets go without an answer; beside both
what looks so and works."""

from tests.lint import caddy_trees, haproxy_trees
from tests.lint.trees import Tree

NGINX: list[Tree] = []
APACHE: list[Tree] = []
HAPROXY = [
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
CADDY = [
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
