"""Lines that are no command of any module: Apache takes none of them where they are in force."""

from tests.lint.apache_trees import tree, vhost
from tests.lint.trees import Tree

LINES = ("foo-bar on", "Server.Name x", "+SSLEngine on", "{", "a=b", "root:x:0:0:root")

TREES: tuple[Tree, ...] = (
    *(tree(f"no command: {line}", vhost(line), line=line) for line in LINES),
    tree(
        "a file that is no configuration",
        "Include DIR/users\n" + vhost(),
        files={"users": "# people\nroot:$y$j9T$SALT$HASH\n"},
    ),
    tree(
        "no command in a section that is not in force",
        "<IfModule no_such>\n  foo-bar on\n</IfModule>\n" + vhost(),
    ),
    tree("a comment that is no command", "# foo-bar on\n" + vhost()),
)
